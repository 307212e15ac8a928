use std::fs;

use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir_all(folder.path().join("tree/deep")).expect("folders");
    fs::write(folder.path().join("tree/b.txt"), b"bb").expect("a file");
    fs::write(folder.path().join("tree/deep/a.txt"), b"aaaa").expect("a file");
    fs::write(folder.path().join("one.bin"), vec![7; 300_000]).expect("a file");
    folder
}

fn paths(source: &Source) -> Vec<String> {
    source.entries().iter().map(|entry| entry.path.join("/")).collect()
}

#[test]
fn folders_are_sent_with_their_names_and_everything_in_them() {
    let folder = folder();
    let source = Source::open(&[folder.path().join("one.bin"), folder.path().join("tree")]).expect("files");
    assert_eq!(paths(&source), ["one.bin", "tree/b.txt", "tree/deep/a.txt"]);
    assert!(source.entries().iter().all(|entry| entry.modified.is_some()));
    let dotted = Source::open(&[folder.path().join("tree/.")]).expect("files");
    assert_eq!(paths(&dotted), ["tree/b.txt", "tree/deep/a.txt"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_never_round_and_round() {
    let folder = folder();
    std::os::unix::fs::symlink(folder.path().join("tree"), folder.path().join("tree/deep/again")).expect("a link");
    std::os::unix::fs::symlink(folder.path().join("one.bin"), folder.path().join("tree/linked")).expect("a link");
    let source = Source::open(&[folder.path().join("tree")]).expect("files");
    assert_eq!(paths(&source), ["tree/b.txt", "tree/deep/a.txt", "tree/linked"]);
}

#[test]
fn the_same_name_may_be_given_twice() {
    let folder = folder();
    fs::write(folder.path().join("tree/one.bin"), b"other").expect("a file");
    let source = Source::open(&[folder.path().join("one.bin"), folder.path().join("tree/one.bin")]).expect("files");
    assert_eq!(paths(&source), ["one.bin", "one.bin"]);
    assert_eq!(source.entries()[1].size, 5);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_sent_as_well_as_it_can_be() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"tree/x\xff.txt")), b"x").expect("a file");
    let source = Source::open(&[folder.path().join("tree")]).expect("files");
    assert_eq!(paths(&source), ["tree/b.txt", "tree/deep/a.txt", "tree/x\u{fffd}.txt"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_within_a_folder_is_named() {
    let folder = folder();
    let place = folder.path().join("tree/deep");
    let refusal = || Source::open(&[folder.path().join("tree")]).err().expect("no file").message;
    let socket = std::os::unix::net::UnixListener::bind(place.join("socket")).expect("a socket");
    assert!(refusal().contains("deep/socket is neither a file nor a folder."), "{}", refusal());
    drop(socket);
    fs::remove_file(place.join("socket")).expect("removed");
    std::os::unix::fs::symlink("nowhere", place.join("link")).expect("a link");
    assert!(refusal().contains("deep/link is a link to something that does not exist."), "{}", refusal());
}

#[test]
fn what_is_too_much_for_an_offer_is_refused() {
    let folder = folder();
    let deep: PathBuf = std::iter::repeat_n("d", 70).collect();
    fs::create_dir_all(folder.path().join("tree").join(deep)).expect("folders");
    let deep = Source::open(&[folder.path().join("tree")]).err().expect("too deep");
    assert!(deep.code == ErrorCode::InvalidRequest && deep.message.contains("is too long to be sent"), "{}", deep.message);
}

#[test]
fn what_cannot_be_sent_is_named() {
    let folder = folder();
    let missing = Source::open(&[folder.path().join("missing.txt")]).err().expect("missing");
    assert!(
        missing.code == ErrorCode::FileUnreadable && missing.message.contains("missing.txt does not exist."),
        "{}",
        missing.message
    );
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    let empty = Source::open(&[folder.path().join("empty")]).err().expect("empty");
    assert!(empty.code == ErrorCode::InvalidRequest && empty.message.contains("no file"), "{}", empty.message);
    let device = Source::open(&["/dev/null".into()]).err().expect("a device");
    assert!(device.message.contains("neither"), "{}", device.message);
}

#[tokio::test]
async fn exactly_the_bytes_asked_for_are_read() {
    let folder = folder();
    let source = Source::open(&[folder.path().join("one.bin"), folder.path().join("tree/b.txt")]).expect("files");
    assert_eq!(source.read(1, 0, 2).await.expect("bytes").0, &b"bb"[..]);
    assert_eq!(source.read(0, 299_999, 1).await.expect("bytes").0, &[7_u8][..]);
    assert_eq!(source.read(5, 0, 1).await, Err(ErrorCode::FileUnreadable));
}

#[tokio::test]
async fn a_file_that_changes_or_goes_is_noticed() {
    let folder = folder();
    let path = folder.path().join("tree/b.txt");
    let source = Source::open(&[path.clone(), folder.path().join("one.bin")]).expect("files");
    fs::write(&path, b"bbb").expect("written");
    assert_eq!(source.read(0, 0, 2).await, Err(ErrorCode::FileChanged));
    fs::remove_file(folder.path().join("one.bin")).expect("removed");
    assert_eq!(source.read(1, 0, 2).await, Err(ErrorCode::FileUnreadable));
}

#[tokio::test]
async fn bytes_that_are_others_of_the_same_number_are_noticed() {
    let folder = folder();
    let path = folder.path().join("one.bin");
    let source = Source::open(std::slice::from_ref(&path)).expect("files");
    source.read(0, 0, 10).await.expect("bytes");
    let file = fs::File::options().write(true).open(&path).expect("a file");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("a time");
    assert_eq!(source.read(0, 0, 10).await, Err(ErrorCode::FileChanged));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_stays_open_while_it_is_read_and_only_so_many_do() {
    let folder = TempDir::new().expect("a folder");
    let paths: Vec<_> = (0..40).map(|number| folder.path().join(number.to_string())).collect();
    paths.iter().for_each(|path| fs::write(path, b"abc").expect("a file"));
    let source = Source::open(&paths).expect("files");
    for number in 0..40 {
        assert_eq!(source.read(number, 0, 1).await.expect("bytes").0, &b"a"[..]);
    }
    paths.iter().for_each(|path| fs::remove_file(path).expect("removed"));
    assert_eq!(source.read(39, 1, 2).await.expect("bytes").0, &b"bc"[..], "it was not opened anew");
    assert_eq!(source.read(0, 1, 2).await, Err(ErrorCode::FileUnreadable), "it was closed");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_takes_the_place_of_a_file_is_not_waited_for() {
    let folder = folder();
    let path = folder.path().join("one.bin");
    let source = Source::open(std::slice::from_ref(&path)).expect("files");
    fs::remove_file(&path).expect("removed");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).expect("a pipe");
    assert_eq!(source.read(0, 0, 10).await, Err(ErrorCode::FileChanged));
}

#[test]
fn a_stream_that_breaks_off_is_not_sent() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let failure = Source::from_reader((&b"abc"[..]).chain(Broken), "stdin", |_| {}).err().expect("broken");
    assert!(failure.code == ErrorCode::FileUnreadable && failure.message.contains("broke off (gone)"), "{}", failure.message);
    for name in ["", "a/b", "a\nb"] {
        let failure = Source::from_reader(&b"abc"[..], name, |_| {}).err().expect("no name");
        assert_eq!(failure.code, ErrorCode::InvalidRequest);
    }
}

#[tokio::test]
async fn a_stream_is_sent_from_where_it_is_kept() {
    let mut told = 0;
    let source = Source::from_reader(&vec![9; 600_000][..], "stdin.bin", |bytes| told = bytes).expect("kept");
    assert_eq!((source.entries()[0].size, told), (600_000, 600_000));
    assert_eq!(source.read(0, 599_998, 2).await.expect("bytes").0, &[9_u8, 9][..]);
}
