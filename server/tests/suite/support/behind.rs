//! What is behind a server: the topics and the tables, looked at with ordinary clients.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{Envelope, EventType};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};
use server::config::Config;
use server::kafka::PARTITIONS;
use server::store::{Store, Table, TableNames};

pub struct Behind {
    pub kafka: String,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub names: TableNames,
}

impl Behind {
    pub fn new(kafka: &str, dynamodb: &str) -> Self {
        let config = Config::with("").unwrap();
        let dynamodb = aws_sdk_dynamodb::Client::new(&server::aws::embedded("eu-central-1", dynamodb));
        Self { kafka: kafka.to_owned(), dynamodb, names: TableNames::new(&config.environment, &config.tables) }
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

    /// Everything that the topics hold, each topic in the order of its partitions.
    pub async fn published(&self) -> Vec<Envelope> {
        let messages = everything_in(&self.kafka).await;
        messages.into_iter().map(|payload| Envelope::from_slice(&payload).unwrap()).collect()
    }
}

/// The payloads of all topics up to now, each partition in order.
async fn everything_in(brokers: &str) -> Vec<Vec<u8>> {
    let brokers = brokers.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", &brokers).set("group.id", "a-look").set("enable.auto.commit", "false");
        let consumer: BaseConsumer = settings.create().unwrap();
        let mut found = Vec::new();
        for event_type in EventType::ALL {
            let topic = event_type.topic();
            let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
            assert_eq!(metadata.topics()[0].partitions().len(), PARTITIONS as usize, "{topic}");
            for partition in 0..PARTITIONS {
                let wait = Duration::from_secs(10);
                let (low, high) = consumer.fetch_watermarks(topic, partition, wait).unwrap();
                if low == high {
                    continue;
                }
                let mut assignment = TopicPartitionList::new();
                assignment.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
                consumer.assign(&assignment).unwrap();
                loop {
                    let message = consumer.poll(wait).expect("a message").unwrap();
                    found.push(message.payload().unwrap_or_default().to_vec());
                    if message.offset() + 1 >= high {
                        break;
                    }
                }
            }
        }
        found
    })
    .await
    .unwrap()
}
