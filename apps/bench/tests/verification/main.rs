//! The generator against a server that keeps its promises, and against servers that break one each:
//! a verifier that has never found anything proves nothing.

#[cfg(test)]
mod server;

#[cfg(test)]
mod tests {
    use clap::Parser;
    use kabar_bench::{
        cli::Cli,
        load::Outcome,
        report::{CrowdOutcome, Measured, Report},
        scenario,
    };

    use super::server::{Fault, start};

    async fn run(fault: Fault, scenario: &str) -> anyhow::Result<Report> {
        let url = start(fault).await;
        let words = ["kabar-bench", "--url", &url].into_iter().chain(scenario.split(' '));
        scenario::run(&Cli::try_parse_from(words).unwrap()).await
    }

    async fn outcome(fault: Fault, scenario: &str) -> Outcome {
        let mut report = run(fault, scenario).await.unwrap();
        match report.measured.pop() {
            Some(Measured::Direct { outcome, .. } | Measured::Group { outcome, .. }) => outcome,
            other => panic!("a run with messages, not {other:?}"),
        }
    }

    const PAIRS: &str = "direct --pairs 3 --rate 180 --seconds 0.3 --warm-up 0 --drain 30";
    const GROUP: &str =
        "group --members 5 --senders 1 --rate 60 --seconds 0.3 --warm-up 0 --drain 3";

    const CROWD: &str =
        "crowd --members 4,13 --online 4 --rate 300 --seconds 0.3 --warm-up 0 --drain 3";

    /// The same with time enough for a busy machine: where nothing is missing, nobody waits for it.
    fn patient(scenario: &str) -> String {
        scenario.replace("--drain 3", "--drain 30")
    }

    async fn crowds(fault: Fault) -> Vec<CrowdOutcome> {
        let mut report = run(fault, CROWD).await.unwrap();
        assert!(!report.holds(), "{report}");
        match report.measured.pop() {
            Some(Measured::Crowd { groups, .. }) => groups,
            other => panic!("a crowd, not {other:?}"),
        }
    }

    /// Runs a group against a server with this fault and expects a violation that starts so.
    async fn finds(fault: Fault, violation: &str) {
        let outcome = outcome(fault, GROUP).await;
        let details = outcome.violation_details;
        assert!(details.iter().any(|detail| detail.starts_with(violation)), "{details:?}");
    }

    #[tokio::test]
    async fn an_honest_server_passes_with_direct_conversations() {
        let outcome = outcome(Fault::None, PAIRS).await;
        assert_eq!(outcome.violation_details, [""; 0]);
        assert!(outcome.acked > 0 && outcome.verified >= outcome.acked, "{outcome:?}");
        assert!(outcome.ack.is_some() && outcome.delivery.is_some() && outcome.lag.is_some());
    }

    #[tokio::test]
    async fn an_honest_server_passes_in_a_closed_loop() {
        let closed = "direct --pairs 3 --in-flight 4 --seconds 0.3 --warm-up 0";
        let outcome = outcome(Fault::None, closed).await;
        assert_eq!(outcome.violation_details, [""; 0]);
        assert!(outcome.acked > 0 && outcome.verified >= outcome.acked, "{outcome:?}");
        assert_eq!(outcome.lag, None);
    }

    #[tokio::test]
    async fn an_honest_server_passes_with_a_group() {
        let report = run(Fault::None, &patient(GROUP)).await.unwrap();
        assert!(report.holds(), "{report}");
        let text = report.to_string();
        assert!(text.contains("all there, in order, once"), "{text}");
    }

    #[tokio::test]
    async fn those_who_drop_their_connection_catch_up_by_replay_and_over_gaps() {
        let resume = "direct --pairs 2 --rate 200 --seconds 1 --warm-up 0 --drain 30 --resume";
        let outcome = outcome(Fault::None, resume).await;
        assert_eq!(outcome.violation_details, [""; 0]);
        assert!(outcome.resumes > 0 && outcome.gaps > 0, "{outcome:?}");
    }

    #[tokio::test]
    async fn repeats_are_dropped_and_counted() {
        let outcome = outcome(Fault::RepeatOneDelivery, &patient(GROUP)).await;
        assert_eq!(outcome.violation_details, [""; 0]);
        assert_eq!(outcome.duplicates, 5);
    }

    #[tokio::test]
    async fn an_honest_server_passes_with_crowds() {
        let report = run(Fault::None, &patient(CROWD)).await.unwrap();
        assert!(report.holds(), "{report}");
        let text = report.to_string();
        for words in ["a group of 4", "a group of 13", "send @all", "read marker", "member page"] {
            assert!(text.contains(words), "{text}");
        }
        let Measured::Crowd { groups, online: 4, .. } = &report.measured[0] else {
            panic!("{text}")
        };
        for group in groups {
            assert!(group.send.verified > 0 && group.call_all.verified > 0, "{text}");
            assert!(group.read.latency.is_some() && group.page.latency.is_some(), "{text}");
            // Only those who are connected receive.
            assert!(group.send.delivered <= 4 * group.send.verified, "{text}");
        }
    }

