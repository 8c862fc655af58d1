//! Time and ids that are the same in every run; included by the use-case tests of every domain.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use kabar_kernel::{Clock, IdSource, Timestamp};
use uuid::Uuid;

/// A clock that stands still until it is told to go on.
#[derive(Debug)]
pub(crate) struct FixedClock(AtomicI64);

impl FixedClock {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(1_750_000_000_000))
    }

    pub(crate) fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Ids by counting; later ones sort later.
#[derive(Debug)]
pub(crate) struct CountedIds(AtomicU64);

impl CountedIds {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl IdSource for CountedIds {
    fn next_id(&self) -> Uuid {
        const FIRST: u128 = 0x0190_a0a0_0000_7000_8000_0000_0000_0000;
        Uuid::from_u128(FIRST + u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}
