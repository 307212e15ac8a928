//! The names that received files are kept under.

use std::collections::BTreeSet;

use perkoon_transfer::Entry;
use perkoon_transfer::names::{SafeName, fold_case, safe_names as make_safe};

/// Files in the text: lines of paths would do, but for line breaks and slashes within names.
const NEXT_FILE: char = '\u{1e}';
const NEXT_PART: char = '\u{1f}';

/// Files whose names are given by the text are kept under names that every system takes, each its own.
pub fn safe_names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let entry = |path: &str| Entry { path: path.split(NEXT_PART).map(str::to_owned).collect(), size: 0, modified: None };
    let files: Vec<Entry> = text.split(NEXT_FILE).map(entry).collect();
    let names = make_safe(&files, fold_case);
    assert_eq!(names.len(), files.len());
    for (name, file) in names.iter().zip(&files) {
        assert_eq!(name.path.split('/').count(), file.path.len(), "the tree stays as it is");
        name.path.split('/').for_each(assert_safe);
        assert_safe(&name.saved_as);
    }
    assert_distinct(&names);
}

fn assert_safe(name: &str) {
    assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
    assert!(!name.contains(['/', '\\', '<', '>', ':', '"', '|', '?', '*']), "{name:?}");
    assert!(!name.chars().any(char::is_control) && !name.contains(['\u{202e}', '\u{200b}', '\u{feff}']), "{name:?}");
    assert!(!name.starts_with('.') && !name.ends_with('.'), "{name:?}");
    assert_eq!(name.trim(), name);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let devices = ["CON", "PRN", "AUX", "NUL", "COM1", "LPT9"];
    assert!(!devices.contains(&stem.as_str()), "{name:?}");
}

/// No two files have one name, and no file has a folder's, on a system that ignores case.
fn assert_distinct(names: &[SafeName]) {
    let (mut flat, mut files, mut folders) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for name in names {
        assert!(flat.insert(fold_case(&name.saved_as)), "{name:?}");
        let path = fold_case(&name.path);
        folders.extend(path.match_indices('/').map(|(end, _)| path[..end].to_owned()));
        assert!(files.insert(path), "{name:?}");
    }
    assert_eq!(files.intersection(&folders).next(), None, "a file with a folder's name");
}
