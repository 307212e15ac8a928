//! Where files end up.

use super::*;

#[test]
fn files_are_there_once_all_are_whole_and_not_before() {
    let place = TempDir::new().expect("a folder");
    let (big, small) = (vec![3; 2 * PIECE + 5], b"hello".to_vec());
    let offer = [entry("tree/big.bin", big.len()), entry("tree/deep/small.txt", small.len()), entry("empty", 0)];
    let path = place.path().join("received");
    let (sink, told) = start(&mut folder(&path, false), &offer).expect("room");
    sink.write(0, 0, vec![Chunk(big[..PIECE].to_vec().into())]);
    assert!(matches!(told.recv(), Ok(SinkEvent::Written { file: 0, offset: 0 })));
    assert!(names(&path).iter().all(|name| name.starts_with(".perkoon-")), "{:?}", names(&path));
    assert!(matches!(fill(&sink, &told, &[&big, &small, &[]]), SinkEvent::Published));
    assert_eq!(names(&path), ["empty", "tree"]);
    assert!(fs::read(path.join("tree/big.bin")).expect("a file") == big);
    assert_eq!(fs::read(path.join("tree/deep/small.txt")).expect("a file"), small);
    let modified = fs::metadata(path.join("tree/big.bin")).and_then(|metadata| metadata.modified()).expect("a time");
    assert_eq!(modified.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis(), 1_000_000_000_000);
    assert_eq!(sink.files()[0].saved_to, Some(path.join("tree/big.bin")));
    drop(sink);
    assert_eq!(names(&path), ["empty", "tree"], "what is published stays");
}

#[test]
fn hostile_names_stay_in_the_folder_and_apart() {
    let place = TempDir::new().expect("a folder");
    let offer = [entry("../../x", 1), entry("CON", 1), entry("a.txt", 1), entry("A.TXT", 1), entry(".hidden", 1)];
    let path = place.path().join("received");
    let (sink, told) = start(&mut folder(&path, false), &offer).expect("room");
    assert!(matches!(fill(&sink, &told, &[b"1", b"2", b"3", b"4", b"5"]), SinkEvent::Published));
    assert_eq!(names(place.path()), ["received"]);
    assert_eq!(sink.files().len(), 5);
    for file in sink.files() {
        let saved = file.saved_to.as_ref().expect("a place");
        assert!(saved.starts_with(&path) && saved.is_file(), "{}", saved.display());
    }
}

#[test]
fn what_is_there_is_left_untouched_unless_it_may_be_replaced() {
    let place = TempDir::new().expect("a folder");
    fs::write(place.path().join("a.txt"), b"old").expect("a file");
    let offer = [entry("b.txt", 3), entry("a.txt", 3)];
    let refused = start(&mut folder(place.path(), false), &offer).err().expect("taken");
    assert!(refused.code == ErrorCode::TargetExists && refused.message.contains("a.txt"), "{}", refused.message);
    assert_eq!(names(place.path()), ["a.txt"]);
    let (sink, told) = start(&mut folder(place.path(), true), &offer).expect("room");
    assert!(matches!(fill(&sink, &told, &[b"new", b"new"]), SinkEvent::Published));
    assert_eq!(fs::read(place.path().join("a.txt")).expect("a file"), b"new");
}

