//! Looks at the headers of a client's frames before anything of them is buffered.
//!
//! The frame decoder behind it keeps a frame until it is whole, however large it announced itself,
//! and checks the limit only then (measured with actix-ws 0.4). So the limit, and what else a header
//! alone can break (RFC 6455 §5), is checked here, as the bytes come by: they are passed on unchanged
//! up to the first header that is not acceptable, and then the stream ends.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{error::PayloadError, web::Bytes};
use futures_util::Stream;
use kabar_realtime::CloseCode;

/// Fragments one message may come in: a client that cuts 64 KiB into pieces of 1 KiB needs 64.
const MAX_FRAGMENTS: u32 = 1024;

/// Why the stream ended, if it was the guard that ended it.
pub(super) type Verdict = Rc<Cell<Option<CloseCode>>>;

/// The guard around the raw bytes of a socket.
pub(super) struct FrameGuard<S> {
    payload: S,
    frames: Frames,
    verdict: Verdict,
}

impl<S> FrameGuard<S> {
    pub(super) fn new(payload: S, max: usize) -> (Self, Verdict) {
        let verdict = Verdict::default();
        let frames = Frames::new(u64::try_from(max).unwrap_or(u64::MAX));
        (Self { payload, frames, verdict: Rc::clone(&verdict) }, verdict)
    }
}

impl<S> Stream for FrameGuard<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.verdict.get().is_some() {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut this.payload).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &polled
            && let Err(code) = this.frames.pass(bytes)
        {
            this.verdict.set(Some(code));
            return Poll::Ready(None);
        }
        polled
    }
}

/// Where in the stream of frames the next byte stands.
struct Frames {
    max: u64,
    header: [u8; 14],
    /// Bytes of the header that are there.
    have: usize,
    /// Bytes of the payload that are still to come.
    payload: u64,
    /// Bytes and frames of the fragmented message under way.
    message: Option<(u64, u32)>,
}

impl Frames {
    const fn new(max: u64) -> Self {
        Self { max, header: [0; 14], have: 0, payload: 0, message: None }
    }

    /// Follows the bytes of any piece of the stream.
    fn pass(&mut self, mut bytes: &[u8]) -> Result<(), CloseCode> {
        loop {
            let skip = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
            self.payload = self.payload.saturating_sub(u64::try_from(skip).unwrap_or(u64::MAX));
            bytes = bytes.get(skip..).unwrap_or_default();
            let Some((&byte, rest)) = bytes.split_first() else { return Ok(()) };
            bytes = rest;
            if let Some(place) = self.header.get_mut(self.have) {
                *place = byte;
            }
            self.have = self.have.saturating_add(1);
            if let Some(payload) = self.header_done()? {
                self.payload = payload;
                self.have = 0;
            }
        }
    }

    /// The length of the payload once the header is whole, mask included.
    fn header_done(&mut self) -> Result<Option<u64>, CloseCode> {
        let [first, second, extended @ ..] = self.header;
        if self.have == 1 {
            return if first & 0x70 == 0 { Ok(None) } else { Err(CloseCode::Protocol) };
        }
        if second & 0x80 == 0 {
            // RFC 6455 §5.1: a client masks its frames.
            return Err(CloseCode::Protocol);
        }
        let [e0, e1, e2, e3, e4, e5, e6, e7, ..] = extended;
        let (length_bytes, length) = match second & 0x7f {
            126 => (2, u64::from(u16::from_be_bytes([e0, e1]))),
            127 => (8, u64::from_be_bytes([e0, e1, e2, e3, e4, e5, e6, e7])),
            short => (0, u64::from(short)),
        };
        if self.have == 2 + length_bytes {
            self.check(first, length)?;
        }
        Ok((self.have == 2 + length_bytes + 4).then_some(length))
    }

