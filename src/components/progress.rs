//! How far a transfer is, in numbers that hold still.

use leptos::prelude::*;

use super::{speed_graph::SpeedGraph, watch};
use crate::{
    format,
    present::{self, Stage},
    state::{TransferStatus, View},
};

/// Percent, bytes, speed, time left, and the speed's line.
#[component]
pub fn Progress() -> impl IntoView {
    let percent = watch(|view| view.transfer.percent());
    let numbers = watch(Numbers::of);
    let running = watch(|view| present::stage(view) == Stage::Running);
    let whole = move || percent.get().floor();
    view! {
        <div class="progress">
            <p
                class="percent"
                role="progressbar"
                aria-label="Transferred"
                data-testid="transfer-progress"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=whole
                aria-valuetext=move || format!("{}, {}", format::percent(percent.get()), numbers.with(|n| n.time_left.clone()))
            >
                {move || format::percent(percent.get())}
            </p>
            <p class="progress-bytes">{move || numbers.with(|n| n.bytes.clone())}</p>
            <Show when=move || running.get()>
                <p class="progress-speed">{move || numbers.with(|n| n.speed.clone())}</p>
                <p class="progress-left quiet">{move || numbers.with(|n| n.time_left.clone())}</p>
                <SpeedGraph />
            </Show>
            <p class="visually-hidden" role="status">{move || announcement(whole() as u32)}</p>
        </div>
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Numbers {
    bytes: String,
    speed: String,
    time_left: String,
}

impl Numbers {
    fn of(view: &View) -> Self {
        let transfer = &view.transfer;
        let moving = transfer.status == TransferStatus::Transferring;
        let total = format::bytes(transfer.total_bytes);
        Self {
            bytes: if transfer.status == TransferStatus::Complete {
                total
            } else {
                format!("{} of {total}", format::bytes(transfer.bytes))
            },
            speed: if moving { format::speed(transfer.speed) } else { String::new() },
            time_left: transfer.eta.filter(|_| moving).map(format::time_left).unwrap_or_default(),
        }
    }
}

/// Said aloud at each quarter: often enough to know, seldom enough to bear.
fn announcement(percent: u32) -> Option<&'static str> {
    match percent / 25 {
        1 => Some("A quarter is there."),
        2 => Some("Half is there."),
        3 => Some("Three quarters are there."),
        _ => None,
    }
}
