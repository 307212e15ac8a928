//! Counting what the test runners of three kinds have run.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Outcome {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// At least one failure, unless the runner said that it succeeded: one that crashed may have counted none.
    pub fn failed_unless(self, succeeded: bool) -> Self {
        if succeeded { self } else { Self { failed: self.failed.max(1), ..self } }
    }

    /// The closing line, which other programs read.
    pub fn closing_line(self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }

    /// What a line of `cargo test` or `wasm-bindgen-test-runner` adds: nothing, unless it is a `test result:`.
    pub fn of_line(line: &str) -> Self {
        let plain = without_colours(line);
        let Some((_, counts)) = plain.split_once("test result: ") else { return Self::default() };
        Self { passed: count_before(counts, " passed"), failed: count_before(counts, " failed") }
    }

    /// What Playwright's JSON report says.
    pub fn of_playwright_report(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("Playwright left no report at {}", file.display()))?;
        let report: Value = serde_json::from_str(&text)?;
        let count = |name: &str| report["stats"][name].as_u64().with_context(|| format!("the report has no stats.{name}"));
        // Retries are off, so nothing can be flaky; were they on, a flaky test would be a failed one here.
        Ok(Self { passed: count("expected")?, failed: count("unexpected")? + count("flaky")? })
    }
}

fn count_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(|end| end.is_ascii_alphabetic());
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s";
        assert_eq!(Outcome::of_line(line), Outcome { passed: 12, failed: 3 });
        let coloured = "test result: \u{1b}[32mok\u{1b}(B\u{1b}[m. 7 passed; 0 failed; 0 ignored";
        assert_eq!(Outcome::of_line(coloured), Outcome { passed: 7, failed: 0 });
        assert_eq!(Outcome::of_line("5 passed, 0 failed"), Outcome::default());
    }
}
