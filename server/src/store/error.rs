//! Why the store failed. [`crate::errors`] says how errors travel.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};

use domain::event::InvalidEvent;
use domain::versions::Unreadable;

use super::MAX_TRANSACTION_ATTEMPTS;
use crate::errors::ErrorKind;

/// DynamoDB's code for a table or an index that does not exist.
const NO_SUCH_TABLE: &str = "ResourceNotFoundException";

/// Why a request to the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused the request, failed or timed out.
    #[error("DynamoDB {operation}: {message}")]
    Request {
        /// The API operation.
        operation: &'static str,
        /// What can be done about it.
        kind: ErrorKind,
        /// The service's error code. `None` if it did not answer.
        code: Option<String>,
        /// The SDK's description.
        message: String,
    },
    /// A request lacks a required part: a defect of this program.
    #[error("DynamoDB request cannot be built: {0}")]
    Build(#[from] BuildError),
    /// A transaction conflicted with others on every attempt.
    #[error("DynamoDB transaction conflicted with others {MAX_TRANSACTION_ATTEMPTS} times")]
    Contended,
    /// An item does not have the shape that this program writes.
    #[error("item of table {table} cannot be read: {message}")]
    Item {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A newer version wrote an item with a format or a value that this version does not know. It neither reads
    /// nor overwrites it.
    #[error("item of table {table} was written by a newer version: {message}")]
    Newer {
        /// The table.
        table: &'static str,
        /// What this version does not know.
        message: String,
    },
}

impl StoreError {
    /// What can be done about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Request { kind, .. } => *kind,
            Self::Contended => ErrorKind::Conflict,
            Self::Build(_) | Self::Item { .. } | Self::Newer { .. } => ErrorKind::Refused,
        }
    }

    /// Whether a table or an index does not exist.
    pub fn is_missing_table(&self) -> bool {
        matches!(self, Self::Request { code: Some(code), .. } if code == NO_SUCH_TABLE)
    }

    /// Maps the SDK's error of `operation`.
    pub(super) fn request<E>(operation: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        move |error| Self::sdk(operation, ErrorKind::of_sdk(&error), &error)
    }

    /// Maps the SDK's error of `operation`, with a kind that the caller determined.
    pub(super) fn sdk<E>(operation: &'static str, kind: ErrorKind, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let code = error.code().map(str::to_owned);
        Self::Request { operation, kind, code, message: DisplayErrorContext(error).to_string() }
    }

    /// Maps an error of writing or reading JSON in an item of `table`. The message says where the JSON is wrong, not
    /// how: serde quotes the text, which may be personal data.
    pub(super) fn json<E: Into<Unreadable>>(table: &'static str) -> impl Fn(E) -> Self {
        move |error| match error.into() {
            Unreadable::Newer(error) => {
                let message = format!("unknown value in line {}, column {}", error.line(), error.column());
                Self::Newer { table, message }
            }
            error => Self::Item { table, message: error.to_string() },
        }
    }

    /// Maps an error of reading an event of `table`.
    pub(super) fn event(table: &'static str) -> impl Fn(InvalidEvent) -> Self {
        move |error| match error {
            InvalidEvent::Unreadable(error) => Self::json(table)(error),
            error if error.is_newer() => Self::Newer { table, message: error.to_string() },
            error => Self::Item { table, message: error.to_string() },
        }
    }

    pub(super) fn item(table: &'static str) -> impl Fn(serde_dynamo::Error) -> Self {
        move |error| Self::Item { table, message: error.to_string() }
    }
}
