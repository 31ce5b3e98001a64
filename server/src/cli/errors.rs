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
use hex::encode;

/// How many days back is looked, today included: as long as the topic of errors keeps them.
const DAYS: i64 = 30;
/// From how many rows on a table for people ends.
const SHOWN: usize = 200;

/// The three.
#[derive(Debug, Subcommand)]
pub enum Errors {
    /// What failed, oldest first: refused input, failures of ours, and messages that are parked
    ///
    /// A message is parked when it is no event that this program knows, or when its handling failed eight times. Its
    /// effects are missing until it is replayed. STATE of a parked message: open, replayed, or handled (its effects are
    /// done). Nothing personal is shown.
    #[command(after_help = "Examples:\n  server errors list --parked\n  server errors list --day 2026-11-21")]
    List {
        /// Only what happened on this day (UTC), YYYY-MM-DD; else the last 30 days
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<Date>,
        /// Only parked messages
        #[arg(long)]
        parked: bool,
    },
    /// One of them, with everything that is known
    #[command(after_help = "Example:\n  server errors show '2026-11-21/parked#kyc-verified/1/42' --payload")]
    Show {
        /// As `server errors list` prints it; in quotes, for the shell
        key: String,
        /// Show the bytes of a parked message, personal data included
        #[arg(long)]
        payload: bool,
    },
    /// Have a parked message, or the event whose handling failed, handled again
    ///
    /// Publishes the same bytes under the same key to the same topic. Safe to do twice: effects happen once per event.
    /// An event that is handled late never overwrites what a later event of the same customer wrote. Mend the cause
    /// first (`server errors show` tells the reason), or it is parked again, under a new key.
    #[command(after_help = "Examples:\n  server errors replay '2026-11-21/parked#kyc-verified/1/42'\n  \
        server errors replay --all")]
    Replay(Which),
}

/// What is replayed.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// As `server errors list` prints it; in quotes, for the shell
    key: Option<String>,
    /// Every parked message of the last 30 days that is open and that this build can handle
    #[arg(long)]
    all: bool,
}

impl Errors {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        match self {
            Self::List { day, parked } => list(context, *day, *parked).await,
            Self::Show { key, payload } => show(context, key, *payload).await,
            Self::Replay(Which { key: Some(key), .. }) => {
                replay::one(context, Known::of(&context.store(), row(context, key).await?).await?).await
            }
            Self::Replay(Which { key: None, .. }) => {
                let known = rows(context, None).await?;
                replay::all(context, known.into_iter().filter(|known| known.row.parked.is_some()).collect()).await
            }
        }
    }
}

/// A row, and what the event log knows of its event.
pub(super) struct Known {
    pub(super) row: ErrorRow,
    /// The parked message as an event of this build.
    pub(super) event: Option<Envelope>,
    /// Whether the event log has it.
    pub(super) logged: bool,
    /// When its effects were done.
    pub(super) handled_at: Option<String>,
}

