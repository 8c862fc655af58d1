//! Reads `table.md`, and holds it against the API document.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail, ensure};
use kabar_wire::ws::CommandName;
use serde_json::Value;

use crate::operations::Operation;

/// Who may try, in the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Actor {
    Nobody,
    Stranger,
    FormerMember,
    Member,
    Moderator,
    Administrator,
    Owner,
}

impl Actor {
    pub(crate) const ALL: [Self; 7] = [
        Self::Nobody,
        Self::Stranger,
        Self::FormerMember,
        Self::Member,
        Self::Moderator,
        Self::Administrator,
        Self::Owner,
    ];
}

/// Where it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Group,
    Direct,
    Nowhere,
}

/// To whose message or membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    Nothing,
    Own,
    Other,
    Moderator,
    Administrator,
    Owner,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// The code of the problem; `None` when it is done.
    pub(crate) code: Option<String>,
}

/// One row of the walk over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) place: Place,
    pub(crate) of: Of,
    /// Another body than usual.
    pub(crate) body: Option<Value>,
    /// What each actor is answered; `None` where there is nobody like that.
    pub(crate) expected: Vec<(Actor, Option<Expected>)>,
}

/// A row of the walk with ids mixed.
#[derive(Debug, Clone)]
pub(crate) struct MixedRow {
    pub(crate) operation: String,
    pub(crate) what: String,
    pub(crate) expected: Expected,
}

/// The whole file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    pub(crate) mixed: Vec<MixedRow>,
    /// Each command with its operation; `None` for one that is of the socket alone.
    pub(crate) commands: Vec<(String, Option<String>)>,
}

impl Table {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let text = include_str!("table.md");
        Ok(Self {
            rows: section(text, "## Over HTTP", read_row)?,
            mixed: section(text, "## Ids mixed", read_mixed)?,
            commands: section(text, "## Over WebSocket", read_command)?,
        })
    }
}

/// The rows of the one table under a heading, without its head.
fn section<T>(
    text: &str,
    heading: &str,
    read: impl Fn(&[&str]) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let (_, rest) = text.split_once(heading).with_context(|| format!("no {heading}"))?;
    let lines = rest.lines().skip_while(|line| !line.starts_with('|'));
    let lines = lines.take_while(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            read(&cells).with_context(|| line.to_owned())
        })
        .collect()
}

