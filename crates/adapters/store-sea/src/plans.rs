//! Tests of the plans: every hot statement finds its rows through an index, on both databases.

use kabar_chats::Window;
use kabar_kernel::Seq;
use kabar_testkit::postgres::TestDatabase;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait, Value, prelude::Uuid};

use crate::{
    SeaOptions,
    connect::Db,
    conversations::{MARK_READ, Queries},
    groups::MEMBERS,
    log::{
        fast::postgres::APPEND,
        read::{ENTRIES, entries_sql, message_sql, window_sql},
    },
    rosters::STANDING,
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
    let hot = |name, sql: &str, values| Hot { name, sql: sql.to_owned(), values };
    let mut all = vec![
        hot("mark_read", MARK_READ, vec![id(), id(), number()]),
        hot("standing", STANDING, vec![id(), id()]),
        hot("members", MEMBERS, vec![id(), id(), number(), id(), number()]),
        hot("entries for delivery", ENTRIES, vec![id(), number(), number()]),
        hot("entries", &entries_sql(), vec![id(), number(), number(), id()]),
        hot("message", &message_sql(), vec![id(), id(), id()]),
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
        all.push(hot("window", &window_sql(window), values));
    }
    for (name, sql) in Queries::new(db.dialect).named() {
        let values = match name {
            "by_id" | "cursor" => vec![id(), id()],
            "list" => vec![id(), number(), id(), number()],
            _ => vec![id()],
        };
        all.push(hot(name, sql, values));
    }
    all
}

async fn explain(db: &impl ConnectionTrait, prefix: &str, column: usize, hot: Hot) -> String {
    let sql = format!("{prefix} {}", hot.sql);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, hot.values);
    let rows = db.query_all_raw(statement).await.unwrap_or_else(|e| panic!("{}: {e}", hot.name));
    let lines = rows.iter().map(|row| row.try_get_by::<String, _>(column).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether what SQLite reads as a whole is what an index gave it: subqueries have these names.
fn is_no_table(name: &str) -> bool {
    ["a", "b", "c", "e", "f", "o", "u"].contains(&name)
        || name.starts_with("(subquery")
        || name.starts_with("CONSTANT ROW")
}

#[tokio::test]
async fn hot_statements_use_indexes_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("kabar.db").display());
    let options = SeaOptions::default();
    let db = Db::connect(&url, &options).await.unwrap();
    db.migrate(&url, &options).await.unwrap();
    for hot in hot_statements(&db) {
        let name = hot.name;
        let plan = explain(&db.reads, "EXPLAIN QUERY PLAN", 3, hot).await;
        let reads_a_table = plan.lines().any(|line| {
            let scanned = line.trim().strip_prefix("SCAN ");
            scanned.is_some_and(|what| !is_no_table(what.trim_end_matches(" LEFT-JOIN")))
        });
        assert!(!reads_a_table, "{name}:\n{plan}");
        assert!(plan.contains("SEARCH"), "{name}:\n{plan}");
    }
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

/// The statement is prepared once and planned without knowledge of how many rows come: its joins
/// must do for a thousand as well as for one.
#[tokio::test]
async fn the_append_joins_in_linear_time_on_postgres() {
    const FILL: &str = "INSERT INTO conversations (id, kind, head, last_seq, roster_version, \
        created_at, active_at, member_count) \
        SELECT gen_random_uuid(), 0, 0, 0, 1, i, i, 2 FROM generate_series(1, 20000) AS i; \
        ANALYZE conversations";
    let database = TestDatabase::create().await.unwrap();
    let db = Db::connect(database.url(), &SeaOptions::default()).await.unwrap();
    assert_eq!(db.dialect.backend, DbBackend::Postgres);
    let tx = db.writes.begin().await.unwrap();
    tx.execute_unprepared(FILL).await.unwrap();
    tx.execute_unprepared("SET LOCAL plan_cache_mode = force_generic_plan").await.unwrap();
    tx.execute_unprepared(&format!("PREPARE append AS {APPEND}")).await.unwrap();
    let hot = Hot {
        name: "append",
        sql: "EXECUTE append ('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', \
              '{}')"
            .to_owned(),
        values: Vec::new(),
    };
    let plan = explain(&tx, "EXPLAIN", 0, hot).await;
    assert!(plan.contains("Index Scan using pk_conversations"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
    assert!(plan.contains("Hash Join"), "messages are matched by hash:\n{plan}");
}
