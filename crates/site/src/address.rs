//! Files that say where they come from: the guide and the scripts work as they are for whoever fetches them.

use crate::SERVER_PATHS;

/// Stands for the origin in these files. Where nobody knows it, it is left there, and so it reads as what it means.
pub const PLACEHOLDER: &str = "https://HOST";

/// The files that hold it.
pub const NAMING: [&str; 4] = ["automate.html", "llms.txt", "perkoon_receive.mjs", "perkoon_send.mjs"];

/// What comes before the address of a server wherever the guide shows a command line.
const SERVER_OPTION: &str = "--server ";

/// A file's text with the address of the pages, and that of the server where the text speaks of its interfaces.
pub fn addressed(text: &str, pages: &str, server: &str) -> String {
    let mut parts = text.split(PLACEHOLDER);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_server = filled.ends_with(SERVER_OPTION) || SERVER_PATHS.iter().any(|path| part.starts_with(path));
        filled.push_str(if is_server { server } else { pages });
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_interfaces_have_addresses_of_their_own() {
        for (text, expected) in [
            ("curl https://HOST/perkoon_send.mjs", "curl https://me.example/files/perkoon_send.mjs"),
            ("POST https://HOST/api/v1/sessions", "POST https://api.example/api/v1/sessions"),
            (
                "<https://HOST/.well-known/agent.json>, https://HOST.",
                "<https://api.example/.well-known/agent.json>, https://me.example/files.",
            ),
            ("perkoon send --server https://HOST a.zip", "perkoon send --server https://api.example a.zip"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(addressed(text, "https://me.example/files", "https://api.example"), expected);
        }
    }

    #[test]
    fn where_both_are_one_everything_is_that() {
        let text = "https://HOST/api/v1, https://HOST/create";
        assert_eq!(addressed(text, "https://a.example", "https://a.example"), text.replace(PLACEHOLDER, "https://a.example"));
    }
}
