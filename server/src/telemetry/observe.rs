//! Records what happened, one function for each kind of work. Labels are those of [`super::labels`].

use std::time::{Duration, Instant};

use domain::event::{Check, CheckType, Envelope, EventData, KycStatus, KycVerified, RiskLevel, Stage};
use domain::journey::documents_complete;
use domain::watchlist::{ListChanges, ListUsed};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::blobs::BlobError;
use crate::commands::CommandError;
use crate::documents::{ReadDocument, ReadFailure};
use crate::store::PendingRead;

/// The time between two moments, by the clocks of two machines; 0 where they disagree.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// The seconds of a moment since 1970, for gauges.
pub(super) fn seconds_of(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

/// Runs a command and records its time and outcome.
pub async fn command<T>(
    command: &'static str,
    run: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let started = Instant::now();
    let done = run.await;
    let outcome = match &done {
        Ok(_) => "ok",
        Err(CommandError::Contended) => "conflict",
        Err(CommandError::Store(_) | CommandError::Blob(_) | CommandError::Json(_)) => "unavailable",
        Err(
            CommandError::Invalid(_) | CommandError::NotFound | CommandError::Conflict { .. } | CommandError::KeyReused,
        ) => "refused",
    };
    metrics::counter!("onboard_commands_total", "command" => command, "outcome" => outcome).increment(1);
    metrics::histogram!("onboard_command_seconds", "command" => command).record(started.elapsed());
    done
}

/// A commit met another change, and is repeated.
pub fn store_conflict(stage: Stage) {
    metrics::counter!("onboard_store_conflicts_total", "stage" => stage.as_str()).increment(1);
}

/// Runs an operation of the document store and records its time and outcome.
pub async fn blob<T>(operation: &'static str, run: impl Future<Output = Result<T, BlobError>>) -> Result<T, BlobError> {
    let started = Instant::now();
    let done = run.await;
    let outcome = match &done {
        Ok(_) => "ok",
        Err(BlobError::Gone) => "gone",
        Err(_) => "failed",
    };
    metrics::counter!("onboard_blob_requests_total", "operation" => operation, "outcome" => outcome).increment(1);
    metrics::histogram!("onboard_blob_request_seconds", "operation" => operation).record(started.elapsed());
    done
}

/// The effects of an event are committed. Call it once per event.
pub fn effects(event: &Envelope, now: Timestamp) {
    metrics::histogram!("onboard_event_to_effect_seconds", "topic" => event.event_type().topic())
        .record(between(event.timestamp, now));
    let step = match &event.data {
        EventData::UserInfoSubmitted(_) => "started",
        EventData::DocumentsProcessed(data) if documents_complete(&data.documents) => "documents",
        EventData::KycVerified(decision) => {
            decided(decision);
            "decided"
        }
        EventData::PolicyRecommended(_) => "recommended",
        EventData::WorkflowCompleted(_) => "completed",
        EventData::DocumentsProcessed(_) | EventData::WorkflowError(_) => return,
    };
    metrics::counter!("onboard_applications_total", "step" => step).increment(1);
}

fn decided(decision: &KycVerified) {
    let status = match decision.status {
        KycStatus::Approved => "approved",
        KycStatus::Review => "review",
        KycStatus::Rejected => "rejected",
    };
    let risk = match decision.risk_level {
        RiskLevel::Low => "low",
        RiskLevel::Medium => "medium",
        RiskLevel::High => "high",
    };
    metrics::counter!("onboard_kyc_decisions_total", "status" => status, "risk" => risk).increment(1);
    for Check { check_type, passed, .. } in &decision.checks {
        let check = match check_type {
            CheckType::AgeVerification => "age_verification",
            CheckType::NameMatch => "name_match",
            CheckType::WatchlistScreening => "watchlist_screening",
            CheckType::DocumentValidity => "document_validity",
            CheckType::AddressVerification => "address_verification",
        };
        let result = if *passed { "passed" } else { "not_passed" };
        metrics::counter!("onboard_kyc_checks_total", "check" => check, "result" => result).increment(1);
    }
}

/// The identity check was decided after the event of `completed`.
pub fn kyc_decided(completed: Timestamp, now: Timestamp) {
    metrics::histogram!("onboard_kyc_seconds").record(between(completed, now));
}

/// An event was sent to a socket that opened at `opened`. Only an event that was committed since counts: an older one is
/// history that the page asks for.
pub fn sent_to_socket(committed: Option<Timestamp>, opened: Timestamp, now: Timestamp, way: &'static str) {
    if let Some(committed) = committed.filter(|committed| *committed >= opened) {
        metrics::histogram!("onboard_event_to_socket_seconds", "way" => way).record(between(committed, now));
    }
}

/// A socket was closed by the server with this code, or by the client (none).
pub fn socket_closed(code: Option<u16>) {
    let code = match code {
        None => "gone",
        Some(1003) => "1003",
        Some(1008) => "1008",
        Some(1012) => "1012",
        Some(1013) => "1013",
        Some(_) => "1011",
    };
    metrics::counter!("onboard_sockets_closed_total", "code" => code).increment(1);
}

/// A sweep of the outbox found `count` unpublished events, of which the oldest was committed at `oldest`.
#[allow(clippy::cast_precision_loss)] // at most 800
pub fn outbox_swept(count: usize, oldest: Option<Timestamp>) {
    let now = Timestamp::now();
    let age = oldest.map_or(Duration::ZERO, |oldest| between(oldest, now));
    metrics::gauge!("onboard_outbox_unpublished").set(count as f64);
    metrics::gauge!("onboard_outbox_oldest_seconds").set(age.as_secs_f64());
    metrics::gauge!("onboard_outbox_sweep_timestamp_seconds").set(seconds_of(now));
}

/// The reading of a document begins, that was uploaded at `uploaded`.
pub fn reading_begins(uploaded: Timestamp, now: Timestamp) {
    metrics::histogram!("onboard_document_wait_seconds").record(between(uploaded, now));
}

/// The result of a document is recorded.
pub fn document_recorded(
    pending: &PendingRead,
    now: Timestamp,
    read: &Result<ReadDocument, ReadFailure>,
    retakes_exhausted: bool,
) {
    let outcome = match read {
        Ok(read) if read.extraction.reading.issue.is_none() => "read",
        Err(ReadFailure::Failed(_)) => "failed",
        Ok(_) | Err(ReadFailure::File { .. }) if retakes_exhausted => "taken",
        Ok(_) | Err(ReadFailure::File { .. }) => "asked_again",
    };
    let kind = pending.kind.as_str();
    metrics::counter!("onboard_documents_total", "kind" => kind, "outcome" => outcome).increment(1);
    metrics::histogram!("onboard_document_total_seconds").record(between(pending.since, now));
}

/// A retention sweep ended. `oldest` is the oldest day (UTC) with due files that it could not delete.
pub fn deletions_swept(oldest: Option<Date>, now: Timestamp) {
    let since = oldest.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let late = since.map_or(Duration::ZERO, |since| between(since.timestamp(), now));
    metrics::gauge!("onboard_deletions_due_oldest_seconds").set(late.as_secs_f64());
}

/// Lists came into use. `published` is the day of the oldest; the sample has none.
#[allow(clippy::cast_precision_loss)] // some ten thousand entries
pub fn lists_loaded(lists: &[ListUsed], published: Option<Date>) {
    if let Some(Ok(published)) = published.map(|day| day.to_zoned(TimeZone::UTC)) {
        metrics::gauge!("onboard_watchlist_published_timestamp_seconds").set(seconds_of(published.timestamp()));
    }
    metrics::gauge!("onboard_watchlist_entries").set(lists.iter().map(|list| list.entries).sum::<usize>() as f64);
    for list in lists {
        metrics::gauge!("onboard_watchlist_list_entries", "list" => list.source.clone()).set(list.entries as f64);
    }
    metrics::counter!("onboard_watchlist_loads_total", "outcome" => "loaded").increment(1);
}

/// Lists could not be loaded; the ones before stay in use.
pub fn lists_not_loaded() {
    metrics::counter!("onboard_watchlist_loads_total", "outcome" => "failed").increment(1);
}

/// When a list was last compared with its publisher's.
pub fn list_check_time(list: &'static str, checked: Timestamp) {
    metrics::gauge!("onboard_watchlist_checked_timestamp_seconds", "list" => list).set(seconds_of(checked));
}

/// A check of a list ended: `taken`, `unchanged`, `refused` or `failed`.
pub fn list_checked(outcome: &'static str) {
    metrics::counter!("onboard_watchlist_checks_total", "outcome" => outcome).increment(1);
}

/// An issue of a list was not taken.
pub fn list_refused(cause: &'static str) {
    metrics::counter!("onboard_watchlist_refusals_total", "cause" => cause).increment(1);
}

/// An issue of a list was taken.
pub fn list_changed(changes: &ListChanges) {
    for (change, entries) in [("added", &changes.added), ("changed", &changes.changed), ("removed", &changes.removed)] {
        metrics::counter!("onboard_watchlist_changes_total", "change" => change).increment(entries.len() as u64);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn time_between_disagreeing_clocks_is_not_negative() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(between(at(10), at(12)), Duration::from_secs(2));
        assert_eq!(between(at(12), at(10)), Duration::ZERO);
        assert!((seconds_of(at(12)) - 12.0).abs() < 1e-9);
    }

    #[test]
    fn event_from_before_the_socket_is_not_measured() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let count = || {
            let text = super::super::render();
            let series = "onboard_event_to_socket_seconds_count{way=\"test\"} ";
            text.lines().find_map(|line| line.strip_prefix(series)?.parse::<u64>().ok()).unwrap_or(0)
        };
        sent_to_socket(Some(at(10)), at(20), at(21), "test");
        sent_to_socket(None, at(20), at(21), "test");
        assert_eq!(count(), 0);
        sent_to_socket(Some(at(20)), at(20), at(21), "test");
        assert_eq!(count(), 1);
    }
}
