//! `errors replay`: the messages that it publishes or refuses, and its output.

use domain::event::EventType;
use serde_json::{Value, json};

use super::CliError;
use super::context::CliContext;
use super::errors::ErrorDetails;
use super::output::{CellAlignment, Grid, Report, count};
use crate::kafka::{Delivery, Replay, replay};
use crate::store::{EventRow, MAX_PARKED};

/// A message to publish, and the row that contains it.
struct PreparedReplay {
    details: ErrorDetails,
    event_type: EventType,
    key: Option<Vec<u8>>,
    payload: Vec<u8>,
    handled: bool,
}

/// Replays one row. The error names the reason if it cannot be replayed.
pub(super) async fn one(context: &CliContext, details: ErrorDetails) -> Result<Report, CliError> {
    let key = details.row.key();
    let prepared =
        prepare(context, details).await?.map_err(|reason| CliError::new(format!("{key} not replayed: {reason}")))?;
    let handled = prepared.handled;
    let published = publish(context, vec![prepared]).await?;
    let text: String =
        published.iter().map(|(prepared, delivery)| delivery_text(context, prepared, *delivery)).collect();
    let hint = match handled {
        true => "already handled: its effects are not repeated; only a missing next step runs.\n",
        false => "`server events --customer ID` shows when it is handled; if it fails again, it is parked again.\n",
    };
    Ok(Report { json: json_document(context, &published, &[]), text: format!("{text}{hint}") })
}

/// Replays all open rows, in order per customer, and reports those that it skips.
pub(super) async fn all(context: &CliContext, rows: Vec<ErrorDetails>) -> Result<Report, CliError> {
    let (mut all_prepared, mut skipped) = (Vec::new(), Vec::new());
    for details in rows {
        if details.row.replayed_at.is_some() {
            continue;
        }
        let key = details.row.key();
        if let Some(reason) = repeated_parking(&details) {
            skipped.push((key, reason.to_owned()));
            continue;
        }
        match prepare(context, details).await? {
            Ok(prepared) => all_prepared.push(prepared),
            Err(reason) => skipped.push((key, reason)),
        }
    }
    all_prepared
        .sort_by_key(|prepared| prepared.details.event.as_ref().map(|event| (event.customer_id, event.sequence)));
    let asked = all_prepared.len();
    let published = publish(context, all_prepared).await?;
    let mut text: String =
        published.iter().map(|(prepared, delivery)| delivery_text(context, prepared, *delivery)).collect();
    if !skipped.is_empty() {
        let mut grid = Grid::new(&[("SKIPPED", CellAlignment::Left), ("REASON", CellAlignment::Left)]);
        for (key, reason) in &skipped {
            grid.row(vec![key.clone(), reason.clone()]);
        }
        text.push_str(&grid.render());
    }
    match (asked, skipped.len()) {
        (0, 0) => text.push_str("Nothing to replay: no parked message is open.\n"),
        (_, skipped) => {
            text.push_str(&format!("{} replayed, {} skipped.\n", count(asked, "message"), skipped));
        }
    }
    Ok(Report { json: json_document(context, &published, &skipped), text })
}

/// The reason for which the message would be parked again, if there is one.
fn repeated_parking(details: &ErrorDetails) -> Option<&'static str> {
    match (&details.event, details.logged) {
        (None, _) => Some("this version cannot read it; replay it by its key once a version that can runs here"),
        (Some(_), false) => Some("not in the event log: another program wrote it"),
        (Some(event), true) => {
            let parked = details.row.parked.as_ref()?;
            let own = parked.key.as_deref() == Some(event.customer_id.to_string().as_bytes());
            let topic = type_of(&parked.topic);
            (topic != Some(event.event_type()) || !own).then_some("its key or its topic is not that of its event")
        }
    }
}

