//! Several relays on one event log: each event is published once and in order, and a dead relay is replaced.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{ApplicationId, Envelope, EventData, SCHEMA_VERSION, Stage, WorkflowError};
use futures::StreamExt;
use jiff::Timestamp;
use server::kafka::{EventPublisher, KafkaConfig, KafkaHealth, ensure_topics};
use server::outbox::Outbox;
use server::store::{Store, Table, Tables};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::support::{Behind, Process, TestStack, eventually};

/// The number of concurrent commits.
const CONCURRENT: usize = 8;

/// A stack with topics and tables, without a server.
struct Log {
    stack: TestStack,
    behind: Behind,
    store: Store,
}

/// A relay in its own task.
struct Running {
    outbox: Outbox,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Stops it, as SIGTERM does.
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Aborts it, as SIGKILL does: it finishes nothing and releases no lease.
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

impl Log {
    async fn start() -> Self {
        let stack = TestStack::start().await;
        let behind = Behind::of(&stack).await;
        Tables { client: &behind.dynamodb, names: &behind.names }.ensure().await.unwrap();
        ensure_topics(&behind.kafka, stack.replication()).await.unwrap();
        let store = behind.store();
        Self { stack, behind, store }
    }

    fn relay(&self) -> Running {
        Self::relay_on(self.store.clone(), self.behind.kafka.clone())
    }

    /// A relay that does not reach Kafka.
    fn disconnected_relay(&self) -> Running {
        Self::relay_on(self.store.clone(), KafkaConfig { brokers: "127.0.0.1:1".into(), ..self.behind.kafka.clone() })
    }

    fn relay_on(store: Store, kafka: KafkaConfig) -> Running {
        let (outbox, relay) =
            Outbox::new(store, Arc::new(EventPublisher::new(kafka, KafkaHealth::default())), Uuid::new_v4());
        let stop = CancellationToken::new();
        let task = tokio::spawn(relay.run(stop.clone()));
        Running { outbox, stop, task }
    }

    /// Starts a server with only the role of relay.
    async fn process(&self) -> Process {
        let mut environment = self.stack.environment();
        environment.push(("ONBOARD_ROLES", "relay".to_owned()));
        environment.push(("ONBOARD_SECRET", "a-secret-of-more-than-32-characters".to_owned()));
        Process::start(&self.stack.data("relay"), &environment).await
    }

    /// Commits an event as a command does in the process of `outbox`, which may have a relay.
    async fn commit(&self, customer: Uuid, sequence: u64, outbox: &Outbox) {
        let (event, lease) = (event(customer, sequence), outbox.lease());
        self.store.append(&event, lease).await.unwrap();
        outbox.announce(&event, lease);
    }

    async fn commit_all(&self, customers: &[Uuid], sequence: u64, outbox: &Outbox) {
        let commits = customers.iter().map(|customer| self.commit(*customer, sequence, outbox));
        futures::stream::iter(commits).buffer_unordered(CONCURRENT).collect::<()>().await;
    }

    async fn all_published(&self) {
        eventually("all published", async || self.store.unpublished().await.unwrap().is_empty().then_some(())).await;
    }

    /// Asserts that all `events` are published and that their first publications are in sequence. Returns the number of
    /// repeated publications.
    async fn assert_in_order(&self, events: usize) -> usize {
        let published = self.behind.published().await;
        let mut last: HashMap<Uuid, u64> = HashMap::new();
        let mut repeated = 0;
        for event in &published {
            let last = last.entry(event.customer_id).or_default();
            if event.sequence > *last {
                assert_eq!(event.sequence, *last + 1, "out of order: {event:?}");
                *last = event.sequence;
            } else {
                repeated += 1;
            }
        }
        assert_eq!(published.len() - repeated, events);
        repeated
    }

