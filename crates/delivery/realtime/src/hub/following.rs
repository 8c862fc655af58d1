//! One conversation as the hub keeps it: up to where it was sent, and to whom it goes.

use std::sync::Arc;

use bytes::Bytes;
use kabar_chats::ConversationKind;
use kabar_kernel::{Pos, UserId};

use super::outgoing::Outgoing;
use crate::Device;

/// A conversation that a connected device follows, or is about to.
pub(super) struct Following {
    /// The last position that was sent.
    pub(super) fanned: Pos,
    /// Entries up to here happened before anybody followed: whom they made a member is not known.
    began: Pos,
    /// The highest position that was heard of, sent or not.
    pub(super) heard: Pos,
    /// While a read of the log is under way, the highest position heard of when it began.
    pub(super) healing: Option<Pos>,
    /// The position of the last departure that was seen. Who loaded their conversations before it
    /// may have gone with it.
    pub(super) last_departure: Pos,
    /// What kind of conversation it is. Nobody asks before somebody follows, and whoever makes
    /// somebody follow says it.
    pub(super) kind: ConversationKind,
    followers: Vec<Follower>,
}

struct Follower {
    device: Arc<Device>,
    /// Entries up to here reach the device in another way.
    after: Pos,
    /// While it reads the log by itself, nothing is sent to it.
    paused: bool,
}

impl Following {
    pub(super) fn new(fanned: Pos, kind: ConversationKind) -> Self {
        Self {
            fanned,
            began: fanned,
            heard: fanned,
            healing: None,
            // What happened up to here was not seen.
            last_departure: fanned,
            kind,
            followers: Vec::new(),
        }
    }

    pub(super) fn follow(
        &mut self,
        device: &Arc<Device>,
        kind: ConversationKind,
        after: Pos,
    ) -> bool {
        self.kind = kind;
        let new = !self.followers.iter().any(|follower| Arc::ptr_eq(&follower.device, device));
        if new {
            self.followers.push(Follower { device: Arc::clone(device), after, paused: false });
        }
        new
    }

    /// Whether the entry at `pos` is older than this, so that it was neither sent nor dropped here.
    pub(super) fn is_unseen(&self, pos: Pos) -> bool {
        pos <= self.began
    }

    /// Whether this device follows.
    pub(super) fn is_followed_by(&self, device: &Arc<Device>) -> bool {
        self.followers.iter().any(|follower| Arc::ptr_eq(&follower.device, device))
    }

    /// Whether every one of these devices follows.
    pub(super) fn follows(&self, devices: &[Arc<Device>]) -> bool {
        devices.iter().all(|device| self.is_followed_by(device))
    }

    /// Goes back, so that who joins late is sent everything after `pos`. Who follows already has
    /// what was sent, and does not get it again.
    pub(super) fn rewind(&mut self, pos: Pos) {
        if pos < self.fanned {
            for follower in &mut self.followers {
                follower.after = follower.after.max(self.fanned);
            }
            self.fanned = pos;
            self.began = self.began.min(pos);
        }
    }

    /// Stops sending to a device until it is resumed. `false` when it does not follow.
    pub(super) fn pause(&mut self, device: &Arc<Device>) -> bool {
        self.find(device).map(|follower| follower.paused = true).is_some()
    }

    /// Goes on sending to a device that has everything up to `at`, unless more than that was sent
    /// meanwhile: then it has to read up to the answer first.
    pub(super) fn resume(&mut self, device: &Arc<Device>, at: Pos) -> Result<(), Pos> {
        let fanned = self.fanned;
        match self.find(device) {
            Some(follower) if fanned <= at => {
                follower.after = at;
                follower.paused = false;
                Ok(())
            }
            Some(_) => Err(fanned),
            None => Ok(()),
        }
    }

    /// Lets all devices of a user go, and answers them.
    pub(super) fn unfollow(&mut self, user: UserId) -> Vec<Arc<Device>> {
        let gone = self.followers.extract_if(.., |follower| follower.device.user == user);
        gone.map(|follower| follower.device).collect()
    }

    /// Sends the conversation's next entry, with a notice to those it concerns, and lets closed devices
    /// go.
    ///
    /// Who reads the log by itself is sent no entry and still told: what happens concerns them when
    /// it happens, whichever way the entry takes to them.
    pub(super) fn send(&mut self, outgoing: &mut Outgoing<'_>) {
        let (conversation, pos) = (outgoing.conversation(), outgoing.pos());
        self.followers.retain(|follower| {
            let connection = &follower.device.connection;
            if pos <= follower.after {
                return connection.closed().is_none();
            }
            match outgoing.noticed_by(&follower.device) {
                Some(noticed) if follower.paused => connection.tell(None, noticed.notice().clone()),
                Some(noticed) => connection.tell_noticed(conversation, noticed),
                None if follower.paused => connection.closed().is_none(),
                None => connection.tell(Some(conversation), outgoing.frame().clone()),
            }
        });
        self.fanned = pos;
    }

    /// Tells every device of others than `user` something that may be lost, made for the first of
    /// them, and lets closed devices go.
    pub(super) fn hint_others(&mut self, user: UserId, make: impl Fn() -> Bytes) {
        let mut frame = None;
        self.followers.retain(|follower| {
            let connection = &follower.device.connection;
            if follower.device.user == user {
                connection.closed().is_none()
            } else {
                connection.hint(frame.get_or_insert_with(&make).clone())
            }
        });
    }

    /// How many devices follow.
    pub(super) const fn devices(&self) -> usize {
        self.followers.len()
    }

    /// Whether everybody who follows may be told what is no entry. While entries are missing, one of
    /// them may be the removal of somebody who still follows; there is none in a direct conversation.
    pub(super) fn is_certain(&self) -> bool {
        self.kind == ConversationKind::Direct || self.heard <= self.fanned
    }

    /// Lets closed devices go; answers whether the conversation is to be kept: somebody follows it,
    /// or what is being read may make somebody a member.
    pub(super) fn sweep(&mut self) -> bool {
        self.followers.retain(|follower| follower.device.connection.closed().is_none());
        self.healing.is_some() || !self.followers.is_empty()
    }

    fn find(&mut self, device: &Arc<Device>) -> Option<&mut Follower> {
        self.followers.iter_mut().find(|follower| Arc::ptr_eq(&follower.device, device))
    }
}