#[test]
fn what_appears_meanwhile_is_left_untouched_and_nothing_looks_finished() {
    let place = TempDir::new().expect("a folder");
    let offer = [entry("a.txt", 3), entry("b.txt", 3)];
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    fs::write(place.path().join("b.txt"), b"old").expect("a file");
    let SinkEvent::Failed(failure) = fill(&sink, &told, &[b"new", b"new"]) else { panic!("taken") };
    assert_eq!(failure.code, ErrorCode::TargetExists);
    assert_eq!(fs::read(place.path().join("b.txt")).expect("a file"), b"old");
    assert!(!place.path().join("a.txt").exists());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_is_not_followed() {
    let (place, outside) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    std::os::unix::fs::symlink(outside.path(), place.path().join("tree")).expect("a link");
    let refused = start(&mut folder(place.path(), true), &[entry("tree/a", 1)]).err().expect("a link");
    assert!(refused.message.contains("leads out"), "{}", refused.message);
    fs::write(outside.path().join("target"), b"old").expect("a file");
    std::os::unix::fs::symlink(outside.path().join("target"), place.path().join("b")).expect("a link");
    let (sink, told) = start(&mut folder(place.path(), true), &[entry("b", 3)]).expect("room");
    assert!(matches!(fill(&sink, &told, &[b"new"]), SinkEvent::Published));
    assert_eq!(fs::read(outside.path().join("target")).expect("a file"), b"old", "the link is replaced, not what it leads to");
}

#[test]
fn two_thousand_small_files_take_no_sync_each() {
    let place = TempDir::new().expect("a folder");
    let offer: Vec<_> = (0..2_000).map(|number| entry(&format!("many/{}/{number}.txt", number % 20), 3)).collect();
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    let contents: Vec<&[u8]> = offer.iter().map(|_| &b"abc"[..]).collect();
    assert!(matches!(fill(&sink, &told, &contents), SinkEvent::Published));
    assert_eq!(fs::read_dir(place.path().join("many/7")).expect("a folder").count(), 100);
}

#[test]
fn what_was_replaced_is_there_again_when_a_later_file_cannot_be_placed() {
    let place = TempDir::new().expect("a folder");
    fs::write(place.path().join("a.txt"), b"old").expect("a file");
    let offer = [entry("a.txt", 3), entry("new/c.txt", 3), entry("b.txt", 3)];
    let (sink, told) = start(&mut folder(place.path(), true), &offer).expect("room");
    fs::create_dir_all(place.path().join("b.txt/inside")).expect("a folder");
    let SinkEvent::Failed(failure) = fill(&sink, &told, &[b"new", b"new", b"new"]) else { panic!("in the way") };
    assert!(failure.code == ErrorCode::TargetExists && failure.message.contains("b.txt"), "{}", failure.message);
    drop(sink);
    assert_eq!(fs::read(place.path().join("a.txt")).expect("a file"), b"old");
    let unfinished = |name: &String| name.starts_with(".perkoon-") && name.ends_with(".part");
    assert_eq!(names(place.path()).iter().filter(|name| !unfinished(name)).collect::<Vec<_>>(), ["a.txt", "b.txt"]);

    fs::remove_dir_all(place.path().join("b.txt")).expect("removed");
    let (sink, told) = start(&mut folder(place.path(), true), &offer).expect("room");
    assert_eq!(sink.kept(), [3, 3, 3], "nothing is asked for again");
    assert!(matches!(fill(&sink, &told, &[b"new", b"new", b"new"]), SinkEvent::Published));
    assert_eq!(names(place.path()), ["a.txt", "b.txt", "new"]);
    assert_eq!(fs::read(place.path().join("a.txt")).expect("a file"), b"new");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_part_is_not_written_through() {
    let (place, outside) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    fs::write(outside.path().join("target"), b"old").expect("a file");
    let offer = [entry("a", 3)];
    let part = place.path().join(format!("{}-0.part", part::prefix(perkoon_transfer::offer_digest(&offer))));
    std::os::unix::fs::symlink(outside.path().join("target"), part).expect("a link");
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    assert!(matches!(fill(&sink, &told, &[b"new"]), SinkEvent::Failed(_)));
    assert_eq!(fs::read(outside.path().join("target")).expect("a file"), b"old");
}

#[test]
fn what_is_given_up_while_it_is_published_is_not() {
    let place = TempDir::new().expect("a folder");
    let path = place.path().join("received");
    let mut store = FolderStore::open(&path, false, &[entry("a.bin", 3), entry("b.bin", 3)]).expect("room");
    for file in 0..2 {
        store.write(file, 0, &[Chunk(vec![1; 3].into())]).expect("room");
        store.finish(file).expect("room");
    }
    assert!(!store.publish(&AtomicBool::new(true)).expect("no failure"));
    assert!(names(&path).iter().all(|name| name.starts_with(".perkoon-")), "{:?}", names(&path));
    store.discard();
    assert!(!path.exists());
}
