//! `lists status`, `lists fetch`, `lists diff` and `lists accept`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::watchlist::{ChangedEntry, ListChanges, Source, is_fresh};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, age, count, time};
use super::{Answer, CliError};
use crate::blobs::Seal;
use crate::clock::SystemClock;
use crate::watchlists::{Archive, Checked, Keeper, KeeperError, KeptList, ListState, Plan, PlannedList};

/// The most changed entries in the text for people.
const MAX_ROWS: usize = 200;
/// The longest name of an operator.
const MAX_NAME: usize = 100;

/// The commands on sanctions lists.
#[derive(Debug, Subcommand)]
pub enum Lists {
    /// Print each list: the issue in use, when it was checked, and why a newer one is not in use
    ///
    /// STATE is "fresh" if the list was checked with its publisher within watchlist.stale_after_hours, "stale" if not,
    /// and "missing" before its first issue: with a stale or missing list every application goes to review. CAUSE is
    /// empty if the publisher's newest issue is in use.
    #[command(after_help = "Examples:\n  server lists status\n  server lists status --json | jq '.lists[].cause'")]
    Status,
    /// Check lists with their publishers now, or read their files, and take new issues
    ///
    /// Running servers load an issue within ten seconds. The exit code is 1 if an issue was refused or nothing was
    /// received; the issue in use stays then.
    #[command(after_help = "Examples:\n  server lists fetch\n  server lists fetch EU")]
    Fetch {
        /// One list instead of all: OFAC-SDN, OFAC-CONS, UN, EU, UK or PEP
        #[arg(value_name = "LIST", value_parser = source)]
        list: Option<Source>,
    },
    /// Print the persons that an issue adds, changes and removes
    ///
    /// Compares the refused issue with the one in use or, if none is refused, the one in use with the one before.
    #[command(after_help = "Example:\n  server lists diff OFAC-SDN")]
    Diff {
        /// The list: OFAC-SDN, OFAC-CONS, UN, EU, UK or PEP
        #[arg(value_name = "LIST", value_parser = source)]
        list: Source,
    },
    /// Put a refused issue into use
    ///
    /// For an issue that lost many entries, is older than the one in use, or is dated ahead, after `server lists diff`.
    /// What is not a complete list cannot be accepted. The audit log records who accepted it.
    #[command(after_help = "Example:\n  server lists accept OFAC-SDN --by 'M. Keller' --sha256 3f2a91")]
    Accept(Acceptance),
}

/// The issue to accept, and who accepts it.
#[derive(Debug, Args)]
pub struct Acceptance {
    /// The list: OFAC-SDN, OFAC-CONS, UN, EU, UK or PEP
    #[arg(value_name = "LIST", value_parser = source)]
    list: Source,
    /// Who accepts it, for the audit log
    #[arg(long, value_name = "NAME", value_parser = operator)]
    by: String,
    /// The beginning of the issue's SHA-256, so that no other one is accepted
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
}

fn source(text: &str) -> Result<Source, String> {
    let known = Source::ALL.into_iter().filter(|list| *list != Source::Sample);
    let found = known.clone().find(|list| list.code().eq_ignore_ascii_case(text));
    found.ok_or_else(|| format!("one of {}", known.map(Source::code).collect::<Vec<_>>().join(", ")))
}

fn operator(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        true => Err(format!("a name of 1 to {MAX_NAME} characters")),
        false => Ok(name.to_owned()),
    }
}

impl Lists {
    pub(super) async fn run(&self, context: &CliContext, json: bool) -> Result<Answer, CliError> {
        let keeper = keeper(context).await?;
        match self {
            Self::Status => {
                let mut states = Vec::new();
                for list in &keeper.plan().lists {
                    states.push((list, keeper.state(list.source).await?));
                }
                Ok(status_report(keeper.plan(), &states, context.now).print(json).into())
            }
            Self::Fetch { list } => {
                let lists: Vec<&PlannedList> = match list {
                    Some(source) => vec![keeper.plan().list(*source).ok_or(KeeperError::Off(source.code()))?],
                    None => keeper.plan().lists.iter().collect(),
                };
                // Together, because one publisher may take minutes.
                let checks = lists.iter().map(|list| async { (list.source, keeper.check(list.source).await) });
                let mut checked = Vec::new();
                for (source, result) in futures::future::join_all(checks).await {
                    checked.push((source, result?));
                }
                Ok(fetch_answer(&checked, json))
            }
            Self::Diff { list } => {
                let difference = keeper.difference(*list).await?;
                let names = [difference.from.as_ref().map(label), Some(label(&difference.to))];
                let report = difference_report(*list, &difference.changes, &names, difference.refused);
                Ok(report.print(json).into())
            }
            Self::Accept(Acceptance { list, by, sha256 }) => {
                let accepted = keeper.accept(*list, by, sha256.as_deref()).await?;
                let text = format!(
                    "{} of {} is in use. It adds {}, changes {} and removes {}.\n",
                    list.code(),
                    label(&accepted.list),
                    count(accepted.changes.added.len(), "person"),
                    accepted.changes.changed.len(),
                    accepted.changes.removed.len()
                );
                let json_of = json!({
                    "list": list.code(),
                    "accepted": accepted.list,
                    "by": by,
                    "changes": numbers(&accepted.changes),
                });
                Ok(Report { json: json_of, text }.print(json).into())
            }
        }
    }
}

