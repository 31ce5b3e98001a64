//! Queries for operators and support. They return the rows as stored, including rows that this build cannot parse.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::instances::is_instance;
use super::tables::{CUSTOMER_INDEX, UNPUBLISHED_INDEX};
use super::{ConnectionRecord, ErrorEntry, MAX_PARKED, Store, StoreError, Table, n, s};

/// Length of `YYYY-MM-DD`.
const DAY: usize = 10;

type Item = HashMap<String, AttributeValue>;

/// One row of the event log.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// The customer.
    pub customer_id: String,
    /// Its sequence.
    pub sequence: u64,
    /// Its id.
    pub event_id: String,
    /// The topic of its type, without the prefix.
    pub topic: String,
    /// The stored event, JSON.
    pub body: String,
    /// Whether Kafka has acknowledged it.
    pub published: bool,
    /// When its effects were written. `None`: not yet, or the message was parked.
    pub handled_at: Option<String>,
    /// When its notification was sent. `None`: not sent, or the event has none.
    pub notified_at: Option<String>,
}

impl EventRow {
    /// The envelope of any version; null if the text is not JSON.
    pub fn envelope(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(super) fn of(item: &Item) -> Self {
        Self {
            customer_id: text(item, "customerId").unwrap_or_default(),
            sequence: number(item, "sequence").unwrap_or_default(),
            event_id: text(item, "eventId").unwrap_or_default(),
            topic: text(item, "eventType").unwrap_or_default(),
            body: text(item, "event").unwrap_or_default(),
            published: !item.contains_key("unpublished"),
            handled_at: text(item, "handledAt"),
            notified_at: text(item, "notifiedAt"),
        }
    }
}

/// One unpublished event.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// The customer.
    pub customer_id: String,
    /// Its sequence.
    pub sequence: u64,
    /// When it happened: RFC 3339, UTC.
    pub since: String,
    /// The instance that holds the lease to publish it.
    pub lease_holder: Option<String>,
    /// When the lease expires: Unix milliseconds.
    pub leased_until: Option<i64>,
}

/// One row of `error-logs`.
#[derive(Clone, Debug)]
pub struct ErrorRow {
    /// `YYYY-MM-DD`, UTC.
    pub day: String,
    /// Its sort key.
    pub sort: String,
    /// The parked message, if the row is one.
    pub parked: Option<ParkedRow>,
    /// The failure, if the row is one that this build can read.
    pub failure: Option<ErrorEntry>,
    /// When it was last replayed.
    pub replayed_at: Option<String>,
    /// The number of replays.
    pub replays: u64,
}

/// A stored message that no consumer could handle.
#[derive(Clone, Debug)]
pub struct ParkedRow {
    /// Its topic, without the prefix.
    pub topic: String,
    /// Its partition.
    pub partition: u64,
    /// Its offset.
    pub offset: u64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// Whether its end was cut off.
    pub cut: bool,
    /// Why it cannot be handled.
    pub reason: String,
    /// When it was parked: RFC 3339, UTC.
    pub parked_at: String,
}

impl ErrorRow {
    /// The row's key on the command line: `{day}/{sort}`, or the sort key alone if it begins with the day.
    pub fn key(&self) -> String {
        if self.sort.starts_with(&self.day) { self.sort.clone() } else { format!("{}/{}", self.day, self.sort) }
    }

    /// Parses a key of the command line into day and sort key. `None` if it is malformed.
    pub fn parse_key(key: &str) -> Option<(&str, &str)> {
        let (day, rest) = key.split_at_checked(DAY)?;
        let sort = rest.strip_prefix('/').unwrap_or(key);
        (!rest.is_empty() && !sort.is_empty()).then_some((day, sort))
    }

    fn of(mut item: Item) -> Self {
        let row = Self {
            day: text(&item, "day").unwrap_or_default(),
            sort: text(&item, "time#eventId").unwrap_or_default(),
            parked: item.get("payload").and_then(|payload| payload.as_b().ok()).map(|payload| {
                let kept = payload.as_ref().len();
                ParkedRow {
                    topic: text(&item, "topic").unwrap_or_default(),
                    partition: number(&item, "partition").unwrap_or_default(),
                    offset: number(&item, "offset").unwrap_or_default(),
                    key: item.get("key").and_then(|key| key.as_b().ok()).map(|key| key.as_ref().to_vec()),
                    payload: payload.as_ref().to_vec(),
                    // Rows of older builds do not have the message's size.
                    cut: number(&item, "size").map_or(kept >= MAX_PARKED, |size: usize| size > kept),
                    reason: text(&item, "reason").unwrap_or_default(),
                    parked_at: text(&item, "parkedAt").unwrap_or_default(),
                }
            }),
            failure: None,
            replayed_at: text(&item, "replayedAt"),
            replays: number(&item, "replays").unwrap_or_default(),
        };
        if row.parked.is_some() {
            return row;
        }
        for attribute in ["replayedAt", "replays", "sequence"] {
            item.remove(attribute);
        }
        Self { failure: serde_dynamo::from_item(item).ok(), ..row }
    }
}

