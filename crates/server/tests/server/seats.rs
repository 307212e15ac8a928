//! Who sits where.

use perkoon_protocol::{
    ErrorCode, Role,
    signal::{ClientMessage, Participant, ReportState, ServerMessage, Signal, close},
};

use crate::common::{Server, generous, problem};

#[tokio::test]
async fn two_meet_and_talk() {
    let server = Server::start(generous()).await;
    let session = server.create().await;
    let (mut sender, sender_id) = server.sit(&session, Role::Sender).await;
    let joined = server.join(&session, Role::Receiver).await;
    let mut receiver = server.socket().await;
    receiver.hello(&joined.token).await;
    let ada = Participant { id: sender_id.clone(), role: Role::Sender };
    let bob = Participant { id: joined.participant_id.clone(), role: Role::Receiver };
    let welcome = ServerMessage::Welcome { id: bob.id.clone(), participants: vec![ada, bob.clone()] };
    assert_eq!(receiver.hear().await, welcome);
    assert_eq!(sender.hear().await, ServerMessage::Joined { participant: bob.clone() });

    let signal = Signal::Answer { connection: 7, sdp: "v=0\r\n".into() };
    receiver.say(&ClientMessage::Signal { to: sender_id, signal: signal.clone() }).await;
    assert_eq!(sender.hear().await, ServerMessage::Signal { from: bob.id.clone(), signal });
    receiver.say(&ClientMessage::Leave).await;
    assert_eq!(receiver.hear_close().await, 1000);
    assert_eq!(sender.hear().await, ServerMessage::Left { id: bob.id, lost: false });
}

#[tokio::test]
async fn signals_stay_in_their_room() {
    let server = Server::start(generous()).await;
    let (mut one, mut other) = (server.pair().await, server.pair().await);
    one.sender.signal(&other.receiver_id, "for a stranger").await;
    one.sender.signal(&one.receiver_id, "for mine").await;
    other.sender.signal(&other.receiver_id, "for theirs").await;
    for (receiver, expected) in [(&mut one.receiver, "for mine"), (&mut other.receiver, "for theirs")] {
        let ServerMessage::Signal { signal: Signal::Offer { sdp, .. }, .. } = receiver.hear().await else { panic!("no offer") };
        assert_eq!(sdp, expected);
    }
}

#[tokio::test]
async fn the_senders_newest_socket_takes_over() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    let (mut newer, newer_id) = server.sit(&pair.session, Role::Sender).await;
    assert_eq!(pair.sender.hear_error().await, ErrorCode::Replaced);
    assert_eq!(pair.sender.hear_close().await, close::REPLACED);
    assert_eq!(pair.receiver.hear().await, ServerMessage::Left { id: pair.sender_id, lost: false });
    let participant = Participant { id: newer_id, role: Role::Sender };
    assert_eq!(pair.receiver.hear().await, ServerMessage::Joined { participant });
    newer.signal(&pair.receiver_id, "from the newer").await;
    assert!(matches!(pair.receiver.hear().await, ServerMessage::Signal { .. }));
}

#[tokio::test]
async fn a_second_receiver_waits_until_the_seat_is_free() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    let refused = problem(server.try_join(&pair.session, Role::Receiver).await).await;
    assert_eq!((refused.status, refused.code), (409, ErrorCode::SessionFull));
    drop(pair.receiver);
    assert_eq!(pair.sender.hear().await, ServerMessage::Left { id: pair.receiver_id, lost: false });
    server.sit(&pair.session, Role::Receiver).await;
    assert!(matches!(pair.sender.hear().await, ServerMessage::Joined { .. }));
}

#[tokio::test]
async fn a_receiver_that_declined_makes_way() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    pair.receiver.report(ReportState::Rejected).await;
    pair.receiver.signal(&pair.sender_id, "after the report").await;
    pair.sender.hear().await;
    let (_next, next_id) = server.sit(&pair.session, Role::Receiver).await;
    assert_eq!(pair.receiver.hear_error().await, ErrorCode::SessionFull);
    assert_eq!(pair.receiver.hear_close().await, close::SEAT_TAKEN);
    assert_eq!(pair.sender.hear().await, ServerMessage::Left { id: pair.receiver_id, lost: false });
    let participant = Participant { id: next_id, role: Role::Receiver };
    assert_eq!(pair.sender.hear().await, ServerMessage::Joined { participant });
}

#[tokio::test]
async fn a_token_alone_holds_no_seat() {
    let server = Server::start(generous()).await;
    let session = server.create().await;
    let late = server.join(&session, Role::Receiver).await;
    server.join(&session, Role::Receiver).await;
    let (_seated, _) = server.sit(&session, Role::Receiver).await;
    let mut socket = server.socket().await;
    socket.hello(&late.token).await;
    assert_eq!(socket.hear_error().await, ErrorCode::SessionFull);
    assert_eq!(socket.hear_close().await, close::SEAT_TAKEN);
}

#[tokio::test]
async fn deleting_the_session_closes_its_sockets() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    let url = server.url(&format!("/api/v1/sessions/{}", pair.session.session_code));
    server.http.delete(url).bearer_auth(&pair.session.sender_key).send().await.expect("an answer");
    assert_eq!(pair.sender.hear_error().await, ErrorCode::SessionNotFound);
    assert_eq!(pair.sender.hear_close().await, close::SESSION_CLOSED);
    assert_eq!(pair.receiver.hear_error().await, ErrorCode::SessionNotFound);
    assert_eq!(pair.receiver.hear_close().await, close::SESSION_CLOSED);
}
