//! `error-logs`: failures by day, and messages that no consumer could handle, with their bytes.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Store, StoreError, Table, n, s};

/// The most bytes of a message that are parked. DynamoDB limits an item to 400 KB; this system's messages are far
/// smaller.
pub const MAX_PARKED: usize = 300 * 1024;

/// The begin of the sort key of parked messages. Those of failures begin with a time.
const PARKED_PREFIX: &str = "parked#";

/// A recorded failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorEntry {
    /// `YYYY-MM-DD`, UTC.
    pub day: String,
    /// RFC 3339 time and event, `{time}#{eventId}`.
    #[serde(rename = "time#eventId")]
    pub time_event_id: String,
    /// The customer.
    pub customer_id: Uuid,
    /// The stage in which it happened.
    pub stage: String,
    /// The stable code.
    pub code: String,
    /// Names of refused fields.
    pub fields: Vec<String>,
    /// Whether it is refused input.
    pub refused: bool,
    /// The event whose handling failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<Uuid>,
}

impl ErrorEntry {
    /// The keys of the failure that the event `event_id` reports at `at`.
    pub fn keys(at: Timestamp, event_id: impl std::fmt::Display) -> (String, String) {
        (at.strftime("%Y-%m-%d").to_string(), format!("{at:.3}#{event_id}"))
    }
}

/// A message that no consumer could handle.
#[derive(Clone, Copy, Debug)]
pub struct Parked<'a> {
    /// The day it was written to Kafka, `YYYY-MM-DD`, UTC.
    pub day: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its bytes, of which [`MAX_PARKED`] are kept.
    pub payload: &'a [u8],
    /// Why it cannot be handled.
    pub reason: &'a str,
}

impl Parked<'_> {
    fn sort_key(&self) -> String {
        format!("{PARKED_PREFIX}{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

impl Store {
    /// Parks a message that cannot be handled, with its bytes. Its key is its topic, partition and offset, so repeated
    /// calls write one row.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn park(&self, parked: &Parked<'_>, at: Timestamp) -> Result<(), StoreError> {
        let mut request = self
            .client
            .put_item()
            .table_name(self.tables.name(Table::ErrorLogs))
            .item("day", s(parked.day))
            .item("time#eventId", s(parked.sort_key()))
            .item("parkedAt", s(format!("{at:.3}")))
            .item("topic", s(parked.topic))
            .item("partition", n(parked.partition))
            .item("offset", n(parked.offset))
            .item("payload", AttributeValue::B(Blob::new(&parked.payload[..parked.payload.len().min(MAX_PARKED)])))
            .item("size", n(parked.payload.len()))
            .item("reason", s(parked.reason));
        if let Some(key) = parked.key {
            request = request.item("key", AttributeValue::B(Blob::new(key)));
        }
        request.send().await.map(|_| ()).map_err(StoreError::request("PutItem"))
    }

    /// Whether a message is parked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_parked(&self, parked: &Parked<'_>) -> Result<bool, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::ErrorLogs))
            .key("day", s(parked.day))
            .key("time#eventId", s(parked.sort_key()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        Ok(answer.item.is_some())
    }

    /// How many messages of a day are parked and were not replayed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_parked(&self, day: Date) -> Result<usize, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::ErrorLogs))
            .key_condition_expression("#day = :day AND begins_with(#sort, :parked)")
            .filter_expression("attribute_not_exists(replayedAt)")
            .projection_expression("#day")
            .expression_attribute_names("#day", "day")
            .expression_attribute_names("#sort", "time#eventId")
            .expression_attribute_values(":day", s(day.to_string()))
            .expression_attribute_values(":parked", s(PARKED_PREFIX))
            .into_paginator()
            .items()
            .send();
        let mut open = 0;
        while let Some(item) = pages.next().await {
            item.map_err(StoreError::request("Query"))?;
            open += 1;
        }
        Ok(open)
    }
}
