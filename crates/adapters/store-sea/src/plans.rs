//! Tests of the plans: every hot statement finds its rows through an index, on both databases.

use kabar_chats::Window;
use kabar_kernel::Seq;
use kabar_testkit::postgres::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait, Value, prelude::Uuid};

use crate::{
    SeaOptions,
    connect::Db,
    conversations::Queries,
    cursors::{MARK_DELIVERED, MARK_READ, MARK_UNREAD, MOVED, RECEIPTS, UNMARK},
    groups::MEMBERS,
    inbox::Statements,
    log::{
        fast::{
            postgres::{APPEND, APPEND_RICH},
            quotes_sql,
        },
        ids,
        read::{delivery_sql, entries_sql, message_sql, pins_sql, sent_sql, window_sql},
        slow::stored_sql,
        texts,
    },
    message_tx::rows,
    preferences::{DECIDED, PREFERENCES, QUIET_HOURS},
    presence::{entitled_sql, note_sql, visible_sql},
    rosters::{STANDING, named_sql},
};

/// A hot statement with values for it.
struct Hot {
    name: &'static str,
    sql: String,
    values: Vec<Value>,
}

fn hot_statements(db: &Db) -> Vec<Hot> {
    let id = || Value::from(Uuid::from_u128(1));
    let number = || Value::from(10_i64);
    let backend = db.dialect.backend;
    let set = || ids(backend, &[Uuid::from_u128(1)]);
    let hot = |name, sql: &str, values| Hot { name, sql: sql.to_owned(), values };
    let mut all = vec![
        hot("standing", STANDING, vec![id(), id()]),
        hot("members", MEMBERS, vec![id(), id(), number(), id(), number()]),
        hot("entries for delivery", &delivery_sql(), vec![id(), number(), number()]),
        hot("entries", &entries_sql(), vec![id(), number(), number(), id()]),
        hot("message", &message_sql(db.dialect), vec![id(), id(), id()]),
        hot("sent", &sent_sql(db.dialect), vec![id(), id(), "a".into()]),
        hot("pins", &pins_sql(db.dialect), vec![id(), id()]),
        hot("quotes", &quotes_sql(db.dialect), vec![set()]),
        hot("named", &named_sql(db.dialect), vec![id(), texts(backend, vec!["ayu".into()])]),
        hot(
            "search",
            "SELECT id FROM users WHERE username >= $1 AND username < $2 \
             ORDER BY username LIMIT 10",
            vec!["a".into(), "b".into()],
        ),
        hot("opened", "SELECT id FROM conversations WHERE direct_key = $1", vec!["a".into()]),
    ];
    let seq = Seq::new(10);
    for window in [Window::Latest, Window::Before(seq), Window::After(seq), Window::Around(seq)] {
        let values = vec![id(), id(), number(), number()];
        all.push(hot("window", &window_sql(db.dialect, window), values));
    }
    for (name, sql) in Queries::new(db.dialect).named() {
        let values = match name {
            "by_id" | "cursor" => vec![id(), id()],
            "list" => vec![id(), number(), id(), number()],
            "moved" => vec![id(), number(), number()],
            _ => vec![id()],
        };
        all.push(hot(name, sql, values));
    }
    all.extend(changes(db));
    all.extend(of_one_user(db));
    all
}

