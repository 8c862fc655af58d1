//! Pages of lists.

/// One page of a longer list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, at most as many as were asked for.
    pub items: Vec<T>,
    /// Whether there was at least one more item beyond the last one.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// Makes a page of `size` from a read that asked for one item more than that.
    pub fn from_overfetch(mut items: Vec<T>, size: PageSize) -> Self {
        let size = usize::from(size.get());
        let has_more = items.len() > size;
        items.truncate(size);
        Self { items, has_more }
    }

    /// The same page with every item converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), has_more: self.has_more }
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), has_more: false }
    }
}

/// The page size is not within 1–500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a page holds 1 to {} items", PageSize::MAX)]
pub struct InvalidPageSize;

/// How many items a page may hold.
///
/// What a client may ask for is narrower (1–100) and checked at the boundary; a replay of a log
/// reads pages of 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// The largest page any port is asked for.
    pub const MAX: u16 = 500;
    /// What a client gets that does not say: 50.
    pub const DEFAULT: Self = Self(50);
    /// The most that a replay sends of one conversation: 500.
    pub const REPLAY: Self = Self(Self::MAX);

    /// A page size within 1–500.
    pub const fn new(size: u16) -> Result<Self, InvalidPageSize> {
        if size == 0 || size > Self::MAX { Err(InvalidPageSize) } else { Ok(Self(size)) }
    }

    /// The number of items.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// One item more than the page holds: what a read asks for to learn whether more follow.
    pub const fn overfetch(self) -> u64 {
        // Lossless widening; `u64::from` is not const.
        #[expect(clippy::as_conversions, reason = "u16 to u64 in a const fn")]
        {
            self.0 as u64 + 1
        }
    }
}
