//! The two numbers of a conversation's log, and the one of its roster. Never mixed: three types.

use std::fmt;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u64);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// Wraps a number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number itself.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The number after this one; stays at the maximum.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter! {
    /// The position of an entry in its conversation's log: 1, 2, 3 … without holes. For resume.
    /// As the *head* of a conversation: the position of its last entry, 0 while it has none.
    Pos
}
counter! {
    /// The number of a message in its conversation: 1, 2, 3 … without holes, messages only.
    /// For order, paging, receipts and unread counts.
    Seq
}
counter! {
    /// How many times the roster of a conversation has changed. A right that was checked against
    /// one version is checked again when the roster has moved on.
    RosterVersion
}
