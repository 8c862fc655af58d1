//! Whom an entry concerns, and who is told.

use std::sync::atomic::Ordering;

use kabar_chats::{ConversationKind, Event, Mentions, MessageRef, ports::LiveFeed as _};
use kabar_kernel::{ConversationId, Role, Timestamp, UserId};
use kabar_notifications::{
    Concern, Level, MinuteOfDay, Preferences, QuietHours, Rules, ports::NotificationFeed as _,
};
use proptest::prelude::*;

use crate::{
    closing::{beat, seconds},
    hints::{deliveries, paused_time},
    stage::{Seat, Seen, Stage},
};

pub(crate) fn calling(users: &[UserId]) -> Mentions {
    Mentions { users: users.to_vec(), all: false }
}

const EVERYBODY: Mentions = Mentions { users: Vec::new(), all: true };

fn preferring(conversation: ConversationId, preferences: Preferences) -> Rules {
    Rules { quiet: None, conversations: [(conversation, preferences)].into() }
}

fn level(conversation: ConversationId, level: Level) -> Rules {
    preferring(conversation, Preferences { level: Some(level), muted_until: None })
}

async fn came(stage: &Stage, seats: &mut [&mut Seat], of: ConversationId, pos: u64) {
    for seat in seats {
        seat.until(Seen::Entry(of, pos)).await;
    }
    stage.settled(of).await;
}

#[tokio::test(start_paused = true)]
async fn a_direct_message_is_told_to_every_device_of_the_other_right_after_its_entry() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut author = stage.connect(ayu).await;
    let (mut phone, mut laptop) = (stage.connect(budi).await, stage.connect(budi).await);
    stage.post(direct, ayu).await;
    stage.post(direct, ayu).await;
    came(&stage, &mut [&mut author, &mut phone, &mut laptop], direct, 2).await;
    let told = |pos| [Seen::Entry(direct, pos), Seen::Notice(direct, pos, Concern::Message)];
    for seat in [&mut phone, &mut laptop] {
        seat.drain();
        assert_eq!(seat.seen, [&[Seen::Ready], &told(1)[..], &told(2)].concat());
    }
    assert_eq!(author.notices(), []);
    assert_eq!(stage.lines.notices.load(Ordering::Relaxed), 2, "one frame for both devices");
}

#[tokio::test(start_paused = true)]
async fn a_notice_says_what_it_is_about_and_its_name() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.connect(budi).await;
    let message = stage.post_rich(direct, ayu, Mentions::NONE, None).await;
    came(&stage, &mut [&mut seat], direct, 1).await;
    let notice = stage.lines.notice.lock().unwrap().unwrap();
    assert_eq!(notice.id.to_string(), format!("{direct}:1"));
    assert_eq!((notice.by, notice.at), (ayu, Timestamp::from_millis(1)));
    assert_eq!(notice.message, Some(MessageRef { id: message.id, seq: message.seq }));
    assert_eq!((notice.role, notice.concern), (None, Concern::Message));
}

#[tokio::test(start_paused = true)]
async fn a_message_to_oneself_is_told_to_nobody() {
    let stage = Stage::new();
    let ayu = stage.id();
    let notes = stage.direct(ayu, ayu).await;
    let mut seat = stage.connect(ayu).await;
    stage.post(notes, ayu).await;
    came(&stage, &mut [&mut seat], notes, 1).await;
    assert_eq!(seat.notices(), []);
}

