//! Direct access to the backends of the servers: Kafka, and the event log in DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Envelope;
use jiff::Timestamp;
use server::backends::Backends;
use server::config::Config;
use server::kafka::KafkaConfig;
use server::store::{Store, Table, TableNames, Tables};
use uuid::Uuid;

use crate::BenchResult;

/// Clients of the backends that bypass the servers.
pub struct BackendProbe {
    /// Kafka, with the topic prefix of the run.
    pub kafka: KafkaConfig,
    /// The store, with the tables of the run.
    pub store: Store,
    dynamodb: aws_sdk_dynamodb::Client,
    names: TableNames,
}

/// A row of the event log.
pub struct Logged {
    /// The event.
    pub event: Envelope,
    /// The time by the server's clock at which the consumer began to handle it, just before the transaction of its
    /// effects.
    pub handled_at: Option<Timestamp>,
    /// Whether Kafka has acknowledged it.
    pub published: bool,
}

impl BackendProbe {
    /// Clients for the topics and tables of `config`.
    pub fn new(config: &Config, backends: Backends) -> Self {
        let dynamodb = aws_sdk_dynamodb::Client::new(&backends.aws);
        let names = TableNames::new(&config.environment, &config.tables.overrides());
        let store = Store::new(dynamodb.clone(), names.clone());
        Self { kafka: backends.kafka, store, dynamodb, names }
    }

    /// Creates the tables.
    pub async fn make_tables(&self) -> BenchResult<()> {
        Ok(Tables { client: &self.dynamodb, names: &self.names }.ensure().await?)
    }

    /// The whole log: the events of each customer in sequence.
    pub async fn log(&self) -> BenchResult<HashMap<Uuid, Vec<Logged>>> {
        let mut log: HashMap<Uuid, Vec<Logged>> = HashMap::new();
        let scan = self.dynamodb.scan().table_name(self.names.name(Table::KafkaEvents)).consistent_read(true);
        let mut rows = scan.into_paginator().items().send();
        while let Some(row) = rows.next().await {
            let logged = logged(&row?)?;
            log.entry(logged.event.customer_id).or_default().push(logged);
        }
        for events in log.values_mut() {
            events.sort_unstable_by_key(|logged| logged.event.sequence);
        }
        Ok(log)
    }
}

fn logged(row: &HashMap<String, AttributeValue>) -> BenchResult<Logged> {
    let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok());
    let event = Envelope::from_slice(text("event").ok_or("a row of the event log without an event")?.as_bytes())?;
    let handled_at = text("handledAt").map(|at| at.parse()).transpose()?;
    Ok(Logged { event, handled_at, published: !row.contains_key("unpublished") })
}