    /// Whether a frame with this first byte and length may come now.
    fn check(&mut self, first: u8, length: u64) -> Result<(), CloseCode> {
        let (last, opcode) = (first & 0x80 != 0, first & 0x0f);
        match (opcode, self.message) {
            // Control frames: short, in one piece, between any others (§5.5).
            (0x8..=0xA, _) if last && length <= 125 => Ok(()),
            // Text or binary, when no message is under way.
            (0x1 | 0x2, None) => {
                if length > self.max {
                    return Err(CloseCode::TooBig);
                }
                self.message = (!last).then_some((length, 1));
                Ok(())
            }
            // Continuation of the message under way.
            (0x0, Some((bytes, frames))) => {
                let (bytes, frames) = (bytes.saturating_add(length), frames.saturating_add(1));
                if bytes > self.max || frames > MAX_FRAGMENTS {
                    return Err(CloseCode::TooBig);
                }
                self.message = (!last).then_some((bytes, frames));
                Ok(())
            }
            _ => Err(CloseCode::Protocol),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(first: u8, length: u64) -> Vec<u8> {
        let mut bytes = vec![first];
        match length {
            0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..=65_535 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes.extend([1, 2, 3, 4]);
        bytes
    }

    fn whole(first: u8, length: u64) -> Vec<u8> {
        let mut bytes = frame(first, length);
        bytes.resize(bytes.len() + usize::try_from(length).unwrap(), 0xff);
        bytes
    }

    fn verdict(bytes: &[u8]) -> Result<(), CloseCode> {
        Frames::new(1000).pass(bytes)
    }

    #[test]
    fn a_frame_that_announces_too_much_is_refused_at_its_header() {
        assert_eq!(verdict(&frame(0x81, 1000)), Ok(()));
        assert_eq!(verdict(&frame(0x81, 1001)), Err(CloseCode::TooBig));
        assert_eq!(verdict(&frame(0x82, 10 << 30)), Err(CloseCode::TooBig));
        assert_eq!(verdict(&frame(0x81, u64::MAX)), Err(CloseCode::TooBig));
    }

    #[test]
    fn fragments_are_counted_together() {
        let mut bytes = whole(0x01, 600);
        assert_eq!(verdict(&bytes), Ok(()));
        bytes.extend(frame(0x00, 401));
        assert_eq!(verdict(&bytes), Err(CloseCode::TooBig));
        let mut empty = whole(0x01, 0);
        for _ in 0..MAX_FRAGMENTS {
            empty.extend(whole(0x00, 0));
        }
        assert_eq!(verdict(&empty), Err(CloseCode::TooBig));
    }

    #[test]
    fn what_the_protocol_forbids_is_refused() {
        assert_eq!(verdict(&frame(0xc1, 1)), Err(CloseCode::Protocol), "a reserved bit");
        assert_eq!(verdict(&[0x81, 0x01]), Err(CloseCode::Protocol), "not masked");
        assert_eq!(verdict(&frame(0x80, 1)), Err(CloseCode::Protocol), "nothing to continue");
        assert_eq!(verdict(&frame(0x89, 126)), Err(CloseCode::Protocol), "a long ping");
        assert_eq!(verdict(&frame(0x09, 1)), Err(CloseCode::Protocol), "a fragmented ping");
        assert_eq!(verdict(&frame(0x83, 1)), Err(CloseCode::Protocol), "an unknown opcode");
        let mut interrupted = whole(0x01, 1);
        interrupted.extend(frame(0x81, 1));
        assert_eq!(verdict(&interrupted), Err(CloseCode::Protocol), "a message in a message");
    }

    proptest! {
        #[test]
        fn the_verdict_does_not_depend_on_how_the_bytes_are_cut(
            frames in prop::collection::vec((prop::sample::select(vec![0x81_u8, 0x01, 0x00, 0x80, 0x89, 0x82]), 0_u64..700), 1..8),
            cuts in prop::collection::vec(1_usize..50, 1..200),
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|(first, length)| whole(*first, *length)).collect();
            let at_once = verdict(&bytes);
            let mut guard = Frames::new(1000);
            let mut rest = &bytes[..];
            let mut in_pieces = Ok(());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() || in_pieces.is_err() { break; }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                in_pieces = guard.pass(piece);
                rest = after;
            }
            prop_assert_eq!(at_once, in_pieces);
        }

        #[test]
        fn no_bytes_make_it_fail_otherwise(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let _ = verdict(&bytes);
        }
    }
}
