//! `kafka-events`: the event log, the outbox, and what a browser catches up from.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::event::{ApplicationId, Envelope};
use rand::Rng;
use uuid::Uuid;

use super::tables::UNPUBLISHED_INDEX;
use super::{Lease, Store, StoreError, Table, Transacted, n, s};
use crate::raw_event::RawEvent;

/// Partitions of the index over unpublished events, so that no single one takes every write.
pub const SHARDS: u8 = 4;

/// How many events one query returns at most.
const PAGE: i32 = 100;

/// How many rows are read at first to find a customer's unpublished events; rarely are there more.
const TAIL: i32 = 8;

/// How often the mark is tried while a transaction on the same item, which is its consumer's, is under way.
const MARK_TRIES: u32 = 5;

/// An event that is not known to be published.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// Whose.
    pub customer_id: Uuid,
    /// Which.
    pub sequence: u64,
    /// Who is to publish it.
    pub lease: Option<Lease>,
}

/// Where a page of unpublished events ends.
pub type PageEnd = HashMap<String, AttributeValue>;

/// What a customer has that is unpublished.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    /// Up to here everything is published; 0 where nothing is.
    pub published: u64,
    /// What follows, in sequence and with no gap.
    pub unpublished: Vec<Unpublished>,
}

impl Store {
    /// The write that appends `event` to the log, unpublished, and leased where there is a relay beside the
    /// command. Fails its condition where the sequence is taken.
    pub(super) fn event_item(&self, event: &Envelope, lease: Option<Lease>) -> Result<TransactWriteItem, StoreError> {
        let body = serde_json::to_string(event).map_err(StoreError::json("kafka-events"))?;
        let shard = event.customer_id.as_bytes()[15] % SHARDS;
        let put = Put::builder()
            .table_name(self.tables.name(Table::KafkaEvents))
            .item("customerId", s(event.customer_id.to_string()))
            .item("sequence", n(event.sequence))
            .item("eventId", s(event.event_id.to_string()))
            .item("eventType", s(event.event_type().topic()))
            .item("applicationId", s(event.application_id.to_string()))
            .item("event", s(body))
            .item("unpublished", s(shard.to_string()))
            .item("unpublishedSince", s(format!("{:.3}#{}", event.timestamp, event.event_id)))
            .condition_expression("attribute_not_exists(customerId)");
        let put = match lease {
            Some(lease) => lease.put(put),
            None => put,
        };
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// Appends an event of a customer without an application.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(&self, event: &Envelope, lease: Option<Lease>) -> Result<(), StoreError> {
        match self.transact(vec![self.event_item(event, lease)?]).await? {
            Transacted::Done => Ok(()),
            Transacted::ConditionFailed(_) if self.holds(event).await? => Ok(()),
            Transacted::ConditionFailed(_) => Err(StoreError::Contended),
        }
    }

    /// Whether the log holds just this event at its sequence.
    pub(super) async fn holds(&self, event: &Envelope) -> Result<bool, StoreError> {
        let item = self.event_row(event.customer_id, event.sequence).await?;
        let id = item.as_ref().and_then(|item| item.get("eventId")).and_then(|id| id.as_s().ok());
        Ok(id.is_some_and(|id| *id == event.event_id.to_string()))
    }

