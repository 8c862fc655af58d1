//! Bytes that no client would write, and a reader that reads when it is told to.

use anyhow::Context as _;
use kabar_testkit::{
    PATIENCE,
    client::{Account, Auth, raw_socket},
};
use serde_json::json;
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

pub(crate) const FIN: u8 = 0x80;
pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const PING: u8 = 0x9;

/// The header of a masked frame. The mask is zero, so that the payload stands there as it is.
pub(crate) fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => bytes.push(0x80 | short),
        (_, Ok(middle)) => {
            bytes.push(0x80 | 126);
            bytes.extend(middle.to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes
}

/// A masked frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend(payload);
    bytes
}

/// A text frame.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(FIN | TEXT, payload.as_bytes())
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Text(String),
    Control,
    Close(u16),
    /// The connection is over.
    End,
}

/// A socket as bytes.
#[derive(Debug)]
pub(crate) struct RawSocket {
    reader: Reader,
    writer: OwnedWriteHalf,
}

#[derive(Debug)]
struct Reader {
    stream: OwnedReadHalf,
    bytes: Vec<u8>,
}

impl RawSocket {
    /// A socket of nobody.
    pub(crate) async fn open(base: &str) -> anyhow::Result<Self> {
        Ok(Self::over(raw_socket(base, Auth::Nobody).await?))
    }

    /// A socket of somebody, which is ready.
    pub(crate) async fn ready(account: &Account) -> anyhow::Result<Self> {
        Self::open(account.http.base()).await?.say_who(account).await
    }

    /// The same, and the system keeps little of what is not read.
    pub(crate) async fn slow(account: &Account) -> anyhow::Result<Self> {
        let stream = raw_socket(account.http.base(), Auth::Nobody).await?;
        SockRef::from(&stream).set_recv_buffer_size(64 * 1024)?;
        Self::over(stream).say_who(account).await
    }

    async fn say_who(self, account: &Account) -> anyhow::Result<Self> {
        let mut socket = self;
        let auth = json!({ "event": "auth", "data": { "token": account.access_token } });
        socket.write(&text(&auth.to_string())).await?;
        loop {
            match socket.next().await? {
                Said::Text(said) if said.contains("\"ready\"") => return Ok(socket),
                Said::Text(_) | Said::Control => {}
                said => anyhow::bail!("not ready: {said:?}"),
            }
        }
    }

    fn over(stream: TcpStream) -> Self {
        let (stream, writer) = stream.into_split();
        Self { reader: Reader { stream, bytes: Vec::new() }, writer }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = timeout(PATIENCE, self.writer.write_all(bytes)).await;
        written.context("the server reads no more")?.context("the server is gone")
    }

    /// What the server says next.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Said> {
        timeout(PATIENCE, self.reader.next()).await.context("the server says nothing")
    }

    /// Reads until the socket is closed; answers the code.
    pub(crate) async fn closed(&mut self) -> anyhow::Result<Option<u16>> {
        timeout(PATIENCE, self.reader.closed()).await.context("the socket is not closed")
    }

    /// Writes these bytes over and over, as often as the server takes them, whatever it says, which
    /// is read meanwhile; answers how many bytes were taken and the code the socket was closed with.
    pub(crate) async fn pour(
        &mut self,
        bytes: &[u8],
        times: usize,
    ) -> anyhow::Result<(usize, Option<u16>)> {
        let (reader, writer) = (&mut self.reader, &mut self.writer);
        let pouring = async {
            let mut taken = 0;
            for _ in 0..times {
                if writer.write_all(bytes).await.is_err() {
                    break;
                }
                taken += bytes.len();
            }
            taken
        };
        let both = async { tokio::join!(pouring, reader.closed()) };
        timeout(PATIENCE, both).await.context("the socket is not closed")
    }
}

impl Reader {
    async fn next(&mut self) -> Said {
        loop {
            if let Some(said) = self.frame() {
                return said;
            }
            // A connection that was reset is over as well.
            if self.stream.read_buf(&mut self.bytes).await.unwrap_or(0) == 0 {
                return Said::End;
            }
        }
    }

    async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.next().await {
                Said::End => return None,
                Said::Close(code) => return Some(code),
                Said::Text(_) | Said::Control => {}
            }
        }
    }

    /// The next frame if all of it is there. A server's frames are whole and not masked.
    fn frame(&mut self) -> Option<Said> {
        let (&first, &second) = (self.bytes.first()?, self.bytes.get(1)?);
        let (start, length) = match second {
            126 => (4, u64::from(u16::from_be_bytes(self.bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(self.bytes.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        let end = start + usize::try_from(length).ok()?;
        let payload = self.bytes.get(start..end)?;
        let said = match first & 0x0f {
            TEXT => Said::Text(String::from_utf8_lossy(payload).into_owned()),
            0x8 => {
                let code = payload.get(..2).and_then(|code| code.try_into().ok());
                Said::Close(code.map_or(0, u16::from_be_bytes))
            }
            _ => Said::Control,
        };
        self.bytes.drain(..end);
        Some(said)
    }
}
