//! What is stored with a message, and in which order its changes are announced.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use kabar_chats::{
    Cursor, Emoji, Entry, Event, Forward, Mentions, Message, MessageBody,
    ports::{Append, LiveFeed, LogStore, NewMessage, ReplyTo},
};
use kabar_groups::ports::GroupStore;
use kabar_kernel::{
    Clock, ConversationId, IdSource, MessageId, PortResult, SystemClock, SystemIds, UserId,
};
use kabar_store_sea::{SeaOptions, SeaStore};
use kabar_testkit::eventually;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, prelude::Uuid};
use tokio::task::JoinSet;

use crate::{
    DEADLINE,
    place::{Place, act, append_all, created, direct, draft, group, on_both, user_id},
};

on_both! {
    whom_a_message_concerns_is_stored_with_it,
    an_edit_notifies_whom_only_the_new_text_calls,
    a_read_mention_is_a_read_call_of_everybody,
    messages_that_call_somebody_survive_a_repetition_in_their_batch,
    a_call_that_cannot_be_stored_fails_alone,
    no_text_is_announced_after_its_deletion,
    nothing_of_a_deleted_message_is_left_in_any_table,
}

const MENTION: i16 = 1;
const EVERYBODY: i16 = 2;
const REPLY: i16 = 3;

fn nobody() -> UserId {
    UserId::new(Uuid::nil())
}

fn posted(append: PortResult<Append>) -> Message {
    match append {
        Ok(Append::Appended(appended)) => appended.message,
        other => panic!("not posted: {other:?}"),
    }
}

fn answering(message: &Message) -> Option<ReplyTo> {
    Some(ReplyTo { message: message.id, author: message.author })
}

fn calling(users: &[UserId], all: bool) -> Mentions {
    Mentions { users: users.to_vec(), all }
}

async fn rows(db: &DatabaseConnection, sql: &str, message: &Message) -> Vec<sea_orm::QueryResult> {
    let values = [message.conversation.as_uuid().into(), message.seq.get().cast_signed().into()];
    let backend = db.get_database_backend();
    db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await.unwrap()
}

/// The notifications of a message: of whom, why, and whether it is marked as read; each stands at the
/// position of the message or of an edit.
async fn notices(db: &DatabaseConnection, message: &Message) -> Vec<(UserId, i16, bool)> {
    let sql = "SELECT user_id, kind, read_at, pos, by_id FROM notifications \
        WHERE conversation_id = $1 AND seq = $2 ORDER BY user_id, pos";
    let rows = rows(db, sql, message).await;
    let notice = |row: &sea_orm::QueryResult| {
        let pos: i64 = row.try_get_by(3).unwrap();
        assert!(pos >= message.pos.get().cast_signed());
        assert_eq!(row.try_get_by::<Uuid, _>(4).unwrap(), message.author.as_uuid());
        let user = UserId::new(row.try_get_by(0).unwrap());
        let read_at: Option<i64> = row.try_get_by(2).unwrap();
        (user, row.try_get_by(1).unwrap(), read_at.is_some())
    };
    rows.iter().map(notice).collect()
}

async fn whom_a_message_concerns_is_stored_with_it(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let db = Database::connect(&place.url).await.unwrap();
    // Ids that sort as they are made.
    let [ayu, bima, citra] = std::array::from_fn(|_| user_id());
    let (here, owner) = group(&store, vec![ayu, bima, citra]).await;
    let plain = posted(store.append(draft((here, ayu))).await);
    assert_eq!(notices(&db, &plain).await, []);
    let reply = answering(&plain);
    let own = NewMessage { reply, ..draft((here, ayu)) };
    assert_eq!(notices(&db, &posted(store.append(own).await)).await, [], "of oneself");
    let answer = NewMessage { reply, ..draft((here, bima)) };
    assert_eq!(notices(&db, &posted(store.append(answer).await)).await, [(ayu, REPLY, false)]);
    let call =
        NewMessage { reply, mentions: calling(&[citra, owner, ayu], true), ..draft((here, owner)) };
    let call = posted(store.append(call).await);
    assert_eq!(call.mentions, calling(&[citra, owner, ayu], true));
    let expected = [(nobody(), EVERYBODY, false), (ayu, MENTION, false), (citra, MENTION, false)];
    assert_eq!(notices(&db, &call).await, expected);
    let read = store.message(here, bima, call.id).await.unwrap().unwrap();
    assert_eq!(read, call);
}

