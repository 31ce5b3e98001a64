//! Publishes one customer's events, one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::Semaphore;
use uuid::Uuid;

use super::Announcement;
use super::acknowledged::Acknowledged;
use crate::kafka::{EventPublisher, PublishError};
use crate::raw_event::RawEvent;
use crate::store::{self, LEASE_TIME, Lease, LeaseStatus, Store, StoreError, Tail, Unpublished};

/// Concurrent requests to the event log, and concurrent marks, which do not wait behind the requests.
const REQUESTS: usize = 16;
/// After how many lost leases in a row this relay leaves a customer to the other one for the moment.
const MAX_LOST_LEASES: u32 = 3;

/// The context of all lanes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lane {
    pub store: Store,
    pub(super) publisher: Arc<EventPublisher>,
    pub(super) acknowledged: Acknowledged,
    me: Uuid,
    requests: Arc<Semaphore>,
    marks: Arc<Semaphore>,
}

/// A customer whose events are to be published.
pub(super) struct Job {
    pub customer: Uuid,
    /// The last sequence known to be published.
    pub published: Option<u64>,
    /// The announced events after it, by sequence.
    pub announced: BTreeMap<u64, Announcement>,
}

/// The result of a job.
pub(super) struct Served {
    pub job: Job,
    /// How many events Kafka acknowledged.
    pub delivered: usize,
    pub end: LaneEnd,
}

/// Why a job ended.
pub(super) enum LaneEnd {
    /// All announced and found events are published.
    Drained,
    /// Another relay holds the next event until then, by the machine's time in milliseconds.
    HeldElsewhere { until: i64 },
    /// The publication failed.
    PublishFailed(PublishError),
    /// The event log failed.
    StoreFailed(StoreError),
    /// This build cannot route the next event, and released it.
    Unroutable(Box<dyn std::error::Error + Send + Sync>),
}

impl Lane {
    pub fn new(store: Store, publisher: Arc<EventPublisher>, me: Uuid) -> Self {
        let permits = || Arc::new(Semaphore::new(REQUESTS));
        let acknowledged = Acknowledged::default();
        Self { store, publisher, acknowledged, me, requests: permits(), marks: permits() }
    }

    /// Publishes the customer's events in sequence, each after the one before it is acknowledged, until one is held by
    /// another relay or fails.
    pub async fn serve(self, mut job: Job) -> Served {
        let mut delivered = 0;
        let end = match self.publish_all(&mut job, &mut delivered).await {
            Ok(()) => LaneEnd::Drained,
            Err(end) => end,
        };
        Served { job, delivered, end }
    }

    async fn publish_all(&self, job: &mut Job, delivered: &mut usize) -> Result<(), LaneEnd> {
        let mut found: Option<VecDeque<Unpublished>> = None;
        let mut lost = 0;
        loop {
            let published = job.published.unwrap_or(0);
            job.announced = job.announced.split_off(&(published + 1));
            // An announced event that follows the last published one, under a lease that lasts, needs no read of the
            // log.
            let next = job.announced.first_entry().filter(|next| {
                let fresh = next.get().lease.is_some_and(|lease| lease.is_fresh(self.me, store::now()));
                *next.key() == published + 1 && fresh
            });
            let event = match next {
                Some(next) => next.remove().event,
                None => {
                    let rows = match &mut found {
                        Some(rows) if rows.is_empty() && job.announced.is_empty() => return Ok(()),
                        Some(rows) if !rows.is_empty() => rows,
                        None if job.announced.is_empty() && *delivered > 0 => return Ok(()),
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
                    // Published meanwhile, by its announcement.
                    if job.published.is_some_and(|published| row.sequence <= published) {
                        continue;
                    }
                    match Lease::status(row.lease, self.me, store::now()) {
                        LeaseStatus::HeldElsewhere { until } => return Err(LaneEnd::HeldElsewhere { until }),
                        LeaseStatus::Held | LeaseStatus::Free => match self.lease(job.customer, row.sequence).await? {
                            Some(event) => event,
                            None if lost < MAX_LOST_LEASES => {
                                lost += 1;
                                found = None;
                                continue;
                            }
                            None => return Err(LaneEnd::HeldElsewhere { until: store::now() }),
                        },
                    }
                }
            };
            self.publish(&event).await?;
            *delivered += 1;
            job.published = Some(event.sequence);
        }
    }

    async fn tail(&self, customer: Uuid, published: u64) -> Result<Tail, LaneEnd> {
        let _permit = self.requests.acquire().await;
        self.store.tail(customer, published).await.map_err(LaneEnd::StoreFailed)
    }

    /// Leases an event. None where another relay has leased or published it.
    async fn lease(&self, customer: Uuid, sequence: u64) -> Result<Option<RawEvent>, LaneEnd> {
        let permit = self.requests.acquire().await;
        match self.store.lease_event(customer, sequence, self.me).await {
            Ok(event) => Ok(event),
            // A row without an event. It is leased now.
            Err(error @ StoreError::Item { .. }) => {
                drop(permit);
                self.release(customer, sequence).await;
                Err(LaneEnd::Unroutable(error.into()))
            }
            Err(error) => Err(LaneEnd::StoreFailed(error)),
        }
    }

    async fn publish(&self, event: &RawEvent) -> Result<(), LaneEnd> {
        let published = tokio::select! {
            published = self.publisher.publish(event) => published,
            never = self.renew_lease(event) => match never {},
        };
        match published {
            Ok(_) if self.acknowledged.leave_to_consumer((event.customer_id, event.sequence)) => Ok(()),
            Ok(_) => {
                // Without the mark, another relay would publish it again once the lease expires.
                tokio::select! {
                    () = self.mark(event.customer_id, event.sequence) => Ok(()),
                    never = self.renew_lease(event) => match never {},
                }
            }
            Err(error) => {
                // Another relay may reach Kafka, or route the event.
                self.release(event.customer_id, event.sequence).await;
                Err(match error {
                    PublishError::Envelope(_) => LaneEnd::Unroutable(error.into()),
                    error => LaneEnd::PublishFailed(error),
                })
            }
        }
    }

    /// Renews the lease while the publication or the mark is in flight. If the lease is lost all the same, the event
    /// may be published twice.
    async fn renew_lease(&self, event: &RawEvent) -> Infallible {
        loop {
            tokio::time::sleep(LEASE_TIME / 2).await;
            let _permit = self.requests.acquire().await;
            if let Err(error) = self.store.lease_event(event.customer_id, event.sequence, self.me).await {
                tracing::debug!(%error, "lease not renewed");
            }
        }
    }

    /// Marks an event as published. If that fails, the next sweep tries again.
    pub async fn mark(&self, customer: Uuid, sequence: u64) {
        let _permit = self.marks.acquire().await;
        if let Err(error) = self.store.mark_published(customer, sequence).await {
            tracing::debug!(%error, "published event not marked yet");
        }
    }

    async fn release(&self, customer: Uuid, sequence: u64) {
        let _permit = self.requests.acquire().await;
        // If this fails, the lease expires.
        let _ = self.store.release_event(customer, sequence, self.me).await;
    }
}
