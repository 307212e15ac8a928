use std::{fs, os::unix::fs::symlink};

use tempfile::TempDir;

use super::*;

/// A home with some files, and a working folder elsewhere.
struct Disk {
    root: TempDir,
    places: Places,
}

impl Disk {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| root.path().join(name);
        for folder in ["home/.ssh", "home/.config/app", "home/notes", "home/.SSH", "work/project", "elsewhere", "dotfiles/config"]
        {
            fs::create_dir_all(at(folder)).expect("made");
        }
        for file in [
            "home/.ssh/id",
            "home/.config/app/token",
            "home/notes/a.txt",
            "home/.SSH/id",
            "work/project/b.txt",
            "elsewhere/c.txt",
        ] {
            fs::write(at(file), "text").expect("written");
        }
        let places = Places::new(Some(at("home")), at("work/project"));
        Self { root, places }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn real(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().expect("there").join(name)
    }

    fn file(&self, typed: &str) -> Result<PathBuf, String> {
        self.places.file(typed).map_err(|failure| failure.message)
    }

    fn folder(&self, typed: &str) -> Result<PathBuf, String> {
        self.places.folder(Some(typed)).map_err(|failure| failure.message)
    }

    /// The same as a file and as a folder, refused with this word.
    fn refuses(&self, typed: &str, word: &str) {
        for refused in [self.file(typed), self.folder(typed)] {
            let message = refused.expect_err(typed);
            assert!(message.contains(word) && message.ends_with('.'), "{typed}: {message}");
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn files_below_home_and_the_working_folder_are_found_however_they_are_named() {
    let disk = Disk::new();
    for (typed, file) in [
        (text(&disk.at("home/notes/a.txt")), "home/notes/a.txt"),
        ("~/notes/a.txt", "home/notes/a.txt"),
        ("b.txt", "work/project/b.txt"),
        ("./b.txt", "work/project/b.txt"),
        ("../project/b.txt", "work/project/b.txt"),
        ("../../home/notes/../notes/a.txt", "home/notes/a.txt"),
    ] {
        assert_eq!(disk.file(typed), Ok(disk.real(file)), "{typed}");
    }
}

#[test]
fn what_is_elsewhere_is_refused_whether_it_is_there_or_not() {
    let disk = Disk::new();
    for typed in
        ["../../elsewhere/c.txt", "../../elsewhere/none.txt", "../b.txt", "/", "/usr/bin/env", "~/../elsewhere/c.txt", "~root/x"]
    {
        let refused = disk.file(typed).expect_err(typed);
        assert!(refused.contains("outside of the folders") || typed == "~root/x", "{typed}: {refused}");
    }
    for beside in ["work/project-of-others", "homes"] {
        disk.refuses(text(&disk.at(beside)), "outside of the folders");
    }
}

#[test]
fn places_of_the_system_are_never_touched() {
    let disk = Disk::new();
    for typed in
        ["/etc/passwd", "/etc", "/proc/self/environ", "/sys/kernel", "/dev/null", "/dev/shm/x", "../../../../../../../etc/passwd"]
    {
        disk.refuses(typed, "these tools ");
    }
    let started_there = Places::new(None, PathBuf::from("/etc"));
    assert!(started_there.file("passwd").is_err_and(|failure| failure.message.contains("never touch")));
}

#[test]
fn private_folders_are_never_touched_in_whatever_case() {
    let disk = Disk::new();
    for typed in [
        "~/.ssh/id",
        "~/.SSH/id",
        "~/.Ssh",
        "~/.config/app/token",
        "~/notes/../.ssh/id",
        "~/.aws/credentials",
        "~/.gnupg",
        ".config/x",
        "~/.ssh./x",
        "~/.ssh:x",
    ] {
        disk.refuses(typed, "never touch");
    }
    let started_there = Places::new(None, disk.at("home/.config/app"));
    assert!(started_there.file("token").is_err_and(|failure| failure.message.contains("never touch")));
}

#[test]
fn links_are_what_they_lead_to() {
    let disk = Disk::new();
    let link = |to: &str, name: &str| symlink(disk.at(to), disk.at(name)).expect("linked");
    link("home/.ssh/id", "home/notes/key");
    link("home/.ssh", "home/notes/keys");
    link("elsewhere", "work/project/out");
    link("home/notes", "work/project/notes");
    disk.refuses("~/notes/key", "never touch");
    disk.refuses("~/notes/keys/id", "never touch");
    disk.refuses("~/notes/keys/new", "never touch");
    disk.refuses("out/c.txt", "outside of the folders");
    disk.refuses("out/new/folder", "outside of the folders");
    assert_eq!(disk.file("notes/a.txt"), Ok(disk.real("home/notes/a.txt")));
}

#[test]
fn a_private_folder_that_is_a_link_is_not_reached_by_its_other_name() {
    let disk = Disk::new();
    fs::create_dir_all(disk.at("home/dotfiles/aws")).expect("made");
    fs::write(disk.at("home/dotfiles/aws/credentials"), "text").expect("written");
    symlink(disk.at("home/dotfiles/aws"), disk.at("home/.aws")).expect("linked");
    let places = Places::new(Some(disk.at("home")), disk.at("work/project"));
    for typed in ["~/.aws/credentials", "~/dotfiles/aws/credentials"] {
        assert!(places.file(typed).is_err_and(|failure| failure.message.contains("never touch")), "{typed}");
    }
}

#[test]
fn a_folder_need_not_be_there() {
    let disk = Disk::new();
    assert_eq!(disk.places.folder(None), Ok(disk.real("work/project/received")));
    assert_eq!(disk.folder("~/in/deep"), Ok(disk.real("home/in/deep")));
    assert_eq!(disk.folder("."), Ok(disk.real("work/project")));
    assert_eq!(disk.folder("~"), Ok(disk.real("home")));
}

#[test]
fn what_is_not_there_cannot_turn_out_to_be_elsewhere() {
    let disk = Disk::new();
    symlink(disk.at("elsewhere/none"), disk.at("home/notes/dangling")).expect("linked");
    for typed in ["~/notes/dangling", "~/notes/dangling/in", "~/none/../../elsewhere", "none/../.."] {
        assert!(disk.folder(typed).is_err_and(|message| message.contains("Name it directly.")), "{typed}");
    }
}

#[test]
fn what_is_of_the_wrong_kind_is_refused_in_words() {
    let disk = Disk::new();
    assert!(disk.file("~/notes").is_err_and(|message| message.contains("is a folder")));
    assert!(disk.file("none.txt").is_err_and(|message| message.contains("cannot be read")));
    assert!(disk.folder("b.txt").is_err_and(|message| message.contains("is a file")));
    assert!(disk.folder("b.txt/in").is_err_and(|message| message.contains("is a file")));
    for typed in ["", "  ", "a\0b"] {
        assert!(disk.file(typed).is_err_and(|message| message.contains("no path")), "{typed:?}");
    }
}

#[test]
fn a_program_that_was_started_at_the_root_has_no_working_folder() {
    let disk = Disk::new();
    let places = Places::new(Some(disk.at("home")), PathBuf::from("/"));
    let elsewhere = disk.at("elsewhere/c.txt");
    assert!(places.file(text(&elsewhere)).is_err_and(|failure| failure.message.contains("outside of the folders")));
    assert!(places.file("~/notes/a.txt").is_ok());
}
