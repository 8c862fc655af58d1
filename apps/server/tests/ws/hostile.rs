//! What a hostile client may try. After each attempt the server is as before, and so are others.

mod commands;
mod flood;
mod frames;
mod handshake;
mod slow;
