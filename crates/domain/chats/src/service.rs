//! The use cases of the chats domain.
