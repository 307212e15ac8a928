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
use perkoon_protocol::signal::{ClientMessage, Signal};
use tokio::{io::AsyncWriteExt, runtime::Runtime, time::sleep};

use crate::{
    place::Place,
    raw::{self, frame},
};

const PAUSE: Duration = Duration::from_secs(1);

/// Sockets that one address has.
const SOCKETS_OF_ONE_ADDRESS: usize = 10;

/// What an attacker does.
#[derive(Clone, Copy, Debug)]
enum Attack {
    /// Two seats: one is sent large signals as fast as they are taken, and reads none.
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
    const ALL: [Self; 8] =
        [Self::SlowReader, Self::Huge, Self::Endless, Self::Garbage, Self::Flood, Self::Silent, Self::HalfOpen, Self::Slowloris];

    const fn sockets(self) -> usize {
        match self {
            Self::SlowReader | Self::Huge | Self::Endless | Self::Flood => 2,
            Self::Garbage | Self::Silent | Self::HalfOpen | Self::Slowloris => 1,
        }
    }

    /// Attacks from there until the server has had enough.
    async fn carry_out(self, place: Place) -> Result<()> {
        match self {
            Self::SlowReader => slow_reader(place).await,
            Self::Huge => huge(place).await,
            Self::Endless => endless(place).await,
            Self::Garbage => raw::pour(raw::open(place).await?, &garbage()).await,
            Self::Flood => flood(place).await,
            Self::Silent => raw::outwait(&mut raw::open(place).await?).await,
            Self::HalfOpen => half_open(place).await,
            Self::Slowloris => slowloris(place).await,
        }
    }
}

/// Attackers at work. They stop with this value.
pub struct Attackers {
    runtime: Runtime,
    begun: Arc<AtomicUsize>,
    attackers: usize,
}

impl Attackers {
    /// As many as take so many sockets altogether, as many of each kind as of any other. They share one thread: half of a machine with two
    /// cores.
    pub fn start(server: SocketAddr, sockets: usize) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let begun = Arc::new(AtomicUsize::new(0));
        let (mut attackers, mut taken) = (0, 0);
        for attack in Attack::ALL.into_iter().cycle() {
            if taken + attack.sockets() > sockets {
                break;
            }
            let place = Place::new(server, 2, taken / SOCKETS_OF_ONE_ADDRESS);
            runtime.spawn(attack_again_and_again(attack, place, Arc::clone(&begun)));
            taken += attack.sockets();
            attackers += 1;
        }
        Ok(Self { runtime, begun, attackers })
    }

    /// Waits until each has attacked once.
    pub fn await_all(&self) {
        while self.begun() < self.attackers {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Attacks so far.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Ends all attacks.
    pub fn stop(self) {
        self.runtime.shutdown_timeout(Duration::from_secs(5));
    }
}

async fn attack_again_and_again(attack: Attack, place: Place, begun: Arc<AtomicUsize>) {
    loop {
        begun.fetch_add(1, Ordering::Relaxed);
        // To be thrown out, or not let in, is what attackers expect.
        let _ = attack.carry_out(place).await;
        sleep(PAUSE).await;
    }
}

async fn slow_reader(place: Place) -> Result<()> {
    let (sender, _receiver, receiver_id) = raw::pair(place).await?;
    let signal = Signal::Offer { connection: 1, sdp: "x".repeat(16 << 10) };
    let message = serde_json::to_string(&ClientMessage::Signal { to: receiver_id, signal })?;
    raw::pour(sender, &raw::text(&message)).await
}

async fn huge(place: Place) -> Result<()> {
    let (mut sender, _receiver, _) = raw::pair(place).await?;
    sender.write_all(&raw::head(frame::TEXT, 1 << 30)).await?;
    raw::pour(sender, &[b'x'; 64 << 10]).await
}

async fn endless(place: Place) -> Result<()> {
    let (mut sender, _receiver, _) = raw::pair(place).await?;
    sender.write_all(&raw::head(frame::BINARY_BEGINS, 0)).await?;
    let mut part = raw::head(frame::GOES_ON, 1024);
    part.extend_from_slice(&[0; 1024]);
    raw::pour(sender, &part).await
}

async fn flood(place: Place) -> Result<()> {
    let (sender, _receiver, _) = raw::pair(place).await?;
    raw::pour(sender, &raw::text(r#"{"type":"ping"}"#).repeat(20)).await
}

async fn half_open(place: Place) -> Result<()> {
    let mut stream = place.connect().await?;
    stream.write_all(raw::UPGRADE).await?;
    raw::outwait(&mut stream).await
}

async fn slowloris(place: Place) -> Result<()> {
    let mut stream = place.connect().await?;
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
