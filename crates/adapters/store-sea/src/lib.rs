//! The stores of Kabar on PostgreSQL and SQLite through SeaORM
