//! Publishes events for the outbox relay. The relay keeps track of what is published, so an error here loses nothing:
//! an event may be published twice, but never out of its customer's order.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::event::EventType;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, DeliveryResult, NoCustomPartitioner, Producer, ProducerContext, PurgeConfig, ThreadedProducer,
};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaErrorCode;
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::config::{DELIVERY_WITHIN, KafkaConfig};
use super::health::{ClientScope, KafkaHealth, Reporter};
use super::telemetry;
use crate::raw_event::RawEvent;

/// librdkafka ends every message after [`DELIVERY_WITHIN`]; this is in case it does not.
const ANSWER_WITHIN: Duration = DELIVERY_WITHIN.saturating_add(Duration::from_secs(5));

/// How long [`EventPublisher::ping`] waits for an answer.
pub const PING_WITHIN: Duration = Duration::from_secs(2);

/// Where an event is in Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The partition of the event's topic.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
}

/// Why an event is not known to be published. The caller may publish it again after any of these errors. After
/// [`Self::Timeout`] and [`Self::Broker`] the topic may then hold it twice, with the same `eventId`.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The settings do not make a client.
    #[error("the kafka client cannot be made: {0}")]
    Client(#[source] KafkaError),
    /// The text is no envelope, or its event type has no topic in this build.
    #[error("the event has no envelope that this build can route: {:?} error in line {}, column {}",
        .0.classify(), .0.line(), .0.column())]
    Envelope(serde_json::Error),
    /// The client's queue holds as many messages as it may. Retry later.
    #[error("the publisher's queue is full")]
    QueueFull,
    /// No acknowledgement came in time.
    #[error("kafka did not acknowledge in time")]
    Timeout,
    /// Kafka refused the event, or the connection broke.
    #[error("kafka did not take the event: {0}")]
    Broker(#[source] KafkaError),
}

impl PublishError {
    /// The value of the `outcome` label in metrics.
    const fn label(&self) -> &'static str {
        match self {
            Self::Client(_) => "client",
            Self::Envelope(_) => "envelope",
            Self::QueueFull => "queue_full",
            Self::Timeout => "timeout",
            Self::Broker(_) => "broker",
        }
    }
}

/// What routes an event: the part of its envelope that every schema version has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    event_type: EventType,
    event_id: String,
    source: String,
}

type Answer = oneshot::Sender<Result<Delivery, KafkaError>>;
type Client = ThreadedProducer<Answers>;

/// Passes each delivery report to the call that waits for it.
struct Answers {
    health: Reporter,
}

impl ClientContext for Answers {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        telemetry::log(level, facility, line);
        self.health.log_line(facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.health.client_error(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.health.statistics(&statistics);
    }
}

impl ProducerContext<NoCustomPartitioner> for Answers {
    type DeliveryOpaque = Box<Answer>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Self::DeliveryOpaque) {
        let result = match result {
            Ok(message) => {
                self.health.delivery_succeeded(message.topic());
                Ok(Delivery { partition: message.partition(), offset: message.offset() })
            }
            Err((error, message)) => {
                self.health.delivery_failed(message.topic(), error);
                Err(error.clone())
            }
        };
        // The caller may have given up.
        let _ = answer.send(result);
    }
}

/// Publishes events, each to its type's topic, keyed by customer. The client is made at first use, and again after an
/// error from which librdkafka does not recover.
pub struct EventPublisher {
    config: KafkaConfig,
    health: KafkaHealth,
    client: Mutex<Option<Arc<Client>>>,
}

impl std::fmt::Debug for EventPublisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventPublisher").field("config", &self.config).finish_non_exhaustive()
    }
}

impl EventPublisher {
    /// A publisher that has not connected yet, and reports to `health`.
    pub const fn new(config: KafkaConfig, health: KafkaHealth) -> Self {
        Self { config, health, client: Mutex::new(None) }
    }

    /// Publishes the text of one event, and returns when Kafka has acknowledged it. The caller publishes a customer's
    /// next event only after that.
    ///
    /// # Errors
    /// [`PublishError`], after 20 seconds at the latest.
    pub async fn publish(&self, event: &RawEvent) -> Result<Delivery, PublishError> {
        let route: Route = serde_json::from_str(&event.json).map_err(PublishError::Envelope)?;
        let started = Instant::now();
        let result = self.send(event, &route).await;
        record(route.event_type, started, &result);
        result
    }

    /// Asks the brokers for the metadata of one topic, to see whether they answer. For `/readyz`, and once at the start
    /// of the server: the answer also makes librdkafka request its producer id, for which the first event would
    /// otherwise wait up to half a second.
    ///
    /// # Errors
    /// [`PublishError::Client`]; [`PublishError::Broker`], after [`PING_WITHIN`] at the latest.
    pub async fn ping(&self) -> Result<(), PublishError> {
        let client = self.client()?;
        // One topic instead of all of them; none would mean all.
        let topic = self.config.topic(EventType::UserInfoSubmitted);
        // The request blocks, and cannot be cancelled: it ends by its own time limit.
        tokio::task::spawn_blocking(move || client.client().fetch_metadata(Some(&topic), PING_WITHIN).map(drop))
            .await
            .map_err(|_| PublishError::Timeout)?
            .map_err(PublishError::Broker)
    }

