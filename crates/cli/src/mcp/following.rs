//! Waiting for a transfer that a tool's caller waits for, and telling them how it goes: hosts give up on tools that say nothing for long.

use std::time::Duration;

use perkoon_peer::{Failure, format};
use perkoon_protocol::ErrorCode;
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{
    state::{Stage, State},
    transfers::Transfer,
};

/// Between two words on the same.
const SAME: Duration = Duration::from_secs(5);

/// Between two words on bytes that move.
const MOVING: Duration = Duration::from_secs(1);

/// What each word has more than the one before, at least: the protocol asks that the number grows.
const GROWTH: f64 = 0.001;

/// Waits until a transfer is over, or `enough` of it has happened. When the caller cancels the call, so is the transfer.
pub(super) async fn follow(
    mut transfer: Transfer,
    call: &RequestContext<RoleServer>,
    enough: impl Fn(&State) -> bool,
) -> Result<State, Failure> {
    let mut teller = call.meta.get_progress_token().map(Teller::new);
    let mut again = interval_at(Instant::now() + MOVING, MOVING);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let state = transfer.state();
        if let Some(params) = teller.as_mut().and_then(|teller| teller.due(&state, Instant::now())) {
            // A host that does not listen any more cancels, or is gone.
            let _ = call.peer.notify_progress(params).await;
        }
        if enough(&state) || state.outcome.is_some() {
            return Ok(state);
        }
        tokio::select! {
            _ = transfer.changed() => {}
            _ = again.tick() => {}
            () = call.ct.cancelled() => {
                transfer.cancel();
                return Err(ErrorCode::Cancelled.into());
            }
        }
    }
}

/// Tells a host how a transfer goes.
struct Teller {
    token: ProgressToken,
    last: Option<(Instant, Stage, f64)>,
}

impl Teller {
    const fn new(token: ProgressToken) -> Self {
        Self { token, last: None }
    }

    /// What there is to tell now, if anything. Percent of the whole; waiting counts for nothing but that it goes on.
    fn due(&mut self, state: &State, now: Instant) -> Option<ProgressNotificationParam> {
        let message = match &state.outcome {
            None if state.stage == Stage::Starting => return None,
            None => state.sentence(),
            Some(Ok(done)) => format!("Everything is through: {}.", format::bytes(done.bytes)),
            Some(Err(_)) => return None,
        };
        let percent = state.percent();
        let told = match self.last {
            None => percent,
            Some((at, stage, told)) => {
                let pause = if percent > told { MOVING } else { SAME };
                if stage == state.stage && now.duration_since(at) < pause && state.outcome.is_none() {
                    return None;
                }
                percent.max(told + GROWTH)
            }
        };
        self.last = Some((now, state.stage, told));
        Some(ProgressNotificationParam::new(self.token.clone(), told).with_total(100.0).with_message(message))
    }
}

#[cfg(test)]
mod tests {
    use perkoon_native::{Done, Progress, Told};
    use perkoon_protocol::Role;
    use rmcp::model::NumberOrString;

    use super::*;

    const LINK: &str = "https://perkoon.example/K7MX4QPR9W2N";

    /// A send that waits for its receiver.
    fn waiting() -> State {
        let mut state = State::new(Role::Sender, None);
        let code = "K7MX4QPR9W2N".parse().expect("a code");
        state.take(Told::Session { code, share_url: LINK.to_owned(), expires_at: String::new() });
        state
    }

    fn progress(bytes: u64) -> Told {
        Told::Progress(Progress { bytes, total: 100, speed: 1.0, eta: None })
    }

    fn teller() -> Teller {
        Teller::new(ProgressToken(NumberOrString::Number(1)))
    }

    #[test]
    fn the_link_is_told_at_once_and_again_while_nobody_comes() {
        let (mut teller, begun) = (teller(), Instant::now());
        assert!(teller.due(&State::new(Role::Sender, None), begun).is_none(), "there is no link yet");
        let mut numbers = Vec::new();
        for seconds in 0..=10 {
            if let Some(told) = teller.due(&waiting(), begun + Duration::from_secs(seconds)) {
                assert!(told.message.is_some_and(|message| message.contains(LINK)));
                numbers.push(told.progress);
            }
        }
        assert_eq!(numbers, [0.0, GROWTH, 2.0 * GROWTH]);
    }

    #[test]
    fn numbers_grow_to_100_and_no_faster_than_every_second() {
        let (mut teller, begun, mut state) = (teller(), Instant::now(), waiting());
        let mut told = vec![teller.due(&state, begun).expect("the link")];
        state.take(Told::Accepted);
        told.extend(teller.due(&state, begun));
        for tenth in 1..=50 {
            state.take(progress(tenth));
            told.extend(teller.due(&state, begun + Duration::from_millis(tenth * 100)));
        }
        assert_eq!(told.len(), 2 + 5);
        state.outcome = Some(Ok(Done { duration: Duration::ZERO, bytes: 100, files: Vec::new() }));
        told.extend(teller.due(&state, begun + Duration::from_secs(5)));
        let numbers: Vec<_> = told.iter().map(|told| told.progress).collect();
        assert!(numbers.windows(2).all(|two| two[0] < two[1]) && numbers.last() == Some(&100.0), "{numbers:?}");
    }
}
