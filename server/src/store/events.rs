//! `kafka-events`: the event log, which is also the outbox and the source for a browser that catches up.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::event::{ApplicationId, Envelope};
use jiff::Timestamp;
use rand::Rng;
use uuid::Uuid;

use super::tables::UNPUBLISHED_INDEX;
use super::{Lease, Store, StoreError, Table, Transacted, n, s};
use crate::raw_event::RawEvent;

/// Partitions of the index over unpublished events, so that the writes are distributed.
pub const SHARDS: u8 = 4;

/// The most events that one query returns.
const PAGE: i32 = 100;

/// The number of rows that the first query for a customer's unpublished events reads. There are rarely more.
const FIRST_PAGE: i32 = 8;

/// The most attempts to mark an event as published while its consumer's transaction on the same item is in progress.
const MAX_MARK_ATTEMPTS: u32 = 5;

/// An event that is not known to be published.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// The customer.
    pub customer_id: Uuid,
    /// Its sequence.
    pub sequence: u64,
    /// The relay that publishes it.
    pub lease: Option<Lease>,
    /// When it was committed. Only pages of the index tell it.
    pub since: Option<Timestamp>,
}

/// The key from which the next page of unpublished events continues.
pub type PageCursor = HashMap<String, AttributeValue>;

/// A customer's unpublished events.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    /// The sequence up to which all events are published; 0 if none is.
    pub published: u64,
    /// The events after it, in sequence and without a gap.
    pub unpublished: Vec<Unpublished>,
}

impl Store {
    /// The write that appends `event` to the log as unpublished, with a lease if this process has a relay. Its
    /// condition fails if the sequence is taken.
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
            Transacted::ConditionFailed(_) if self.contains_event(event).await? => Ok(()),
            Transacted::ConditionFailed(_) => Err(StoreError::Contended),
        }
    }

    /// Whether the log has this very event at its sequence.
    pub(super) async fn contains_event(&self, event: &Envelope) -> Result<bool, StoreError> {
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

    /// Like [`Self::events_after`], with the stored text of each event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn raw_events_after(&self, customer_id: Uuid, sequence: u64) -> Result<Vec<RawEvent>, StoreError> {
        let query = self.query_events(customer_id, sequence).limit(PAGE);
        let answer = query.send().await.map_err(StoreError::request("Query"))?;
        answer.items().iter().map(raw_event_of).collect()
    }

    /// A consistent query of the customer's events after `sequence`, in sequence.
    pub(super) fn query_events(&self, customer_id: Uuid, sequence: u64) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key_condition_expression("customerId = :customer AND #sequence > :after")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .expression_attribute_values(":after", n(sequence))
            .consistent_read(true)
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

    /// The sequence of the customer's newest event; 0 if there is none.
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

    /// The oldest events of each shard that are not marked as published. The index is eventually consistent.
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

    /// Up to 100 events of a shard that are not marked as published, oldest first, and the cursor of the next page if
    /// there is one. The index is eventually consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unpublished_page(
        &self,
        shard: u8,
        from: Option<PageCursor>,
    ) -> Result<(Vec<Unpublished>, Option<PageCursor>), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::KafkaEvents))
            .index_name(UNPUBLISHED_INDEX)
            .key_condition_expression("unpublished = :shard")
            .projection_expression("customerId, #sequence, claimedBy, claimedUntil, unpublishedSince")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":shard", s(shard.to_string()))
            .set_exclusive_start_key(from)
            .limit(PAGE)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        // Only the keys are parsed, because an event that this build cannot read must not block the others.
        Ok((answer.items().iter().filter_map(unpublished_of).collect(), answer.last_evaluated_key))
    }

    /// The customer's unpublished events after `after`, which is known to be published. Every event before a published
    /// one is published, whether it is marked or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tail(&self, customer_id: Uuid, after: u64) -> Result<Tail, StoreError> {
        let mut unpublished = Vec::new();
        let (mut from, mut limit) = (None, FIRST_PAGE);
        let published = 'pages: loop {
            let answer = self
                .query_events(customer_id, after)
                .projection_expression("customerId, #sequence, unpublished, claimedBy, claimedUntil")
                .scan_index_forward(false)
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

    /// Removes an event from the outbox. Idempotent.
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
                Err(error) if error.code() == Some("TransactionConflictException") && tried < MAX_MARK_ATTEMPTS => {
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
    let since = item.get("unpublishedSince").and_then(|since| since.as_s().ok()?.split('#').next()?.parse().ok());
    Some(Unpublished { customer_id, sequence, lease: Lease::of(item), since })
}

pub(super) fn event_of(item: &HashMap<String, AttributeValue>) -> Result<Envelope, StoreError> {
    parsed(&raw_event_of(item)?)
}

/// The stored text of an event of any version.
pub(super) fn raw_event_of(item: &HashMap<String, AttributeValue>) -> Result<RawEvent, StoreError> {
    let read = || {
        let Unpublished { customer_id, sequence, .. } = unpublished_of(item)?;
        let json = item.get("event")?.as_s().ok()?.clone();
        Some(RawEvent { customer_id, sequence, json })
    };
    read().ok_or_else(|| invalid_item("no event".into()))
}

fn parsed(event: &RawEvent) -> Result<Envelope, StoreError> {
    event.parse().map_err(StoreError::event("kafka-events"))
}

fn invalid_item(message: String) -> StoreError {
    StoreError::Item { table: "kafka-events", message }
}