    pub(super) async fn event_row(
        &self,
        customer_id: Uuid,
        sequence: u64,
    ) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key("customerId", s(customer_id.to_string()))
            .key("sequence", n(sequence))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        Ok(answer.item)
    }

    /// Up to 100 of the customer's events after `sequence`, in sequence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_after(&self, customer_id: Uuid, sequence: u64) -> Result<Vec<Envelope>, StoreError> {
        self.raw_events_after(customer_id, sequence).await?.iter().map(parsed).collect()
    }

    /// As [`Self::events_after`], with the text of each event as it is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn raw_events_after(&self, customer_id: Uuid, sequence: u64) -> Result<Vec<RawEvent>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key_condition_expression("customerId = :customer AND #sequence > :after")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .expression_attribute_values(":after", n(sequence))
            .consistent_read(true)
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        answer.items().iter().map(raw_event_of).collect()
    }

    /// All events of the customer, in sequence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_events(&self, customer_id: Uuid) -> Result<Vec<Envelope>, StoreError> {
        let mut events: Vec<Envelope> = Vec::new();
        loop {
            let after = events.last().map_or(0, |event| event.sequence);
            let page = self.events_after(customer_id, after).await?;
            if page.is_empty() {
                return Ok(events);
            }
            events.extend(page);
        }
    }

    /// The sequence of the customer's newest event; 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_sequence(&self, customer_id: Uuid) -> Result<u64, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key_condition_expression("customerId = :customer")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .projection_expression("#sequence")
            .expression_attribute_names("#sequence", "sequence")
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(1)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        let Some(item) = answer.items().first() else { return Ok(0) };
        let sequence = item.get("sequence").and_then(|sequence| sequence.as_n().ok()?.parse().ok());
        sequence.ok_or_else(|| StoreError::Item { table: "kafka-events", message: "no sequence".into() })
    }

    /// The application of a customer, from the customer's first event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn application_of(&self, customer_id: Uuid) -> Result<Option<ApplicationId>, StoreError> {
        let Some(item) = self.event_row(customer_id, 1).await? else { return Ok(None) };
        event_of(&item).map(|event| Some(event.application_id))
    }

    /// The oldest events of each shard that are not marked as published. The index may trail the table by moments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unpublished(&self) -> Result<Vec<Unpublished>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            found.extend(self.unpublished_page(shard, None).await?.0);
        }
        Ok(found)
    }

    /// Up to 100 events of a shard that are not marked as published, oldest first, and where the next page begins if
    /// there is one. The index may trail the table by moments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unpublished_page(
        &self,
        shard: u8,
        from: Option<PageEnd>,
    ) -> Result<(Vec<Unpublished>, Option<PageEnd>), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::KafkaEvents))
            .index_name(UNPUBLISHED_INDEX)
            .key_condition_expression("unpublished = :shard")
            .projection_expression("customerId, #sequence, claimedBy, claimedUntil")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":shard", s(shard.to_string()))
            .set_exclusive_start_key(from)
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        // From the keys: an event that this build cannot read must not hide the others.
        Ok((answer.items().iter().filter_map(unpublished_of).collect(), answer.last_evaluated_key))
    }

    /// The customer's unpublished events after `after`, which is known to be published. What comes before a published
    /// event is published, whether marked or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tail(&self, customer_id: Uuid, after: u64) -> Result<Tail, StoreError> {
        let mut unpublished = Vec::new();
        let (mut from, mut limit) = (None, TAIL);
        let published = 'pages: loop {
            let answer = self
                .client
                .query()
                .table_name(self.tables.name(Table::KafkaEvents))
                .key_condition_expression("customerId = :customer AND #sequence > :after")
                .projection_expression("customerId, #sequence, unpublished, claimedBy, claimedUntil")
                .expression_attribute_names("#sequence", "sequence")
                .expression_attribute_values(":customer", s(customer_id.to_string()))
                .expression_attribute_values(":after", n(after))
                .scan_index_forward(false)
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .limit(limit)
                .send()
                .await
                .map_err(StoreError::request("Query"))?;
            for item in answer.items() {
                let row = unpublished_of(item)
                    .ok_or_else(|| StoreError::Item { table: "kafka-events", message: "no key".into() })?;
                if !item.contains_key("unpublished") {
                    break 'pages row.sequence;
                }
                unpublished.push(row);
            }
            if answer.last_evaluated_key.is_none() {
                break after;
            }
            (from, limit) = (answer.last_evaluated_key, PAGE);
        };
        unpublished.reverse();
        Ok(Tail { published, unpublished })
    }

    /// Takes an event out of the outbox. Doing so twice is the same as once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_published(&self, customer_id: Uuid, sequence: u64) -> Result<(), StoreError> {
        for tried in 1.. {
            let marked = self
                .client
                .update_item()
                .table_name(self.tables.name(Table::KafkaEvents))
                .key("customerId", s(customer_id.to_string()))
                .key("sequence", n(sequence))
                .update_expression("REMOVE unpublished, unpublishedSince, claimedBy, claimedUntil")
                .condition_expression("attribute_exists(customerId)")
                .send()
                .await;
            match marked {
                Ok(_) => break,
                Err(error) if error.code() == Some("TransactionConflictException") && tried < MARK_TRIES => {
                    let wait = rand::rng().random_range(5..=20) * u64::from(tried);
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                Err(error) => return Err(StoreError::request("UpdateItem")(error)),
            }
        }
        Ok(())
    }
}

fn unpublished_of(item: &HashMap<String, AttributeValue>) -> Option<Unpublished> {
    let customer_id = item.get("customerId")?.as_s().ok()?.parse().ok()?;
    let sequence = item.get("sequence")?.as_n().ok()?.parse().ok()?;
    Some(Unpublished { customer_id, sequence, lease: Lease::of(item) })
}

pub(super) fn event_of(item: &HashMap<String, AttributeValue>) -> Result<Envelope, StoreError> {
    parsed(&raw_event_of(item)?)
}

/// The text of an event as it is stored, whatever its version.
pub(super) fn raw_event_of(item: &HashMap<String, AttributeValue>) -> Result<RawEvent, StoreError> {
    let read = || {
        let Unpublished { customer_id, sequence, .. } = unpublished_of(item)?;
        let json = item.get("event")?.as_s().ok()?.clone();
        Some(RawEvent { customer_id, sequence, json })
    };
    read().ok_or_else(|| wrong("no event".into()))
}

fn parsed(event: &RawEvent) -> Result<Envelope, StoreError> {
    event.parse().map_err(StoreError::event("kafka-events"))
}

fn wrong(message: String) -> StoreError {
    StoreError::Item { table: "kafka-events", message }
}
