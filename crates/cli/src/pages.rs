//! What the program says of itself for other programs: completions and manual pages.

use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// The script that makes a shell complete the commands.
pub(crate) fn completions(shell: Shell, mut command: Command) -> Vec<u8> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual pages of the program and each of its commands, one after the other.
pub(crate) fn manual(mut command: Command) -> io::Result<Vec<u8>> {
    command.build();
    let mut pages = Vec::new();
    page(&command, &mut pages)?;
    let commands = command.get_subcommands().filter(|each| each.get_name() != "help");
    commands.into_iter().try_for_each(|each| page(each, &mut pages))?;
    Ok(pages)
}

fn page(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.clone()).source(concat!("perkoon ", env!("CARGO_PKG_VERSION")));
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.get_subcommands().any(|each| each.get_name() != "help") {
        man.render_subcommands_section(page)?;
    }
    match command.get_after_help() {
        Some(examples) => write!(page, ".SH EXAMPLES\n.nf\n{}\n.fi\n", as_roff(&examples.to_string())),
        None => Ok(()),
    }
}

/// Lines that stay as they are.
fn as_roff(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Example"));
    lines.map(|line| format!("\\&{}", line.replace('\\', "\\e").replace('-', "\\-"))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, ValueEnum};

    use super::*;
    use crate::args::Arguments;

    #[test]
    fn every_shell_is_told_of_every_command() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(completions(*shell, Arguments::command())).expect("UTF-8");
            for word in ["receive", "password-stdin", "overwrite", "serve"] {
                assert!(script.contains(word), "{word} for {shell}");
            }
        }
    }

    #[test]
    fn every_command_has_a_page_with_its_variables_and_examples() {
        let pages = String::from_utf8(manual(Arguments::command()).expect("it is in memory")).expect("UTF-8");
        for command in Arguments::command().get_subcommands() {
            assert!(pages.contains(&format!(".TH perkoon-{} 1", command.get_name())), "{}", command.get_name());
        }
        for words in [".TH perkoon 1", "PERKOON_PASSWORD", "PERKOON_LISTEN", "\\&  perkoon send report.pdf photos/"] {
            assert!(pages.contains(words), "{words}");
        }
    }
}
