//! Which encodings a client takes (RFC 9110, section 12.5.3).

use axum::http::{HeaderMap, header};

/// An encoding that files may lie ready in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// Best first, where the client likes them equally.
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// What the file's name ends with.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// Thousandths of preference for each of [`Encoding::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted([u16; 3]);

impl Accepted {
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let entries: Vec<(&str, u16)> =
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).filter_map(entry).collect();
        let named = |name: &str| entries.iter().find(|(coding, _)| coding.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
        let any = named("*");
        Self(Encoding::ALL.map(|encoding| {
            let unnamed = match encoding {
                // Unless refused, the plain file will do, when nothing better is there.
                Encoding::Identity => any.filter(|weight| *weight == 0).unwrap_or(1),
                Encoding::Brotli | Encoding::Gzip => any.unwrap_or(0),
            };
            let alias = if encoding == Encoding::Gzip { named("x-gzip") } else { None };
            named(encoding.name()).or(alias).unwrap_or(unnamed)
        }))
    }

    /// What to try, best first. The plain file comes last even when refused: an answer is better than none.
    pub(super) fn by_preference(self) -> impl Iterator<Item = Encoding> {
        let Self(weights) = self;
        let mut ranked: Vec<_> = Encoding::ALL.into_iter().zip(weights).filter(|(_, weight)| *weight > 0).collect();
        ranked.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        let refused = weights[2] == 0;
        ranked.into_iter().map(|(encoding, _)| encoding).chain(refused.then_some(Encoding::Identity))
    }
}

/// A coding and its weight in thousandths. One that is not well-formed counts as not sent.
fn entry(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let coding = parts.next().filter(|coding| !coding.is_empty())?;
    let weight = match (parts.next(), parts.next()) {
        (None, _) => 1000,
        (Some(parameter), None) => weight(parameter)?,
        _ => return None,
    };
    Some((coding, weight))
}

fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u16 = if digits && fraction.len() <= 3 { format!("{fraction:0<3}").parse().ok()? } else { return None };
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use Encoding::{Brotli, Gzip, Identity};

    use super::*;

    fn order(accept: Option<&str>) -> Vec<Encoding> {
        let mut headers = HeaderMap::new();
        if let Some(value) = accept {
            headers.insert(header::ACCEPT_ENCODING, value.parse().expect("a value"));
        }
        Accepted::from_headers(&headers).by_preference().collect()
    }

    #[test]
    fn follows_the_clients_wishes() {
        assert_eq!(order(None), [Identity]);
        assert_eq!(order(Some("")), [Identity]);
        assert_eq!(order(Some("gzip, deflate, br, zstd")), [Brotli, Gzip, Identity]);
        assert_eq!(order(Some("GZIP")), [Gzip, Identity]);
        assert_eq!(order(Some("x-gzip")), [Gzip, Identity]);
        assert_eq!(order(Some("br;q=0.5, gzip;q=0.8")), [Gzip, Brotli, Identity]);
        assert_eq!(order(Some("br ; q=0.5 , gzip;Q=0.50")), [Brotli, Gzip, Identity]);
        assert_eq!(order(Some("br;q=0, gzip")), [Gzip, Identity]);
        assert_eq!(order(Some("*")), [Brotli, Gzip, Identity]);
        assert_eq!(order(Some("*;q=0.5, br;q=0")), [Gzip, Identity]);
        assert_eq!(order(Some("identity, br;q=0.9")), [Identity, Brotli]);
        assert_eq!(order(Some("br;q=0.001, identity;q=0")), [Brotli, Identity]);
        assert_eq!(order(Some("*;q=0")), [Identity]);
    }

    #[test]
    fn overlooks_what_is_malformed() {
        for accept in
            ["br;q=2", "br;q=1.5", "br;q=-1", "br;q=0.1234", "br;q=x", "br;level=1", "br;q=1;q=0", ";q=1", "br;q=.5", "br;q=0.+5"]
        {
            assert_eq!(order(Some(accept)), [Identity], "{accept}");
        }
    }
}
