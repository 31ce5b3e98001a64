//! `outbox`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, age, count, time};
use crate::store::OutboxRow;

/// The most customers in the table for people; `--json` prints all.
const MAX_ROWS: usize = 50;

pub(super) async fn run(context: &CliContext) -> Result<Report, CliError> {
    let rows = context.store().outbox().await?;
    let now = context.now;
    let seconds = |since: &str| since.parse::<Timestamp>().ok().map(|since| now.as_second() - since.as_second());
    let oldest = rows.first().and_then(|row| seconds(&row.since));
    let mut customers: BTreeMap<&str, Vec<&OutboxRow>> = BTreeMap::new();
    for row in &rows {
        customers.entry(&row.customer_id).or_default().push(row);
    }
    let mut customers: Vec<_> = customers.into_iter().collect();
    customers.sort_by_key(|(_, rows)| rows.first().map(|row| row.since.clone()));

    let mut grid = Grid::new(&[
        ("CUSTOMER", CellAlignment::Left),
        ("EVENTS", CellAlignment::Right),
        ("OLDEST", CellAlignment::Right),
        ("LEASED BY", CellAlignment::Left),
        ("UNTIL", CellAlignment::Left),
    ]);
    let mut found = Vec::new();
    for (customer, rows) in &customers {
        let oldest = rows.first().and_then(|row| seconds(&row.since));
        // The first leased event is the one that is published next.
        let lease = rows.iter().find(|row| row.lease_holder.is_some());
        let until = lease.and_then(|row| Timestamp::from_millisecond(row.leased_until?).ok());
        let expired = until.is_some_and(|until| until < now);
        if found.len() < MAX_ROWS {
            grid.row(vec![
                (*customer).to_owned(),
                rows.len().to_string(),
                oldest.map_or("unknown".to_owned(), age),
                lease.and_then(|row| row.lease_holder.clone()).unwrap_or("none".to_owned()),
                match (until, expired) {
                    (Some(_), true) => "expired".to_owned(),
                    (Some(until), false) => time(&until.to_string()),
                    (None, _) => String::new(),
                },
            ]);
        }
        found.push(json!({
            "customerId": customer,
            "sequences": rows.iter().map(|row| row.sequence).collect::<Vec<_>>(),
            "since": rows.first().map(|row| &row.since),
            "oldestSeconds": oldest,
            "claimedBy": lease.map(|row| &row.lease_holder),
            "claimedUntil": until.map(|until| format!("{until:.3}")),
        }));
    }
    let text = match rows.is_empty() {
        true => "Nothing waits: every committed event is published.\n".to_owned(),
        false => {
            let waits = if rows.len() == 1 { "waits" } else { "wait" };
            let oldest = oldest.map_or("unknown".to_owned(), age);
            let more = match customers.len().saturating_sub(MAX_ROWS) {
                0 => String::new(),
                more => format!("... and {} more (--json shows all)\n", count(more, "customer")),
            };
            format!(
                "{}{more}\n{} of {} {waits} to be published, the oldest for {oldest}.\n",
                grid.render(),
                count(rows.len(), "event"),
                count(customers.len(), "customer")
            )
        }
    };
    Ok(Report { json: json!({ "events": rows.len(), "oldestSeconds": oldest, "customers": found }), text })
}
