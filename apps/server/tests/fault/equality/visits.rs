//! What somebody heard of a group who came and went.

use kabar_testkit::client::Event;

/// Checks that entries came without hole from each `conversation.added` to the `conversation.removed`
/// that ended it, and none besides; answers how many stays there were.
pub(super) fn stays_are_whole(events: &[Event], group: &str) -> usize {
    // Before the first of these events: whoever was a member when the socket opened is one.
    let (mut is_member, mut last, mut stays) = (true, None, 0);
    for event in events.iter().filter(|event| event.content["conversation_id"] == group) {
        match event.name.as_str() {
            "conversation.added" => {
                (is_member, last) = (true, event.content["head"].as_u64());
                stays += 1;
            }
            "conversation.removed" => is_member = false,
            "entry" => {
                assert!(is_member, "told after the removal: {event:?}");
                let pos = event.content["pos"].as_u64().unwrap();
                let next = last.map_or(pos, |last| last + 1);
                assert_eq!(pos, next, "a hole, or a repetition: {event:?}");
                last = Some(pos);
            }
            _ => {}
        }
    }
    stays
}
