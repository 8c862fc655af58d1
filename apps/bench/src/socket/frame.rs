//! Frames of RFC 6455 §5, as much of them as this client meets: it sends unfragmented masked frames
//! and reads unfragmented unmasked ones.

/// The largest frame that is accepted, far above what the protocol allows the server to send.
const MAX_PAYLOAD: usize = 16 * 1024 * 1024;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// A whole text message.
    Text,
    /// The end.
    Close,
    /// Asks for a pong with the same payload.
    Ping,
    /// Answers a ping.
    Pong,
}

impl Opcode {
    const fn code(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// One frame at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is.
    pub opcode: Opcode,
    /// What it carries.
    pub payload: &'a [u8],
    /// Bytes of the whole frame.
    pub length: usize,
}

/// Decodes the frame at the start of a buffer; `None` when it is not complete yet.
///
/// # Errors
/// The bytes are not a frame that a server may send here.
pub fn decode(buffer: &[u8]) -> Result<Option<Frame<'_>>, &'static str> {
    let Some(&[first, second]) = buffer.first_chunk() else {
        return Ok(None);
    };
    if first & 0x80 == 0 {
        return Err("a fragmented message, which this client does not read");
    }
    let opcode = match first & 0x7f {
        1 => Opcode::Text,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err("an unknown kind of frame or a reserved bit"),
    };
    let after = buffer.get(2..).unwrap_or_default();
    let (header, size) = match second {
        0..=125 => (2, u64::from(second)),
        126 => match after.first_chunk() {
            Some(bytes) => (4, u64::from(u16::from_be_bytes(*bytes))),
            None => return Ok(None),
        },
        127 => match after.first_chunk() {
            Some(bytes) => (10, u64::from_be_bytes(*bytes)),
            None => return Ok(None),
        },
        _ => return Err("a masked frame from a server"),
    };
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size <= MAX_PAYLOAD)
        .ok_or("a frame above 16 MiB")?;
    let length = header + size;
    Ok(buffer.get(header..length).map(|payload| Frame { opcode, payload, length }))
}

/// Appends one masked frame.
pub fn encode(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], key: [u8; 4]) {
    out.reserve(payload.len() + 14);
    out.push(0x80 | opcode.code());
    match u16::try_from(payload.len()) {
        Ok(size @ 0..=125) => out.push(0x80 | u8::try_from(size).unwrap_or(0)),
        Ok(size) => {
            out.push(0x80 | 126);
            out.extend_from_slice(&size.to_be_bytes());
        }
        Err(_) => {
            out.push(0x80 | 127);
            out.extend_from_slice(&u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    for chunk in out.get_mut(start..).unwrap_or_default().chunks_mut(4) {
        for (byte, key) in chunk.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

/// Keys to mask with: a new one each frame (RFC 6455 §5.3), so that the server pays for unmasking
/// what it would pay for with any client. They hide nothing here, so a xorshift generator does.
#[derive(Debug)]
pub struct MaskKeys(u64);

impl MaskKeys {
    /// Keys that start at random.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().as_u64_pair().0 | 1)
    }

    /// The next key.
    pub const fn next_key(&mut self) -> [u8; 4] {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [a, b, c, d, ..] = self.0.to_be_bytes();
        [a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame as a server sends it.
    fn unmasked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&mut bytes, opcode, payload, [0; 4]);
        let header = match payload.len() {
            0..=125 => 2,
            126..=65_535 => 4,
            _ => 10,
        };
        bytes[1] &= 0x7f;
        bytes.drain(header..header + 4);
        bytes
    }

    #[test]
    fn frames_of_every_length_read_back_and_no_part_of_one_does() {
        for size in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            let payload = vec![b'x'; size];
            let bytes = unmasked(Opcode::Text, &payload);
            let frame = decode(&bytes).unwrap().unwrap();
            assert_eq!((frame.payload, frame.length), (&payload[..], bytes.len()));
            for cut in [0, 1, 2, 3, 9, bytes.len() - 1] {
                if cut < bytes.len() {
                    assert_eq!(decode(&bytes[..cut]), Ok(None), "{cut} of {}", bytes.len());
                }
            }
        }
    }

    #[test]
    fn a_masked_frame_is_the_one_of_the_standard() {
        // RFC 6455 §5.7: a single-frame masked text message of "Hello".
        let mut bytes = Vec::new();
        encode(&mut bytes, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(bytes, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn frames_that_no_server_may_send_are_refused() {
        assert!(decode(&[0x01, 0x01, b'x']).is_err(), "fragmented");
        assert!(decode(&[0x81, 0x81, 0, 0, 0, 0, b'x']).is_err(), "masked");
        assert!(decode(&[0x83, 0x00]).is_err(), "reserved opcode");
        assert!(decode(&[0xc1, 0x00]).is_err(), "compressed");
        assert!(decode(&[0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0]).is_err(), "endless");
    }

    #[test]
    fn mask_keys_change() {
        let mut keys = MaskKeys::random();
        assert_ne!(keys.next_key(), keys.next_key());
    }
}
