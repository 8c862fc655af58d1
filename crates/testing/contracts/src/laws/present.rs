//! What is read of messages that were changed: always their present state.

use std::{slice, sync::Arc};

use kabar_chats::{
    Emoji, Event, Excerpt, Forward, Mentions, Message, Quote, Reaction, Window,
    ports::{Appended, NewMessage},
};
use kabar_kernel::{ConversationId, Pos, UserId};

use crate::{
    Stores,
    scene::{Scene, at_once, body, calling, emoji, page, reply_to},
};

/// A message in every place where a member reads it: alone, in a page, as it was sent, in the log as a
/// member and as the server read it, and pinned if it is; as one, and without reactions, which the log
/// has none of.
async fn everywhere(scene: &Scene, message: &Message, reader: UserId) -> Message {
    let conversation = message.conversation;
    let alone = scene.seen(message, reader).await;
    let (around, before) = (Window::Around(message.seq), Pos::new(message.pos.get() - 1));
    let window = scene.log.messages(conversation, reader, around, page(1)).await.unwrap().unwrap();
    assert_eq!(window.items, slice::from_ref(&alone), "in a page");
    let pins = scene.log.pins(conversation, reader).await.unwrap().unwrap();
    let pinned = pins.into_iter().find(|pin| pin.message.id == message.id);
    assert!(pinned.is_none_or(|pin| pin.message == alone), "pinned");
    let plain = Message { reactions: Vec::new(), ..alone };
    let sent = scene.log.sent(conversation, message.author, &message.client_id).await.unwrap();
    assert_eq!(sent.map(|sent| Message { reactions: Vec::new(), ..sent }), Some(plain.clone()));
    let entry = scene.log.entries_after(conversation, reader, before, page(1)).await.unwrap();
    let entry = entry.unwrap().items.remove(0);
    assert_eq!(entry.event, Event::MessagePosted(plain.clone()), "in the log");
    for entry in scene.log_of(conversation).await {
        match entry.event {
            Event::MessagePosted(found) if found.id == message.id => assert_eq!(found, plain),
            Event::MessageEdited { message: found, .. } if found.id == message.id => {
                assert_eq!(*found, plain, "an edit is replayed in the present state");
            }
            _ => {}
        }
    }
    plain
}

/// `edit` replaces text and mentions and nothing else.
pub async fn an_edited_message_is_read_as_it_is_now(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let first = scene.say(group, people[1]).await;
    let draft = scene.draft(group, people[0]).await;
    let reply = Some(reply_to(&first));
    let said = NewMessage { reply, mentions: calling(&people[1..2]), ..draft };
    let said = scene.append(said).await.message;
    scene.react(&said, people[1], "👍").await;
    scene.pin(&said, people[0], true).await;
    for (text, mentions) in [
        (
            "'; -- \r\n\t% _ \\ \u{200F}שלום 👨‍👩‍👧 ",
            Mentions { users: people[1..].to_vec(), all: true },
        ),
        ("again", calling(&[people[2], people[1]])),
        ("nobody", Mentions::NONE),
    ] {
        let at = scene.edit_calling(&said, text, &mentions).await;
        let edited = Message { body: body(text), mentions, edited_at: Some(at), ..said.clone() };
        let listed = scene.conversations.by_id(group, people[1]).await.unwrap().unwrap();
        assert_eq!(listed.active_at, at, "an edit is activity");
        for reader in &people {
            assert_eq!(everywhere(&scene, &said, *reader).await, edited);
        }
        let reactions = scene.seen(&said, people[0]).await.reactions;
        assert_eq!(reactions, [Reaction { emoji: emoji("👍"), count: 1, mine: false }]);
    }
    assert_eq!(scene.log.pins(group, people[1]).await.unwrap().unwrap().len(), 1);
    assert_eq!(everywhere(&scene, &first, people[0]).await, first, "another message");
}

