//! Servers, clients and databases for the tests of Kabar
