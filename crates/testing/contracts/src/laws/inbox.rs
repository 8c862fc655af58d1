//! `InboxStore`, and what the log and the groups write for it.

use std::{collections::BTreeSet, slice::from_ref, time::Duration};

use kabar_chats::{
    Event, Excerpt, Mentions, Message,
    ports::{Append, NewMessage},
};
use kabar_kernel::{ConversationId, Page, Pos, Role, UserId};
use kabar_notifications::{
    About, Concern, InboxCursor, Level, Notification, NotificationId, Preferences, Quoted,
};

use crate::{
    Stores,
    scene::{CALLING_ALL, Scene, calling, page, reply_to},
};

/// The whole inbox, read in one page; checks that it agrees with the count and the unread ones.
pub(super) async fn inbox(scene: &Scene, user: UserId) -> Vec<Notification> {
    let whole = scene.inbox.list(user, None, false, page(500)).await.unwrap();
    assert!(!whole.has_more);
    let unread: Vec<_> = whole.items.iter().filter(|item| !item.read).cloned().collect();
    let listed = scene.inbox.list(user, None, true, page(500)).await.unwrap();
    assert_eq!(listed, Page { items: unread.clone(), has_more: false }, "the unread ones");
    let count = usize::try_from(scene.inbox.unread(user).await.unwrap()).unwrap();
    assert_eq!(count, unread.len(), "the count of the unread ones");
    let ids: BTreeSet<_> = whole.items.iter().map(|item| item.id).collect();
    assert_eq!(ids.len(), whole.items.len(), "two notifications of one message");
    assert!(whole.items.iter().all(|item| item.by != user), "of what the user did themselves");
    whole.items
}

/// Why each of the inbox concerns the user, and of which message; latest first, without memberships.
pub(super) async fn concerns(scene: &Scene, user: UserId) -> Vec<(Concern, u64)> {
    let of_message = |item: &Notification| match &item.about {
        About::Message { message, .. } => Some((item.concern, message.seq.get())),
        About::Membership { .. } => None,
    };
    inbox(scene, user).await.iter().filter_map(of_message).collect()
}

fn quoted(message: &Message) -> Quoted {
    let excerpt = Excerpt::of(message.body.as_str()).as_str().to_owned();
    Quoted { id: message.id, seq: message.seq, excerpt }
}

fn of_message(message: &Message, concern: Concern) -> Notification {
    Notification {
        id: NotificationId { conversation: message.conversation, pos: message.pos },
        concern,
        by: message.author,
        at: message.created_at,
        about: About::Message { message: quoted(message), unread: 1 },
        read: false,
    }
}

/// A message stores what its receivers are to be notified of: for each member it calls by name, for
/// everybody when it calls everybody, for the author of what it answers.
pub async fn a_message_concerns_whom_it_calls_and_whom_it_answers(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[3], &people[..3]).await;
    let said = scene.say(group, people[0]).await;
    let called = scene.call(group, people[1], &[people[0], people[2]]).await;
    let everybody = scene.call_all(group, people[0]).await;
    let answer = scene.answer(&said, people[1]).await;
    scene.say(group, people[1]).await;
    let mut whole = inbox(&scene, people[0]).await;
    let joining = whole.pop().expect("the joining is the first");
    assert_eq!(joining.concern, Concern::Joined);
    let expected = [of_message(&answer, Concern::Reply), of_message(&called, Concern::Mention)];
    assert_eq!(whole, expected);
    let for_all = |seq: &Message| (Concern::MentionAll, seq.seq.get());
    assert_eq!(concerns(&scene, people[1]).await, [for_all(&everybody)]);
    assert_eq!(
        concerns(&scene, people[2]).await,
        [for_all(&everybody), (Concern::Mention, called.seq.get())]
    );
    assert_eq!(concerns(&scene, people[3]).await, [for_all(&everybody)]);
    let by_name = inbox(&scene, people[3]).await;
    assert_eq!(by_name, [of_message(&everybody, Concern::MentionAll)], "the owner joined nothing");
}

