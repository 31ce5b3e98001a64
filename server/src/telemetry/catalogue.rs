//! Every metric of the program: its kind, its labels with their values, its help text, and the processes that have it.
//! `deploy/monitoring/metrics.txt` is this list as text, and docs/operations.md explains it; tests compare them.
//!
//! Names follow Prometheus' rules: one prefix, base units, `_total` for counters. A label has few values, which are
//! known here or bounded by the configuration. A process has at most [`MAX_SERIES`] series.

use super::labels::{self, Values};

/// The most series of one process.
pub const MAX_SERIES: usize = 1_500;

/// Buckets of what should take milliseconds, in seconds. Few, because each is a series for every value of a label; the
/// bounds of the service level objectives (0.5 s, 1 s) are among them.
const FAST: &[f64] = &[0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The same for what passes through queues, which wait during an outage.
const QUEUED: &[f64] = &[0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];
/// Buckets of the reading of documents, in seconds.
const SLOW: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0];
/// The same with the wait before the reading.
const SLOW_QUEUED: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 300.0];

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// A current value.
    Gauge,
    /// A distribution, with the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

/// The processes that have a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Every process.
    All,
    /// Those with the role `web`.
    Web,
    /// Those that run commands: `web`, `consumers`, `reader`.
    Commands,
    /// Those with the role `relay`.
    Relay,
    /// Those with the role `relay` or `consumers`, which talk to Kafka.
    Kafka,
    /// Those with the role `consumers`.
    Consumers,
    /// Those that deliver signals to sockets of other instances.
    Delivery,
    /// Those that read documents.
    Reader,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Who has it.
    pub part: Part,
    /// Its labels. The series of their combinations exist from the start if the values of all are known.
    pub labels: &'static [(&'static str, Values)],
    /// What it tells, for `# HELP`.
    pub help: &'static str,
}

type Labels = &'static [(&'static str, Values)];

const fn counter(name: &'static str, part: Part, labels: Labels, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, part, labels, help }
}

const fn gauge(name: &'static str, part: Part, labels: Labels, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, part, labels, help }
}

const fn histogram(
    name: &'static str,
    buckets: &'static [f64],
    part: Part,
    labels: Labels,
    help: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Histogram(buckets), part, labels, help }
}

