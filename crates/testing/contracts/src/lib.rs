//! The laws of every port of Kabar, run on every adapter
