//! For operators: is it up, can it work, what are its figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::kafka::EventPublisher;
use crate::store::Store;
use crate::telemetry;

/// What the answers are taken from.
#[derive(Clone)]
pub struct Operations {
    /// Asked whether it answers.
    pub store: Store,
    /// Asked whether Kafka answers, where this process speaks to it.
    pub kafka: Option<Arc<EventPublisher>>,
}

/// The process is up.
pub async fn health() -> &'static str {
    "ok"
}

/// The process can work: DynamoDB answers. Kafka's state is told, but its outage stops no command.
pub async fn ready(State(state): State<Operations>) -> (StatusCode, Json<Value>) {
    let kafka = async {
        match &state.kafka {
            Some(kafka) => Some(kafka.ping().await.is_ok()),
            None => None,
        }
    };
    let (dynamodb, kafka) = tokio::join!(state.store.ping(), kafka);
    if let Err(error) = &dynamodb {
        tracing::warn!(%error, "not ready");
    }
    let word = |ok| if ok { "ok" } else { "unreachable" };
    let status = if dynamodb.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut told = json!({ "dynamodb": word(dynamodb.is_ok()) });
    if let Some(kafka) = kafka {
        told["kafka"] = word(kafka).into();
    }
    (status, Json(told))
}

/// Prometheus text.
pub async fn metrics() -> String {
    let handle = telemetry::metrics();
    handle.run_upkeep();
    handle.render()
}
