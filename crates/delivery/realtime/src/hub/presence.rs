//! Who is there, who wants to know, and what of it was not handed out yet.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kabar_chats::Presence;
use kabar_kernel::{Timestamp, UserId};
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::{sync::Notify, time::Instant};

use super::Transition;
use crate::Device;

/// Most users a device may watch.
pub const WATCH_MAX: usize = 100;

/// Who is there. Locked for moments only; nothing waits under the lock.
pub(super) struct Presences {
    is_told: bool,
    grace: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Those who are there, or went less than the grace ago.
    people: FxHashMap<UserId, Person>,
    /// Whose grace ends when, in that order. Who came back meanwhile is still in it.
    going: VecDeque<(Instant, UserId)>,
    /// When the last device of those in their grace went, and when the grace ends.
    gone: FxHashMap<UserId, Gone>,
    /// Whom each device that watches does, by its address.
    watched: FxHashMap<usize, Vec<UserId>>,
    /// For each user somebody watches, the devices that do, by their address.
    watchers: FxHashMap<UserId, FxHashMap<usize, Watcher>>,
    /// What was not handed out yet, in the order in which the users came or went first.
    waiting: FxHashMap<UserId, Waiting>,
    order: VecDeque<UserId>,
    /// Nobody takes transitions any more, or none will come.
    is_over: bool,
}

/// Kept small: there is one for everybody who is there.
#[derive(Default)]
struct Person {
    devices: u32,
    /// Whether they show that they are there; `None` when nothing was heard of it.
    shown: Option<bool>,
}

struct Gone {
    at: Timestamp,
    ends: Instant,
}

struct Watcher {
    device: Arc<Device>,
    knows: Knows,
}

/// Whether a watcher was told anything of the watched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knows {
    Perhaps,
    Yes,
    No,
}

#[derive(Default)]
struct Waiting {
    went: Option<Timestamp>,
    /// After that, if at all.
    came: Option<Timestamp>,
}

impl Presences {
    pub(super) fn new(is_told: bool, grace: Duration) -> Self {
        Self { is_told, grace, state: Mutex::default(), changed: Notify::new() }
    }

