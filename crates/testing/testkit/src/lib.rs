//! Servers, clients and databases for the tests of Kabar.
//!
//! Only ever a dev-dependency. What is started here ends with the test process, also when a test
//! panics or the process is killed.

pub mod postgres;
