//! For operators: is it up, can it work, what are its figures.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::AppState;
use crate::telemetry;

/// The process is up.
pub async fn health() -> &'static str {
    "ok"
}

/// The process can work: DynamoDB answers. Kafka's state is told, but its outage stops no command.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let (dynamodb, kafka) = tokio::join!(state.commands.store.ping(), state.kafka.ping());
    if let Err(error) = &dynamodb {
        tracing::warn!(%error, "not ready");
    }
    let word = |ok| if ok { "ok" } else { "unreachable" };
    let status = if dynamodb.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "dynamodb": word(dynamodb.is_ok()), "kafka": word(kafka.is_ok()) })))
}

/// Prometheus text.
pub async fn metrics() -> String {
    let handle = telemetry::metrics();
    handle.run_upkeep();
    handle.render()
}
