//! Streams.

use super::*;

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_is_full_or_gone_is_an_end_with_a_reason() {
    let full = Box::new(fs::OpenOptions::new().write(true).open("/dev/full").expect("a device"));
    let (sink, told) = start(&mut Destination::Stream(full), &[entry("a", PIECE)]).expect("a stream");
    let SinkEvent::Failed(failure) = fill(&sink, &told, &[&vec![1; PIECE]]) else { panic!("full") };
    assert_eq!(failure.code, ErrorCode::InsufficientStorage);
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let (sink, told) = start(&mut Destination::Stream(Box::new(writer)), &[entry("a", PIECE)]).expect("a stream");
    let SinkEvent::Failed(failure) = fill(&sink, &told, &[&vec![1; PIECE]]) else { panic!("gone") };
    assert!(failure.message.contains("has gone"), "{}", failure.message);
}

#[test]
fn a_stream_takes_one_file() {
    let offer = [entry("a", 1), entry("b", 1)];
    let refused = start(&mut Destination::Stream(Box::new(io::sink())), &offer).err().expect("two files");
    assert!(refused.code == ErrorCode::InvalidRequest && refused.code.exit_code() == 1, "{}", refused.message);
}

#[test]
fn a_stream_gets_the_bytes_in_their_order_and_nothing_after_them() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let bytes: Vec<u8> = (0..2 * PIECE + 3).map(|index| (index % 251) as u8).collect();
    let reading = std::thread::spawn(move || {
        let mut read = Vec::new();
        io::Read::read_to_end(&mut reader, &mut read).map(|_| read)
    });
    let mut stream = Destination::Stream(Box::new(writer));
    let (sink, told) = start(&mut stream, &[entry("a", bytes.len())]).expect("a stream");
    assert!(sink.kept().is_empty() && sink.files()[0].saved_to.is_none());
    assert!(matches!(fill(&sink, &told, &[&bytes]), SinkEvent::Published));
    drop(sink);
    assert!(reading.join().expect("it ends").expect("bytes") == bytes);
    let (sink, told) = start(&mut stream, &[entry("b", 1)]).expect("a stream");
    assert!(matches!(fill(&sink, &told, &[b"b"]), SinkEvent::Failed(_)), "no second file follows the first");
}

#[test]
fn a_stream_that_nobody_reads_is_not_waited_for() {
    let (reader, writer) = io::pipe().expect("a pipe");
    let (sink, _told) = start(&mut Destination::Stream(Box::new(writer)), &[entry("a", PIECE)]).expect("a stream");
    sink.write(0, 0, vec![Chunk(vec![1; PIECE].into())]);
    sink.shelve();
    drop(reader);
}
