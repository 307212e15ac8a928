mod places;
mod refusals;
mod resume;
mod stream;

use std::{
    fs, io,
    path::Path,
    sync::mpsc::{Receiver, channel},
};

use tempfile::TempDir;

use super::*;

const PIECE: usize = 1 << 20;

fn entry(path: &str, size: usize) -> Entry {
    Entry { path: path.split('/').map(str::to_owned).collect(), size: size as u64, modified: Some(1_000_000_000_000) }
}

fn folder(path: &Path, overwrite: bool) -> Destination {
    Destination::Folder { path: path.to_owned(), overwrite }
}

fn start(destination: &mut Destination, offer: &[Entry]) -> Result<(Sink, Receiver<SinkEvent>), Failure> {
    let (tell, told) = channel();
    Ok((Sink::start(destination, offer, move |event| drop(tell.send(event)))?, told))
}

/// Hands over pieces from where it has them, and finishes; what it tells last.
fn fill(sink: &Sink, told: &Receiver<SinkEvent>, contents: &[&[u8]]) -> SinkEvent {
    let kept = sink.kept();
    for (file, bytes) in contents.iter().enumerate() {
        let from = kept.get(file).map_or(0, |kept| *kept as usize);
        for (index, piece) in bytes[from..].chunks(PIECE).enumerate() {
            let offset = (from + index * PIECE) as u64;
            sink.write(file as u32, offset, piece.chunks(100_000).map(|part| Chunk(part.to_vec().into())).collect());
            match told.recv().expect("an answer") {
                SinkEvent::Written { offset: written, .. } => assert_eq!(written, offset),
                other => return other,
            }
        }
        sink.finish(file as u32);
        assert!(matches!(told.recv().expect("an answer"), SinkEvent::Finished { .. }));
    }
    sink.publish();
    told.recv().expect("an answer")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}