/// All metrics, apart from those of the operating system's process (`process_*`).
#[rustfmt::skip] // One metric is one row.
pub const METRICS: &[Metric] = &[
    gauge("onboard_build_info", Part::All,
        &[("version", Values::Open), ("revision", Values::Open), ("rustc", Values::Open), ("roles", Values::Open)],
        "Always 1: the build and the roles of this process."),
    gauge("onboard_ready", Part::All, &[("dependency", Values::Open)],
        "1 while the dependency answers, asked every 10 seconds: dynamodb, and kafka where the process uses it."),
    counter("onboard_panics_total", Part::All, &[], "Panics of any thread."),
    gauge("onboard_connections", Part::All, &[], "Open connections. The limit is http.connections."),
    counter("onboard_connections_refused_total", Part::All, &[("limit", Values::Fixed(&["client", "total"]))],
        "Connections closed at once, because their address or this process has too many."),
    histogram("onboard_store_request_seconds", FAST, Part::All,
        &[("operation", Values::Fixed(labels::STORE_OPERATIONS))],
        "Time of one request to DynamoDB, retries included."),
    counter("onboard_store_requests_total", Part::All,
        &[("table", Values::Fixed(labels::STORE_TABLES)), ("outcome", Values::Fixed(labels::STORE_OUTCOMES))],
        "Requests to DynamoDB after their retries. conflict: a condition was not met, which is normal."),

    histogram("onboard_http_request_seconds", FAST, Part::Web, labels::HTTP_ROUTE,
        "Time from a request's head to the head of its answer."),
    counter("onboard_http_requests_total", Part::Web, labels::HTTP_ROUTE_STATUS,
        "Answered requests by class of status."),
    gauge("onboard_http_requests_in_flight", Part::Web, &[], "Requests that are not answered yet."),
    gauge("onboard_uploads_in_flight", Part::Web, &[], "Uploads that are not answered yet."),
    counter("onboard_client_limit_total", Part::Web,
        &[("limit", Values::Fixed(&["requests", "applications", "uploads"]))],
        "Requests refused with 429, because one client exceeds a limit."),
    counter("onboard_access_attempts_total", Part::Web, &[("kind", Values::Fixed(labels::ATTEMPTS))],
        "Refused attempts at what belongs to others."),
    gauge("onboard_sockets", Part::Web, &[], "Open WebSockets."),
    gauge("onboard_sockets_limit", Part::Web, &[], "The limit of open WebSockets, http.sockets."),
    counter("onboard_sockets_closed_total", Part::Web, &[("code", Values::Fixed(labels::CLOSE_CODES))],
        "Closed WebSockets by the code that the server sent; gone: the client left."),
    histogram("onboard_event_to_socket_seconds", QUEUED, Part::Web,
        &[("way", Values::Fixed(&["pushed", "caught_up"]))],
        "Time from an event's commit to its frame, on sockets that were open at the commit."),

    histogram("onboard_command_seconds", FAST, Part::Commands, &[("command", Values::Fixed(labels::COMMANDS))],
        "Time of one command, repetitions after conflicts included."),
    counter("onboard_commands_total", Part::Commands,
        &[("command", Values::Fixed(labels::COMMANDS)), ("outcome", Values::Fixed(labels::COMMAND_OUTCOMES))],
        "Commands by outcome. refused: input or state; conflict: too many concurrent changes."),
    counter("onboard_store_conflicts_total", Part::Commands, &[("stage", Values::Stages)],
        "Commits that were repeated, because the application had changed."),
    counter("onboard_refused_total", Part::Commands, &[("stage", Values::Stages)], "Refused input."),
    histogram("onboard_blob_request_seconds", FAST, Part::Commands,
        &[("operation", Values::Fixed(labels::BLOB_OPERATIONS))],
        "Time of one operation on the document store, encryption included."),
    counter("onboard_blob_requests_total", Part::Commands,
        &[("operation", Values::Fixed(labels::BLOB_OPERATIONS)), ("outcome", Values::Fixed(&["ok", "gone", "failed"]))],
        "Operations on the document store."),
    gauge("onboard_watchlist_published_timestamp_seconds", Part::Commands, &[],
        "When the oldest sanctions list in use was published; absent for the built-in sample."),
    gauge("onboard_watchlist_entries", Part::Commands, &[], "Entries of the sanctions lists in use."),
    counter("onboard_watchlist_loads_total", Part::Commands, &[("outcome", Values::Fixed(&["loaded", "failed"]))],
        "Attempts to load the sanctions lists that are in use."),
    gauge("onboard_watchlist_list_entries", Part::Commands, &[("list", Values::Open)], "Entries of a list in use."),
    gauge("onboard_watchlist_checked_timestamp_seconds", Part::Commands, &[("list", Values::Open)],
        "When a list was last compared successfully with its publisher's."),
    counter("onboard_watchlist_checks_total", Part::Commands, &[("outcome", Values::Fixed(labels::LIST_CHECKS))],
        "Checks of lists by outcome. failed: nothing was received."),
    counter("onboard_watchlist_refusals_total", Part::Commands, &[("cause", Values::Fixed(labels::LIST_CAUSES))],
        "Issues of lists that were not taken, and checks that received nothing, by cause."),
    counter("onboard_watchlist_changes_total", Part::Commands,
        &[("change", Values::Fixed(&["added", "changed", "removed"]))],
        "Persons whose entries new issues of lists added, changed and removed."),

    gauge("onboard_outbox_unpublished", Part::Relay, &[],
        "Committed events that are not published, at this relay's last sweep. At most 800 are counted."),
    gauge("onboard_outbox_oldest_seconds", Part::Relay, &[],
        "Age of the oldest committed event that is not published; 0 without any."),
    gauge("onboard_outbox_sweep_timestamp_seconds", Part::Relay, &[], "When this relay's last sweep succeeded."),
    gauge("onboard_messages_parked_open", Part::Relay, &[],
        "Parked messages of the last 30 days that were not replayed, counted every 5 minutes."),

    gauge("onboard_kafka_incidents", Part::Kafka, &[("cause", Values::Fixed(labels::KAFKA_CAUSES))],
        "Open incidents of Kafka, as this process sees them."),
    counter("onboard_kafka_published_total", Part::Relay,
        &[("topic", Values::Topics), ("outcome", Values::Fixed(labels::PUBLISH_OUTCOMES))],
        "Publications by outcome."),
    histogram("onboard_kafka_publish_seconds", FAST, Part::Relay, &[("topic", Values::Topics)],
        "Time to Kafka's acknowledgement."),

    counter("onboard_kafka_consumed_total", Part::Consumers,
        &[("topic", Values::Topics), ("outcome", Values::Fixed(&["handled", "parked"]))],
        "Messages whose handling ended."),
    histogram("onboard_kafka_handle_seconds", FAST, Part::Consumers, &[("topic", Values::Topics)],
        "Time of one attempt at one message."),
    counter("onboard_kafka_retries_total", Part::Consumers, &[("topic", Values::Topics)], "Attempts that failed."),
    gauge("onboard_kafka_consumer_lag", Part::Consumers, &[("topic", Values::Topics), ("partition", Values::Open)],
        "Messages that are not handled, told by the owner of the partition only."),
    gauge("onboard_kafka_assigned_partitions", Part::Consumers, &[("topic", Values::Topics)],
        "Partitions that this process owns."),
    gauge("onboard_kafka_handled_timestamp_seconds", Part::Consumers, &[("topic", Values::Topics)],
        "When this process last ended the handling of a message; 0 before the first."),
    counter("onboard_messages_parked_total", Part::Consumers,
        &[("topic", Values::Topics), ("reason", Values::Fixed(&["unusable", "attempts"]))],
        "Parked messages. unusable: not an event that this build can handle; attempts: the last attempt failed."),
    histogram("onboard_event_to_effect_seconds", QUEUED, Part::Consumers, &[("topic", Values::Topics)],
        "Time from an event's commit to the commit of its effects."),
    counter("onboard_applications_total", Part::Consumers, &[("step", Values::Fixed(labels::STEPS))],
        "Steps of applications, counted with the effects of their events. A corrected step counts again."),
    counter("onboard_kyc_decisions_total", Part::Consumers,
        &[("status", Values::Fixed(&["approved", "review", "rejected"])),
          ("risk", Values::Fixed(&["low", "medium", "high"]))],
        "Identity checks by decision."),
    counter("onboard_kyc_checks_total", Part::Consumers,
        &[("check", Values::Fixed(labels::CHECKS)), ("result", Values::Fixed(&["passed", "not_passed"]))],
        "The single checks of the identity checks, by result."),
    histogram("onboard_kyc_seconds", QUEUED, Part::Consumers, &[],
        "Time from the event that completed the documents to the decision."),
    counter("onboard_notifications_total", Part::Consumers,
        &[("audience", Values::Fixed(labels::AUDIENCES)), ("outcome", Values::Fixed(&["sent", "failed"]))],
        "Attempts to send a notification."),
    histogram("onboard_notification_seconds", FAST, Part::Consumers, &[], "Time of one attempt to send a notification."),

    counter("onboard_remote_deliveries_total", Part::Delivery,
        &[("outcome", Values::Fixed(labels::DELIVERY_OUTCOMES))],
        "Frames and close requests sent to other instances."),
    histogram("onboard_remote_delivery_seconds", FAST, Part::Delivery, &[], "Time of one request to another instance."),

    gauge("onboard_documents_waiting", Part::Reader, &[],
        "Documents that no instance is reading, at this reader's last count. At most about 500 are counted."),
    gauge("onboard_documents_oldest_wait_seconds", Part::Reader, &[],
        "Time since the upload of the oldest waiting document; 0 without any."),
    gauge("onboard_documents_counted_timestamp_seconds", Part::Reader, &[], "When this reader last counted the waiting documents, every 10 seconds."),
    histogram("onboard_document_wait_seconds", SLOW_QUEUED, Part::Reader, &[],
        "Time from the upload to the begin of the reading."),
    histogram("onboard_document_total_seconds", SLOW_QUEUED, Part::Reader, &[],
        "Time from the upload to the recorded result, the wait included."),
    histogram("onboard_document_seconds", SLOW, Part::Reader, &[("provider", Values::Open)],
        "Time of one successful reading."),
    counter("onboard_documents_total", Part::Reader,
        &[("kind", Values::DocumentKinds), ("outcome", Values::Fixed(labels::DOCUMENT_OUTCOMES))],
        "Recorded documents. asked_again: another photo is needed; taken: accepted unread, for review."),
    counter("onboard_provider_requests_total", Part::Reader,
        &[("provider", Values::Open), ("outcome", Values::Open)],
        "Requests to providers by outcome."),
    histogram("onboard_provider_seconds", SLOW, Part::Reader, &[("provider", Values::Open)],
        "Time of one request for a reading, retries included."),
    gauge("onboard_provider_open", Part::Reader, &[("provider", Values::Open)],
        "1 while the circuit breaker of the provider is open."),
    histogram("onboard_ocr_tool_seconds", SLOW, Part::Reader, &[("tool", Values::Fixed(labels::TOOLS))],
        "Time of one run of a tool."),
    counter("onboard_ocr_tool_killed_total", Part::Reader,
        &[("tool", Values::Fixed(labels::TOOLS)), ("why", Values::Fixed(&["time", "output", "signal"]))],
        "Runs that were ended: by the time limit, the limit of output, or a signal such as that of the memory limit."),
    gauge("onboard_deletions_due_oldest_seconds", Part::Reader, &[],
        "Time since the oldest day whose due files the last sweep could not delete; 0 without any."),
];