/// One notification for a message: a mention by name before a reply before a call of everybody; and
/// none of what the user did themselves.
pub async fn one_message_is_one_notification_and_never_ones_own(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (ayu, budi) = (people[0], people[1]);
    let group = scene.group(ayu, &people[1..]).await;
    let said = scene.say(group, budi).await;
    let everything = |mentions| {
        let said = &said;
        let scene = &scene;
        async move {
            let draft = scene.draft(group, ayu).await;
            let reply = Some(reply_to(said));
            scene.append(NewMessage { mentions, reply, ..draft }).await.message.seq.get()
        }
    };
    let named = everything(Mentions { users: vec![budi], all: true }).await;
    assert_eq!(concerns(&scene, budi).await, [(Concern::Mention, named)]);
    let answered = everything(CALLING_ALL).await;
    assert_eq!(concerns(&scene, budi).await[0], (Concern::Reply, answered));
    let both = everything(calling(&[budi])).await;
    assert_eq!(concerns(&scene, budi).await[0], (Concern::Mention, both));
    let of_citra = [(Concern::MentionAll, answered), (Concern::MentionAll, named)];
    assert_eq!(concerns(&scene, people[2]).await, of_citra);
    // Calling, answering and calling everybody oneself.
    let own = scene.call(group, budi, &[budi]).await;
    scene.answer(&own, budi).await;
    scene.call_all(group, budi).await;
    assert_eq!(concerns(&scene, budi).await.len(), 3);
    assert_eq!(concerns(&scene, ayu).await.len(), 1, "called with everybody");
}