/// The statements of what is a user's own: cursors, inbox, preferences, presence.
fn of_one_user(db: &Db) -> Vec<Hot> {
    let id = || Value::from(Uuid::from_u128(1));
    let number = || Value::from(10_i64);
    let backend = db.dialect.backend;
    let hot = |name, sql: &str, values| Hot { name, sql: sql.to_owned(), values };
    let set = || ids(backend, &[Uuid::from_u128(1)]);
    let pairs = |numbers: Vec<i64>| match backend {
        DbBackend::Postgres => vec![vec![Uuid::from_u128(1)].into(), numbers.into()],
        _ => vec![Value::from("[[\"00\", 1]]")],
    };
    let mut all = vec![
        hot("mark_read", MARK_READ, vec![id(), id(), number(), number()]),
        hot("mark_delivered", MARK_DELIVERED, vec![id(), id(), number(), number()]),
        hot("mark_unread", MARK_UNREAD, vec![id(), id(), number()]),
        hot("unmark", UNMARK, vec![id(), id(), number()]),
        hot("receipts", RECEIPTS, vec![id(), id(), number()]),
        hot("others that moved", MOVED, vec![id(), number(), number(), number()]),
        hot("preferences", PREFERENCES, vec![id(), id()]),
        hot("decided", DECIDED, vec![id(), number()]),
        hot("quiet hours", QUIET_HOURS, vec![id()]),
        hot("visible", &visible_sql(backend), vec![id(), set()]),
        hot("entitled", &entitled_sql(backend), vec![id(), set()]),
        hot("note", &note_sql(backend), pairs(vec![1])),
    ];
    for (name, sql) in Statements::new(backend).named() {
        let values = match name {
            "inbox" | "unread inbox" => vec![id(), number(), id(), number(), number()],
            "count of the inbox" => vec![id()],
            "mark named" | "mark named calls" => [vec![id(), number()], pairs(vec![1])].concat(),
            _ => vec![id(), number()],
        };
        all.push(hot(name, sql, values));
    }
    all
}

/// The statements of a change of a message.
fn changes(db: &Db) -> Vec<Hot> {
    let id = || Value::from(Uuid::from_u128(1));
    let number = || Value::from(10_i64);
    let set = || ids(db.dialect.backend, &[Uuid::from_u128(1)]);
    let hot = |name, sql: &str, values| Hot { name, sql: sql.to_owned(), values };
    let text = || Value::from("👍");
    vec![
        hot("lock", &rows::lock_sql(db.dialect), vec![id()]),
        hot("role", rows::ROLE, vec![id(), id()]),
        hot("by id", &rows::by_id_sql(), vec![id(), id()]),
        hot("id", rows::ID, vec![id(), number()]),
        hot("by seq", &rows::by_seq_sql(), vec![id(), number()]),
        hot("emojis", rows::EMOJIS, vec![id(), number()]),
        hot("count reactions", rows::COUNT_REACTIONS, vec![id(), number(), text()]),
        hot("count pins", rows::COUNT_PINS, vec![id()]),
        hot("edit", rows::EDIT, vec![id(), number(), text(), text(), number()]),
        hot("remove", rows::REMOVE, vec![id(), number(), number()]),
        hot("delete reactions", rows::DELETE_REACTIONS, vec![id(), number()]),
        hot("delete reaction", rows::DELETE_REACTION, vec![id(), number(), text(), id()]),
        hot("delete pin", rows::DELETE_PIN, vec![id(), number()]),
        hot("finish", rows::FINISH, vec![id(), number(), number()]),
        hot("call", rows::CALL_POS, vec![id(), number(), id()]),
        hot("answer", &rows::answer_sql(), vec![id(), number(), id()]),
        hot("mark", &rows::mark_sql(db.dialect), vec![set(), id(), number()]),
        hot("forget", &rows::forget_sql(db.dialect), vec![set(), id(), number(), 1_i16.into()]),
        hot("forget call", &rows::forget_call_sql(), vec![id(), number()]),
    ]
}

