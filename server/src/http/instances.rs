//! `@connections`: the API by which other instances reach the sockets of this one. It resembles AWS API Gateway's: POST
//! sends to a connection, GET describes it, DELETE closes it. Requests are signed. An unsigned request learns nothing,
//! not even whether the connection exists.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::api::{FieldError, ServerFrame};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use super::{ApiError, header_layer};
use crate::clock::Clock;
use crate::commands::CommandError;
use crate::keys::InstanceKey;
use crate::live::signature::{HEADER, SignatureHeader, SignedRequest};
use crate::live::{Hub, Signal, frame};
use crate::store::Store;

/// The largest body, in bytes: events are far smaller.
const MAX_BODY: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The state of the handlers.
#[derive(Clone)]
pub struct Instances {
    /// The connections of this instance.
    pub hub: Hub,
    /// The table of connection records.
    pub store: Store,
    /// Verifies the signatures of other instances.
    pub key: InstanceKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Routes for other instances, served by an instance that holds sockets.
pub fn instances(state: Instances) -> Router {
    Router::new()
        .route("/@connections", post(send_to_all))
        .route("/@connections/{id}", post(send).get(describe).delete(close))
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(middleware::from_fn_with_state(state.clone(), signed_only))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("instance request panicked");
            ApiError::Internal.into_response()
        }))
        .layer(header_layer(header::CACHE_CONTROL, "no-store"))
        .with_state(state)
}

async fn signed_only(State(state): State<Instances>, request: Request, next: Next) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let header = parts.headers.get(HEADER).and_then(|value| SignatureHeader::parse(value.to_str().ok()?));
    // Checked before the body is read, so that an unsigned request cannot make this instance wait.
    let header = header.filter(|header| header.is_current(state.clock.now())).ok_or(ApiError::Unsigned)?;
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY)).await.map_err(|_| ApiError::Timeout)?;
    let body = body.map_err(|_| ApiError::TooLarge { limit: MAX_BODY })?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = SignedRequest { method: parts.method.as_str(), path, body: &body };
    if !request.verify(&header, &state.key, state.clock.now()) {
        return Err(ApiError::Unsigned);
    }
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

/// Parses the signal in `body`: an event, the progress of a reading, or `resync`.
fn signal(body: &[u8]) -> Result<Signal, ApiError> {
    if let Some(event) = frame::event_in(body) {
        return Ok(Signal::Event(Arc::new(event)));
    }
    match serde_json::from_slice(body) {
        Ok(ServerFrame::Progress(progress)) => Ok(Signal::Progress(progress)),
        Ok(ServerFrame::Resync {}) => Ok(Signal::Resync),
        Ok(_) | Err(_) => Err(malformed("type")),
    }
}

fn malformed(field: &str) -> ApiError {
    let message = "Send a frame of type event, of the connection's own customer, progress or resync.";
    ApiError::Malformed(FieldError::new(field, "invalid", message))
}

/// Parses a connection id. A malformed one is answered like a connection that is gone.
fn connection(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::Gone)
}

async fn send(State(state): State<Instances>, Path(id): Path<String>, body: Bytes) -> Result<StatusCode, ApiError> {
    let id = connection(&id)?;
    let customer_id = state.hub.customer_of(id).ok_or(ApiError::Gone)?;
    let signal = signal(&body)?;
    if matches!(&signal, Signal::Event(event) if event.customer_id != customer_id) {
        return Err(malformed("event.customerId"));
    }
    if state.hub.send_to(id, &signal) { Ok(StatusCode::OK) } else { Err(ApiError::Gone) }
}

/// Sends a `resync` to all connections. Other frames belong to one customer and are refused.
async fn send_to_all(State(state): State<Instances>, body: Bytes) -> Result<StatusCode, ApiError> {
    match signal(&body)? {
        signal @ Signal::Resync => state.hub.broadcast(&signal),
        Signal::Event(_) | Signal::Progress(_) => {
            let message = "Only a frame of type resync can be sent to all connections.";
            return Err(ApiError::Malformed(FieldError::new("type", "invalid", message)));
        }
    }
    Ok(StatusCode::OK)
}

async fn close(State(state): State<Instances>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    if state.hub.end_one(connection(&id)?) { Ok(StatusCode::OK) } else { Err(ApiError::Gone) }
}

/// A connection held here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionInfo {
    connection_id: Uuid,
    customer_id: Uuid,
    /// None if the connection has no record, which its next heartbeat writes again.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewed_at: Option<String>,
}

async fn describe(State(state): State<Instances>, Path(id): Path<String>) -> Result<Json<ConnectionInfo>, ApiError> {
    let connection_id = connection(&id)?;
    let customer_id = state.hub.customer_of(connection_id).ok_or(ApiError::Gone)?;
    let records = state.store.connections(customer_id, state.clock.now()).await.map_err(CommandError::Store)?;
    let record = records.into_iter().find(|record| record.connection_id == connection_id);
    let renewed_at = record.as_ref().map(|record| record.renewed().to_string());
    Ok(Json(ConnectionInfo {
        connection_id,
        customer_id,
        connected_at: record.map(|record| record.connected_at),
        renewed_at,
    }))
}
