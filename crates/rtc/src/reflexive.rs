//! How STUN servers see this device's sockets (RFC 8489).

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::stun::{
    message::{BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, TransactionId, is_stun_message},
    xoraddr::XorMappedAddress,
};

/// Waits between the times that a question is asked.
const AGAIN: [Duration; 4] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Questions that wait for an answer.
#[derive(Default)]
pub(crate) struct Questions(HashMap<TransactionId, Question>);

struct Question {
    /// The socket it is asked from.
    local: SocketAddr,
    server: SocketAddr,
    url: String,
    bytes: BytesMut,
    asked: usize,
    due: Instant,
}

/// A socket's address as it is seen.
pub(crate) struct Seen {
    pub(crate) address: SocketAddr,
    pub(crate) base: SocketAddr,
    pub(crate) url: String,
}

impl Questions {
    /// Asks a server how it sees the socket at `local`.
    pub(crate) fn ask(&mut self, local: SocketAddr, server: SocketAddr, url: &str) {
        let (id, mut message) = (TransactionId::new(), Message::new());
        if local.is_ipv4() == server.is_ipv4() && message.build(&[Box::new(id), Box::new(BINDING_REQUEST)]).is_ok() {
            let bytes = BytesMut::from(&message.raw[..]);
            self.0.insert(id, Question { local, server, url: url.to_owned(), bytes, asked: 0, due: Instant::now() });
        }
    }

    /// Whether the packet answers a question, and what it says.
    pub(crate) fn answer(&mut self, packet: &[u8]) -> Option<Seen> {
        if self.0.is_empty() || !is_stun_message(packet) {
            return None;
        }
        let mut message = Message::new();
        message.raw = packet.to_vec();
        message.decode().ok()?;
        let Question { local, url, .. } = self.0.remove(&message.transaction_id)?;
        let mut seen = XorMappedAddress::default();
        (message.typ == BINDING_SUCCESS).then_some(())?;
        seen.get_from(&message).ok()?;
        Some(Seen { address: SocketAddr::new(seen.ip, seen.port), base: local, url })
    }

    /// What is to be sent now: from which socket, to whom.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(SocketAddr, SocketAddr, BytesMut)> {
        let mut due = Vec::new();
        self.0.retain(|_, question| {
            if question.due > now {
                return true;
            }
            let Some(_) = AGAIN.get(question.asked) else { return false };
            due.push((question.local, question.server, question.bytes.clone()));
            question.asked += 1;
            question.due = now + AGAIN.get(question.asked).copied().unwrap_or(AGAIN[AGAIN.len() - 1]);
            true
        });
        due
    }

    /// When the next is to be asked.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.values().map(|question| question.due).min()
    }

    /// Whether none waits for an answer.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_four_times_and_its_answer_taken_once() {
        let (local, server) = ("10.0.0.1:1".parse().expect("an address"), "10.0.0.2:2".parse().expect("an address"));
        let mut questions = Questions::default();
        questions.ask(local, server, "stun:s");
        let asked = questions.due(Instant::now());
        assert_eq!((asked.len(), asked[0].0, asked[0].1), (1, local, server));

        let mut request = Message::new();
        request.raw = asked[0].2.to_vec();
        request.decode().expect("a request");
        let seen = XorMappedAddress { ip: [192, 0, 2, 1].into(), port: 99 };
        let mut answer = Message::new();
        answer.build(&[Box::new(request.transaction_id), Box::new(BINDING_SUCCESS), Box::new(seen)]).expect("an answer");
        assert!(questions.answer(b"no stun at all").is_none());
        let told = questions.answer(&answer.raw).expect("how it is seen");
        assert_eq!((told.address.to_string(), told.base, told.url.as_str()), ("192.0.2.1:99".to_owned(), local, "stun:s"));
        assert!(questions.answer(&answer.raw).is_none() && questions.is_empty());

        questions.ask(local, server, "stun:s");
        let mut now = Instant::now();
        let mut times = 0;
        while let Some(deadline) = questions.deadline() {
            now = now.max(deadline);
            times += questions.due(now).len();
        }
        assert_eq!(times, AGAIN.len());
    }
}
