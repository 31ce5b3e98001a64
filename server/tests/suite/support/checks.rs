//! The guarantees that must hold after any crash: every event is published in order, and every effect happens once.

use std::collections::HashMap;

use domain::event::{Envelope, EventType};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use server::kafka::{KafkaConfig, PARTITIONS};
use server::store::{Table, verify_chain};
use uuid::Uuid;

use super::{Behind, PATIENCE, eventually};

/// Waits until the event log has at least `events` events and all of them are published and handled.
pub async fn expect_all_handled(behind: &Behind, events: usize) {
    eventually("all events published and handled", async || {
        let rows = behind.rows(Table::KafkaEvents).await;
        let handled = rows.iter().all(|row| row.contains_key("handledAt") && !row.contains_key("unpublished"));
        (handled && rows.len() >= events).then_some(())
    })
    .await;
}

/// Asserts that every event of the log is on its topic at least once, and each customer's events within a topic are in
/// sequence. A crash between acknowledgement and mark publishes an event twice; [`assert_effects_once`] checks that it
/// counts once.
pub async fn assert_published_in_order(behind: &Behind, events: usize) {
    let published = behind.published().await;
    let mut seen: HashMap<(Uuid, EventType), Vec<&Envelope>> = HashMap::new();
    for event in &published {
        let distinct = seen.entry((event.customer_id, event.event_type())).or_default();
        if distinct.iter().all(|earlier| earlier.event_id != event.event_id) {
            distinct.push(event);
        }
    }
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), events);
    for distinct in seen.values() {
        assert!(distinct.is_sorted_by_key(|event| event.sequence), "{distinct:?}");
    }
}

/// Asserts that each event has one audit entry in an unbroken chain, and each application one row in `users`.
pub async fn assert_effects_once(behind: &Behind) {
    let store = behind.store();
    let mut customers: Vec<Uuid> = behind
        .rows(Table::KafkaEvents)
        .await
        .iter()
        .map(|row| row["customerId"].as_s().unwrap().parse().unwrap())
        .collect();
    customers.sort_unstable();
    customers.dedup();
    for customer in customers {
        let events = store.all_events(customer).await.unwrap();
        let audit = store.audit_log(customer).await.unwrap();
        let mut audited: Vec<Uuid> = audit.iter().map(|entry| entry.event_id).collect();
        let mut stored: Vec<Uuid> = events.iter().map(|event| event.event_id).collect();
        audited.sort_unstable();
        stored.sort_unstable();
        assert_eq!(audited, stored, "one audit entry for each event");
        assert!(verify_chain(&audit));
    }
    assert_eq!(behind.rows(Table::Users).await.len(), behind.rows(Table::Applications).await.len());
}

/// The consumers' total lag: how many messages their committed offsets are behind the ends of their partitions.
pub async fn uncommitted(kafka: &KafkaConfig) -> i64 {
    let kafka = kafka.clone();
    tokio::task::spawn_blocking(move || {
        EventType::ALL
            .map(|event_type| {
                let topic = &kafka.topic(event_type);
                let consumer: BaseConsumer = kafka.client().set("group.id", kafka.group(event_type)).create().unwrap();
                let mut partitions = TopicPartitionList::new();
                for partition in 0..PARTITIONS {
                    partitions.add_partition(topic, partition);
                }
                let committed = consumer.committed_offsets(partitions, PATIENCE).unwrap();
                let behind = committed.elements().into_iter().map(|element| {
                    let (_, high) = consumer.fetch_watermarks(topic, element.partition(), PATIENCE).unwrap();
                    match element.offset() {
                        Offset::Offset(offset) => high - offset,
                        _ => high,
                    }
                });
                behind.sum::<i64>()
            })
            .iter()
            .sum()
    })
    .await
    .unwrap()
}
