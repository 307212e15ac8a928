//! The committed corpus: every input that a fuzzer once found worth keeping still passes, on any compiler.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use perkoon_fuzz_targets::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The names of what is in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8")).collect()
}

#[test]
fn every_input_of_the_corpus_passes() {
    for (name, target) in TARGETS {
        let folder = fuzz().join("corpus").join(name);
        let inputs = names(&folder);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            let data = fs::read(folder.join(&input)).expect("readable");
            let passed = std::panic::catch_unwind(|| target(&data));
            assert!(
                passed.is_ok(),
                "fuzz/corpus/{name}/{input} fails: `cargo fuzz run {name} fuzz/corpus/{name}/{input}` runs it alone"
            );
        }
    }
}

#[test]
fn every_target_has_its_program_and_its_corpus() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let programs = names(&fuzz().join("fuzz_targets")).into_iter();
    assert_eq!(programs.map(|file| file.trim_end_matches(".rs").to_owned()).collect::<BTreeSet<_>>(), targets);
    assert_eq!(names(&fuzz().join("corpus")), targets);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("readable");
    for name in &targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not in fuzz/Cargo.toml");
    }
}
