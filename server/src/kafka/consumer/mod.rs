//! The consumer loop.
//!
//! A thread of its own polls librdkafka (see [`poller`]) and passes messages to a task that runs the handlers (see
//! [`dispatcher`]): in order for each customer, concurrently for different customers. A message that fails is retried
//! with back-off and blocks only its own customer. A message that cannot be handled is parked (a dead letter). An
//! offset is stored when all messages before it are done, so a crash repeats work and never skips it: handlers must be
//! idempotent.

mod assignment;
mod attempt;
mod dispatcher;
mod in_flight_budget;
mod offsets;
mod poller;
mod scheduler;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::{Envelope, EventType};
use jiff::Timestamp;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use self::assignment::Assignment;
use self::dispatcher::Dispatcher;
use self::in_flight_budget::InFlightBudget;
use self::poller::Rebalancing;
use super::config::KafkaConfig;
use super::health::{ClientScope, KafkaHealth, Reporter};

/// A consumer that is fenced a second time within this time gives up.
const FENCED_AGAIN_WITHIN: Duration = Duration::from_secs(60);

/// What a consumer does with its messages.
pub trait Handler: Send + Sync + 'static {
    /// Handles one event; `json` is its text as published, with fields that this build does not know. It is called
    /// again with the same event after a failure or a crash, so "already done" is success. It is cancelled at an await
    /// when it takes longer than [`ConsumerSettings::attempt_within`].
    ///
    /// # Errors
    /// [`HandleError`] says whether the event is retried or parked.
    fn handle(&self, event: &Envelope, json: &str) -> impl Future<Output = Result<(), HandleError>> + Send;

    /// Stores a message that cannot be handled, so that a person can inspect and replay it. It may be called again with
    /// the same message.
    ///
    /// # Errors
    /// [`ParkError`]: the message is not stored. Parking is retried without limit, because the message would be lost
    /// otherwise. Its customer's next messages wait meanwhile.
    fn park(&self, message: RawMessage) -> impl Future<Output = Result<(), ParkError>> + Send;
}

/// Why an event was not handled. The texts appear in the log and with parked messages: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// The attempt failed. The event is retried, and parked after [`ConsumerSettings::attempts`].
    #[error("{0}")]
    Retry(String),
    /// A dependency that every event needs is unavailable. The event is retried without limit.
    #[error("{0}")]
    Unavailable(String),
    /// A retry cannot succeed. The event is parked at once.
    #[error("{0}")]
    Poison(String),
}

/// Why a message could not be parked. The text appears in the log: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParkError(pub String);

impl From<String> for ParkError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

/// A message as Kafka delivered it, with the reason why it is parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMessage {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset; with topic and partition it identifies the message.
    pub offset: i64,
    /// The customer's id, in a regular message.
    pub key: Option<Vec<u8>>,
    /// The payload. Empty where the message has none.
    pub payload: Vec<u8>,
    /// The reason, without personal data.
    pub reason: String,
    /// The message's timestamp: its producer's clock or the broker's, by the topic's setting; none where Kafka has
    /// none.
    pub timestamp: Option<Timestamp>,
}

/// The limits of a consumer. The defaults are for production; tests shorten the times.
#[derive(Clone, Debug)]
pub struct ConsumerSettings {
    /// How many messages are handled concurrently, all of different keys.
    pub in_flight: usize,
    /// After how many failed attempts an event is parked; at least one.
    pub attempts: u32,
    /// The time limit of one attempt, and of one parking.
    pub attempt_within: Duration,
    /// The pause after the first failed attempt. It doubles with each further one, with a jitter of a fifth, so that
    /// messages that failed together are not retried together.
    pub first_backoff: Duration,
    /// The longest pause.
    pub longest_backoff: Duration,
    /// How long handlers in flight may take to finish when their partition is revoked or the consumer stops. After that
    /// they are cancelled, and the next owner of the partition repeats the work.
    pub drain_within: Duration,
    /// Back-pressure: with so many messages in memory, fetching pauses.
    pub buffered_messages: usize,
    /// Back-pressure: with so many bytes of keys and payloads in memory, fetching pauses.
    pub buffered_bytes: usize,
}