/// Being made a member and being given a role by another; never by oneself, nor to whoever made the
/// group. What was taken back concerns nobody.
pub async fn memberships_and_roles_given_by_another_concern_the_user(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let (owner, ayu) = (people[0], people[1]);
    let group = scene.group(owner, &[ayu]).await;
    let log = scene.log_of(group).await;
    let joined = Notification {
        id: NotificationId { conversation: group, pos: Pos::new(2) },
        concern: Concern::Joined,
        by: owner,
        at: log[1].at,
        about: About::Membership { role: Role::Member },
        read: false,
    };
    assert_eq!(inbox(&scene, ayu).await, from_ref(&joined));
    assert_eq!(inbox(&scene, owner).await, []);
    let mut tx = scene.begin(group).await;
    tx.set_role(ayu, Role::Owner, scene.act(owner)).await.unwrap();
    tx.add(&[people[2], ayu], Role::Moderator, scene.act(owner)).await.unwrap();
    tx.add(&[people[3]], Role::Member, scene.act(people[3])).await.unwrap();
    assert_eq!(inbox(&scene, ayu).await, from_ref(&joined), "before the commit");
    tx.commit().await.unwrap();
    let mut tx = scene.begin(group).await;
    tx.set_role(people[2], Role::Admin, scene.act(owner)).await.unwrap();
    drop(tx);
    let log = scene.log_of(group).await;
    let raised = Notification {
        id: NotificationId { conversation: group, pos: Pos::new(3) },
        concern: Concern::RoleChanged,
        at: log[2].at,
        about: About::Membership { role: Role::Owner },
        ..joined.clone()
    };
    assert_eq!(inbox(&scene, ayu).await, [raised, joined.clone()]);
    let added = Notification {
        id: NotificationId { conversation: group, pos: Pos::new(4) },
        at: log[3].at,
        about: About::Membership { role: Role::Moderator },
        ..joined
    };
    assert_eq!(inbox(&scene, people[2]).await, [added]);
    assert_eq!(inbox(&scene, people[3]).await, [], "came by themselves");
    let mut tx = scene.begin(group).await;
    tx.set_role(ayu, Role::Member, scene.act(ayu)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(inbox(&scene, ayu).await.len(), 2, "stepped down by themselves");
    scene.mark_read(group, ayu, 9).await;
    assert!(inbox(&scene, ayu).await.iter().all(|item| !item.read), "no message was read");
}

/// For each direct conversation with unread messages the inbox has one notification, of the last of
/// them, that says how many there are; reading ends it.
pub async fn a_direct_conversation_with_unread_messages_is_one_notification(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (me, budi) = (people[0], people[1]);
    let (first, second) = (scene.direct(me, budi).await, scene.direct(me, people[2]).await);
    let own = scene.direct(me, me).await;
    scene.say(own, me).await;
    assert_eq!(inbox(&scene, me).await, []);
    let said = scene.say(first, budi).await;
    let other = scene.say(second, people[2]).await;
    let last = scene.say(first, budi).await;
    scene.say(first, me).await;
    let waiting = |message: &Message, unread| Notification {
        about: About::Message { message: quoted(message), unread },
        ..of_message(message, Concern::Message)
    };
    assert_eq!(inbox(&scene, me).await, [waiting(&last, 2), waiting(&other, 1)]);
    assert_eq!(inbox(&scene, budi).await.len(), 1, "one's own are not among them");
    // In its present state: edited, and deleted.
    scene.edit(&last, "changed").await;
    let edited = scene.seen(&last, me).await;
    assert_eq!(inbox(&scene, me).await[0], waiting(&edited, 2));
    scene.delete(&last, budi).await;
    assert_eq!(inbox(&scene, me).await, [waiting(&other, 1), waiting(&said, 1)]);
    let third = scene.say(first, budi).await;
    scene.mark_read(first, me, said.seq.get()).await;
    assert_eq!(inbox(&scene, me).await, [waiting(&third, 1), waiting(&other, 1)]);
    scene.mark_read(first, me, third.seq.get()).await;
    assert_eq!(inbox(&scene, me).await, [waiting(&other, 1)]);
    scene.delete(&other, people[2]).await;
    assert_eq!(inbox(&scene, me).await, []);
    scene.mark_delivered(second, me, 1).await;
    scene.say(second, people[2]).await;
    scene.mark_delivered(second, me, 2).await;
    assert_eq!(inbox(&scene, me).await.len(), 1, "received is not read");
}

/// An answer or a mention in a direct conversation is not told twice.
pub async fn a_call_in_a_direct_conversation_is_one_notification(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    let said = scene.say(direct, ayu).await;
    scene.answer(&said, budi).await;
    scene.say(direct, budi).await;
    let last = scene.call(direct, budi, &[ayu]).await;
    let whole = inbox(&scene, ayu).await;
    let of_last: Vec<_> = whole
        .iter()
        .filter(
            |item| matches!(&item.about, About::Message { message, .. } if message.id == last.id),
        )
        .collect();
    assert_eq!(of_last.len(), 1, "{whole:?}");
    scene.mark_read(direct, ayu, last.seq.get()).await;
    assert_eq!(scene.inbox.unread(ayu).await.unwrap(), 0);
}

/// Only of conversations the user is a member of now: what is from before their last joining is not in
/// the inbox, a call of everybody before they came no more than a mention of who was no member.
pub async fn the_inbox_begins_with_the_last_joining(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let (owner, ayu) = (people[0], people[1]);
    let group = scene.group(owner, &[people[2]]).await;
    scene.call_all(group, owner).await;
    scene.call(group, owner, &[ayu]).await;
    assert_eq!(inbox(&scene, ayu).await, [], "no member");
    scene.add(group, &[ayu], owner).await;
    assert_eq!(concerns(&scene, ayu).await, [], "from before they came");
    let said = scene.say(group, ayu).await;
    scene.answer(&said, owner).await;
    scene.call(group, owner, &[ayu]).await;
    scene.call_all(group, owner).await;
    assert_eq!(inbox(&scene, ayu).await.len(), 4);
    scene.remove(group, ayu, owner).await;
    assert_eq!(inbox(&scene, ayu).await, [], "no member any more");
    scene.call_all(group, owner).await;
    scene.answer(&said, owner).await;
    scene.add(group, &[ayu], owner).await;
    let whole = inbox(&scene, ayu).await;
    assert_eq!(whole.len(), 1, "the return and nothing from before it");
    let returned = scene.log_of(group).await.pop().expect("it is not empty");
    assert_eq!((whole[0].concern, whole[0].at), (Concern::Joined, returned.at));
    let everybody = scene.call_all(group, owner).await;
    assert_eq!(concerns(&scene, ayu).await, [(Concern::MentionAll, everybody.seq.get())]);
    assert_eq!(concerns(&scene, people[2]).await.len(), 4, "who stayed has them all");
}

/// Of a conversation whose level is `none` nothing is in the inbox; of every other level, and of a mute
/// one, all of it.
pub async fn nothing_of_a_conversation_with_the_level_none_is_in_the_inbox(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let (group, other) = (scene.group(ayu, &[budi]).await, scene.group(ayu, &[budi]).await);
    let direct = scene.direct(ayu, budi).await;
    scene.call(group, ayu, &[budi]).await;
    scene.call_all(group, ayu).await;
    scene.call_all(other, ayu).await;
    scene.say(direct, ayu).await;
    let whole = inbox(&scene, budi).await;
    assert_eq!(whole.len(), 6);
    let without = |gone: &[ConversationId]| {
        let kept = |item: &&Notification| !gone.contains(&item.id.conversation);
        whole.iter().filter(kept).cloned().collect::<Vec<_>>()
    };
    let set = async |conversation, level| {
        let muted_until = Some(scene.now().after(Duration::from_secs(3600)));
        let preferences = Preferences { level, muted_until };
        assert!(scene.preferences.set_preferences(conversation, budi, preferences).await.unwrap());
    };
    for level in [Some(Level::Mentions), Some(Level::All), None] {
        set(group, level).await;
        set(direct, level).await;
        assert_eq!(inbox(&scene, budi).await, whole, "{level:?}");
    }
    set(group, Some(Level::None)).await;
    assert_eq!(inbox(&scene, budi).await, without(&[group]));
    set(direct, Some(Level::None)).await;
    assert_eq!(inbox(&scene, budi).await, without(&[group, direct]));
    assert_eq!(scene.inbox.mark_all_read(budi, scene.now()).await.unwrap().unread, 0);
    set(direct, None).await;
    assert_eq!(inbox(&scene, budi).await.iter().filter(|item| !item.read).count(), 1);
    assert_eq!(inbox(&scene, ayu).await, [], "somebody else's wish");
}

/// Deleting a message takes its notifications away, for everybody, and shows nothing of what it said.
pub async fn deleting_a_message_takes_its_notifications_away(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &people[1..]).await;
    let said = scene.say(group, people[1]).await;
    let called = scene.call(group, people[0], &[people[1]]).await;
    let answer = scene.answer(&said, people[0]).await;
    let everybody = scene.call_all(group, people[0]).await;
    let last = scene.call_all(group, people[0]).await;
    let ids: Vec<_> = inbox(&scene, people[1]).await.iter().map(|item| item.id).collect();
    scene.inbox.mark_read(people[2], &[ids[1]], scene.now()).await.unwrap();
    assert_eq!(ids.len(), 5);
    scene.delete(&everybody, people[0]).await;
    let left = [
        (Concern::MentionAll, last.seq.get()),
        (Concern::Reply, answer.seq.get()),
        (Concern::Mention, called.seq.get()),
    ];
    assert_eq!(concerns(&scene, people[1]).await, left);
    assert_eq!(concerns(&scene, people[2]).await, left[..1], "also where it was marked");
    scene.delete(&called, people[0]).await;
    scene.delete(&answer, people[0]).await;
    assert_eq!(concerns(&scene, people[1]).await, left[..1]);
    // What the answer answered is gone, and the answer is not.
    let again = scene.answer(&said, people[0]).await;
    scene.delete(&said, people[1]).await;
    assert_eq!(concerns(&scene, people[1]).await[0], (Concern::Reply, again.seq.get()));
}

