//! The laws of every port, each once; run on every adapter.
//!
//! Each promise in the doc comment of a port that an adapter of storage answers is a function here
//! that is generic over the adapter: it gets [`Stores`] and fails when the promise is broken.
//! [`laws!`] expands to one test per law, so that no adapter can skip one:
//!
//! ```text
//! // crates/adapters/store-x/tests/laws.rs
//! use kabar_contracts::{RecordedFeed, Stores};
//!
//! async fn stores() -> Stores {
//!     let heard = RecordedFeed::new();
//!     let database = ThrowAwayDatabase::start().await;
//!     let store = XStore::open(database.url(), heard.clone(), heard.clone()).await;
//!     // One struct that answers every port; with several, fill in the fields of `Stores`.
//!     Stores::of(store, heard, database)
//! }
//!
//! kabar_contracts::laws!(x, stores);
//! ```
//!
//! The first argument names the module of the tests; the second is an async function or closure
//! without arguments that answers fresh, empty [`Stores`] for one test, and may use every name of
//! the module around the macro. What has to live as long as the test, such as the guard of a
//! throw-away database, goes into [`Stores::keep_alive`], which is dropped last.
//!
//! The laws ask for nothing beyond the ports: an adapter needs a store per test, where ids and
//! moments are made here and repeat from test to test. While a law holds a transaction of a group or of
//! a message open it awaits no other write in the same task, since a store may have one writer for
//! everything.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "everything here is a test or serves one: failing is how it speaks"
)]

mod heard;
pub mod laws;
mod scene;
mod stores;

pub use heard::RecordedFeed;
pub use stores::{DEADLINE, Stores, within_deadline};