async fn an_edit_notifies_whom_only_the_new_text_calls(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let db = Database::connect(&place.url).await.unwrap();
    let [ayu, bima, citra] = std::array::from_fn(|_| user_id());
    let (here, owner) = group(&store, vec![ayu, bima, citra]).await;
    let plain = posted(store.append(draft((here, ayu))).await);
    let call = NewMessage {
        reply: answering(&plain),
        mentions: calling(&[ayu, bima], false),
        ..draft((here, owner))
    };
    let call = posted(store.append(call).await);
    let read = "UPDATE notifications SET read_at = 1 \
        WHERE conversation_id = $1 AND seq = $2 RETURNING user_id";
    assert_eq!(rows(&db, read, &call).await.len(), 2);
    let edit = async |mentions: &Mentions| {
        let mut tx = LogStore::begin(&*store, here, owner).await.unwrap().unwrap();
        let body = MessageBody::parse("@siapa".into()).unwrap();
        tx.edit(call.seq, &body, mentions, SystemClock.now()).await.unwrap();
        tx.commit().await.unwrap();
        notices(&db, &call).await
    };
    let expected = [(ayu, REPLY, true), (citra, MENTION, false)];
    assert_eq!(edit(&calling(&[citra], false)).await, expected, "bima is not called any more");
    let expected = [(nobody(), EVERYBODY, false), (ayu, REPLY, true), (citra, MENTION, false)];
    assert_eq!(edit(&calling(&[citra], true)).await, expected);
    let expected = [
        (nobody(), EVERYBODY, false),
        (ayu, REPLY, true),
        (ayu, MENTION, false),
        (bima, MENTION, false),
    ];
    assert_eq!(edit(&calling(&[ayu, bima], true)).await, expected, "by another entry than before");
    assert_eq!(rows(&db, read, &call).await.len(), 4);
    let expected = [(ayu, REPLY, true), (bima, MENTION, true)];
    assert_eq!(edit(&calling(&[bima], false)).await, expected, "who is called still has read it");
    assert_eq!(edit(&Mentions::NONE).await, [(ayu, REPLY, true)]);
    delete(&store, &call).await;
    assert_eq!(notices(&db, &call).await, []);
}

/// Whoever has read that they are called, and then is called with all others only, by the same
/// entry, has read that, too.
async fn a_read_mention_is_a_read_call_of_everybody(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let db = Database::connect(&place.url).await.unwrap();
    let [ayu, bima] = std::array::from_fn(|_| user_id());
    let (here, owner) = group(&store, vec![ayu, bima]).await;
    let call = NewMessage { mentions: calling(&[ayu, bima], true), ..draft((here, owner)) };
    let call = posted(store.append(call).await);
    let read = format!(
        "UPDATE notifications SET read_at = 1 WHERE conversation_id = $1 AND seq = $2 \
         AND user_id = {} RETURNING user_id",
        literal(&db, ayu)
    );
    assert_eq!(rows(&db, &read, &call).await.len(), 1);
    let edit = async |mentions: &Mentions| {
        let mut tx = LogStore::begin(&*store, here, owner).await.unwrap().unwrap();
        let body = MessageBody::parse("@all".into()).unwrap();
        tx.edit(call.seq, &body, mentions, SystemClock.now()).await.unwrap();
        tx.commit().await.unwrap();
        notices(&db, &call).await
    };
    let expected = [(nobody(), EVERYBODY, false), (ayu, EVERYBODY, true)];
    assert_eq!(edit(&calling(&[], true)).await, expected, "bima has not");
    assert_eq!(edit(&Mentions::NONE).await, []);
}

fn literal(db: &DatabaseConnection, user: UserId) -> String {
    match db.get_database_backend() {
        DbBackend::Postgres => format!("'{user}'"),
        _ => format!("x'{}'", user.as_uuid().simple()),
    }
}