/// An edit takes away the mentions that it removed and adds those that it added; the message is shown
/// as it is now, and who is called still is not called again.
pub async fn an_edit_takes_away_and_adds_what_it_calls(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let (ayu, budi, citra) = (people[0], people[1], people[2]);
    let group = scene.group(ayu, &people[1..]).await;
    let said = scene.call(group, ayu, &[budi]).await;
    let seq = said.seq.get();
    let kept = inbox(&scene, budi).await[0].clone();
    scene.inbox.mark_read(budi, &[kept.id], scene.now()).await.unwrap();
    let both = calling(&[citra, budi]);
    scene.edit_calling(&said, "both of them", &both).await;
    let now = inbox(&scene, budi).await;
    let about = About::Message { message: quoted(&scene.seen(&said, budi).await), unread: 1 };
    assert_eq!(now[0], Notification { about: about.clone(), read: true, ..kept }, "called still");
    let called = inbox(&scene, citra).await[0].clone();
    assert_eq!((called.concern, called.by, called.about), (Concern::Mention, ayu, about));
    assert!(!called.read);
    scene.edit_calling(&said, "citra only", &calling(&[citra])).await;
    assert_eq!(concerns(&scene, budi).await, []);
    assert_eq!(concerns(&scene, citra).await, [(Concern::Mention, seq)]);
    // From everybody to somebody by name, and back.
    scene.edit_calling(&said, "everybody", &CALLING_ALL).await;
    for user in &people[1..] {
        assert_eq!(concerns(&scene, *user).await, [(Concern::MentionAll, seq)]);
    }
    scene.edit_calling(&said, "and budi", &Mentions { users: vec![budi], all: true }).await;
    assert_eq!(concerns(&scene, budi).await, [(Concern::Mention, seq)]);
    assert_eq!(concerns(&scene, citra).await, [(Concern::MentionAll, seq)]);
    scene.inbox.mark_all_read(citra, scene.now()).await.unwrap();
    scene.edit_calling(&said, "budi only", &calling(&[budi])).await;
    assert_eq!(concerns(&scene, citra).await, []);
    assert_eq!(concerns(&scene, budi).await, [(Concern::Mention, seq)]);
    scene.edit_calling(&said, "everybody again", &CALLING_ALL).await;
    assert_eq!(concerns(&scene, budi).await, [(Concern::MentionAll, seq)]);
    assert_eq!(concerns(&scene, ayu).await, [], "one's own");
    scene.edit(&said, "nobody").await;
    for user in &people {
        assert_eq!(concerns(&scene, *user).await, []);
    }
    // An answer stays one, whatever it calls meanwhile.
    let question = scene.say(group, budi).await;
    let answer = scene.answer(&question, ayu).await;
    for (mentions, concern) in [
        (calling(&[citra]), Concern::Reply),
        (calling(&[budi]), Concern::Mention),
        (CALLING_ALL, Concern::Reply),
        (Mentions::NONE, Concern::Reply),
    ] {
        scene.edit_calling(&answer, &format!("{concern:?} {mentions:?}"), &mentions).await;
        assert_eq!(concerns(&scene, budi).await, [(concern, answer.seq.get())], "{mentions:?}");
    }
}

