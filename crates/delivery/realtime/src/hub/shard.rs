//! One shard of the hub: a task that owns the conversations of its part.

use std::{sync::Arc, time::Duration};

use kabar_chats::{ConversationKind, Cursor, Entry, Event, Receipt, ports::LogStore};
use kabar_kernel::{ConversationId, Page, PageSize, PortResult, Pos, UserId};
use rustc_hash::FxHashMap;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    Hub, Missed,
    following::Following,
    outgoing::Outgoing,
    typing::{self, Typists},
};
use crate::Device;

/// How often devices that went are looked for in conversations where nothing happens.
const SWEEP: Duration = Duration::from_secs(10);

/// How long to wait after a failed read of the log before the next.
const HEAL_AGAIN: Duration = Duration::from_millis(200);

/// Entries read at once to fill a hole. Far fewer than a connection's queue takes: who reads as fast
/// as it can must not be cut off for what the server was late with.
const HEAL_PAGE: PageSize = match PageSize::new(64) {
    Ok(size) => size,
    Err(_) => PageSize::DEFAULT,
};

/// Messages taken at once from the inbox.
const BATCH: usize = 64;

/// What a shard is told.
pub(super) enum Message {
    /// These were committed.
    Entries(Vec<Entry>),
    /// A direct conversation was opened.
    Opened { conversation: ConversationId, members: Vec<UserId> },
    /// A device follows these, each with the head it was loaded at; answered with those that have to
    /// be loaded again.
    Attach {
        device: Arc<Device>,
        conversations: Vec<(ConversationId, ConversationKind, Pos)>,
        stale: oneshot::Sender<Vec<ConversationId>>,
    },
    /// A device reads this log by itself for a while; answered with whether it follows it.
    Pause { device: Arc<Device>, conversation: ConversationId, follows: oneshot::Sender<bool> },
    /// It has read up to `at`; answered with up to where it has to read first.
    Resume {
        device: Arc<Device>,
        conversation: ConversationId,
        at: Pos,
        behind: oneshot::Sender<Result<(), Pos>>,
    },
    /// A member has received, or read as well, up to here, and the others may see it.
    Receipt { receipt: Receipt, read: bool },
    /// The user of a device is typing; answered with whether it follows the conversation.
    Typing { device: Arc<Device>, conversation: ConversationId, taken: oneshot::Sender<bool> },
    /// What a read of the log answered.
    Healed { conversation: ConversationId, read: PortResult<Page<Entry>> },
}

/// The way to a shard.
#[derive(Clone)]
pub(super) struct ToShard {
    pub(super) sender: mpsc::Sender<Message>,
    pub(super) missed: Arc<Missed>,
}

impl ToShard {
    /// Tells of committed entries without waiting. When the shard's queue is full, it is told to read
    /// the log instead.
    pub(super) fn entries(&self, entries: Vec<Entry>) {
        if let Err(error) = self.sender.try_send(Message::Entries(entries))
            && let Message::Entries(entries) = error.into_inner()
        {
            self.missed.note(&entries);
        }
    }

    /// Tells of a new direct conversation without waiting. No entry of the log says it, so when the
    /// shard's queue is full, the message waits for its turn by itself.
    pub(super) fn opened(&self, conversation: ConversationId, members: Vec<UserId>) {
        if let Err(error) = self.sender.try_send(Message::Opened { conversation, members }) {
            let sender = self.sender.clone();
            tokio::spawn(async move { sender.send(error.into_inner()).await });
        }
    }

    /// Tells of a cursor that others may see, without waiting. When the shard's queue is full, it is
    /// left out: the next one says more, and who comes back asks for those that moved.
    pub(super) fn receipt(&self, cursor: &Cursor, read: bool) {
        let receipt = receipt_of(cursor);
        let _ = self.sender.try_send(Message::Receipt { receipt, read });
    }
}

