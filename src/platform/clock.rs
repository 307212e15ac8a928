//! Time for the core, from the page's monotonic clock.

use perkoon_transfer::Millis;
use web_sys::Performance;

thread_local! {
    static CLOCK: Option<Performance> = super::window().performance();
}

/// Milliseconds since the page was opened.
pub fn now() -> Millis {
    Millis(CLOCK.with(|clock| clock.as_ref().map_or(0.0, Performance::now)) as u64)
}
