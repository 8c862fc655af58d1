use kabar_kernel::PageSize;
use kabar_wire::PageLimit;

/// How many items the client asked for, 50 when it did not say.
pub(crate) fn page_size(limit: Option<PageLimit>) -> PageSize {
    limit.map_or(PageSize::DEFAULT, |limit| PageSize::new(limit.get()).unwrap_or(PageSize::DEFAULT))
}
