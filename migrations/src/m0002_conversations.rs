//! Conversations as people use them: edits, deletions, reactions, pins, mentions, receipts, presence,
//! notifications.

pub(crate) const STATEMENTS: &[&str] = &[
    // What a user shows of themselves, when they were last there, and when they want to be left alone.
    "ALTER TABLE users ADD COLUMN shows_receipts {smallint} NOT NULL DEFAULT 1",
    "ALTER TABLE users ADD COLUMN shows_typing {smallint} NOT NULL DEFAULT 1",
    "ALTER TABLE users ADD COLUMN shows_presence {smallint} NOT NULL DEFAULT 1",
    "ALTER TABLE users ADD COLUMN last_seen_at {bigint}",
    "ALTER TABLE users ADD COLUMN quiet_zone text",
    "ALTER TABLE users ADD COLUMN quiet_from {smallint}",
    "ALTER TABLE users ADD COLUMN quiet_to {smallint}",
    // How far a member is, when that last moved (`cursor_at`), when it or the mark last changed
    // (`own_at`: others are not shown the mark), and how much they want to be told. None of it is in an
    // index, so that PostgreSQL updates the row in its place (HOT).
    "ALTER TABLE members ADD COLUMN delivered_seq {bigint} NOT NULL DEFAULT 0",
    "ALTER TABLE members ADD COLUMN cursor_at {bigint} NOT NULL DEFAULT 0",
    "ALTER TABLE members ADD COLUMN own_at {bigint} NOT NULL DEFAULT 0",
    "ALTER TABLE members ADD COLUMN marked_unread {smallint} NOT NULL DEFAULT 0",
    "ALTER TABLE members ADD COLUMN level {smallint}",
    "ALTER TABLE members ADD COLUMN muted_until {bigint}",
    // What was read had been received.
    "UPDATE members SET delivered_seq = read_seq",
    // Whom a message calls, as text of ids (`*` for everybody): shown with the message, and looked for
    // in notifications only.
    "ALTER TABLE messages ADD COLUMN mentions text",
    "ALTER TABLE messages ADD COLUMN forward_author_id {uuid}",
    "ALTER TABLE messages ADD COLUMN forward_created_at {bigint}",
    "ALTER TABLE messages ADD COLUMN edited_at {bigint}",
    "ALTER TABLE messages ADD COLUMN deleted_at {bigint}",
    // The message that a change is about: read in its present state, never copied.
    "ALTER TABLE changes ADD COLUMN seq {bigint}",
    // `at` is when the emoji was first used, and the same in all rows of one emoji to one message.
    "CREATE TABLE reactions (
        conversation_id {uuid} NOT NULL,
        seq {bigint} NOT NULL,
        emoji {ascii} NOT NULL,
        user_id {uuid} NOT NULL,
        at {bigint} NOT NULL,
        CONSTRAINT pk_reactions PRIMARY KEY (conversation_id, seq, emoji, user_id)
    ) {table}",
    // `pos` is that of the entry: what was pinned last stands first, whatever the clock says.
    "CREATE TABLE pins (
        conversation_id {uuid} NOT NULL,
        seq {bigint} NOT NULL,
        by_id {uuid} NOT NULL,
        at {bigint} NOT NULL,
        pos {bigint} NOT NULL,
        CONSTRAINT pk_pins PRIMARY KEY (conversation_id, seq)
    ) {table}",
    // What concerns a user and cannot be computed; the nil user stands for everybody in the
    // conversation. `kind`: 1 mention, 2 call of everybody, 3 reply, 4 joined, 5 role changed. `seq` is
    // that of the message, `role` that of the membership. A row of the nil user is never read: who
    // marks it gets a row of their own.
    "CREATE TABLE notifications (
        conversation_id {uuid} NOT NULL,
        pos {bigint} NOT NULL,
        user_id {uuid} NOT NULL,
        kind {smallint} NOT NULL,
        seq {bigint},
        role {smallint},
        by_id {uuid} NOT NULL,
        at {bigint} NOT NULL,
        read_at {bigint},
        CONSTRAINT pk_notifications PRIMARY KEY (conversation_id, pos, user_id)
    ) {table}",
    "CREATE INDEX ix_notifications_user ON notifications (user_id, at, conversation_id, pos)",
    "CREATE INDEX ix_notifications_seq ON notifications (conversation_id, user_id, seq)",
    // The latest calls of everybody in a conversation. They are rare, and so are their marks.
    "CREATE INDEX ix_notifications_calls ON notifications (conversation_id, at, pos) WHERE kind = 2",
];
