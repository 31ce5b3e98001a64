//! A broker, events, and a handler with scripted results.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::event::{ApplicationId, Envelope, EventData, EventType, Premium, SCHEMA_VERSION, Stage, WorkflowCompleted};
use jiff::Timestamp;
use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use server::kafka::{
    ConsumerError, ConsumerSettings, Delivery, EventPublisher, HandleError, Handler, KafkaConfig, KafkaHealth,
    PARTITIONS, ParkError, RawMessage, ensure_topics, run_with,
};
use server::raw_event::RawEvent;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::stack::TestStack;

/// The type whose topic the tests use.
pub const EVENT_TYPE: EventType = EventType::WorkflowCompleted;

/// No test waits longer than this for one thing.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A broker with the six topics.
pub struct Kafka {
    pub stack: TestStack,
    pub config: KafkaConfig,
    pub publisher: EventPublisher,
}

impl Kafka {
    pub async fn start() -> Self {
        let stack = TestStack::start().await;
        let config = stack.kafka();
        ensure_topics(&config, stack.replication()).await.unwrap();
        let publisher = publisher(&config);
        Self { stack, config, publisher }
    }

    /// Publishes events as the relay does: customers concurrently, each customer's events one after the other.
    pub async fn publish(&self, events: &[Envelope]) -> Vec<Delivery> {
        publish_all(&self.publisher, events).await
    }

    /// Publishes bytes that [`EventPublisher`] would not send.
    pub async fn publish_raw(&self, key: &str, payload: &[u8]) -> Delivery {
        let producer: FutureProducer = self.plain().create().unwrap();
        let topic = self.config.topic(EVENT_TYPE);
        let record = FutureRecord::to(&topic).key(key).payload(payload);
        let sent = producer.send(record, LIMIT).await.map_err(|(error, _)| error).unwrap();
        Delivery { partition: sent.partition, offset: sent.offset }
    }

    /// The payload of a message of the topic.
    pub fn payload(&self, delivery: Delivery) -> Vec<u8> {
        let consumer: BaseConsumer = self.plain().set("group.id", "reader").create().unwrap();
        let mut place = TopicPartitionList::new();
        let topic = self.config.topic(EVENT_TYPE);
        place.add_partition_offset(&topic, delivery.partition, Offset::Offset(delivery.offset)).unwrap();
        consumer.assign(&place).unwrap();
        consumer.poll(LIMIT).unwrap().unwrap().payload().unwrap().to_vec()
    }

    /// The offsets that the group has committed, by partition.
    pub fn committed(&self) -> BTreeMap<i32, i64> {
        let consumer: BaseConsumer = self.plain().set("group.id", self.config.group(EVENT_TYPE)).create().unwrap();
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            partitions.add_partition(&self.config.topic(EVENT_TYPE), partition);
        }
        let committed = consumer.committed_offsets(partitions, LIMIT).unwrap();
        committed
            .elements()
            .into_iter()
            .filter_map(|element| match element.offset() {
                Offset::Offset(offset) => Some((element.partition(), offset)),
                _ => None,
            })
            .collect()
    }

    /// A client without the publisher's and the consumers' settings.
    pub fn plain(&self) -> ClientConfig {
        let mut config = self.config.client();
        config.set("partitioner", "murmur2_random");
        config
    }

    pub async fn stop(self) {
        self.publisher.flush(LIMIT).await.unwrap();
        self.stack.stop().await;
    }
}

/// A publisher to the brokers of `config`.
pub fn publisher(config: &KafkaConfig) -> EventPublisher {
    EventPublisher::new(config.clone(), KafkaHealth::default())
}

/// The event as it is published.
pub fn raw(event: &Envelope) -> RawEvent {
    RawEvent::write(event).unwrap()
}

