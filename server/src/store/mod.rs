//! The eleven tables. State and event are written in one transaction, on which all guarantees rest.

mod application;
mod audit;
mod audit_heads;
mod cases;
mod connections;
mod document_work;
mod effects;
mod error;
mod error_log;
mod events;
mod inspect;
mod instances;
mod leases;
mod list_states;
mod newer;
mod scans;
mod staff;
mod tables;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use rand::Rng;

use crate::errors::ErrorKind;

pub use application::{Application, Committed, Handoff, KeptFile, PendingRead, Phone, Receipt};
pub use audit::{ACCEPTED, AuditEntry, CASE, CaseAccess, DELETED, DENIED, LISTS, VIEWED, verify_chain};
pub use audit_heads::AuditHead;
use audit_heads::AuditHeads;
pub use cases::{CaseCommit, CaseWrite};
pub use connections::ConnectionRecord;
pub use document_work::UnreadDocument;
pub use effects::{Applied, Effect};
pub use error::StoreError;
pub use error_log::{ErrorEntry, MAX_PARKED, Parked};
pub use events::{PageCursor, SHARDS, Tail, Unpublished};
pub use inspect::{ErrorRow, EventRow, OutboxRow, ParkedRow};
pub use instances::InstanceRecord;
pub use leases::{LEASE_TIME, Lease, LeaseStatus, now};
pub use list_states::{Acceptance, StoredListState};
pub use staff::StaffMember;
pub use tables::{TableReport, Tables};

pub use crate::table_names::{Table, TableNames};

/// The most attempts of a transaction that conflicts with others.
const MAX_TRANSACTION_ATTEMPTS: u32 = 10;

/// The most attempts to take a position in the audit log.
const MAX_POSITION_ATTEMPTS: u32 = 20;

/// Access to the tables.
#[derive(Clone)]
pub struct Store {
    client: Client,
    tables: TableNames,
    audit_heads: Arc<AuditHeads>,
}

/// The result of a transaction.
#[derive(Debug, PartialEq, Eq)]
enum Transacted {
    Done,
    /// Nothing was written; the conditions of these items (by index) did not hold.
    ConditionFailed(Vec<usize>),
}

impl Store {
    /// A store with tables of these names.
    pub fn new(client: Client, tables: TableNames) -> Self {
        Self { client, tables, audit_heads: Arc::default() }
    }

    /// Checks that DynamoDB answers and the tables exist.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.client
            .describe_table()
            .table_name(self.tables.name(Table::KafkaEvents))
            .send()
            .await
            .map(|_| ())
            .map_err(StoreError::request("DescribeTable"))
    }

    /// All items of a partition, in the order of the sort key.
    async fn partition(
        &self,
        table: Table,
        key: &'static str,
        value: impl std::fmt::Display,
    ) -> Result<Vec<HashMap<String, AttributeValue>>, StoreError> {
        let items = self
            .client
            .query()
            .table_name(self.tables.name(table))
            .key_condition_expression("#key = :value")
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":value", s(value.to_string()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        items.collect::<Result<_, _>>().await.map_err(StoreError::request("Query"))
    }

    /// Writes all items or none. A transaction that conflicts with another is retried after a random wait.
    async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Transacted, StoreError> {
        let mut failure = StoreError::Contended;
        for attempt in 0..MAX_TRANSACTION_ATTEMPTS {
            let sent = self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await;
            let error = match sent {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => error,
            };
            let (kind, failed_conditions) = cancellation(&error);
            failure = match kind {
                ErrorKind::Conflict | ErrorKind::Throttled if !failed_conditions.is_empty() => {
                    return Ok(Transacted::ConditionFailed(failed_conditions));
                }
                ErrorKind::Conflict => StoreError::Contended,
                ErrorKind::Throttled => StoreError::sdk("TransactWriteItems", kind, &error),
                ErrorKind::Refused | ErrorKind::Unavailable => {
                    return Err(StoreError::sdk("TransactWriteItems", kind, &error));
                }
            };
            let limit = 5 << attempt.min(7);
            let wait = rand::rng().random_range(1..=limit);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        Err(failure)
    }
}

/// The kind of a transaction's error, and the items (by index) whose conditions did not hold. A cancelled transaction
/// has a reason for each item; its kind is that of the worst one.
fn cancellation(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> (ErrorKind, Vec<usize>) {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return (ErrorKind::of_sdk(error), Vec::new());
    };
    let reasons = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
    let failed = reasons.clone().enumerate().filter(|(_, code)| *code == "ConditionalCheckFailed");
    let kinds: Vec<ErrorKind> =
        reasons.filter(|code| *code != "None").map(|code| ErrorKind::of_response(Some(code), 400)).collect();
    let worst = [ErrorKind::Refused, ErrorKind::Throttled].into_iter().find(|kind| kinds.contains(kind));
    (worst.unwrap_or(ErrorKind::Conflict), failed.map(|(item, _)| item).collect())
}

fn s(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn n(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
