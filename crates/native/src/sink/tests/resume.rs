//! What is left for another attempt, and what is not.

use super::*;

#[test]
fn the_same_offer_goes_on_where_it_was_left_and_another_does_not() {
    let place = TempDir::new().expect("a folder");
    let bytes: Vec<u8> = (0..3 * PIECE + 9).map(|index| (index % 251) as u8).collect();
    let offer = [entry("a.bin", bytes.len())];
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    for piece in 0..2 {
        sink.write(0, (piece * PIECE) as u64, vec![Chunk(bytes[piece * PIECE..][..PIECE].to_vec().into())]);
        told.recv().expect("written");
    }
    sink.shelve();
    let other = start(&mut folder(place.path(), false), &[entry("a.bin", bytes.len() - 1)]).expect("room").0;
    assert_eq!(other.kept(), [0]);
    other.discard();
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    assert_eq!(sink.kept(), [2 * PIECE as u64]);
    sink.recall(0, PIECE as u64, PIECE as u32);
    let Ok(SinkEvent::Recalled { payload: Some(Chunk(recalled)), .. }) = told.recv() else { panic!("a piece") };
    assert!(recalled == bytes[PIECE..2 * PIECE]);
    assert!(matches!(fill(&sink, &told, &[&bytes]), SinkEvent::Published));
    assert!(fs::read(place.path().join("a.bin")).expect("a file") == bytes);
    assert_eq!(names(place.path()), ["a.bin"]);
}

#[test]
fn what_is_thrown_away_leaves_nothing() {
    let place = TempDir::new().expect("a folder");
    let path = place.path().join("received");
    let (sink, told) = start(&mut folder(&path, false), &[entry("a/b.bin", 2 * PIECE)]).expect("room");
    sink.write(0, 0, vec![Chunk(vec![1; PIECE].into())]);
    told.recv().expect("written");
    sink.discard();
    assert!(!path.exists());
}

#[test]
fn two_cannot_receive_the_same_into_one_folder() {
    let place = TempDir::new().expect("a folder");
    let offer = [entry("a", 5)];
    let (first, _told) = start(&mut folder(place.path(), false), &offer).expect("room");
    let refused = start(&mut folder(place.path(), false), &offer).err().expect("busy");
    assert!(refused.message.contains("already"), "{}", refused.message);
    first.discard();
    assert!(start(&mut folder(place.path(), false), &offer).is_ok());
}

#[test]
fn what_a_killed_program_has_left_is_taken_up_in_whole_pieces() {
    let place = TempDir::new().expect("a folder");
    let bytes = vec![5; 2 * PIECE];
    let offer = [entry("a", bytes.len()), entry("b", 3)];
    let prefix = part::prefix(perkoon_transfer::offer_digest(&offer));
    fs::write(place.path().join(format!("{prefix}-0.part")), &bytes[..PIECE + 77]).expect("a part");
    fs::write(place.path().join(format!("{prefix}-1.part")), b"abc").expect("a part");
    fs::write(place.path().join(format!("{prefix}.lock")), b"").expect("a lock that nobody holds");
    fs::write(place.path().join(".perkoon-0123456789abcdef-0.part"), b"another offer's").expect("a part");
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    assert_eq!(sink.kept(), [PIECE as u64, 3]);
    assert!(matches!(fill(&sink, &told, &[&bytes, b"abc"]), SinkEvent::Published));
    assert!(fs::read(place.path().join("a")).expect("a file") == bytes);
    assert_eq!(names(place.path()), [".perkoon-0123456789abcdef-0.part", "a", "b"]);
}

#[test]
fn a_piece_that_has_changed_is_written_again_where_it_was() {
    let place = TempDir::new().expect("a folder");
    let offer = [entry("a", 2 * PIECE)];
    let prefix = part::prefix(perkoon_transfer::offer_digest(&offer));
    fs::write(place.path().join(format!("{prefix}-0.part")), vec![6; 2 * PIECE]).expect("a part");
    let (sink, told) = start(&mut folder(place.path(), false), &offer).expect("room");
    sink.write(0, 0, vec![Chunk(vec![5; PIECE].into())]);
    assert!(matches!(told.recv(), Ok(SinkEvent::Written { .. })));
    assert!(matches!(fill(&sink, &told, &[&vec![0; 2 * PIECE]]), SinkEvent::Published));
    assert!(fs::read(place.path().join("a")).expect("a file") == [vec![5; PIECE], vec![6; PIECE]].concat());
}

#[test]
fn an_attempt_that_came_to_nothing_leaves_nothing() {
    let place = TempDir::new().expect("a folder");
    let path = place.path().join("received");
    let (sink, told) = start(&mut folder(&path, false), &[entry("a", 1)]).expect("room");
    sink.shelve();
    assert!(!path.exists() && told.recv().is_err());
}