/// Publishes events as the relay does: customers concurrently, each customer's events one after the other. Returns the
/// deliveries in the order of the events.
pub async fn publish_all(publisher: &EventPublisher, events: &[Envelope]) -> Vec<Delivery> {
    let mut customers: BTreeMap<Uuid, Vec<(usize, &Envelope)>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        customers.entry(event.customer_id).or_default().push((place, event));
    }
    let published = customers.into_values().map(|events| async move {
        let mut deliveries = Vec::new();
        for (place, event) in events {
            deliveries.push((place, publisher.publish(&raw(event)).await.unwrap()));
        }
        deliveries
    });
    let mut deliveries = futures::future::join_all(published).await.concat();
    deliveries.sort_unstable_by_key(|(place, _)| *place);
    deliveries.into_iter().map(|(_, delivery)| delivery).collect()
}

/// One past the last offset in each partition that was delivered to.
pub fn ends(deliveries: &[Delivery]) -> BTreeMap<i32, i64> {
    let mut ends = BTreeMap::new();
    for delivery in deliveries {
        let end = ends.entry(delivery.partition).or_insert(0);
        *end = (delivery.offset + 1).max(*end);
    }
    ends
}

/// Customer `number`; the same number is the same customer.
pub fn customer(number: u128) -> Uuid {
    Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// The customer's event of this sequence.
pub fn event(customer_id: Uuid, sequence: u64) -> Envelope {
    Envelope {
        event_id: Uuid::now_v7(),
        source: Stage::SubmitPolicySelection.into(),
        customer_id,
        application_id: ApplicationId::new(customer_id, Timestamp::UNIX_EPOCH),
        sequence,
        schema_version: SCHEMA_VERSION,
        timestamp: Timestamp::UNIX_EPOCH,
        data: EventData::WorkflowCompleted(WorkflowCompleted {
            selected_policy_id: "home-basic".to_owned(),
            premium: Premium { monthly_cents: 1_250, currency: "EUR".to_owned() },
        }),
    }
}

/// Events 1 to `each` of customers 0 to `customers`, those of different customers mixed.
pub fn events(customers: u128, each: u64) -> Vec<Envelope> {
    (1..=each).flat_map(|sequence| (0..customers).map(move |number| event(customer(number), sequence))).collect()
}

/// A call of the handler.
#[derive(Clone, Debug)]
pub enum Seen {
    /// An attempt began.
    Began(Uuid, u64),
    /// An event was handled.
    Handled(Uuid, u64),
    /// A message was parked.
    Parked(RawMessage),
}

type Work = Pin<Box<dyn Future<Output = Result<(), HandleError>> + Send>>;
type Attempts = dyn Fn(Uuid, u64) -> Work + Send + Sync;
type Parking = dyn Fn(&RawMessage) -> Result<(), ParkError> + Send + Sync;

/// A handler that records its calls.
pub struct Recorder {
    attempt: Box<Attempts>,
    park: Box<Parking>,
    seen: UnboundedSender<Seen>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Recorder {
    /// Handles each event (of this customer and sequence) with the result of `attempt`.
    pub fn new<F, W>(attempt: F) -> (Self, UnboundedReceiver<Seen>)
    where
        F: Fn(Uuid, u64) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), HandleError>> + Send + 'static,
    {
        let (send, seen) = unbounded_channel();
        let recorder = Self {
            attempt: Box::new(move |customer, sequence| Box::pin(attempt(customer, sequence))),
            park: Box::new(|_| Ok(())),
            seen: send,
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        };
        (recorder, seen)
    }

    /// Succeeds at every event.
    pub fn succeeding() -> (Self, UnboundedReceiver<Seen>) {
        Self::new(|_, _| async { Ok(()) })
    }

    /// Parks with the result of `park`.
    pub fn parking(self, park: impl Fn(&RawMessage) -> Result<(), ParkError> + Send + Sync + 'static) -> Self {
        Self { park: Box::new(park), ..self }
    }

    /// The highest number of events that were handled concurrently.
    pub fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Handler for Recorder {
    async fn handle(&self, event: &Envelope, _: &str) -> Result<(), HandleError> {
        let (customer, sequence) = (event.customer_id, event.sequence);
        let in_flight = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(in_flight, Ordering::SeqCst);
        let _ = self.seen.send(Seen::Began(customer, sequence));
        let result = (self.attempt)(customer, sequence).await;
        if result.is_ok() {
            let _ = self.seen.send(Seen::Handled(customer, sequence));
        }
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        result
    }

    async fn park(&self, message: RawMessage) -> Result<(), ParkError> {
        (self.park)(&message)?;
        let _ = self.seen.send(Seen::Parked(message));
        Ok(())
    }
}

/// Settings with short pauses.
pub fn quick() -> ConsumerSettings {
    ConsumerSettings {
        attempts: 4,
        first_backoff: Duration::from_millis(20),
        longest_backoff: Duration::from_millis(80),
        ..ConsumerSettings::default()
    }
}

async fn consume(
    config: KafkaConfig,
    health: KafkaHealth,
    settings: ConsumerSettings,
    handler: Arc<Recorder>,
    stop: CancellationToken,
) -> Result<(), ConsumerError> {
    run_with(config, health, settings, EVENT_TYPE, handler, stop).await
}

/// A running consumer.
pub struct Consuming {
    pub health: KafkaHealth,
    stop: CancellationToken,
    running: JoinHandle<Result<(), ConsumerError>>,
}

impl Consuming {
    pub fn start(config: &KafkaConfig, settings: ConsumerSettings, handler: impl Into<Arc<Recorder>>) -> Self {
        let stop = CancellationToken::new();
        let health = KafkaHealth::default();
        let running = tokio::spawn(consume(config.clone(), health.clone(), settings, handler.into(), stop.clone()));
        Self { health, stop, running }
    }

    /// Requests its stop, without waiting.
    pub fn request_stop(&self) {
        self.stop.cancel();
    }

    /// Stops it, and waits until it has left.
    pub async fn stop(self) -> Result<(), ConsumerError> {
        self.stop.cancel();
        timeout(LIMIT, self.running).await.expect("the consumer did not stop").unwrap()
    }

    /// Whether it does not end by itself within `time`.
    pub async fn runs_for(&mut self, time: Duration) -> bool {
        timeout(time, &mut self.running).await.is_err()
    }

    /// Waits until it ends by itself.
    pub async fn ended(self) -> Result<(), ConsumerError> {
        timeout(LIMIT, self.running).await.expect("the consumer did not end").unwrap()
    }
}

/// The next call.
pub async fn next(seen: &mut UnboundedReceiver<Seen>) -> Seen {
    timeout(LIMIT, seen.recv()).await.expect("no call of the handler").expect("the handler was dropped")
}

/// The next event handled: its customer and sequence. Starts of attempts are skipped.
pub async fn next_handled(seen: &mut UnboundedReceiver<Seen>) -> (Uuid, u64) {
    loop {
        match next(seen).await {
            Seen::Began(..) => {}
            Seen::Handled(customer, sequence) => return (customer, sequence),
            Seen::Parked(message) => panic!("parked: {message:?}"),
        }
    }
}

/// The next message parked. Events handled before it are skipped.
pub async fn next_parked(seen: &mut UnboundedReceiver<Seen>) -> RawMessage {
    loop {
        if let Seen::Parked(message) = next(seen).await {
            return message;
        }
    }
}

/// The sequences of the next `count` events handled, by customer.
pub async fn handled(seen: &mut UnboundedReceiver<Seen>, count: usize) -> BTreeMap<Uuid, Vec<u64>> {
    let mut found: BTreeMap<Uuid, Vec<u64>> = BTreeMap::new();
    for _ in 0..count {
        let (customer, sequence) = next_handled(seen).await;
        found.entry(customer).or_default().push(sequence);
    }
    found
}

/// Two customers whose events are in the same partition.
pub async fn customers_of_one_partition(kafka: &Kafka) -> (Uuid, Uuid) {
    let mut seen = BTreeMap::new();
    // One more than there are partitions.
    for number in 0..=u128::try_from(PARTITIONS).unwrap() {
        let delivery = kafka.publish(&[event(customer(number), 1)]).await[0];
        if let Some(other) = seen.insert(delivery.partition, customer(number)) {
            return (other, customer(number));
        }
    }
    unreachable!("more customers than partitions")
}
