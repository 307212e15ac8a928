//! The only place that changes a View.

use super::{Event, View};

/// Applies what happened.
pub fn reduce(_view: &mut View, event: Event) {
    match event {}
}