#[tokio::test(start_paused = true)]
async fn a_plain_message_in_a_group_is_told_to_those_alone_who_want_every_one() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra]).await;
    let other = stage.group(ayu, &[budi]).await;
    let mut quiet = stage.connect(budi).await;
    let mut loud = stage.connect(citra).await;
    stage.post(group, ayu).await;
    came(&stage, &mut [&mut quiet, &mut loud], group, 4).await;
    assert_eq!(stage.lines.notices.load(Ordering::Relaxed), 0);
    // Rules that change while the device follows hold from then on, in both directions.
    stage.hub.rules(citra, level(group, Level::All));
    stage.hub.rules(budi, level(other, Level::All));
    stage.post(group, ayu).await;
    stage.post(group, citra).await;
    came(&stage, &mut [&mut quiet, &mut loud], group, 6).await;
    assert_eq!(loud.notices(), [(5, Concern::Message)]);
    stage.hub.rules(citra, Rules::default());
    stage.post(group, ayu).await;
    came(&stage, &mut [&mut quiet, &mut loud], group, 7).await;
    assert_eq!(loud.notices(), [(5, Concern::Message)]);
    assert_eq!(quiet.notices(), []);
    assert_eq!(stage.lines.notices.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn one_message_is_told_once_as_mention_before_reply_before_call_of_everybody() {
    let stage = Stage::new();
    let (ayu, budi, citra, dewi) = (stage.id(), stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra, dewi]).await;
    let mut seats = [
        stage.connect(budi).await,
        stage.connect(citra).await,
        stage.connect(dewi).await,
        stage.connect(ayu).await,
    ];
    // Somebody who would be told of every message besides.
    stage.hub.rules(budi, level(group, Level::All));
    let answered = stage.post_rich(group, citra, Mentions::NONE, None).await;
    let everybody_and = |users: &[UserId]| Mentions { users: users.to_vec(), all: true };
    stage.post_rich(group, ayu, everybody_and(&[budi, ayu]), Some(&answered)).await;
    stage.post_rich(group, ayu, calling(&[citra]), Some(&answered)).await;
    for seat in &mut seats {
        seat.until(Seen::Entry(group, 7)).await;
    }
    let [budi, citra, dewi, ayu] = &mut seats;
    let expected = [(5, Concern::Message), (6, Concern::Mention), (7, Concern::Message)];
    assert_eq!(budi.notices(), expected);
    assert_eq!(citra.notices(), [(6, Concern::Reply), (7, Concern::Mention)]);
    assert_eq!(dewi.notices(), [(6, Concern::MentionAll)]);
    assert_eq!(ayu.notices(), []);
    assert_eq!(stage.lines.notices.load(Ordering::Relaxed), 1 + 3 + 2);
}

#[tokio::test(start_paused = true)]
async fn in_a_direct_conversation_a_call_is_told_even_to_who_wants_mentions_alone() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.connect(budi).await;
    stage.hub.rules(budi, level(direct, Level::Mentions));
    stage.post(direct, ayu).await;
    stage.post_to(direct, ayu, calling(&[budi])).await;
    came(&stage, &mut [&mut seat], direct, 2).await;
    assert_eq!(seat.notices(), [(2, Concern::Mention)]);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_before_it_is_known_by_which_rules() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.attach(budi);
    assert_eq!(seat.attach.follow(stage.load(budi).await).await, []);
    stage.post(direct, ayu).await;
    came(&stage, &mut [&mut seat], direct, 1).await;
    seat.attach.device().init_rules(Rules::default());
    stage.post(direct, ayu).await;
    came(&stage, &mut [&mut seat], direct, 2).await;
    assert_eq!(seat.notices(), [(2, Concern::Message)]);
}

#[tokio::test(start_paused = true)]
async fn who_wants_nothing_of_a_conversation_is_told_nothing_of_it() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra]).await;
    let (mut none, mut other) = (stage.connect(budi).await, stage.connect(citra).await);
    stage.hub.rules(budi, level(group, Level::None));
    stage.post_to(group, ayu, EVERYBODY).await;
    came(&stage, &mut [&mut none, &mut other], group, 4).await;
    assert_eq!(none.notices(), []);
    assert_eq!(other.notices(), [(4, Concern::MentionAll)]);
}