/// Expands to one test per law on the stores that the fixture makes; see the crate's page.
#[macro_export]
macro_rules! laws {
    ($adapter:ident, $fixture:expr $(,)?) => {
        mod $adapter {
            use super::*;

            $crate::laws! { @tests $fixture;
                accounts:
                    an_account_reads_back_as_it_was_created,
                    of_racing_registrations_of_one_username_one_wins,
                    a_refused_registration_leaves_nothing,
                    accounts_are_found_by_many_ids_each_once,
                    a_profile_change_changes_what_it_names,
                    search_answers_by_prefix_in_the_order_of_usernames,
                    search_takes_wildcards_of_the_database_literally,
                    search_pages_without_repeat_or_omission,
                    a_password_hash_reads_back_as_it_was_written,
                    of_racing_password_replacements_one_wins,
                    only_existing_active_accounts_may_be_talked_to;
                sessions:
                    a_session_reads_back_as_it_was_created,
                    of_concurrent_rotations_one_rotates_and_the_others_repeat,
                    a_rotation_prolongs_the_session_and_its_successor_rotates_next,
                    the_predecessor_within_the_grace_changes_nothing,
                    the_predecessor_after_the_grace_ends_the_session,
                    an_unknown_secret_changes_nothing,
                    a_secret_older_than_the_predecessor_is_unknown_and_changes_nothing,
                    a_reuse_that_races_a_rotation_is_noticed,
                    a_session_that_is_over_rotates_no_more,
                    an_unknown_session_is_refused_and_not_ended,
                    of_concurrent_ends_one_ends_the_session,
                    an_ended_session_reaches_the_feed,
                    ending_one_session_leaves_the_others;
                direct:
                    concurrent_openings_from_both_sides_make_one_conversation,
                    a_conversation_with_oneself_has_one_member,
                    both_sides_see_the_opened_conversation,
                    only_a_new_conversation_reaches_the_feed,
                    pairs_do_not_share_a_conversation;
                lists:
                    a_conversation_is_unknown_to_whoever_is_not_a_member,
                    the_list_is_by_recent_activity,
                    the_list_pages_without_repeat_or_omission,
                    the_list_pages_past_conversations_of_the_same_moment,
                    a_moving_conversation_hides_none_that_stays,
                    states_are_exactly_those_of_present_conversations_by_id,
                    a_group_in_the_list_carries_its_name_role_and_first_members,
                    the_epoch_stays_the_same;
                cursors:
                    a_cursor_never_goes_back,
                    a_cursor_never_passes_the_last_message,
                    concurrent_reads_leave_the_cursor_at_the_furthest,
                    unread_counts_only_messages_of_others,
                    unread_is_counted_up_to_its_cap,
                    a_new_member_starts_at_the_last_message,
                    whoever_is_not_a_member_has_no_cursor,
                    a_cursor_reaches_the_feed_only_when_it_moved,
                    a_delivered_cursor_moves_forward_between_read_and_last,
                    of_markers_from_two_devices_the_furthest_stays,
                    a_conversation_marked_as_unread_stays_so_until_it_is_read,
                    the_feed_hears_what_changed_of_a_cursor_and_no_more,
                    a_mark_is_nobody_elses_business,
                    unread_and_mentions_follow_edits_and_deletions;
                receipts:
                    receipts_are_of_the_other_members_who_show_them_by_id,
                    receipts_tell_where_a_member_last_joined,
                    receipts_are_shown_within_the_audience_only,
                    what_moved_since_a_moment_is_answered_once,
                    of_what_moved_the_latest_come_first_up_to_the_limit;
                privacy:
                    privacy_changes_what_is_named_and_nothing_else,
                    changes_of_privacy_at_the_same_time_all_hold,
                    presence_is_seen_by_those_who_share_a_conversation_now,
                    last_seen_moves_forward_only;
                preferences:
                    preferences_read_back_as_they_were_set,
                    preferences_are_of_members_and_end_with_the_membership,
                    quiet_hours_read_back_as_they_were_set,
                    rules_are_what_was_set_and_still_holds;
                appends:
                    concurrent_appends_leave_no_hole_and_no_twin,
                    appends_to_many_conversations_are_numbered_apart,
                    a_message_reads_back_as_it_was_appended,
                    racing_appends_with_one_client_id_make_one_message,
                    a_repeated_append_answers_the_first_message_for_ever,
                    one_client_id_in_two_conversations_is_two_messages,
                    one_client_id_of_two_authors_is_two_messages,
                    a_stranger_appends_nothing,
                    an_acknowledged_append_is_in_every_read_that_starts_afterwards,
                    a_burst_leaves_exactly_what_was_acknowledged;
                removals:
                    a_send_that_races_a_removal_is_before_it_or_refused,
                    a_member_checked_against_an_old_roster_still_posts,
                    an_outdated_call_of_everybody_stores_nothing,
                    a_removed_member_harms_nobody_in_the_same_batch,
                    a_returning_member_posts_again,
                    a_former_member_reads_nothing,
                    an_append_that_meets_an_open_removal_is_before_it_or_refused,
                    a_read_that_races_a_removal_shows_nothing_after_it;
                reads:
                    windows_are_cut_as_the_model_cuts_them,
                    the_ends_of_a_conversation_are_told,
                    an_empty_conversation_has_an_empty_window,
                    around_is_half_before_and_half_after,
                    entries_page_over_messages_and_changes,
                    entries_after_the_head_are_none,
                    whoever_is_not_a_member_reads_nothing,
                    a_message_is_found_in_its_own_conversation_only,
                    delivery_reads_what_members_read;
                changes:
                    nothing_of_a_change_is_seen_before_its_commit,
                    a_dropped_change_leaves_nothing,
                    a_commit_of_a_change_goes_through_without_its_caller,
                    every_change_of_a_message_writes_its_entry_in_order,
                    an_edit_announces_whom_it_calls_anew,
                    changes_of_one_conversation_run_one_after_the_other,
                    changes_are_announced_in_the_order_of_the_log,
                    only_a_member_begins_a_change_and_as_what_they_are_now,
                    a_change_finds_the_messages_of_its_conversation;
                present:
                    an_edited_message_is_read_as_it_is_now,
                    of_a_deleted_message_only_its_place_is_left,
                    a_quote_shows_the_answered_message_as_it_is_now,
                    reactions_are_shown_as_each_reader_sees_them,
                    an_emoji_keeps_its_place_while_anybody_uses_it,
                    emojis_stand_in_the_order_of_the_log_whatever_the_clock_says,
                    a_reaction_counts_once_for_each_member_and_emoji,
                    pins_are_the_pinned_messages_the_last_pinned_first,
                    whoever_is_not_a_member_sees_no_pins_and_nothing_sent,
                    a_page_is_of_the_head_that_it_names;
                races:
                    an_edit_that_races_a_deletion_brings_no_text_back,
                    a_reply_that_races_a_deletion_is_never_announced_with_what_is_gone,
                    of_two_edits_the_last_in_the_log_is_stored,
                    a_reaction_that_races_a_removal_is_before_it_or_refused,
                    reactions_at_the_same_time_are_all_counted,
                    of_two_owners_demoting_each_other_one_stays,
                    nobody_calls_everybody_after_a_demotion_that_races_it,
                    marking_that_races_edits_and_deletions_harms_nobody;
                delivery:
                    created_messages_are_announced_once_in_order_as_the_log_has_them,
                    what_was_announced_can_be_read,
                    a_repeated_append_is_not_announced_again,
                    a_refused_append_is_not_announced,
                    an_append_whose_caller_went_away_is_announced_if_stored,
                    messages_and_changes_are_announced_in_one_order;
                groups:
                    a_group_begins_with_its_entries,
                    a_new_groups_entries_are_announced,
                    a_group_is_unknown_to_whoever_is_not_a_member,
                    members_are_by_joining_then_id_and_page,
                    a_direct_conversation_is_no_group,
                    a_standing_is_of_members_only,
                    a_standing_follows_every_committed_change,
                    named_are_members_by_the_first_spelling_that_is_one;
                transactions:
                    nothing_is_visible_before_the_commit,
                    a_transaction_sees_its_own_changes,
                    a_dropped_transaction_leaves_nothing,
                    a_group_can_be_changed_after_a_dropped_transaction,
                    a_commit_goes_through_without_its_caller,
                    every_change_writes_its_entry_in_order,
                    adding_leaves_out_present_members,
                    a_changed_roster_has_a_higher_version,
                    transactions_of_one_group_run_one_after_the_other,
                    of_two_owners_stepping_down_at_once_one_stays,
                    a_commit_keeps_what_was_read_meanwhile,
                    a_removed_member_loses_the_conversation_and_others_keep_it;
                inbox:
                    a_message_concerns_whom_it_calls_and_whom_it_answers,
                    one_message_is_one_notification_and_never_ones_own,
                    memberships_and_roles_given_by_another_concern_the_user,
                    a_direct_conversation_with_unread_messages_is_one_notification,
                    a_call_in_a_direct_conversation_is_one_notification,
                    the_inbox_begins_with_the_last_joining,
                    nothing_of_a_conversation_with_the_level_none_is_in_the_inbox,
                    deleting_a_message_takes_its_notifications_away,
                    an_edit_takes_away_and_adds_what_it_calls,
                    a_call_by_an_edit_is_named_by_its_entry,
                    the_inbox_pages_by_moment_then_by_id,
                    a_repeated_or_refused_message_concerns_nobody_again;
                marks:
                    a_notification_is_read_by_reading_or_by_marking,
                    of_devices_that_mark_at_once_one_changes_something,
                    marking_what_the_inbox_does_not_hold_changes_nothing,
                    marking_all_leaves_direct_conversations_and_what_comes;
                histories:
                    a_random_history_reads_back_as_the_model_tells_it;
            }
        }
    };
    (@tests $fixture:expr; $($area:ident: $($law:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $law() {
                let fixture = $fixture;
                let stores: $crate::Stores = fixture().await;
                $crate::within_deadline($crate::laws::$area::$law(stores)).await;
            }
        )+)+
    };
}