/// The keeper, on the server's tables and documents.
async fn keeper(context: &CliContext) -> Result<Keeper, CliError> {
    let config = &context.config;
    let plan = Plan::new(&config.watchlist).map_err(CliError::new)?;
    if plan.lists.is_empty() {
        return Err(CliError::new(
            "every list of [watchlist] is off, so the built-in sample is in use: set watchlist.ofac_sdn, watchlist.un, \
             watchlist.eu or watchlist.uk",
        ));
    }
    // Lists are not encrypted.
    let seal = Seal::new(&[], []).map_err(CliError::new)?;
    let blobs = crate::server::blobs(config, &context.backends, seal).await.map_err(CliError::new)?;
    Keeper::new(plan, context.store(), Archive::new(blobs.shared()), Arc::new(SystemClock)).map_err(CliError::new)
}

impl From<KeeperError> for CliError {
    fn from(error: KeeperError) -> Self {
        match error {
            KeeperError::Store(error) => error.into(),
            error => Self::new(error),
        }
    }
}

/// An issue by its day and hash.
fn label(list: &KeptList) -> String {
    format!("{} ({})", list.published, list.sha256.get(..12).unwrap_or(&list.sha256))
}

fn word(plan: &Plan, state: &ListState, now: Timestamp) -> &'static str {
    match &state.in_use {
        None => "missing",
        Some(_) if is_fresh(state.checked, now, plan.stale_after) => "fresh",
        Some(_) => "stale",
    }
}

fn status_report(plan: &Plan, states: &[(&PlannedList, ListState)], now: Timestamp) -> Report {
    let mut grid = Grid::new(&[
        ("LIST", CellAlignment::Left),
        ("STATE", CellAlignment::Left),
        ("PUBLISHED", CellAlignment::Left),
        ("ENTRIES", CellAlignment::Right),
        ("CHECKED", CellAlignment::Right),
        ("CAUSE", CellAlignment::Left),
        ("ORIGIN", CellAlignment::Left),
    ]);
    let mut details = String::new();
    let mut lists = Vec::new();
    for (list, state) in states {
        let since = state.checked.map(|checked| now.duration_since(checked).as_secs());
        let in_use = state.in_use.as_ref();
        grid.row(vec![
            list.source.code().to_owned(),
            word(plan, state, now).to_owned(),
            in_use.map_or_else(String::new, |kept| kept.published.to_string()),
            in_use.map_or_else(String::new, |kept| kept.entries.to_string()),
            since.map_or_else(|| "never".to_owned(), age),
            state.cause().unwrap_or_default().to_owned(),
            list.origin.describe(),
        ]);
        let code = list.source.code();
        if let Some(failed) = &state.failed {
            let since = time(&failed.since.to_string());
            details.push_str(&format!("{code}: not checked since {since}: {}\n", failed.detail));
        }
        if let Some(refused) = &state.refused {
            let acceptable = if refused.candidate.is_some() { "; `server lists diff` and `accept`" } else { "" };
            let since = time(&refused.since.to_string());
            details.push_str(&format!("{code}: refused since {since}: {}{acceptable}\n", refused.detail));
        }
        lists.push(json!({
            "list": code,
            "state": word(plan, state, now),
            "origin": list.origin.describe(),
            "inUse": state.in_use,
            "previous": state.previous,
            "checked": state.checked,
            "checkedSecondsAgo": since,
            "attempted": state.attempted,
            "cause": state.cause(),
            "refused": state.refused,
            "failed": state.failed,
            "history": state.history,
        }));
    }
    let lines: String = details.lines().map(|line| cut(line) + "\n").collect();
    let gap = if lines.is_empty() { "" } else { "\n" };
    Report { json: json!({ "lists": lists }), text: format!("{}{gap}{lines}", grid.render()) }
}

