//! How far a transfer is, in numbers that hold still.

use leptos::prelude::*;

use super::{memo, shown, speed_graph::SpeedGraph, watch};
use crate::{
    automation::hooks,
    format,
    present::{self, Stage},
    state::{TransferStatus, View},
};

/// Percent, bytes, speed, time left, and the speed's line.
#[component]
pub fn Progress() -> impl IntoView {
    let bytes = watch(bytes);
    let speed = watch(|view| if moving(view) { format::speed(view.transfer.speed) } else { String::new() });
    let left = watch(|view| view.transfer.eta.filter(|_| moving(view)).map(format::time_left).unwrap_or_default());
    let running = watch(|view| present::stage(view) == Stage::Running);
    let words = watch(|view| format::percent(view.transfer.percent()));
    let whole = watch(|view| (view.transfer.percent() as u32).to_string());
    let spoken = memo(move || format!("{}, {}", words.get(), left.get()));
    let announced = watch(|view| announcement(view.transfer.percent() as u32).to_owned());
    let moving_numbers = move || {
        view! {
            <p class="progress-speed">{speed}</p>
            <p class="progress-left quiet">{left}</p>
            <SpeedGraph />
        }
        .into_any()
    };
    view! {
        <div class="progress">
            <p
                class="percent"
                role="progressbar"
                aria-label="Transferred"
                data-testid=hooks::TRANSFER_PROGRESS
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=whole
                aria-valuetext=spoken
            >
                {words}
            </p>
            <p class="progress-bytes">{bytes}</p>
            {shown(running, moving_numbers)}
            <p class="visually-hidden" role="status">{announced}</p>
        </div>
    }
}

fn moving(view: &View) -> bool {
    view.transfer.status == TransferStatus::Transferring && view.transfer.copied_bytes.is_none()
}

fn bytes(view: &View) -> String {
    let total = format::bytes(view.transfer.total_bytes);
    match view.transfer.status {
        TransferStatus::Complete => total,
        _ => format!("{} of {total}", format::bytes(view.transfer.bytes)),
    }
}

/// Said aloud at each quarter: often enough to know, seldom enough to bear.
fn announcement(percent: u32) -> &'static str {
    match percent / 25 {
        1 => "A quarter is there.",
        2 => "Half is there.",
        3 => "Three quarters are there.",
        _ => "",
    }
}
