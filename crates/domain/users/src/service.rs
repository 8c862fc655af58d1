//! The use cases of the users domain.
