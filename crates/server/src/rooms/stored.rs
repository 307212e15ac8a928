//! A room as text, for a store that is not this process: JSON with the number of its format.

use std::{collections::BTreeSet, time::Duration};

use perkoon_protocol::SessionCode;
use serde::{Deserialize, Serialize};

use super::{Room, RoomRules, Rooms};
use crate::{clock::Millis, outboxes::NodeId};

/// Goes up when a room that an earlier version wrote cannot be read any more.
const FORMAT: u32 = 1;

/// Bytes of a room's text, at most. A room with all its tokens has about 5,000.
const TEXT_BYTES: usize = 32 << 10;

/// The text is no room of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    room: &'a Room,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Deserialize)]
struct Read {
    room: Room,
}

impl Rooms {
    /// A machine with no room but this one, or with none where nothing is written yet. Nothing of what is unreadable is told to anyone:
    /// it may hold tokens.
    pub(crate) fn read(rules: RoomRules, code: SessionCode, text: Option<&str>) -> Result<Self, Unreadable> {
        let mut rooms = Self::new(rules);
        if let Some(text) = text {
            rooms.rooms.insert(code, room(text)?);
        }
        Ok(rooms)
    }

    /// The room's text.
    pub(crate) fn write(&self, code: SessionCode) -> Option<String> {
        let room = self.rooms.get(&code)?;
        Some(serde_json::to_string(&Written { format: FORMAT, room }).expect("a room has string keys"))
    }

    /// Where the sockets are that sit in the room.
    pub(crate) fn nodes(&self, code: SessionCode) -> BTreeSet<NodeId> {
        self.rooms.get(&code).into_iter().flat_map(Room::nodes).collect()
    }

    /// How long to remember the room from now on.
    pub(crate) fn keep_for(&self, now: Millis, code: SessionCode) -> Duration {
        self.rooms.get(&code).map(|room| room.keep_for(now, self.rules.memory)).unwrap_or_default()
    }
}

fn room(text: &str) -> Result<Room, Unreadable> {
    if text.len() > TEXT_BYTES {
        return Err(Unreadable);
    }
    let Format { format } = serde_json::from_str(text).map_err(|_| Unreadable)?;
    if format != FORMAT {
        return Err(Unreadable);
    }
    let Read { room } = serde_json::from_str(text).map_err(|_| Unreadable)?;
    Ok(room)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Applicant, *};
    use crate::{outboxes::SocketId, token::Token};

    const NOW: Millis = Millis(1_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn code() -> SessionCode {
        "K7MX4QPR9W2N".parse().expect("valid")
    }

    fn end() -> Millis {
        NOW.plus(HOUR * 24)
    }

    fn rooms() -> Rooms {
        let mut rooms = Rooms::new(RoomRules::new(1));
        rooms.create(NOW, code(), end(), true).expect("there is room");
        rooms
    }

    fn sit(rooms: &mut Rooms, node: u64) {
        let token = Token::random(code());
        rooms.join(NOW, Applicant::Receiver, token.clone(), "bob".to_owned(), None).expect("free");
        rooms.hello(NOW, SocketId { node: NodeId(node), number: 1 }, &token).expect("may sit");
    }

    #[test]
    fn what_another_version_or_a_stranger_wrote_is_refused() {
        let text = rooms().write(code()).expect("known");
        let read = |text: &str| Rooms::read(RoomRules::new(1), code(), Some(text)).map(|rooms| rooms.write(code()));
        assert_eq!(read(&text), Ok(Some(text.clone())));
        let padded = format!("{text}{}", " ".repeat(TEXT_BYTES));
        let other_format = text.replace(r#""format":1"#, r#""format":2"#);
        let half = &text[..text.len() / 2];
        let wrong = text.replace("true", "\"true\"");
        for text in ["", "null", "[]", "{}", r#"{"format":1}"#, r#"{"format":1,"room":{}}"#, half, &other_format, &wrong, &padded]
        {
            assert_eq!(read(text), Err(Unreadable), "{text}");
        }
        assert_eq!(Rooms::read(RoomRules::new(1), code(), None).map(|rooms| rooms.write(code())), Ok(None));
    }

    #[test]
    fn a_full_room_stays_within_its_bound() {
        let mut rooms = rooms();
        sit(&mut rooms, u64::MAX);
        for _ in 0..100 {
            let joined = rooms.join(NOW, Applicant::Sender { expires_at: end() }, Token::random(code()), "x".repeat(12), None);
            joined.expect("a sender can always join");
        }
        let text = rooms.write(code()).expect("known");
        assert!(text.len() < TEXT_BYTES / 4, "{} bytes", text.len());
    }

    #[test]
    fn rooms_are_kept_as_long_as_memory_keeps_them() {
        let mut rooms = rooms();
        assert_eq!(rooms.keep_for(NOW, code()), HOUR * 25, "an hour after the end");
        assert_eq!(rooms.keep_for(end().plus(HOUR * 2), code()), Duration::ZERO);
        sit(&mut rooms, 7);
        assert_eq!(rooms.nodes(code()), BTreeSet::from([NodeId(7)]));
        assert_eq!(rooms.keep_for(end().plus(HOUR * 2), code()), HOUR * 2, "a running session goes on");
        rooms.close(code()).expect("known");
        assert_eq!(rooms.keep_for(NOW, code()), HOUR * 24, "the code stays taken");
        assert_eq!(rooms.nodes(code()), BTreeSet::new());
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_room(at in any::<prop::sample::Index>(), length in 0..40_usize, other in "[ -~]{0,40}") {
            let mut rooms = rooms();
            sit(&mut rooms, 7);
            let mut text = rooms.write(code()).expect("known");
            let start = at.index(text.len());
            text.replace_range(start..text.len().min(start + length), &other);
            if let Ok(mut rooms) = Rooms::read(RoomRules::new(1), code(), Some(&text)) {
                let written = rooms.write(code()).expect("known");
                let again = Rooms::read(RoomRules::new(1), code(), Some(&written)).expect("its own text");
                prop_assert_eq!(again.write(code()), Some(written));
                rooms.deserted(code(), NodeId(7));
                rooms.sweep(Millis(u64::MAX));
                // Anything may be refused, and nothing may panic.
                let _ = rooms.join(NOW, Applicant::Sender { expires_at: end() }, Token::random(code()), "ada".to_owned(), None);
                rooms.keep_for(NOW, code());
            }
        }
    }
}
