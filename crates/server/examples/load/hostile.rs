//! Attackers. Each does one thing, until the server ends it, and comes back after a second.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use clap::ValueEnum;
use perkoon_protocol::signal::{ClientMessage, Signal};
use tokio::{io::AsyncWriteExt, net::TcpStream, runtime::Runtime, time::sleep};

use crate::{
    place::Place,
    raw::{self, frame},
};

const PAUSE: Duration = Duration::from_secs(1);

/// Sockets that one address has.
const SOCKETS_OF_ONE_ADDRESS: usize = 10;

/// What an attacker does.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Attack {
    /// Two seats: one is sent as many large signals as the other may send, and reads none.
    SlowReader,
    /// A message of a gigabyte.
    Huge,
    /// A message in parts that has no end.
    Endless,
    /// Bytes that are no frames.
    Garbage,
    /// A seat, and small messages as fast as they are taken.
    Flood,
    /// A socket that never says who it is.
    Silent,
    /// Half a handshake.
    HalfOpen,
    /// A header, one byte a second.
    Slowloris,
}

impl Attack {
    const fn sockets(self) -> usize {
        match self {
            Self::SlowReader | Self::Huge | Self::Endless | Self::Flood => 2,
            Self::Garbage | Self::Silent | Self::HalfOpen | Self::Slowloris => 1,
        }
    }

    /// Attacks from there until the server has had enough. `begun` hears of it once everything is ready.
    async fn carry_out(self, place: Place, begun: impl FnOnce()) -> Result<()> {
        match self {
            Self::SlowReader | Self::Huge | Self::Endless | Self::Flood => {
                let (sender, _receiver, receiver_id) = raw::pair(place).await?;
                begun();
                self.abuse_seat(sender, receiver_id).await
            }
            Self::Garbage | Self::Silent => {
                let mut socket = raw::open(place).await?;
                begun();
                if matches!(self, Self::Garbage) { raw::pour(socket, &garbage()).await } else { raw::outwait(&mut socket).await }
            }
            Self::HalfOpen | Self::Slowloris => {
                let stream = place.connect().await?;
                begun();
                if matches!(self, Self::HalfOpen) { half_open(stream).await } else { slowloris(stream).await }
            }
        }
    }

    async fn abuse_seat(self, seat: TcpStream, other: String) -> Result<()> {
        match self {
            Self::SlowReader => send_much(seat, other).await,
            Self::Huge => huge(seat).await,
            Self::Endless => endless(seat).await,
            _ => raw::pour(seat, &raw::text(r#"{"type":"ping"}"#).repeat(20)).await,
        }
    }
}

/// Attackers at work. They stop with this value.
pub struct Attackers {
    runtime: Runtime,
    ready: Arc<AtomicUsize>,
    attacks: Arc<AtomicUsize>,
    attackers: usize,
}

impl Attackers {
    /// As many as take so many sockets altogether, in equal numbers of each kind.
    pub fn start(server: SocketAddr, kinds: &[Attack], sockets: usize) -> Result<Self> {
        let runtime = runtime()?;
        let [ready, attacks] = [(), ()].map(|()| Arc::new(AtomicUsize::new(0)));
        let (mut attackers, mut taken) = (0, 0);
        for attack in kinds.iter().copied().cycle() {
            if taken + attack.sockets() > sockets {
                break;
            }
            let place = Place::new(server, 2, taken / SOCKETS_OF_ONE_ADDRESS);
            runtime.spawn(attack_again_and_again(attack, place, Arc::clone(&ready), Arc::clone(&attacks)));
            taken += attack.sockets();
            attackers += 1;
        }
        Ok(Self { runtime, ready, attacks, attackers })
    }

    /// Waits until each has attacked once.
    pub fn await_all(&self) {
        while self.ready.load(Ordering::Relaxed) < self.attackers {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Attacks so far.
    pub fn attacks(&self) -> usize {
        self.attacks.load(Ordering::Relaxed)
    }

    /// Ends all attacks.
    pub fn stop(self) {
        self.runtime.shutdown_timeout(Duration::from_secs(5));
    }
}

/// One thread for all of them, which lets everyone else go first where the system knows how: attackers have machines of their own, and only
/// what the server does about them is to be measured.
fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().on_thread_start(|| {
        #[cfg(target_os = "linux")]
        if rustix::process::nice(19).is_err() {
            crate::printer::line("The attackers run at the same priority as the server.");
        }
    });
    Ok(builder.build()?)
}

async fn attack_again_and_again(attack: Attack, place: Place, ready: Arc<AtomicUsize>, attacks: Arc<AtomicUsize>) {
    let mut first = true;
    loop {
        // To be thrown out, or not let in, is what attackers expect.
        let _ = attack
            .carry_out(place, || {
                ready.fetch_add(usize::from(first), Ordering::Relaxed);
                attacks.fetch_add(1, Ordering::Relaxed);
                first = false;
            })
            .await;
        sleep(PAUSE).await;
    }
}

async fn send_much(mut seat: TcpStream, other: String) -> Result<()> {
    let signal = Signal::Offer { connection: 1, sdp: "x".repeat(16 << 10) };
    let message = raw::text(&serde_json::to_string(&ClientMessage::Signal { to: other, signal })?);
    loop {
        // Just within the credit that a seat gains each second, so that the one who does not read is the one who goes.
        seat.write_all(&message).await?;
        sleep(PAUSE).await;
    }
}

async fn huge(mut seat: TcpStream) -> Result<()> {
    seat.write_all(&raw::head(frame::TEXT, 1 << 30)).await?;
    raw::pour(seat, &[b'x'; 64 << 10]).await
}

async fn endless(mut seat: TcpStream) -> Result<()> {
    seat.write_all(&raw::head(frame::BINARY_BEGINS, 0)).await?;
    let mut part = raw::head(frame::GOES_ON, 1024);
    part.extend_from_slice(&[0; 1024]);
    raw::pour(seat, &part).await
}

async fn half_open(mut stream: TcpStream) -> Result<()> {
    stream.write_all(raw::UPGRADE).await?;
    raw::outwait(&mut stream).await
}

async fn slowloris(mut stream: TcpStream) -> Result<()> {
    stream.write_all(b"GET / HTTP/1.1\r\nx: ").await?;
    loop {
        stream.write_all(b"x").await?;
        sleep(PAUSE).await;
    }
}

/// The same on every run, and different from byte to byte.
fn garbage() -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(1_u32), next).take(4096).map(|state| state.to_be_bytes()[0]).collect()
}
