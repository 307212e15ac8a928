//! Reading the events that a side was told.

use perkoon_transfer::Event;

/// The last progress told.
pub fn last_progress(events: &[Event]) -> u64 {
    let progress = events.iter().rev().find_map(|event| match event {
        Event::Progress { bytes } => Some(*bytes),
        _ => None,
    });
    progress.unwrap_or(0)
}

/// The one terminal event.
pub fn terminal(events: &[Event]) -> Event {
    let mut terminals = events.iter().filter(|event| event.is_terminal());
    let end = terminals.next().unwrap_or_else(|| panic!("not ended: {:?}", events.last())).clone();
    assert_eq!(terminals.next(), None, "ended twice");
    end
}

/// Whether the side has ended.
pub fn has_ended(events: &[Event]) -> bool {
    events.iter().any(Event::is_terminal)
}
