//! The statements of the inbox, put together once.
//!
//! What the inbox of the user `$1` holds comes from several *sources*: rows of their own, rows of
//! everybody in their conversations, and their direct conversations with unread messages. Each is cut to
//! the page before they are merged, and only then are messages counted and texts read.

use std::sync::Arc;

use kabar_chats::UNREAD_CAP;
use kabar_notifications::INBOX_CAP;
use sea_orm::DbBackend;

use crate::{
    conversations::everybody,
    groups::{JOINED, ROLE_CHANGED},
    log::notices::{CALL_OF_EVERYBODY, MENTION, REPLY},
    preferences::NO_LEVEL,
};

/// The statements.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    /// A page of the inbox of `$1` after `$2` (moment), `$3` (conversation) and `$4` (position), at
    /// most `$5`.
    pub(super) list: Arc<str>,
    /// The same of what is unread.
    pub(super) list_unread: Arc<str>,
    /// How many are unread.
    pub(super) unread: Arc<str>,
    /// Mark rows of the user `$1` as read at `$2`: those that `$3` names (on PostgreSQL with `$4`), or
    /// all that are about messages, and all that are not.
    pub(super) mark_named: Arc<str>,
    pub(super) mark_messages: Arc<str>,
    pub(super) mark_memberships: Arc<str>,
    /// Make rows of one's own in the same way, for those of everybody.
    pub(super) mark_named_calls: Arc<str>,
    pub(super) mark_calls: Arc<str>,
}

/// Where notifications come from: what follows `SELECT … FROM`, with the row as `n`, the member as `m`
/// and the conversation as `v`.
struct Source {
    columns: &'static str,
    from: String,
}

/// What the outermost statement reads of every source.
const STORED: &str = "n.conversation_id, n.pos, CAST(n.kind AS integer) AS kind, n.seq, \
    CAST(n.role AS integer) AS role, n.by_id, n.at, \
    CASE WHEN n.read_at IS NOT NULL OR n.seq <= m.read_seq THEN 1 ELSE 0 END AS is_read, \
    CAST(0 AS bigint) AS since";
/// A row of everybody is read once the user has one of their own, `k`.
const CALL: &str = "n.conversation_id, n.pos, CAST(n.kind AS integer) AS kind, n.seq, \
    CAST(NULL AS integer) AS role, n.by_id, n.at, \
    CASE WHEN k.read_at IS NOT NULL OR n.seq <= m.read_seq THEN 1 ELSE 0 END AS is_read, \
    CAST(0 AS bigint) AS since";
const WAITING: &str = "n.conversation_id, n.pos, 0 AS kind, n.seq, CAST(NULL AS integer) AS role, \
    n.by_id, n.at, 0 AS is_read, n.since";

/// Joins what a row is shown by, and begins the conditions under which it stands in the inbox: of a
/// conversation that the user is a member of and wants to be told of, since they joined, and done by
/// another. With its sign SQLite does not look for a position, which is what distinguishes the fewest.
fn held() -> String {
    format!(
        "+n.pos >= m.joined_pos AND n.by_id <> $1 AND (m.level IS NULL OR m.level <> {NO_LEVEL})"
    )
}

/// Of the rows of the user `$1` about one message one counts: a mention before a reply; and none about
/// the last message of a direct conversation that waits, which stands there with its count.
fn is_the_one() -> String {
    format!(
        "n.kind IN ({MENTION}, {REPLY}, {JOINED}, {ROLE_CHANGED}) \
         AND NOT (n.kind = {REPLY} AND EXISTS (SELECT 1 FROM notifications r \
            WHERE r.conversation_id = n.conversation_id AND r.user_id = $1 AND r.seq = n.seq \
            AND r.kind = {MENTION})) \
         AND NOT (v.kind = 0 AND n.seq > m.read_seq AND NOT EXISTS (SELECT 1 FROM messages x \
            WHERE x.conversation_id = n.conversation_id AND x.seq > n.seq AND x.author_id <> $1 \
            AND x.deleted_at IS NULL))"
    )
}

/// No row of the user's own counts before that of everybody about the same message.
fn calls_only() -> String {
    format!(
        "n.kind = {CALL_OF_EVERYBODY} AND NOT EXISTS (SELECT 1 FROM notifications r \
            WHERE r.conversation_id = n.conversation_id AND r.user_id = $1 AND r.seq = n.seq \
            AND r.kind IN ({MENTION}, {REPLY}))"
    )
}

// SQLite keeps the order of a `CROSS JOIN`, and looks from each conversation of the user for what is
// theirs there. On its own it goes through all that was ever written for a user, or for everybody.
const MEMBER: &str = "members m CROSS JOIN conversations v CROSS JOIN notifications n";
const OF_MEMBER: &str = "m.user_id = $1 AND v.id = m.conversation_id AND n.conversation_id = v.id";
const OWN_MARK: &str = "LEFT JOIN notifications k ON k.conversation_id = n.conversation_id \
    AND k.pos = n.pos AND k.user_id = $1";