    async fn leases(&self) -> Vec<(Uuid, i64)> {
        let of = |row: &HashMap<String, AttributeValue>| {
            let by = row.get("claimedBy")?.as_s().unwrap().parse().unwrap();
            Some((by, row["claimedUntil"].as_n().unwrap().parse().unwrap()))
        };
        self.behind.rows(Table::KafkaEvents).await.iter().filter_map(of).collect()
    }
}

fn event(customer_id: Uuid, sequence: u64) -> Envelope {
    let timestamp = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    // One type, so that the order within its partition is the order of publication.
    let data = EventData::WorkflowError(WorkflowError {
        stage: Stage::SubmitUserInfo,
        code: "validation_failed".into(),
        message: "For a test.".into(),
        retryable: true,
        refused: true,
        fields: Vec::new(),
        caused_by: None,
    });
    Envelope {
        event_id: Uuid::now_v7(),
        source: Stage::SubmitUserInfo.into(),
        customer_id,
        application_id: ApplicationId::new(customer_id, timestamp),
        sequence,
        schema_version: SCHEMA_VERSION,
        timestamp,
        data,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_relays_publish_each_event_once_and_in_order() {
    const CUSTOMERS: usize = 60;
    const EACH: u64 = 6;
    let log = Log::start().await;
    let relays = [log.relay(), log.relay(), log.relay()];
    let outboxes: Vec<Outbox> = relays
        .iter()
        .map(|relay| relay.outbox.clone())
        .chain([Outbox::without_relay(), Outbox::without_relay()])
        .collect();

    // The events of a customer come from different instances, with and without a relay.
    let customers = (0..CUSTOMERS).map(|number| {
        let (log, outboxes) = (&log, &outboxes);
        async move {
            let customer = Uuid::new_v4();
            for sequence in 1..=EACH {
                log.commit(customer, sequence, &outboxes[(number + 3 * sequence as usize) % outboxes.len()]).await;
            }
        }
    });
    futures::stream::iter(customers).buffer_unordered(CONCURRENT).collect::<()>().await;
    log.all_published().await;
    assert_eq!(log.assert_in_order(CUSTOMERS * EACH as usize).await, 0, "published twice");
    assert_eq!(log.leases().await.len(), 0, "publication ends leases");
    for relay in relays {
        relay.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_dead_relay_are_taken_over() {
    const CUSTOMERS: usize = 50;
    let log = Log::start().await;
    let (dying, successor) = (log.disconnected_relay(), log.relay());
    let customers: Vec<Uuid> = (0..CUSTOMERS).map(|_| Uuid::new_v4()).collect();
    log.commit_all(&customers, 1, &dying.outbox).await;
    let (holder, newest) = log.leases().await.into_iter().max_by_key(|(_, until)| *until).unwrap();
    log.commit_all(&customers, 2, &successor.outbox).await;
    // A living relay renews its leases, so no later event of its customers is published.
    eventually("every lease is renewed", async || {
        let held: Vec<_> = log.leases().await.into_iter().filter(|(by, _)| *by == holder).collect();
        (held.len() == CUSTOMERS && held.iter().all(|(_, until)| *until > newest)).then_some(())
    })
    .await;
    assert_eq!(log.behind.published().await.len(), 0);

    let began = Instant::now();
    dying.kill().await;
    log.all_published().await;
    println!("events of {CUSTOMERS} customers taken over from a dead relay within {:?}", began.elapsed());
    log.assert_in_order(2 * CUSTOMERS).await;
    successor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_relay_releases_unpublished_events() {
    let log = Log::start().await;
    let stopping = log.disconnected_relay();
    // Few enough to be released within the two seconds of a stop, on a busy machine too.
    let customers: Vec<Uuid> = (0..10).map(|_| Uuid::new_v4()).collect();
    log.commit_all(&customers, 1, &stopping.outbox).await;
    assert_eq!(log.leases().await.len(), 10);
    let outbox = stopping.outbox.clone();
    stopping.stop().await;
    assert_eq!(log.leases().await.len(), 0);
    // A stopped relay takes no new lease.
    assert_eq!(outbox.lease(), None);
    let successor = log.relay();
    log.all_published().await;
    log.assert_in_order(10).await;
    successor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_relay_keeps_the_order_when_it_resumes() {
    const CUSTOMERS: u64 = 100;
    let log = Log::start().await;
    let stalled = log.process().await;
    let elsewhere = Outbox::without_relay();
    let mut customers = Vec::new();
    // It is stopped again until it happens to hold a lease.
    let mut held = Vec::new();
    for _ in 0..5 {
        let new: Vec<Uuid> = (0..CUSTOMERS).map(|_| Uuid::new_v4()).collect();
        for sequence in 1..=3 {
            log.commit_all(&new, sequence, &elsewhere).await;
        }
        customers.extend(new);
        stalled.signal("STOP");
        held = log.leases().await;
        if !held.is_empty() {
            break;
        }
        stalled.signal("CONT");
    }
    assert!(!held.is_empty(), "the relay held no lease");

    let successor = log.relay();
    log.all_published().await;
    let before = log.assert_in_order(3 * customers.len()).await;
    // The stalled relay resumes with its state from before, concurrently with the other.
    stalled.signal("CONT");
    for sequence in 4..=6 {
        log.commit_all(&customers, sequence, &successor.outbox).await;
    }
    log.all_published().await;
    let repeated = log.assert_in_order(6 * customers.len()).await;
    println!(
        "{} leases of a stalled relay; published twice: {before} before it resumed, {repeated} in all",
        held.len()
    );
    successor.stop().await;
    stalled.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unroutable_events_do_not_hide_others() {
    let log = Log::start().await;
    // More events than one sweep lists, older than all others of their shard.
    let in_first_shard = || Uuid::from_u128(Uuid::new_v4().as_u128() & !0xff);
    let puts = (0..350).map(|number| {
        log.behind
            .dynamodb
            .put_item()
            .table_name(log.behind.names.name(Table::KafkaEvents))
            .item("customerId", AttributeValue::S(in_first_shard().to_string()))
            .item("sequence", AttributeValue::N("1".into()))
            .item("event", AttributeValue::S("{}".into()))
            .item("unpublished", AttributeValue::S("0".into()))
            .item("unpublishedSince", AttributeValue::S(format!("2020-01-01T00:00:00.000Z#{number}")))
            .send()
    });
    futures::stream::iter(puts).buffer_unordered(CONCURRENT).for_each(async |put| drop(put.unwrap())).await;
    let customers: Vec<Uuid> = (0..20).map(|_| in_first_shard()).collect();
    log.commit_all(&customers, 1, &Outbox::without_relay()).await;
    let relay = log.relay();
    let wanted: HashSet<Uuid> = customers.into_iter().collect();
    eventually("the others are published", async || {
        let published: HashSet<Uuid> = log.behind.published().await.iter().map(|event| event.customer_id).collect();
        (published == wanted).then_some(())
    })
    .await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_publishes_an_event_of_a_newer_version_unchanged() {
    let log = Log::start().await;
    let customer = Uuid::new_v4();
    log.commit(customer, 1, &Outbox::without_relay()).await;
    // An event of a newer version, in a layout that this version does not write.
    let mut newer = serde_json::to_value(event(customer, 1)).unwrap();
    newer["schemaVersion"] = 2.into();
    newer["data"]["unknown"] = "field".into();
    let newer = serde_json::to_string_pretty(&newer).unwrap();
    log.behind
        .dynamodb
        .update_item()
        .table_name(log.behind.names.name(Table::KafkaEvents))
        .key("customerId", AttributeValue::S(customer.to_string()))
        .key("sequence", AttributeValue::N("1".into()))
        .update_expression("SET #event = :event")
        .expression_attribute_names("#event", "event")
        .expression_attribute_values(":event", AttributeValue::S(newer.clone()))
        .send()
        .await
        .unwrap();
    let relay = log.relay();
    log.all_published().await;
    assert_eq!(log.behind.payloads().await, [newer.into_bytes()]);
    relay.stop().await;
}

/// Counts requests by operation.
#[derive(Clone, Debug, Default)]
struct Requests {
    reads: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
    sweeps: Arc<AtomicUsize>,
}

impl Requests {
    /// The number of reads, without sweeps, and of writes.
    fn so_far(&self) -> (usize, usize) {
        (self.reads.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }
}

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn read_before_transmit(
        &self,
        context: &aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let sweep = request.body().bytes().is_some_and(|body| String::from_utf8_lossy(body).contains("IndexName"));
        match request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next()) {
            Some("Query") if sweep => &self.sweeps,
            Some("Query" | "GetItem") => &self.reads,
            _ => &self.writes,
        }
        .fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn announced_event_takes_one_write_and_no_read() {
    const CUSTOMERS: usize = 10;
    let log = Log::start().await;
    let counted = Requests::default();
    let config = log.stack.config("counted", "");
    let aws = log.stack.backends(&config).await.aws;
    let client = aws_sdk_dynamodb::config::Builder::from(&aws).interceptor(counted.clone()).build();
    let store = Store::new(aws_sdk_dynamodb::Client::from_conf(client), log.behind.names.clone());
    let relay = Log::relay_on(store, log.behind.kafka.clone());
    let customers: Vec<Uuid> = (0..CUSTOMERS).map(|_| Uuid::new_v4()).collect();
    // Repeated, because a slow machine may need a second write: a lease is renewed at half of its time.
    let mut taken = Vec::new();
    for sequence in 1..=20 {
        let before = counted.so_far();
        log.commit_all(&customers, sequence, &relay.outbox).await;
        log.all_published().await;
        let after = counted.so_far();
        taken.push((after.0 - before.0, after.1 - before.1));
        if taken.last() == Some(&(0, CUSTOMERS)) {
            break;
        }
    }
    assert_eq!(taken.last(), Some(&(0, CUSTOMERS)), "reads and writes: {taken:?}");
    relay.stop().await;
}