/// `delete` removes text, mentions, origin, reactions and pin; number, author, client id and the
/// answered message stay. A repetition of the append answers what is left.
pub async fn of_a_deleted_message_only_its_place_is_left(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let first = scene.say(group, people[1]).await;
    let draft = NewMessage {
        reply: Some(reply_to(&first)),
        mentions: Mentions { users: people[1..].to_vec(), all: true },
        forward: Some(Forward { author: people[2], created_at: scene.now() }),
        ..scene.draft(group, people[0]).await
    };
    let said = scene.append(draft.clone()).await.message;
    scene.edit_calling(&said, "changed", &calling(&[people[1]])).await;
    scene.react(&said, people[1], "👍").await;
    scene.react(&said, people[2], "🎉").await;
    scene.pin(&said, people[0], true).await;
    scene.pin(&first, people[0], true).await;
    let kept = scene.say(group, people[0]).await;
    let at = scene.delete(&said, people[0]).await;
    for reader in &people {
        let left = everywhere(&scene, &said, *reader).await;
        assert_eq!((left.body.as_str(), left.deleted_at), ("", Some(at)));
        assert_eq!((&left.mentions, left.forward), (&Mentions::NONE, None));
        assert_eq!((left.id, left.seq, left.pos), (said.id, said.seq, said.pos));
        assert_eq!((left.author, &left.client_id), (said.author, &said.client_id));
        assert_eq!((left.reply_to, left.created_at), (said.reply_to, said.created_at));
        assert_eq!(scene.seen(&said, *reader).await.reactions, []);
        let pins = scene.log.pins(group, *reader).await.unwrap().unwrap();
        assert_eq!(pins.iter().map(|pin| pin.message.id).collect::<Vec<_>>(), [first.id]);
    }
    let again = scene.append(draft).await;
    let (message, created) = (everywhere(&scene, &said, people[0]).await, false);
    let again = Appended { message: Message { reactions: Vec::new(), ..again.message }, ..again };
    assert_eq!(again, Appended { message, created });
    let mut tx = scene.change(group, people[1]).await;
    assert_eq!((tx.emojis(said.seq).await.unwrap(), tx.pin_count().await.unwrap()), (vec![], 1));
    drop(tx);
    assert_eq!(scene.seen(&kept, people[1]).await, kept, "another message");
}

/// A reply shows the message it answers as that is now, wherever it is read.
pub async fn a_quote_shows_the_answered_message_as_it_is_now(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.say(group, people[1]).await;
    let answer = scene.answer(&said, people[0]).await;
    let second = scene.answer(&answer, people[2]).await;
    scene.pin(&answer, people[0], true).await;
    let quoted = async |answer: &Message, said: &Message| {
        let now = Quote::of(&scene.seen(said, people[2]).await);
        let found = everywhere(&scene, answer, people[2]).await;
        assert_eq!((found.reply_to, found.quote), (Some(said.id), Some(Box::new(now.clone()))));
        now
    };
    assert_eq!(answer.quote, Some(Box::new(Quote::of(&said))), "what an append answers has it");
    assert_eq!(quoted(&answer, &said).await, Quote::of(&said));
    // Characters of one to four bytes, more of them than are shown.
    let long = "aé€🌺".repeat(60);
    let at = scene.edit(&said, &long).await;
    let quote = quoted(&answer, &said).await;
    assert_eq!(quote.excerpt, Excerpt::of(&long));
    assert_eq!((quote.excerpt.as_str().chars().count(), quote.edited_at), (200, Some(at)));
    assert_eq!((quote.id, quote.seq, quote.author), (said.id, said.seq, people[1]));
    let at = scene.delete(&said, people[1]).await;
    let quote = quoted(&answer, &said).await;
    assert_eq!((quote.excerpt.as_str(), quote.deleted_at), ("", Some(at)));
    // An answer to what is deleted, and an answer that is changed itself.
    let late = scene.answer(&said, people[2]).await;
    assert_eq!(late.quote, Some(Box::new(quoted(&late, &said).await)));
    scene.edit(&answer, "changed").await;
    quoted(&answer, &said).await;
    assert_eq!(quoted(&second, &answer).await.excerpt.as_str(), "changed");
    assert_eq!(everywhere(&scene, &said, people[0]).await.quote, None);
}

/// Reactions are counted by emoji in the order of their first use, with whether the reader is among
/// them; the log has them as entries only.
pub async fn reactions_are_shown_as_each_reader_sees_them(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.say(group, people[0]).await;
    let other = scene.say(group, people[0]).await;
    scene.pin(&said, people[0], true).await;
    for (by, with) in [(1, "❤️"), (0, "👍"), (2, "❤️"), (3, "🎉"), (1, "👍"), (3, "❤️")]
    {
        assert!(scene.react(&said, people[by], with).await);
    }
    scene.react(&other, people[3], "🙏").await;
    let shown = |counts: &[(&str, u32, bool)]| -> Vec<Reaction> {
        let reaction = |(text, count, mine): &(&str, u32, bool)| Reaction {
            emoji: emoji(text),
            count: *count,
            mine: *mine,
        };
        counts.iter().map(reaction).collect()
    };
    for (reader, mine) in people.iter().zip([
        [false, true, false],
        [true, true, false],
        [true, false, false],
        [true, false, true],
    ]) {
        everywhere(&scene, &said, *reader).await;
        let reactions = scene.seen(&said, *reader).await.reactions;
        assert_eq!(reactions, shown(&[("❤️", 3, mine[0]), ("👍", 2, mine[1]), ("🎉", 1, mine[2])]));
    }
    scene.unreact(&said, people[3], "🎉").await;
    scene.unreact(&said, people[3], "❤️").await;
    let reactions = scene.seen(&said, people[3]).await.reactions;
    assert_eq!(reactions, shown(&[("❤️", 2, false), ("👍", 2, false)]));
    // One spelling, however it is asked for.
    assert!(!scene.react(&said, people[1], "❤").await, "the same heart");
    everywhere(&scene, &said, people[3]).await;
    assert_eq!(scene.seen(&other, people[3]).await.reactions, shown(&[("🙏", 1, true)]));
}

