//! How much one core does: sessions made and joined in a second, and how long a signal takes there and back.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use perkoon_protocol::{Role, rest::CreatedSession};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::interval};

use crate::{
    place::Place,
    printer,
    server::Server,
    session::{self, Seated},
    statistics::Sample,
};

/// Clients that call at once, each over a connection of its own.
const CALLERS: usize = 16;

/// Pairs that exchange signals at the same time.
const PAIRS: usize = 50;

/// How often each pair does: as often as a client may for as long as it likes.
const PACE: Duration = Duration::from_millis(200);

/// The clients' network.
const NETWORK: u8 = 2;

/// What was measured.
pub struct Figures {
    creates: f64,
    joins: f64,
    round_trips: Sample,
}

/// Has clients do one thing after the other, each for so long, at a server that has one core to itself.
pub fn measure(time: Duration) -> Result<Figures> {
    printer::line(&format!(
        "One core, {CALLERS} clients that call without a pause, and {PAIRS} pairs, for {} s each:",
        time.as_secs()
    ));
    let mut server = Server::start_on_one_core(&["--limit-creates", "0", "--limit-joins", "0", "--max-sessions", "10000000"])?;
    let runtime = tokio::runtime::Runtime::new()?;
    let figures = runtime.block_on(async {
        let (sessions, creates) = creates(server.address, time).await?;
        let joins = joins(server.address, time, &sessions).await?;
        let round_trips = round_trips(server.address, time).await?;
        anyhow::Ok(Figures { creates, joins, round_trips })
    })?;
    server.still_runs()?;
    figures.print();
    Ok(figures)
}

/// The sessions that were made, and how many a second.
async fn creates(server: SocketAddr, time: Duration) -> Result<(Vec<Vec<CreatedSession>>, f64)> {
    let started = Instant::now();
    let callers = (0..CALLERS).map(|number| async move {
        let mut stream = Place::new(server, NETWORK, number).connect().await?;
        let mut made = Vec::new();
        while started.elapsed() < time {
            made.push(session::create(&mut stream).await?);
        }
        anyhow::Ok(made)
    });
    let made = try_join_all(callers.map(tokio::spawn)).await?.into_iter().collect::<Result<Vec<_>>>()?;
    let number = made.iter().map(Vec::len).sum();
    Ok((made, per_second(number, started)))
}

/// How many seats were given away in a second, each in a session of its own.
async fn joins(server: SocketAddr, time: Duration, sessions: &[Vec<CreatedSession>]) -> Result<f64> {
    let started = Instant::now();
    let callers = sessions.iter().cloned().enumerate().map(|(number, sessions)| async move {
        let mut stream = Place::new(server, NETWORK, number).connect().await?;
        let mut joined = 0;
        for session in &sessions {
            if started.elapsed() >= time {
                break;
            }
            session::join(&mut stream, session, Role::Receiver).await?;
            joined += 1;
        }
        anyhow::Ok(joined)
    });
    let joined = try_join_all(callers.map(tokio::spawn)).await?.into_iter().collect::<Result<Vec<usize>>>()?;
    let number = joined.iter().sum();
    ensure!(number > 0, "nobody joined");
    Ok(per_second(number, started))
}

/// How long signals took from one side to the other and back.
async fn round_trips(server: SocketAddr, time: Duration) -> Result<Sample> {
    let pairs = (0..PAIRS).map(|number| async move {
        let place = Place::new(server, NETWORK, CALLERS + number);
        let mut stream = place.connect().await?;
        let session = session::create(&mut stream).await?;
        let mut sender = seated(place, &mut stream, &session, Role::Sender).await?;
        let mut receiver = seated(place, &mut stream, &session, Role::Receiver).await?;
        let (started, mut ticks, mut durations) = (Instant::now(), interval(PACE), Vec::new());
        while started.elapsed() < time {
            ticks.tick().await;
            let said = Instant::now();
            session::signal(&mut sender, &mut receiver).await?;
            session::signal(&mut receiver, &mut sender).await?;
            durations.push(said.elapsed());
        }
        anyhow::Ok(durations)
    });
    let durations = try_join_all(pairs.map(tokio::spawn)).await?.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(Sample::new(durations.concat()))
}

async fn seated(place: Place, stream: &mut TcpStream, session: &CreatedSession, role: Role) -> Result<Seated> {
    let joined = session::join(stream, session, role).await?;
    session::sit(place, &joined.token).await
}

#[expect(clippy::cast_precision_loss, reason = "nothing is done 2^53 times")]
fn per_second(number: usize, since: Instant) -> f64 {
    number as f64 / since.elapsed().as_secs_f64()
}

impl Figures {
    pub fn to_json(&self) -> Value {
        json!({
            "creates_per_second": self.creates,
            "joins_per_second": self.joins,
            "signal_round_trip_ms": { "p50": millis(self.round_trips.median()), "p99": millis(self.round_trips.percentile(99)) },
        })
    }

    fn print(&self) {
        printer::row("sessions made a second", &format!("{:.0}", self.creates));
        printer::row("seats given away a second", &format!("{:.0}", self.joins));
        let (p50, p99) = (millis(self.round_trips.median()), millis(self.round_trips.percentile(99)));
        printer::row("a signal there and one back, p50 and p99", &format!("{p50:.2} ms, {p99:.2} ms"));
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
