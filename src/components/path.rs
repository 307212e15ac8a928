//! Two ends and the line between them: the state of everything, drawn. The sender is always on the left, so that what fills, fills
//! in the direction of the files.

use leptos::prelude::*;
use perkoon_protocol::Role;

use super::{Icon, dynamic, memo, watch};
use crate::{
    dom, format,
    present::{self, Line},
    state::{Connection, View},
};

/// The path of the live session, seen from one end.
#[component]
pub fn Path(
    /// This page's end.
    role: Role,
) -> impl IntoView {
    let line = watch(|view| present::line(view).as_str().to_owned());
    let scale = watch(|view| format::scale(view.transfer.percent() / 100.0));
    let place = watch(|view| format!("{}%", view.transfer.percent() as u32));
    let mark = watch(mark);
    let far = watch(|view| far_words(view).to_owned());
    let present = watch(|view| present::peer(view).is_some() || present::line(view) == Line::Complete);
    draw(role, Drawing { line, scale, place, mark, far, present })
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
    let drawing = Drawing {
        line: memo(move || line.as_str().to_owned()),
        scale: memo(|| format::scale(0.0)),
        place: memo(|| "0%".to_owned()),
        mark: memo(String::new),
        far: memo(move || far.to_owned()),
        present: memo(|| false),
    };
    draw(role, drawing)
}

/// Everything about a path that changes.
struct Drawing {
    line: Memo<String>,
    /// How far the line is filled, as a CSS transform and as a CSS length.
    scale: Memo<String>,
    place: Memo<String>,
    mark: Memo<String>,
    far: Memo<String>,
    present: Memo<bool>,
}

fn draw(role: Role, Drawing { line, scale, place, mark, far, present }: Drawing) -> AnyView {
    let here = if dom::coarse_pointer() { Icon::Phone } else { Icon::Laptop };
    let near = end(here, memo(|| "This device".to_owned()), memo(|| true), true);
    let far = end(Icon::Laptop, far, present, false);
    let knot = move || match line.get() {
        word if word == Line::Paused.as_str() => Icon::Pause.view(),
        word if word == Line::Broken.as_str() => Icon::Cross.view(),
        word if word == Line::Complete.as_str() => Icon::Check.view(),
        _ => ().into_any(),
    };
    let (left, right) = if role == Role::Sender { (near, far) } else { (far, near) };
    view! {
        <div class="path" data-line=line role="group" aria-label="The two devices">
            {left}
            <div class="path-between">
                <svg class="path-line" aria-hidden="true">
                    <line class="path-track" x1="0" y1="50%" x2="100%" y2="50%" />
                    <line class="path-break path-break-left" x1="0" y1="50%" x2="42%" y2="50%" />
                    <line class="path-break path-break-right" x1="58%" y1="50%" x2="100%" y2="50%" />
                    <line class="path-dots" x1="0" y1="50%" x2="100%" y2="50%" />
                </svg>
                <span class="path-fill" style:transform=scale></span>
                <span class="path-parcel" style:left=place></span>
                <span class="path-knot" aria-hidden="true">
                    {dynamic(knot)}
                </span>
                <span class="path-mark status small">{mark}</span>
            </div>
            {right}
        </div>
    }
    .into_any()
}

fn end(icon: Icon, label: Memo<String>, present: Memo<bool>, own: bool) -> AnyView {
    view! {
        <div class="path-end" class:own=own class:present=present>
            <span class="path-device">{icon.view()}</span>
            <span class="path-label small">{label}</span>
        </div>
    }
    .into_any()
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
