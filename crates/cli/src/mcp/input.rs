//! Standard input, whose end cancels everything: whoever asked is gone.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::transfers::Transfers;

/// Reads, and tells the transfers when there is no more to read.
pub(super) struct Input<R> {
    from: R,
    transfers: Transfers,
}

impl<R> Input<R> {
    pub(super) const fn new(from: R, transfers: Transfers) -> Self {
        Self { from, transfers }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.from).poll_read(context, into);
        match &read {
            Poll::Ready(Ok(())) if into.filled().len() > before || into.remaining() == 0 => {}
            Poll::Ready(_) => self.transfers.cancel_all(),
            Poll::Pending => {}
        }
        read
    }
}