/// What others see of a cursor.
pub(super) const fn receipt_of(cursor: &Cursor) -> Receipt {
    let Cursor { conversation, user, read_seq, delivered_seq, .. } = *cursor;
    Receipt { conversation, user, read_seq, delivered_seq }
}

pub(super) struct Shard {
    hub: Arc<Hub>,
    log: Arc<dyn LogStore>,
    to_self: ToShard,
    followings: FxHashMap<ConversationId, Following>,
    typists: Typists,
}

impl Shard {
    pub(super) fn new(hub: &Arc<Hub>, log: Arc<dyn LogStore>, to_self: ToShard) -> Self {
        Self {
            hub: Arc::clone(hub),
            log,
            to_self,
            followings: FxHashMap::default(),
            typists: Typists::default(),
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        let missed = Arc::clone(&self.to_self.missed);
        loop {
            tokio::select! {
                biased;
                () = missed.noticed.notified() => {
                    for (conversation, (first, last)) in missed.take() {
                        // Somebody may have been made a member by what was dropped, which entries
                        // of groups alone do.
                        let kind = ConversationKind::Group;
                        let following = self.begin(conversation, before(first), kind);
                        if following.is_unseen(first) {
                            following.rewind(before(first));
                        }
                        following.heard = following.heard.max(last);
                        self.heal(conversation);
                    }
                }
                // Before the inbox, which may never be empty.
                now = sweep.tick() => {
                    self.followings.retain(|_, following| following.sweep());
                    self.typists.sweep(now);
                }
                count = inbox.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    for message in batch.drain(..) {
                        self.handle(message);
                    }
                }
            }
        }
    }

