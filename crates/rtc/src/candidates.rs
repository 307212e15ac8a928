//! Addresses that this device may be reached at.

use std::net::{IpAddr, SocketAddr};

use rtc::{
    ice::candidate::{
        Candidate, CandidateConfig, candidate_relay::CandidateRelayConfig,
        candidate_server_reflexive::CandidateServerReflexiveConfig,
    },
    peer_connection::transport::{CandidateHostConfig, RTCIceCandidate, RTCIceCandidateInit},
    shared::error::Result,
};

/// All addresses of this device.
pub(crate) fn interfaces() -> Vec<IpAddr> {
    if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip).collect()
}

/// Addresses that others may reach this device at. Those of the loopback only where there are no others.
pub(crate) fn addresses() -> Vec<IpAddr> {
    let all: Vec<IpAddr> = interfaces().into_iter().filter(|address| !is_link_local(address)).collect();
    let outside: Vec<IpAddr> = all.iter().copied().filter(|address| !address.is_loopback()).collect();
    if outside.is_empty() { all } else { outside }
}

/// Such an address means nothing without the interface it belongs to.
fn is_link_local(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

/// A candidate of a socket of this device.
pub(crate) fn host(address: SocketAddr) -> Result<RTCIceCandidateInit> {
    written(CandidateHostConfig { base_config: config(address), ..CandidateHostConfig::default() }.new_candidate_host()?, None)
}

/// A candidate for how the STUN server at `url` sees a socket.
pub(crate) fn reflexive(seen: SocketAddr, base: SocketAddr, url: &str) -> Result<RTCIceCandidateInit> {
    let candidate = CandidateServerReflexiveConfig {
        base_config: config(seen),
        rel_addr: base.ip().to_string(),
        rel_port: base.port(),
        url: Some(url.to_owned()),
    };
    written(candidate.new_candidate_server_reflexive()?, Some(url))
}

/// A candidate for what the TURN server at `url` has given this device.
pub(crate) fn relayed(relayed: SocketAddr, url: &str) -> Result<RTCIceCandidateInit> {
    // The related address would tell the other side where this device is, for nothing.
    let unspecified: IpAddr = if relayed.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() };
    let candidate = CandidateRelayConfig {
        base_config: config(relayed),
        rel_addr: unspecified.to_string(),
        rel_port: 0,
        url: Some(url.to_owned()),
    };
    written(candidate.new_candidate_relay()?, Some(url))
}

fn config(address: SocketAddr) -> CandidateConfig {
    CandidateConfig {
        network: "udp".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        component: 1,
        ..CandidateConfig::default()
    }
}

fn written(candidate: Candidate, url: Option<&str>) -> Result<RTCIceCandidateInit> {
    let init = RTCIceCandidate::from(&candidate).to_json()?;
    // There is one section, whatever it is called.
    Ok(RTCIceCandidateInit { sdp_mid: None, sdp_mline_index: Some(0), url: url.map(str::to_owned), ..init })
}

/// The address in a candidate of the other side; none for a name that hides it.
pub(crate) fn address_in(candidate: &str) -> Option<SocketAddr> {
    let mut fields = candidate.split_ascii_whitespace().skip(4);
    let (ip, port) = (fields.next()?, fields.next()?);
    Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))
}

/// Whether a candidate of the other side is a relay's.
pub(crate) fn is_relayed(candidate: &str) -> bool {
    candidate.split_ascii_whitespace().nth(7) == Some("relay")
}

/// The name in a candidate of the other side that hides an address in the local network (as browsers do, by multicast DNS).
pub(crate) fn name_in(candidate: &str) -> Option<&str> {
    candidate.split_ascii_whitespace().nth(4).filter(|name| name.ends_with(".local"))
}

/// Whether packets go there by UDP. Browsers have candidates for TCP as well.
pub(crate) fn is_udp(candidate: &str) -> bool {
    candidate.split_ascii_whitespace().nth(2).is_some_and(|transport| transport.eq_ignore_ascii_case("udp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_written_as_browsers_read_them() {
        let (seen, base) = ("192.0.2.1:5000".parse().expect("an address"), "10.0.0.1:4000".parse().expect("an address"));
        let host = host(base).expect("a candidate").candidate;
        assert!(host.starts_with("candidate:") && host.contains(" udp ") && host.contains("10.0.0.1 4000 typ host"), "{host}");
        let reflexive = reflexive(seen, base, "stun:s").expect("a candidate").candidate;
        assert!(reflexive.contains("192.0.2.1 5000 typ srflx raddr 10.0.0.1 rport 4000"), "{reflexive}");
        let relayed = relayed(seen, "turn:t").expect("a candidate").candidate;
        assert!(relayed.contains("typ relay raddr 0.0.0.0 rport 0"), "{relayed}");
        assert_eq!([is_relayed(&relayed), is_relayed(&reflexive), is_relayed("")], [true, false, false]);
        assert_eq!([address_in(&host), address_in(&relayed)], [Some(base), Some(seen)]);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "candidate:1 1 udp 2122",
            "candidate:1 1 udp 1 x.local 5 typ host",
            "candidate:1 1 udp 1 10.0.0.1 99999 typ host",
        ] {
            assert_eq!(address_in(text), None, "{text}");
        }
    }
}
