//! The schema of Kabar, one set of migrations for PostgreSQL and SQLite
