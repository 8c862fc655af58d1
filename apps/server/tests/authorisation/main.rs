//! Who may do what: walks `table.md` against the real server, on SQLite and on PostgreSQL.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON member that is missing is null, and a table has the columns its head names"
)]

mod cast;
mod mixed;
mod operations;
mod over_http;
mod over_sockets;
mod server;
mod table;