/// An emoji keeps the place of its first use for as long as anybody uses it, whoever that is; come back
/// after it was gone, it stands last.
pub async fn an_emoji_keeps_its_place_while_anybody_uses_it(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.say(group, people[0]).await;
    let steps: [(bool, usize, &str, &[&str]); 11] = [
        (true, 0, "👍", &["👍"]),
        (true, 1, "❤️", &["👍", "❤️"]),
        (true, 2, "👍", &["👍", "❤️"]),
        (false, 0, "👍", &["👍", "❤️"]),
        (true, 0, "👍", &["👍", "❤️"]),
        (false, 2, "👍", &["👍", "❤️"]),
        (true, 1, "🎉", &["👍", "❤️", "🎉"]),
        (false, 0, "👍", &["❤️", "🎉"]),
        (true, 2, "👍", &["❤️", "🎉", "👍"]),
        (true, 0, "❤️", &["❤️", "🎉", "👍"]),
        (false, 1, "❤️", &["❤️", "🎉", "👍"]),
    ];
    for (number, (adds, by, with, expected)) in steps.into_iter().enumerate() {
        let changed = if adds {
            scene.react(&said, people[by], with).await
        } else {
            scene.unreact(&said, people[by], with).await
        };
        assert!(changed, "step {number}");
        let expected: Vec<Emoji> = expected.iter().map(|text| emoji(text)).collect();
        assert_eq!(order(&scene, &said, people[1]).await, expected, "step {number}");
    }
}

async fn order(scene: &Scene, message: &Message, reader: UserId) -> Vec<Emoji> {
    let reactions = scene.seen(message, reader).await.reactions;
    reactions.iter().map(|reaction| reaction.emoji).collect()
}

/// … the first use is by the order of the log, also at one moment and when the clock goes back.
pub async fn emojis_stand_in_the_order_of_the_log_whatever_the_clock_says(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(2).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.say(group, people[0]).await;
    let (early, late) = (scene.now(), scene.now());
    let used = ["🙏", "👍", "🎉", "❤️", "😀"];
    for (with, at) in used.into_iter().zip([late, late, early, late, early]) {
        let mut tx = scene.change(group, people[0]).await;
        assert!(tx.react(said.seq, emoji(with), at).await.unwrap());
        tx.commit().await.unwrap();
    }
    // Taken over at an earlier moment than it was first used.
    let mut tx = scene.change(group, people[1]).await;
    assert!(tx.react(said.seq, emoji("❤️"), early).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(order(&scene, &said, people[1]).await, used.map(emoji));
}

/// `react` answers `false` and changes nothing when the actor had reacted so; `unreact` when not. Those
/// of others, and with other emojis, do not matter.
pub async fn a_reaction_counts_once_for_each_member_and_emoji(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let said = scene.say(direct, ayu).await;
    let steps = [
        (false, ayu, "👍", false, 0),
        (true, ayu, "👍", true, 1),
        (true, ayu, "👍", false, 1),
        (false, budi, "👍", false, 1),
        (true, budi, "👍", true, 2),
        (true, budi, "🎉", true, 1),
        (false, ayu, "🎉", false, 1),
        (false, ayu, "👍", true, 1),
        (false, ayu, "👍", false, 1),
        (false, budi, "👍", true, 0),
        (true, ayu, "👍", true, 1),
    ];
    let mut log = 1;
    for (adds, by, with, changes, count) in steps {
        let changed = if adds {
            scene.react(&said, by, with).await
        } else {
            scene.unreact(&said, by, with).await
        };
        assert_eq!(changed, changes, "{adds} {with}");
        log += usize::from(changes);
        let entries = scene.log_of(direct).await;
        assert_eq!(entries.len(), log, "what changes nothing writes nothing");
        if changes {
            let (Event::ReactionAdded(change) | Event::ReactionRemoved(change)) =
                entries[log - 1].event
            else {
                panic!("{:?}", entries[log - 1]);
            };
            assert_eq!((change.emoji, change.count), (emoji(with), count));
            assert_eq!(matches!(entries[log - 1].event, Event::ReactionAdded(_)), adds);
            assert_eq!(entries[log - 1].by, by);
        }
        let mut tx = scene.change(direct, ayu).await;
        let mut emojis: Vec<Emoji> = tx.emojis(said.seq).await.unwrap();
        emojis.sort_unstable();
        let mut shown: Vec<Emoji> =
            scene.seen(&said, ayu).await.reactions.iter().map(|reaction| reaction.emoji).collect();
        shown.sort_unstable();
        assert_eq!(emojis, shown);
    }
}

/// `pins` answers the pinned messages, the last pinned first, with who pinned them and when; `pin`
/// answers `false` and changes nothing when it was so.
pub async fn pins_are_the_pinned_messages_the_last_pinned_first(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(scene.say(group, people[1]).await);
    }
    assert_eq!(scene.log.pins(group, people[1]).await.unwrap(), Some(Vec::new()));
    let mut expected = Vec::new();
    for (index, by) in [(2, 0), (0, 1), (3, 0)] {
        let at = scene.pin(&said[index], people[by], true).await;
        expected.insert(0, (said[index].id, people[by], at));
    }
    let pins = async || {
        let pins = scene.log.pins(group, people[2]).await.unwrap().expect("a member reads");
        pins.into_iter().map(|pin| (pin.message.id, pin.by, pin.at)).collect::<Vec<_>>()
    };
    assert_eq!(pins().await, expected);
    let head = scene.log_of(group).await.len();
    let mut tx = scene.change(group, people[1]).await;
    assert_eq!(tx.pin_count().await.unwrap(), 3);
    assert!(!tx.pin(said[2].seq, true, scene.now()).await.unwrap(), "pinned already");
    assert!(!tx.pin(said[1].seq, false, scene.now()).await.unwrap(), "not pinned");
    tx.commit().await.unwrap();
    assert_eq!(scene.log_of(group).await.len(), head, "what changes nothing writes nothing");
    assert_eq!(pins().await, expected);
    // Pinned again, it is the last pinned.
    scene.pin(&said[2], people[1], false).await;
    expected.retain(|(id, ..)| *id != said[2].id);
    assert_eq!(pins().await, expected);
    let at = scene.pin(&said[2], people[1], true).await;
    expected.insert(0, (said[2].id, people[1], at));
    assert_eq!(pins().await, expected);
    scene.edit(&said[3], "changed").await;
    let found = scene.log.pins(group, people[2]).await.unwrap().unwrap();
    assert_eq!(found[1].message, scene.seen(&said[3], people[2]).await);
    let direct = scene.direct(people[0], people[1]).await;
    assert_eq!(scene.log.pins(direct, people[0]).await.unwrap(), Some(Vec::new()));
}

