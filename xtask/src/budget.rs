//! What a browser fetches before a first visitor can do anything, and how much that may weigh.

use anyhow::{Result, bail};

use crate::compress::Asset;
use crate::printer;

/// Bytes of the first load, all files with brotli: 200 KB of 1024 bytes.
const FIRST_LOAD: u64 = 200 * 1024;

/// Files that a visit to `/` does not fetch. Everything else in `dist/` counts, so that a new file is counted until someone
/// says here that it is fetched later.
const LATER: &[Later] = &[
    Later::Name("404.html"),      // the same page, for static hosts
    Later::Name("automate.html"), // pages of their own
    Later::Name("terms.html"),
    Later::Name("privacy.html"),
    Later::Name("text.css"),        // what those look like
    Later::Name("llms.txt"),        // for agents
    Later::Name("perkoon.d.ts"),    // for authors of scripts
    Later::Name("robots.txt"),      // for crawlers
    Later::Name("sw.js"),           // the service worker, registered when there is something to save
    Later::Ending(".mjs"),          // scripts to download and run elsewhere
    Later::Ending(".map"),          // for developers
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

/// Prints the table of the first load; an error when it weighs more than the budget.
pub fn check(assets: &[Asset]) -> Result<()> {
    printer::line("First load (everything a visit to / fetches):");
    let first: Vec<_> = assets.iter().filter(|asset| is_first_load(&asset.path)).collect();
    for asset in &first {
        printer::line(&row(&asset.path, asset.plain, asset.brotli));
    }
    let total: u64 = first.iter().map(|asset| asset.brotli).sum();
    printer::line(&row("together", first.iter().map(|asset| asset.plain).sum(), total));
    let share = total as f64 / FIRST_LOAD as f64 * 100.0;
    printer::line(&format!("{share:.0} % of the budget of {FIRST_LOAD} bytes (200 * 1024)"));
    if total > FIRST_LOAD {
        bail!("the first load weighs {total} bytes with brotli, {} over the budget", total - FIRST_LOAD);
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
    fn one_byte_over_the_budget_is_too_much() {
        assert!(check(&[asset("index.html", FIRST_LOAD), asset("snippets/new.js", 1)]).is_err());
    }
}
