//! What cannot be saved, and why.

use super::*;

#[test]
fn a_disk_without_room_is_noticed_before_anything_is_asked_for() {
    let place = TempDir::new().expect("a folder");
    let refused = start(&mut folder(place.path(), false), &[entry("a", 1 << 52)]).err().expect("no room");
    assert_eq!(refused.code, ErrorCode::InsufficientStorage);
    assert!(names(place.path()).is_empty());
}

#[test]
fn a_folder_that_cannot_be_one_is_named() {
    let place = TempDir::new().expect("a folder");
    fs::write(place.path().join("file"), b"").expect("a file");
    let refused = start(&mut folder(&place.path().join("file/inside"), false), &[entry("a", 1)]).err().expect("no folder");
    assert!(refused.code.exit_code() == 2 && refused.message.contains("inside"), "{}", refused.message);
    let refused = start(&mut folder(place.path(), false), &[entry("file/a", 1)]).err().expect("in the way");
    assert!(refused.code == ErrorCode::TargetExists && refused.message.contains("in the way"), "{}", refused.message);
}

#[test]
fn a_path_that_is_too_long_here_is_noticed_before_anything_is_asked_for() {
    let place = TempDir::new().expect("a folder");
    let long = vec!["d".repeat(250); 17].join("/");
    let refused = start(&mut folder(place.path(), false), &[entry(&long, 1)]).err().expect("too long");
    assert!(refused.code.exit_code() == 2 && refused.message.contains("Choose another folder"), "{}", refused.message);
    assert!(names(place.path()).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_nobody_may_write_into_is_named() {
    for path in ["/proc", "/proc/received"] {
        let refused = start(&mut folder(Path::new(path), false), &[entry("a", 1)]).err().expect("no folder");
        let begins = refused.message.starts_with(&format!("Files cannot be saved in {path} ("));
        assert!(begins && refused.code.exit_code() == 2, "{}", refused.message);
    }
}

/// A small file system in memory, where this user may make one.
#[cfg(target_os = "linux")]
struct SmallDisk(TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let mut mount = std::process::Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", "size=4m", "none"]).arg(folder.path()).output().ok()?;
        mount.status.success().then_some(Self(folder))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Only whoever may mount sees this one; /dev/full shows the same of streams to everybody.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_ends_the_transfer_and_keeps_what_is_there() {
    let Some(disk) = SmallDisk::new() else { return };
    let offer = [entry("a", 3 * PIECE)];
    let bytes = vec![1; 3 * PIECE];
    let (sink, told) = start(&mut folder(disk.0.path(), false), &offer).expect("room");
    fs::write(disk.0.path().join("other"), vec![0; 5 * PIECE / 2]).expect("room");
    let SinkEvent::Failed(failure) = fill(&sink, &told, &[&bytes]) else { panic!("full") };
    assert_eq!(failure.code, ErrorCode::InsufficientStorage);
    drop(sink);
    let refused = start(&mut folder(disk.0.path(), false), &offer).err().expect("still full");
    assert!(refused.code == ErrorCode::InsufficientStorage && refused.message.contains("are free"), "{}", refused.message);
    fs::remove_file(disk.0.path().join("other")).expect("removed");
    let (sink, told) = start(&mut folder(disk.0.path(), false), &offer).expect("room again");
    assert_eq!(sink.kept(), [PIECE as u64]);
    assert!(matches!(fill(&sink, &told, &[&bytes]), SinkEvent::Published));
}
