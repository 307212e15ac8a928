//! The speed of the last seconds, as a line.

use std::fmt::Write;

use leptos::prelude::*;

use super::watch;

/// Points the graph has room for.
const POINTS: usize = 60;
/// The graph's height in its own units; whole numbers are fine enough.
const HEIGHT: f64 = 320.0;

/// The graph. The numbers beside it say the same.
#[component]
pub fn SpeedGraph() -> impl IntoView {
    let line = watch(|view| polyline(&view.transfer.speed_history));
    view! {
        <svg class="speed-graph" viewBox="0 0 59 320" preserveAspectRatio="none" aria-hidden="true">
            <polyline class="speed-line" points=line />
        </svg>
    }
}

/// The newest speed is at the right edge; the tallest touches the top.
fn polyline(speeds: &[f64]) -> String {
    let newest = &speeds[speeds.len().saturating_sub(POINTS)..];
    let tallest = newest.iter().copied().fold(1.0, f64::max);
    let mut points = String::with_capacity(newest.len() * 10);
    for (index, speed) in newest.iter().enumerate() {
        let x = POINTS - newest.len() + index;
        let y = ((HEIGHT - 20.0) * (1.0 - (speed / tallest).clamp(0.0, 1.0)) + 10.0) as u32;
        // Writing to a String cannot fail.
        let _ = write!(points, "{x},{y} ");
    }
    points
}