/// What an edit calls is named by the entry of the edit and has its moment, as it is told live, so that
/// whoever was told can mark it; whoever came after the message was posted is called all the same.
pub async fn a_call_by_an_edit_is_named_by_its_entry(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let (ayu, budi, citra, late) = (people[0], people[1], people[2], people[3]);
    let group = scene.group(ayu, &[budi, citra]).await;
    let said = scene.call(group, ayu, &[budi]).await;
    let id = |pos| NotificationId { conversation: group, pos };
    scene.add(group, &[late], ayu).await;
    let at = scene.edit_calling(&said, "all three", &calling(&[budi, late, citra])).await;
    let edit = scene.log_of(group).await.pop().expect("it is not empty").pos;
    assert_eq!(inbox(&scene, budi).await[0].id, id(said.pos), "called when it was posted");
    for user in [citra, late] {
        let called = inbox(&scene, user).await[0].clone();
        assert_eq!((called.id, called.at, called.concern), (id(edit), at, Concern::Mention));
        assert_eq!(called.read, user == late, "what was before one came is read");
    }
    for changed in [true, false] {
        let marked = scene.inbox.mark_read(citra, &[id(edit)], scene.now()).await.unwrap();
        assert_eq!((marked.unread, marked.changed), (1, changed), "the joining is unread");
    }
    assert!(inbox(&scene, citra).await[0].read);
    let second = scene.say(group, ayu).await;
    let at = scene.edit_calling(&second, "everybody", &CALLING_ALL).await;
    let edit = scene.log_of(group).await.pop().expect("it is not empty").pos;
    for user in [budi, citra] {
        let called = inbox(&scene, user).await[0].clone();
        assert_eq!((called.id, called.at, called.concern), (id(edit), at, Concern::MentionAll));
        assert!(scene.inbox.mark_read(user, &[id(edit)], scene.now()).await.unwrap().changed);
        assert!(inbox(&scene, user).await[0].read);
    }
    scene.delete(&said, ayu).await;
    scene.delete(&second, ayu).await;
    for user in &people[1..] {
        assert_eq!(concerns(&scene, *user).await, [], "deleted, and with it what the edits called");
    }
}