    /// The present state: whose grace is over has gone.
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while let Some((_, user)) = state.going.pop_front_if(|(ends, _)| *ends <= now) {
            // Who came back, and perhaps went again later, has not gone by this.
            let is_over = state.gone.get(&user).is_some_and(|gone| gone.ends <= now);
            if is_over && let Some(gone) = state.gone.remove(&user) {
                state.people.remove(&user);
                self.note(&mut state, user, |waiting| {
                    waiting.went = Some(gone.at);
                    waiting.came = None;
                });
            }
        }
        state
    }

    fn note(&self, state: &mut State, user: UserId, change: impl FnOnce(&mut Waiting)) {
        if !self.is_told || state.is_over {
            return;
        }
        let State { waiting, order, .. } = state;
        change(waiting.entry(user).or_insert_with(|| {
            order.push_back(user);
            Waiting::default()
        }));
        self.changed.notify_one();
    }

    /// A device of the user came.
    pub(super) fn come(&self, user: UserId, at: Timestamp) {
        let mut state = self.lock();
        let mut came = false;
        let person = state.people.entry(user).or_insert_with(|| {
            came = true;
            Person::default()
        });
        person.devices = person.devices.saturating_add(1);
        state.gone.remove(&user);
        if came && (state.watchers.contains_key(&user) || state.waiting.contains_key(&user)) {
            self.note(&mut state, user, |waiting| waiting.came = Some(at));
        }
    }

    /// A device of the user went.
    pub(super) fn go(&self, user: UserId, at: Timestamp) {
        let mut state = self.lock();
        let ends = Instant::now() + self.grace;
        let Some(person) = state.people.get_mut(&user) else { return };
        person.devices = person.devices.saturating_sub(1);
        if person.devices == 0 {
            state.gone.insert(user, Gone { at, ends });
            state.going.push_back((ends, user));
            // Whoever takes transitions may have no moment to wake at.
            self.changed.notify_one();
        }
    }

    pub(super) fn is_online(&self, user: UserId) -> bool {
        self.lock().people.contains_key(&user)
    }

    /// Makes a device watch these users and no others.
    pub(super) fn watch(&self, device: &Arc<Device>, mut users: Vec<UserId>) {
        users.truncate(if self.is_told { WATCH_MAX } else { 0 });
        users.sort_unstable();
        users.dedup();
        let mut state = self.lock();
        state.unwatch(device);
        for user in &users {
            let watcher = Watcher { device: Arc::clone(device), knows: Knows::Perhaps };
            state.watchers.entry(*user).or_default().insert(address(device), watcher);
        }
        if !users.is_empty() {
            users.shrink_to_fit();
            state.watched.insert(address(device), users);
        }
    }

    pub(super) fn unwatch(&self, device: &Arc<Device>) {
        self.lock().unwatch(device);
    }

    pub(super) fn answered(&self, device: &Arc<Device>, presences: &[Presence]) {
        let mut state = self.lock();
        for presence in presences {
            let watchers = state.watchers.get_mut(&presence.user);
            if let Some(watcher) = watchers.and_then(|all| all.get_mut(&address(device))) {
                let nothing = *presence == Presence::unknown(presence.user);
                watcher.knows = if nothing { Knows::No } else { Knows::Yes };
            }
        }
    }

    /// The devices to tell of this.
    pub(super) fn told(&self, presence: &Presence, to: &[UserId]) -> Vec<Arc<Device>> {
        let mut state = self.lock();
        // Who may know was asked before the user ceased to show it.
        let person = state.people.get(&presence.user);
        let is_hidden = person.is_some_and(|person| person.shown == Some(false));
        if presence.online && is_hidden {
            return Vec::new();
        }
        let to: FxHashSet<UserId> = to.iter().copied().collect();
        let watchers = state.watchers.get_mut(&presence.user).into_iter();
        let watchers = watchers.flat_map(FxHashMap::values_mut);
        watchers
            .filter(|watcher| to.contains(&watcher.device.user))
            .map(|watcher| {
                watcher.knows = Knows::Yes;
                Arc::clone(&watcher.device)
            })
            .collect()
    }

    /// The user shows from now on whether they are there, or does not; answers the devices to tell
    /// that they are gone.
    pub(super) fn set_shown(&self, user: UserId, shown: bool, at: Timestamp) -> Vec<Arc<Device>> {
        let mut state = self.lock();
        let Some(person) = state.people.get_mut(&user) else { return Vec::new() };
        if person.shown.replace(shown) == Some(shown) {
            return Vec::new();
        }
        if shown {
            if state.watchers.contains_key(&user) {
                self.note(&mut state, user, |waiting| waiting.came = Some(at));
            }
            return Vec::new();
        }
        let watchers = state.watchers.get_mut(&user).into_iter().flat_map(FxHashMap::values_mut);
        watchers
            .filter(|watcher| watcher.device.user != user && watcher.knows != Knows::No)
            .map(|watcher| {
                watcher.knows = Knows::No;
                Arc::clone(&watcher.device)
            })
            .collect()
    }

    pub(super) fn users(&self) -> Vec<UserId> {
        self.lock().people.keys().copied().collect()
    }

    /// The next transition, when there is one; `None` when none will come.
    pub(super) async fn next(&self) -> Option<Transition> {
        loop {
            let ends = {
                let mut state = self.lock();
                if let Some(transition) = state.next() {
                    return Some(transition);
                }
                if state.is_over {
                    return None;
                }
                state.going.front().map(|(ends, _)| *ends)
            };
            let changed = self.changed.notified();
            match ends {
                Some(ends) => {
                    let _ = tokio::time::timeout_at(ends, changed).await;
                }
                None => changed.await,
            }
        }
    }

    /// Nobody comes and goes any more.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_one();
    }

    /// Nobody takes transitions any more.
    pub(super) fn take_no_more(&self) {
        let mut state = self.lock();
        state.is_over = true;
        state.waiting = FxHashMap::default();
        state.order = VecDeque::new();
    }
}

impl State {
    fn unwatch(&mut self, device: &Arc<Device>) {
        for user in self.watched.remove(&address(device)).unwrap_or_default() {
            if let Some(watchers) = self.watchers.get_mut(&user) {
                watchers.remove(&address(device));
                if watchers.is_empty() {
                    self.watchers.remove(&user);
                }
            }
        }
    }

    fn next(&mut self) -> Option<Transition> {
        while let Some(user) = self.order.pop_front() {
            let Some(Waiting { went, came }) = self.waiting.remove(&user) else { continue };
            if went.is_some() && came.is_some() {
                // The coming is next.
                self.waiting.insert(user, Waiting { went: None, came });
                self.order.push_front(user);
            }
            let mut watchers: Vec<UserId> = self
                .watchers
                .get(&user)
                .map(|watchers| watchers.values().map(|watcher| watcher.device.user).collect())
                .unwrap_or_default();
            watchers.sort_unstable();
            watchers.dedup();
            if let Some(at) = went {
                return Some(Transition { user, online: false, at, watchers });
            }
            if let Some(at) = came.filter(|_| !watchers.is_empty()) {
                return Some(Transition { user, online: true, at, watchers });
            }
        }
        None
    }
}

fn address(device: &Arc<Device>) -> usize {
    Arc::as_ptr(device).addr()
}
