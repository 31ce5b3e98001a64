//! `events republish`: publishes again what consumers have not handled, after Kafka's messages are lost.

use domain::event::EventType;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, count};
use crate::kafka::{Replay, replay};
use crate::store::EventRow;

/// How many events are loaded and published together.
const BATCH: usize = 200;
/// The most customers in the table for people.
const MAX_ROWS: usize = 100;

/// Which events.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  server events republish --unhandled --dry-run\n  \
    server events republish --unhandled")]
pub struct Republish {
    /// Those that were published and that no consumer has handled
    #[arg(long, required = true)]
    unhandled: bool,
    /// Only events that are at least this old, in seconds; younger ones may be on their way
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    older_than: u32,
    /// Print them, and publish nothing
    #[arg(long)]
    dry_run: bool,
}

/// The place of an event in the log.
type Place = (Uuid, u64);

impl Republish {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        let before = context.now - SignedDuration::from_secs(self.older_than.into());
        let mut places: Vec<Place> = Vec::new();
        context
            .store()
            .scan_events(|row| {
                if is_unhandled(&row, before)
                    && let Ok(customer) = row.customer_id.parse()
                {
                    places.push((customer, row.sequence));
                }
            })
            .await?;
        // In order per customer. Effects are once per event, so an event that is handled meanwhile does no harm.
        places.sort_unstable();
        let mut skipped = Vec::new();
        let mut published = 0;
        if !self.dry_run {
            for batch in places.chunks(BATCH) {
                published += publish(context, batch, &mut skipped).await?;
            }
        }
        Ok(report(&places, published, &skipped, self.dry_run))
    }
}

/// Whether consumers should have handled it by now.
fn is_unhandled(row: &EventRow, before: Timestamp) -> bool {
    let at = || row.envelope()["timestamp"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    row.published && row.handled_at.is_none() && at().is_none_or(|at| at <= before)
}

/// Publishes the events at these places as they are stored, and returns their number.
async fn publish(
    context: &CliContext,
    places: &[Place],
    skipped: &mut Vec<(Place, &'static str)>,
) -> Result<usize, CliError> {
    let store = context.store();
    let mut rows = Vec::new();
    for place in places {
        let Some(row) = store.event_at(place.0, place.1).await?.filter(|row| row.handled_at.is_none()) else {
            continue;
        };
        match EventType::ALL.into_iter().find(|event_type| event_type.topic() == row.topic) {
            Some(event_type) => rows.push((event_type, row)),
            None => skipped.push((*place, "this version has no such topic")),
        }
    }
    let messages: Vec<Replay<'_>> = rows
        .iter()
        .map(|(event_type, row)| Replay {
            event_type: *event_type,
            key: Some(row.customer_id.as_bytes()),
            payload: row.body.as_bytes(),
        })
        .collect();
    let results = replay(context.kafka()?, &messages).await.map_err(|error| context.kafka_error(error))?;
    for ((_, row), result) in rows.iter().zip(&results) {
        if let Err(error) = result {
            let (customer, sequence) = (&row.customer_id, row.sequence);
            return Err(context.kafka_error(format!(
                "event {sequence} of customer {customer} not published, nor those after it; run the command again: \
                 {error}"
            )));
        }
    }
    Ok(results.len())
}

fn report(places: &[Place], published: usize, skipped: &[(Place, &'static str)], dry_run: bool) -> Report {
    let mut grid = Grid::new(&[("CUSTOMER", CellAlignment::Left), ("SEQUENCES", CellAlignment::Left)]);
    let customers: Vec<&[Place]> = places.chunk_by(|a, b| a.0 == b.0).collect();
    for of_customer in customers.iter().take(MAX_ROWS) {
        let sequences: Vec<String> = of_customer.iter().map(|place| place.1.to_string()).collect();
        grid.row(vec![of_customer[0].0.to_string(), sequences.join(", ")]);
    }
    let mut text = if places.is_empty() { String::new() } else { grid.render() };
    if customers.len() > MAX_ROWS {
        let more = count(customers.len() - MAX_ROWS, "customer");
        text.push_str(&format!("... and {more} more (--json shows all)\n"));
    }
    for ((customer, sequence), why) in skipped {
        text.push_str(&format!("event {sequence} of customer {customer} skipped: {why}\n"));
    }
    text.push_str(&match (places.len(), dry_run) {
        (0, _) => "Nothing to publish again: every published event is handled.\n".to_owned(),
        (found, true) => format!("{} would be published again.\n", count(found, "event")),
        (_, false) => {
            format!("{} published again. `server lag` shows when they are handled.\n", count(published, "event"))
        }
    });
    let places_json = |places: &mut dyn Iterator<Item = &Place>| -> Vec<serde_json::Value> {
        places.map(|(customer, sequence)| json!({ "customerId": customer, "sequence": sequence })).collect()
    };
    let json = json!({
        "unhandled": places_json(&mut places.iter()),
        "published": published,
        "skipped": places_json(&mut skipped.iter().map(|(place, _)| place)),
    });
    Report { json, text }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_old_published_and_unhandled_events_are_unhandled() {
        let before: Timestamp = "2026-11-21T11:00:00Z".parse().unwrap();
        let row = |published, handled: Option<&str>, at: &str| EventRow {
            customer_id: Uuid::nil().to_string(),
            sequence: 1,
            event_id: String::new(),
            topic: "kyc-verified".to_owned(),
            body: json!({ "timestamp": at }).to_string(),
            published,
            handled_at: handled.map(str::to_owned),
            notified_at: None,
        };
        let old = "2026-11-21T10:59:59.000Z";
        assert!(is_unhandled(&row(true, None, old), before));
        assert!(!is_unhandled(&row(false, None, old), before), "the relay publishes it");
        assert!(!is_unhandled(&row(true, Some(old), old), before));
        assert!(!is_unhandled(&row(true, None, "2026-11-21T11:00:01.000Z"), before), "it may be on its way");
        assert!(is_unhandled(&row(true, None, "unreadable"), before));
    }
}
