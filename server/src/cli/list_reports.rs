//! What the commands on sanctions lists print.

use domain::watchlist::{ChangedEntry, ListChanges, Source, is_fresh};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::{CellAlignment, Grid, Report, age, time};
use super::{Answer, CliError};
use crate::watchlists::{Checked, KeptList, ListState, Plan};

/// The most changed entries in the text for people.
const MAX_ROWS: usize = 200;

/// An issue by its day and hash.
pub(super) fn label(list: &KeptList) -> String {
    format!("{} ({})", list.published, list.sha256.get(..12).unwrap_or(&list.sha256))
}

/// The state of a list in a word. A process without settings of lists, for instance one for commands only, cannot know
/// which are off.
fn word(plan: &Plan, source: Source, state: &ListState, now: Timestamp) -> &'static str {
    let is_off = !plan.lists.is_empty() && plan.list(source).is_none();
    match &state.in_use {
        _ if is_off => "off",
        None => "missing",
        Some(_) if is_fresh(state.checked, now, plan.stale_after) => "fresh",
        Some(_) => "stale",
    }
}

pub(super) fn status_report(plan: &Plan, states: &[(Source, ListState)], now: Timestamp) -> Report {
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
    for (source, state) in states {
        let code = source.code();
        let word = word(plan, *source, state, now);
        let in_use = state.in_use.as_ref();
        let origin = match plan.list(*source) {
            Some(list) => list.origin.describe(),
            None => in_use.map_or_else(String::new, |kept| kept.origin.clone()),
        };
        let since = state.checked.map(|checked| now.duration_since(checked).as_secs());
        grid.row(vec![
            code.to_owned(),
            word.to_owned(),
            in_use.map_or_else(String::new, |kept| kept.published.to_string()),
            in_use.map_or_else(String::new, |kept| kept.entries.to_string()),
            since.map_or_else(|| "never".to_owned(), age),
            state.cause().unwrap_or_default().to_owned(),
            origin.clone(),
        ]);
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
            "state": word,
            "origin": origin,
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

pub(super) fn numbers(changes: &ListChanges) -> Value {
    json!({ "added": changes.added.len(), "changed": changes.changed.len(), "removed": changes.removed.len() })
}

pub(super) fn fetch_answer(checked: &[(Source, Checked)], json: bool) -> Answer {
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

pub(super) fn difference_report(
    source: Source,
    changes: &ListChanges,
    issues: &[Option<String>; 2],
    refused: bool,
) -> Report {
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
