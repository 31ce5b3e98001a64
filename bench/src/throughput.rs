//! The throughput of publisher and consumers, and the latency of publishing.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use domain::event::{ApplicationId, Envelope, EventData, EventType, SCHEMA_VERSION, Stage, UserInfo};
use embedded::Stack;
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use server::kafka::{EventPublisher, HandleError, Handler, KafkaHealth, ParkError, RawMessage, ensure_topics, run};
use server::raw_event::RawEvent;
use server::stack_file::StackAddresses;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::BenchResult;
use crate::cluster_env::{ClusterEnv, StackChoice};
use crate::program::{Program, value};
use crate::report::{milliseconds, rate, row, spread};

/// Number of events that are published together, as the relay does under load.
const BATCH: u32 = 500;
/// Number of events that are published one at a time, and the interval.
const SINGLE: u32 = 1_000;
const PACE: Duration = Duration::from_millis(10);
/// Number of concurrent writes to the log before the measurement of the effects.
const SEED_CONCURRENCY: usize = 16;
/// Time limit for handling all events.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Measures publication until acknowledgement, then consumption until the last event.
pub async fn measure(choice: StackChoice, events: u32) -> BenchResult<()> {
    let env = ClusterEnv::new(choice)?;
    let stack = own_stack(&env).await?;
    let probe = env.probe(stack.as_ref().map(StackAddresses::of).as_ref()).await?;
    ensure_topics(&probe.kafka, env.replication()).await?;
    let publisher = EventPublisher::new(probe.kafka.clone(), KafkaHealth::default());
    publisher.ping().await?;

    let mut pace = tokio::time::interval(PACE);
    let mut times = Vec::new();
    for _ in 0..SINGLE {
        pace.tick().await;
        let event = RawEvent::write(&event())?;
        let given = Instant::now();
        publisher.publish(&event).await?;
        times.push(given.elapsed());
    }
    row("Publish an event, call to acknowledgement, one every 10 ms", &spread(times));

    let started = Instant::now();
    publish(&publisher, (0..events).map(|_| event())).await?;
    row("Published and acknowledged, batches of 500", &rate(events as usize, started.elapsed()));

    let all = events + SINGLE;
    let counting = Arc::new(Counting { left: AtomicU32::new(all), first: OnceLock::new(), done: Notify::new() });
    let stop = CancellationToken::new();
    let started = Instant::now();
    let consuming = tokio::spawn(run(
        probe.kafka.clone(),
        KafkaHealth::default(),
        EventType::UserInfoSubmitted,
        counting.clone(),
        stop.clone(),
    ));
    counting.done.notified().await;
    let first = counting.first.get().copied().unwrap_or(started);
    row("Consumed by a counting handler", &rate(all as usize, first.elapsed()));
    row("Group join, start to first event", &milliseconds(first - started));
    stop.cancel();
    consuming.await??;
    drop(publisher);
    if let Some(stack) = stack {
        stack.stop().await;
    }
    Ok(())
}

/// Measures consumption with effects. The events are in Kafka before the server starts, and the duration is from the
/// first `handledAt` to the last, so that the start and the joining of the groups are not included.
pub async fn measure_effects(server: &Path, choice: StackChoice, events: u32) -> BenchResult<()> {
    let env = ClusterEnv::new(choice)?;
    let stack = own_stack(&env).await?;
    let probe = env.probe(stack.as_ref().map(StackAddresses::of).as_ref()).await?;
    probe.make_tables().await?;
    ensure_topics(&probe.kafka, env.replication()).await?;
    let publisher = EventPublisher::new(probe.kafka.clone(), KafkaHealth::default());
    let waiting: Vec<Envelope> = (0..events).map(|_| event()).collect();
    futures::stream::iter(&waiting)
        .map(async |event| {
            probe.store.append(event, None).await?;
            // The relay of the server must not publish them.
            probe.store.mark_published(event.customer_id, event.sequence).await
        })
        .buffer_unordered(SEED_CONCURRENCY)
        .try_collect::<()>()
        .await?;
    publish(&publisher, waiting.into_iter()).await?;
    publisher.flush(Duration::from_secs(10)).await?;
    if let Some(stack) = stack {
        stack.stop().await;
    }

    let program = Program::start(server, &env.whole(), &[]).await?;
    // Polls the server's counter, because reading the log would slow the server down.
    let mut look = tokio::time::interval(Duration::from_millis(100));
    let started = Instant::now();
    loop {
        look.tick().await;
        if started.elapsed() > TIMEOUT {
            return Err(format!("{events} events were not handled within {} s", TIMEOUT.as_secs()).into());
        }
        let topic = format!("topic=\"{}\"", EventType::UserInfoSubmitted.topic());
        let metrics = program.metrics().await?;
        let consumed = value(&metrics, "onboard_kafka_consumed_total", &[&topic, "outcome=\"handled\""]);
        if consumed.is_some_and(|consumed| consumed >= f64::from(events)) {
            break;
        }
    }
    let probe = env.probe(program.stack.as_ref()).await?;
    let mut handled: Vec<Timestamp> =
        probe.log().await?.into_values().flatten().filter_map(|logged| logged.handled_at).collect();
    handled.sort_unstable();
    let (Some(first), Some(last)) = (handled.first(), handled.last()) else { return Err("nothing was handled".into()) };
    let took = last.duration_since(*first).unsigned_abs();
    row(
        "Consumed with effects (read model, audit line and mark in one transaction), one topic",
        &rate(handled.len(), took),
    );
    program.stop().await
}

/// The embedded stack in this process, if that is the stack to measure.
async fn own_stack(env: &ClusterEnv) -> BenchResult<Option<Stack>> {
    match env.choice {
        StackChoice::Embedded => Ok(Some(Stack::start(&env.data("server")).await?)),
        StackChoice::Cluster => Ok(None),
    }
}

async fn publish(publisher: &EventPublisher, mut events: impl Iterator<Item = Envelope>) -> BenchResult<()> {
    loop {
        // Each event belongs to another customer, so their order does not matter.
        let batch: Vec<RawEvent> =
            events.by_ref().take(BATCH as usize).map(|event| RawEvent::write(&event)).collect::<Result<_, _>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        for delivery in join_all(batch.iter().map(|event| publisher.publish(event))).await {
            delivery?;
        }
    }
}

/// A handler that only counts.
struct Counting {
    left: AtomicU32,
    first: OnceLock<Instant>,
    done: Notify,
}

impl Handler for Counting {
    async fn handle(&self, _: &Envelope, _: &str) -> Result<(), HandleError> {
        self.first.get_or_init(Instant::now);
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
        Ok(())
    }

    async fn park(&self, message: RawMessage) -> Result<(), ParkError> {
        Err(ParkError(message.reason))
    }
}

/// An event of a new customer.
fn event() -> Envelope {
    let now = Timestamp::now();
    let customer_id = Uuid::new_v4();
    Envelope {
        event_id: Uuid::now_v7(),
        source: Stage::SubmitUserInfo.into(),
        customer_id,
        application_id: ApplicationId::new(customer_id, now),
        sequence: 1,
        schema_version: SCHEMA_VERSION,
        timestamp: now,
        data: EventData::UserInfoSubmitted(UserInfo::default()),
    }
}
