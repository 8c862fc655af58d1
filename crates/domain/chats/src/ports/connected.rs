use kabar_kernel::UserId;

/// Asks who is there; answered by whoever keeps the connections.
///
/// # Laws
/// - `is_online` is true while a device of the user is connected, and for a moment afterwards, so that
///   who only comes back by another way was never gone.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Connected: Send + Sync {
    /// Whether the user is there.
    fn is_online(&self, user: UserId) -> bool;
}
