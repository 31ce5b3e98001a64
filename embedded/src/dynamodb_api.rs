//! The DynamoDB API over HTTP: requests in the protocol `AWS JSON 1.0`, for clients that sign them and are no browsers.
//!
//! The database library has an HTTP server, too, but that one answers any origin and verifies no signature, so any page
//! in a browser of this machine could read the tables.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::signature::{Credentials, SignatureError};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// The operation of a request is its header `x-amz-target` after this.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";
/// Largest body of a request in bytes: the largest batch of DynamoDB.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// How often refused requests are logged.
const LOG_EVERY: Duration = Duration::from_secs(60);

struct Api {
    database: Database,
    credentials: Credentials,
    /// The `Host` of its clients. Another one comes from a browser whose DNS was changed to this machine.
    host: String,
    logged: Mutex<Option<Instant>>,
}

/// Why a request is refused before it reaches the database.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("requests of browsers are refused")]
    Browser,
    #[error("the host is not the address of this API")]
    Host,
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the body is larger than {MAX_BODY} bytes, or broken off")]
    Body,
    #[error("the header x-amz-target names no operation")]
    Operation,
}

/// The API of `database` at `address`.
pub(crate) fn router(database: Database, credentials: Credentials, address: SocketAddr) -> Router {
    let api = Api { database, credentials, host: address.to_string(), logged: Mutex::default() };
    Router::new().route("/", post(answer)).with_state(Arc::new(api))
}

async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    match api.run(request).await {
        Ok(Ok(json)) => respond(StatusCode::OK, json),
        Ok(Err(error)) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            respond(status, error.to_json())
        }
        Err(refusal) => {
            api.log(&refusal);
            refusal.into_response()
        }
    }
}

fn respond(status: StatusCode, json: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], json.into()).into_response()
}

impl Api {
    /// The database's answer, or why it is not asked.
    async fn run(&self, request: Request) -> Result<dynoxide::Result<Vec<u8>>, Refusal> {
        let (parts, body) = request.into_parts();
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        if is_from_browser(&parts.headers) {
            return Err(Refusal::Browser);
        }
        if text("host") != Some(self.host.as_str()) {
            return Err(Refusal::Host);
        }
        let body = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| Refusal::Body)?;
        self.credentials.verify(&parts, &body, SystemTime::now())?;
        let operation = text("x-amz-target").and_then(|target| target.strip_prefix(TARGET_PREFIX));
        operation.and_then(|operation| dispatch(&self.database, operation, &body)).ok_or(Refusal::Operation)
    }

    /// Logs a refused request, at most one a minute, because anybody on this machine can send them.
    fn log(&self, refusal: &Refusal) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            *logged = Some(Instant::now());
            tracing::warn!(reason = %refusal, "embedded dynamodb request refused");
        }
    }
}

/// Whether a browser sent the request. Browsers set these headers, and no page can remove them (Fetch standard,
/// "forbidden request-header").
fn is_from_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-mode")
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, kind) = match self {
            Self::Browser | Self::Host => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Self::Signature(SignatureError::Missing) => {
                (StatusCode::BAD_REQUEST, "MissingAuthenticationTokenException")
            }
            Self::Signature(SignatureError::UnknownKey) => (StatusCode::BAD_REQUEST, "UnrecognizedClientException"),
            Self::Signature(_) => (StatusCode::BAD_REQUEST, "InvalidSignatureException"),
            Self::Body => (StatusCode::PAYLOAD_TOO_LARGE, "SerializationException"),
            Self::Operation => (StatusCode::BAD_REQUEST, "UnknownOperationException"),
        };
        let body = serde_json::json!({
            "__type": format!("com.amazon.coral.service#{kind}"),
            "message": self.to_string(),
        });
        respond(status, body.to_string())
    }
}

/// Defines `dispatch` over the names of operations and the methods of the database.
macro_rules! operations {
    ($($name:literal => $method:ident,)*) => {
        /// Runs an operation. None if there is no such operation.
        fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Option<dynoxide::Result<Vec<u8>>> {
            match operation {
                $($name => Some(run(body, |request| database.$method(request))),)*
                _ => None,
            }
        }
    };
}

operations! {
    "CreateTable" => create_table,
    "DeleteTable" => delete_table,
    "DescribeTable" => describe_table,
    "ListTables" => list_tables,
    "UpdateTable" => update_table,
    "UpdateTimeToLive" => update_time_to_live,
    "DescribeTimeToLive" => describe_time_to_live,
    "PutItem" => put_item,
    "GetItem" => get_item,
    "UpdateItem" => update_item,
    "DeleteItem" => delete_item,
    "Query" => query,
    "Scan" => scan,
    "BatchGetItem" => batch_get_item,
    "BatchWriteItem" => batch_write_item,
    "TransactGetItems" => transact_get_items,
    "TransactWriteItems" => transact_write_items,
    "ExecuteStatement" => execute_statement,
    "ExecuteTransaction" => execute_transaction,
    "BatchExecuteStatement" => batch_execute_statement,
    "TagResource" => tag_resource,
    "UntagResource" => untag_resource,
    "ListTagsOfResource" => list_tags_of_resource,
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<Vec<u8>> {
    let request =
        serde_json::from_slice(body).map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
    let answer = operation(request)?;
    serde_json::to_vec(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