fn read_row(cells: &[&str]) -> anyhow::Result<Row> {
    ensure!(cells.len() == 12, "{cells:?} has another number of columns");
    let place = match cells[1] {
        "group" => Place::Group,
        "direct" => Place::Direct,
        "–" => Place::Nowhere,
        other => bail!("{other} is no place"),
    };
    let of = match cells[2] {
        "–" => Of::Nothing,
        "own" => Of::Own,
        "other's" => Of::Other,
        "moderator's" => Of::Moderator,
        "administrator's" => Of::Administrator,
        "owner's" => Of::Owner,
        other => bail!("{other} is nobody's"),
    };
    let body = match cells[3] {
        "–" => None,
        json => Some(serde_json::from_str(json.trim_matches('`')).context("a body")?),
    };
    let codes = codes(cells[11])?;
    let expected = Actor::ALL
        .into_iter()
        .zip(&cells[4..11])
        .map(|(actor, cell)| {
            let expected = match *cell {
                "–" => None,
                status => Some(answer(status.parse().context("a status")?, &codes)?),
            };
            Ok((actor, expected))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Row { operation: cells[0].to_owned(), place, of, body, expected })
}

fn answer(status: u16, codes: &BTreeMap<u16, String>) -> anyhow::Result<Expected> {
    let code = match (status, codes.get(&status)) {
        (200..=399, _) => None,
        (_, Some(code)) => Some(code.clone()),
        (401, None) => Some("auth.token_missing".to_owned()),
        (other, None) => bail!("{other} has no code"),
    };
    Ok(Expected { status, code })
}

/// `404 chat.message_not_found, 403 chat.forbidden`
fn codes(cell: &str) -> anyhow::Result<BTreeMap<u16, String>> {
    let code = |text: &str| {
        let (status, code) = text.trim().split_once(' ').context("a status and a code")?;
        anyhow::Ok((status.parse()?, code.to_owned()))
    };
    if cell == "–" { Ok(BTreeMap::new()) } else { cell.split(',').map(code).collect() }
}

fn read_mixed(cells: &[&str]) -> anyhow::Result<MixedRow> {
    ensure!(cells.len() == 3, "{cells:?} has another number of columns");
    let codes = codes(cells[2])?;
    let (status, _) = codes.iter().next().context("an answer")?;
    Ok(MixedRow {
        operation: cells[0].to_owned(),
        what: cells[1].to_owned(),
        expected: answer(*status, &codes)?,
    })
}

fn read_command(cells: &[&str]) -> anyhow::Result<(String, Option<String>)> {
    ensure!(cells.len() == 2, "{cells:?} has another number of columns");
    let operation = (!cells[1].starts_with('–')).then(|| cells[1].to_owned());
    Ok((cells[0].to_owned(), operation))
}

/// Every operation has its rows: one in each place it can be tried in, and one for what is one's own
/// and one for what is another's where it names something of somebody's.
#[test]
fn every_operation_has_its_rows_and_every_row_its_operation() -> anyhow::Result<()> {
    let table = Table::read()?;
    let operations = Operation::all()?;
    let described: BTreeSet<_> = operations.keys().map(String::as_str).collect();
    let rowed: BTreeSet<_> = table.rows.iter().map(|row| row.operation.as_str()).collect();
    assert_eq!(rowed, described);
    let mut seen = BTreeSet::new();
    for row in &table.rows {
        let body = row.body.as_ref().map(Value::to_string);
        assert!(seen.insert((&row.operation, row.place, row.of, body)), "twice: {row:?}");
    }
    for (name, operation) in &operations {
        let has = |place: Place, of: Of| {
            table.rows.iter().any(|row| (&row.operation, row.place, row.of) == (name, place, of))
        };
        let names_one = operation.path.contains("{message}")
            || operation.path.contains("{user}")
            || name == "forwardMessage";
        let ofs = if names_one { &[Of::Own, Of::Other][..] } else { &[Of::Nothing] };
        let in_conversation =
            operation.path.contains("{conversation}") || operation.path.contains("{group}");
        let places =
            if in_conversation { &[Place::Group, Place::Direct][..] } else { &[Place::Nowhere] };
        let is_special =
            ["refresh", "openDirect", "markNotificationsRead"].contains(&name.as_str());
        for place in places {
            for of in ofs {
                assert!(is_special || has(*place, *of), "{name} has no row {place:?} {of:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_operation_with_two_ids_in_its_path_has_a_row_with_them_mixed() -> anyhow::Result<()> {
    let table = Table::read()?;
    let mixed: BTreeSet<_> = table.mixed.iter().map(|row| row.operation.as_str()).collect();
    for (name, operation) in Operation::all()? {
        let ids = operation.path.matches('{').count() - operation.path.matches("{emoji}").count();
        assert!(ids < 2 || mixed.contains(name.as_str()), "{name} has no row with ids mixed");
    }
    Ok(())
}

#[test]
fn every_command_has_its_row_and_every_row_its_command() -> anyhow::Result<()> {
    let table = Table::read()?;
    let rowed: BTreeSet<_> = table.commands.iter().map(|(command, _)| command.as_str()).collect();
    let known: BTreeSet<_> = CommandName::ALL.iter().map(|command| command.as_str()).collect();
    assert_eq!(rowed, known);
    let operations = Operation::all()?;
    for (command, operation) in &table.commands {
        assert!(operation.as_ref().is_none_or(|it| operations.contains_key(it)), "{command}");
    }
    Ok(())
}
