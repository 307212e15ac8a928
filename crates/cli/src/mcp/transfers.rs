//! The transfers of this program: which are under way, how they stand, and how those that are over went.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::Builder,
    time::Duration,
};

use perkoon_native::{Done, Told};
use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, Role, SessionCode};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use super::{
    job::Order,
    state::{Stage, State},
    words,
};

/// Transfers under way, at most.
pub(super) const AT_ONCE: usize = 5;

/// Transfers that are remembered, at most. Those that are over are forgotten first.
const REMEMBERED: usize = 100;

/// How long transfers may take to tell the other side that they are cancelled, when the program ends.
const FAREWELL: Duration = Duration::from_secs(12);

/// A transfer, from outside. Clones are of the same one.
#[derive(Clone)]
pub(super) struct Transfer {
    /// Where its session is.
    pub server: String,
    state: watch::Receiver<State>,
    stop: Arc<Notify>,
}

impl Transfer {
    /// How it stands. One whose thread has broken down has failed.
    pub(super) fn state(&self) -> State {
        let mut state = self.state.borrow().clone();
        if state.outcome.is_none() && self.state.has_changed().is_err() {
            // It may have ended in between.
            state = self.state.borrow().clone();
            state.outcome.get_or_insert(Err(ErrorCode::Internal.into()));
        }
        state
    }

    /// Waits until it stands differently from when this was last asked of this clone; at once when it is over.
    pub(super) async fn changed(&mut self) -> State {
        // It is over when nobody is left who could change it.
        let _ = self.state.changed().await;
        self.state.borrow_and_update();
        self.state()
    }

    /// Ends it, and tells the other side.
    pub(super) fn cancel(&self) {
        self.stop.notify_one();
    }

    fn is_over(&self) -> bool {
        self.state().outcome.is_some()
    }

    async fn over(mut self) {
        while self.changed().await.outcome.is_none() {}
    }
}

/// All of them. Clones are of the same ones.
#[derive(Clone, Default)]
pub(super) struct Transfers(Arc<Mutex<Vec<Transfer>>>);

impl Transfers {
    /// Begins one, unless there are too many.
    pub(super) fn begin(&self, order: Order) -> Result<Transfer, Failure> {
        let (server, state) = (order.server.origin().to_owned(), State::new(order.role(), order.code()));
        self.run(server, state, |tell, stop| order.carry_out(tell, stop.notified()))
    }

    fn run(
        &self,
        server: String,
        state: State,
        work: impl FnOnce(&mut dyn FnMut(Told), &Notify) -> Result<Done, Failure> + Send + 'static,
    ) -> Result<Transfer, Failure> {
        let mut all = self.all();
        if all.iter().filter(|transfer| !transfer.is_over()).count() >= AT_ONCE {
            return Err(words::too_many());
        }
        let (tell, state) = watch::channel(state);
        let transfer = Transfer { server, state, stop: Arc::default() };
        let stop = Arc::clone(&transfer.stop);
        let carry_out = move || {
            let outcome = work(&mut |told| tell.send_modify(|state| state.take(told)), &stop);
            tell.send_modify(|state| state.end(outcome));
        };
        Builder::new().name("transfer".to_owned()).spawn(carry_out).map_err(|error| words::out_of_resources(&error))?;
        remember(&mut all, transfer.clone());
        Ok(transfer)
    }

    /// The latest in a session.
    pub(super) fn of_session(&self, code: SessionCode) -> Option<Transfer> {
        self.all().iter().rev().find(|transfer| transfer.state.borrow().code == Some(code)).cloned()
    }

    /// Cancels all that are under way.
    pub(super) fn cancel_all(&self) {
        self.all().iter().for_each(Transfer::cancel);
    }

    /// Cancels all, and waits until the other sides know.
    pub(super) async fn end(&self) {
        self.cancel_all();
        let all = self.all().clone();
        let over = async {
            for transfer in all {
                transfer.over().await;
            }
        };
        // Who does not take a farewell notices by itself.
        let _ = timeout(FAREWELL, over).await;
    }

