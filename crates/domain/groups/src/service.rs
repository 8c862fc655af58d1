//! The use cases of the groups domain.
