//! `LogStore::append`.

use std::{collections::BTreeSet, sync::Arc};

use kabar_chats::{
    Event, Forward, Mentions, Message, MessageBody, Quote,
    ports::{Append, Appended, NewMessage},
};
use kabar_kernel::{Pos, Seq, Timestamp};

use crate::{
    Stores,
    scene::{Scene, assert_gapless, at_once, client_id, messages, page, reply_to},
};

/// Concurrent appends to one conversation take the positions and numbers that follow its last ones,
/// without hole and without twin; `pos` and `seq` rise together.
pub async fn concurrent_appends_leave_no_hole_and_no_twin(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..]).await;
    let appended = at_once((0..64).map(|number| {
        let (scene, author) = (Arc::clone(&scene), people[number % 4]);
        async move { scene.say(group, author).await }
    }))
    .await;
    let log = scene.log_of(group).await;
    assert_gapless(&log);
    assert_eq!(log.len(), 4 + 64, "the group's four entries and the messages");
    let mut appended = appended;
    appended.sort_by_key(|message| message.seq);
    assert_eq!(messages(&log), appended, "what was answered is not what is stored");
    let state = scene.state(group, people[0]).await.unwrap();
    assert_eq!((state.head, state.last_seq), (Pos::new(68), Seq::new(64)));
}

/// Each conversation has positions and numbers of its own, however many are written at once.
pub async fn appends_to_many_conversations_are_numbered_apart(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(9).await;
    let mut conversations = Vec::new();
    for peer in &people[1..] {
        conversations.push((scene.direct(people[0], *peer).await, *peer));
    }
    at_once((0..96).map(|number| {
        let (scene, (conversation, peer)) = (Arc::clone(&scene), conversations[number % 8]);
        let author = if number % 3 == 0 { people[0] } else { peer };
        async move { scene.say(conversation, author).await }
    }))
    .await;
    for (conversation, _) in conversations {
        let log = scene.log_of(conversation).await;
        assert_gapless(&log);
        assert_eq!(log.len(), 12);
    }
}

/// An append answers the message as it was given, and every read answers the same.
pub async fn a_message_reads_back_as_it_was_appended(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let first = scene.say(direct, budi).await;
    let given = NewMessage {
        body: MessageBody::parse("'; -- \r\n\t% _ \\ \u{200F}שלום 👨‍👩‍👧 ".into()).unwrap(),
        client_id: client_id(&"~".repeat(64)),
        reply: Some(reply_to(&first)),
        mentions: Mentions { users: vec![budi, ayu], all: true },
        ..scene.draft(direct, ayu).await
    };
    let expected = Message {
        id: given.id,
        conversation: direct,
        seq: Seq::new(2),
        pos: Pos::new(2),
        author: ayu,
        client_id: given.client_id.clone(),
        body: given.body.clone(),
        reply_to: Some(first.id),
        quote: Some(Box::new(Quote::of(&first))),
        forward: None,
        mentions: given.mentions.clone(),
        reactions: Vec::new(),
        created_at: given.created_at,
        edited_at: None,
        deleted_at: None,
    };
    let origin = Forward { author: scene.id(), created_at: Timestamp::from_millis(1) };
    let sent_on = NewMessage { forward: Some(origin), ..scene.draft(direct, budi).await };
    let longest = MessageBody::parse("x".repeat(MessageBody::MAX_BYTES)).unwrap();
    let long = NewMessage { body: longest.clone(), ..scene.draft(direct, ayu).await };
    assert_eq!(scene.append(given).await, Appended { message: expected.clone(), created: true });
    assert_eq!(scene.append(long).await.message.body, longest);
    let read = scene.log.message(direct, budi, expected.id).await.unwrap();
    assert_eq!(read, Some(expected.clone()));
    let log = scene.log_of(direct).await;
    assert_eq!(log[1].event, Event::MessagePosted(expected));
    assert_eq!(messages(&log)[2].body, longest);
    assert_eq!(messages(&log)[0], first);
    let sent_on = scene.append(sent_on).await.message;
    assert_eq!((sent_on.forward, sent_on.reply_to, &sent_on.quote), (Some(origin), None, &None));
    assert_eq!(scene.seen(&sent_on, ayu).await, sent_on);
}