    /// The kinds of the open incidents of Kafka, of all clients of this process.
    pub fn incidents(&self) -> Vec<&'static str> {
        self.health.incidents()
    }

    /// Waits until all events in flight are acknowledged or `limit` has passed, and drops the client. For the shutdown.
    ///
    /// # Errors
    /// [`PublishError::Timeout`] where an event was still in flight; the call that publishes it fails too.
    pub async fn flush(&self, limit: Duration) -> Result<(), PublishError> {
        self.drop_client(limit, None).await
    }

    /// As [`Self::flush`], but first removes the events that are not on their way to a broker yet. After success
    /// nothing more is delivered.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub async fn withdraw(&self, limit: Duration) -> Result<(), PublishError> {
        self.drop_client(limit, Some(PurgeConfig::default().queue())).await
    }

    async fn drop_client(&self, limit: Duration, purge: Option<PurgeConfig>) -> Result<(), PublishError> {
        let Some(client) = self.slot().take() else { return Ok(()) };
        // Both the flush and the end of the client block.
        tokio::task::spawn_blocking(move || {
            if let Some(purge) = purge {
                client.purge(purge);
            }
            client.flush(limit)
        })
        .await
        .map_err(|_| PublishError::Timeout)?
        .map_err(|_| PublishError::Timeout)
    }

    async fn send(&self, event: &RawEvent, route: &Route) -> Result<Delivery, PublishError> {
        let client = self.client()?;
        let answer = match enqueue(&client, &self.config.topic(route.event_type), event, route) {
            Ok(answer) => answer,
            Err(error) => {
                self.drop_client_if_fatal(&client);
                return Err(error);
            }
        };
        match timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(Ok(delivery))) => Ok(delivery),
            Ok(Ok(Err(error))) => {
                self.drop_client_if_fatal(&client);
                Err(match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::MessageTimedOut) => PublishError::Timeout,
                    _ => PublishError::Broker(error),
                })
            }
            Ok(Err(_)) | Err(_) => Err(PublishError::Timeout),
        }
    }

    fn client(&self) -> Result<Arc<Client>, PublishError> {
        let mut slot = self.slot();
        if let Some(client) = slot.as_ref() {
            return Ok(Arc::clone(client));
        }
        let answers = Answers { health: Reporter::new(self.health.clone(), &self.config, ClientScope::default()) };
        let client: Client = self.config.producer().create_with_context(answers).map_err(PublishError::Client)?;
        let client = Arc::new(client);
        *slot = Some(Arc::clone(&client));
        Ok(client)
    }

    /// After a fatal error (the broker lost or fenced the producer's sequence) a client refuses everything; a new one
    /// works.
    fn drop_client_if_fatal(&self, client: &Arc<Client>) {
        let Some((code, _)) = client.client().fatal_error() else { return };
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, client)) {
            tracing::warn!(%code, "kafka producer replaced after a fatal error");
            let dead = slot.take();
            drop(slot);
            // Its end waits for its thread.
            tokio::task::spawn_blocking(move || drop(dead));
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<Client>>> {
        // Nothing is left half done under the lock.
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the event in the client's queue.
fn enqueue(
    client: &Client,
    topic: &str,
    event: &RawEvent,
    route: &Route,
) -> Result<oneshot::Receiver<Result<Delivery, KafkaError>>, PublishError> {
    let event_type = serde_json::to_value(route.event_type).map_err(PublishError::Envelope)?;
    let key = event.customer_id.to_string();
    let headers = OwnedHeaders::new_with_capacity(3)
        .insert(Header { key: "eventType", value: event_type.as_str() })
        .insert(Header { key: "eventId", value: Some(&route.event_id) })
        .insert(Header { key: "source", value: Some(&route.source) });
    let (answer, answered) = oneshot::channel();
    let record = BaseRecord::with_opaque_to(topic, Box::new(answer)).key(&key).payload(&event.json).headers(headers);
    match client.send(record) {
        Ok(()) => Ok(answered),
        Err((error, _)) => Err(match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => PublishError::QueueFull,
            _ => PublishError::Broker(error),
        }),
    }
}

fn record(event_type: EventType, started: Instant, result: &Result<Delivery, PublishError>) {
    let topic = event_type.topic();
    let outcome = result.as_ref().err().map_or("ok", PublishError::label);
    metrics::counter!("onboard_kafka_published_total", "topic" => topic, "outcome" => outcome).increment(1);
    if result.is_ok() {
        metrics::histogram!("onboard_kafka_publish_seconds", "topic" => topic).record(started.elapsed().as_secs_f64());
    }
}
