//! `events` and `events republish`.

use clap::{Args, Subcommand};
use domain::event::ApplicationId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, count, time};
use super::republish::Republish;
use crate::store::EventRow;

/// The customer and the details to print, or an action.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  server events --email ingrid@example.com\n  \
    server events --application APP-6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55-1764064800 --data"
)]
pub struct Arguments {
    #[command(flatten)]
    selector: CustomerSelector,
    /// Only events with a higher sequence
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u64,
    /// Show the data of each event, personal data included
    #[arg(long)]
    data: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

/// An action on events.
#[derive(Debug, Subcommand)]
enum Action {
    /// Publish again what consumers have not handled, for instance after Kafka has lost its messages
    ///
    /// Publishes the stored events, in order per customer. Safe to repeat: effects happen once per event. Events that
    /// are not published yet are left to the relay. Parked messages are unhandled too; those whose cause remains are
    /// parked again. Reads the whole table `kafka-events`.
    Republish(Republish),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct CustomerSelector {
    /// The customer's id
    #[arg(long, value_name = "ID")]
    customer: Option<Uuid>,
    /// An application's id, APP-...
    #[arg(long, value_name = "ID")]
    application: Option<ApplicationId>,
    /// The customer's e-mail address; scans the whole table `users`
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

impl Arguments {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        if let Some(Action::Republish(republish)) = &self.action {
            return republish.run(context).await;
        }
        let store = context.store();
        let customers = match &self.selector {
            CustomerSelector { customer: Some(id), .. } => vec![*id],
            CustomerSelector { application: Some(id), .. } => vec![id.customer_id()],
            CustomerSelector { email: Some(address), .. } => store.customers_by_email(address).await?,
            _ => Vec::new(),
        };
        if customers.is_empty() {
            let text =
                "No customer has this address. A new customer is found a few seconds after the first form was sent.\n"
                    .to_owned();
            return Ok(Report { json: json!({ "customers": [] }), text });
        }
        let (mut found, mut text) = (Vec::new(), String::new());
        for customer in customers {
            let rows = store.event_rows(customer, self.after).await?;
            let applications = store.applications_of(customer).await?;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&self.customer_text(customer, &applications, &rows));
            let events: Vec<Value> = rows
                .iter()
                .map(|row| {
                    json!({
                        "sequence": row.sequence,
                        "published": row.published,
                        "handledAt": row.handled_at,
                        "notifiedAt": row.notified_at,
                        "event": row.envelope(),
                    })
                })
                .collect();
            found.push(json!({ "customerId": customer, "applications": applications, "events": events }));
        }
        Ok(Report { json: json!({ "customers": found }), text })
    }

    fn customer_text(&self, customer: Uuid, applications: &[String], rows: &[EventRow]) -> String {
        let mut text = format!("Customer {customer}\n");
        for application in applications {
            text.push_str(&format!("Application {application}\n"));
        }
        if rows.is_empty() {
            let which = if self.after > 0 { format!("No events after {}", self.after) } else { "No events".to_owned() };
            return format!("{text}{which}.\n");
        }
        let mut grid = Grid::new(&[
            ("SEQ", CellAlignment::Right),
            ("TIME", CellAlignment::Left),
            ("TYPE", CellAlignment::Left),
            ("SOURCE", CellAlignment::Left),
            ("PUBLISHED", CellAlignment::Left),
            ("HANDLED", CellAlignment::Left),
        ]);
        for row in rows {
            let envelope = row.envelope();
            let part = |name: &str| envelope[name].as_str().unwrap_or("unreadable").to_owned();
            grid.row(vec![
                row.sequence.to_string(),
                time(&part("timestamp")),
                part("eventType"),
                part("source"),
                if row.published { "yes" } else { "no" }.to_owned(),
                row.handled_at.as_deref().map_or("no".to_owned(), time),
            ]);
        }
        let table = grid.render();
        let mut lines = table.lines();
        text.push_str(lines.next().unwrap_or_default());
        text.push('\n');
        for (line, row) in lines.zip(rows) {
            text.push_str(line);
            text.push('\n');
            if self.data {
                for line in format!("{:#}", row.envelope()["data"]).lines() {
                    text.push_str(&format!("       {line}\n"));
                }
            }
        }
        format!("{text}{}.\n", count(rows.len(), "event"))
    }
}
