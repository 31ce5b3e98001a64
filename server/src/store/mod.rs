//! The nine tables. State and event are written in one transaction; everything else hangs on that.

mod application;
mod audit;
mod claims;
mod connections;
mod document_work;
mod effects;
mod errors;
mod events;
mod looking;
mod tables;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use rand::Rng;

pub use application::{Application, Committed, Handoff, KeptFile, PendingRead, Phone, Receipt};
pub use audit::{AuditEntry, DELETED, verify_chain};
pub use claims::{Claim, LEASE, Turn, now};
pub use connections::ConnectionRecord;
pub use document_work::BeingRead;
pub use effects::{Applied, Effect};
pub use errors::{ErrorEntry, MAX_PARKED, Parked};
pub use events::{PageEnd, SHARDS, Tail, Unpublished};
pub use looking::{ErrorRow, EventRow, OutboxRow, ParkedRow};
pub use tables::{TableReport, Tables};

pub use crate::table_names::{Table, TableNames};

/// How often a transaction that met another is tried again.
const TRANSACTION_TRIES: u32 = 10;

/// How often the position in the audit log is chosen anew when another took it.
const POSITION_TRIES: u32 = 20;

/// A store that did not answer, or answered what cannot be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused, failed or timed out.
    #[error("DynamoDB {operation}: {message}")]
    Request {
        /// Which call.
        operation: &'static str,
        /// What the SDK says of it.
        message: String,
    },
    /// A transaction met others again and again.
    #[error("DynamoDB transaction gave way to others {TRANSACTION_TRIES} times")]
    Contended,
    /// An item is not of the shape that this program writes.
    #[error("item of table {table} cannot be read: {message}")]
    Item {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl StoreError {
    fn request<E, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> Self
    where
        E: std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        move |error| Self::Request { operation, message: DisplayErrorContext(&error).to_string() }
    }

    /// Where JSON is wrong, but not how: serde quotes what stands there, which may be personal data.
    fn json(table: &'static str) -> impl Fn(serde_json::Error) -> Self {
        move |error| Self::Item {
            table,
            message: format!("{:?} error in line {}, column {}", error.classify(), error.line(), error.column()),
        }
    }

    fn item(table: &'static str) -> impl Fn(serde_dynamo::Error) -> Self {
        move |error| Self::Item { table, message: error.to_string() }
    }
}

/// Access to the tables.
#[derive(Clone)]
pub struct Store {
    client: Client,
    tables: TableNames,
}

/// How a transaction went.
#[derive(Debug, PartialEq, Eq)]
enum Transacted {
    Done,
    /// Nothing was written; the conditions of these items (by index) did not hold.
    ConditionFailed(Vec<usize>),
}

impl Store {
    /// A store over tables of these names.
    pub fn new(client: Client, tables: TableNames) -> Self {
        Self { client, tables }
    }

    /// Whether DynamoDB answers and the tables are there.
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

    /// Writes all items or none. A transaction that collides with another is tried again after a random wait.
    async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Transacted, StoreError> {
        for attempt in 0..TRANSACTION_TRIES {
            let sent = self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await;
            let error = match sent {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => error,
            };
            match cancelled(&error) {
                Some(reasons) => {
                    let failed: Vec<usize> = (0..reasons.len()).filter(|&i| reasons[i] == CONDITION_FAILED).collect();
                    if !failed.is_empty() {
                        return Ok(Transacted::ConditionFailed(failed));
                    }
                }
                None if error.code() == Some("TransactionInProgressException") => {}
                None => return Err(StoreError::request("TransactWriteItems")(error)),
            }
            let limit = 5 << attempt.min(7);
            let wait = rand::rng().random_range(1..=limit);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        Err(StoreError::Contended)
    }
}

const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// The reason for each item of a cancelled transaction, where every reason is a condition or a collision, which a
/// second try can mend.
fn cancelled<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Vec<String>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    let reasons: Vec<String> =
        cancelled.cancellation_reasons().iter().map(|r| r.code().unwrap_or("None").to_owned()).collect();
    let mendable = |code: &String| {
        matches!(
            code.as_str(),
            "None" | CONDITION_FAILED | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
        )
    };
    reasons.iter().all(mendable).then_some(reasons)
}

fn s(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn n(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