    #[tokio::test]
    async fn a_read_cursor_that_goes_back_is_found() {
        for group in crowds(Fault::ForgetReading).await {
            let details = group.read.violation_details;
            assert!(details.iter().any(|detail| detail.contains("a cursor at")), "{details:?}");
        }
    }

    #[tokio::test]
    async fn a_read_marker_without_an_answer_is_found() {
        for group in crowds(Fault::NeverAnswer).await {
            let details = group.read.violation_details;
            assert_eq!(
                details,
                ["unanswered: 1 commands of the crowd got neither an acknowledgement nor an error"]
            );
        }
    }

    #[tokio::test]
    async fn everybody_is_called_by_the_messages_of_one_step_and_of_no_other() {
        for group in crowds(Fault::RefuseCalls).await {
            assert!(group.send.refused == 0 && group.send.acked > 0, "{group:?}");
            assert!(group.call_all.refused > 0 && group.call_all.acked == 0, "{group:?}");
            let refusal = group.call_all.first_refusal;
            assert_eq!(refusal.as_deref(), Some("chat.forbidden: you call everybody"));
        }
    }

    #[tokio::test]
    async fn a_member_who_is_missing_from_the_list_is_found() {
        for group in crowds(Fault::ForgetOneMember).await {
            let details = group.page.violation_details;
            let members = group.members;
            let found = format!("a list of {} members of a group of {members}", members - 1);
            assert!(details.iter().any(|detail| detail.contains(&found)), "{details:?}");
        }
    }

    #[tokio::test]
    async fn what_is_lost_in_a_crowd_is_a_hole() {
        for group in crowds(Fault::LoseOneDelivery).await {
            let details = group.send.violation_details;
            // Where the last member is connected, that is.
            let found = details.iter().any(|detail| detail.starts_with("hole:"));
            assert_eq!(found, group.members == 4, "{details:?}");
        }
    }

    #[tokio::test]
    async fn no_more_can_be_connected_than_are_members() {
        let error = run(Fault::None, "crowd --members 5,3 --online 4").await.unwrap_err();
        assert!(error.to_string().contains("no more members"), "{error}");
    }

    #[tokio::test]
    async fn idle_connections_are_held() {
        let report = run(Fault::None, "idle --connections 50 --users 5 --hold 0.2").await.unwrap();
        assert!(report.holds(), "{report}");
        assert!(report.to_string().contains("50 connections of 5 users"), "{report}");
    }

    #[tokio::test]
    async fn a_limited_rate_tells_which_setting_lifts_it() {
        let error = run(Fault::LimitRate, PAIRS).await.unwrap_err().to_string();
        assert!(error.contains("KABAR__RATE_LIMITS__ENABLED=false"), "{error}");
    }

    #[tokio::test]
    async fn a_lost_delivery_is_a_hole() {
        finds(Fault::LoseOneDelivery, "hole:").await;
    }

    #[tokio::test]
    async fn swapped_deliveries_are_a_hole() {
        finds(Fault::SwapTwoDeliveries, "hole:").await;
    }

    #[tokio::test]
    async fn an_acknowledged_and_forgotten_message_is_missed() {
        finds(Fault::AckAndForget, "disagreement about pos").await;
    }

    #[tokio::test]
    async fn a_message_at_two_positions_is_a_twin() {
        finds(Fault::StoreTwice, "twin:").await;
    }

    #[tokio::test]
    async fn a_message_without_an_answer_is_found() {
        finds(Fault::NeverAnswer, "unanswered:").await;
    }

    #[tokio::test]
    async fn a_message_that_the_history_lacks_is_found() {
        finds(Fault::ForgetInHistory, "history of").await;
    }

    #[tokio::test]
    async fn a_message_that_was_refused_and_stored_is_found() {
        finds(Fault::RefuseAndStore, "unacknowledged:").await;
    }

    #[tokio::test]
    async fn readers_who_are_told_two_stories_are_found() {
        finds(Fault::TellTwoStories, "disagreement about pos").await;
    }

    #[tokio::test]
    async fn a_closed_connection_is_named_with_its_code() {
        let details = outcome(Fault::CloseOne, GROUP).await.violation_details;
        assert!(
            details.iter().any(|detail| detail.contains("closed with 4008 too slow")),
            "{details:?}"
        );
    }
}
