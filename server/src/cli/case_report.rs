//! What the commands on cases print.

use domain::case::{Case, CaseRecord, HitKey};
use domain::event::ApplicationId;
use domain::watchlist::{Agreement, Hit, ScreeningOutcome};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::{CellAlignment, Grid, Report, age, count, time};
use crate::store::Application;

/// The queue, at most `limit` cases of it.
pub(super) fn queue_report(cases: &[Case], limit: usize, unreadable: usize, now: Timestamp) -> Report {
    let mut grid = Grid::new(&[
        ("APPLICATION", CellAlignment::Left),
        ("PRIORITY", CellAlignment::Right),
        ("STATE", CellAlignment::Left),
        ("HITS", CellAlignment::Right),
        ("DUE", CellAlignment::Left),
        ("ASSIGNEE", CellAlignment::Left),
    ]);
    for case in cases.iter().take(limit) {
        grid.row(vec![
            case.application_id.to_string(),
            case.priority.number().to_string(),
            case.state.as_str().to_owned(),
            case.evidence.hits.len().to_string(),
            due(case, now),
            case.assignee.clone().unwrap_or_default(),
        ]);
    }
    let overdue = cases.iter().filter(|case| case.is_overdue(now)).count();
    let mut text = if cases.is_empty() { "No case waits.\n".to_owned() } else { grid.render() };
    if let more @ 1.. = cases.len().saturating_sub(limit) {
        text.push_str(&format!("... and {} more (--limit shows more)\n", count(more, "case")));
    }
    if !cases.is_empty() {
        text.push_str(&format!("\n{}, {overdue} overdue.\n", count(cases.len(), "case")));
    }
    text.push_str(&unreadable_text(unreadable));
    let rows: Vec<Value> = cases.iter().take(limit).map(summary).collect();
    Report {
        json: json!({ "cases": rows, "undecided": cases.len(), "overdue": overdue, "unreadable": unreadable }),
        text,
    }
}

/// A case after a change.
pub(super) fn changed_report(case: &Case) -> Report {
    let mut text = format!("{} is {} (revision {}).\n", case.application_id, case.state.as_str(), case.revision);
    if let Some(proposal) = &case.proposal {
        text.push_str(&format!("A second person approves it with --digest {}\n", proposal.digest));
    }
    if case.closed_at.is_some() {
        text.push_str("A running server publishes the decision within seconds (`server outbox` shows what waits).\n");
    }
    Report { json: summary(case), text }
}

/// The cases that were missing.
pub(super) fn opened_report(opened: &[ApplicationId], unreadable: usize) -> Report {
    let mut text: String = opened.iter().map(|id| format!("{id}\n")).collect();
    text.push_str(&format!("{} opened.\n", count(opened.len(), "case")));
    text.push_str(&unreadable_text(unreadable));
    let opened: Vec<String> = opened.iter().map(ToString::to_string).collect();
    Report { json: json!({ "opened": opened, "unreadable": unreadable }), text }
}

/// One case, with the applicant's data.
pub(super) fn case_report(case: &Case, application: &Application, records: &[CaseRecord], now: Timestamp) -> Report {
    let hits = hits(application);
    let mut text = format!(
        "{}  {}, priority {}, revision {}\nDue: {}\n",
        case.application_id,
        case.state.as_str(),
        case.priority.number(),
        case.revision,
        due(case, now)
    );
    if let Some(assignee) = &case.assignee {
        text.push_str(&format!("Assignee: {assignee}\n"));
    }
    if case.new_evidence {
        text.push_str("New evidence came in after the case was taken.\n");
    }
    text.push_str(&checks_text(application));
    text.push_str(&applicant_text(application));
    for hit in hits {
        text.push_str(&hit_text(case, hit));
    }
    if let Some(proposal) = &case.proposal {
        text.push_str(&format!(
            "\nProposed by {}: {}\n  {}\n  digest {}\n",
            proposal.by,
            code(&proposal.decision),
            proposal.rationale,
            proposal.digest
        ));
    }
    text.push('\n');
    let mut grid = Grid::new(&[
        ("TIME", CellAlignment::Left),
        ("WHAT", CellAlignment::Left),
        ("BY", CellAlignment::Left),
        ("DETAIL", CellAlignment::Left),
    ]);
    for record in records {
        let by = record.by.clone().unwrap_or_else(|| "the program".to_owned());
        grid.row(vec![time(&record.at), record.kind.clone(), by, record.detail.clone()]);
    }
    text.push_str(&grid.render());
    let json = json!({
        "case": case,
        "checks": application.kyc.as_ref().map(|kyc| &kyc.checks),
        "userInfo": application.user_info,
        "documents": application.documents,
        "hits": hits,
        "records": records,
    });
    Report { json, text }
}

