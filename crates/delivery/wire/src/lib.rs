//! What clients of Kabar send and receive, as JSON
