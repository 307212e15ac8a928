//! What a browser fetches before a first visitor can do anything, and how much that may weigh.

use anyhow::{Result, bail};

use crate::compress::Asset;
use crate::printer;

/// Bytes of the first load, all files with brotli: 200 KB of 1024 bytes.
const FIRST_LOAD: u64 = 200 * 1024;

/// Bytes of the module that a page loads when somebody starts or joins a session, with brotli.
const TOOLS: u64 = 40 * 1024;

/// What that module's name begins with.
const TOOLS_NAME: &str = "perkoon_page_tools";

/// Files that a visit to `/` does not fetch. Everything else in `dist/` counts, so that a new file is counted until someone
/// says here that it is fetched later.
const LATER: &[Later] = &[
    Later::Name("404.html"),      // the same page, for static hosts
    Later::Name("automate.html"), // pages of their own
    Later::Name("terms.html"),
    Later::Name("privacy.html"),
    Later::Beginning("text-"),      // what those look like
    Later::Name("llms.txt"),        // for agents
    Later::Name("perkoon.d.ts"),    // for authors of scripts
    Later::Name("robots.txt"),      // for crawlers
    Later::Name("sw.js"),           // the service worker, registered when there is something to save
    Later::Ending(".mjs"),          // scripts to download and run elsewhere
    Later::Ending(".map"),          // for developers
    Later::Beginning(TOOLS_NAME),   // loaded for a session: QR codes, words, passwords
    Later::Beginning("client-zip"), // loaded when several files are saved as one
    Later::Beginning("opfs"),       // the worker that writes to the origin private file system
    Later::Name("handles.js"),      // what keeps handles of dropped files, loaded when something is dragged over the page
    Later::Name("place-writer.js"), // the worker that writes to a picked place
    Later::Beginning("received"),   // what that and the service worker share
    Later::Beginning("og-image"),   // link previews
];

/// How a file is recognised.
enum Later {
    Name(&'static str),
    Beginning(&'static str),
    Ending(&'static str),
}

impl Later {
    fn is(&self, name: &str) -> bool {
        match self {
            Self::Name(whole) => name == *whole,
            Self::Beginning(start) => name.starts_with(start),
            Self::Ending(end) => name.ends_with(end),
        }
    }
}

/// Prints the table of the first load and what is loaded for a session; an error when either weighs more than its budget.
pub fn check(assets: &[Asset]) -> Result<()> {
    printer::line("First load (everything a visit to / fetches):");
    let first: Vec<_> = assets.iter().filter(|asset| is_first_load(&asset.path)).collect();
    for asset in &first {
        printer::line(&row(&asset.path, asset.plain, asset.brotli));
    }
    let total: u64 = first.iter().map(|asset| asset.brotli).sum();
    printer::line(&row("together", first.iter().map(|asset| asset.plain).sum(), total));
    let tools: Vec<_> = assets.iter().filter(|asset| asset.path.starts_with(TOOLS_NAME)).collect();
    printer::line("Loaded for a session:");
    for asset in &tools {
        printer::line(&row(&asset.path, asset.plain, asset.brotli));
    }
    keep_to("the first load", total, FIRST_LOAD)?;
    keep_to("what is loaded for a session", tools.iter().map(|asset| asset.brotli).sum(), TOOLS)
}

/// Says how much of a budget is used up; an error when it is more than all.
fn keep_to(what: &str, bytes: u64, budget: u64) -> Result<()> {
    let share = bytes as f64 / budget as f64 * 100.0;
    printer::line(&format!("{what}: {share:.0} % of the budget of {budget} bytes ({} * 1024)", budget / 1024));
    if bytes > budget {
        bail!("{what} weighs {bytes} bytes with brotli, {} over the budget", bytes - budget);
    }
    Ok(())
}

fn is_first_load(path: &str) -> bool {
    // A folder fetched later holds only files fetched later.
    !path.split('/').any(|part| LATER.iter().any(|later| later.is(part)))
}

fn row(name: &str, plain: u64, brotli: u64) -> String {
    format!("  {name:<60} {plain:>9} B  brotli {brotli:>8} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(path: &str, brotli: u64) -> Asset {
        Asset { path: path.to_owned(), plain: brotli * 3, brotli }
    }

    #[test]
    fn what_is_fetched_later_does_not_count() {
        assert!(check(&[asset("index.html", FIRST_LOAD), asset("client-zip/worker.js", 1), asset("sw.js", 1)]).is_ok());
    }

    #[test]
    fn what_is_loaded_for_a_session_has_a_budget_of_its_own() {
        let [fits, too_much] = [TOOLS, TOOLS + 1].map(|size| check(&[asset("perkoon_page_tools-0123456789abcdef.wasm", size)]));
        assert!(fits.is_ok() && too_much.is_err());
    }

    #[test]
    fn one_byte_over_the_budget_is_too_much() {
        assert!(check(&[asset("index.html", FIRST_LOAD), asset("snippets/new.js", 1)]).is_err());
    }
}
