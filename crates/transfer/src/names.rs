//! Names that are safe to save under on every system. What a sender calls its files is hostile text.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::Vacant;

use perkoon_protocol::control::Entry;

/// Bytes in a name, at most: the limit of every common file system.
const NAME_BYTES: usize = 255;

/// Bytes of an extension that is worth keeping when a name is cut.
const EXTENSION_BYTES: usize = 32;

/// Characters of a name in a sentence.
const DISPLAYED_CHARS: usize = 80;

/// What a received file is called here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeName {
    /// Relative path, parts joined by `/`: the sender's tree with every part made safe, unique within the transfer ignoring case.
    pub path: String,
    /// The name suggested for a flat download, unique within the transfer ignoring case, at most 255 bytes.
    pub saved_as: String,
}

/// The safe names of an offer's files, in its order.
///
/// `fold` gives names that differ in case only the same form; it is asked about names beyond ASCII. [`fold_case`] does it natively. A
/// browser has the tables for that, so the page need not carry them.
pub fn safe_names(files: &[Entry], fold: impl Fn(&str) -> String) -> Vec<SafeName> {
    let (mut tree, mut flat) = (Tree::new(&fold), Tree::new(&fold));
    let folders: Vec<u32> = files.iter().map(|entry| tree.folder(parts(entry).1)).collect();
    let name = |(entry, folder): (&Entry, u32)| {
        let (file, above) = parts(entry);
        let safe = safe_part(file);
        let mut path: Vec<String> = above.iter().map(|part| safe_part(part)).collect();
        path.push(tree.claim(folder, &safe));
        SafeName { path: path.join("/"), saved_as: flat.claim(ROOT, &safe) }
    };
    files.iter().zip(folders).map(name).collect()
}

/// Names with the same folded form are the same file on a system that ignores case.
pub fn fold_case(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// A hostile name as it may stand in a sentence: nothing invisible, nothing that turns the text around, not endless.
pub(crate) fn displayed(name: &str) -> String {
    name.chars().filter(|c| !is_unseen(*c)).take(DISPLAYED_CHARS).collect()
}

/// The file's own name and the folders above it.
fn parts(entry: &Entry) -> (&str, &[String]) {
    entry.path.split_last().map_or(("", &[]), |(file, above)| (file.as_str(), above))
}

/// The folder everything is in.
const ROOT: u32 = 0;

/// Names already given, each in its folder. Folders come first, so that a file never takes a name that is a folder too.
struct Tree<'a> {
    fold: &'a dyn Fn(&str) -> String,
    /// By folder and folded name; the value is the number of the folder of this name, or [`ROOT`] for a file.
    taken: BTreeMap<(u32, String), u32>,
    /// The number to try next for a name that came up before, by its first numbered form.
    next: BTreeMap<(u32, String), u32>,
    folders: u32,
}

impl<'a> Tree<'a> {
    fn new(fold: &'a dyn Fn(&str) -> String) -> Self {
        Self { fold, taken: BTreeMap::new(), next: BTreeMap::new(), folders: ROOT }
    }

    /// Where a file or folder of this name is looked for.
    fn key(&self, folder: u32, name: &str) -> (u32, String) {
        (folder, if name.is_ascii() { name.to_ascii_lowercase() } else { (self.fold)(name) })
    }

    fn folder(&mut self, parts: &[String]) -> u32 {
        parts.iter().fold(ROOT, |parent, part| {
            let key = self.key(parent, &safe_part(part));
            *self.taken.entry(key).or_insert_with(|| {
                self.folders += 1;
                self.folders
            })
        })
    }

    /// `name`, or `name (2)` and so on when that is taken.
    fn claim(&mut self, folder: u32, name: &str) -> String {
        if let Vacant(vacant) = self.taken.entry(self.key(folder, name)) {
            vacant.insert(ROOT);
            return name.to_owned();
        }
        // Long names that differ only in what is cut to make room share their numbered names, and so they count on together.
        let key = self.key(folder, &numbered(name, 2));
        let mut number = self.next.get(&key).copied().unwrap_or(2);
        loop {
            let candidate = numbered(name, number);
            number += 1;
            if let Vacant(vacant) = self.taken.entry(self.key(folder, &candidate)) {
                vacant.insert(ROOT);
                self.next.insert(key, number);
                return candidate;
            }
        }
    }
}

fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split_extension(name);
    let suffix = [" (", &number.to_string(), ")", extension].concat();
    [cut(stem, NAME_BYTES - suffix.len()), &suffix].concat()
}

/// One part of a path, safe as a name on every system.
fn safe_part(part: &str) -> String {
    let visible: String = part.chars().filter(|c| !is_unseen(*c)).map(|c| if is_forbidden(c) { '_' } else { c }).collect();
    let trimmed = visible.trim_start().trim_end_matches(is_dot_or_space);
    let bare = trimmed.trim_start_matches('.');
    // Nothing but dots and what nobody sees; a lone `_` would not do, browsers save it under a name of their own.
    if bare.is_empty() {
        return "unnamed".to_owned();
    }
    // Hidden files, and what Windows reads as a device.
    let prefix = if bare.len() < trimmed.len() || is_device(bare) { "_" } else { "" };
    let name = [prefix, bare].concat();
    if name.len() <= NAME_BYTES {
        return name;
    }
    let (stem, extension) = split_extension(&name);
    [cut(stem, NAME_BYTES - extension.len()), extension].concat()
}

/// Characters nobody sees: controls, and those that turn the direction of text or take no room. Joiners go with
/// them, though some emoji come apart: browsers replace them in the names of downloads, which would then not be the names said.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

