//! What the command line says, word for word: `tests/cmd` has a file for each case.

#[test]
fn the_command_line_says_what_it_did() {
    trycmd::TestCases::new().case("tests/cmd/*.toml");
}