/// A line of at most 120 characters.
fn cut(line: &str) -> String {
    match line.chars().count() > 120 {
        true => line.chars().take(117).chain("...".chars()).collect(),
        false => line.to_owned(),
    }
}

fn numbers(changes: &ListChanges) -> Value {
    json!({ "added": changes.added.len(), "changed": changes.changed.len(), "removed": changes.removed.len() })
}

fn fetch_answer(checked: &[(Source, Checked)], json: bool) -> Answer {
    let mut grid = Grid::new(&[
        ("LIST", CellAlignment::Left),
        ("RESULT", CellAlignment::Left),
        ("CAUSE", CellAlignment::Left),
        ("DETAIL", CellAlignment::Left),
    ]);
    let mut lists = Vec::new();
    let mut not_taken = Vec::new();
    for (source, result) in checked {
        let code = source.code();
        let (word, cause, detail, changes) = match result {
            Checked::Taken { version, changes } => ("taken", None, version.clone(), Some(changes)),
            Checked::Unchanged => ("unchanged", None, String::new(), None),
            Checked::Refused(refusal) => ("refused", Some(refusal.cause), refusal.detail.clone(), None),
            Checked::Failed(refusal) => ("failed", Some(refusal.cause), refusal.detail.clone(), None),
        };
        let cause = cause.map(domain::watchlist::RefusalCause::as_str);
        if let Some(cause) = cause {
            not_taken.push(format!("{code} {word}: {cause}"));
        }
        grid.row(vec![code.to_owned(), word.to_owned(), cause.unwrap_or_default().to_owned(), detail.clone()]);
        lists.push(json!({
            "list": code,
            "result": word,
            "cause": cause,
            "detail": detail,
            "changes": changes.map(numbers),
        }));
    }
    let failure = (!not_taken.is_empty())
        .then(|| CliError::new(format!("{}; the issues in use stay in use", not_taken.join(", "))));
    Answer { text: Report { json: json!({ "lists": lists }), text: grid.render() }.print(json), failure }
}

fn difference_report(source: Source, changes: &ListChanges, issues: &[Option<String>; 2], refused: bool) -> Report {
    let mut grid =
        Grid::new(&[("CHANGE", CellAlignment::Left), ("ID", CellAlignment::Left), ("NAME", CellAlignment::Left)]);
    let groups = [("removed", &changes.removed), ("changed", &changes.changed), ("added", &changes.added)];
    let all = groups.iter().flat_map(|(word, group)| group.iter().map(move |entry| (*word, entry)));
    let total = all.clone().count();
    for (word, ChangedEntry { id, name }) in all.take(MAX_ROWS) {
        grid.row(vec![word.to_owned(), id.clone(), name.clone()]);
    }
    let [from, to] = issues;
    let (from, to) = (from.as_deref().unwrap_or("nothing"), to.as_deref().unwrap_or("nothing"));
    let state = if refused { "refused" } else { "in use" };
    let (added, changed, removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    let mut text = format!(
        "{} from {from}\nto {to}, {state}: {added} added, {changed} changed, {removed} removed\n\n",
        source.code()
    );
    if total > 0 {
        text.push_str(&grid.render());
    }
    if total > MAX_ROWS {
        text.push_str(&format!("\nand {} more; --json prints all\n", total - MAX_ROWS));
    }
    let group = |group: &[ChangedEntry]| -> Vec<Value> {
        group.iter().map(|entry| json!({ "id": entry.id, "name": entry.name })).collect()
    };
    let json = json!({
        "list": source.code(),
        "from": issues[0],
        "to": issues[1],
        "refused": refused,
        "added": group(&changes.added),
        "changed": group(&changes.changed),
        "removed": group(&changes.removed),
    });
    Report { json, text }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_named_by_their_codes() {
        assert_eq!((source("un"), source("OFAC-CONS")), (Ok(Source::Un), Ok(Source::OfacConsolidated)));
        assert!(source("SAMPLE").unwrap_err().contains("OFAC-SDN, OFAC-CONS, UN, EU, UK, PEP"));
    }

    #[test]
    fn operator_has_a_name() {
        assert_eq!(operator(" M. Keller ").unwrap(), "M. Keller");
        for wrong in ["", "  ", "a\nb", &"a".repeat(101)] {
            assert!(operator(wrong).is_err(), "{wrong:?}");
        }
    }
}
