//! `connections` and `connections broadcast`.

use std::collections::BTreeMap;

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use domain::api::ServerFrame;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;
use uuid::Uuid;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, age, count, time};
use crate::clock::SystemClock;
use crate::keys::Keys;
use crate::live::{DeliveryOutcome, Remote};

/// The filter, or an action.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  server connections --customer 6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55"
)]
pub struct Arguments {
    /// Only this customer's
    #[arg(long, value_name = "ID")]
    customer: Option<Uuid>,
    #[command(subcommand)]
    action: Option<Action>,
}

/// An action on connections.
#[derive(Debug, Subcommand)]
enum Action {
    /// Send a message to every open page, on every instance that holds connections
    ///
    /// `resync` makes each page fetch its state again, for instance after a restore of the tables. People only see that
    /// their page is up to date. Needs the instances' secret: the setting secret, or the file session.key under
    /// data_dir.
    #[command(after_help = "Example:\n  server connections broadcast resync")]
    Broadcast {
        /// The message to send
        #[arg(value_enum)]
        message: Message,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Message {
    /// Fetch the state again
    Resync,
}

/// How often instances renew their records. A broadcast does not use it.
const HEARTBEAT: Duration = Duration::from_secs(25);

impl Arguments {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        if let Some(Action::Broadcast { message: Message::Resync }) = self.action {
            return broadcast(context).await;
        }
        let (store, now) = (context.store(), context.now);
        let records = match self.customer {
            Some(customer) => store.connections(customer, now).await?,
            None => store.all_connections(now).await?,
        };
        let mut instances: BTreeMap<&str, usize> = BTreeMap::new();
        let mut grid = Grid::new(&[
            ("CUSTOMER", CellAlignment::Left),
            ("CONNECTION", CellAlignment::Left),
            ("SINCE", CellAlignment::Left),
            ("INSTANCE", CellAlignment::Left),
        ]);
        for record in &records {
            *instances.entry(&record.instance).or_default() += 1;
            grid.row(vec![
                record.customer_id.to_string(),
                record.connection_id.to_string(),
                time(&record.connected_at),
                record.instance.clone(),
            ]);
        }
        let text = match records.first() {
            None => "Nobody is connected.\n".to_owned(),
            Some(oldest) => {
                let mut text = format!("{}\n", grid.render());
                for (instance, held) in &instances {
                    text.push_str(&format!("{instance} holds {}.\n", count(*held, "connection")));
                }
                let since = oldest.connected_at.parse::<Timestamp>().ok();
                match since.map(|since| age(now.as_second() - since.as_second())) {
                    Some(age) => {
                        format!(
                            "{text}{} in all; the oldest has been open for {age}.\n",
                            count(records.len(), "connection")
                        )
                    }
                    None => text,
                }
            }
        };
        Ok(Report { json: json!({ "connections": records, "instances": instances }), text })
    }
}

async fn broadcast(context: &CliContext) -> Result<Report, CliError> {
    let (config, store) = (&context.config, context.store());
    let keys = match config.secret.expose_secret() {
        "" => {
            let file = config.data_dir.join("session.key");
            if !file.exists() {
                return Err(CliError::new(format!(
                    "secret (ONBOARD_SECRET) is empty and {} does not exist: run this with the server's settings",
                    file.display()
                )));
            }
            Keys::from_file(&file).map_err(CliError::new)?
        }
        secret => Keys::from_secret(secret),
    };
    let remote = Remote::new(store, Arc::new(SystemClock), keys.instances, HEARTBEAT).map_err(CliError::new)?;
    let frame = serde_json::to_vec(&ServerFrame::Resync {}).map_err(CliError::new)?;
    let outcomes = remote.broadcast(&frame.into(), None).await?;
    let missed: Vec<String> = outcomes
        .iter()
        .filter(|(_, outcome)| {
            !matches!(outcome, DeliveryOutcome::Delivered | DeliveryOutcome::Gone | DeliveryOutcome::Refused)
        })
        .map(|(instance, outcome)| format!("{instance} ({outcome:?})"))
        .collect();
    if !missed.is_empty() {
        let (missed, all) = (missed.join(", "), outcomes.len());
        return Err(CliError::new(format!(
            "not delivered to {missed} (of {}): check that these run, and with the same secret (ONBOARD_SECRET)",
            count(all, "instance")
        )));
    }
    let mut text: String = outcomes
        .iter()
        .map(|(instance, outcome)| match outcome {
            DeliveryOutcome::Delivered => format!("{instance}: delivered.\n"),
            _ => format!("{instance}: gone; its pages have connected to other instances.\n"),
        })
        .collect();
    if outcomes.is_empty() {
        text.push_str("Nobody is connected: nothing sent.\n");
    }
    let json: Vec<_> = outcomes
        .iter()
        .map(|(instance, outcome)| json!({ "instance": instance, "outcome": format!("{outcome:?}").to_lowercase() }))
        .collect();
    Ok(Report { json: json!({ "instances": json }), text })
}