    fn all(&self) -> MutexGuard<'_, Vec<Transfer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remember(all: &mut Vec<Transfer>, transfer: Transfer) {
    if all.len() >= REMEMBERED
        && let Some(oldest) = all.iter().position(Transfer::is_over)
    {
        all.remove(oldest);
    }
    all.push(transfer);
}

/// Whether a sender's link can be shared, or never will be.
pub(super) fn has_begun(state: &State) -> bool {
    state.outcome.is_some() || (state.role == Role::Sender && state.stage != Stage::Starting)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    const CODE: &str = "K7MX4QPR9W2N";

    fn code() -> SessionCode {
        CODE.parse().expect("a code")
    }

    fn done() -> Result<Done, Failure> {
        Ok(Done { duration: Duration::ZERO, bytes: 0, files: Vec::new() })
    }

    /// A transfer that goes on until it is told to end.
    fn endless(transfers: &Transfers) -> Result<(Transfer, Sender<()>), Failure> {
        let (end, told) = channel();
        let transfer =
            transfers.run("http://127.0.0.1:1".to_owned(), State::new(Role::Receiver, Some(code())), move |_, _| {
                told.recv().map_err(|_| ErrorCode::Internal)?;
                done()
            })?;
        Ok((transfer, end))
    }

    #[tokio::test]
    async fn five_go_on_at_once_and_the_sixth_waits_for_one_to_end() {
        let transfers = Transfers::default();
        let mut running: Vec<_> = (0..AT_ONCE).map(|_| endless(&transfers).expect("there is room")).collect();
        let failure = endless(&transfers).err().expect("there is none left");
        assert!(failure.message.starts_with("5 transfers are under way") && failure.retryable, "{failure:?}");
        let (transfer, end) = running.pop().expect("there are five");
        end.send(()).expect("it waits for that");
        transfer.clone().over().await;
        assert_eq!(transfer.state().outcome, Some(done()));
        endless(&transfers).expect("there is room again");
    }

    #[tokio::test]
    async fn what_a_transfer_tells_is_known_of_its_session() {
        let transfers = Transfers::default();
        assert!(transfers.of_session(code()).is_none());
        let began = transfers.run("http://127.0.0.1:1".to_owned(), State::new(Role::Sender, None), |tell, _| {
            let (share_url, expires_at) = (format!("http://127.0.0.1:1/{CODE}"), String::new());
            tell(Told::Session { code: code(), share_url, expires_at });
            Err(ErrorCode::Timeout.into())
        });
        began.expect("there is room").over().await;
        let state = transfers.of_session(code()).expect("it is remembered").state();
        assert_eq!((state.status(), state.share_url.as_deref()), ("error", Some("http://127.0.0.1:1/K7MX4QPR9W2N")));
        assert!(has_begun(&state));
    }

    #[tokio::test]
    async fn the_end_cancels_all_and_waits_for_them() {
        let transfers = Transfers::default();
        let until_stopped = |_: &mut dyn FnMut(Told), stop: &Notify| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(stop.notified());
            Err(ErrorCode::Cancelled.into())
        };
        let begin = || transfers.run(String::new(), State::new(Role::Sender, None), until_stopped).expect("there is room");
        let both = [begin(), begin()];
        transfers.end().await;
        assert!(both.iter().all(|transfer| transfer.state().status() == "cancelled"));
    }

    #[tokio::test]
    async fn a_transfer_that_breaks_down_has_failed_and_leaves_its_place() {
        let transfers = Transfers::default();
        let broken = transfers.run(String::new(), State::new(Role::Sender, None), |_, _| panic!("broken"));
        let broken = broken.expect("there is room");
        broken.clone().over().await;
        assert_eq!(broken.state().outcome, Some(Err(ErrorCode::Internal.into())));
        assert!(broken.is_over());
    }

    #[tokio::test]
    async fn old_ones_are_forgotten_and_those_under_way_are_not() {
        let transfers = Transfers::default();
        let (running, _end) = endless(&transfers).expect("there is room");
        for _ in 0..=REMEMBERED {
            let over = transfers.run(String::new(), State::new(Role::Sender, None), |_, _| done());
            over.expect("there is room").over().await;
        }
        assert_eq!(transfers.all().len(), REMEMBERED);
        assert!(!running.is_over() && transfers.of_session(code()).is_some());
    }
}
