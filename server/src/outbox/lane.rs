//! One customer's events, one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;

use domain::event::Envelope;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::Hint;
use crate::kafka::{EventPublisher, PublishError};
use crate::store::{self, Claim, LEASE, Store, StoreError, Tail, Turn, Unpublished};

/// Requests to the event log at once, and, so that they do not wait behind these, marks.
const REQUESTS: usize = 16;
/// How often another relay may be quicker before this one leaves a customer to it for the moment.
const CONTENDED: u32 = 3;

/// What lanes publish with.
#[derive(Clone)]
pub(super) struct Lane {
    pub store: Store,
    pub(super) publisher: Arc<EventPublisher>,
    me: Uuid,
    requests: Arc<Semaphore>,
    marks: Arc<Semaphore>,
}

/// A customer's events to be published.
pub(super) struct Job {
    pub customer: Uuid,
    /// The last sequence known to be published.
    pub published: Option<u64>,
    /// What is told of the events after it.
    pub hinted: BTreeMap<u64, Hint>,
}

/// How a job went.
pub(super) struct Served {
    pub job: Job,
    /// How many events Kafka acknowledged.
    pub delivered: usize,
    pub ended: Ended,
}

/// Why a job ended.
pub(super) enum Ended {
    /// Everything that was told of or found is published.
    Done,
    /// Another relay has the next event until then, by the machine's time in milliseconds.
    Theirs { until: i64 },
    /// Kafka does not take it.
    Kafka(PublishError),
    /// The event log does not answer.
    Store(StoreError),
    /// This build cannot read the next event, and gave it back.
    Unreadable(StoreError),
}

impl Lane {
    pub fn new(store: Store, publisher: Arc<EventPublisher>, me: Uuid) -> Self {
        let places = || Arc::new(Semaphore::new(REQUESTS));
        Self { store, publisher, me, requests: places(), marks: places() }
    }

    /// Publishes the customer's events in sequence, each when the one before it is acknowledged, as far as they are
    /// this relay's to publish.
    pub async fn serve(self, mut job: Job) -> Served {
        let mut delivered = 0;
        let ended = match self.publish_all(&mut job, &mut delivered).await {
            Ok(()) => Ended::Done,
            Err(ended) => ended,
        };
        Served { job, delivered, ended }
    }

    async fn publish_all(&self, job: &mut Job, delivered: &mut usize) -> Result<(), Ended> {
        let mut found: Option<VecDeque<Unpublished>> = None;
        let mut contended = 0;
        loop {
            let published = job.published.unwrap_or(0);
            job.hinted = job.hinted.split_off(&(published + 1));
            // What follows upon what is known, under a claim that lasts, needs no look into the log.
            let next = job.hinted.first_entry().filter(|next| {
                let lasts = next.get().claim.is_some_and(|claim| claim.lasts(self.me, store::now()));
                *next.key() == published + 1 && lasts
            });
            let event = match next {
                Some(next) => next.remove().event,
                None => {
                    let rows = match &mut found {
                        Some(rows) if rows.is_empty() && job.hinted.is_empty() => return Ok(()),
                        Some(rows) if !rows.is_empty() => rows,
                        None if job.hinted.is_empty() && *delivered > 0 => return Ok(()),
                        _ => {
                            let tail = self.tail(job.customer, published).await?;
                            job.published = Some(tail.published);
                            if tail.unpublished.is_empty() {
                                return Ok(());
                            }
                            found = Some(tail.unpublished.into());
                            continue;
                        }
                    };
                    let Some(row) = rows.pop_front() else { continue };
                    // A hint was quicker.
                    if job.published.is_some_and(|published| row.sequence <= published) {
                        continue;
                    }
                    match Claim::turn(row.claim, self.me, store::now()) {
                        Turn::Theirs { until } => return Err(Ended::Theirs { until }),
                        Turn::Ours | Turn::Open => match self.take(job.customer, row.sequence).await? {
                            Some(event) => event,
                            None if contended < CONTENDED => {
                                contended += 1;
                                found = None;
                                continue;
                            }
                            None => return Err(Ended::Theirs { until: store::now() }),
                        },
                    }
                }
            };
            self.publish(&event).await?;
            *delivered += 1;
            job.published = Some(event.sequence);
        }
    }

    async fn tail(&self, customer: Uuid, published: u64) -> Result<Tail, Ended> {
        let _place = self.requests.acquire().await;
        self.store.tail(customer, published).await.map_err(Ended::Store)
    }

    /// Claims an event. None where another relay was quicker.
    async fn take(&self, customer: Uuid, sequence: u64) -> Result<Option<Envelope>, Ended> {
        let place = self.requests.acquire().await;
        match self.store.claim_event(customer, sequence, self.me).await {
            Ok(event) => Ok(event),
            Err(error @ StoreError::Item { .. }) => {
                drop(place);
                self.give_back(customer, sequence).await;
                Err(Ended::Unreadable(error))
            }
            Err(error) => Err(Ended::Store(error)),
        }
    }

    async fn publish(&self, event: &Envelope) -> Result<(), Ended> {
        let published = tokio::select! {
            published = self.publisher.publish(event) => published,
            never = self.keep(event) => match never {},
        };
        match published {
            Ok(_) => {
                // Until it is marked, another relay would publish it again.
                tokio::select! {
                    () = self.mark(event.customer_id, event.sequence) => Ok(()),
                    never = self.keep(event) => match never {},
                }
            }
            Err(error) => {
                // Perhaps another relay reaches Kafka.
                self.give_back(event.customer_id, event.sequence).await;
                Err(Ended::Kafka(error))
            }
        }
    }

    /// Keeps the claim while Kafka or the event log takes its time. Should it be lost all the same, the event may be published twice.
    async fn keep(&self, event: &Envelope) -> Infallible {
        loop {
            tokio::time::sleep(LEASE / 2).await;
            let _place = self.requests.acquire().await;
            if let Err(error) = self.store.claim_event(event.customer_id, event.sequence, self.me).await {
                tracing::debug!(%error, "a claim was not renewed");
            }
        }
    }

    /// Takes a published event out of the outbox. The mark is only what spares a second publication: the sweep writes
    /// it otherwise.
    pub async fn mark(&self, customer: Uuid, sequence: u64) {
        let _place = self.marks.acquire().await;
        if let Err(error) = self.store.mark_published(customer, sequence).await {
            tracing::debug!(%error, "a published event is not marked yet");
        }
    }

    async fn give_back(&self, customer: Uuid, sequence: u64) {
        let _place = self.requests.acquire().await;
        // Else the claim ends by itself.
        let _ = self.store.release_event(customer, sequence, self.me).await;
    }
}
