//! Health, readiness and metrics, for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kafka::EventPublisher;
use crate::store::Store;
use crate::telemetry;
use crate::watchlists::{ListHealth, Watchlists};

/// The dependencies of the checks.
#[derive(Clone)]
pub struct Operations {
    /// Determines readiness.
    pub store: Store,
    /// Included in the answer, if this process uses Kafka.
    pub kafka: Option<Arc<EventPublisher>>,
    /// Included in the answer, if this process screens.
    pub lists: Option<Watchlists>,
}

/// The process is up.
pub async fn health() -> &'static str {
    "ok"
}

/// The process is ready when DynamoDB answers. The state of Kafka is reported, but no command needs Kafka; so is that of
/// the sanctions lists, without which applications go to review.
pub async fn ready(State(state): State<Operations>) -> (StatusCode, Json<Value>) {
    let kafka = async {
        match &state.kafka {
            Some(kafka) => Some((kafka.ping().await.is_ok(), kafka.incidents())),
            None => None,
        }
    };
    let (dynamodb, kafka) = tokio::join!(state.store.ping(), kafka);
    if let Err(error) = &dynamodb {
        tracing::warn!(%error, "not ready");
    }
    let word = |ok| if ok { "ok" } else { "unreachable" };
    let status = if dynamodb.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut report = json!({ "dynamodb": word(dynamodb.is_ok()) });
    if let Some((answers, incidents)) = kafka {
        report["kafka"] = word(answers).into();
        if !incidents.is_empty() {
            report["kafkaIncidents"] = incidents.into();
        }
    }
    let lists = state.lists.as_ref().map(|lists| lists.health(Timestamp::now())).unwrap_or_default();
    if !lists.is_empty() {
        let told =
            |list: &ListHealth| (list.source.code().to_owned(), json!({ "state": list.word(), "cause": list.cause }));
        report["lists"] = lists.iter().map(told).collect::<serde_json::Map<_, _>>().into();
    }
    (status, Json(report))
}

/// The metrics in Prometheus' text format.
pub async fn metrics() -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, telemetry::CONTENT_TYPE)], telemetry::render())
}
