//! Reactive building blocks, each compiled once for each type it carries rather than once for each closure: the machinery behind a
//! memo, an effect or a changing part of a page is large, and the whole page has a budget.

use leptos::prelude::*;

use crate::{session::use_session, state::View};

/// What the application provides at its root.
///
/// # Panics
/// Outside the application's component tree.
pub fn from_root<T: Clone + 'static>() -> T {
    // Not leptos's `expect_context`, which brings along how every kind of text is written for programmers.
    use_context().expect("only what is provided at the application's root is asked for")
}

/// A value recomputed when what it reads changes, and passed on only when it differs.
pub fn memo<T>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    boxed_memo(Box::new(compute))
}

fn boxed_memo<T>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| compute())
}

/// A part of the session's view, as a memo.
pub fn watch<T>(read: impl Fn(&View) -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    boxed_watch(Box::new(read))
}

fn boxed_watch<T>(read: Box<dyn Fn(&View) -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let view = use_session().view();
    Memo::new(move |_| view.with(|view| read(view)))
}

/// Which of several kinds the session's view is of. A memo of numbers written as text stands behind it: one of the kind itself would be
/// compiled anew for each sort of kind.
pub struct Kind<T: 'static> {
    number: Memo<String>,
    view: ReadSignal<View, LocalStorage>,
    read: fn(&View) -> T,
}

impl<T> Clone for Kind<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kind<T> {}

impl<T> Kind<T> {
    /// The kind; subscribes to its changes.
    pub fn get(self) -> T {
        // A memo works out what it holds only for who reads it.
        self.number.with(|_| ());
        self.view.with_untracked(self.read)
    }
}

/// Follows which of several kinds the session's view is of.
pub fn watch_kind<T>(read: fn(&View) -> T, number: fn(T) -> u8) -> Kind<T> {
    Kind { number: watch(move |view| number(read(view)).to_string()), view: use_session().view(), read }
}

/// Runs now and whenever what it reads changes.
pub fn effect(run: impl FnMut() + 'static) {
    let run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(run);
}

/// A part of the page that is built anew when what it reads changes.
pub fn dynamic(build: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    boxed_dynamic(Box::new(build))
}

fn boxed_dynamic(build: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || build()).into_any()
}

/// A part of the page that is there while `when` holds.
pub fn shown(when: Memo<bool>, build: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    boxed_shown(when, Box::new(build))
}

fn boxed_shown(when: Memo<bool>, build: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    dynamic(move || if when.get() { build() } else { ().into_any() })
}
