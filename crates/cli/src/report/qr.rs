//! The link as a QR code, for a phone to read from a terminal.

use console::Term;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

use crate::args::NO_COLOR_VARIABLE;

/// Black on white, whatever the terminal's colours are.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";

/// The terminal's own colours.
const PLAIN: &str = "\u{1b}[0m";

/// The code, where standard output is a terminal that has room for it.
pub(super) fn for_terminal(link: &str) -> Option<String> {
    let terminal = Term::stdout();
    let dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
    if !terminal.is_term() || dumb {
        return None;
    }
    let (_, columns) = terminal.size_checked()?;
    let coloured = std::env::var_os(NO_COLOR_VARIABLE).is_none_or(|value| value.is_empty());
    drawn(link, usize::from(columns), coloured)
}

/// The code in so many columns. Without colours most terminals are dark, so what is light in the code is what is drawn.
fn drawn(link: &str, columns: usize, coloured: bool) -> Option<String> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L).ok()?;
    let mut renderer = code.render::<Dense1x2>();
    if !coloured {
        renderer.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark);
    }
    let text = renderer.build();
    let fits = text.lines().all(|line| line.chars().count() <= columns);
    let line = |line: &str| if coloured { format!("{BLACK_ON_WHITE}{line}{PLAIN}\n") } else { format!("{line}\n") };
    fits.then(|| text.lines().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://perkoon.example/K7MX4QPR9W2N";

    #[test]
    fn a_code_is_drawn_where_it_fits_and_nowhere_else() {
        assert_eq!(drawn(LINK, 20, true), None);
        let text = drawn(LINK, 80, false).expect("it fits");
        let width = text.lines().next().expect("a line").chars().count();
        assert!(drawn(LINK, width, false).is_some() && drawn(LINK, width - 1, false).is_none());
    }

    #[test]
    fn its_margin_is_light_with_colours_and_without() {
        let first = |coloured| drawn(LINK, 80, coloured).expect("it fits").lines().next().expect("a line").to_owned();
        assert!(first(true).starts_with(BLACK_ON_WHITE) && first(true).ends_with(PLAIN) && !first(true).contains('█'));
        assert!(first(false).chars().all(|c| c == '█'));
    }
}