/// The same author, conversation and client id make one message, however many appends race, and
/// every one of them answers that message; exactly one says `created`.
pub async fn racing_appends_with_one_client_id_make_one_message(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for round in 1..=3 {
        let draft = scene.draft(direct, ayu).await;
        let answers = at_once((0..50).map(|number| {
            let scene = Arc::clone(&scene);
            // Every retry of a client comes with an id and a moment of its own.
            let draft = if number == 0 {
                draft.clone()
            } else {
                NewMessage { id: scene.id(), created_at: scene.now(), ..draft.clone() }
            };
            async move { scene.append(draft).await }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.created).count(), 1);
        let first = &answers[0].message;
        assert!(answers.iter().all(|answer| answer.message == *first), "answers differ");
        let log = scene.log_of(direct).await;
        assert_gapless(&log);
        assert_eq!(log.len(), round, "a repetition took a position");
        assert_eq!(messages(&log).last(), Some(first));
    }
}

/// A repetition answers the first message, for ever, whatever else it says now.
pub async fn a_repeated_append_answers_the_first_message_for_ever(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let draft = scene.draft(direct, ayu).await;
    let first = scene.append(draft.clone()).await.message;
    for _ in 0..5 {
        scene.say(direct, budi).await;
    }
    let body = MessageBody::parse("something else".into()).unwrap();
    for again in [draft.clone(), NewMessage { id: scene.id(), body, ..draft }] {
        let answer = scene.append(again).await;
        assert_eq!(answer, Appended { message: first.clone(), created: false });
    }
    assert_eq!(scene.log_of(direct).await.len(), 6);
    assert_eq!(scene.say(direct, ayu).await.seq, Seq::new(7), "a repetition left a hole");
}

/// A client id belongs to one conversation.
pub async fn one_client_id_in_two_conversations_is_two_messages(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let mut ids = BTreeSet::new();
    for peer in &people[1..] {
        let direct = scene.direct(people[0], *peer).await;
        let draft = scene.draft(direct, people[0]).await;
        let appended = scene.append(NewMessage { client_id: client_id("one"), ..draft }).await;
        assert!(appended.created);
        assert_eq!(appended.message.conversation, direct);
        ids.insert(appended.message.id);
    }
    assert_eq!(ids.len(), 2);
}

/// A client id belongs to one author, and is compared as it is written.
pub async fn one_client_id_of_two_authors_is_two_messages(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    for (author, text) in [(ayu, "one"), (budi, "one"), (ayu, "ONE"), (ayu, "one1")] {
        let draft = scene.draft(direct, author).await;
        let appended = scene.append(NewMessage { client_id: client_id(text), ..draft }).await;
        assert!(appended.created, "{text}");
        assert_eq!((appended.message.author, appended.message.client_id.as_str()), (author, text));
    }
    assert_eq!(scene.log_of(direct).await.len(), 4);
}

/// `NotAMember`: the author is not a member now, or there is no such conversation. Nothing stored.
pub async fn a_stranger_appends_nothing(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &[people[1]]).await;
    scene.add(group, &[people[3]], people[0]).await;
    for conversation in [group, scene.id()] {
        let draft = scene.draft(conversation, people[2]).await;
        assert_eq!(scene.log.append(draft).await.unwrap(), Append::NotAMember);
    }
    let log = scene.log_of(group).await;
    assert_eq!(log.len(), 3);
    let next = scene.say(group, people[1]).await;
    assert_eq!((next.pos, next.seq), (Pos::new(4), Seq::new(1)), "the refused one left a hole");
}

/// An append that answered is found by every read that starts afterwards.
pub async fn an_acknowledged_append_is_in_every_read_that_starts_afterwards(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..]).await;
    at_once(people.iter().map(|author| {
        let (scene, author) = (Arc::clone(&scene), *author);
        let reader = people[0];
        async move {
            for _ in 0..25 {
                let said = scene.say(group, author).await;
                let found = scene.log.message(group, reader, said.id).await.unwrap();
                assert_eq!(found.as_ref(), Some(&said));
                let before = Pos::new(said.pos.get() - 1);
                let page = scene.log.entries_after(group, reader, before, page(1)).await.unwrap();
                let entries = page.expect("a member reads").items;
                assert_eq!(entries[0].event, Event::MessagePosted(said.clone()));
                let state = scene.state(group, reader).await.unwrap();
                assert!(state.head >= said.pos && state.last_seq >= said.seq);
            }
        }
    }))
    .await;
    assert_gapless(&scene.log_of(group).await);
}

/// A full queue is a transient failure; nothing is stored of what failed. Whatever the bound of an
/// adapter is, a burst leaves exactly what was acknowledged.
pub async fn a_burst_leaves_exactly_what_was_acknowledged(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let template = scene.draft(direct, ayu).await;
    let answers = at_once((0..3000).map(|number| {
        let (scene, template) = (Arc::clone(&scene), template.clone());
        let client_id = client_id(&format!("burst-{number}"));
        let draft = NewMessage { id: scene.id(), client_id, ..template };
        async move { scene.log.append(draft).await }
    }))
    .await;
    let mut acknowledged = Vec::new();
    for answer in answers {
        match answer {
            Ok(Append::Appended(appended)) => acknowledged.push(appended.message),
            Ok(refused) => panic!("a member was refused: {refused:?}"),
            Err(failure) => assert!(failure.transient, "{failure}"),
        }
    }
    acknowledged.sort_by_key(|message| message.seq);
    let log = scene.log_of(direct).await;
    assert_gapless(&log);
    assert_eq!(messages(&log).len(), acknowledged.len());
    assert!(messages(&log) == acknowledged, "stored and acknowledged messages differ");
    let next = scene.say(direct, budi).await;
    assert_eq!(next.seq, Seq::new(u64::try_from(acknowledged.len()).unwrap() + 1));
}