/// The fast path gives up on such a batch, so that this is the slow one.
async fn messages_that_call_somebody_survive_a_repetition_in_their_batch(place: Place) {
    let store = place.store(SeaOptions { lanes: 1, ..SeaOptions::default() }).await;
    let db = Database::connect(&place.url).await.unwrap();
    let (ayu, bima) = (user_id(), user_id());
    let (here, owner) = group(&store, vec![ayu, bima]).await;
    let first = draft((here, ayu));
    let said = posted(store.append(first.clone()).await);
    let emoji = Emoji::parse("👍").unwrap();
    let mut tx = LogStore::begin(&*store, here, ayu).await.unwrap().unwrap();
    assert!(tx.react(said.seq, emoji, SystemClock.now()).await.unwrap());
    tx.commit().await.unwrap();
    let forward = Forward { author: bima, created_at: SystemClock.now() };
    let mut drafts: Vec<NewMessage> = (0..30)
        .map(|nth| NewMessage {
            reply: (nth % 4 == 0).then(|| answering(&said)).flatten(),
            mentions: if nth % 4 == 1 { calling(&[bima], false) } else { Mentions::NONE },
            forward: (nth % 4 == 2).then_some(forward),
            ..draft((here, owner))
        })
        .collect();
    drafts.push(NewMessage { id: MessageId::new(SystemIds.next_id()), ..first });
    let answers = append_all(&store, drafts).await;
    assert_eq!(answers.iter().filter(|answer| created(answer)).count(), 30);
    for (nth, answer) in answers.into_iter().enumerate() {
        let message = posted(answer);
        assert_eq!(
            store.message(here, message.author, message.id).await.unwrap().unwrap(),
            message
        );
        let expected = match nth % 4 {
            _ if nth == 30 => {
                assert_eq!(message.id, said.id);
                assert_eq!(message.reactions.len(), 1, "as it is now");
                vec![]
            }
            0 => {
                assert_eq!(message.quote.as_ref().unwrap().id, said.id);
                vec![(ayu, REPLY, false)]
            }
            1 => vec![(bima, MENTION, false)],
            rest => {
                assert_eq!(message.forward, (rest == 2).then_some(forward));
                vec![]
            }
        };
        assert_eq!(notices(&db, &message).await, expected, "{nth}");
    }
}

async fn a_call_that_cannot_be_stored_fails_alone(place: Place) {
    let store = place.store(SeaOptions { lanes: 1, ..SeaOptions::default() }).await;
    let bima = user_id();
    let (here, owner) = group(&store, vec![bima]).await;
    let taken = draft((here, owner));
    let id = taken.id;
    assert!(created(&store.append(taken).await));
    let mut drafts: Vec<NewMessage> = (0..40)
        .map(|_| NewMessage { mentions: calling(&[bima], true), ..draft((here, owner)) })
        .collect();
    drafts[17].id = id;
    for (nth, answer) in append_all(&store, drafts).await.iter().enumerate() {
        assert_eq!(created(answer), nth != 17, "{nth}: {answer:?}");
    }
    let db = Database::connect(&place.url).await.unwrap();
    let all = db.query_all_raw(Statement::from_string(
        db.get_database_backend(),
        "SELECT user_id FROM notifications WHERE seq IS NOT NULL",
    ));
    assert_eq!(all.await.unwrap().len(), 2 * 39, "none of the one that failed");
}

/// Hears entries and keeps them in the order they came.
#[derive(Default)]
struct Ear(Mutex<Vec<Entry>>);

impl LiveFeed for Ear {
    fn entries(&self, entries: Vec<Entry>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(entries);
    }
    fn opened(&self, _: ConversationId, _: Vec<UserId>) {}
    fn read(&self, _: Cursor) {}
    fn delivered(&self, _: Cursor) {}
}

