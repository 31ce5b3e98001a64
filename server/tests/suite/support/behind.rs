//! The topics and tables behind a server, read with ordinary clients.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{Envelope, EventType};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Message, Offset, TopicPartitionList};
use server::backends::Backends;
use server::config::Config;
use server::kafka::{KafkaConfig, PARTITIONS};
use server::stack_file::StackAddresses;
use server::store::{Store, Table, TableNames};

use super::TestStack;

pub struct Behind {
    pub kafka: KafkaConfig,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub names: TableNames,
}

impl Behind {
    /// For a server whose embedded stack has these addresses.
    pub fn embedded(stack: &StackAddresses) -> Self {
        let config = Config::with("").unwrap();
        Self::new(&config, Backends::embedded(&config, stack))
    }

    /// For the servers on `stack`.
    pub async fn of(stack: &TestStack) -> Self {
        let config = stack.config("behind", "");
        let backends = stack.backends(&config).await;
        Self::new(&config, backends)
    }

    fn new(config: &Config, backends: Backends) -> Self {
        let dynamodb = aws_sdk_dynamodb::Client::new(&backends.aws);
        Self {
            kafka: backends.kafka,
            dynamodb,
            names: TableNames::new(&config.environment, &config.tables.overrides()),
        }
    }

    pub fn store(&self) -> Store {
        Store::new(self.dynamodb.clone(), self.names.clone())
    }

    /// All items of a table.
    pub async fn rows(&self, table: Table) -> Vec<HashMap<String, AttributeValue>> {
        let mut pages = self.dynamodb.scan().table_name(self.names.name(table)).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(row) = pages.next().await {
            rows.push(row.unwrap());
        }
        rows
    }

    /// All published events, each topic in the order of its partitions.
    pub async fn published(&self) -> Vec<Envelope> {
        let payloads = self.payloads().await;
        payloads.into_iter().map(|payload| Envelope::from_slice(&payload).unwrap()).collect()
    }

    /// The payloads of all topics, each topic in the order of its partitions.
    pub async fn payloads(&self) -> Vec<Vec<u8>> {
        all_payloads(&self.kafka).await
    }
}

/// The current payloads of all topics, each partition in order. Events that are published meanwhile may be missing.
async fn all_payloads(kafka: &KafkaConfig) -> Vec<Vec<u8>> {
    let kafka = kafka.clone();
    tokio::task::spawn_blocking(move || {
        let mut settings = kafka.client();
        settings
            .set("group.id", "a-look")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "10");
        let consumer: BaseConsumer = settings.create().unwrap();
        let mut assignment = TopicPartitionList::new();
        let topics = EventType::ALL.map(|event_type| kafka.topic(event_type));
        for topic in &topics {
            for partition in 0..PARTITIONS {
                assignment.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
            }
        }
        consumer.assign(&assignment).unwrap();
        let mut payloads: BTreeMap<(Option<usize>, i32), Vec<Vec<u8>>> = BTreeMap::new();
        let mut ended = 0;
        while ended < assignment.count() {
            match consumer.poll(Duration::from_secs(10)).expect("messages or the end of a partition") {
                Ok(message) => {
                    let topic = topics.iter().position(|topic| topic == message.topic());
                    let payload = message.payload().unwrap_or_default().to_vec();
                    payloads.entry((topic, message.partition())).or_default().push(payload);
                }
                Err(KafkaError::PartitionEOF(_)) => ended += 1,
                Err(error) => panic!("{error}"),
            }
        }
        payloads.into_values().flatten().collect()
    })
    .await
    .unwrap()
}
