//! Two ends and the line between them: the state of everything, drawn. The sender is always on the left, so that what fills, fills
//! in the direction of the files.

use leptos::prelude::*;
use perkoon_protocol::Role;

use super::{Icon, watch};
use crate::{
    dom,
    present::{self, Line},
    state::{Connection, View},
};

/// The path of the live session, seen from one end.
#[component]
pub fn Path(
    /// This page's end.
    role: Role,
) -> impl IntoView {
    let line = watch(present::line);
    let filled = watch(|view| view.transfer.percent());
    let mark = watch(mark);
    let far = watch(|view| far_words(view).to_owned());
    let present = watch(|view| present::peer(view).is_some() || present::line(view) == Line::Complete);
    view! {
        <Drawing
            role
            line=line
            filled=filled
            mark=mark
            near=Signal::derive(|| "This device".to_owned())
            far=far
            present=present
        />
    }
}

/// A path that only illustrates: on pages without a session.
#[component]
pub fn StillPath(
    /// How the line is drawn.
    line: Line,
    /// This page's end.
    #[prop(default = Role::Sender)]
    role: Role,
    /// The far end's name.
    #[prop(default = "Any device")]
    far: &'static str,
) -> impl IntoView {
    view! {
        <Drawing
            role
            line=Signal::derive(move || line)
            filled=Signal::derive(|| 0.0)
            mark=Signal::derive(String::new)
            near=Signal::derive(|| "This device".to_owned())
            far=Signal::derive(move || far.to_owned())
            present=Signal::derive(|| false)
        />
    }
}

#[component]
fn Drawing(
    role: Role,
    #[prop(into)] line: Signal<Line>,
    #[prop(into)] filled: Signal<f64>,
    #[prop(into)] mark: Signal<String>,
    #[prop(into)] near: Signal<String>,
    #[prop(into)] far: Signal<String>,
    #[prop(into)] present: Signal<bool>,
) -> impl IntoView {
    let here = if dom::coarse_pointer() { Icon::Phone } else { Icon::Laptop };
    let near = view! { <End icon=here label=near present=Signal::derive(|| true) own=true /> }.into_any();
    let far = view! { <End icon=Icon::Laptop label=far present own=false /> }.into_any();
    let (left, right) = if role == Role::Sender { (near, far) } else { (far, near) };
    view! {
        <div class="path" data-line=move || line.get().as_str() role="group" aria-label="The two devices">
            {left}
            <div class="path-between">
                <svg class="path-line" aria-hidden="true">
                    <line class="path-track" x1="0" y1="50%" x2="100%" y2="50%" />
                    <line class="path-break path-break-left" x1="0" y1="50%" x2="42%" y2="50%" />
                    <line class="path-break path-break-right" x1="58%" y1="50%" x2="100%" y2="50%" />
                    <line class="path-dots" x1="0" y1="50%" x2="100%" y2="50%" />
                </svg>
                <span class="path-fill" style:transform=move || format!("scaleX({:.4})", filled.get() / 100.0)></span>
                <span class="path-parcel" style:left=move || format!("{:.2}%", filled.get())></span>
                <span class="path-knot" aria-hidden="true">
                    {move || match line.get() {
                        Line::Paused => Some(Icon::Pause.view()),
                        Line::Broken => Some(Icon::Cross.view()),
                        Line::Complete => Some(Icon::Check.view()),
                        _ => None,
                    }}
                </span>
                <span class="path-mark small">{move || mark.get()}</span>
            </div>
            {right}
        </div>
    }
}

#[component]
fn End(icon: Icon, label: Signal<String>, present: Signal<bool>, own: bool) -> impl IntoView {
    view! {
        <div class="path-end" class:own=own class:present=move || present.get()>
            <span class="path-device">{icon.view()}</span>
            <span class="path-label small">{move || label.get()}</span>
        </div>
    }
}

/// What stands on the line.
fn mark(view: &View) -> String {
    let how = match present::connection(view) {
        Some(Connection::Direct) => "direct",
        Some(Connection::Relayed) => "relayed",
        None => "",
    };
    match present::line(view) {
        Line::Connecting => "connecting".to_owned(),
        Line::Mending => "reconnecting".to_owned(),
        Line::Connected | Line::Complete | Line::Filling => how.to_owned(),
        Line::Waiting | Line::Paused | Line::Broken => String::new(),
    }
}

fn far_words(view: &View) -> &'static str {
    match (present::peer(view), view.session.as_ref().map(|session| session.role)) {
        (Some(_), _) => "Other device",
        (None, Some(Role::Sender)) if present::line(view) == Line::Waiting => "Nobody yet",
        (None, _) => "Other device",
    }
}