/// All rows of the user's own, in the order of their index.
fn own() -> Source {
    let (held, one) = (held(), is_the_one());
    Source {
        columns: STORED,
        from: format!(
            "notifications n JOIN members m \
                ON m.conversation_id = n.conversation_id AND m.user_id = n.user_id \
             JOIN conversations v ON v.id = n.conversation_id \
             WHERE n.user_id = $1 AND {held} AND {one}"
        ),
    }
}

/// Unread rows of the user's own about messages, found from the cursor on.
fn own_unread() -> Source {
    let (held, one) = (held(), is_the_one());
    Source {
        columns: STORED,
        from: format!(
            "{MEMBER} WHERE {OF_MEMBER} AND v.last_seq > m.read_seq AND n.user_id = $1 \
             AND n.seq > m.read_seq AND n.read_at IS NULL AND {held} AND {one}"
        ),
    }
}

/// Unread rows of the user's own that are not about messages.
fn memberships_unread() -> Source {
    let held = held();
    Source {
        columns: STORED,
        from: format!(
            "{MEMBER} WHERE {OF_MEMBER} AND n.user_id = $1 AND n.seq IS NULL \
             AND n.read_at IS NULL AND {held}"
        ),
    }
}

/// All rows of everybody in the user's conversations. On PostgreSQL each conversation's are cut to the
/// page, too; SQLite cannot.
fn calls(backend: DbBackend) -> Source {
    let (everybody, held, only) = (everybody(backend), held(), calls_only());
    let of_conversation =
        format!("n.conversation_id = m.conversation_id AND n.user_id = {everybody} AND n.at <= $2");
    let joined = if backend == DbBackend::Postgres {
        format!(
            "CROSS JOIN LATERAL (SELECT n.* FROM notifications n WHERE {of_conversation} AND {held} \
                AND {only} AND (n.at, n.conversation_id, n.pos) < ($2, $3, $4) \
                ORDER BY n.at DESC, n.pos DESC LIMIT $5) n"
        )
    } else {
        "CROSS JOIN notifications n".to_owned()
    };
    Source {
        columns: CALL,
        from: format!(
            "members m {joined} {OWN_MARK} \
             WHERE m.user_id = $1 AND {of_conversation} AND {held} AND {only}"
        ),
    }
}

/// Unread rows of everybody, found from the cursor on.
fn calls_unread(backend: DbBackend) -> Source {
    let (everybody, held, only) = (everybody(backend), held(), calls_only());
    Source {
        columns: CALL,
        from: format!(
            "{MEMBER} {OWN_MARK} WHERE {OF_MEMBER} AND v.last_seq > m.read_seq \
             AND n.user_id = {everybody} AND n.seq > m.read_seq AND k.read_at IS NULL \
             AND {held} AND {only}"
        ),
    }
}

/// One row for each direct conversation with unread messages: the last of them, and since when they are
/// unread.
fn waiting() -> Source {
    Source {
        columns: WAITING,
        from: format!(
            "(SELECT l.conversation_id, l.pos, l.seq, l.author_id AS by_id, l.created_at AS at, \
                m.read_seq AS since \
              FROM members m CROSS JOIN conversations v CROSS JOIN messages l \
              WHERE m.user_id = $1 AND v.id = m.conversation_id AND v.kind = 0 \
              AND v.last_seq > m.read_seq AND (m.level IS NULL OR m.level <> {NO_LEVEL}) \
              AND l.conversation_id = v.id AND l.seq = (SELECT x.seq FROM messages x \
                WHERE x.conversation_id = v.id AND x.seq > m.read_seq AND x.author_id <> $1 \
                AND x.deleted_at IS NULL ORDER BY x.seq DESC LIMIT 1)) n WHERE 1 = 1"
        ),
    }
}

/// A page of several sources, with what their messages say. `at` is the column of the moment: with a
/// sign where SQLite is not to look for it.
fn list(sources: &[Source], at: &str) -> String {
    const NAMES: [&str; 4] = ["a", "b", "e", "f"];
    let cut = sources.iter().zip(NAMES).map(|(Source { columns, from }, name)| {
        format!(
            "SELECT * FROM (SELECT {columns} FROM {from} \
                AND ({at}, n.conversation_id, n.pos) < ($2, $3, $4) \
                ORDER BY {at} DESC, n.conversation_id DESC, n.pos DESC LIMIT $5) {name}"
        )
    });
    let merged = cut.collect::<Vec<_>>().join(" UNION ALL ");
    // PostgreSQL and SQLite both count the characters of a text.
    format!(
        "SELECT c.conversation_id, c.pos, c.kind, c.seq, c.role, c.by_id, c.at, c.is_read, \
            CASE WHEN c.kind = 0 THEN (SELECT count(*) FROM (SELECT 1 AS one FROM messages x \
                WHERE x.conversation_id = c.conversation_id AND x.seq > c.since \
                AND x.author_id <> $1 AND x.deleted_at IS NULL LIMIT {UNREAD_CAP}) u) \
            ELSE 1 END AS waiting, \
            x.id, substr(x.body, 1, 200) AS excerpt FROM \
            (SELECT * FROM ({merged}) o ORDER BY at DESC, conversation_id DESC, pos DESC LIMIT $5) c \
         LEFT JOIN messages x ON x.conversation_id = c.conversation_id AND x.seq = c.seq \
         ORDER BY c.at DESC, c.conversation_id DESC, c.pos DESC"
    )
}

