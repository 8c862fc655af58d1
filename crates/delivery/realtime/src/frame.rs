//! The few WebSocket frames a server writes (RFC 6455 §5.2): never masked, never fragmented.

use bytes::{BufMut, Bytes, BytesMut};

/// Why a socket was closed (RFC 6455 §7.4; 4000–4999 are Kabar's own, see `docs/WS.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// 1000: the client closed, and this confirms it.
    Normal,
    /// 1002: the client broke the WebSocket protocol.
    Protocol,
    /// 1007: a text frame that is not UTF-8.
    NotUtf8,
    /// 1009: a frame or message larger than the limit.
    TooBig,
    /// 1011: the server could not go on with this connection.
    Failure,
    /// 1012: the server restarts.
    Restart,
    /// 4008: the client reads too slowly.
    TooSlow,
    /// 4400: not a command of Kabar's protocol.
    BadCommand,
    /// 4401: not authenticated, expired or revoked.
    Unauthenticated,
    /// 4408: no authentication or no sign of life in time.
    TimedOut,
    /// 4429: too many commands.
    TooMany,
}

impl CloseCode {
    /// The code on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
            Self::TooBig => 1009,
            Self::Failure => 1011,
            Self::Restart => 1012,
            Self::TooSlow => 4008,
            Self::BadCommand => 4400,
            Self::Unauthenticated => 4401,
            Self::TimedOut => 4408,
            Self::TooMany => 4429,
        }
    }

    /// The reason on the wire, at most 123 bytes.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::Protocol => "protocol error",
            Self::NotUtf8 => "text is not UTF-8",
            Self::TooBig => "message too big",
            Self::Failure => "internal failure",
            Self::Restart => "server restart",
            Self::TooSlow => "reads too slowly",
            Self::BadCommand => "not a command",
            Self::Unauthenticated => "not authenticated",
            Self::TimedOut => "timed out",
            Self::TooMany => "too many commands",
        }
    }
}

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Most bytes of a control frame's payload (RFC 6455 §5.5).
const CONTROL_MAX: usize = 125;

fn put_header(out: &mut BytesMut, opcode: u8, length: usize) {
    out.put_u8(FIN | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short <= 125 => out.put_u8(short),
        (_, Ok(middle)) => {
            out.put_u8(126);
            out.put_u16(middle);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(u64::try_from(length).unwrap_or(u64::MAX));
        }
    }
}

fn frame(opcode: u8, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(payload.len().saturating_add(10));
    put_header(&mut out, opcode, payload.len());
    out.put_slice(payload);
    out.freeze()
}

/// A text frame.
pub fn text(payload: &[u8]) -> Bytes {
    frame(TEXT, payload)
}

/// An empty ping.
pub fn ping() -> Bytes {
    frame(PING, &[])
}

/// The answer to a ping, with its payload, of which at most 125 bytes are legal.
pub fn pong(payload: &[u8]) -> Bytes {
    frame(PONG, payload.get(..CONTROL_MAX).unwrap_or(payload))
}

/// A close frame.
pub fn close(code: CloseCode) -> Bytes {
    let mut payload = BytesMut::with_capacity(CONTROL_MAX);
    payload.put_u16(code.code());
    payload.put_slice(code.reason().as_bytes());
    frame(CLOSE, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_three_forms_of_the_rfc() {
        assert_eq!(&text(b"hi")[..], b"\x81\x02hi");
        assert_eq!(&text(&[b'x'; 125])[..2], b"\x81\x7d");
        assert_eq!(&text(&[b'x'; 126])[..4], b"\x81\x7e\x00\x7e");
        assert_eq!(&text(&vec![b'x'; 65_535])[..4], b"\x81\x7e\xff\xff");
        assert_eq!(&text(&vec![b'x'; 65_536])[..10], b"\x81\x7f\0\0\0\0\0\x01\0\0");
    }

    #[test]
    fn control_frames_stay_small() {
        assert_eq!(pong(&[0; 200]).len(), 2 + 125);
        assert_eq!(&ping()[..], b"\x89\x00");
        assert_eq!(&close(CloseCode::Restart)[..4], b"\x88\x10\x03\xf4");
    }
}