/// Pins and what was sent are nobody's business who is not a member.
pub async fn whoever_is_not_a_member_sees_no_pins_and_nothing_sent(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let said = scene.say(group, people[1]).await;
    scene.pin(&said, people[0], true).await;
    let sent = async |conversation: ConversationId, author| {
        scene.log.sent(conversation, author, &said.client_id).await.unwrap()
    };
    assert_eq!(sent(group, people[1]).await, Some(said.clone()));
    assert_eq!(sent(group, people[0]).await, None, "another author's client id");
    let other = scene.group(people[0], &[people[1]]).await;
    assert_eq!(sent(other, people[1]).await, None, "another conversation's client id");
    scene.remove(group, people[1], people[0]).await;
    for (conversation, user) in [(group, people[1]), (group, people[2]), (scene.id(), people[0])] {
        assert_eq!(sent(conversation, user).await, None);
        assert_eq!(scene.log.pins(conversation, user).await.unwrap(), None);
    }
    scene.add(group, &[people[1]], people[0]).await;
    assert_eq!(sent(group, people[1]).await, Some(said));
}

/// A page answers the head of the conversation that it is of: entries up to there are in it, and none
/// after it, also while others write.
pub async fn a_page_is_of_the_head_that_it_names(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let said = scene.append_text(direct, ayu, "1").await;
    // The text says at which position it was written.
    let writing = tokio::spawn({
        let (scene, said) = (Arc::clone(&scene), said.clone());
        async move {
            for pos in 2..=60 {
                scene.edit(&said, &pos.to_string()).await;
            }
        }
    });
    at_once((0..3).map(|_| {
        let scene = Arc::clone(&scene);
        async move {
            let mut last = 0;
            while last < 60 {
                let asked = scene.log.messages(direct, budi, Window::Latest, page(5)).await;
                let found = asked.unwrap().expect("a member reads");
                assert_eq!(found.items[0].body.as_str(), found.head.get().to_string());
                assert!(found.head.get() >= last, "the log went back");
                last = found.head.get();
                tokio::task::yield_now().await;
            }
        }
    }))
    .await;
    writing.await.unwrap();
    for other in 0..3 {
        scene.react(&said, budi, ["👍", "🎉", "🙏"][other]).await;
        let found = scene.log.messages(direct, ayu, Window::Before(said.seq), page(5)).await;
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.head, found.items),
            (scene.state(direct, ayu).await.unwrap().head, vec![])
        );
    }
}
