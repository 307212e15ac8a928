//! Idle sessions: what each of them takes of the server's memory.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use perkoon_protocol::Role;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    place::Place,
    printer,
    server::{Memory, Server},
    session::{self, Seated},
};

/// What the server may take, in bytes.
const MOST: u64 = 300_000_000;

/// Client addresses share the sockets: fewer than an address may have.
const SOCKETS_OF_ONE_ADDRESS: usize = 100;

/// Sessions that are being made at once.
const AT_ONCE: usize = 50;

/// What was measured.
pub struct Figures {
    sessions: usize,
    before: Memory,
    after: Memory,
}

/// Makes the sessions, lets them be, and looks at what the server takes.
pub fn measure(sessions: usize, seconds: u64) -> Result<Figures> {
    printer::line(&format!("{sessions} idle sessions, each with a socket that answers pings, for {seconds} s:"));
    let mut server = Server::start(&["--limit-creates", "0", "--limit-joins", "0"])?;
    let before = server.memory()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let lost = runtime.block_on(hold(server.address, sessions, Duration::from_secs(seconds)))?;
    let after = server.memory()?;
    server.still_runs()?;
    ensure!(lost == 0, "{lost} of {sessions} sockets did not stay open");
    let figures = Figures { sessions, before, after };
    figures.print();
    Ok(figures)
}

/// How many sockets were lost.
async fn hold(server: SocketAddr, sessions: usize, time: Duration) -> Result<usize> {
    let made = stream::iter(0..sessions).map(|number| async move {
        let place = Place::new(server, 1, number / SOCKETS_OF_ONE_ADDRESS);
        let mut stream = place.connect().await?;
        let session = session::create(&mut stream).await?;
        let joined = session::join(&mut stream, &session, Role::Sender).await?;
        session::sit(place, &joined.token).await
    });
    let seated: Vec<Seated> = made.buffer_unordered(AT_ONCE).try_collect().await?;
    let lost = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = seated.into_iter().map(|seated| tokio::spawn(keep(seated, Arc::clone(&lost)))).collect();
    sleep(time).await;
    let lost = lost.load(Ordering::Relaxed);
    for task in tasks {
        task.abort();
    }
    Ok(lost)
}

/// Reads, and so answers pings, for as long as the socket is open.
async fn keep(mut seated: Seated, lost: Arc<AtomicUsize>) {
    while let Some(Ok(_)) = seated.socket.next().await {}
    lost.fetch_add(1, Ordering::Relaxed);
}

impl Figures {
    fn of_one(&self) -> u64 {
        let sessions = u64::try_from(self.sessions).unwrap_or(u64::MAX);
        self.after.resident.saturating_sub(self.before.resident) / sessions.max(1)
    }

    pub fn is_within_bounds(&self) -> bool {
        self.after.highest < MOST
    }

    pub fn to_json(&self) -> Value {
        json!({
            "sessions": self.sessions,
            "resident_before": self.before.resident,
            "resident": self.after.resident,
            "highest": self.after.highest,
            "bytes_per_session": self.of_one(),
        })
    }

    fn print(&self) {
        printer::row("resident before", &megabytes(self.before.resident));
        printer::row("resident with them", &megabytes(self.after.resident));
        printer::row("resident at its highest", &megabytes(self.after.highest));
        printer::row("of which each session takes", &format!("{:.1} KB", to_float(self.of_one()) / 1e3));
        let verdict = if self.is_within_bounds() { "within" } else { "OVER" };
        printer::row("the bound", &format!("{verdict} {}", megabytes(MOST)));
    }
}

/// Megabytes of 10⁶ bytes.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", to_float(bytes) / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "no process takes 2^53 bytes")]
const fn to_float(number: u64) -> f64 {
    number as f64
}
