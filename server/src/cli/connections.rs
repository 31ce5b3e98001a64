//! `connections`.

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
use super::context::Context;
use super::output::{CellAlignment, Grid, Report, age, count, time};
use crate::clock::SystemClock;
use crate::keys::Keys;
use crate::live::{DeliveryOutcome, Remote};

/// Whose, if one's only.
///
/// A record outlives its connection where the instance that held it was killed; it goes when somebody is to be told
/// something there, or after a day. Without --customer the whole table `websocket-connections` is read.
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

/// What can be done with connections.
#[derive(Debug, Subcommand)]
enum Action {
    /// Tell every open page, on every instance that holds connections
    ///
    /// `resync` has each page fetch its state anew: after a restore of the tables, for instance. People see no more than that
    /// their page is up to date. Needs the instances' secret (secret, or the file session.key under data_dir).
    #[command(after_help = "Example:\n  server connections broadcast resync")]
    Broadcast {
        /// What
        #[arg(value_enum)]
        what: What,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Fetch your state anew
    Resync,
}

/// How often instances renew their records, which does not matter to a broadcast.
const HEARTBEAT: Duration = Duration::from_secs(25);

impl Arguments {
    pub(super) async fn run(&self, context: &Context) -> Result<Report, CliError> {
        if let Some(Action::Broadcast { what: What::Resync }) = self.action {
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
                        format!("{text}{} in all; the oldest is open for {age}.\n", count(records.len(), "connection"))
                    }
                    None => text,
                }
            }
        };
        Ok(Report { json: json!({ "connections": records, "instances": instances }), text })
    }
}

async fn broadcast(context: &Context) -> Result<Report, CliError> {
    let (config, store) = (&context.config, context.store());
    let keys = match config.secret.expose_secret() {
        "" => {
            let file = config.data_dir.join("session.key");
            if !file.exists() {
                return Err(CliError::new(format!(
                    "secret (ONBOARD_SECRET) is empty and there is no {}: run it with the server's settings",
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
            "of {} these were not told: {missed}; do they run, and with the same secret (ONBOARD_SECRET)?",
            count(all, "instance")
        )));
    }
    let mut text: String = outcomes
        .iter()
        .map(|(instance, outcome)| match outcome {
            DeliveryOutcome::Delivered => format!("{instance} was told.\n"),
            _ => format!("{instance} is no more: its pages have gone elsewhere.\n"),
        })
        .collect();
    if outcomes.is_empty() {
        text.push_str("Nobody is connected, so there is nobody to tell.\n");
    }
    let json: Vec<_> = outcomes
        .iter()
        .map(|(instance, outcome)| json!({ "instance": instance, "outcome": format!("{outcome:?}").to_lowercase() }))
        .collect();
    Ok(Report { json: json!({ "instances": json }), text })
}
