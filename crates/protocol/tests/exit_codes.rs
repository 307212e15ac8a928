//! The ready-to-run scripts end as the command-line programs do.

use std::collections::BTreeMap;

use perkoon_protocol::ErrorCode;

#[test]
fn the_scripts_have_the_same_exit_codes() {
    let table = include_str!("../../../web/scripts/exit_codes.json");
    let theirs: BTreeMap<&str, u8> = serde_json::from_str(table).expect("names and numbers");
    let ours: BTreeMap<&str, u8> = ErrorCode::ALL.iter().map(|code| (code.as_str(), code.exit_code())).collect();
    assert_eq!(theirs, ours);
}
