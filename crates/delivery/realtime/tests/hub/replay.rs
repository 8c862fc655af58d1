//! A device that reads by itself what it missed, while others go on.

use kabar_chats::{
    Entry,
    ports::{LiveFeed as _, LogStore as _},
};
use kabar_kernel::{ConversationId, PageSize, Pos, UserId};
use kabar_realtime::Encoder as _;
use proptest::prelude::*;

use crate::{
    hints::paused_time,
    stage::{Seat, Seen, Stage},
};

#[tokio::test(start_paused = true)]
async fn a_paused_follower_is_sent_nothing_and_has_to_read_up_before_it_resumes() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut other = stage.connect(ayu).await;
    let mut seat = stage.connect(budi).await;
    assert!(seat.attach.pause(group).await);
    stage.post(group, ayu).await;
    other.until(Seen::Entry(group, 3)).await;
    assert_eq!(seat.attach.resume(group, Pos::new(2)).await, Err(Pos::new(3)));
    stage.post(group, ayu).await;
    other.until(Seen::Entry(group, 4)).await;
    assert_eq!(seat.attach.resume(group, Pos::new(3)).await, Err(Pos::new(4)));
    assert_eq!(seat.positions(group), [0; 0]);
    assert_eq!(seat.attach.resume(group, Pos::new(4)).await, Ok(()));
    stage.post(group, ayu).await;
    seat.until(Seen::Entry(group, 5)).await;
    assert_eq!(seat.positions(group), [5]);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_ahead_of_the_hints_is_not_sent_again() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut seat = stage.connect(budi).await;
    assert!(seat.attach.pause(group).await);
    stage.keep_hints();
    stage.post(group, ayu).await;
    stage.post(group, ayu).await;
    assert_eq!(seat.attach.resume(group, Pos::new(4)).await, Ok(()));
    stage.hub.entries(stage.hints());
    stage.post(group, ayu).await;
    seat.until(Seen::Entry(group, 5)).await;
    assert_eq!(seat.positions(group), [5]);
}

#[derive(Debug, Clone)]
enum Step {
    Commit,
    /// One of the hints that wait is delivered; kept for a repetition or not.
    Hint(prop::sample::Index, bool),
    /// One of the hints that wait is lost.
    Lose(prop::sample::Index),
    /// The client asks for what it missed: the live stream pauses.
    Pause,
    /// A page of the log is read and sent.
    Read(u16),
    /// The live stream goes on, if nothing was missed.
    Resume,
    Settle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        4 => Just(Step::Commit),
        4 => (index(), any::<bool>()).prop_map(|(index, keep)| Step::Hint(index, keep)),
        1 => index().prop_map(Step::Lose),
        1 => Just(Step::Pause),
        2 => (1_u16..6).prop_map(Step::Read),
        2 => Just(Step::Resume),
        2 => Just(Step::Settle),
    ];
    prop::collection::vec(step, 1..120)
}

/// A client with a cursor, and the server's part of its `sync`.
struct Client {
    seat: Seat,
    user: UserId,
    group: ConversationId,
    /// Up to where the client has everything.
    cursor: u64,
    /// Whether it asked for what it missed: from then on no hole is forgiven.
    asked: bool,
    /// Up to where the replay has sent, while it is under way.
    replayed: Option<Pos>,
}

impl Client {
    fn take(&mut self) {
        for seen in self.seat.drain() {
            let Seen::Entry(_, pos) = seen else { continue };
            if pos == self.cursor + 1 {
                self.cursor = pos;
            } else {
                assert!(pos <= self.cursor || !self.asked, "{pos} came after {}", self.cursor);
            }
        }
    }

    async fn pause(&mut self) {
        if self.replayed.is_none() {
            self.take();
            let from = Pos::new(self.cursor);
            assert!(self.seat.attach.pause(self.group).await);
            self.take();
            self.asked = true;
            self.replayed = Some(from);
        }
    }

    async fn read(&mut self, stage: &Stage, size: PageSize) {
        let Some(at) = self.replayed else { return };
        let page = stage.store.entries_after(self.group, self.user, at, size).await;
        for entry in page.unwrap().unwrap().items {
            self.replayed = Some(entry.pos);
            self.seat.connection().push(stage.lines.entry(&entry));
        }
    }

    async fn resume(&mut self) {
        if let Some(at) = self.replayed
            && self.seat.attach.resume(self.group, at).await.is_ok()
        {
            self.replayed = None;
        }
    }
}

async fn play(steps: Vec<Step>) {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let mut other = stage.connect(ayu).await;
    let seat = stage.connect(budi).await;
    let mut client = Client { seat, user: budi, group, cursor: 0, asked: false, replayed: None };
    let mut hints: Vec<Entry> = Vec::new();
    for step in steps {
        match step {
            Step::Commit => {
                stage.keep_hints();
                stage.post(group, ayu).await;
                hints.extend(stage.hints());
            }
            Step::Hint(index, keep) if !hints.is_empty() => {
                let index = index.index(hints.len());
                let hint = hints[index].clone();
                if !keep {
                    hints.remove(index);
                }
                stage.hub.entries(vec![hint]);
            }
            Step::Lose(index) if !hints.is_empty() => {
                hints.remove(index.index(hints.len()));
            }
            Step::Hint(..) | Step::Lose(_) => {}
            Step::Pause => client.pause().await,
            Step::Read(size) => client.read(&stage, PageSize::new(size).unwrap()).await,
            Step::Resume => client.resume().await,
            Step::Settle => stage.settled(group).await,
        }
        client.take();
        other.drain();
    }
    // The client asks at least once, and every sync comes to its end.
    client.pause().await;
    while client.replayed.is_some() {
        client.read(&stage, PageSize::DEFAULT).await;
        client.resume().await;
        client.take();
    }
    let head = stage.post(group, ayu).await;
    while client.cursor < head {
        assert!(client.seat.arrived().await, "{head} does not come");
        client.take();
    }
    other.until(Seen::Entry(group, head)).await;
    assert_eq!(other.positions(group), (3..=head).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_client_that_asks_for_what_it_missed_has_everything_and_no_hole_after(steps in steps()) {
        paused_time(play(steps));
    }
}