/// The list as text, one metric a line: name, kind, labels, help, separated by tabs.
pub fn listing() -> String {
    let line = |metric: &Metric| {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let labels: Vec<&str> = metric.labels.iter().map(|(label, _)| *label).collect();
        let labels = if labels.is_empty() { "-".to_owned() } else { labels.join(",") };
        format!("{}\t{kind}\t{labels}\t{}\n", metric.name, metric.help)
    };
    METRICS.iter().map(line).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Rewrites the list if `UPDATE_METRICS` is set.
    #[test]
    fn list_for_monitoring_is_the_catalogue() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/monitoring/metrics.txt");
        if std::env::var_os("UPDATE_METRICS").is_some() {
            std::fs::write(&file, listing()).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap();
        assert_eq!(written, listing(), "run this test with UPDATE_METRICS=1");
    }

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        for (at, Metric { name, kind, help, labels, .. }) in METRICS.iter().enumerate() {
            assert_eq!(name.split('_').next(), Some("onboard"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(!matches!(kind, Kind::Histogram(_)) || name.ends_with("_seconds"), "{name}");
            assert!(help.ends_with('.') && !help.contains(['\n', '\t', '\\']), "{name}: {help}");
            assert!(METRICS[..at].iter().all(|other| other.name != *name), "{name} is listed twice");
            assert!(labels.iter().all(|(label, _)| !matches!(*label, "le" | "job" | "instance")), "{name}");
        }
    }
}
