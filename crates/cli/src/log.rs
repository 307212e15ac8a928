//! What the log says, and how.

use std::{
    io::{self, IsTerminal},
    str::FromStr,
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::args::LogFormat;

/// Our own crates. A library's lines could hold addresses and messages, and are never shown.
const OURS: &str = "perkoon";

/// Which lines go to the log: what is at least `info`, where nothing else is said.
#[derive(Clone, Debug)]
pub(crate) struct LogFilter(Targets);

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut targets = Targets::new().with_target(OURS, LevelFilter::INFO);
        for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let (target, level) = directive.split_once('=').unwrap_or((OURS, directive));
            let level: LevelFilter = level.trim().parse().map_err(|_| in_words(directive))?;
            if target.trim().starts_with(OURS) {
                targets = targets.with_target(target.trim(), level);
            }
        }
        Ok(Self(targets))
    }
}

fn in_words(directive: &str) -> String {
    format!(
        "{directive} is neither a level (off, error, warn, info, debug, trace) nor MODULE=LEVEL, such as perkoon_server::serve=debug"
    )
}

/// Begins to write the log, to stderr.
pub(crate) fn start(LogFilter(ours): LogFilter, format: LogFormat) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(lines).with(ours).init();
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn shows(filter: &str, target: &str, level: Level) -> bool {
        let LogFilter(targets) = filter.parse().expect("a filter");
        targets.would_enable(target, &level)
    }

    #[test]
    fn a_level_is_for_all_that_is_ours() {
        assert!(shows("debug", "perkoon_server::router", Level::DEBUG));
        assert!(!shows("debug", "perkoon_server::router", Level::TRACE));
        assert!(!shows("off", "perkoon_server::router", Level::ERROR));
        assert!(shows("info,perkoon_server::serve=trace", "perkoon_server::serve", Level::TRACE));
        assert!(!shows("info, perkoon_server::serve=trace", "perkoon_server::router", Level::DEBUG));
        assert!(shows("", "perkoon_server::router", Level::INFO), "a variable may be set and empty");
    }

    #[test]
    fn libraries_are_never_heard() {
        for filter in ["trace", "trace,hyper=trace,rmcp=debug"] {
            assert!(!shows(filter, "hyper::proto", Level::ERROR), "{filter}");
            assert!(!shows(filter, "rmcp::transport", Level::ERROR), "{filter}");
            assert!(shows(filter, "perkoon", Level::TRACE), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_in_words() {
        for filter in ["loud", "perkoon_server", "perkoon_server=loud"] {
            let said = filter.parse::<LogFilter>().expect_err("no filter");
            assert!(said.contains(filter) && said.contains("debug"), "{said}");
        }
    }
}