fn is_forbidden(c: char) -> bool {
    matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
}

fn is_dot_or_space(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

/// `CON`, `nul.txt`, `Com1 .log`: Windows opens a device, whatever the extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    numbered
        .is_some_and(|number| matches!(number, "¹" | "²" | "³") || (number.len() == 1 && number.as_bytes()[0].is_ascii_digit()))
}

/// The stem, and the extension with its dot; no extension when it is too long to be one.
fn split_extension(name: &str) -> (&str, &str) {
    let dot = name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= EXTENSION_BYTES);
    dot.and_then(|dot| name.split_at_checked(dot)).unwrap_or((name, ""))
}

/// The longest beginning of at most so many bytes that ends in neither half a character nor a dot or space.
fn cut(text: &str, bytes: usize) -> &str {
    text[..text.floor_char_boundary(bytes)].trim_end_matches(is_dot_or_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry { path: path.split('/').map(str::to_owned).collect(), size: 0, modified: None }
    }

    fn part(name: &str) -> String {
        safe_part(name)
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["a.txt", "Ünïcödé näme.tar.gz", "it's \u{1f389}.png", "a  b", "COM.txt", "console", "名前", "x~"] {
            assert_eq!(part(name), name);
        }
    }

    #[test]
    fn dangerous_names_are_made_safe() {
        let table = [
            ("", "unnamed"),
            (".", "unnamed"),
            ("..", "unnamed"),
            ("... ", "unnamed"),
            (".ssh", "_ssh"),
            ("..\\x", "__x"),
            ("../../x", "__.._x"),
            ("a\0b\nc\u{7f}\u{85}", "abc"),
            ("a<b>c:d\"e|f?g*h", "a_b_c_d_e_f_g_h"),
            ("gnp\u{202e}fdp.exe\u{2066}\u{200f}", "gnpfdp.exe"),
            ("name. . ", "name"),
            ("  name", "name"),
            ("\u{200e}.ssh", "_ssh"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("Lpt9 .tar.gz", "_Lpt9 .tar.gz"),
            ("COM¹", "_COM¹"),
            (".nul", "_nul"),
            ("nul. ", "_nul"),
        ];
        for (hostile, safe) in table {
            assert_eq!(part(hostile), safe, "{hostile:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension_and_whole_characters() {
        let long = ["é".repeat(200), ".tar.gz".to_owned()].concat();
        let safe = part(&long);
        assert!(safe.len() <= 255 && safe.ends_with(".gz") && safe.starts_with("éé"), "{safe}");
        assert_eq!(part(&"a".repeat(300)), "a".repeat(255));
        let no_extension = ["b.", &"c".repeat(300)].concat();
        assert_eq!(part(&no_extension).len(), 255);
    }

    #[test]
    fn flat_names_are_unique_ignoring_case() {
        let names = safe_names(&["x/b.txt", "y/B.TXT", "z/b (2).txt", "b.txt", "n", "N"].map(entry), fold_case);
        let flat: Vec<_> = names.iter().map(|name| name.saved_as.as_str()).collect();
        assert_eq!(flat, ["b.txt", "B (2).TXT", "b (2) (2).txt", "b (3).txt", "n", "N (2)"]);
    }

    #[test]
    fn case_is_ignored_beyond_ascii() {
        let names = safe_names(&["Ä", "ä", "ΟΔΟΣ", "οδος", "Straße", "STRASSE", "é/a", "É/A"].map(entry), fold_case);
        let paths: Vec<_> = names.iter().map(|name| name.path.as_str()).collect();
        assert_eq!(paths, ["Ä", "ä (2)", "ΟΔΟΣ", "οδος (2)", "Straße", "STRASSE (2)", "é/a", "É/A (2)"]);
    }

    #[test]
    fn numbered_names_still_fit() {
        let long = ["a".repeat(251), ".txt".to_owned()].concat();
        let names = safe_names(&[entry(&long), entry(&long)], fold_case);
        assert_eq!(names[0].saved_as, long);
        assert_eq!(names[1].saved_as, ["a".repeat(247), " (2).txt".to_owned()].concat());
    }

    /// A hundred thousand of them would otherwise keep a receiver busy for minutes.
    #[test]
    fn long_names_that_differ_in_their_ends_only_are_not_tried_one_after_the_other() {
        let name = |number: usize| entry(&["é".repeat(125), format!("{:05}", number / 2)].concat());
        let files: Vec<Entry> = (0..4000).map(name).collect();
        let asked = std::cell::Cell::new(0);
        let names = safe_names(&files, |name| {
            asked.set(asked.get() + 1);
            fold_case(name)
        });
        let distinct: std::collections::BTreeSet<_> = names.iter().map(|name| &name.saved_as).collect();
        assert_eq!(distinct.len(), files.len());
        assert!(asked.get() < 10 * files.len(), "{} tries", asked.get());
    }

    #[test]
    fn the_tree_stays_and_files_do_not_collide_with_folders() {
        let names = safe_names(&["a", "A/b", "a/B", "a:/c", "a?/c", "../up", "a/b/c"].map(entry), fold_case);
        let paths: Vec<_> = names.iter().map(|name| name.path.as_str()).collect();
        assert_eq!(paths, ["a (2)", "A/b (2)", "a/B (3)", "a_/c", "a_/c (2)", "unnamed/up", "a/b/c"]);
    }

    #[test]
    fn names_in_sentences_show_nothing_hidden() {
        assert_eq!(displayed("a\u{202e}b\n"), "ab");
        assert_eq!(displayed(&"x".repeat(1000)).len(), 80);
    }
}
