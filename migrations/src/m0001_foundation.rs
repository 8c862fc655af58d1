//! Accounts, sessions, conversations and their logs.

pub(crate) const STATEMENTS: &[&str] = &[
    "CREATE TABLE users (
        id {uuid} NOT NULL,
        username {ascii} NOT NULL,
        display_name text NOT NULL,
        created_at {bigint} NOT NULL,
        deactivated_at {bigint},
        CONSTRAINT pk_users PRIMARY KEY (id),
        CONSTRAINT uq_users_username UNIQUE (username)
    ) {table}",
    "CREATE TABLE credentials (
        user_id {uuid} NOT NULL,
        password_hash text NOT NULL,
        CONSTRAINT pk_credentials PRIMARY KEY (user_id),
        CONSTRAINT fk_credentials_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
    ) {table}",
    // No foreign key to users: a session is checked at every request and outlives nothing, and its
    // rows are to be thrown away in bulk once they are over.
    "CREATE TABLE sessions (
        id {uuid} NOT NULL,
        user_id {uuid} NOT NULL,
        secret_digest {bytes} NOT NULL,
        previous_digest {bytes},
        rotated_at {bigint},
        created_at {bigint} NOT NULL,
        idle_until {bigint} NOT NULL,
        expires_at {bigint} NOT NULL,
        ended_at {bigint},
        CONSTRAINT pk_sessions PRIMARY KEY (id)
    ) {updated_table}",
    "CREATE INDEX ix_sessions_user ON sessions (user_id)",
    // One row: names the log as a whole. Random, so that two databases never share it.
    "CREATE TABLE epochs (
        id {smallint} NOT NULL,
        epoch text NOT NULL,
        CONSTRAINT pk_epochs PRIMARY KEY (id),
        CONSTRAINT ck_epochs_one CHECK (id = 1)
    ) {table}",
    "INSERT INTO epochs (id, epoch) VALUES (1, {random})",
    // What every append counts up (head, last_seq, active_at) is in no index, so that PostgreSQL
    // updates the row in its place (HOT).
    "CREATE TABLE conversations (
        id {uuid} NOT NULL,
        kind {smallint} NOT NULL,
        head {bigint} NOT NULL,
        last_seq {bigint} NOT NULL,
        roster_version {bigint} NOT NULL,
        direct_key text,
        name text,
        description text,
        created_at {bigint} NOT NULL,
        active_at {bigint} NOT NULL,
        member_count {int} NOT NULL,
        CONSTRAINT pk_conversations PRIMARY KEY (id),
        CONSTRAINT uq_conversations_direct_key UNIQUE (direct_key)
    ) {updated_table}",
    // read_seq is in no index for the same reason.
    "CREATE TABLE members (
        conversation_id {uuid} NOT NULL,
        user_id {uuid} NOT NULL,
        role {smallint} NOT NULL,
        joined_pos {bigint} NOT NULL,
        joined_at {bigint} NOT NULL,
        read_seq {bigint} NOT NULL,
        CONSTRAINT pk_members PRIMARY KEY (conversation_id, user_id),
        CONSTRAINT fk_members_conversation FOREIGN KEY (conversation_id)
            REFERENCES conversations (id) ON DELETE CASCADE
    ) {updated_table}",
    "CREATE INDEX ix_members_user ON members (user_id, conversation_id)",
    "CREATE INDEX ix_members_joined
        ON members (conversation_id, joined_at, user_id)",
    // No foreign keys on messages and changes: their rows are written only while the
    // conversation's row is locked, which is what a foreign key would check, and a trigger per
    // row is dear on the hottest path.
    "CREATE TABLE messages (
        conversation_id {uuid} NOT NULL,
        seq {bigint} NOT NULL,
        pos {bigint} NOT NULL,
        id {uuid} NOT NULL,
        author_id {uuid} NOT NULL,
        client_id {ascii} NOT NULL,
        body text NOT NULL,
        reply_to {uuid},
        created_at {bigint} NOT NULL,
        CONSTRAINT pk_messages PRIMARY KEY (conversation_id, seq),
        CONSTRAINT uq_messages_pos UNIQUE (conversation_id, pos),
        CONSTRAINT uq_messages_client_id UNIQUE (conversation_id, author_id, client_id),
        CONSTRAINT uq_messages_id UNIQUE (id)
    ) {table}",
    "CREATE TABLE changes (
        conversation_id {uuid} NOT NULL,
        pos {bigint} NOT NULL,
        by_id {uuid} NOT NULL,
        at {bigint} NOT NULL,
        kind text NOT NULL,
        data text NOT NULL,
        CONSTRAINT pk_changes PRIMARY KEY (conversation_id, pos)
    ) {table}",
];
