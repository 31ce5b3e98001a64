//! The relay: publishes what the event log holds unpublished, in sequence order per customer, and marks it after
//! Kafka's acknowledgement.
//!
//! Commands hint at what they committed, so that an event leaves at once. A sweep over the log finds whatever hints
//! do not tell: a stop between commit and publication, a broker that was away, a full queue of hints.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::event::Envelope;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::kafka::EventPublisher;
use crate::store::{Store, StoreError};

/// Hints that wait; one that finds no room is left to the sweep.
const HINTS: usize = 10_000;
/// Hints taken at once.
const BATCH: usize = 500;
/// How often the log is swept.
const SWEEP: Duration = Duration::from_secs(1);
/// Marks written at once.
const MARKS: usize = 16;
/// Customers whose last published sequence is remembered; more are forgotten together, at the cost of a read each.
const REMEMBERED: usize = 100_000;

/// Where commands hint at committed events.
#[derive(Clone)]
pub struct Outbox {
    hints: mpsc::Sender<Envelope>,
}

impl Outbox {
    /// A place for hints, and the relay that takes them.
    pub fn new(store: Store, publisher: Arc<EventPublisher>) -> (Self, Relay) {
        let (hints, taken) = mpsc::channel(HINTS);
        (Self { hints }, Relay { store, publisher, hints: taken, published: HashMap::new() })
    }

    /// Where hints go that nobody here takes: a relay in another process finds the events by itself.
    pub fn elsewhere() -> Self {
        Self { hints: mpsc::channel(1).0 }
    }

    /// Tells of a committed event. Never waits, never fails: the sweep finds what is not told.
    pub fn hint(&self, event: Envelope) {
        let _ = self.hints.try_send(event);
    }
}

/// Publishes what is unpublished. One of it runs.
pub struct Relay {
    store: Store,
    publisher: Arc<EventPublisher>,
    hints: mpsc::Receiver<Envelope>,
    /// The last sequence known to be published, by customer.
    published: HashMap<Uuid, u64>,
}

/// Events to publish, in sequence, by customer.
type Queues = HashMap<Uuid, BTreeMap<u64, Envelope>>;

impl Relay {
    /// Runs until `stop`, then publishes what was hinted before it.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let round = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // Before the hints, which may never run dry.
                _ = sweep.tick() => self.sweep().await,
                taken = self.hints.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        break;
                    }
                    self.relay_hints(batch.drain(..)).await
                }
            };
            if let Err(error) = round {
                tracing::warn!(%error, "the outbox could not be read; the next sweep tries again");
            }
        }
        self.hints.close();
        while let Ok(event) = self.hints.try_recv() {
            batch.push(event);
        }
        if let Err(error) = self.relay_hints(batch.drain(..)).await {
            tracing::warn!(%error, "what was committed last is published after the next start");
        }
    }

    async fn relay_hints(&mut self, hints: impl Iterator<Item = Envelope>) -> Result<(), StoreError> {
        let mut queues = Queues::new();
        for event in hints {
            queues.entry(event.customer_id).or_default().insert(event.sequence, event);
        }
        for (customer, queue) in &mut queues {
            let published = self.published.get(customer).copied();
            queue.retain(|sequence, _| published.is_none_or(|published| *sequence > published));
            let (Some(&first), Some(&last)) = (queue.keys().next(), queue.keys().next_back()) else { continue };
            let follows = first == published.unwrap_or(0) + 1 && last - first + 1 == queue.len() as u64;
            if !follows {
                // Something before these is not known to be published: the log tells.
                let events = self.store.unpublished_up_to(*customer, last).await?;
                *queue = events.into_iter().map(|event| (event.sequence, event)).collect();
            }
        }
        self.publish(queues).await;
        Ok(())
    }

    async fn sweep(&mut self) -> Result<(), StoreError> {
        let found = self.store.unpublished().await?;
        metrics::gauge!("onboard_outbox_unpublished").set(found.len() as f64);
        let mut newest: HashMap<Uuid, u64> = HashMap::new();
        for event in found {
            // Published, and the mark is still to come or was lost: marking again is enough.
            if self.published.get(&event.customer_id).is_some_and(|published| event.sequence <= *published) {
                if let Err(error) = self.store.mark_published(event.customer_id, event.sequence).await {
                    tracing::warn!(%error, "a published event is not marked yet");
                }
                continue;
            }
            let sequence = newest.entry(event.customer_id).or_default();
            *sequence = event.sequence.max(*sequence);
        }
        let mut queues = Queues::new();
        for (customer, sequence) in newest {
            let events = match self.store.unpublished_up_to(customer, sequence).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::error!(%customer, %error, "a customer's events cannot be published");
                    continue;
                }
            };
            queues.insert(customer, events.into_iter().map(|event| (event.sequence, event)).collect());
        }
        self.publish(queues).await;
        Ok(())
    }

    /// Publishes one event of each customer at a time: should one fail, none of its successors is ahead of it.
    async fn publish(&mut self, mut queues: Queues) {
        loop {
            let round: Vec<Envelope> = queues.values_mut().filter_map(|q| q.pop_first().map(|(_, e)| e)).collect();
            if round.is_empty() {
                return;
            }
            let deliveries = self.publisher.publish_batch(&round).await;
            let mut acknowledged = Vec::with_capacity(round.len());
            for (event, delivery) in round.iter().zip(deliveries) {
                match delivery {
                    Ok(_) => acknowledged.push((event.customer_id, event.sequence)),
                    Err(error) => {
                        tracing::warn!(%error, event = %event.event_id, "not published yet; a sweep tries again");
                        queues.remove(&event.customer_id);
                    }
                }
            }
            if self.published.len() > REMEMBERED {
                self.published.clear();
            }
            self.published.extend(acknowledged.iter().copied());
            let store = &self.store;
            futures::stream::iter(acknowledged)
                .for_each_concurrent(MARKS, |(customer, sequence)| async move {
                    // The mark is only what spares a second publication; the sweep writes it otherwise.
                    if let Err(error) = store.mark_published(customer, sequence).await {
                        tracing::warn!(%error, "a published event is not marked yet");
                    }
                })
                .await;
        }
    }
}