#[tokio::test(start_paused = true)]
async fn a_mute_and_quiet_hours_silence_until_they_are_over() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let (muted, quiet) = (stage.direct(ayu, budi).await, stage.direct(ayu, citra).await);
    let mut seats = [stage.connect(budi).await, stage.connect(citra).await];
    let clock = beat(&stage);
    let until = Some(Timestamp::from_millis(60_000));
    let mute = Preferences { level: None, muted_until: until };
    stage.hub.rules(budi, preferring(muted, mute));
    let minute = |minute| MinuteOfDay::new(minute).unwrap();
    let hours = QuietHours::new("Etc/UTC", minute(0), minute(1)).unwrap();
    stage.hub.rules(citra, Rules { quiet: Some(hours), ..Rules::default() });
    for moment in [59_999, 60_000] {
        clock.0.store(moment, Ordering::Relaxed);
        seconds(1).await;
        stage.post(muted, ayu).await;
        stage.post(quiet, ayu).await;
        stage.settled(muted).await;
        stage.settled(quiet).await;
    }
    for seat in &mut seats {
        assert_eq!(seat.notices(), [(2, Concern::Message)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_told_to_those_it_calls_first_and_never_twice_for_one_message() {
    let stage = Stage::new();
    let (ayu, budi, citra, dewi, eka) =
        (stage.id(), stage.id(), stage.id(), stage.id(), stage.id());
    let group = stage.group(ayu, &[budi, citra, dewi, eka]).await;
    let mut seats = [
        stage.connect(budi).await,
        stage.connect(citra).await,
        stage.connect(dewi).await,
        stage.connect(eka).await,
        stage.connect(ayu).await,
    ];
    let answered = stage.post_rich(group, eka, Mentions::NONE, None).await;
    let message = stage.post_rich(group, ayu, calling(&[budi]), Some(&answered)).await;
    stage.edit(&message, &calling(&[budi, citra])).await;
    stage.edit(&message, &Mentions { users: vec![budi, citra], all: true }).await;
    // Nobody new.
    stage.edit(&message, &calling(&[citra])).await;
    for seat in &mut seats {
        seat.until(Seen::Entry(group, 10)).await;
    }
    let [budi, citra, dewi, eka, ayu] = &mut seats;
    assert_eq!(budi.notices(), [(7, Concern::Mention)]);
    assert_eq!(citra.notices(), [(8, Concern::Mention)]);
    assert_eq!(dewi.notices(), [(9, Concern::MentionAll)]);
    assert_eq!(eka.notices(), [(7, Concern::Reply)]);
    assert_eq!(ayu.notices(), []);
}

#[tokio::test(start_paused = true)]
async fn who_is_made_a_member_or_given_a_role_by_another_is_told() {
    let stage = Stage::new();
    let (ayu, budi, citra) = (stage.id(), stage.id(), stage.id());
    let mut seats =
        [stage.connect(ayu).await, stage.connect(budi).await, stage.connect(citra).await];
    let group = stage.group(ayu, &[budi]).await;
    stage.add(group, citra, ayu).await;
    stage.set_role(group, budi, Role::Admin, ayu).await;
    // By themselves.
    stage.set_role(group, ayu, Role::Admin, ayu).await;
    stage.remove(group, citra, citra).await;
    stage.add(group, citra, citra).await;
    for seat in &mut seats {
        seat.until(Seen::Entry(group, 7)).await;
    }
    let [ayu, budi, citra] = &mut seats;
    assert_eq!(ayu.notices(), []);
    assert_eq!(budi.notices(), [(2, Concern::Joined), (4, Concern::RoleChanged)]);
    assert_eq!(citra.notices(), [(3, Concern::Joined)]);
    let notice = stage.lines.notice.lock().unwrap().unwrap();
    assert_eq!((notice.role, notice.message), (Some(Role::Admin), None));
}

#[tokio::test(start_paused = true)]
async fn a_removed_member_is_told_nothing_of_what_calls_them_later() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let group = stage.group(ayu, &[budi]).await;
    let (mut stays, mut gone) = (stage.connect(ayu).await, stage.connect(budi).await);
    stage.hub.rules(budi, level(group, Level::All));
    stage.keep_hints();
    stage.remove(group, budi, ayu).await;
    stage.post_to(group, ayu, EVERYBODY).await;
    // The removal is seen in the log only.
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    stage.post_to(group, ayu, calling(&[budi])).await;
    came(&stage, &mut [&mut stays], group, 5).await;
    assert_eq!(gone.notices(), []);
    assert_eq!(gone.log(), [Seen::Removed(group)]);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_told_of_once_whether_its_hint_was_lost_late_or_repeated() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    for _ in 0..3 {
        stage.post(direct, ayu).await;
    }
    let mut hints = stage.hints();
    let (third, second) = (hints.pop().unwrap(), hints.pop().unwrap());
    // The first is lost, the second comes after the third, and both come again.
    for hint in [&third, &second, &third, &second] {
        stage.hub.entries(vec![hint.clone()]);
    }
    came(&stage, &mut [&mut seat], direct, 3).await;
    let told = [1, 2, 3].map(|pos| (pos, Concern::Message));
    assert_eq!(seat.notices(), told);
}

#[tokio::test(start_paused = true)]
async fn who_had_an_entry_before_the_hub_went_back_is_not_told_of_it_again() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    stage.keep_hints();
    let direct = stage.direct(ayu, budi).await;
    let mut phone = stage.attach(budi);
    phone.attach.device().init_rules(Rules::default());
    let mut laptop = stage.connect(budi).await;
    stage.post(direct, ayu).await;
    stage.hub.entries(stage.hints());
    came(&stage, &mut [&mut laptop], direct, 1).await;
    // Only now it is heard that the conversation was opened, and the phone follows from the start.
    stage.hub.opened(direct, vec![ayu, budi]);
    came(&stage, &mut [&mut phone], direct, 1).await;
    for seat in [&mut phone, &mut laptop] {
        assert_eq!(seat.notices(), [(1, Concern::Message)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_deleted_before_it_was_sent_is_told_to_nobody() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.connect(budi).await;
    stage.keep_hints();
    let message = stage.post_rich(direct, ayu, Mentions::NONE, None).await;
    stage.delete(&message).await;
    stage.hub.entries(vec![stage.hints().pop().unwrap()]);
    came(&stage, &mut [&mut seat], direct, 2).await;
    assert_eq!(seat.notices(), []);
}

#[tokio::test(start_paused = true)]
async fn what_people_do_to_messages_is_sent_and_told_to_nobody() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut seat = stage.connect(budi).await;
    let message = stage.post_rich(direct, ayu, Mentions::NONE, None).await;
    let at = Timestamp::from_millis(2);
    let emoji = kabar_chats::Emoji::parse("👍").unwrap();
    let mut tx = stage.change(&message).await;
    tx.react(message.seq, emoji, at).await.unwrap();
    tx.unreact(message.seq, emoji, at).await.unwrap();
    tx.pin(message.seq, true, at).await.unwrap();
    tx.pin(message.seq, false, at).await.unwrap();
    tx.commit().await.unwrap();
    stage.delete(&message).await;
    came(&stage, &mut [&mut seat], direct, 6).await;
    assert_eq!(seat.positions(direct), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seat.notices(), [(1, Concern::Message)]);
    let kinds = stage.first_entries(direct).await;
    assert!(matches!(kinds[1].event, Event::ReactionAdded(_)));
    assert!(matches!(kinds[5].event, Event::MessageDeleted(_)));
}

#[tokio::test(start_paused = true)]
async fn who_reads_the_log_by_themselves_is_told_when_it_happens() {
    let stage = Stage::new();
    let (ayu, budi) = (stage.id(), stage.id());
    let direct = stage.direct(ayu, budi).await;
    let mut author = stage.connect(ayu).await;
    let mut seat = stage.connect(budi).await;
    assert!(seat.attach.pause(direct).await);
    stage.post(direct, ayu).await;
    came(&stage, &mut [&mut author], direct, 1).await;
    assert_eq!(seat.notices(), [(1, Concern::Message)]);
    assert_eq!(seat.positions(direct), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_kind_a_conversation_is_holds_for_all_who_follow_however_it_was_met() {
    let stage = Stage::stopped();
    let (ayu, budi) = (stage.id(), stage.id());
    let mut seat = stage.attach(budi);
    stage.keep_hints();
    let direct = stage.direct(ayu, budi).await;
    stage.post(direct, ayu).await;
    let hint = stage.hints().pop().unwrap();
    // Beyond what the inbox takes: the hub meets the conversation by hints that were dropped.
    for _ in 0..5_000 {
        stage.hub.entries(vec![hint.clone()]);
    }
    stage.run();
    seat.attach.device().init_rules(Rules::default());
    assert_eq!(seat.attach.follow(stage.load(budi).await).await, []);
    let followed = (direct, ConversationKind::Direct);
    assert!(stage.load(budi).await.iter().any(|(id, kind, _)| (*id, *kind) == followed));
    let head = stage.post(direct, ayu).await;
    came(&stage, &mut [&mut seat], direct, head).await;
    assert!(seat.notices().contains(&(head, Concern::Message)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_hints_do_every_message_is_told_once_right_after_its_entry(
        (count, order) in deliveries(),
        pauses in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        paused_time(async move {
            let stage = Stage::new();
            let (ayu, budi) = (stage.id(), stage.id());
            let direct = stage.direct(ayu, budi).await;
            let mut seat = stage.connect(budi).await;
            stage.keep_hints();
            for _ in 0..count {
                stage.post(direct, ayu).await;
            }
            let hints = stage.hints();
            let last = hints.last().unwrap().clone();
            for (index, pause) in order.iter().zip(pauses.iter().cycle()) {
                stage.hub.entries(vec![index.get(&hints).clone()]);
                if *pause {
                    stage.settled(direct).await;
                }
            }
            let head = last.pos.get();
            stage.hub.entries(vec![last]);
            seat.until(Seen::Entry(direct, head)).await;
            stage.settled(direct).await;
            seat.drain();
            let told = |pos| [Seen::Entry(direct, pos), Seen::Notice(direct, pos, Concern::Message)];
            let expected: Vec<Seen> = (1..=head).flat_map(told).collect();
            assert_eq!(seat.seen[1..], expected);
        });
    }
}