#[cfg(test)]
mod tests {
    /// A law that nobody lists would be tried on no adapter.
    #[test]
    fn every_law_is_listed() {
        let listed = include_str!("lib.rs");
        let laws = [
            ("accounts", include_str!("laws/accounts.rs")),
            ("appends", include_str!("laws/appends.rs")),
            ("changes", include_str!("laws/changes.rs")),
            ("cursors", include_str!("laws/cursors.rs")),
            ("delivery", include_str!("laws/delivery.rs")),
            ("direct", include_str!("laws/direct.rs")),
            ("groups", include_str!("laws/groups.rs")),
            ("histories", include_str!("laws/histories.rs")),
            ("inbox", include_str!("laws/inbox.rs")),
            ("lists", include_str!("laws/lists.rs")),
            ("marks", include_str!("laws/marks.rs")),
            ("preferences", include_str!("laws/preferences.rs")),
            ("present", include_str!("laws/present.rs")),
            ("privacy", include_str!("laws/privacy.rs")),
            ("races", include_str!("laws/races.rs")),
            ("reads", include_str!("laws/reads.rs")),
            ("receipts", include_str!("laws/receipts.rs")),
            ("removals", include_str!("laws/removals.rs")),
            ("sessions", include_str!("laws/sessions.rs")),
            ("transactions", include_str!("laws/transactions.rs")),
        ];
        assert_eq!(include_str!("laws.rs").matches("pub mod ").count(), laws.len());
        for (area, source) in laws {
            for law in source.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
                let law = law.split('(').next().unwrap_or(law);
                let line = |end| format!("                    {law}{end}\n");
                let found = listed.contains(&line(',')) || listed.contains(&line(';'));
                assert!(found, "{area}::{law} is a law that no adapter is tried on");
            }
        }
    }
}
