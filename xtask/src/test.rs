//! `cargo xtask test`: fetch everything first, then run every check and test offline.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::build::timed;
use crate::command::{cargo, command, find, run_reading, succeed};
use crate::netns::PrivateNetwork;
use crate::outcome::Outcome;
use crate::{browsers, build, printer, python, tools, workspace};

/// What to run.
#[derive(Args)]
pub struct Options {
    /// Run the long soaks too.
    #[arg(long)]
    full: bool,
    /// Run only the steps whose name contains this: format, lint, native, wasm, docs, build, e2e. May be repeated.
    #[arg(long, value_name = "STEP")]
    filter: Vec<String>,
    /// Options for Playwright, after `--`.
    #[arg(last = true, value_name = "OPTION")]
    playwright: Vec<String>,
}

/// A step's name, and how it runs.
type Step = (&'static str, fn(&Suite<'_>) -> Result<Outcome>);

const STEPS: [Step; 7] = [
    ("format", |_| checked(cargo(&["fmt", "--all", "--check"]))),
    ("lint", |suite| suite.lint()),
    ("native tests", |suite| suite.native_tests()),
    ("wasm tests", |suite| suite.wasm_tests()),
    ("docs", |suite| suite.docs()),
    ("build", |_| build::build_and_weigh().map(|()| Outcome::default())),
    ("e2e tests", |suite| suite.end_to_end_tests()),
];

/// What browsers run besides the page's own crate.
const BELOW_THE_PAGE: [&str; 5] = ["perkoon-peer", "perkoon-transfer", "perkoon-protocol", "perkoon-trust", "perkoon-page-tools"];

/// Fetches what is missing, then runs every step; the last line says how many tests passed and failed.
pub fn run(options: &Options) -> Result<()> {
    let started = Instant::now();
    let total = match fetch() {
        Ok(()) => Suite::new(options)?.run(),
        Err(error) => {
            printer::failure(&format!("{error:#}"));
            Outcome::default().failed_unless(false)
        }
    };
    printer::line(&format!("\nAll steps took {}.", printer::seconds(started.elapsed())));
    printer::line(&total.closing_line());
    ensure!(total.failed == 0, "the tests failed");
    ensure!(total.passed > 0, "no test was run");
    Ok(())
}

/// Everything that needs a network. What comes later must do without.
fn fetch() -> Result<()> {
    timed("Fetch crates", || succeed(&mut cargo(&["fetch", "--locked"])))?;
    timed("Fetch tools", tools::install_for_build)?;
    timed("Fetch the end-to-end suite's packages", || tools::install_npm_packages("e2e"))?;
    timed("Fetch browsers and servers", browsers::install_for_tests)?;
    timed("Fetch the programs in Python that speak to the server", python::install_for_tests)
}

/// What the steps share.
struct Suite<'a> {
    options: &'a Options,
    network: Option<PrivateNetwork>,
}

impl<'a> Suite<'a> {
    fn new(options: &'a Options) -> Result<Self> {
        let network = PrivateNetwork::find();
        if network.is_none() {
            printer::line(
                "No private network can be made here (it needs root, or user namespaces): browser tests use the machine's own.",
            );
        }
        Ok(Self { options, network })
    }

    /// Runs the steps in order. One that fails ends the run: those after it build on it.
    fn run(&self) -> Outcome {
        let mut total = Outcome::default();
        for (name, step) in STEPS.into_iter().filter(|(name, _)| self.wants(name)) {
            let outcome = run_step(name, || step(self));
            total = total.plus(outcome);
            if outcome.failed > 0 {
                break;
            }
        }
        total
    }

    fn wants(&self, name: &str) -> bool {
        self.options.filter.is_empty() || self.options.filter.iter().any(|filter| name.contains(filter.as_str()))
    }

