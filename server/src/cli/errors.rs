//! `errors list`, `errors show` and `errors replay`.

use clap::{Args, Subcommand};
use domain::event::Envelope;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use uuid::Uuid;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, count, time};
use super::replay;
use crate::store::{ErrorRow, Store, StoreError};

/// How many days are searched, today included: the retention of the topic of errors.
const DAYS: i64 = 30;
/// The most rows in the table for people.
const MAX_ROWS: usize = 200;

/// The commands on failures and parked messages.
#[derive(Debug, Subcommand)]
pub enum Errors {
    /// Print refused input, internal failures and parked messages, oldest first
    ///
    /// A message is parked when it is not an event of this program, or when its handling failed eight times. Its
    /// effects are missing until it is replayed. STATE of a parked message is open, replayed, or handled (its effects
    /// are done). No personal data is shown.
    #[command(after_help = "Examples:\n  server errors list --parked\n  server errors list --day 2026-11-21")]
    List {
        /// Only this day (UTC), YYYY-MM-DD; the default is the last 30 days
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<Date>,
        /// Only parked messages
        #[arg(long)]
        parked: bool,
    },
    /// Print one of them in full
    #[command(after_help = "Example:\n  server errors show '2026-11-21/parked#kyc-verified/1/42' --payload")]
    Show {
        /// As `server errors list` prints it; in quotes, for the shell
        key: String,
        /// Show the bytes of a parked message, personal data included
        #[arg(long)]
        payload: bool,
    },
    /// Publish a parked message again, or the event whose handling failed
    ///
    /// Publishes the same bytes under the same key to the same topic. Safe to repeat: effects happen once per event. An
    /// event that is handled late never overwrites data of a later event of the same customer. Remove the cause first
    /// (`server errors show` prints the reason); otherwise the message is parked again, under a new key.
    #[command(after_help = "Examples:\n  server errors replay '2026-11-21/parked#kyc-verified/1/42'\n  \
        server errors replay --all")]
    Replay(ReplayTarget),
}

/// The messages to replay.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ReplayTarget {
    /// As `server errors list` prints it; in quotes, for the shell
    key: Option<String>,
    /// All open parked messages of the last 30 days that this version can handle
    #[arg(long)]
    all: bool,
}

impl Errors {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        match self {
            Self::List { day, parked } => list(context, *day, *parked).await,
            Self::Show { key, payload } => show(context, key, *payload).await,
            Self::Replay(ReplayTarget { key: Some(key), .. }) => {
                replay::one(context, ErrorDetails::of(&context.store(), row(context, key).await?).await?).await
            }
            Self::Replay(ReplayTarget { key: None, .. }) => {
                let details = rows(context, None).await?;
                replay::all(context, details.into_iter().filter(|details| details.row.parked.is_some()).collect()).await
            }
        }
    }
}

/// A row of `error-logs`, with the state of its event in the event log.
pub(super) struct ErrorDetails {
    pub(super) row: ErrorRow,
    /// The parked message as an event, if this build can parse it.
    pub(super) event: Option<Envelope>,
    /// Whether the event log contains the event.
    pub(super) logged: bool,
    /// When the event's effects were done.
    pub(super) handled_at: Option<String>,
}

impl ErrorDetails {
    async fn of(store: &Store, row: ErrorRow) -> Result<Self, StoreError> {
        let event = row.parked.as_ref().and_then(|parked| Envelope::from_slice(&parked.payload).ok());
        let logged = match &event {
            Some(event) => store.event_at(event.customer_id, event.sequence).await?,
            None => None,
        };
        let logged = logged.filter(|logged| event.as_ref().is_some_and(|e| e.event_id.to_string() == logged.event_id));
        Ok(Self {
            row,
            event,
            handled_at: logged.as_ref().and_then(|l| l.handled_at.clone()),
            logged: logged.is_some(),
        })
    }

    fn state(&self) -> &'static str {
        match (&self.row.parked, &self.row.failure, &self.row.replayed_at) {
            (None, None, _) => "unreadable",
            // If the effects were done before the message was parked, the next step is missing, so it is still open.
            (Some(parked), ..) if self.handled_at.as_ref().is_some_and(|at| *at > parked.parked_at) => "handled",
            (_, _, Some(_)) => "replayed",
            (Some(_), ..) => "open",
            (_, Some(failure), _) if failure.refused => "refused",
            (_, Some(_), _) => "failed",
        }
    }

    fn summary(&self) -> String {
        match (&self.row.parked, &self.row.failure) {
            (Some(parked), _) => parked.reason.clone(),
            (_, Some(failure)) => format!("{}: {}", failure.stage, failure.code),
            _ => "written by another version".to_owned(),
        }
    }

    fn json(&self) -> Value {
        let row = &self.row;
        let mut json = json!({
            "key": row.key(),
            "state": self.state(),
            "replayedAt": row.replayed_at,
            "replays": row.replays,
        });
        if let Some(parked) = &row.parked {
            json["parked"] = json!({
                "topic": parked.topic,
                "partition": parked.partition,
                "offset": parked.offset,
                "parkedAt": parked.parked_at,
                "reason": parked.reason,
                "bytes": parked.payload.len(),
                "cut": parked.cut,
                "customerId": parked.key.as_deref().and_then(customer_id),
                "eventId": self.event.as_ref().map(|event| event.event_id),
                "sequence": self.event.as_ref().map(|event| event.sequence),
                "inEventLog": self.logged,
                "handledAt": self.handled_at,
            });
        }
        if let Some(failure) = &row.failure {
            json["failure"] = json!({
                "customerId": failure.customer_id,
                "stage": failure.stage,
                "code": failure.code,
                "fields": failure.fields,
                "refused": failure.refused,
                "causedBy": failure.caused_by,
            });
        }
        json
    }
}