/// Prepares the message of a row, or returns the reason for which it cannot be replayed.
async fn prepare(context: &CliContext, details: ErrorDetails) -> Result<Result<PreparedReplay, String>, CliError> {
    if let Some(parked) = &details.row.parked {
        if parked.cut {
            return Ok(Err(format!("the message was longer than {MAX_PARKED} bytes, and only its beginning was kept")));
        }
        if parked.payload.is_empty() {
            return Ok(Err("the message has no bytes".to_owned()));
        }
        let Some(event_type) = type_of(&parked.topic) else {
            return Ok(Err(format!("this version has no topic {}", parked.topic)));
        };
        let (key, payload) = (parked.key.clone(), parked.payload.clone());
        let handled = details.handled_at.is_some();
        return Ok(Ok(PreparedReplay { details, event_type, key, payload, handled }));
    }
    let Some(failure) = &details.row.failure else {
        return Ok(Err("this version cannot read the row".to_owned()));
    };
    let Some(cause) = failure.caused_by else {
        return Ok(Err("it names no event (causedBy) to handle again".to_owned()));
    };
    let events = context.store().event_rows(failure.customer_id, 0).await?;
    let Some(event) = events.into_iter().find(|event| event.event_id == cause.to_string()) else {
        return Ok(Err(format!("its customer's event log has no event {cause}")));
    };
    let EventRow { customer_id, topic, body, handled_at, .. } = event;
    let Some(event_type) = type_of(&topic) else {
        return Ok(Err(format!("this version has no topic {topic}")));
    };
    let (key, payload) = (Some(customer_id.into_bytes()), body.into_bytes());
    Ok(Ok(PreparedReplay { details, event_type, key, payload, handled: handled_at.is_some() }))
}

fn type_of(topic: &str) -> Option<EventType> {
    EventType::ALL.into_iter().find(|event_type| event_type.topic() == topic)
}

/// Publishes in order and records each replay on its row. Stops at the first failure; earlier replays stay recorded.
async fn publish(
    context: &CliContext,
    all_prepared: Vec<PreparedReplay>,
) -> Result<Vec<(PreparedReplay, Delivery)>, CliError> {
    if all_prepared.is_empty() {
        return Ok(Vec::new());
    }
    let messages: Vec<Replay<'_>> = all_prepared
        .iter()
        .map(|PreparedReplay { event_type, key, payload, .. }| Replay {
            event_type: *event_type,
            key: key.as_deref(),
            payload,
        })
        .collect();
    let results = replay(context.kafka()?, &messages).await.map_err(|error| context.kafka_error(error))?;
    let mut published = Vec::new();
    for (prepared, result) in all_prepared.into_iter().zip(results) {
        let key = prepared.details.row.key();
        match result {
            Ok(delivery) => {
                context.store().record_replay(&prepared.details.row, context.now).await?;
                published.push((prepared, delivery));
            }
            Err(error) => {
                let before = count(published.len(), "message");
                return Err(context.kafka_error(format!("{key} not replayed ({before} replayed before it): {error}")));
            }
        }
    }
    Ok(published)
}

fn delivery_text(context: &CliContext, prepared: &PreparedReplay, delivery: Delivery) -> String {
    let topic = context.backends.kafka.topic(prepared.event_type);
    let handled = if prepared.handled { " (already handled)" } else { "" };
    let Delivery { partition, offset } = delivery;
    format!("{}\n  replayed to {topic}, partition {partition}, offset {offset}{handled}\n", prepared.details.row.key())
}

fn json_document(
    context: &CliContext,
    published: &[(PreparedReplay, Delivery)],
    skipped: &[(String, String)],
) -> Value {
    let replayed: Vec<Value> = published
        .iter()
        .map(|(prepared, delivery)| {
            json!({
                "key": prepared.details.row.key(),
                "topic": context.backends.kafka.topic(prepared.event_type),
                "partition": delivery.partition,
                "offset": delivery.offset,
                "alreadyHandled": prepared.handled,
            })
        })
        .collect();
    let left: Vec<Value> = skipped.iter().map(|(key, reason)| json!({ "key": key, "why": reason })).collect();
    json!({ "replayed": replayed, "left": left })
}
