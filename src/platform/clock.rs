//! Time for the core, from the page's monotonic clock.

use perkoon_transfer::Millis;

/// Milliseconds since the page was opened.
pub fn now() -> Millis {
    let milliseconds = super::window().performance().map_or(0.0, |performance| performance.now());
    Millis(milliseconds as u64)
}
