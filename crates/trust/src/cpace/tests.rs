use super::vectors::*;
use super::*;

const ASSOCIATED: Associated<'static> = Associated { initiator: b"ADa", responder: b"ADb" };

/// Takes the bytes that a hash would.
#[derive(Default)]
struct Written(Vec<u8>);

impl Update for Written {
    fn update(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn written(write: impl FnOnce(&mut Written)) -> Vec<u8> {
    let mut written = Written::default();
    write(&mut written);
    written.0
}

fn start(party: Party, password: &[u8], scalar: &str) -> Run {
    Run::start(party, &Inputs { password, channel: CI, session: &bytes(SID) }, &randomness(scalar))
}

fn initiator() -> Run {
    start(Party::Initiator, PRS, YA)
}

fn responder() -> Run {
    start(Party::Responder, PRS, YB)
}

#[test]
fn lengths_are_written_as_the_draft_does() {
    for (length, prefix) in PREPEND_LEN {
        let part: Vec<u8> = (0..length).map(|index| index as u8).collect();
        assert_eq!(written(|into| lv_cat(into, &[&part])), [bytes(prefix), part.clone()].concat());
        assert_eq!(prefixed_length(&part), part.len() + prefix.len() / 2);
    }
    assert_eq!(written(|into| lv_cat(into, &[b"1234", b"5", b"", b"678"])), bytes(LV_CAT));
}

#[test]
fn transcripts_are_the_drafts() {
    let parties = Associated { initiator: b"PartyA", responder: b"PartyB" };
    for ([first, second], expected) in TRANSCRIPT_IR {
        assert_eq!(written(|into| transcript(into, first, second, &parties)), bytes(expected));
    }
    let (first, second) = (array(SHARE_A), array(SHARE_B));
    assert_eq!(written(|into| transcript(into, &first, &second, &ASSOCIATED)), bytes(TRANSCRIPT));
}

#[test]
fn the_generator_is_the_drafts() {
    let session = bytes(SID);
    let inputs = Inputs { password: PRS, channel: CI, session: &session };
    let string = written(|into| generator_string(into, &inputs));
    assert_eq!(string, bytes(GENERATOR_STRING));
    assert_eq!(Sha512::digest(&string).as_slice(), bytes(HASH_RESULT));
    assert_eq!(generator(&inputs).compress().to_bytes(), array(G));
}

/// As far as a password that needs two bytes for its length, and one that fills the block by itself.
#[test]
fn the_password_ends_with_the_first_block_where_it_can() {
    for length in [0, 1, 107, 108, 109, 128, 1000] {
        let password = vec![b'x'; length];
        let string = written(|into| generator_string(into, &Inputs { password: &password, channel: b"C", session: b"S" }));
        let behind = string.strip_suffix(b"\x01C\x01S").expect("what follows the padding");
        assert!(behind.len() >= BLOCK.len(), "{length}");
        assert!(behind.len() == BLOCK.len() || length > 107, "{length}");
    }
}

#[test]
fn shares_secrets_and_keys_are_the_drafts() {
    assert_eq!(*initiator().share(), array(SHARE_A));
    assert_eq!(*responder().share(), array(SHARE_B));
    for (run, share) in [(initiator(), SHARE_B), (responder(), SHARE_A)] {
        assert_eq!(multiply_verified(&run.scalar, &array(share)).as_deref(), Some(&array(K)));
        assert_eq!(run.finish(&array(share), &ASSOCIATED).map(Vec::from), Some(bytes(ISK_IR)));
    }
}

#[test]
fn products_with_points_are_the_drafts() {
    let scalar = Scalar::from_bytes_mod_order(array(S));
    assert_eq!(multiply_verified(&scalar, &array(X)).as_deref(), Some(&array(PRODUCT)));
    for share in INVALID {
        assert_eq!(multiply_verified(&scalar, &array(share)), None);
    }
}

#[test]
fn a_run_ends_without_a_key_at_a_share_that_is_none() {
    // Besides the draft's two: a number that is not reduced, and one whose sign bit is set.
    for share in INVALID.map(array).into_iter().chain([[0xff; 32], [0x80; 32]]) {
        assert_eq!(initiator().finish(&share, &ASSOCIATED), None);
        assert_eq!(responder().finish(&share, &ASSOCIATED), None);
    }
}

#[test]
fn another_password_gives_another_key() {
    let wrong = start(Party::Responder, b"password", YB);
    let right = initiator();
    let share = *right.share();
    let keys = [right.finish(wrong.share(), &ASSOCIATED), wrong.finish(&share, &ASSOCIATED)];
    assert!(keys.iter().all(Option::is_some));
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn whatever_differs_gives_another_key() {
    let session = bytes(SID);
    let same = Inputs { password: PRS, channel: CI, session: &session };
    let run = |inputs: &Inputs<'_>| Run::start(Party::Responder, inputs, &randomness(YB));
    for other in [Inputs { channel: b"another", ..same }, Inputs { session: b"another", ..same }] {
        let (right, other) = (run(&same), run(&other));
        assert_ne!(right.share(), other.share());
        assert_ne!(right.finish(&array(SHARE_A), &ASSOCIATED), other.finish(&array(SHARE_A), &ASSOCIATED));
    }
    let claimed = Associated { initiator: b"ADb", responder: b"ADb" };
    assert_ne!(run(&same).finish(&array(SHARE_A), &claimed).map(Vec::from), Some(bytes(ISK_IR)));
}

#[test]
fn two_ends_of_one_role_have_no_key_in_common() {
    for party in [Party::Initiator, Party::Responder] {
        let (one, other) = (start(party, PRS, YA), start(party, PRS, YB));
        let shares = [*one.share(), *other.share()];
        assert_ne!(one.finish(&shares[1], &ASSOCIATED), other.finish(&shares[0], &ASSOCIATED));
    }
}

#[test]
fn an_echo_is_no_answer() {
    assert_eq!(initiator().finish(&array(SHARE_A), &ASSOCIATED), None);
    assert_eq!(responder().finish(&array(SHARE_B), &ASSOCIATED), None);
}
