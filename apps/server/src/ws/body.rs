//! What a socket sends: the frames of its connection, as the body of the upgrade's response.
//!
//! The dispatcher asks for more only while the socket takes it, so a slow reader leaves the frames in
//! the connection's bounded queue.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};
use kabar_realtime::{CloseCode, Connection};

/// The body of an upgraded response.
pub(super) struct Frames {
    connection: Arc<Connection>,
    /// The body that actix-ws made. Never polled; when it is dropped with this one, the stream of
    /// incoming messages ends.
    _signal: BoxBody,
}

impl Frames {
    pub(super) const fn new(connection: Arc<Connection>, signal: BoxBody) -> Self {
        Self { connection, _signal: signal }
    }
}

impl MessageBody for Frames {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.connection.poll_frames(cx).map(|frames| frames.map(Ok))
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        // Either the close frame went out and this changes nothing, or the peer is gone.
        self.connection.close(CloseCode::Normal);
    }
}
