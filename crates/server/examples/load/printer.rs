//! The only place that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "everything printed goes through here")]

/// A line for the reader.
pub fn line(text: &str) {
    println!("{text}");
}

/// A row of a table.
pub fn row(what: &str, figures: &str) {
    println!("  {what:<44}{figures}");
}

/// Why there are no figures.
pub fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