async fn explain(db: &impl ConnectionTrait, prefix: &str, column: usize, hot: Hot) -> String {
    let sql = format!("{prefix} {}", hot.sql);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, hot.values);
    let rows = db.query_all_raw(statement).await.unwrap_or_else(|e| panic!("{}: {e}", hot.name));
    let lines = rows.iter().map(|row| row.try_get_by::<String, _>(column).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether what SQLite reads as a whole is what an index gave it: a subquery that the plan makes.
fn is_no_table(plan: &str, name: &str) -> bool {
    let makes = |line: &str| {
        let made = line.strip_prefix("CO-ROUTINE ").or_else(|| line.strip_prefix("MATERIALIZE "));
        made == Some(name)
    };
    plan.lines().any(|line| makes(line.trim()))
        || name.starts_with("(subquery")
        || name.starts_with("CONSTANT ROW")
        // A set that was passed as JSON.
        || name.contains("VIRTUAL TABLE")
}

#[tokio::test]
async fn hot_statements_use_indexes_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("kabar.db").display());
    let options = SeaOptions::default();
    let db = Db::connect(&url, &options).await.unwrap();
    db.migrate(&url, &options).await.unwrap();
    let mut wrong: Vec<String> = Vec::new();
    for hot in hot_statements(&db) {
        let name = hot.name;
        let plan = explain(&db.reads, "EXPLAIN QUERY PLAN", 3, hot).await;
        let reads_a_table = plan.lines().any(|line| {
            let scanned = line.trim().strip_prefix("SCAN ");
            scanned.is_some_and(|what| !is_no_table(&plan, what.trim_end_matches(" LEFT-JOIN")))
        });
        if reads_a_table || !plan.contains("SEARCH") {
            wrong.push(format!("{name}:\n{plan}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn hot_statements_use_indexes_on_postgres() {
    let database = TestDatabase::create().await.unwrap();
    let db = Db::connect(database.url(), &SeaOptions::default()).await.unwrap();
    for hot in hot_statements(&db) {
        let name = hot.name;
        let tx = db.reads.begin().await.unwrap();
        // The tables are empty: reading them whole is cheapest wherever it is allowed.
        tx.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
        let plan = explain(&tx, "EXPLAIN", 0, hot).await;
        assert!(!plan.contains("Seq Scan on"), "{name}:\n{plan}");
        assert!(plan.contains("Index"), "{name}:\n{plan}");
    }
}

/// A statement that takes a batch is prepared once and planned without knowledge of how many rows
/// come: its joins must do for a thousand as well as for one.
async fn generic_plan(append: &str, parameters: usize) -> String {
    const FILL: &str = "INSERT INTO conversations (id, kind, head, last_seq, roster_version, \
        created_at, active_at, member_count) \
        SELECT gen_random_uuid(), 0, 0, 0, 1, i, i, 2 FROM generate_series(1, 20000) AS i; \
        INSERT INTO messages (conversation_id, seq, pos, id, author_id, client_id, body, created_at) \
        SELECT gen_random_uuid(), i, i, gen_random_uuid(), gen_random_uuid(), i::text, 'a', i \
        FROM generate_series(1, 20000) AS i; \
        ANALYZE conversations; ANALYZE messages";
    let database = TestDatabase::create().await.unwrap();
    let db = Db::connect(database.url(), &SeaOptions::default()).await.unwrap();
    assert_eq!(db.dialect.backend, DbBackend::Postgres);
    let tx = db.writes.begin().await.unwrap();
    tx.execute_unprepared(FILL).await.unwrap();
    tx.execute_unprepared("SET LOCAL plan_cache_mode = force_generic_plan").await.unwrap();
    tx.execute_unprepared(&format!("PREPARE append AS {append}")).await.unwrap();
    let values = vec!["'{}'"; parameters].join(", ");
    let hot = Hot { name: "append", sql: format!("EXECUTE append ({values})"), values: Vec::new() };
    explain(&tx, "EXPLAIN", 0, hot).await
}

#[tokio::test]
async fn the_append_joins_in_linear_time_on_postgres() {
    for (append, parameters) in [(APPEND, 12), (APPEND_RICH, 21)] {
        let plan = generic_plan(append, parameters).await;
        assert!(plan.contains("Index Scan using pk_conversations"), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
        assert!(plan.contains("Hash Join"), "rows are matched by hash:\n{plan}");
        assert!(!plan.contains("Nested Loop  (cost=0.00"), "no row with every other:\n{plan}");
    }
}

#[tokio::test]
async fn what_is_looked_up_for_a_batch_is_looked_up_by_index_on_postgres() {
    let dialect = &crate::dialect::POSTGRES;
    for (lookup, parameters) in [(stored_sql(dialect), 3), (quotes_sql(dialect), 1)] {
        let plan = generic_plan(&lookup, parameters).await;
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}
