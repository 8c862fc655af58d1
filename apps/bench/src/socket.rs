//! A WebSocket client that spends little: frames are decoded where they lie, and what is written
//! between two reads leaves in one write.

pub mod frame;
mod upgrade;

use std::io;

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use frame::{Frame, Opcode};

/// Room made in the read buffer before each read.
const READ_ROOM: usize = 8 * 1024;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The server closed it, with this code (1005: without one) and reason.
    #[error("closed with {code} {reason}")]
    Closed {
        /// The close code.
        code: u16,
        /// What the server said about it.
        reason: String,
    },
    /// The connection broke without a closing frame.
    #[error("broken off: {0}")]
    Broken(#[from] io::Error),
    /// The server broke the WebSocket protocol.
    #[error("not WebSocket: {0}")]
    Protocol(&'static str),
}

/// One open connection.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    inbox: BytesMut,
    outbox: Outbox,
}

/// Frames that wait to be written.
#[derive(Debug)]
pub struct Outbox {
    bytes: Vec<u8>,
    mask: frame::MaskKeys,
}

impl Outbox {
    /// Appends one text frame.
    pub fn text(&mut self, payload: &[u8]) {
        frame::encode(&mut self.bytes, Opcode::Text, payload, self.mask.next_key());
    }

    fn pong(&mut self, payload: &[u8]) {
        frame::encode(&mut self.bytes, Opcode::Pong, payload, self.mask.next_key());
    }
}

impl Socket {
    /// Connects and upgrades; `authority` is `host:port`.
    ///
    /// # Errors
    /// The server cannot be reached or refuses the upgrade.
    pub async fn connect(authority: &str, token: &str) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let inbox = upgrade::upgrade(&mut stream, authority, token).await?;
        let outbox = Outbox { bytes: Vec::new(), mask: frame::MaskKeys::random() };
        Ok(Self { stream, inbox, outbox })
    }

    /// Says goodbye, as far as that goes without waiting (1000, RFC 6455 §7.4.1).
    pub fn close(mut self) {
        let key = self.outbox.mask.next_key();
        frame::encode(&mut self.outbox.bytes, Opcode::Close, &1000_u16.to_be_bytes(), key);
        // The other side may be gone already; there is nobody to tell.
        let _gone = self.flush();
    }

    /// Ends the connection without a closing frame.
    pub async fn break_off(&mut self) {
        self.outbox.bytes.clear();
        // A connection that cannot be shut down is broken already, which is what is wanted.
        let _broken = self.stream.shutdown().await;
    }

    /// The frames that wait to be written.
    pub const fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Waits until something was read, or until more can be written when frames wait. Can be dropped
    /// at any time without losing anything.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn wait(&mut self) -> Result<(), Ended> {
        let waiting = !self.outbox.bytes.is_empty();
        let (mut reading, writing) = self.stream.split();
        self.inbox.reserve(READ_ROOM);
        // Reading through `AsyncRead` knows from a short read that nothing is left, which saves the
        // system call that finds it out.
        tokio::select! {
            read = reading.read_buf(&mut self.inbox) => match read? {
                0 => Err(Ended::Broken(io::ErrorKind::UnexpectedEof.into())),
                _ => Ok(()),
            },
            writable = writing.writable(), if waiting => Ok(writable?),
        }
    }

    /// Writes what waits, as far as it goes without waiting.
    ///
    /// # Errors
    /// The connection broke.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let outcome = loop {
            let rest = self.outbox.bytes.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match self.stream.try_write(rest) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.outbox.bytes.drain(..written);
        outcome
    }

    /// Hands every complete text frame that was read to `on_text`, which may answer into the outbox.
    /// Pings are answered here.
    ///
    /// # Errors
    /// The connection ended. Frames before the end were handed over.
    pub fn take(&mut self, mut on_text: impl FnMut(&[u8], &mut Outbox)) -> Result<(), Ended> {
        loop {
            let Some(Frame { opcode, payload, length }) =
                frame::decode(&self.inbox).map_err(Ended::Protocol)?
            else {
                return Ok(());
            };
            match opcode {
                Opcode::Text => on_text(payload, &mut self.outbox),
                Opcode::Ping => self.outbox.pong(payload),
                Opcode::Pong => {}
                Opcode::Close => return Err(closed(payload)),
            }
            self.inbox.advance(length);
        }
    }
}

/// Reads the payload of a closing frame (RFC 6455 §5.5.1).
fn closed(payload: &[u8]) -> Ended {
    let code = payload.first_chunk().map_or(1005, |bytes| u16::from_be_bytes(*bytes));
    let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
    Ended::Closed { code, reason }
}