    fn begin(
        &mut self,
        conversation: ConversationId,
        fanned: Pos,
        kind: ConversationKind,
    ) -> &mut Following {
        self.followings.entry(conversation).or_insert_with(|| Following::new(fanned, kind))
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Entries(entries) => {
                for entry in &entries {
                    self.hear(entry);
                }
            }
            Message::Opened { conversation, members } => self.opened(conversation, &members),
            Message::Attach { device, conversations, stale } => {
                let answer = conversations
                    .into_iter()
                    .filter(|(conversation, kind, head)| {
                        !self.attach(&device, *conversation, *kind, *head)
                    })
                    .map(|(conversation, _, _)| conversation)
                    .collect();
                // A device that went meanwhile needs no answer.
                let _ = stale.send(answer);
            }
            Message::Pause { device, conversation, follows } => {
                let following = self.followings.get_mut(&conversation);
                let _ = follows.send(following.is_some_and(|following| following.pause(&device)));
            }
            Message::Resume { device, conversation, at, behind } => {
                let following = self.followings.get_mut(&conversation);
                let _ = behind
                    .send(following.map_or(Ok(()), |following| following.resume(&device, at)));
            }
            Message::Receipt { receipt, read } => {
                let following = self.followings.get_mut(&receipt.conversation);
                if let Some(following) = following.filter(|following| following.is_certain()) {
                    let encoder = &self.hub.encoder;
                    following.hint_others(receipt.user, || {
                        if read {
                            encoder.others_read(&receipt)
                        } else {
                            encoder.delivered(&receipt)
                        }
                    });
                }
            }
            Message::Typing { device, conversation, taken } => {
                let _ = taken.send(self.typing(&device, conversation));
            }
            Message::Healed { conversation, read } => self.healed(conversation, read),
        }
    }

    /// Tells the other members that a device's user is typing, if they are to be told. `false` when
    /// the device does not follow.
    fn typing(&mut self, device: &Arc<Device>, conversation: ConversationId) -> bool {
        let following = self.followings.get_mut(&conversation);
        let Some(following) = following.filter(|following| following.is_followed_by(device)) else {
            return false;
        };
        let settings = &self.hub.settings;
        if settings.typing
            && device.shows_typing()
            && following.devices() <= settings.typing_max_devices
            && following.is_certain()
            && self.typists.is_due(conversation, device.user, Instant::now())
        {
            following.hint_others(device.user, || {
                self.hub.encoder.typing(conversation, device.user, typing::EXPIRES_IN)
            });
        }
        true
    }

    /// Takes note of a committed entry, whether it was expected next or not.
    fn hear(&mut self, entry: &Entry) {
        let conversation = entry.conversation;
        let late = self.joins_unseen(entry);
        if late {
            let head = before(entry.pos);
            self.begin(conversation, head, ConversationKind::Group).rewind(head);
        }
        let Some(following) = self.followings.get_mut(&conversation) else { return };
        following.heard = following.heard.max(entry.pos);
        if entry.pos == following.fanned.next() {
            self.send(entry);
        } else if entry.pos > following.fanned {
            self.heal(conversation);
        }
        if late {
            // Hints of what came after this one may have come before it, when nobody followed.
            self.heal(conversation);
        }
    }

    /// Whether the entry makes somebody a member before anybody followed the conversation, so that
    /// their devices do not follow it yet: those of a member who connected with the entry already in
    /// the log may have been first.
    fn joins_unseen(&self, entry: &Entry) -> bool {
        let newcomer = match &entry.event {
            Event::GroupCreated { .. } => entry.by,
            Event::MemberJoined { user, .. } => *user,
            Event::MessagePosted(_)
            | Event::MessageEdited { .. }
            | Event::MessageDeleted(_)
            | Event::ReactionAdded(_)
            | Event::ReactionRemoved(_)
            | Event::MessagePinned(_)
            | Event::MessageUnpinned(_)
            | Event::GroupUpdated { .. }
            | Event::MemberLeft { .. }
            | Event::MemberRemoved { .. }
            | Event::MemberRoleChanged { .. } => return false,
        };
        match self.followings.get(&entry.conversation) {
            Some(following) => {
                following.is_unseen(entry.pos)
                    && !following.follows(&self.hub.directory.of(newcomer))
            }
            None => !self.hub.directory.of(newcomer).is_empty(),
        }
    }

    /// Makes the members of a new direct conversation follow it from its beginning, which others may
    /// have been told of before: no entry says that it was opened.
    fn opened(&mut self, conversation: ConversationId, members: &[UserId]) {
        let devices: Vec<_> =
            members.iter().flat_map(|user| self.hub.directory.of(*user)).collect();
        if devices.is_empty() {
            return;
        }
        let following = self.begin(conversation, Pos::ZERO, ConversationKind::Direct);
        if !following.follows(&devices) {
            following.rewind(Pos::ZERO);
            for user in members {
                self.welcome(conversation, *user, ConversationKind::Direct, Pos::ZERO);
            }
            self.heal(conversation);
        }
    }

    /// Sends the entry that comes next, to those who are members when it happens.
    fn send(&mut self, entry: &Entry) {
        match &entry.event {
            Event::GroupCreated { .. } => {
                let head = before(entry.pos);
                self.welcome(entry.conversation, entry.by, ConversationKind::Group, head);
            }
            Event::MemberJoined { user, .. } => {
                let head = before(entry.pos);
                self.welcome(entry.conversation, *user, ConversationKind::Group, head);
            }
            Event::MemberLeft { user } | Event::MemberRemoved { user } => {
                self.part(entry, *user);
            }
            Event::MessagePosted(_)
            | Event::MessageEdited { .. }
            | Event::MessageDeleted(_)
            | Event::ReactionAdded(_)
            | Event::ReactionRemoved(_)
            | Event::MessagePinned(_)
            | Event::MessageUnpinned(_)
            | Event::GroupUpdated { .. }
            | Event::MemberRoleChanged { .. } => {}
        }
        if let Some(following) = self.followings.get_mut(&entry.conversation) {
            let encoder = self.hub.encoder.as_ref();
            following.send(&mut Outgoing::new(encoder, entry, following.kind, self.hub.now()));
        }
    }

    /// Makes the devices of a new member follow, from after `head`, and tells them.
    fn welcome(
        &mut self,
        conversation: ConversationId,
        user: UserId,
        kind: ConversationKind,
        head: Pos,
    ) {
        let devices = self.hub.directory.of(user);
        if devices.is_empty() {
            return;
        }
        let frame = self.hub.encoder.conversation_added(conversation, kind, head);
        let following = self.begin(conversation, head, kind);
        for device in devices {
            if following.follow(&device, kind, head) {
                device.connection.tell(None, frame.clone());
            }
        }
    }

    /// Lets the devices of a former member go, before anything that comes after is sent.
    fn part(&mut self, entry: &Entry, user: UserId) {
        let Some(following) = self.followings.get_mut(&entry.conversation) else { return };
        following.last_departure = following.last_departure.max(entry.pos);
        let devices = following.unfollow(user);
        if !devices.is_empty() {
            let frame = self.hub.encoder.conversation_removed(entry.conversation);
            for device in devices {
                // What a member decided for the conversation goes with the membership.
                device.forget_preferences(entry.conversation);
                device.connection.tell(None, frame.clone());
            }
        }
    }

    /// Makes a device follow a conversation it was a member of when the head was `head`. `false` when
    /// it may have ceased to be one since.
    fn attach(
        &mut self,
        device: &Arc<Device>,
        conversation: ConversationId,
        kind: ConversationKind,
        head: Pos,
    ) -> bool {
        let following = self.begin(conversation, head, kind);
        if head < following.last_departure {
            return false;
        }
        following.follow(device, kind, Pos::ZERO);
        following.heard = following.heard.max(head);
        if following.heard > following.fanned {
            self.heal(conversation);
        }
        true
    }

    /// Reads the log after what was sent, unless that is under way or nobody follows.
    fn heal(&mut self, conversation: ConversationId) {
        let Some(following) = self.followings.get_mut(&conversation) else { return };
        if following.healing.is_none() {
            following.healing = Some(following.heard);
            let after = following.fanned;
            self.read(conversation, after, Duration::ZERO);
        }
    }

    fn read(&self, conversation: ConversationId, after: Pos, delay: Duration) {
        let log = Arc::clone(&self.log);
        let shard = self.to_self.sender.clone();
        tokio::spawn(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let read = log.entries_for_delivery(conversation, after, HEAL_PAGE).await;
            // The shard lives as long as the runtime; when it went, nobody waits.
            let _ = shard.send(Message::Healed { conversation, read }).await;
        });
    }

    fn healed(&mut self, conversation: ConversationId, read: PortResult<Page<Entry>>) {
        let page = match read {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%conversation, %error, "could not read a log to fill a hole");
                if let Some(following) = self.followings.get_mut(&conversation) {
                    following.healing = Some(following.heard);
                    let after = following.fanned;
                    self.read(conversation, after, HEAL_AGAIN);
                }
                return;
            }
        };
        for entry in &page.items {
            let Some(following) = self.followings.get_mut(&conversation) else { return };
            following.heard = following.heard.max(entry.pos);
            if entry.pos == following.fanned.next() {
                self.send(entry);
            }
        }
        let Some(following) = self.followings.get_mut(&conversation) else { return };
        let known = following.healing.take().unwrap_or(following.heard);
        let behind = following.heard > following.fanned;
        if page.has_more || (behind && following.heard > known) {
            // There is more, or more was heard of since the read began.
            self.heal(conversation);
        } else if behind {
            // Heard of before the read, and not to be read yet: another read later, not at once.
            following.healing = Some(following.heard);
            let after = following.fanned;
            self.read(conversation, after, HEAL_AGAIN);
        }
    }
}

/// The position before this one.
fn before(pos: Pos) -> Pos {
    Pos::new(pos.get().saturating_sub(1))
}
