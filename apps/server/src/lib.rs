//! The Kabar chat server: configuration, wiring, HTTP, WebSocket
