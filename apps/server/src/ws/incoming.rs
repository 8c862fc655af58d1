//! What a socket receives.

use std::{future::poll_fn, io, pin::Pin, sync::Arc, task::Poll};

use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError};
use futures_util::Stream;
use kabar_realtime::{CloseCode, Connection};

use super::frame_guard::Verdict;

/// The stream of a socket's messages, which ends when either side closes.
pub(super) struct Incoming {
    stream: AggregatedMessageStream,
    verdict: Verdict,
    connection: Arc<Connection>,
}

impl Incoming {
    pub(super) const fn new(
        stream: AggregatedMessageStream,
        verdict: Verdict,
        connection: Arc<Connection>,
    ) -> Self {
        Self { stream, verdict, connection }
    }

    /// The next message; `None` once the connection is closed from here, or `Err` with the code to
    /// close it with.
    pub(super) async fn next(&mut self) -> Option<Result<AggregatedMessage, CloseCode>> {
        poll_fn(|cx| {
            if self.connection.poll_closed(cx).is_ready() {
                return Poll::Ready(None);
            }
            Pin::new(&mut self.stream).poll_next(cx).map(|next| match next {
                Some(Ok(message)) => Some(Ok(message)),
                Some(Err(error)) => Some(Err(self.blame(&error))),
                None => Some(Err(self.verdict.get().unwrap_or(CloseCode::Normal))),
            })
        })
        .await
    }

    fn blame(&self, error: &ProtocolError) -> CloseCode {
        match (self.verdict.get(), error) {
            (Some(code), _) => code,
            (None, ProtocolError::Overflow) => CloseCode::TooBig,
            (None, ProtocolError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                CloseCode::NotUtf8
            }
            (None, _) => CloseCode::Protocol,
        }
    }
}
