//! How long people take to meet while others attack, against the same without them.

use std::{thread::sleep, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    hostile::{Attack, Attackers},
    idle::megabytes,
    printer,
    server::{Memory, Server},
    statistics::Sample,
    visits,
};

/// How many times longer it may take.
const MOST: f64 = 2.0;

/// For the attacks to be in full swing, and for the server to have cleared up after them.
const SETTLE: Duration = Duration::from_secs(2);

/// What was measured.
pub struct Figures {
    hostile: usize,
    attacks: usize,
    quiet: Sample,
    attacked: Sample,
    memory: Memory,
    /// Of the server, while people met, quiet and attacked.
    processor: [Duration; 2],
}

/// Lets people meet, with and without attacks, in turn. Everything is limited as it is by default, but for how often an address may
/// make and join sessions: attackers with many more addresses would not be held up by that.
pub fn measure(kinds: &[Attack], hostile: usize, visits: usize, rounds: usize) -> Result<Figures> {
    printer::line(&format!("{visits} sessions connect, without and with {hostile} hostile sockets, in {rounds} rounds:"));
    let mut server = Server::start(&["--limit-creates", "0", "--limit-joins", "0"])?;
    let (mut quiet, mut attacked, mut attacks) = (Vec::new(), Vec::new(), 0);
    let mut processor = [Duration::ZERO; 2];
    for round in 0..rounds {
        let network = u8::try_from(10 + 2 * round)?;
        let before = server.processor_time()?;
        quiet.extend(visits::measure(server.address, visits, network)?);
        processor[0] += server.processor_time()? - before;
        let attackers = Attackers::start(server.address, kinds, hostile)?;
        attackers.await_all();
        sleep(SETTLE);
        let before = server.processor_time()?;
        attacked.extend(visits::measure(server.address, visits, network + 1)?);
        processor[1] += server.processor_time()? - before;
        attacks += attackers.attacks();
        attackers.stop();
        server.still_runs()?;
        sleep(SETTLE);
    }
    let memory = server.memory()?;
    let figures = Figures { hostile, attacks, quiet: Sample::new(quiet), attacked: Sample::new(attacked), memory, processor };
    figures.print();
    Ok(figures)
}

impl Figures {
    fn ratios(&self) -> [f64; 2] {
        [50, 95].map(|percent| self.attacked.percentile(percent).as_secs_f64() / self.quiet.percentile(percent).as_secs_f64())
    }

    pub fn is_within_bounds(&self) -> bool {
        self.ratios().iter().all(|ratio| *ratio <= MOST)
    }

    pub fn to_json(&self) -> Value {
        let milliseconds = |sample: &Sample| json!({ "median": sample.median().as_secs_f64() * 1e3, "p95": sample.percentile(95).as_secs_f64() * 1e3 });
        json!({
            "hostile": self.hostile,
            "attacks": self.attacks,
            "quiet_ms": milliseconds(&self.quiet),
            "attacked_ms": milliseconds(&self.attacked),
            "ratios": self.ratios(),
            "processor_s": self.processor.map(|time| time.as_secs_f64()),
            "highest": self.memory.highest,
        })
    }

    fn print(&self) {
        let both = |sample: &Sample| format!("{:.1?}, p95 {:.1?}", sample.median(), sample.percentile(95));
        printer::row("median without", &both(&self.quiet));
        printer::row("median with", &both(&self.attacked));
        let [median, high] = self.ratios();
        let verdict = if self.is_within_bounds() { "within" } else { "OVER" };
        printer::row("times as long", &format!("{median:.2}, p95 {high:.2}: {verdict} {MOST:.0}"));
        printer::row("attacks", &self.attacks.to_string());
        printer::row("processor time of the server", &format!("{:.1?}, with {:.1?}", self.processor[0], self.processor[1]));
        printer::row("resident at its highest", &megabytes(self.memory.highest));
    }
}