async fn delete(store: &SeaStore, message: &Message) {
    let (conversation, author) = (message.conversation, message.author);
    let mut tx = LogStore::begin(store, conversation, author).await.unwrap().unwrap();
    tx.delete(message.seq, SystemClock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Replies race with the deletion of what they answer.
async fn no_text_is_announced_after_its_deletion(place: Place) {
    let ear = Arc::new(Ear::default());
    let store = place.store_heard_by(ear.clone(), SeaOptions::default()).await;
    for _ in 0..10 {
        let at = direct(&store).await;
        let answered = posted(store.append(draft(at)).await);
        let mut tasks = JoinSet::new();
        for nth in 0..30 {
            let reply = NewMessage { reply: answering(&answered), ..draft(at) };
            let (store, answered) = (Arc::clone(&store), answered.clone());
            tasks.spawn(async move {
                if nth == 15 {
                    delete(&store, &answered).await;
                }
                assert!(created(&store.append(reply).await));
            });
        }
        tasks.join_all().await;
        let heard = std::mem::take(&mut *ear.0.lock().unwrap_or_else(PoisonError::into_inner));
        assert!(heard.is_sorted_by_key(|entry| entry.pos), "in the order of the log");
        let mut is_deleted = false;
        for entry in heard {
            match entry.event {
                Event::MessageDeleted(_) => is_deleted = true,
                Event::MessagePosted(message) if message.reply_to.is_some() => {
                    let quote = message.quote.unwrap();
                    assert!(!is_deleted || quote.excerpt.as_str().is_empty());
                    assert_eq!(quote.deleted_at.is_some(), quote.excerpt.as_str().is_empty());
                }
                _ => {}
            }
        }
        assert!(is_deleted);
    }
}

/// A message with a secret in every place that can hold one, and an edit of it; then it is deleted.
async fn deleted_secret(store: &SeaStore) -> (Message, &'static str) {
    let secret = "rahasia-0b8f";
    let ayu = user_id();
    let (here, owner) = group(store, vec![ayu]).await;
    // Longer than a page of SQLite, so that some of it stands in pages of its own.
    let said = MessageBody::parse(secret.repeat(1000)).unwrap();
    let forward = Some(Forward { author: ayu, created_at: SystemClock.now() });
    let mentions = calling(&[ayu], true);
    let draft = NewMessage { body: said, forward, mentions, ..draft((here, owner)) };
    let message = posted(store.append(draft).await);
    let mut tx = LogStore::begin(store, here, owner).await.unwrap().unwrap();
    let edited = MessageBody::parse(format!("{secret} lagi")).unwrap();
    let now = SystemClock.now();
    tx.edit(message.seq, &edited, &calling(&[ayu], false), now).await.unwrap();
    assert!(tx.react(message.seq, Emoji::parse("🤫").unwrap(), now).await.unwrap());
    assert!(tx.pin(message.seq, true, now).await.unwrap());
    tx.commit().await.unwrap();
    delete(store, &message).await;
    (message, secret)
}

async fn nothing_of_a_deleted_message_is_left_in_any_table(place: Place) {
    let store = place.store(SeaOptions::default()).await;
    let (message, secret) = deleted_secret(&store).await;
    let db = Database::connect(&place.url).await.unwrap();
    for table in ["reactions", "pins", "notifications"] {
        let sql = format!("SELECT 1 FROM {table} WHERE conversation_id = $1 AND seq = $2");
        assert!(rows(&db, &sql, &message).await.is_empty(), "{table}");
    }
    let sql = "SELECT body, mentions, forward_author_id, forward_created_at FROM messages \
        WHERE conversation_id = $1 AND seq = $2";
    let left = rows(&db, sql, &message).await;
    assert_eq!(left[0].try_get_by::<String, _>(0).unwrap(), "");
    assert_eq!(left[0].try_get_by::<Option<String>, _>(1).unwrap(), None);
    assert_eq!(left[0].try_get_by::<Option<Uuid>, _>(2).unwrap(), None);
    assert_eq!(left[0].try_get_by::<Option<i64>, _>(3).unwrap(), None);
    let sql = "SELECT data FROM changes WHERE conversation_id = $1 AND seq = $2";
    let changes = rows(&db, sql, &message).await;
    assert_eq!(changes.len(), 4, "edited, reacted to, pinned, deleted");
    for change in changes {
        assert!(!change.try_get_by::<String, _>(0).unwrap().contains(secret));
    }
}

/// Overwritten, and not only left to be reused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_deleted_text_is_left_in_the_file_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kabar.db");
    let place = Place::on_sqlite_file(&file);
    let store = place.store(SeaOptions::default()).await;
    let (_, secret) = deleted_secret(&store).await;
    // Copies the journal into the file and removes it.
    store.close().await.unwrap();
    assert!(!Path::new(&format!("{}-wal", file.display())).exists());
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
}

/// Each change holds a connection until its lane has committed it, and the lane needs one to read
/// what replies quote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_are_quoted_while_every_connection_is_held_on_postgres() {
    let place = Place::postgres().await;
    let store = place.store(SeaOptions { lanes: 1, ..SeaOptions::default() }).await;
    let at = direct(&store).await;
    let answered = posted(store.append(draft(at)).await);
    let mut held = Vec::new();
    for _ in 0..5 {
        let (conversation, user) = direct(&store).await;
        held.push(LogStore::begin(&*store, conversation, user).await.unwrap().unwrap());
    }
    let reply = NewMessage { reply: answering(&answered), ..draft(at) };
    assert!(posted(store.append(reply).await).quote.is_some());
}

/// Who waits for the conversation's row while a removal holds it sees the removal, and not the
/// members as they were when the wait began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_removed_while_they_wait_changes_nothing_on_postgres() {
    let place = Place::postgres().await;
    let store = place.store(SeaOptions::default()).await;
    let db = Database::connect(&place.url).await.unwrap();
    let ayu = user_id();
    let (here, owner) = group(&store, vec![ayu]).await;
    let mut removal = GroupStore::begin(&*store, here).await.unwrap().unwrap();
    removal.remove(ayu, act(owner)).await.unwrap();
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { LogStore::begin(&*store, here, ayu).await.unwrap().is_some() })
    };
    let waits = async || {
        let sql = "SELECT 1 FROM pg_locks WHERE NOT granted \
            AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
        let backend = db.get_database_backend();
        db.query_one_raw(Statement::from_string(backend, sql)).await.unwrap().is_some()
    };
    eventually("the member waits for the row", DEADLINE, waits).await.unwrap();
    removal.commit().await.unwrap();
    assert!(!waiting.await.unwrap(), "a removed member began a change");
}
