//! Maps errors to HTTP: `application/problem+json` (RFC 9457) with a stable code.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::api::{FieldError, Problem};
use domain::event::{ApplicationId, Stage};

use super::attempts::Attempt;
use super::client_limits;
use super::requests;
use super::upload_memory::UploadStop;
use crate::commands::{CommandError, Commands, Refused};
use crate::live::Refusal;

/// Every error that can end a request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A command failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// No valid session.
    #[error("no session")]
    NoSession,
    /// The application is another customer's.
    #[error("application of another customer")]
    NotYours,
    /// The session's scope does not permit the request.
    #[error("request outside the session's scope")]
    BeyondSession,
    /// The request came from another site's page.
    #[error("foreign origin")]
    ForeignOrigin,
    /// The body is not JSON, or not of the right shape.
    #[error("malformed body")]
    Malformed(FieldError),
    /// The request does not name its host, or names several.
    #[error("no host, or several")]
    Host,
    /// The body ended early, or its encoding is broken.
    #[error("body not received")]
    BrokenBody,
    /// The body has the wrong media type.
    #[error("unsupported media type")]
    MediaType(&'static str),
    /// The body is larger than allowed.
    #[error("too large")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The `Idempotency-Key` is malformed.
    #[error("bad idempotency key")]
    BadKey,
    /// No such address.
    #[error("no such address")]
    NoRoute,
    /// The address does not take this method.
    #[error("method not allowed")]
    Method,
    /// The request took too long.
    #[error("timeout")]
    Timeout,
    /// No memory for an upload became free in time.
    #[error("no memory for an upload free")]
    UploadsFull,
    /// The body of an upload arrives too slowly.
    #[error("upload too slow")]
    UploadTooSlow,
    /// The client exceeds a limit of its address.
    #[error("too many requests of one client")]
    TooMany {
        /// How long it must wait.
        wait: Duration,
    },
    /// The client has too many live connections.
    #[error("too many sockets of one client")]
    TooManySockets,
    /// An internal error.
    #[error("internal")]
    Internal,
    /// Not signed by another instance.
    #[error("no valid signature")]
    Unsigned,
    /// This instance does not hold the connection.
    #[error("no such connection")]
    Gone,
    /// The socket is refused, because a limit of connections is reached.
    #[error(transparent)]
    Socket(#[from] Refusal),
}

impl From<UploadStop> for ApiError {
    fn from(stop: UploadStop) -> Self {
        match stop {
            UploadStop::Full => Self::UploadsFull,
            UploadStop::Slow => Self::UploadTooSlow,
        }
    }
}

impl ApiError {
    /// Status, code and the text for people.
    fn status_code_detail(&self) -> (StatusCode, &str, String) {
        use StatusCode as S;
        match self {
            Self::Command(CommandError::Invalid(_)) => {
                (S::UNPROCESSABLE_ENTITY, "validation_failed", "Some fields need another look.".into())
            }
            Self::Command(CommandError::NotFound) => {
                (S::NOT_FOUND, "not_found", "There is no such application or document.".into())
            }
            Self::Command(CommandError::Conflict { code, detail }) => (S::CONFLICT, code, (*detail).into()),
            Self::Command(CommandError::KeyReused) => (
                S::CONFLICT,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request, or too long ago. Use a new one.".into(),
            ),
            Self::Command(CommandError::Contended) => (
                S::SERVICE_UNAVAILABLE,
                "busy",
                "Your application was being changed at the same time. Nothing is lost: try again.".into(),
            ),
            Self::Command(CommandError::Store(_) | CommandError::Blob(_) | CommandError::Json(_)) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "We cannot save this at the moment. Nothing is lost: try again in a minute.".into(),
            ),
            Self::NoSession => (
                S::UNAUTHORIZED,
                "no_session",
                "There is no session, or it has ended. Begin with your details (POST /api/customers).".into(),
            ),
            Self::NotYours => {
                (S::FORBIDDEN, "not_yours", "This session may only see its own customer's application.".into())
            }
            Self::BeyondSession => (
                S::FORBIDDEN,
                "beyond_session",
                "This phone may only hand in documents. Do everything else on the device that you began on.".into(),
            ),
            Self::ForeignOrigin => {
                (S::FORBIDDEN, "foreign_origin", "Requests from other sites' pages are refused.".into())
            }
            Self::Unsigned => (S::UNAUTHORIZED, "unsigned", "This address takes signed requests only.".into()),
            Self::Gone => (S::GONE, "gone", "This instance does not hold that connection.".into()),
            Self::Malformed(error) => (S::BAD_REQUEST, "malformed_request", error.message.clone()),
            Self::Host => (S::BAD_REQUEST, "bad_host", "Name the host of the request in one `Host` header.".into()),
            Self::BrokenBody => (
                S::BAD_REQUEST,
                "broken_body",
                "The request's body did not arrive whole, or its chunks are malformed. Send it again.".into(),
            ),
            Self::MediaType(wanted) => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", format!("Send the body as {wanted}."))
            }
            Self::TooLarge { limit } => {
                let size = match *limit {
                    0..1024 => format!("{limit} bytes"),
                    1024..0x10_0000 => format!("{} kB", limit >> 10),
                    _ => format!("{} MB", limit >> 20),
                };
                (S::PAYLOAD_TOO_LARGE, "too_large", format!("The request is larger than {size}. Send less."))
            }
            Self::BadKey => (
                S::BAD_REQUEST,
                "bad_idempotency_key",
                "An Idempotency-Key has 16 to 64 visible ASCII characters, for instance a UUID.".into(),
            ),
            Self::NoRoute => (S::NOT_FOUND, "no_such_address", "There is nothing at this address.".into()),
            Self::Method => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take this method.".into())
            }
            Self::Timeout => (
                S::SERVICE_UNAVAILABLE,
                "timeout",
                "This took too long. Try again; with an Idempotency-Key it is safe.".into(),
            ),
            Self::UploadsFull => (
                S::SERVICE_UNAVAILABLE,
                "busy",
                "Many documents are coming in at this moment. Nothing is lost: try again in a minute.".into(),
            ),
            Self::UploadTooSlow => (
                S::REQUEST_TIMEOUT,
                "too_slow",
                "The file arrived too slowly. Nothing is lost: try again where the connection is better.".into(),
            ),
            Self::TooMany { wait } => (
                S::TOO_MANY_REQUESTS,
                "too_many_requests",
                format!(
                    "Too many requests came from your network. Nothing is lost: try again in {} seconds.",
                    client_limits::seconds(*wait)
                ),
            ),
            Self::TooManySockets => (
                S::TOO_MANY_REQUESTS,
                "too_many_connections",
                "Too many pages are open in your network. Close some.".into(),
            ),
            Self::Internal => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side. What you did before is saved; try again.".into(),
            ),
            Self::Socket(Refusal::Customer) => (
                S::TOO_MANY_REQUESTS,
                "too_many_connections",
                "Too many pages of this application are open. Close some.".into(),
            ),
            Self::Socket(Refusal::Instance) => {
                (S::SERVICE_UNAVAILABLE, "busy", "There is no room for another connection. Try again.".into())
            }
        }
    }

    /// The attempt at what belongs to others, if it is one.
    const fn attempt(&self) -> Option<Attempt> {
        match self {
            Self::NotYours => Some(Attempt::ForeignApplication),
            Self::BeyondSession => Some(Attempt::PhoneSession),
            Self::ForeignOrigin => Some(Attempt::ForeignOrigin),
            Self::Unsigned => Some(Attempt::UnsignedInstance),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Command(CommandError::Invalid(errors)) => errors.clone(),
            Self::Malformed(error) if !error.field.is_empty() => vec![error.clone()],
            _ => Vec::new(),
        }
    }
}

impl ApiError {
    /// Records a refused body in the error log, and returns the error. Other errors are not recorded.
    pub async fn recorded(self, commands: &Commands, id: Option<&ApplicationId>, stage: Stage) -> Self {
        if !matches!(self, Self::Malformed(_) | Self::MediaType(_) | Self::TooLarge { .. } | Self::BrokenBody) {
            return self;
        }
        let (_, code, _) = self.status_code_detail();
        let fields = self.fields().into_iter().map(|error| error.field).collect();
        commands.refused(id, stage, Refused { code, fields }).await;
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, detail) = self.status_code_detail();
        if status.is_server_error() {
            tracing::error!(error = %self, code, "request failed");
        }
        if let Some(attempt) = self.attempt() {
            attempt.record();
        }
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail,
            errors: self.fields(),
            request_id: requests::id(),
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if let Self::TooMany { wait } = self {
            response.headers_mut().insert(header::RETRY_AFTER, client_limits::seconds(wait).into());
        }
        response
    }
}
