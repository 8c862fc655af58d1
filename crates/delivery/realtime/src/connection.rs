//! One open socket, as a bounded queue of frames.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::{BufMut, Bytes, BytesMut};
use kabar_kernel::ConversationId;

use crate::frame::{self, CloseCode};

/// How much may wait for a socket before its connection is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// Frames.
    pub events: usize,
    /// Bytes of all of them together.
    pub bytes: usize,
}

impl Default for QueueLimits {
    /// 256 frames, 1 MiB.
    fn default() -> Self {
        Self { events: 256, bytes: 1024 * 1024 }
    }
}

/// Under load, this many bytes at most go out in one write.
const WRITE_MAX: usize = 64 * 1024;

/// The frame of an entry and that of the notice of it, which go out together where they can.
pub struct Noticed {
    entry: Bytes,
    notice: Bytes,
    both: Bytes,
}

impl Noticed {
    /// Puts the two together, once for all receivers.
    pub fn new(entry: Bytes, notice: Bytes) -> Self {
        let both = Bytes::from([entry.as_ref(), notice.as_ref()].concat());
        Self { entry, notice, both }
    }

    /// The frame of the notice.
    pub const fn notice(&self) -> &Bytes {
        &self.notice
    }
}

/// One open socket.
///
/// It goes through three stages. Until it is [opened](Self::open_with) nothing goes out. Then answers
/// do, while what the hub [tells](Self::tell) is held back, so that a client that says first what it
/// has is sent what it missed before what happens. Once [released](Self::release) everything goes out
/// as it comes.
///
/// Anybody may [`push`](Self::push) a frame; it is never waited for. The socket's writer takes frames
/// by [`poll_frames`](Self::poll_frames), as many as wait in one piece. When more waits than the limits
/// allow, what waits is thrown away and the connection is closed with [`CloseCode::TooSlow`]: the
/// client comes back and reads from the log what it missed.
pub struct Connection {
    limits: QueueLimits,
    queue: Mutex<Queue>,
    /// Seconds on the hub's coarse clock when the peer was last heard, and last pinged.
    heard: AtomicU32,
    pinged: AtomicU32,
}

struct Queue {
    frames: VecDeque<Bytes>,
    /// What the hub told before the release, each with the conversation it is an entry of.
    held: Vec<(Option<ConversationId>, Bytes)>,
    /// Bytes of both.
    bytes: usize,
    stage: Stage,
    closed: Option<CloseCode>,
    writer: Option<Waker>,
    reader: Option<Waker>,
    /// Whether the reader waits for room, and not only for the end.
    wants_room: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Shut,
    Holding,
    Released,
}

impl Connection {
    /// A connection whose writer takes nothing until it is [opened](Self::open_with) or closed.
    pub fn new(limits: QueueLimits, now: u32) -> Self {
        Self {
            limits,
            queue: Mutex::new(Queue {
                frames: VecDeque::new(),
                held: Vec::new(),
                bytes: 0,
                stage: Stage::Shut,
                closed: None,
                writer: None,
                reader: None,
                wants_room: false,
            }),
            heard: AtomicU32::new(now),
            pinged: AtomicU32::new(now),
        }
    }

