//! The values of the groups domain. A value that exists is valid.

mod group;
mod member;
mod name;

pub use group::{Group, GroupChange, NewGroup};
pub use member::{Act, Member};
pub use name::{GroupDescription, GroupName, InvalidGroupText};
