//! People who meet: create, join, join, both sockets, a signal there and one back. Each from an address of its own.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use perkoon_protocol::Role;
use tokio::time::{MissedTickBehavior, interval};

use crate::{place::Place, session};

/// How long after one pair the next comes, whether the one before has met or not.
const PACE: Duration = Duration::from_millis(100);

/// How long each of `visits` pairs took to meet. They run on a thread of their own, so that only the server makes them wait.
pub fn measure(server: SocketAddr, visits: usize, round: u8) -> Result<Vec<Duration>> {
    let measuring = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(meet_in_turn(server, visits, round))
    });
    measuring.join().expect("the thread does not panic")
}

async fn meet_in_turn(server: SocketAddr, visits: usize, round: u8) -> Result<Vec<Duration>> {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut tasks = Vec::new();
    for number in 0..visits {
        ticks.tick().await;
        tasks.push(tokio::spawn(meet(Place::new(server, round, number))));
    }
    let mut durations = Vec::new();
    for task in tasks {
        durations.push(task.await?.context("a pair did not meet")?);
    }
    Ok(durations)
}

async fn meet(place: Place) -> Result<Duration> {
    let started = Instant::now();
    let mut stream = place.connect().await?;
    let session = session::create(&mut stream).await?;
    let token = session::join(&mut stream, &session, Role::Sender).await?.token;
    let mut sender = session::sit(place, &token).await?;
    let mut stream = place.connect().await?;
    let token = session::join(&mut stream, &session, Role::Receiver).await?.token;
    let mut receiver = session::sit(place, &token).await?;
    session::signal(&mut sender, &mut receiver).await?;
    session::signal(&mut receiver, &mut sender).await?;
    Ok(started.elapsed())
}
