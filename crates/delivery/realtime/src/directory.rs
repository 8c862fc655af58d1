//! The devices of every user.

use std::{
    hash::BuildHasher,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kabar_kernel::UserId;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::Device;

const PARTS: u64 = 16;

type Part = FxHashMap<UserId, Vec<Arc<Device>>>;

/// Which devices a user has, in a few parts so that connecting and fanning out rarely meet.
#[derive(Default)]
pub(crate) struct Directory {
    parts: [Mutex<Part>; 16],
}

impl Directory {
    fn part(&self, user: UserId) -> MutexGuard<'_, Part> {
        let index = FxBuildHasher.hash_one(user) % PARTS;
        let [first, ..] = &self.parts;
        let part = usize::try_from(index).ok().and_then(|index| self.parts.get(index));
        part.unwrap_or(first).lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, device: Arc<Device>) {
        self.part(device.user).entry(device.user).or_default().push(device);
    }

    pub(crate) fn remove(&self, device: &Arc<Device>) {
        let mut part = self.part(device.user);
        if let Some(devices) = part.get_mut(&device.user) {
            devices.retain(|other| !Arc::ptr_eq(other, device));
            if devices.is_empty() {
                part.remove(&device.user);
            }
        }
    }

    pub(crate) fn of(&self, user: UserId) -> Vec<Arc<Device>> {
        self.part(user).get(&user).cloned().unwrap_or_default()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Device>> {
        self.parts
            .iter()
            .flat_map(|part| {
                let part = part.lock().unwrap_or_else(PoisonError::into_inner);
                part.values().flatten().cloned().collect::<Vec<_>>()
            })
            .collect()
    }
}
