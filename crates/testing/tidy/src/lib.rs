//! Checks of the repository that a compiler does not make