/// The inbox is by moment, latest first, then by id descending; each page goes on after the cursor, and
/// holds the unread ones only when asked for.
pub async fn the_inbox_pages_by_moment_then_by_id(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let me = people[0];
    let groups = [
        scene.group(people[1], &[me]).await,
        scene.group(people[1], &[me]).await,
        scene.group(people[2], &[me]).await,
    ];
    // Several of the same moment, in one conversation and in several, some of them computed.
    let direct = scene.direct(people[3], me).await;
    let moments = [scene.now(), scene.now(), scene.now()];
    for number in 0..12 {
        let group = groups[number % 3];
        let author = if number % 3 == 2 { people[2] } else { people[1] };
        let mentions = if number % 2 == 0 { calling(&[me]) } else { CALLING_ALL };
        let draft = scene.draft(group, author).await;
        let created_at = moments[number / 4];
        scene.append(NewMessage { mentions, created_at, ..draft }).await;
    }
    let draft = scene.draft(direct, people[3]).await;
    scene.append(NewMessage { created_at: moments[1], ..draft }).await;
    let whole = inbox(&scene, me).await;
    assert_eq!(whole.len(), 3 + 12 + 1);
    let mut sorted = whole.clone();
    sorted.sort_by_key(|item| std::cmp::Reverse((item.at, item.id)));
    assert_eq!(whole, sorted);
    let some: Vec<_> = whole.iter().step_by(3).map(|item| item.id).collect();
    scene.inbox.mark_read(me, &some, scene.now()).await.unwrap();
    let whole = inbox(&scene, me).await;
    for only_unread in [false, true] {
        let expected: Vec<_> =
            whole.iter().filter(|item| !(only_unread && item.read)).cloned().collect();
        for size in [1, 2, 5, 15, 16, 17] {
            let mut seen: Vec<Notification> = Vec::new();
            loop {
                let after = seen.last().map(|item| InboxCursor { at: item.at, id: item.id });
                let found = scene.inbox.list(me, after, only_unread, page(size)).await.unwrap();
                assert!(found.items.len() <= usize::from(size), "more than was asked for");
                assert!(!found.has_more || found.items.len() == usize::from(size), "not full");
                seen.extend(found.items);
                assert_eq!(found.has_more, seen.len() < expected.len());
                if !found.has_more {
                    break;
                }
            }
            assert_eq!(seen, expected, "pages of {size}, unread only: {only_unread}");
        }
    }
    let nobody = scene.inbox.list(scene.id(), None, false, page(5)).await.unwrap();
    assert_eq!(nobody, Page::default());
}

/// A repetition, a refused append and a plain message store no notification.
pub async fn a_repeated_or_refused_message_concerns_nobody_again(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let draft = scene.draft(group, people[0]).await;
    let draft = NewMessage { mentions: calling(&[people[1]]), ..draft };
    for _ in 0..3 {
        scene.append(draft.clone()).await;
    }
    assert_eq!(concerns(&scene, people[1]).await.len(), 1);
    let other = NewMessage { id: scene.id(), mentions: CALLING_ALL, ..draft };
    scene.append(other).await;
    assert_eq!(concerns(&scene, people[1]).await.len(), 1, "the first message stays");
    let refused = scene.draft(group, people[2]).await;
    let refused = NewMessage { mentions: CALLING_ALL, ..refused };
    assert_eq!(scene.log.append(refused).await.unwrap(), Append::NotAMember);
    scene.say(group, people[0]).await;
    assert_eq!(concerns(&scene, people[1]).await.len(), 1);
    assert_eq!(concerns(&scene, people[0]).await, []);
    let log = scene.log_of(group).await;
    assert_eq!(log.iter().filter(|e| matches!(e.event, Event::MessagePosted(_))).count(), 2);
}
