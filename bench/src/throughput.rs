//! How many events pass through the embedded broker with our publisher and our consumer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use domain::event::{ApplicationId, Envelope, EventData, EventType, SCHEMA_VERSION, UserInfo};
use embedded::Stack;
use jiff::Timestamp;
use server::kafka::{EventPublisher, HandleError, Handler, KafkaConfig, ParkError, RawMessage, ensure_topics, run};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Outcome;
use crate::figures::{rate, row};

/// Events that are given to the publisher together, as the relay does under load.
const BATCH: u32 = 500;

/// Measures publication to acknowledgement, then consumption to the committed end.
pub async fn measure(events: u32) -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let stack = Stack::start(data.path()).await?;
    let config = KafkaConfig::embedded(&stack.kafka_bootstrap);
    ensure_topics(&config, 1).await?;
    let publisher = EventPublisher::new(config.clone());
    publisher.ping().await?;

    let started = Instant::now();
    for batch in 0..events.div_ceil(BATCH) {
        let count = BATCH.min(events - batch * BATCH);
        let told: Vec<Envelope> = (0..count).map(|_| event()).collect();
        for delivery in publisher.publish_batch(&told).await {
            delivery?;
        }
    }
    row("Events published and acknowledged", &rate(events as usize, started.elapsed()));

    let counting = Arc::new(Counting { left: AtomicU32::new(events), done: Notify::new() });
    let stop = CancellationToken::new();
    let started = Instant::now();
    let consuming = tokio::spawn(run(config, EventType::UserInfoSubmitted, counting.clone(), stop.clone()));
    counting.done.notified().await;
    row("Events consumed", &rate(events as usize, started.elapsed()));
    stop.cancel();
    consuming.await??;
    drop(publisher);
    stack.stop().await;
    Ok(())
}

/// Does nothing but count: what the consumers' effects take is in the latency.
struct Counting {
    left: AtomicU32,
    done: Notify,
}

impl Handler for Counting {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
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
