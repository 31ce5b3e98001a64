//! Gauges of what is found in the stores and in Kafka, asked at intervals and not at a scrape: several scrapers must not
//! multiply the requests, and a slow answer must not make a scrape fail.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rand::Rng;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::catalogue::Part;
use super::observe::seconds_of;
use super::start::has;
use crate::config::Config;
use crate::kafka::EventPublisher;
use crate::store::{Store, StoreError};

/// How often dependencies are asked, and waiting documents counted.
const EVERY: Duration = Duration::from_secs(10);
/// The time limit of each question.
const WITHIN: Duration = Duration::from_secs(5);
/// How often parked messages are counted, and how many days back.
const PARKED_EVERY: Duration = Duration::from_secs(300);
const PARKED_DAYS: i32 = 30;
/// How many waiting documents are counted: up to a page more.
const MOST_WAITING: usize = 500;

/// Watches the dependencies of one process.
#[derive(Clone)]
pub struct Watch {
    store: Store,
    kafka: Option<Arc<EventPublisher>>,
    counts_parked: bool,
    counts_documents: bool,
}

impl Watch {
    /// Watches for a process with these settings.
    pub fn new(config: &Config, store: Store, kafka: Option<Arc<EventPublisher>>) -> Self {
        Self { store, kafka, counts_parked: has(config, Part::Relay), counts_documents: has(config, Part::Reader) }
    }

    /// Sets the gauges until `stop`. A question without an answer leaves its gauge as it is; `onboard_ready` tells it.
    pub async fn run(self, stop: CancellationToken) {
        let watch = async {
            let mut parked = Instant::now();
            loop {
                self.ready().await;
                if self.counts_documents {
                    log_failed("waiting documents", timeout(WITHIN, self.documents()).await);
                }
                if self.counts_parked && parked <= Instant::now() {
                    parked = Instant::now() + PARKED_EVERY;
                    log_failed("parked messages", timeout(WITHIN * PARKED_DAYS.unsigned_abs(), self.parked()).await);
                }
                // Jitter, so that instances do not ask in step.
                let pause = EVERY.mul_f64(rand::rng().random_range(0.75..1.25));
                tokio::time::sleep(pause).await;
            }
        };
        let _ = stop.run_until_cancelled(watch).await;
    }

    async fn ready(&self) {
        let kafka = async {
            if let Some(kafka) = &self.kafka {
                let answers = matches!(timeout(WITHIN, kafka.ping()).await, Ok(Ok(_)));
                metrics::gauge!("onboard_ready", "dependency" => "kafka").set(if answers { 1.0 } else { 0.0 });
            }
        };
        let (dynamodb, ()) = tokio::join!(timeout(WITHIN, self.store.ping()), kafka);
        let answers = matches!(dynamodb, Ok(Ok(_)));
        metrics::gauge!("onboard_ready", "dependency" => "dynamodb").set(if answers { 1.0 } else { 0.0 });
    }

    #[allow(clippy::cast_precision_loss)] // a few hundred
    async fn documents(&self) -> Result<(), StoreError> {
        // No instance has the nil id, so documents that any instance is reading are left out.
        let waiting = self.store.documents_to_read(Uuid::nil(), MOST_WAITING).await?;
        let now = Timestamp::now();
        let oldest = waiting.iter().map(|document| document.pending.since).min();
        let age = oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
        metrics::gauge!("onboard_documents_waiting").set(waiting.len() as f64);
        metrics::gauge!("onboard_documents_oldest_wait_seconds").set(age);
        metrics::gauge!("onboard_documents_counted_timestamp_seconds").set(seconds_of(now));
        Ok(())
    }

    #[allow(clippy::cast_precision_loss)] // far below 2^52
    async fn parked(&self) -> Result<(), StoreError> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let mut open: usize = 0;
        for ago in 0..=PARKED_DAYS {
            if let Ok(day) = today.checked_sub(ago.days()) {
                open += self.store.open_parked(day).await?;
            }
        }
        metrics::gauge!("onboard_messages_parked_open").set(open as f64);
        Ok(())
    }
}

/// Logs a count that failed, at `debug`: `onboard_ready` tells an outage, and the next count repeats it.
fn log_failed(what: &str, counted: Result<Result<(), StoreError>, tokio::time::error::Elapsed>) {
    match counted {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, what, "gauge not set"),
        Err(_) => tracing::debug!(what, "gauge not set in time"),
    }
}
