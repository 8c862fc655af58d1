use kabar_kernel::{Timestamp, UserId};

/// Where the words of a forwarded message come from. A forward is a copy, made by whoever could read
/// the original; where that stands is not told, because its readers may have no business there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    /// Who wrote the words first.
    pub author: UserId,
    /// When they were first posted.
    pub created_at: Timestamp,
}