    fn lint(&self) -> Result<Outcome> {
        let deny = ["--", "--deny", "warnings"];
        checked(with(cargo(&["clippy", "--workspace", "--all-targets", "--locked"]), &deny))?;
        let wasm = ["clippy", "--target", "wasm32-unknown-unknown", "--locked"];
        checked(with(cargo(&[&wasm[..], &["--package", "perkoon-web", "--all-targets"]].concat()), &deny))?;
        // What else browsers run is linted without its tests: they are native, and so is what those use.
        let packages = BELOW_THE_PAGE.map(|package| ["--package", package]).concat();
        checked(with(cargo(&[&wasm[..], &packages].concat()), &deny))?;
        let compiler = workspace::path("e2e/node_modules/.bin/tsc");
        checked(with(command(compiler), &["--noEmit", "--project", "e2e"]))
    }

    fn native_tests(&self) -> Result<Outcome> {
        count_lines(self.soaking(cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])))
    }

    /// Builds the tests outside the private network, and runs them in a real browser inside it.
    fn wasm_tests(&self) -> Result<Outcome> {
        let arguments = ["test", "--target", "wasm32-unknown-unknown", "--package", "perkoon-web", "--tests", "--locked"];
        succeed(&mut with(cargo(&arguments), &["--no-run"]))?;
        let mut tests = with(cargo(&arguments), &["--no-fail-fast"]);
        tests.env("CHROMEDRIVER", browsers::chromedriver()?);
        let outcome = count_lines(self.privately(tests))?;
        ensure!(outcome.passed + outcome.failed > 0, "no test ran in the browser");
        Ok(outcome)
    }

    fn docs(&self) -> Result<Outcome> {
        let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
        docs.env("RUSTDOCFLAGS", "--deny warnings");
        checked(docs)
    }

    fn end_to_end_tests(&self) -> Result<Outcome> {
        let report = workspace::path("e2e/output/results.json");
        // A report of an earlier run must not pass for this one's.
        if report.exists() {
            std::fs::remove_file(&report)?;
        }
        let node = find("node").context("Node.js is missing")?;
        let mut tests = with(command(node), &["node_modules/@playwright/test/cli.js", "test"]);
        tests.args(&self.options.playwright).current_dir(workspace::path("e2e"));
        tests.env("PERKOON_CHROMIUM", browsers::chromium()?).env("PERKOON_FIREFOX", browsers::firefox()?);
        tests.env("PERKOON_BINARY", workspace::perkoon()).env("PERKOON_XTASK", std::env::current_exe()?);
        tests.env("PERKOON_PYTHON", python::environments());
        let succeeded = run_reading(&mut self.privately(self.soaking(tests)), |_| ())?;
        let outcome = Outcome::of_playwright_report(&report)?;
        ensure!(outcome.passed + outcome.failed > 0, "Playwright ran no test");
        Ok(outcome.failed_unless(succeeded))
    }

    /// Tells the tests whether to run their long soaks.
    fn soaking(&self, mut tests: Command) -> Command {
        if self.options.full {
            tests.env("PERKOON_FULL", "1");
        }
        tests
    }

    fn privately(&self, mut tests: Command) -> Command {
        tests.env("CARGO_NET_OFFLINE", "true");
        match &self.network {
            Some(network) => network.enter(&tests),
            None => tests,
        }
    }
}

/// Runs a step and shows its name and time; a step that breaks down counts as a failed test.
fn run_step(name: &str, step: impl FnOnce() -> Result<Outcome>) -> Outcome {
    let mut outcome = Outcome::default();
    let result = timed(name, || {
        outcome = step()?;
        if outcome.failed > 0 {
            bail!("{} failed", outcome.failed);
        }
        Ok(())
    });
    if let Err(error) = result {
        printer::failure(&format!("{name}: {error:#}"));
        outcome.failed = outcome.failed.max(1);
    }
    outcome
}

/// A check that counts no tests: it succeeds, or is an error.
fn checked(mut check: Command) -> Result<Outcome> {
    succeed(&mut check).map(|()| Outcome::default())
}

/// Runs tests whose result lines are those of `cargo test`.
fn count_lines(mut tests: Command) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let succeeded = run_reading(&mut tests, |line| outcome = outcome.plus(Outcome::of_line(line)))?;
    Ok(outcome.failed_unless(succeeded))
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}
