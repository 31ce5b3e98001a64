//! How many events pass through the broker with our publisher and our consumers, and how long one takes to be published.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use domain::event::{ApplicationId, Envelope, EventData, EventType, SCHEMA_VERSION, UserInfo};
use embedded::Stack;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use server::kafka::{EventPublisher, HandleError, Handler, ParkError, RawMessage, ensure_topics, run};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Outcome;
use crate::figures::{milliseconds, rate, row, spread};
use crate::program::{Program, value};
use crate::site::{Addresses, Choice, Site};

/// Events that are given to the publisher together, as the relay does under load.
const BATCH: u32 = 500;
/// How many are published one at a time, and how far apart.
const SINGLE: u32 = 1_000;
const PACE: Duration = Duration::from_millis(10);
/// How many are written to the log at a time before the consumers' effects are measured.
const SEED_AT_ONCE: usize = 16;
/// How long the server may take for what waits.
const PATIENCE: Duration = Duration::from_secs(600);

/// Measures publication to acknowledgement, then consumption to the committed end.
pub async fn measure(choice: Choice, events: u32) -> Outcome<()> {
    let site = Site::new(choice)?;
    let stack = own_stack(&site).await?;
    let behind = site.behind(stack.as_ref().map(Addresses::from).as_ref()).await?;
    ensure_topics(&behind.kafka, site.replication()).await?;
    let publisher = EventPublisher::new(behind.kafka.clone());
    publisher.ping().await?;

    let mut pace = tokio::time::interval(PACE);
    let mut times = Vec::new();
    for _ in 0..SINGLE {
        pace.tick().await;
        let event = event();
        let given = Instant::now();
        publisher.publish(&event).await?;
        times.push(given.elapsed());
    }
    row("Publish an event, given to the publisher until acknowledged, one every 10 ms", &spread(times));

    let started = Instant::now();
    publish(&publisher, (0..events).map(|_| event())).await?;
    row("Published and acknowledged, batches of 500", &rate(events as usize, started.elapsed()));

    let all = events + SINGLE;
    let counting = Arc::new(Counting { left: AtomicU32::new(all), first: OnceLock::new(), done: Notify::new() });
    let stop = CancellationToken::new();
    let started = Instant::now();
    let consuming =
        tokio::spawn(run(behind.kafka.clone(), EventType::UserInfoSubmitted, counting.clone(), stop.clone()));
    counting.done.notified().await;
    let first = counting.first.get().copied().unwrap_or(started);
    row("Consumed by a handler that only counts", &rate(all as usize, first.elapsed()));
    row("Joining the group before that, until the first event", &milliseconds(first - started));
    stop.cancel();
    consuming.await??;
    drop(publisher);
    if let Some(stack) = stack {
        stack.stop().await;
    }
    Ok(())
}

/// Measures consumption with effects: what waits in Kafka before the server is started, from the first event's `handledAt`
/// to the last one's. The start and the joining of the groups are not in it.
pub async fn measure_effects(server: &Path, choice: Choice, events: u32) -> Outcome<()> {
    let site = Site::new(choice)?;
    let stack = own_stack(&site).await?;
    let behind = site.behind(stack.as_ref().map(Addresses::from).as_ref()).await?;
    behind.make_tables().await?;
    ensure_topics(&behind.kafka, site.replication()).await?;
    let publisher = EventPublisher::new(behind.kafka.clone());
    let waiting: Vec<Envelope> = (0..events).map(|_| event()).collect();
    futures::stream::iter(&waiting)
        .map(async |event| {
            behind.store.append(event, None).await?;
            // The relay of the server has nothing to do with them.
            behind.store.mark_published(event.customer_id, event.sequence).await
        })
        .buffer_unordered(SEED_AT_ONCE)
        .try_collect::<()>()
        .await?;
    publish(&publisher, waiting.into_iter()).await?;
    publisher.flush(Duration::from_secs(10)).await?;
    if let Some(stack) = stack {
        stack.stop().await;
    }

    let program = Program::start(server, &site.whole(), &[]).await?;
    // Reading the log would take from what is measured; the server's own count does not.
    let mut look = tokio::time::interval(Duration::from_millis(100));
    let started = Instant::now();
    loop {
        look.tick().await;
        if started.elapsed() > PATIENCE {
            return Err(format!("{events} events were not handled within {} s", PATIENCE.as_secs()).into());
        }
        let topic = format!("topic=\"{}\"", EventType::UserInfoSubmitted.topic());
        let metrics = program.metrics().await?;
        let consumed = value(&metrics, "onboard_kafka_consumed_total", &[&topic, "outcome=\"handled\""]);
        if consumed.is_some_and(|consumed| consumed >= f64::from(events)) {
            break;
        }
    }
    let behind = site.behind(program.stack.as_ref()).await?;
    let mut handled: Vec<Timestamp> =
        behind.log().await?.into_values().flatten().filter_map(|logged| logged.handled_at).collect();
    handled.sort_unstable();
    let (Some(first), Some(last)) = (handled.first(), handled.last()) else { return Err("nothing was handled".into()) };
    let took = last.duration_since(*first).unsigned_abs();
    row(
        "Consumed with effects (read model, audit line and mark in one transaction), one topic",
        &rate(handled.len(), took),
    );
    program.stop().await
}

/// The embedded stack by itself, where that is what is measured.
async fn own_stack(site: &Site) -> Outcome<Option<Stack>> {
    match site.choice {
        Choice::Embedded => Ok(Some(Stack::start(&site.data("server")).await?)),
        Choice::Cluster => Ok(None),
    }
}

async fn publish(publisher: &EventPublisher, mut events: impl Iterator<Item = Envelope>) -> Outcome<()> {
    loop {
        let batch: Vec<Envelope> = events.by_ref().take(BATCH as usize).collect();
        if batch.is_empty() {
            return Ok(());
        }
        for delivery in publisher.publish_batch(&batch).await {
            delivery?;
        }
    }
}

/// Does nothing but count.
struct Counting {
    left: AtomicU32,
    first: OnceLock<Instant>,
    done: Notify,
}

impl Handler for Counting {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
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

/// An event of a customer of its own.
fn event() -> Envelope {
    let now = Timestamp::now();
    let customer_id = Uuid::new_v4();
    Envelope {
        event_id: Uuid::now_v7(),
        source: "bench".to_owned(),
        customer_id,
        application_id: ApplicationId::new(customer_id, now),
        sequence: 1,
        schema_version: SCHEMA_VERSION,
        timestamp: now,
        data: EventData::UserInfoSubmitted(UserInfo::default()),
    }
}
