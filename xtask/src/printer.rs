//! The only place that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "everything printed goes through here")]

use std::time::Duration;

/// Announces a step.
pub fn step(title: &str) {
    println!("\n==> {title}");
}

/// Says that a step ended well, and how long it took.
pub fn done(title: &str, elapsed: Duration) {
    println!("<== {title}: done in {}", seconds(elapsed));
}

/// A line for the reader.
pub fn line(text: &str) {
    println!("{text}");
}

/// A fault.
pub fn failure(text: &str) {
    eprintln!("error: {text}");
}

/// `12.3 s`, or `4 min 05 s` from a minute on.
pub fn seconds(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0..60 => format!("{:.1} s", elapsed.as_secs_f64()),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}
