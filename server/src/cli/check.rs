//! `check`: compares the state of applications with the event log, after a restore or whenever in doubt.

use std::collections::HashMap;

use clap::Args;
use domain::case::verify_records;
use domain::event::ApplicationId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, count};
use crate::store::{Application, AuditEntry, CASE, EventRow, Store, StoreError, verify_chain};

/// How often a customer that differs is read again. The system may be running: state and log are read one after the
/// other, and an event may be committed in between.
const LOOKS: usize = 5;
/// How old an event is before it counts as waiting.
const WAITS_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// The most rows in the table for people.
const MAX_ROWS: usize = 200;
/// The topic of a refusal that is recorded without an application.
const REFUSALS: &str = "workflow-errors";

/// What to compare.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  server check\n  server check --audit\n  server check --json | jq .differences")]
pub struct Arguments {
    /// Verify each customer's audit log too: its chain of hashes, and a line with the right hash for each handled
    /// event. Takes two requests for each customer
    #[arg(long)]
    audit: bool,
}

/// What the log has of one customer.
#[derive(Clone, Debug, Default)]
struct Log {
    events: u64,
    newest: u64,
    topic_of_newest: String,
}

/// What was found.
#[derive(Default)]
struct Found {
    applications: usize,
    events: usize,
    unpublished: usize,
    unhandled: usize,
    differences: Vec<(Option<Uuid>, String)>,
}

impl Arguments {
    /// The report, and whether there is no difference.
    pub(super) async fn run(&self, context: &CliContext) -> Result<(Report, bool), CliError> {
        let store = context.store();
        let mut found = Found::default();
        let mut states: HashMap<Uuid, u64> = HashMap::new();
        let mut unreadable = Vec::new();
        store
            .scan_applications(|application| match application {
                Ok(application) => {
                    states.insert(application.application_id.customer_id(), application.last_sequence);
                }
                Err(error) => unreadable.push((None, error.to_string())),
            })
            .await?;
        let before = context.now - WAITS_AFTER;
        let mut logs: HashMap<Uuid, Log> = HashMap::new();
        store.scan_events(|row| found.add(&mut logs, &row, before)).await?;
        found.applications = states.len() + unreadable.len();
        found.differences.extend(unreadable);

        let mut customers: Vec<Uuid> = states.keys().chain(logs.keys()).copied().collect();
        customers.sort_unstable();
        customers.dedup();
        for customer in customers {
            let log = logs.get(&customer).cloned().unwrap_or_default();
            if difference(states.get(&customer).copied(), &log).is_some()
                && let Some(lasting) = look_again(&store, customer).await?
            {
                found.differences.push((Some(customer), lasting));
            }
            if self.audit
                && let Some(wrong) = audit(&store, customer).await?
            {
                found.differences.push((Some(customer), wrong));
            }
        }
        let agrees = found.differences.is_empty();
        Ok((found.report(self.audit), agrees))
    }
}

