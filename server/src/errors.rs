//! How errors travel.
//!
//! - Inside, errors are typed: each module has one `thiserror` enum that names what failed. Nothing matches on texts.
//! - At the boundary to a service, [`ErrorKind`] says what the caller can do about it. It comes from the service's own
//!   error code or, without one, from the HTTP status. `StoreError::kind` and `NotifyError::kind` tell it. Only
//!   [`ErrorKind::Refused`] is permanent: a worker waits for the others as long as it takes, and counts the attempts of
//!   a refused request until it parks the message.
//! - To HTTP, `http/problem.rs` maps every error to a status and a stable code. Texts of services never leave it.
//! - To the log, an error goes once, where it is handled and not where it arises. A retried error is logged when the
//!   trouble begins and when it ends, not at each attempt. No text holds personal data.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// What a caller can do about the error of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The service did not answer, or failed: wait and try again.
    Unavailable,
    /// The service asks for fewer requests: wait and try again.
    Throttled,
    /// The service will not carry this request out: validation, access, no such resource, too large.
    Refused,
    /// Another request came first: load, decide and try again.
    Conflict,
}

impl ErrorKind {
    /// Whether the same request may succeed later.
    pub const fn is_transient(self) -> bool {
        !matches!(self, Self::Refused)
    }

    /// The kind of an AWS error response. [DynamoDB's error codes] and [SNS's] are the source of the names.
    ///
    /// [DynamoDB's error codes]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    /// [SNS's]: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
    pub(crate) fn of_response(code: Option<&str>, status: u16) -> Self {
        match (code.unwrap_or_default(), status) {
            (
                "ProvisionedThroughputExceeded"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "LimitExceededException"
                | "Throttled"
                | "Throttling"
                | "ThrottlingError"
                | "ThrottlingException"
                | "KMSThrottling",
                _,
            )
            | (_, 429) => Self::Throttled,
            (
                "ConditionalCheckFailed"
                | "ConditionalCheckFailedException"
                | "TransactionConflict"
                | "TransactionConflictException"
                | "TransactionInProgressException"
                | "ReplicatedWriteConflictException",
                _,
            ) => Self::Conflict,
            // Temporary credentials end, and the SDK fetches new ones.
            ("ExpiredTokenException" | "ExpiredToken", _) | (_, 408 | 500..) => Self::Unavailable,
            _ => Self::Refused,
        }
    }

    /// The kind of an SDK error.
    pub(crate) fn of_sdk<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(answer) => Self::of_response(error.code(), answer.raw().status().as_u16()),
            SdkError::ConstructionFailure(_) => Self::Refused,
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