/// The customer's id in a message key. A key of another form may contain anything, so it is not shown.
fn customer_id(key: &[u8]) -> Option<Uuid> {
    std::str::from_utf8(key).ok()?.parse().ok()
}

/// The rows of a day, or of the last [`DAYS`] days, oldest first.
async fn rows(context: &CliContext, day: Option<Date>) -> Result<Vec<ErrorDetails>, CliError> {
    let store = context.store();
    let today = context.now.to_zoned(TimeZone::UTC).date();
    let days = match day {
        Some(day) => vec![day],
        // Tomorrow is included, because a producer's clock may be ahead.
        None => (-1..DAYS).rev().map(|back| today.saturating_sub(back.days())).collect(),
    };
    let mut details = Vec::new();
    for day in days {
        for row in store.errors_of(day).await? {
            details.push(ErrorDetails::of(&store, row).await?);
        }
    }
    Ok(details)
}

async fn row(context: &CliContext, key: &str) -> Result<ErrorRow, CliError> {
    let missing = || CliError::new(format!("no row {key} in error-logs: `server errors list` prints the keys"));
    let (day, sort) = ErrorRow::parse_key(key).ok_or_else(missing)?;
    context.store().error_row(day, sort).await?.ok_or_else(missing)
}

async fn list(context: &CliContext, day: Option<Date>, parked: bool) -> Result<Report, CliError> {
    let mut details = rows(context, day).await?;
    details.retain(|details| !parked || details.row.parked.is_some());
    let mut grid =
        Grid::new(&[("KEY", CellAlignment::Left), ("STATE", CellAlignment::Left), ("DETAIL", CellAlignment::Left)]);
    // If there are too many rows, the newest are shown.
    for details in &details[details.len().saturating_sub(MAX_ROWS)..] {
        grid.row(vec![details.row.key(), details.state().to_owned(), details.summary()]);
    }
    let when = day.map_or(format!("in the last {DAYS} days"), |day| format!("on {day}"));
    let thing = if parked { "parked message" } else { "error" };
    let open = details.iter().filter(|details| details.state() == "open").count();
    let text = match details.len() {
        0 => format!("{} {when}.\n", count(0, thing).replacen('n', "N", 1)),
        all => {
            let earlier = match all.saturating_sub(MAX_ROWS) {
                0 => String::new(),
                earlier => format!("... and {} earlier (--json shows all)\n", count(earlier, thing)),
            };
            let open = match open {
                0 => "no parked message is open".to_owned(),
                1 => "1 parked message is open: `server errors show KEY` prints it in full".to_owned(),
                n => format!("{n} parked messages are open: `server errors show KEY` prints one in full"),
            };
            format!("{earlier}{}\n{} {when}; {open}.\n", grid.render(), count(all, thing))
        }
    };
    let json = json!({ "errors": details.iter().map(ErrorDetails::json).collect::<Vec<_>>() });
    Ok(Report { json, text })
}

async fn show(context: &CliContext, key: &str, payload: bool) -> Result<Report, CliError> {
    let details = ErrorDetails::of(&context.store(), row(context, key).await?).await?;
    let mut json = details.json();
    let mut lines = vec![("key", details.row.key()), ("state", details.state().to_owned())];
    if let Some(parked) = &details.row.parked {
        lines.push(("reason", parked.reason.clone()));
        lines.push(("topic", format!("{}, partition {}, offset {}", parked.topic, parked.partition, parked.offset)));
        lines.push(("parked at", time(&parked.parked_at)));
        let cut = if parked.cut { ", cut: the message was longer" } else { "" };
        lines.push(("bytes", format!("{}{cut}", parked.payload.len())));
        match &details.event {
            Some(event) => {
                lines.push(("customer", event.customer_id.to_string()));
                lines.push(("event", format!("{}, sequence {}", event.event_id, event.sequence)));
                lines.push(("handled", details.handled_at.as_deref().map_or("no".to_owned(), time)));
                if !details.logged {
                    lines.push(("", "not in the event log: another program wrote it".to_owned()));
                }
            }
            None => lines.push(("event", "not readable by this version".to_owned())),
        }
    }
    if let Some(failure) = &details.row.failure {
        lines.push(("customer", failure.customer_id.to_string()));
        lines.push(("stage", failure.stage.clone()));
        lines.push(("code", failure.code.clone()));
        if !failure.fields.is_empty() {
            lines.push(("fields", failure.fields.join(", ")));
        }
        let caused_by = failure.caused_by.map_or("unknown".to_owned(), |id| format!("event {id}"));
        lines.push(("caused by", caused_by));
    }
    if let Some(at) = &details.row.replayed_at {
        lines.push(("replayed", format!("{}, {}", time(at), count(details.row.replays as usize, "time"))));
    }
    let mut text: String = lines.iter().map(|(name, value)| format!("{name:<10} {value}\n")).collect();
    if payload && let Some(parked) = &details.row.parked {
        let (member, value, shown) = readable(&parked.payload);
        json["parked"][member] = value;
        text.push_str(&format!("\n{shown}\n"));
    }
    Ok(Report { json, text })
}

/// The bytes as JSON, text or hexadecimal, whichever applies first, with their member name in `--json`.
fn readable(payload: &[u8]) -> (&'static str, Value, String) {
    if let Ok(value) = serde_json::from_slice::<Value>(payload) {
        let shown = format!("{value:#}");
        return ("payload", value, shown);
    }
    match std::str::from_utf8(payload) {
        // Control characters are escaped, because a terminal would execute them.
        Ok(text) => ("payloadText", text.into(), text.escape_debug().to_string()),
        Err(_) => ("payloadHex", hex::encode(payload).into(), hex::encode(payload)),
    }
}
