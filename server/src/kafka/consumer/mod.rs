//! The loop that every consumer runs in.
//!
//! A thread of its own polls librdkafka (see [`poller`]) and hands messages to a task that runs the handlers (see
//! [`dispatcher`]): in order for each customer, side by side for different ones. A message that fails is tried again
//! after a while and holds back its own customer only; one that cannot be handled is parked. Offsets are stored when
//! everything before them is done, so a crash repeats work and never skips it: handlers must be idempotent.

mod attempt;
mod dispatcher;
mod load;
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

use self::dispatcher::Dispatcher;
use self::load::Load;
use self::poller::Rebalancing;
use super::config::KafkaConfig;
use super::troubles::{Reporter, Subject};

/// A consumer that is thrown out for its name a second time within this time gives up.
const FENCED_AGAIN_WITHIN: Duration = Duration::from_secs(60);

/// What a consumer does with its messages.
pub trait Handler: Send + Sync + 'static {
    /// Handles one event. It may be called again with the same event, after a failure or a crash, so "already done"
    /// is success. It may be cancelled at any await, when it takes longer than [`ConsumerSettings::attempt_within`].
    ///
    /// # Errors
    /// [`HandleError`] says what is to happen next.
    fn handle(&self, event: &Envelope) -> impl Future<Output = Result<(), HandleError>> + Send;

    /// Puts aside a message that cannot be handled, for a person to look at and perhaps replay. It may be called again
    /// with the same message.
    ///
    /// # Errors
    /// [`ParkError`] means that it is not put aside: it is tried again, for as long as it takes, because the message
    /// would be lost otherwise. Its customer waits meanwhile.
    fn park(&self, message: RawMessage) -> impl Future<Output = Result<(), ParkError>> + Send;
}

/// Why an event was not handled. The texts go to logs and to those who look at parked messages: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// It did not work this time. The event is tried again; after [`ConsumerSettings::attempts`] it is parked.
    #[error("{0}")]
    Retry(String),
    /// Something that every event needs is away. The event is tried again for as long as it takes.
    #[error("{0}")]
    Unavailable(String),
    /// It will never work. The event is parked at once.
    #[error("{0}")]
    Poison(String),
}

/// Why a message could not be put aside. The text goes to the log: no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParkError(pub String);

impl From<String> for ParkError {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

/// A message as it came from Kafka, with the reason why it is put aside.
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
    /// The bytes, as they came. Empty where there were none.
    pub payload: Vec<u8>,
    /// Why, without personal data.
    pub reason: String,
    /// When it was written, by its producer's clock or the broker's, as the topic has it; none where Kafka has none.
    pub timestamp: Option<Timestamp>,
}

/// How a consumer goes about its work. The defaults are for production; tests shorten the times.
#[derive(Clone, Debug)]
pub struct ConsumerSettings {
    /// How many messages are handled at a time, all of different keys.
    pub in_flight: usize,
    /// How often an event is tried before it is parked; at least once.
    pub attempts: u32,
    /// How long one attempt, or one parking, may take.
    pub attempt_within: Duration,
    /// The pause after the first failed attempt. It doubles with each further one, and varies by up to a fifth, so that
    /// those who failed together do not come back together.
    pub first_backoff: Duration,
    /// The longest pause.
    pub longest_backoff: Duration,
    /// How long work under way may take to finish when its partition is taken away or the consumer stops. After that
    /// it is cut off, and done again by whoever gets the partition next.
    pub drain_within: Duration,
    /// From how many messages in memory on no more are fetched.
    pub buffered_messages: usize,
    /// From how many bytes of keys and payloads in memory on no more are fetched.
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
    /// librdkafka gave up: for instance another consumer uses the same `group.instance.id`.
    #[error("the consumer of {topic} cannot go on: {}", fatal(*code))]
    Fatal {
        /// The topic.
        topic: &'static str,
        /// What librdkafka said.
        code: RDKafkaErrorCode,
    },
    /// The consumer stopped, but its group did not let go within the time. Nothing is lost: what is not committed is
    /// delivered again.
    #[error("the consumer of {topic} did not leave its group in time")]
    Stuck {
        /// The topic.
        topic: &'static str,
    },
    /// A part of the loop panicked, which is a defect.
    #[error("the consumer of {topic} broke down")]
    Broken {
        /// The topic.
        topic: &'static str,
    },
}

