//! Publishing events. Its user is the outbox relay, which knows what is published and what is not: so an error here
//! loses nothing, and an event may be published twice, but never out of its customer's order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::event::{Envelope, EventType};
use futures::future::join_all;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, DeliveryResult, NoCustomPartitioner, Producer, ProducerContext, PurgeConfig, ThreadedProducer,
};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::config::{DELIVERY_WITHIN, KafkaConfig};
use super::telemetry;
use super::troubles::{Reporter, Subject};

/// librdkafka ends every message after [`DELIVERY_WITHIN`]; this is in case it does not.
const ANSWER_WITHIN: Duration = DELIVERY_WITHIN.saturating_add(Duration::from_secs(5));

/// How long [`EventPublisher::ping`] waits for an answer.
pub const PING_WITHIN: Duration = Duration::from_secs(2);

/// Where an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The partition of the event's topic.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
}

/// Why an event is not known to be published. After any of them it may be published again; after [`Self::Timeout`] and
/// [`Self::Broker`] it may turn out to be there twice, which its `eventId` tells.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The settings do not make a client.
    #[error("the kafka client cannot be made: {0}")]
    Client(#[source] KafkaError),
    /// The event cannot be written as JSON.
    #[error("the event cannot be encoded")]
    Encode(#[source] serde_json::Error),
    /// A method for one type was given an event of another.
    #[error("an event of type {found:?} was given as {wanted:?}")]
    WrongType {
        /// What the method publishes.
        wanted: EventType,
        /// What it was given.
        found: EventType,
    },
    /// Too many messages wait already. Come back later.
    #[error("the publisher's queue is full")]
    QueueFull,
    /// No acknowledgement came in time.
    #[error("kafka did not acknowledge in time")]
    Timeout,
    /// Kafka refused the event, or the connection broke.
    #[error("kafka did not take the event: {0}")]
    Broker(#[source] KafkaError),
    /// An earlier event of the same customer in the same batch failed, so this one was not sent.
    #[error("an earlier event of the customer was not published")]
    HeldBack,
}

impl PublishError {
    /// The value of the `outcome` label in metrics.
    const fn label(&self) -> &'static str {
        match self {
            Self::Client(_) => "client",
            Self::Encode(_) => "encode",
            Self::WrongType { .. } => "wrong_type",
            Self::QueueFull => "queue_full",
            Self::Timeout => "timeout",
            Self::Broker(_) => "broker",
            Self::HeldBack => "held_back",
        }
    }
}

type Answer = oneshot::Sender<Result<Delivery, KafkaError>>;
type Client = ThreadedProducer<Answers>;

/// Hands each delivery report to whoever waits for it.
struct Answers {
    troubles: Reporter,
}

impl ClientContext for Answers {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        telemetry::log(level, facility, line);
        self.troubles.line(facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.troubles.error(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.troubles.statistics(&statistics);
    }
}

impl ProducerContext<NoCustomPartitioner> for Answers {
    type DeliveryOpaque = Box<Answer>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Self::DeliveryOpaque) {
        let result = match result {
            Ok(message) => {
                self.troubles.took(message.topic());
                Ok(Delivery { partition: message.partition(), offset: message.offset() })
            }
            Err((error, message)) => {
                self.troubles.refused(message.topic(), error);
                Err(error.clone())
            }
        };
        // Whoever waited may have given up.
        let _ = answer.send(result);
    }
}

/// Publishes events, each to its type's topic, keyed by customer. The client is made at the first use, and made anew
/// after an error from which librdkafka does not recover.
pub struct EventPublisher {
    config: KafkaConfig,
    client: Mutex<Option<Arc<Client>>>,
}

impl std::fmt::Debug for EventPublisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventPublisher").field("config", &self.config).finish_non_exhaustive()
    }
}

impl EventPublisher {
    /// A publisher that has not connected yet.
    pub const fn new(config: KafkaConfig) -> Self {
        Self { config, client: Mutex::new(None) }
    }

    /// Publishes one event, and returns when Kafka has acknowledged it.
    ///
    /// Calls for the same customer must follow each other; [`Self::publish_batch`] sees to that itself.
    ///
    /// # Errors
    /// [`PublishError`], after 20 seconds at the latest.
    pub async fn publish(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        let started = Instant::now();
        let result = self.send(event).await;
        record(event.event_type(), started, &result);
        result
    }

    /// Publishes many events at once, and returns a result for each, in their order.
    ///
    /// Customers do not wait for each other. The events of one customer, whatever their topics, go one after the other,
    /// each when the one before it is acknowledged; after a failure the customer's later ones are
    /// [`PublishError::HeldBack`]. So the published events of a customer are always a prefix of the given ones.
    pub async fn publish_batch(&self, events: &[Envelope]) -> Vec<Result<Delivery, PublishError>> {
        let mut customers: Vec<Vec<usize>> = Vec::new();
        let mut place_of = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            match place_of.entry(event.customer_id) {
                Entry::Occupied(found) => {
                    let customer: &usize = found.get();
                    customers[*customer].push(place);
                }
                Entry::Vacant(free) => {
                    free.insert(customers.len());
                    customers.push(vec![place]);
                }
            }
        }
        let published = join_all(customers.into_iter().map(|places| async move {
            let mut results = Vec::with_capacity(places.len());
            let mut failed = false;
            for place in places {
                let result = if failed { Err(PublishError::HeldBack) } else { self.publish(&events[place]).await };
                failed |= result.is_err();
                results.push((place, result));
            }
            results
        }))
        .await;
        let mut results: Vec<_> = published.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Publishes a [`EventType::UserInfoSubmitted`]. Errors as [`Self::publish`], and where it is of another type.
    pub async fn user_info_submitted(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        self.publish_as(EventType::UserInfoSubmitted, event).await
    }