fn summary(case: &Case) -> Value {
    json!({
        "applicationId": case.application_id.to_string(),
        "state": case.state,
        "revision": case.revision,
        "priority": case.priority.number(),
        "points": case.points,
        "hits": case.evidence.hits.len(),
        "openedAt": case.opened_at,
        "dueAt": case.due_at,
        "assignee": case.assignee,
        "newEvidence": case.new_evidence,
        "digest": case.proposal.as_ref().map(|proposal| &proposal.digest),
        "outcome": case.outcome,
    })
}

fn due(case: &Case, now: Timestamp) -> String {
    let seconds = case.due_at.as_second() - now.as_second();
    match (case.closed_at, case.waiting_since, seconds) {
        (Some(closed), ..) => format!("closed {}", time(&closed.to_string())),
        (None, Some(since), _) => format!("waits for {}", age(now.as_second() - since.as_second())),
        (None, None, 0..) => format!("in {}", age(seconds)),
        (None, None, _) => format!("overdue by {}", age(-seconds)),
    }
}

fn checks_text(application: &Application) -> String {
    let Some(kyc) = &application.kyc else {
        return "The documents changed; the check has not been decided again.\n".to_owned();
    };
    let failed = kyc.checks.iter().filter(|check| !check.passed);
    failed.map(|check| format!("Not passed: {} - {}\n", code(&check.check_type), check.reason)).collect()
}

/// What was typed, and what was read.
fn applicant_text(application: &Application) -> String {
    let info = &application.user_info;
    let address = &info.address;
    let lines = [Some(&address.line1), address.line2.as_ref(), Some(&address.postal_code), Some(&address.city)];
    let address = lines.into_iter().flatten().map(String::as_str).chain([address.country.as_str()]);
    let address: Vec<&str> = address.filter(|line| !line.is_empty()).collect();
    let mut text = format!("\nTyped: {}, born {}, {}\n", info.full_name(), info.date_of_birth, address.join(", "));
    for document in &application.documents {
        let fields = document.extracted_fields.iter().map(|(name, field)| format!("{}: {}", code(name), field.value));
        text.push_str(&format!("Read ({}): {}\n", code(&document.kind), fields.collect::<Vec<_>>().join("; ")));
    }
    text
}

fn hit_text(case: &Case, hit: &Hit) -> String {
    let key = HitKey::of(hit);
    let verdict = match case.verdict(&key) {
        Some(verdict) => format!("{} by {}", code(&verdict.verdict), verdict.by),
        None => "no verdict yet".to_owned(),
    };
    let mut text = format!("\nHit {}: {} ({}) - {verdict}\n", key.name(), hit.name, hit.programme);
    let facts = &hit.explanation;
    for name in &facts.names {
        let weak = if name.weak { ", weak" } else { "" };
        text.push_str(&format!("  name {}: {}, {:.2}{weak}\n", name.listed, words(name.agreement), name.score));
    }
    for (fact, agreement) in [
        ("date of birth", facts.date_of_birth),
        ("document number", facts.document_number),
        ("sex", facts.sex),
        ("nationality", facts.nationality),
        ("country of birth", facts.birth_place),
    ] {
        if agreement != Agreement::Unknown {
            text.push_str(&format!("  {fact}: {}\n", words(agreement)));
        }
    }
    text
}

fn hits(application: &Application) -> &[Hit] {
    match application.screening.as_ref().map(|screening| &screening.outcome) {
        Some(ScreeningOutcome::Possible { hits } | ScreeningOutcome::Match { hits }) => hits,
        Some(ScreeningOutcome::Clear) | None => &[],
    }
}

const fn words(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Equal => "equal",
        Agreement::Spelt => "spelt otherwise",
        Agreement::SoundsAlike => "sounds alike",
        Agreement::DaysApart => "days apart or less precise",
        Agreement::Differs => "differs",
        Agreement::Unknown => "unknown",
    }
}

/// The code of a value, as it is stored.
fn code(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(code)) => code,
        _ => String::new(),
    }
}

fn unreadable_text(unreadable: usize) -> String {
    match unreadable {
        0 => String::new(),
        rows => format!("{} of a newer version cannot be read by this one.\n", count(rows, "row")),
    }
}