impl Default for ConsumerSettings {
    /// Eight attempts in about a minute: 0.5 + 1 + 2 + 4 + 8 + 16 + 32 seconds of pauses.
    fn default() -> Self {
        Self {
            in_flight: 32,
            attempts: 8,
            attempt_within: Duration::from_secs(30),
            first_backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(32),
            drain_within: Duration::from_secs(10),
            buffered_messages: 2_000,
            buffered_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Why a consumer ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The client could not be made or could not subscribe.
    #[error("the consumer of {topic} cannot start: {source}")]
    Start {
        /// The topic.
        topic: &'static str,
        /// What librdkafka said.
        source: KafkaError,
    },
    /// A fatal error of librdkafka: for instance another consumer uses the same `group.instance.id`.
    #[error("the consumer of {topic} met a fatal error: {}", fatal(*code))]
    Fatal {
        /// The topic.
        topic: &'static str,
        /// What librdkafka said.
        code: RDKafkaErrorCode,
    },
    /// The consumer stopped, but did not leave its group in time. Nothing is lost: uncommitted messages are delivered
    /// again.
    #[error("the consumer of {topic} did not leave its group in time")]
    Stuck {
        /// The topic.
        topic: &'static str,
    },
    /// A part of the loop panicked: a defect.
    #[error("the consumer of {topic} broke down")]
    Broken {
        /// The topic.
        topic: &'static str,
    },
}

/// The description of a fatal error.
fn fatal(code: RDKafkaErrorCode) -> String {
    match code {
        RDKafkaErrorCode::FencedInstanceId => {
            "another process has the same kafka.group_instance_id, which must be different on every instance".to_owned()
        }
        other => other.to_string(),
    }
}

/// Consumes the topic of `event_type` until `shutdown` is cancelled; then finishes the handlers in flight, commits and
/// leaves the group. [`run_with`] takes other settings than the default ones.
///
/// # Errors
/// [`ConsumerError`]. The caller may run it again: the group keeps its offsets.
pub async fn run<H: Handler>(
    config: KafkaConfig,
    health: KafkaHealth,
    event_type: EventType,
    handler: Arc<H>,
    shutdown: CancellationToken,
) -> Result<(), ConsumerError> {
    run_with(config, health, ConsumerSettings::default(), event_type, handler, shutdown).await
}

/// As [`run`], with these settings.
///
/// # Errors
/// [`ConsumerError`].
pub async fn run_with<H: Handler>(
    config: KafkaConfig,
    health: KafkaHealth,
    settings: ConsumerSettings,
    event_type: EventType,
    handler: Arc<H>,
    shutdown: CancellationToken,
) -> Result<(), ConsumerError> {
    let mut fenced: Option<Instant> = None;
    loop {
        let result =
            consume(&config, &health, settings.clone(), event_type, Arc::clone(&handler), shutdown.clone()).await;
        match &result {
            // A consumer can fence itself: after an outage, or without processor time, it joins again, and Kafka then
            // receives an older request. Another consumer of the same name fences it again at once; the embedded broker
            // has no clients of other processes.
            Err(ConsumerError::Fatal { topic, code: RDKafkaErrorCode::FencedInstanceId })
                if config.embedded || fenced.is_none_or(|last| last.elapsed() > FENCED_AGAIN_WITHIN) =>
            {
                fenced = Some(Instant::now());
                tracing::warn!(topic, "consumer fenced by its own name; joining the group again");
            }
            Err(error) => {
                tracing::error!(topic = event_type.topic(), %error, "consumer ended");
                return result;
            }
            Ok(()) => return result,
        }
    }
}

/// Consumes until it is stopped, or until a fatal error.
async fn consume<H: Handler>(
    config: &KafkaConfig,
    health: &KafkaHealth,
    settings: ConsumerSettings,
    event_type: EventType,
    handler: Arc<H>,
    shutdown: CancellationToken,
) -> Result<(), ConsumerError> {
    let topic = event_type.topic();
    let drain_within = settings.drain_within;
    let budget = Arc::new(InFlightBudget::new(settings.buffered_messages, settings.buffered_bytes));
    let (commands, received) = mpsc::unbounded_channel();
    let scope = ClientScope { topic: config.topic(event_type), group: config.group(event_type) };
    let reporter = Reporter::new(health.clone(), config, scope);
    let assignment = Assignment::new(topic, config.topic(event_type));
    let context = Rebalancing::new(commands.clone(), settings.drain_within, reporter, assignment);
    let consumer: BaseConsumer<Rebalancing> = config
        .consumer(event_type)
        .create_with_context(context)
        .map_err(|source| ConsumerError::Start { topic, source })?;
    let subscribed = config.topic(event_type);
    consumer.subscribe(&[&subscribed]).map_err(|source| ConsumerError::Start { topic, source })?;
    let consumer = Arc::new(consumer);

    // The thread stops when this future is dropped.
    let stopping = shutdown.child_token();
    let _stop_when_dropped = stopping.clone().drop_guard();
    let dispatcher =
        Dispatcher::new(event_type, settings, handler, Arc::clone(&consumer), Arc::clone(&budget), subscribed);
    let dispatching = tokio::spawn(dispatcher.run(received));
    let (ended, end) = oneshot::channel();
    let polling = poller::Poller { topic, consumer, budget, commands, stopping: stopping.clone(), drain_within };
    std::thread::Builder::new()
        .name(format!("poll-{topic}"))
        .spawn(move || {
            let _ = ended.send(polling.run());
        })
        .map_err(|error| ConsumerError::Start { topic, source: KafkaError::ClientCreation(error.to_string()) })?;

    tracing::info!(topic, "consumer started");
    let stuck = async {
        stopping.cancelled().await;
        // Draining, then the commit and the request to leave the group.
        tokio::time::sleep(drain_within * 2 + Duration::from_secs(15)).await;
    };
    let result = tokio::select! {
        result = end => result.unwrap_or(Err(ConsumerError::Broken { topic })),
        () = stuck => Err(ConsumerError::Stuck { topic }),
    };
    if dispatching.is_finished() && dispatching.await.is_err() {
        return Err(ConsumerError::Broken { topic });
    }
    if result.is_ok() {
        tracing::info!(topic, "consumer stopped");
    }
    result
}
