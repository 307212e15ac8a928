//! How far a transfer is, for people: a bar on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use perkoon_native::Progress;
use perkoon_peer::format;

use crate::printer::{self, Stream};

/// Percent between two lines where there is no terminal.
const LINE_STEP: u64 = 10;

/// A bar on stderr, or lines there.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    on_terminal: bool,
    /// Percent of the next line.
    next: u64,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { bar: None, on_terminal: console::user_attended_stderr(), next: LINE_STEP }
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, progress: &Progress) {
        if self.on_terminal {
            let bar = self.bar.get_or_insert_with(|| drawn("{bar:24} {msg}"));
            bar.set_length(progress.total.max(1));
            bar.set_position(if progress.total == 0 { 1 } else { progress.bytes });
            bar.set_message(in_words(progress));
        } else if progress.percent() as u64 >= self.next {
            self.next = (progress.percent() as u64 / LINE_STEP + 1) * LINE_STEP;
            printer::line(Stream::Stderr, &in_words(progress));
        }
    }

    /// Shows something of which nobody knows how much there is.
    pub(super) fn show_endless(&mut self, message: String) {
        if self.on_terminal {
            self.bar.get_or_insert_with(|| drawn("{msg}")).set_message(message);
        }
    }

    /// Lines between, which the bar makes room for.
    pub(super) fn suspended(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.next = LINE_STEP;
    }
}

fn drawn(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the template is well-formed").progress_chars("█▌ ");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
}

/// `42 %  1.50 MiB of 3.50 MiB  8.40 MiB/s  about 2 min left`.
fn in_words(progress: &Progress) -> String {
    let Progress { bytes, total, speed, eta } = *progress;
    let mut text = format!("{:>5}  {} of {}", format::percent(progress.percent()), format::bytes(bytes), format::bytes(total));
    if bytes < total {
        text = format!("{text}  {}", format::speed(speed));
        if let Some(eta) = eta {
            text = format!("{text}  {}", format::time_left(eta));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_said_in_words_until_it_is_at_its_end() {
        let mut progress = Progress { bytes: 1 << 20, total: 4 << 20, speed: 1_048_576.0, eta: Some(3.0) };
        assert_eq!(in_words(&progress), " 25 %  1.00 MiB of 4.00 MiB  1.00 MiB/s  a few seconds left");
        progress.eta = None;
        assert_eq!(in_words(&progress), " 25 %  1.00 MiB of 4.00 MiB  1.00 MiB/s");
        progress.bytes = progress.total;
        assert_eq!(in_words(&progress), "100 %  4.00 MiB of 4.00 MiB");
    }
}
