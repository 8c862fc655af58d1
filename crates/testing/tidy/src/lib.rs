//! Checks of the repository that a compiler does not make: who may depend on whom, how files are
//! laid out and named, and whether the paths that the documentation names exist.
//!
//! Each rule is a function from what it looks at to the violations it finds, tested here on samples
//! that break it; `tests/repository.rs` applies them all to the repository.

pub mod dependencies;
pub mod docs;
pub mod layout;
mod repository;

pub use repository::{Repository, TextFile};