    fn has_room(&self, queue: &Queue) -> bool {
        queue.waiting() <= self.limits.events / 2 && queue.bytes <= self.limits.bytes / 2
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing below panics while it holds the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `first` before everything that waits already, and lets the writer begin.
    pub fn open_with(&self, first: Bytes) {
        let mut queue = self.lock();
        if queue.closed.is_none() && queue.stage == Stage::Shut {
            queue.stage = Stage::Holding;
            queue.bytes = queue.bytes.saturating_add(first.len());
            queue.frames.push_front(first);
            queue.wake_writer();
        }
    }

    /// Lets out what the hub told, and everything it will tell.
    pub fn release(&self) {
        self.lock().release();
    }

    /// Forgets the entries of a conversation that were told and are held back: they are about to be
    /// read from the log. Nothing once released.
    pub fn forget_held(&self, conversation: ConversationId) {
        let mut queue = self.lock();
        let mut forgotten = 0;
        queue.held.retain(|(of, frame)| {
            let keep = *of != Some(conversation);
            forgotten += if keep { 0 } else { frame.len() };
            keep
        });
        queue.bytes = queue.bytes.saturating_sub(forgotten);
    }

    /// Queues a frame. `false` when the connection is closed, be it for this very frame.
    pub fn push(&self, frame: Bytes) -> bool {
        let mut queue = self.lock();
        if !self.admit(&mut queue, &frame) {
            return false;
        }
        queue.frames.push_back(frame);
        queue.wake_writer();
        true
    }

    /// Queues a frame of the hub's: an entry of a conversation, or something else. Held back until
    /// the release, for which half a queue is reason enough. `false` as for [`push`](Self::push).
    pub fn tell(&self, entry_of: Option<ConversationId>, frame: Bytes) -> bool {
        let mut queue = self.lock();
        self.admit(&mut queue, &frame) && self.put(&mut queue, entry_of, frame)
    }

    /// Queues a frame of the hub's that may be lost, if half a queue is free: nobody is cut off for
    /// what others type and read. `false` when the connection is closed.
    pub fn hint(&self, frame: Bytes) -> bool {
        let mut queue = self.lock();
        if queue.closed.is_none() && !self.has_room(&queue) {
            return true;
        }
        self.admit(&mut queue, &frame) && self.put(&mut queue, None, frame)
    }

    /// Queues an entry of a conversation and the notice of it, as [`tell`](Self::tell) does for each,
    /// but in one piece where nothing is held back: one event of the limit, and one write.
    pub fn tell_noticed(&self, conversation: ConversationId, noticed: &Noticed) -> bool {
        let mut queue = self.lock();
        if queue.stage == Stage::Released {
            return self.admit(&mut queue, &noticed.both)
                && self.put(&mut queue, None, noticed.both.clone());
        }
        self.admit(&mut queue, &noticed.entry)
            && self.put(&mut queue, Some(conversation), noticed.entry.clone())
            && self.admit(&mut queue, &noticed.notice)
            && self.put(&mut queue, None, noticed.notice.clone())
    }

    /// Puts a frame of the hub's that was admitted where it belongs; answers `true`.
    fn put(&self, queue: &mut Queue, entry_of: Option<ConversationId>, frame: Bytes) -> bool {
        if queue.stage == Stage::Released {
            queue.frames.push_back(frame);
            queue.wake_writer();
        } else {
            queue.held.push((entry_of, frame));
            if queue.stage == Stage::Holding && !self.has_room(queue) {
                queue.release();
            }
        }
        true
    }

    /// Makes room for a frame, or cuts the connection off.
    fn admit(&self, queue: &mut Queue, frame: &Bytes) -> bool {
        if queue.closed.is_some() {
            return false;
        }
        let waiting = queue.waiting();
        let bytes = queue.bytes.saturating_add(frame.len());
        // One frame alone is taken whatever its size: nobody was slow yet.
        if waiting >= self.limits.events || (bytes > self.limits.bytes && waiting > 0) {
            queue.frames.clear();
            queue.close(CloseCode::TooSlow);
            return false;
        }
        queue.bytes = bytes;
        true
    }

    /// Closes: what waits still goes out, but nothing that is held back; then the close frame, then
    /// nothing. Only the first close counts.
    pub fn close(&self, code: CloseCode) {
        self.lock().close(code);
    }

    /// Why it was closed; `None` while it is not.
    pub fn closed(&self) -> Option<CloseCode> {
        self.lock().closed
    }

    /// Ready once the connection is closed. For the one task that reads the socket.
    pub fn poll_closed(&self, cx: &Context<'_>) -> Poll<CloseCode> {
        let mut queue = self.lock();
        match queue.closed {
            Some(code) => Poll::Ready(code),
            None => {
                queue.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits until half of the queue is free, so that a replay does not cut its own reader off.
    /// `false` when the connection is closed. For the one task that reads the socket.
    pub async fn room(&self) -> bool {
        poll_fn(|cx| {
            let mut queue = self.lock();
            if queue.closed.is_some() {
                Poll::Ready(false)
            } else if self.has_room(&queue) {
                Poll::Ready(true)
            } else {
                queue.reader = Some(cx.waker().clone());
                queue.wants_room = true;
                Poll::Pending
            }
        })
        .await
    }

    /// What shall be written next: frames in order, as many as fit into one write; `None` at the end.
    /// For the one writer of the socket.
    pub fn poll_frames(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut queue = self.lock();
        if queue.stage == Stage::Shut && queue.closed.is_none() {
            queue.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let Some(first) = queue.frames.pop_front() else {
            if queue.closed.is_some() {
                return Poll::Ready(None);
            }
            queue.writer = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let mut length = first.len();
        let fitting = queue
            .frames
            .iter()
            .take_while(|frame| {
                length = length.saturating_add(frame.len());
                length <= WRITE_MAX
            })
            .count();
        let taken = if fitting == 0 {
            first
        } else {
            let mut taken = BytesMut::with_capacity(length.min(WRITE_MAX));
            taken.put_slice(&first);
            for frame in queue.frames.drain(..fitting) {
                taken.put_slice(&frame);
            }
            taken.freeze()
        };
        queue.bytes = queue.bytes.saturating_sub(taken.len());
        if queue.wants_room && self.has_room(&queue) {
            queue.wants_room = false;
            if let Some(reader) = queue.reader.take() {
                reader.wake();
            }
        }
        Poll::Ready(Some(taken))
    }

    /// Notes that something came from the peer.
    pub fn heard(&self, now: u32) {
        self.heard.store(now, Ordering::Relaxed);
    }

    /// Seconds since the peer was last heard.
    pub(crate) fn silent_for(&self, now: u32) -> u32 {
        now.saturating_sub(self.heard.load(Ordering::Relaxed))
    }

    /// Whether a ping is due every `interval` seconds, and if so, takes it as sent.
    pub(crate) fn ping_due(&self, now: u32, interval: u32) -> bool {
        let due = now.saturating_sub(self.pinged.load(Ordering::Relaxed)) >= interval;
        if due {
            self.pinged.store(now, Ordering::Relaxed);
        }
        due
    }
}

impl Queue {
    fn waiting(&self) -> usize {
        self.frames.len().saturating_add(self.held.len())
    }

    fn release(&mut self) {
        self.stage = Stage::Released;
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.frames.extend(held.into_iter().map(|(_, frame)| frame));
            self.wake_writer();
        }
    }

    fn close(&mut self, code: CloseCode) {
        if self.closed.is_none() {
            self.closed = Some(code);
            // Whoever closes before the release may do so because there is no right to hear.
            self.held = Vec::new();
            self.bytes = self.frames.iter().map(Bytes::len).sum();
            self.frames.push_back(frame::close(code));
            self.wake_writer();
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
    }

    fn wake_writer(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn take(connection: &Connection) -> Poll<Option<Bytes>> {
        connection.poll_frames(&Context::from_waker(Waker::noop()))
    }

    fn conversation(number: u8) -> ConversationId {
        format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()
    }

    fn open(limits: QueueLimits) -> Connection {
        let connection = Connection::new(limits, 0);
        connection.open_with(Bytes::from_static(b"ready"));
        connection
    }

    #[test]
    fn nothing_goes_out_before_the_frame_that_opens() {
        let connection = Connection::new(QueueLimits::default(), 0);
        assert!(connection.tell(None, Bytes::from_static(b"early")));
        assert_eq!(take(&connection), Poll::Pending);
        connection.open_with(Bytes::from_static(b"ready "));
        connection.release();
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"ready early"))));
        assert_eq!(take(&connection), Poll::Pending);
    }

    #[test]
    fn answers_go_out_before_what_is_held_back() {
        let connection = open(QueueLimits::default());
        let (read_again, other) = (conversation(1), conversation(2));
        assert!(connection.tell(Some(read_again), Bytes::from_static(b"7")));
        assert!(connection.tell(Some(other), Bytes::from_static(b"8")));
        assert!(connection.tell(None, Bytes::from_static(b"9")));
        connection.forget_held(read_again);
        assert!(connection.push(Bytes::from_static(b"6")));
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"ready6"))));
        assert_eq!(take(&connection), Poll::Pending);
        connection.release();
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"89"))));
        assert!(connection.tell(Some(other), Bytes::from_static(b"10")));
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"10"))));
    }

    fn noticed() -> Noticed {
        Noticed::new(Bytes::from_static(b"entry "), Bytes::from_static(b"notice "))
    }

    #[test]
    fn an_entry_and_its_notice_are_one_event_of_the_limit() {
        let connection = open(QueueLimits { events: 3, bytes: 1024 });
        connection.release();
        assert!(connection.tell_noticed(conversation(1), &noticed()));
        assert!(connection.tell_noticed(conversation(1), &noticed()));
        let taken = take(&connection);
        assert_eq!(
            taken,
            Poll::Ready(Some(Bytes::from_static(b"readyentry notice entry notice ")))
        );
        assert_eq!(connection.closed(), None);
    }

    #[test]
    fn a_notice_stays_when_its_entry_is_forgotten() {
        let connection = open(QueueLimits::default());
        assert!(connection.tell_noticed(conversation(1), &noticed()));
        connection.forget_held(conversation(1));
        connection.release();
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"readynotice "))));
    }

    #[test]
    fn a_hint_is_left_out_rather_than_that_it_cuts_off() {
        let connection = open(QueueLimits { events: 8, bytes: 1024 });
        connection.release();
        for _ in 0..100 {
            assert!(connection.hint(Bytes::from_static(b".")));
        }
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"ready...."))));
        assert!(connection.hint(Bytes::from_static(b"room")));
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"room"))));
        connection.close(CloseCode::Normal);
        assert!(!connection.hint(Bytes::from_static(b"late")));
    }

    #[test]
    fn half_a_queue_is_not_held_back_any_longer() {
        let connection = open(QueueLimits { events: 8, bytes: 1024 });
        for _ in 0..3 {
            assert!(connection.tell(None, Bytes::from_static(b"x")));
        }
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"ready"))));
        for _ in 0..2 {
            assert!(connection.tell(None, Bytes::from_static(b"x")));
        }
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"xxxxx"))));
    }

    #[test]
    fn who_is_closed_before_the_release_hears_nothing_of_it() {
        let connection = Connection::new(QueueLimits::default(), 0);
        assert!(connection.tell(None, Bytes::from_static(b"secret")));
        assert!(connection.push(Bytes::from_static(b"refused")));
        connection.close(CloseCode::Unauthenticated);
        let mut expected = b"refused".to_vec();
        expected.extend_from_slice(&frame::close(CloseCode::Unauthenticated));
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from(expected))));
        assert_eq!(take(&connection), Poll::Ready(None));
    }

    #[test]
    fn what_waits_goes_out_in_one_piece_and_in_order() {
        let connection = open(QueueLimits::default());
        for letter in [&b"a"[..], b"b", b"c"] {
            assert!(connection.push(Bytes::from(letter)));
        }
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from_static(b"readyabc"))));
    }

    #[test]
    fn a_slow_reader_is_cut_off_by_events() {
        let connection = open(QueueLimits { events: 4, bytes: 1024 });
        for _ in 0..3 {
            assert!(connection.push(Bytes::from_static(b"x")));
        }
        assert!(!connection.push(Bytes::from_static(b"x")));
        assert_eq!(connection.closed(), Some(CloseCode::TooSlow));
        assert_eq!(take(&connection), Poll::Ready(Some(frame::close(CloseCode::TooSlow))));
        assert_eq!(take(&connection), Poll::Ready(None));
    }

    #[test]
    fn a_slow_reader_is_cut_off_by_bytes() {
        let connection = open(QueueLimits { events: 100, bytes: 20 });
        assert!(connection.push(Bytes::from(vec![0; 15])));
        assert!(!connection.push(Bytes::from(vec![0; 1])));
        assert_eq!(connection.closed(), Some(CloseCode::TooSlow));
    }

    #[test]
    fn a_close_lets_out_what_waits_and_only_the_first_counts() {
        let connection = open(QueueLimits::default());
        connection.close(CloseCode::Restart);
        connection.close(CloseCode::TooSlow);
        assert!(!connection.push(Bytes::from_static(b"late")));
        let mut expected = b"ready".to_vec();
        expected.extend_from_slice(&frame::close(CloseCode::Restart));
        assert_eq!(take(&connection), Poll::Ready(Some(Bytes::from(expected))));
        assert_eq!(take(&connection), Poll::Ready(None));
    }

    #[test]
    fn a_large_backlog_goes_out_in_bounded_pieces() {
        let connection = open(QueueLimits::default());
        for _ in 0..10 {
            assert!(connection.push(Bytes::from(vec![1; 20_000])));
        }
        let mut total = 0;
        while let Poll::Ready(Some(piece)) = take(&connection) {
            assert!(piece.len() <= WRITE_MAX);
            total += piece.len();
        }
        assert_eq!(total, 200_005);
    }
}