impl Store {
    /// All events of a customer, in sequence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_rows(&self, customer_id: Uuid, after: u64) -> Result<Vec<EventRow>, StoreError> {
        let mut pages = self.query_events(customer_id, after).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            rows.push(EventRow::of(&item.map_err(StoreError::request("Query"))?));
        }
        Ok(rows)
    }

    /// One event of a customer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_at(&self, customer_id: Uuid, sequence: u64) -> Result<Option<EventRow>, StoreError> {
        Ok(self.event_row(customer_id, sequence).await?.as_ref().map(EventRow::of))
    }

    /// The customers with this e-mail address, ignoring case. Scans the table `users`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn customers_by_email(&self, address: &str) -> Result<Vec<Uuid>, StoreError> {
        let mut pages = self
            .client
            .scan()
            .table_name(self.tables.name(Table::Users))
            .projection_expression("customerId, email")
            .into_paginator()
            .items()
            .send();
        let (wanted, mut found) = (address.trim().to_lowercase(), Vec::new());
        while let Some(item) = pages.next().await {
            let item = item.map_err(StoreError::request("Scan"))?;
            if text(&item, "email").is_some_and(|email| email.to_lowercase() == wanted) {
                found.extend(text(&item, "customerId").and_then(|id| id.parse::<Uuid>().ok()));
            }
        }
        Ok(found)
    }

    /// The customer's applications from the index of `applications`, for a customer whose event log cannot be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn applications_of(&self, customer_id: Uuid) -> Result<Vec<String>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::Applications))
            .index_name(CUSTOMER_INDEX)
            .key_condition_expression("customerId = :customer")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        Ok(answer.items().iter().filter_map(|item| text(item, "applicationId")).collect())
    }

    /// All unpublished events, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut pages = self
            .client
            .scan()
            .table_name(self.tables.name(Table::KafkaEvents))
            .index_name(UNPUBLISHED_INDEX)
            .into_paginator()
            .items()
            .send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(StoreError::request("Scan"))?;
            let since = text(&item, "unpublishedSince").unwrap_or_default();
            rows.push(OutboxRow {
                customer_id: text(&item, "customerId").unwrap_or_default(),
                sequence: number(&item, "sequence").unwrap_or_default(),
                since: since.split('#').next().unwrap_or_default().to_owned(),
                lease_holder: text(&item, "claimedBy"),
                leased_until: number(&item, "claimedUntil"),
            });
        }
        rows.sort_by(|a, b| (&a.since, a.sequence).cmp(&(&b.since, b.sequence)));
        Ok(rows)
    }

    /// The sockets of all customers that have not expired at `at`. Scans the table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_connections(&self, at: Timestamp) -> Result<Vec<ConnectionRecord>, StoreError> {
        let name = self.tables.name(Table::WebsocketConnections);
        let mut pages = self.client.scan().table_name(name).into_paginator().items().send();
        let mut records: Vec<ConnectionRecord> = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(StoreError::request("Scan"))?;
            records.push(serde_dynamo::from_item(item).map_err(StoreError::item("websocket-connections"))?);
        }
        records.retain(|record| record.expires_at > at.as_second() && !is_instance(record.customer_id));
        records.sort_by(|a, b| (&a.connected_at, a.connection_id).cmp(&(&b.connected_at, b.connection_id)));
        Ok(records)
    }

    /// The rows of `error-logs` of a day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn errors_of(&self, day: Date) -> Result<Vec<ErrorRow>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::ErrorLogs))
            .key_condition_expression("#day = :day")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", s(day.to_string()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            rows.push(ErrorRow::of(item.map_err(StoreError::request("Query"))?));
        }
        Ok(rows)
    }

    /// One row of `error-logs`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn error_row(&self, day: &str, sort: &str) -> Result<Option<ErrorRow>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::ErrorLogs))
            .key("day", s(day))
            .key("time#eventId", s(sort))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        Ok(answer.item.map(ErrorRow::of))
    }

    /// Records that a row was replayed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_replay(&self, row: &ErrorRow, at: Timestamp) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(self.tables.name(Table::ErrorLogs))
            .key("day", s(&row.day))
            .key("time#eventId", s(&row.sort))
            .update_expression("SET replayedAt = :at ADD replays :one")
            .condition_expression("attribute_exists(#day)")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":at", s(format!("{at:.3}")))
            .expression_attribute_values(":one", n(1))
            .send()
            .await
            .map(|_| ())
            .map_err(StoreError::request("UpdateItem"))
    }
}

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

fn number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
