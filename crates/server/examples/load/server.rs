//! The server under load: a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

/// What Linux counts processor time in.
const TICK: Duration = Duration::from_millis(10);

/// A running server. It ends with this value.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What a process takes, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident now.
    pub resident: u64,
    /// Resident at its highest.
    pub highest: u64,
}

impl Server {
    /// Starts one with the defaults that `perkoon serve` has, but for `options`.
    pub fn start(options: &[&str]) -> Result<Self> {
        Self::start_as(Command::new(binary()), options)
    }

    /// The same, with one core of the machine.
    pub fn start_on_one_core(options: &[&str]) -> Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0"]).arg(binary());
        Self::start_as(command, options).context("taskset (of util-linux) gives the server one core")
    }

    fn start_as(mut command: Command, options: &[&str]) -> Result<Self> {
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"]).args(options).stdout(Stdio::piped());
        let program = command.get_program().to_owned();
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped above")).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("Perkoon listens on http://").context("the server did not start")?;
        let address = address.parse()?;
        Ok(Self { child, address })
    }

    /// What it takes, as Linux counts.
    pub fn memory(&self) -> Result<Memory> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).with_context(|| format!("{path}: memory is read the way Linux shows it"))?;
        Ok(Memory { resident: kibibytes(&status, "VmRSS:")?, highest: kibibytes(&status, "VmHWM:")? })
    }

    /// The processor time it has taken.
    pub fn processor_time(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Its name, in parentheses, may hold spaces; then come the state and ten numbers, and after them user and system time.
        let (_, numbers) = stat.rsplit_once(')').context("no name in the state")?;
        let ticks: u64 = numbers.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<_, _>>()?;
        Ok(TICK * u32::try_from(ticks)?)
    }

    /// Says so when the server has ended by itself.
    pub fn still_runs(&mut self) -> Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "the server ended by itself: {ended:?}");
        Ok(())
    }
}

fn binary() -> PathBuf {
    std::env::var_os("PERKOON_BINARY").map_or_else(|| PathBuf::from("target/release/perkoon"), PathBuf::from)
}

fn kibibytes(status: &str, name: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name} in the status"))?;
    let number: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(number * 1024)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