fn count(sources: &[Source]) -> String {
    const NAMES: [&str; 4] = ["a", "b", "e", "f"];
    let cut = sources.iter().zip(NAMES).map(|(Source { from, .. }, name)| {
        format!("SELECT * FROM (SELECT 1 AS one FROM {from} LIMIT {INBOX_CAP}) {name}")
    });
    let all = cut.collect::<Vec<_>>().join(" UNION ALL ");
    format!("SELECT count(*) FROM (SELECT * FROM ({all}) c LIMIT {INBOX_CAP}) o")
}

/// The ids that are to be marked, as a table `w(conversation_id, pos)`: arrays on PostgreSQL, JSON on
/// SQLite.
const fn named(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "unnest($3::uuid[], $4::bigint[]) AS w(conversation_id, pos)",
        _ => {
            "(SELECT unhex(j.value ->> 0) AS conversation_id, j.value ->> 1 AS pos \
             FROM json_each($3) AS j) AS w"
        }
    }
}

/// Marks rows of the user's own. In one order, so that two devices that mark the same rows do not wait
/// for each other.
fn mark_own(backend: DbBackend, from: &str) -> String {
    // With a limit, if only that of none, SQLite finds the rows first and changes those.
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE OF n" } else { "LIMIT -1" };
    format!(
        "UPDATE notifications SET read_at = $2 FROM (SELECT n.conversation_id, n.pos, n.user_id \
            FROM {from} \
            AND v.kind <> 0 ORDER BY n.conversation_id, n.pos {lock}) o \
         WHERE notifications.conversation_id = o.conversation_id AND notifications.pos = o.pos \
         AND notifications.user_id = o.user_id RETURNING notifications.pos"
    )
}

/// Marks rows of everybody, by rows of the user's own.
fn mark_everybody(from: &str) -> String {
    format!(
        "INSERT INTO notifications (conversation_id, pos, user_id, kind, seq, by_id, at, read_at) \
         SELECT n.conversation_id, n.pos, m.user_id, n.kind, n.seq, n.by_id, n.at, $2 \
         FROM {from} ORDER BY n.conversation_id, n.pos ON CONFLICT DO NOTHING RETURNING pos"
    )
}

impl Statements {
    pub(crate) fn new(backend: DbBackend) -> Self {
        let unread = || [own_unread(), memberships_unread(), calls_unread(backend), waiting()];
        let (named, everybody) = (named(backend), everybody(backend));
        let (held, one, only) = (held(), is_the_one(), calls_only());
        // SQLite keeps the order of a `CROSS JOIN`: what is named is looked up, and nothing else.
        let member = "CROSS JOIN notifications n \
            JOIN members m ON m.conversation_id = n.conversation_id AND m.user_id = $1 \
            JOIN conversations v ON v.id = m.conversation_id";
        let place = "n.conversation_id = w.conversation_id AND n.pos = w.pos";
        let named_own = format!(
            "{named} {member} WHERE {place} AND n.user_id = m.user_id AND n.read_at IS NULL \
             AND (n.seq IS NULL OR n.seq > m.read_seq) AND {held} AND {one}"
        );
        let named_calls = format!(
            "{named} {member} {OWN_MARK} WHERE {place} AND n.user_id = {everybody} \
             AND k.read_at IS NULL AND n.seq > m.read_seq AND {held} AND {only}"
        );
        Self {
            list: list(&[own(), calls(backend), waiting()], "n.at").into(),
            list_unread: list(&unread(), "+n.at").into(),
            unread: count(&unread()).into(),
            mark_named: mark_own(backend, &named_own).into(),
            mark_messages: mark_own(backend, &own_unread().from).into(),
            mark_memberships: mark_own(backend, &memberships_unread().from).into(),
            mark_named_calls: mark_everybody(&named_calls).into(),
            mark_calls: mark_everybody(&calls_unread(backend).from).into(),
        }
    }

    /// For the tests of plans: name and text of every statement that a client may ask for often.
    #[cfg(test)]
    pub(crate) fn named(&self) -> [(&'static str, &str); 8] {
        [
            ("inbox", &*self.list),
            ("unread inbox", &*self.list_unread),
            ("count of the inbox", &*self.unread),
            ("mark named", &*self.mark_named),
            ("mark messages", &*self.mark_messages),
            ("mark memberships", &*self.mark_memberships),
            ("mark named calls", &*self.mark_named_calls),
            ("mark calls", &*self.mark_calls),
        ]
    }
}