    /// Publishes a [`EventType::DocumentsProcessed`]. Errors as [`Self::publish`], and where it is of another type.
    pub async fn documents_processed(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        self.publish_as(EventType::DocumentsProcessed, event).await
    }

    /// Publishes a [`EventType::KycVerified`]. Errors as [`Self::publish`], and where it is of another type.
    pub async fn kyc_verified(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        self.publish_as(EventType::KycVerified, event).await
    }

    /// Publishes a [`EventType::PolicyRecommended`]. Errors as [`Self::publish`], and where it is of another type.
    pub async fn policy_recommended(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        self.publish_as(EventType::PolicyRecommended, event).await
    }

    /// Publishes a [`EventType::WorkflowCompleted`]. Errors as [`Self::publish`], and where it is of another type.
    pub async fn workflow_completed(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        self.publish_as(EventType::WorkflowCompleted, event).await
    }

    /// Publishes a [`EventType::WorkflowError`]. Errors as [`Self::publish`], and where it is of another type.
    pub async fn workflow_error(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        self.publish_as(EventType::WorkflowError, event).await
    }

    async fn publish_as(&self, wanted: EventType, event: &Envelope) -> Result<Delivery, PublishError> {
        let found = event.event_type();
        if found == wanted { self.publish(event).await } else { Err(PublishError::WrongType { wanted, found }) }
    }

    /// Asks the brokers for something cheap, to see whether they answer. For `/readyz`, and once when the server starts:
    /// the answer also lets librdkafka ask for its producer id, which it else does every half second only, and the first
    /// event would wait for that.
    ///
    /// # Errors
    /// [`PublishError::Client`]; [`PublishError::Broker`], after [`PING_WITHIN`] at the latest.
    pub async fn ping(&self) -> Result<(), PublishError> {
        let client = self.client()?;
        // One topic instead of all of them; none would mean all.
        let topic = self.config.topic(EventType::UserInfoSubmitted);
        // The question blocks, and cannot be called off: it ends by its own time limit.
        tokio::task::spawn_blocking(move || client.client().fetch_metadata(Some(&topic), PING_WITHIN).map(drop))
            .await
            .map_err(|_| PublishError::Timeout)?
            .map_err(PublishError::Broker)
    }

    /// Waits until what is under way is acknowledged or `limit` has passed, and lets the client go. For the shutdown.
    ///
    /// # Errors
    /// [`PublishError::Timeout`] where something was still under way; whoever waits for it hears of it too.
    pub async fn flush(&self, limit: Duration) -> Result<(), PublishError> {
        self.let_go(limit, None).await
    }

    /// The same, but takes back what is not on its way to a broker yet: once this has succeeded, nothing is delivered any more.
    ///
    /// # Errors
    /// As of [`Self::flush`].
    pub async fn withdraw(&self, limit: Duration) -> Result<(), PublishError> {
        self.let_go(limit, Some(PurgeConfig::default().queue())).await
    }

    async fn let_go(&self, limit: Duration, purge: Option<PurgeConfig>) -> Result<(), PublishError> {
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

    async fn send(&self, event: &Envelope) -> Result<Delivery, PublishError> {
        let payload = serde_json::to_vec(event).map_err(PublishError::Encode)?;
        let client = self.client()?;
        let answer = match enqueue(&client, &self.config.topic(event.event_type()), event, &payload) {
            Ok(answer) => answer,
            Err(error) => {
                self.let_go_if_dead(&client);
                return Err(error);
            }
        };
        match timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(Ok(delivery))) => Ok(delivery),
            Ok(Ok(Err(error))) => {
                self.let_go_if_dead(&client);
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
        let answers = Answers { troubles: Reporter::new(&self.config, Subject::default()) };
        let client: Client = self.config.producer().create_with_context(answers).map_err(PublishError::Client)?;
        let client = Arc::new(client);
        *slot = Some(Arc::clone(&client));
        Ok(client)
    }

    /// After a fatal error (the broker lost or fenced our sequence) a client refuses everything; the next one works.
    fn let_go_if_dead(&self, client: &Arc<Client>) {
        let Some((code, _)) = client.client().fatal_error() else { return };
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, client)) {
            tracing::warn!(%code, "the kafka producer is made anew after a fatal error");
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
    event: &Envelope,
    payload: &[u8],
) -> Result<oneshot::Receiver<Result<Delivery, KafkaError>>, PublishError> {
    let event_type = serde_json::to_value(event.event_type()).map_err(PublishError::Encode)?;
    let event_id = event.event_id.to_string();
    let key = event.customer_id.to_string();
    let headers = OwnedHeaders::new_with_capacity(3)
        .insert(Header { key: "eventType", value: event_type.as_str() })
        .insert(Header { key: "eventId", value: Some(&event_id) })
        .insert(Header { key: "source", value: Some(&event.source) });
    let (answer, answered) = oneshot::channel();
    let record = BaseRecord::with_opaque_to(topic, Box::new(answer)).key(&key).payload(payload).headers(headers);
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
