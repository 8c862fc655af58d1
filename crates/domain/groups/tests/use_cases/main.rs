//! The use cases of the groups domain, on stores in memory and on mocked ports.

#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one")]

#[path = "../../../users/tests/support/fixed.rs"]
mod fixed;

mod add_members;
mod change_group;
mod change_role;
mod create;
mod leave;
mod mocked;
mod overview;
mod owners;
mod remove_member;
mod scene;
