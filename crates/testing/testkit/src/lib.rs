//! Servers, clients and databases for the tests of Kabar.
//!
//! - [`postgres`]: a PostgreSQL database for each test.
//! - [`server_process`]: the real binary, started, killed and started again.
//! - [`client`]: what an app would be, over HTTP and WebSocket, which checks what it is told.
//! - [`eventually`]: waiting for a condition instead of for a time.
//!
//! Only ever a dev-dependency. What is started here ends with the test process, also when a test
//! panics or the process is killed.

pub mod client;
pub mod postgres;
pub mod server_process;
mod wait;

pub use wait::{PATIENCE, eventually};