/// What a fatal error means.
fn fatal(code: RDKafkaErrorCode) -> String {
    match code {
        RDKafkaErrorCode::FencedInstanceId => {
            "another process has the same kafka.group_instance_id, which must be different on every instance".to_owned()
        }
        other => other.to_string(),
    }
}

/// Consumes the topic of `event_type` until `shutdown` is cancelled; then finishes what is under way, commits and leaves
/// the group. See [`run_with`] for other settings than the default ones.
///
/// # Errors
/// [`ConsumerError`]. The caller may call again: the group remembers where it was.
pub async fn run<H: Handler>(
    config: KafkaConfig,
    event_type: EventType,
    handler: Arc<H>,
    shutdown: CancellationToken,
) -> Result<(), ConsumerError> {
    run_with(config, ConsumerSettings::default(), event_type, handler, shutdown).await
}

/// As [`run`], with these settings.
///
/// # Errors
/// [`ConsumerError`].
pub async fn run_with<H: Handler>(
    config: KafkaConfig,
    settings: ConsumerSettings,
    event_type: EventType,
    handler: Arc<H>,
    shutdown: CancellationToken,
) -> Result<(), ConsumerError> {
    let mut fenced: Option<Instant> = None;
    loop {
        let result = consume(&config, settings.clone(), event_type, Arc::clone(&handler), shutdown.clone()).await;
        match &result {
            // A consumer can do that to itself: after an outage it joins anew, and Kafka meets a request from before. One
            // of the same name that is really there does it again at once.
            Err(ConsumerError::Fatal { topic, code: RDKafkaErrorCode::FencedInstanceId })
                if fenced.is_none_or(|last| last.elapsed() > FENCED_AGAIN_WITHIN) =>
            {
                fenced = Some(Instant::now());
                tracing::warn!(topic, "the consumer group took this consumer for another of its name; joining again");
            }
            Err(error) => {
                tracing::error!(topic = event_type.topic(), %error, "consumer ended");
                return result;
            }
            Ok(()) => return result,
        }
    }
}

/// Consumes until told to stop, or until librdkafka gives up.
async fn consume<H: Handler>(
    config: &KafkaConfig,
    settings: ConsumerSettings,
    event_type: EventType,
    handler: Arc<H>,
    shutdown: CancellationToken,
) -> Result<(), ConsumerError> {
    let topic = event_type.topic();
    let drain_within = settings.drain_within;
    let load = Arc::new(Load::new(settings.buffered_messages, settings.buffered_bytes));
    let (commands, received) = mpsc::unbounded_channel();
    let subject = Subject { topic: config.topic(event_type), group: config.group(event_type) };
    let troubles = Reporter::new(config, subject);
    let context = Rebalancing::new(commands.clone(), settings.drain_within, troubles);
    let consumer: BaseConsumer<Rebalancing> = config
        .consumer(event_type)
        .create_with_context(context)
        .map_err(|source| ConsumerError::Start { topic, source })?;
    let subscribed = config.topic(event_type);
    consumer.subscribe(&[&subscribed]).map_err(|source| ConsumerError::Start { topic, source })?;
    let consumer = Arc::new(consumer);

    // If this future is dropped, the thread must not go on alone.
    let stopping = shutdown.child_token();
    let _stop_when_dropped = stopping.clone().drop_guard();
    let dispatcher =
        Dispatcher::new(event_type, settings, handler, Arc::clone(&consumer), Arc::clone(&load), subscribed);
    let dispatching = tokio::spawn(dispatcher.run(received));
    let (ended, end) = oneshot::channel();
    let polling = poller::Poller { topic, consumer, load, commands, stopping: stopping.clone(), drain_within };
    std::thread::Builder::new()
        .name(format!("poll-{topic}"))
        .spawn(move || {
            let _ = ended.send(polling.run());
        })
        .map_err(|error| ConsumerError::Start { topic, source: KafkaError::ClientCreation(error.to_string()) })?;

    tracing::info!(topic, "consumer started");
    let stuck = async {
        stopping.cancelled().await;
        // Draining, then a commit and the farewell to the group.
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
