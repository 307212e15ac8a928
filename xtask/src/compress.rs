//! Compressing the static files once, so that no server ever has to.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::{BrotliEncoderParams, backward_references::BrotliEncoderMode};
use flate2::{Compression, write::GzEncoder};

/// Endings of files that compression makes smaller; images and fonts are compressed already.
const COMPRESSIBLE: &[&str] =
    &["css", "html", "js", "json", "map", "md", "mjs", "svg", "ts", "txt", "wasm", "webmanifest", "xml"];

/// A static file and what it weighs on the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its path below the directory, parts joined by `/`.
    pub path: String,
    /// Bytes as they are.
    pub plain: u64,
    /// Bytes with brotli; the plain ones where it is not compressed.
    pub brotli: u64,
}

/// What the names of compressed copies end with.
pub const SUFFIXES: [&str; 2] = [".br", ".gz"];

/// Writes a `.br` and a `.gz` beside every compressible file below `directory`; answers with all files, sorted.
pub fn compress_tree(directory: &Path) -> Result<Vec<Asset>> {
    plain_paths(directory)?.iter().map(|file| compress_file(directory, file)).collect()
}

/// Paths of all files below `directory` that are no compressed copies, parts joined by `/`, sorted.
pub fn plain_files(directory: &Path) -> Result<Vec<String>> {
    Ok(plain_paths(directory)?.iter().map(|file| below(directory, file)).collect())
}

/// All files below `directory`.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(directory, &mut files).with_context(|| format!("cannot list {}", directory.display()))?;
    Ok(files)
}

fn plain_paths(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files(directory)?;
    files.retain(|file| !has_extension(file, &SUFFIXES.map(|suffix| suffix.trim_start_matches('.'))));
    files.sort();
    Ok(files)
}

fn below(directory: &Path, file: &Path) -> String {
    let parts: Vec<_> =
        file.strip_prefix(directory).expect("listed below the directory").iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// Writes the copies of one file below `directory`.
pub fn compress_file(directory: &Path, file: &Path) -> Result<Asset> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let plain = bytes.len() as u64;
    let mut brotli = plain;
    if has_extension(file, COMPRESSIBLE) {
        let packed = brotli_bytes(&bytes)?;
        brotli = packed.len() as u64;
        let [br, gz] = SUFFIXES;
        fs::write(with_suffix(file, br), packed)?;
        fs::write(with_suffix(file, gz), gzip_bytes(&bytes)?)?;
    }
    Ok(Asset { path: below(directory, file), plain, brotli })
}

/// Ways to write a file: what its bytes are taken to follow from, the binary logarithm of a block's bytes (0: the encoder's choice), and
/// how many near distances have a code of their own.
const BROTLI_WAYS: [(BrotliEncoderMode, i32, u32); 6] = [
    (BrotliEncoderMode::BROTLI_MODE_GENERIC, 0, 0),
    (BrotliEncoderMode::BROTLI_FORCE_MSB_PRIOR, 0, 0),
    (BrotliEncoderMode::BROTLI_FORCE_MSB_PRIOR, 0, 14),
    (BrotliEncoderMode::BROTLI_FORCE_MSB_PRIOR, 17, 0),
    (BrotliEncoderMode::BROTLI_FORCE_MSB_PRIOR, 17, 6),
    (BrotliEncoderMode::BROTLI_FORCE_MSB_PRIOR, 17, 8),
];

/// The smallest of several ways to say the same: a program's bytes follow from the upper bits of those before them, which the encoder
/// does not try by itself, and how blocks and near distances are best written it does not foresee. Any brotli decoder reads them all.
fn brotli_bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut smallest: Option<Vec<u8>> = None;
    for way in BROTLI_WAYS {
        let packed = brotli_with(way, bytes)?;
        if smallest.as_ref().is_none_or(|smallest| packed.len() < smallest.len()) {
            smallest = Some(packed);
        }
    }
    smallest.context("no way to compress was tried")
}

fn brotli_with((mode, lgblock, direct_distances): (BrotliEncoderMode, i32, u32), bytes: &[u8]) -> Result<Vec<u8>> {
    let mut parameters =
        BrotliEncoderParams { mode, quality: 11, lgwin: 22, lgblock, size_hint: bytes.len(), ..Default::default() };
    parameters.dist.num_direct_distance_codes = direct_distances;
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip_bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn compressed_copies_hold_the_same_bytes() {
        let directory = std::env::temp_dir().join(format!("perkoon-compress-{}", std::process::id()));
        fs::create_dir_all(directory.join("icons")).expect("a temporary directory");
        let text = "the same line again and again\n".repeat(100);
        fs::write(directory.join("page.html"), &text).expect("written");
        fs::write(directory.join("icons/icon.png"), [1, 2, 3]).expect("written");

        let first = compress_tree(&directory).expect("compressed");
        let second = compress_tree(&directory).expect("compressed once more");
        assert_eq!(first, second, "copies of an earlier run are not compressed again");
        assert_eq!(first[0], Asset { path: "icons/icon.png".to_owned(), plain: 3, brotli: 3 });
        assert_eq!((first[1].path.as_str(), first[1].plain), ("page.html", text.len() as u64));
        assert!(first[1].brotli < 100);

        let mut unpacked = Vec::new();
        let packed = fs::read(directory.join("page.html.br")).expect("a brotli copy");
        brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).expect("valid brotli");
        assert_eq!(unpacked, text.as_bytes());
        let mut unpacked = String::new();
        let packed = fs::File::open(directory.join("page.html.gz")).expect("a gzip copy");
        flate2::read::GzDecoder::new(packed).read_to_string(&mut unpacked).expect("valid gzip");
        assert_eq!(unpacked, text);
        fs::remove_dir_all(directory).expect("removed");
    }
}
