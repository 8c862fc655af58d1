//! The stores of Kabar in memory, with real rollback
