//! What a transfer consists of, in short.

use perkoon_native::OfferedFile;
use serde::Serialize;

/// How many files, how many bytes, and what people would call them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Contents {
    pub files: usize,
    pub bytes: u64,
    pub name: String,
}

impl Contents {
    pub(super) fn of(files: &[OfferedFile]) -> Self {
        Self {
            files: files.len(),
            bytes: files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size)),
            name: name(files),
        }
    }
}

/// The only file's name, the only folder's, or the first one's with how many more there are.
fn name(files: &[OfferedFile]) -> String {
    let first_part = |file: &OfferedFile| file.path.split('/').next().unwrap_or_default().to_owned();
    let Some(first) = files.first() else { return String::new() };
    match files.len() {
        1 => first.path.rsplit('/').next().unwrap_or_default().to_owned(),
        _ if first.path.contains('/') && files.iter().all(|file| first_part(file) == first_part(first)) => first_part(first),
        count => format!("{} and {} more", first.path, count - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> String {
        let files: Vec<_> = paths.iter().map(|path| OfferedFile { path: (*path).to_owned(), size: 2 }).collect();
        let contents = Contents::of(&files);
        assert_eq!((contents.files, contents.bytes), (paths.len(), 2 * paths.len() as u64));
        contents.name
    }

    #[test]
    fn files_are_called_what_people_call_them() {
        for (paths, name) in [
            (&[][..], ""),
            (&["a.txt"], "a.txt"),
            (&["photos/2026/a.jpg"], "a.jpg"),
            (&["photos/a.jpg", "photos/2026/b.jpg"], "photos"),
            (&["a.txt", "photos/b.jpg", "c.txt"], "a.txt and 2 more"),
            (&["a.txt", "b.txt"], "a.txt and 1 more"),
        ] {
            assert_eq!(named(paths), name);
        }
    }
}
