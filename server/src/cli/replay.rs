//! What `errors replay` publishes, what it refuses, and what it says.

use domain::event::EventType;
use serde_json::{Value, json};

use super::CliError;
use super::context::CliContext;
use super::errors::Known;
use super::output::{CellAlignment, Grid, Report, count};
use crate::kafka::{Delivery, Replay, replay};
use crate::store::{EventRow, MAX_PARKED};

/// A message to publish, and the row that it comes from.
struct Ready {
    known: Known,
    event_type: EventType,
    key: Option<Vec<u8>>,
    payload: Vec<u8>,
    handled: bool,
}

/// Replays one row, or tells why not.
pub(super) async fn one(context: &CliContext, known: Known) -> Result<Report, CliError> {
    let key = known.row.key();
    let ready = ready(context, known).await?.map_err(|why| CliError::new(format!("{key} is not replayed: {why}")))?;
    let handled = ready.handled;
    let published = publish(context, vec![ready]).await?;
    let text: String = published.iter().map(|(ready, delivery)| said(context, ready, *delivery)).collect();
    let hint = match handled {
        true => "It was already handled: its effects are not done again, only a next step that is missing.\n",
        false => "`server events --customer ID` shows when it is handled; if it cannot be, it is parked again.\n",
    };
    Ok(Report { json: document(context, &published, &[]), text: format!("{text}{hint}") })
}

/// Replays every row that is open, in each customer's order, and tells which are left.
pub(super) async fn all(context: &CliContext, rows: Vec<Known>) -> Result<Report, CliError> {
    let (mut readies, mut left) = (Vec::new(), Vec::new());
    for known in rows {
        if known.row.replayed_at.is_some() {
            continue;
        }
        let key = known.row.key();
        if let Some(why) = hopeless(&known) {
            left.push((key, why.to_owned()));
            continue;
        }
        match ready(context, known).await? {
            Ok(ready) => readies.push(ready),
            Err(why) => left.push((key, why)),
        }
    }
    readies.sort_by_key(|ready| ready.known.event.as_ref().map(|event| (event.customer_id, event.sequence)));
    let asked = readies.len();
    let published = publish(context, readies).await?;
    let mut text: String = published.iter().map(|(ready, delivery)| said(context, ready, *delivery)).collect();
    if !left.is_empty() {
        let mut grid = Grid::new(&[("LEFT", CellAlignment::Left), ("WHY", CellAlignment::Left)]);
        for (key, why) in &left {
            grid.row(vec![key.clone(), why.clone()]);
        }
        text.push_str(&grid.render());
    }
    match (asked, left.len()) {
        (0, 0) => text.push_str("Nothing to replay: no parked message is open.\n"),
        (_, left) => {
            text.push_str(&format!("{} replayed, {} left.\n", count(asked, "message"), left));
        }
    }
    Ok(Report { json: document(context, &published, &left), text })
}

/// Why the message would only be parked again.
fn hopeless(known: &Known) -> Option<&'static str> {
    match (&known.event, known.logged) {
        (None, _) => Some("this build cannot read it; after a mend, replay it by its key"),
        (Some(_), false) => Some("it is not in the event log, so it is none of ours"),
        (Some(event), true) => {
            let parked = known.row.parked.as_ref()?;
            let own = parked.key.as_deref() == Some(event.customer_id.to_string().as_bytes());
            let topic = type_of(&parked.topic);
            (topic != Some(event.event_type()) || !own)
                .then_some("it was under another key or in another topic than its event belongs to")
        }
    }
}

/// The message to publish for a row, or why there is none.
async fn ready(context: &CliContext, known: Known) -> Result<Result<Ready, String>, CliError> {
    if let Some(parked) = &known.row.parked {
        if parked.cut {
            return Ok(Err(format!("the message was longer than {MAX_PARKED} bytes, and only its beginning was kept")));
        }
        if parked.payload.is_empty() {
            return Ok(Err("the message has no bytes".to_owned()));
        }
        let Some(event_type) = type_of(&parked.topic) else {
            return Ok(Err(format!("this build knows no topic {}", parked.topic)));
        };
        let (key, payload) = (parked.key.clone(), parked.payload.clone());
        let handled = known.handled_at.is_some();
        return Ok(Ok(Ready { known, event_type, key, payload, handled }));
    }
    let Some(failure) = &known.row.failure else {
        return Ok(Err("this build cannot read the row".to_owned()));
    };
    let Some(cause) = failure.caused_by else {
        return Ok(Err("it does not name an event (causedBy) that could be handled again".to_owned()));
    };
    let events = context.store().event_rows(failure.customer_id, 0).await?;
    let Some(event) = events.into_iter().find(|event| event.event_id == cause.to_string()) else {
        return Ok(Err(format!("the event log of its customer has no event {cause}")));
    };
    let EventRow { customer_id, topic, body, handled_at, .. } = event;
    let Some(event_type) = type_of(&topic) else {
        return Ok(Err(format!("this build knows no topic {topic}")));
    };
    let (key, payload) = (Some(customer_id.into_bytes()), body.into_bytes());
    Ok(Ok(Ready { known, event_type, key, payload, handled: handled_at.is_some() }))
}

fn type_of(topic: &str) -> Option<EventType> {
    EventType::ALL.into_iter().find(|event_type| event_type.topic() == topic)
}

/// Publishes in order and notes it on the rows. The first failure ends it; what was published before is noted.
async fn publish(context: &CliContext, readies: Vec<Ready>) -> Result<Vec<(Ready, Delivery)>, CliError> {
    if readies.is_empty() {
        return Ok(Vec::new());
    }
    let messages: Vec<Replay<'_>> = readies
        .iter()
        .map(|Ready { event_type, key, payload, .. }| Replay { event_type: *event_type, key: key.as_deref(), payload })
        .collect();
    let results = replay(context.kafka()?, &messages).await.map_err(|error| context.kafka_error(error))?;
    let mut published = Vec::new();
    for (ready, result) in readies.into_iter().zip(results) {
        let key = ready.known.row.key();
        match result {
            Ok(delivery) => {
                context.store().note_replay(&ready.known.row, context.now).await?;
                published.push((ready, delivery));
            }
            Err(error) => {
                let before = count(published.len(), "message");
                return Err(context.kafka_error(format!("{key} is not replayed ({before} before it): {error}")));
            }
        }
    }
    Ok(published)
}

fn said(context: &CliContext, ready: &Ready, delivery: Delivery) -> String {
    let topic = context.backends.kafka.topic(ready.event_type);
    let handled = if ready.handled { " (already handled)" } else { "" };
    let Delivery { partition, offset } = delivery;
    format!("{}\n  replayed to {topic}, partition {partition}, offset {offset}{handled}\n", ready.known.row.key())
}

fn document(context: &CliContext, published: &[(Ready, Delivery)], left: &[(String, String)]) -> Value {
    let replayed: Vec<Value> = published
        .iter()
        .map(|(ready, delivery)| {
            json!({
                "key": ready.known.row.key(),
                "topic": context.backends.kafka.topic(ready.event_type),
                "partition": delivery.partition,
                "offset": delivery.offset,
                "alreadyHandled": ready.handled,
            })
        })
        .collect();
    let left: Vec<Value> = left.iter().map(|(key, why)| json!({ "key": key, "why": why })).collect();
    json!({ "replayed": replayed, "left": left })
}