impl Found {
    fn add(&mut self, logs: &mut HashMap<Uuid, Log>, row: &EventRow, before: Timestamp) {
        self.events += 1;
        let Ok(customer) = row.customer_id.parse() else {
            self.differences.push((None, format!("an event has the customer {:?}, which is no id", row.customer_id)));
            return;
        };
        let log = logs.entry(customer).or_default();
        log.events += 1;
        if row.sequence >= log.newest {
            (log.newest, log.topic_of_newest) = (row.sequence, row.topic.clone());
        }
        let at = row.envelope()["timestamp"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        if row.handled_at.is_none() && at.is_none_or(|at| at <= before) {
            if row.published {
                self.unhandled += 1;
            } else {
                self.unpublished += 1;
            }
        }
    }

    fn report(&self, audited: bool) -> Report {
        let differences: Vec<_> = self
            .differences
            .iter()
            .map(|(customer, difference)| json!({ "customerId": customer, "difference": difference }))
            .collect();
        let json = json!({
            "applications": self.applications,
            "events": self.events,
            "unpublished": self.unpublished,
            "unhandled": self.unhandled,
            "audited": audited,
            "differences": differences,
        });
        let mut text = String::new();
        if !self.differences.is_empty() {
            let mut grid = Grid::new(&[("CUSTOMER", CellAlignment::Left), ("DIFFERENCE", CellAlignment::Left)]);
            for (customer, difference) in self.differences.iter().take(MAX_ROWS) {
                grid.row(vec![customer.map_or("unknown".to_owned(), |id| id.to_string()), difference.clone()]);
            }
            text = grid.render();
            if self.differences.len() > MAX_ROWS {
                let more = count(self.differences.len() - MAX_ROWS, "difference");
                text.push_str(&format!("... and {more} more (--json shows all)\n"));
            }
        }
        for (waiting, doing, command) in [
            (self.unpublished, "not published", "server outbox"),
            (self.unhandled, "published and not handled", "server events republish --unhandled"),
        ] {
            if waiting > 0 {
                let events = count(waiting, "event");
                text.push_str(&format!("{events} {doing} for more than a minute: see `{command}`.\n"));
            }
        }
        let compared =
            format!("{} and {} compared", count(self.applications, "application"), count(self.events, "event"));
        text.push_str(&format!("{compared}: {}.\n", count(self.differences.len(), "difference")));
        Report { json, text }
    }
}

/// The difference between an application's newest sequence and its customer's log.
fn difference(state: Option<u64>, log: &Log) -> Option<String> {
    let missing = log.newest.saturating_sub(log.events);
    match state {
        _ if missing > 0 => Some(format!("{} of {} missing in the log", missing, count_to(log.newest))),
        // A refused first form is recorded, and no application is opened.
        None if log.newest == 1 && log.topic_of_newest == REFUSALS => None,
        None => Some(format!("{} in the log, and no application", count_to(log.newest))),
        Some(state) if state == log.newest => None,
        Some(state) if state > log.newest => {
            Some(format!("the application is at sequence {state}, and the log ends at {}", log.newest))
        }
        Some(state) => Some(format!("the log ends at {}, and the application is at sequence {state}", log.newest)),
    }
}

fn count_to(newest: u64) -> String {
    if newest == 1 { "1 event".to_owned() } else { format!("{newest} events") }
}

/// Reads a customer until state and log agree, and returns the difference if they never do.
async fn look_again(store: &Store, customer: Uuid) -> Result<Option<String>, StoreError> {
    let mut last = None;
    for _ in 0..LOOKS {
        let rows = store.event_rows(customer, 0).await?;
        let log = Log {
            events: rows.len().try_into().unwrap_or(u64::MAX),
            newest: rows.last().map_or(0, |row| row.sequence),
            topic_of_newest: rows.last().map(|row| row.topic.clone()).unwrap_or_default(),
        };
        let mut state = None;
        for id in store.applications_of(customer).await? {
            if let Ok(id) = id.parse() {
                state = store.application(&id).await?.map(|application: Application| application.last_sequence);
            }
        }
        last = difference(state, &log);
        if last.is_none() {
            return Ok(None);
        }
    }
    Ok(last)
}

/// What is wrong with a customer's audit log.
async fn audit(store: &Store, customer: Uuid) -> Result<Option<String>, StoreError> {
    let rows = store.event_rows(customer, 0).await?;
    // Read after the events: the line is written together with the mark on the event.
    let entries = store.audit_log(customer).await?;
    if !verify_chain(&entries) {
        return Ok(Some("a line of the audit log was changed or removed".to_owned()));
    }
    if let Some(wrong) = rows.iter().filter(|row| row.handled_at.is_some()).find_map(|row| audit_line(&entries, row)) {
        return Ok(Some(wrong));
    }
    for id in store.applications_of(customer).await? {
        if let Ok(id) = id.parse()
            && let Some(wrong) = case_records(store, &id, &entries).await?
        {
            return Ok(Some(wrong));
        }
    }
    Ok(None)
}

/// What is wrong with the records of a case. `entries` is the customer's audit log, read before.
async fn case_records(store: &Store, id: &ApplicationId, entries: &[AuditEntry]) -> Result<Option<String>, StoreError> {
    // Read before the records: a change since then only adds one.
    let Some(case) = store.case(id).await? else { return Ok(None) };
    let records = store.case_records(id).await?;
    if let Err(position) = verify_records(&records) {
        return Ok(Some(format!("record {position} of the case was changed, removed or moved")));
    }
    let at = |position: u64| usize::try_from(position).ok().and_then(|position| records.get(position.checked_sub(1)?));
    if at(case.revision).is_none_or(|record| record.hash != case.record_hash) {
        return Ok(Some(format!("the case is at revision {}, which its records do not have", case.revision)));
    }
    let changes = entries.iter().filter(|entry| entry.topic == CASE).filter_map(|entry| entry.detail.as_deref());
    for change in changes {
        let change: Value = serde_json::from_str(change).unwrap_or_default();
        let position = change["position"].as_u64().unwrap_or_default();
        if at(position).is_none_or(|record| change["recordHash"] != record.hash) {
            return Ok(Some(format!("record {position} of the case differs from the hash in the audit log")));
        }
    }
    Ok(None)
}

fn audit_line(entries: &[AuditEntry], row: &EventRow) -> Option<String> {
    let sequence = row.sequence;
    match entries.iter().find(|entry| entry.event_id.to_string() == row.event_id) {
        None => Some(format!("event {sequence} is handled, and has no line in the audit log")),
        Some(entry) if entry.event_hash != hex::encode(Sha256::digest(&row.body)) => {
            Some(format!("event {sequence} differs from the hash in the audit log"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(events: u64, newest: u64, topic: &str) -> Log {
        Log { events, newest, topic_of_newest: topic.to_owned() }
    }

    #[test]
    fn state_and_log_agree_when_both_end_at_the_same_sequence() {
        assert_eq!(difference(Some(3), &log(3, 3, "kyc-verified")), None);
        assert_eq!(difference(None, &log(1, 1, REFUSALS)), None, "a refused first form");
    }

    #[test]
    fn each_difference_is_named() {
        for (state, log, text) in [
            (Some(4), log(3, 3, "kyc-verified"), "application is at sequence 4, and the log ends at 3"),
            (Some(2), log(3, 3, "kyc-verified"), "log ends at 3, and the application is at sequence 2"),
            (Some(3), log(2, 3, "kyc-verified"), "1 of 3 events missing"),
            (None, log(1, 1, "user-info-submitted"), "1 event in the log, and no application"),
            (None, log(2, 2, REFUSALS), "no application"),
            (Some(1), log(0, 0, ""), "log ends at 0"),
        ] {
            let found = difference(state, &log).unwrap_or_default();
            assert!(found.contains(text), "{found}");
        }
    }
}
