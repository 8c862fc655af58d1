use std::borrow::Cow;

use serde::Deserialize;

use super::{Ledger, Record, Violation, Violations};
use crate::{
    api::Api,
    tag::{RunId, Tag},
};

/// Messages a page, the most that the server gives.
const PAGE: usize = 100;

/// One page of `GET /v1/conversations/{id}/messages`.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Item<'a> {
    seq: u64,
    pos: u64,
    #[serde(borrow)]
    client_id: Option<Cow<'a, str>>,
}

/// Reads the whole history that the run made and compares it with the ledger: the same messages, at
/// the same positions, numbered without a hole from where the conversation stood before.
///
/// # Errors
/// The server does not answer, or not in this shape.
pub async fn check_history(
    api: &Api,
    token: &str,
    run: RunId,
    ledger: &Ledger,
    violations: &Violations,
) -> anyhow::Result<()> {
    let mut expected = ledger.messages().into_iter();
    let mut after = ledger.base.seq;
    loop {
        let path = format!(
            "/v1/conversations/{}/messages?after={after}&limit={PAGE}",
            ledger.conversation
        );
        let body = api.get_bytes(&path, token).await?;
        let page: Page<'_> = serde_json::from_slice(&body)?;
        for item in &page.items {
            let record = record(run, item);
            if item.seq != after + 1 {
                violations.add(ledger.history(format!("seq {} after {after}", item.seq)));
            }
            after = item.seq;
            if let Some(violation) = compare(ledger, expected.next(), (item.pos, record)) {
                violations.add(violation);
            }
        }
        if !page.has_more || page.items.is_empty() {
            break;
        }
    }
    violations.extend(expected.map(|(pos, record)| {
        ledger.history(format!(
            "{record} at pos {pos} was delivered or acknowledged and is not there"
        ))
    }));
    Ok(())
}

fn record(run: RunId, item: &Item<'_>) -> Record {
    let tag = item.client_id.as_deref().and_then(Tag::parse).filter(|tag| tag.run == run);
    Record { seq: Some(item.seq), name: tag.map(|tag| tag.name) }
}

fn compare(
    ledger: &Ledger,
    expected: Option<(u64, Record)>,
    found: (u64, Record),
) -> Option<Violation> {
    let (pos, record) = found;
    match expected {
        Some(expected) if expected == found => None,
        Some((at, other)) => Some(ledger.history(format!(
            "{record} at pos {pos} where {other} at pos {at} was delivered or acknowledged"
        ))),
        None => Some(ledger.history(format!("{record} at pos {pos}, which nobody was told of"))),
    }
}