impl Known {
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
            // Done before it was parked, it is the next step that is missing.
            (Some(parked), ..) if self.handled_at.as_ref().is_some_and(|at| *at > parked.parked_at) => "handled",
            (_, _, Some(_)) => "replayed",
            (Some(_), ..) => "open",
            (_, Some(failure), _) if failure.refused => "refused",
            (_, Some(_), _) => "failed",
        }
    }

    fn what(&self) -> String {
        match (&self.row.parked, &self.row.failure) {
            (Some(parked), _) => parked.reason.clone(),
            (_, Some(failure)) => format!("{}: {}", failure.stage, failure.code),
            _ => "written by another build".to_owned(),
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
                "customerId": parked.key.as_deref().and_then(uuid),
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

/// A key of ours is a customer's id; of another nothing is shown.
fn uuid(key: &[u8]) -> Option<Uuid> {
    std::str::from_utf8(key).ok()?.parse().ok()
}

/// What is on record for a day, or for the last [`DAYS`], oldest first.
async fn rows(context: &CliContext, day: Option<Date>) -> Result<Vec<Known>, CliError> {
    let store = context.store();
    let today = context.now.to_zoned(TimeZone::UTC).date();
    let days = match day {
        Some(day) => vec![day],
        // Tomorrow too: a producer's clock may be ahead.
        None => (-1..DAYS).rev().map(|back| today.saturating_sub(back.days())).collect(),
    };
    let mut known = Vec::new();
    for day in days {
        for row in store.errors_of(day).await? {
            known.push(Known::of(&store, row).await?);
        }
    }
    Ok(known)
}

async fn row(context: &CliContext, key: &str) -> Result<ErrorRow, CliError> {
    let missing = || CliError::new(format!("no row {key} in error-logs: `server errors list` prints the keys"));
    let (day, sort) = ErrorRow::parts_of(key).ok_or_else(missing)?;
    context.store().error_row(day, sort).await?.ok_or_else(missing)
}

async fn list(context: &CliContext, day: Option<Date>, parked: bool) -> Result<Report, CliError> {
    let mut known = rows(context, day).await?;
    known.retain(|known| !parked || known.row.parked.is_some());
    let mut grid =
        Grid::new(&[("KEY", CellAlignment::Left), ("STATE", CellAlignment::Left), ("WHAT", CellAlignment::Left)]);
    // The newest matter most where there are too many.
    for known in &known[known.len().saturating_sub(SHOWN)..] {
        grid.row(vec![known.row.key(), known.state().to_owned(), known.what()]);
    }
    let when = day.map_or(format!("in the last {DAYS} days"), |day| format!("on {day}"));
    let thing = if parked { "parked message" } else { "error" };
    let open = known.iter().filter(|known| known.state() == "open").count();
    let text = match known.len() {
        0 => format!("{} {when}.\n", count(0, thing).replacen('n', "N", 1)),
        all => {
            let earlier = match all.saturating_sub(SHOWN) {
                0 => String::new(),
                earlier => format!("... and {} before (--json shows all)\n", count(earlier, thing)),
            };
            let open = match open {
                0 => "no parked message is open".to_owned(),
                1 => "1 parked message is open: `server errors show KEY` tells more".to_owned(),
                n => format!("{n} parked messages are open: `server errors show KEY` tells more"),
            };
            format!("{earlier}{}\n{} {when}; {open}.\n", grid.render(), count(all, thing))
        }
    };
    let json = json!({ "errors": known.iter().map(Known::json).collect::<Vec<_>>() });
    Ok(Report { json, text })
}

async fn show(context: &CliContext, key: &str, payload: bool) -> Result<Report, CliError> {
    let known = Known::of(&context.store(), row(context, key).await?).await?;
    let mut json = known.json();
    let mut lines = vec![("key", known.row.key()), ("state", known.state().to_owned())];
    if let Some(parked) = &known.row.parked {
        lines.push(("reason", parked.reason.clone()));
        lines.push(("topic", format!("{}, partition {}, offset {}", parked.topic, parked.partition, parked.offset)));
        lines.push(("parked at", time(&parked.parked_at)));
        let cut = if parked.cut { ", cut: the message was longer" } else { "" };
        lines.push(("bytes", format!("{}{cut}", parked.payload.len())));
        match &known.event {
            Some(event) => {
                lines.push(("customer", event.customer_id.to_string()));
                lines.push(("event", format!("{}, sequence {}", event.event_id, event.sequence)));
                lines.push(("handled", known.handled_at.as_deref().map_or("no".to_owned(), time)));
                if !known.logged {
                    lines.push(("", "it is not in the event log, so it is none of ours".to_owned()));
                }
            }
            None => lines.push(("event", "none that this build can read".to_owned())),
        }
    }
    if let Some(failure) = &known.row.failure {
        lines.push(("customer", failure.customer_id.to_string()));
        lines.push(("stage", failure.stage.clone()));
        lines.push(("code", failure.code.clone()));
        if !failure.fields.is_empty() {
            lines.push(("fields", failure.fields.join(", ")));
        }
        let caused_by = failure.caused_by.map_or("nothing that is known".to_owned(), |id| format!("event {id}"));
        lines.push(("caused by", caused_by));
    }
    if let Some(at) = &known.row.replayed_at {
        lines.push(("replayed", format!("{}, {}", time(at), count(known.row.replays as usize, "time"))));
    }
    let mut text: String = lines.iter().map(|(name, value)| format!("{name:<10} {value}\n")).collect();
    if payload && let Some(parked) = &known.row.parked {
        let (member, value, shown) = readable(&parked.payload);
        json["parked"][member] = value;
        text.push_str(&format!("\n{shown}\n"));
    }
    Ok(Report { json, text })
}

/// The bytes as JSON, else as text, else in hexadecimal; and the name that they have in `--json`.
fn readable(payload: &[u8]) -> (&'static str, Value, String) {
    if let Ok(value) = serde_json::from_slice::<Value>(payload) {
        let shown = format!("{value:#}");
        return ("payload", value, shown);
    }
    match std::str::from_utf8(payload) {
        // Control characters could do things to a terminal.
        Ok(text) => ("payloadText", text.into(), text.escape_debug().to_string()),
        Err(_) => ("payloadHex", encode(payload).into(), encode(payload)),
    }
}
