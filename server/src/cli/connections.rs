//! `connections`.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::CliError;
use super::context::Context;
use super::output::{Grid, Report, Side, age, count, time};

/// Whose, if one's only.
///
/// A record outlives its connection where the instance that held it was killed; it goes when somebody is to be told
/// something there, or after a day. Without --customer the whole table `websocket-connections` is read.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  server connections --customer 6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55")]
pub struct Arguments {
    /// Only this customer's
    #[arg(long, value_name = "ID")]
    customer: Option<Uuid>,
}

impl Arguments {
    pub(super) async fn run(&self, context: &Context) -> Result<Report, CliError> {
        let (store, now) = (context.store(), context.now);
        let records = match self.customer {
            Some(customer) => store.connections(customer, now).await?,
            None => store.all_connections(now).await?,
        };
        let mut instances: BTreeMap<&str, usize> = BTreeMap::new();
        let mut grid = Grid::new(&[
            ("CUSTOMER", Side::Left),
            ("CONNECTION", Side::Left),
            ("SINCE", Side::Left),
            ("INSTANCE", Side::Left),
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
