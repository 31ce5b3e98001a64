//! The relay: which customers are served when.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Announcement;
use super::acknowledged::Position;
use super::lane::{Job, Lane, LaneEnd, Served};
use super::outage::Outage;
use super::sweep::{Cursors, Found, release_all, sweep};
use crate::kafka::EventPublisher;
use crate::live::Peers;
use crate::store::{self, LEASE_TIME, Lease, LeaseStatus, Store, StoreError, Unpublished};
use crate::telemetry::observe;

/// The average interval of sweeps. Events of processes without a relay wait half of it on average.
const SWEEP: Duration = Duration::from_millis(250);
/// The average interval while nothing happens and every process announces its events to a relay of its own. A sweep
/// then finds only the events of a process that was killed.
const IDLE_SWEEP: Duration = Duration::from_secs(6);
/// How long after the last event of this relay, or found by a sweep, nothing is considered to happen. Longer than it
/// takes to mark the last events.
const ACTIVE_FOR: Duration = Duration::from_secs(10);
/// For how many milliseconds after its commit an event of this process is left to its announcement before a sweep
/// serves it.
const ANNOUNCED: i64 = 1000;
/// Customers served concurrently.
const LANES: usize = 512;
/// Customers tried concurrently during an outage; and at any time, customers whose last attempt failed.
const PROBES: usize = 64;
/// Announcements received at once.
const BATCH: usize = 500;
/// Customers that wait to be served; further ones are left to sweeps.
const WAITING: usize = 10_000;
/// The cache of last published sequences, in customers. A full cache is cleared, at the cost of one read for each
/// customer.
const REMEMBERED: usize = 100_000;
/// The first and the longest wait for an event that another relay holds.
const HELD_BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));
/// The first and the longest wait after a failure.
const FAILURE_BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));
/// How often an event that this build cannot route is retried.
const UNROUTABLE_WAIT: Duration = Duration::from_secs(60);
/// How soon customers are retried once Kafka is back.
const RECOVERY: Duration = Duration::from_millis(500);
/// How long a stop waits for events in flight, and then for the release of leases.
const STOP: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));

/// Publishes unpublished events. Any number may run, in one process or several.
pub struct Relay {
    lane: Lane,
    me: Uuid,
    every: Duration,
    announcements: mpsc::Receiver<Announcement>,
    /// Whether announcements may still arrive.
    open: bool,
    stopping: bool,
    customers: HashMap<Uuid, Customer>,
    /// When waiting customers are due.
    due: BTreeSet<(Instant, Uuid)>,
    tasks: JoinSet<Finished>,
    /// Customers being served, and how many of them failed last time.
    served: usize,
    suspects: usize,
    /// The last sequence known to be published, by customer.
    published: HashMap<Uuid, u64>,
    /// Events that the last sweep found unmarked although they are published.
    unmarked: HashSet<Position>,
    cursors: Cursors,
    /// The other processes; without them, one may commit events that it does not publish.
    peers: Option<Peers>,
    /// When an event was last announced or found.
    last_event: Instant,
    next_sweep: Instant,
    sweeping: bool,
    /// Whether the next sweep is due as soon as the events of the last one are published.
    more: bool,
    kafka: Outage,
    log: Outage,
    routing: Outage,
}

/// A customer that is served, or waits to be served.
#[derive(Default)]
struct Customer {
    announced: BTreeMap<u64, Announcement>,
    /// When it is due; none while it is served.
    due: Option<Instant>,
    reason: WaitReason,
    /// How often in a row it has waited for this reason.
    waits: u32,
}

/// Why a customer waits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum WaitReason {
    /// It does not wait.
    #[default]
    None,
    /// Another relay holds its next event.
    HeldElsewhere,
    /// Kafka or the log failed.
    Failed,
    /// This build cannot route its next event.
    Unroutable,
}

/// The result of a task.
enum Finished {
    Served(Served),
    Swept(Swept),
    Marked,
}

/// The result of a sweep.
struct Swept {
    found: Result<Found, StoreError>,
    /// The acknowledged events whose consumers had their time when it began.
    due: Vec<Position>,
    /// Whether no other process relies on this relay.
    may_rest: bool,
}

impl Relay {
    pub(super) fn new(
        store: Store,
        publisher: Arc<EventPublisher>,
        me: Uuid,
        announcements: mpsc::Receiver<Announcement>,
    ) -> Self {
        Self {
            lane: Lane::new(store, publisher, me),
            me,
            every: SWEEP,
            announcements,
            open: true,
            stopping: false,
            customers: HashMap::new(),
            due: BTreeSet::new(),
            tasks: JoinSet::new(),
            served: 0,
            suspects: 0,
            published: HashMap::new(),
            unmarked: HashSet::new(),
            cursors: Cursors::default(),
            peers: None,
            last_event: Instant::now(),
            next_sweep: Instant::now(),
            sweeping: false,
            more: false,
            kafka: Outage::of("kafka"),
            log: Outage::of("event log"),
            routing: Outage::of("event of a newer version"),
        }
    }

    /// Sweeps at this interval: where every process has a relay, announcements leave few events to the sweep.
    #[must_use]
    pub const fn sweep_every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Sweeps less often while nothing happens and none of `peers` relies on this relay.
    #[must_use]
    pub fn beside(mut self, peers: Peers) -> Self {
        self.peers = Some(peers);
        self
    }

    /// Runs until `stop`, then publishes the events announced before it, and releases the leases on those that it
    /// cannot publish.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let limit = self.free_lanes().min(BATCH);
            let due = self.due.first().map(|(due, _)| *due);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(task) = self.tasks.join_next() => self.finished(task),
                // Before the announcements, which may never run out.
                () = sleep_until(self.next_sweep), if !self.sweeping => self.begin_sweep(),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.serve_due(),
                received = self.announcements.recv_many(&mut batch, limit), if limit > 0 && self.open => {
                    // Without a sender left, sweeps continue.
                    self.open = received > 0;
                    batch.drain(..).for_each(|announcement| self.receive(announcement));
                }
            }
        }
        self.stop().await;
    }

    async fn stop(mut self) {
        self.announcements.close();
        self.stopping = true;
        let limit = Instant::now() + STOP.0;
        loop {
            while self.free_lanes() > 0
                && let Ok(announcement) = self.announcements.try_recv()
            {
                self.receive(announcement);
            }
            if self.served == 0 {
                break;
            }
            match timeout_at(limit, self.tasks.join_next()).await {
                Ok(Some(task)) => self.finished(task),
                Ok(None) | Err(_) => break,
            }
        }
        self.tasks.shutdown().await;
        // Another relay would publish unmarked events again.
        let marks =
            self.lane.acknowledged.take().into_iter().map(|(customer, sequence)| self.lane.mark(customer, sequence));
        let _ = timeout(STOP.1, futures::future::join_all(marks)).await;
        // The client may still deliver what it holds, so the leases are not released before it has withdrawn that.
        if let Err(error) = self.lane.publisher.withdraw(STOP.1).await {
            tracing::warn!(%error, "leases not released: events in flight may still be delivered");
            return;
        }
        // Other relays take over events that are not released when their leases expire.
        if let Ok(Err(error)) = timeout(STOP.1, release_all(&self.lane.store, self.me)).await {
            tracing::debug!(%error, "leases not released; they expire");
        }
    }

    /// How many more customers may be served now.
    fn free_lanes(&self) -> usize {
        let limit = if self.kafka.is_failing() || self.log.is_failing() { PROBES } else { LANES };
        limit.saturating_sub(self.served)
    }

    /// Something happens: sweeps at the usual interval.
    fn wake(&mut self) {
        self.last_event = Instant::now();
        if !self.sweeping {
            self.next_sweep = self.next_sweep.min(Instant::now() + jitter(self.every));
        }
    }

    fn receive(&mut self, announcement: Announcement) {
        self.wake();
        let (customer, sequence) = (announcement.event.customer_id, announcement.event.sequence);
        if self.published.get(&customer).is_some_and(|published| sequence <= *published) {
            return;
        }
        match self.customers.entry(customer) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                // After a failure the log is read instead.
                if known.due.is_none() || known.reason == WaitReason::HeldElsewhere {
                    known.announced.insert(sequence, announcement);
                }
            }
            Entry::Vacant(new) => {
                new.insert(Customer { announced: BTreeMap::from([(sequence, announcement)]), ..Customer::default() });
                self.serve(customer);
            }
        }
    }

    /// Starts to serve a customer that is known and not being served.
    fn serve(&mut self, customer: Uuid) {
        let Some(known) = self.customers.get_mut(&customer) else { return };
        known.due = None;
        self.served += 1;
        self.suspects += usize::from(known.reason == WaitReason::Failed);
        let job = Job {
            customer,
            published: self.published.get(&customer).copied(),
            announced: std::mem::take(&mut known.announced),
        };
        let lane = self.lane.clone();
        self.tasks.spawn(async move { Finished::Served(lane.serve(job).await) });
    }

    fn serve_due(&mut self) {
        let now = Instant::now();
        while let Some((due, customer)) = self.due.first().copied()
            && due <= now
        {
            self.due.pop_first();
            let failed = self.customers.get(&customer).is_some_and(|known| known.reason == WaitReason::Failed);
            if self.free_lanes() > 0 && !(failed && self.suspects >= PROBES) {
                self.serve(customer);
            } else {
                self.wait_until(customer, now + jitter(HELD_BACKOFF.1));
            }
        }
    }

    fn wait_until(&mut self, customer: Uuid, due: Instant) {
        if let Some(known) = self.customers.get_mut(&customer) {
            if let Some(before) = known.due.replace(due) {
                self.due.remove(&(before, customer));
            }
            self.due.insert((due, customer));
        }
    }

    fn finished(&mut self, task: Result<Finished, tokio::task::JoinError>) {
        match task {
            Ok(Finished::Served(served)) => self.was_served(served),
            Ok(Finished::Swept(swept)) => self.swept(swept),
            Ok(Finished::Marked) => {}
            // What the task did is unknown, so the whole program ends and is restarted.
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
        if self.more && self.served < LANES / 8 {
            self.next_sweep = Instant::now();
            self.more = false;
        }
    }

    fn was_served(&mut self, Served { job, delivered, end }: Served) {
        let customer = job.customer;
        let Some(mut known) = self.customers.remove(&customer) else { return };
        self.served -= 1;
        self.suspects -= usize::from(known.reason == WaitReason::Failed);
        if let Some(published) = job.published {
            if self.published.len() > REMEMBERED {
                self.published.clear();
            }
            let last = self.published.entry(customer).or_default();
            *last = published.max(*last);
            known.announced = known.announced.split_off(&(*last + 1));
        }
        let now = std::time::Instant::now();
        if delivered > 0 {
            known.waits = 0;
            if self.kafka.succeeded(now) {
                self.retry_failed();
            }
        }
        let (reason, wait) = match end {
            LaneEnd::Drained => {
                self.log.succeeded(now);
                if !known.announced.is_empty() {
                    let announced = known.announced;
                    self.customers.insert(customer, Customer { announced, ..Customer::default() });
                    self.serve(customer);
                }
                return;
            }
            LaneEnd::HeldElsewhere { until } => {
                known.announced.extend(job.announced);
                // Found by a sweep: the next sweep finds it again.
                if known.announced.is_empty() {
                    return;
                }
                let left = Duration::from_millis(u64::try_from(until - store::now()).unwrap_or(0));
                let wait = backoff(HELD_BACKOFF, known.waits(WaitReason::HeldElsewhere));
                (WaitReason::HeldElsewhere, wait.min(left.max(HELD_BACKOFF.0)))
            }
            LaneEnd::PublishFailed(error) => {
                self.kafka.failed(&error, now);
                (WaitReason::Failed, backoff(FAILURE_BACKOFF, known.waits(WaitReason::Failed)))
            }
            LaneEnd::StoreFailed(error) => {
                self.log.failed(&error, now);
                (WaitReason::Failed, backoff(FAILURE_BACKOFF, known.waits(WaitReason::Failed)))
            }
            LaneEnd::Unroutable(error) => {
                self.routing.failed(error.as_ref(), now);
                (WaitReason::Unroutable, UNROUTABLE_WAIT)
            }
        };
        if self.customers.len() >= WAITING {
            return;
        }
        let waits = known.waits(reason) + 1;
        // After a failure the log is read instead.
        let announced = if reason == WaitReason::HeldElsewhere { known.announced } else { BTreeMap::new() };
        self.customers.insert(customer, Customer { announced, due: None, reason, waits });
        self.wait_until(customer, Instant::now() + jitter(wait));
    }

    /// Kafka is back: customers that failed do not wait for the end of a long back-off.
    fn retry_failed(&mut self) {
        let now = Instant::now();
        let failed: Vec<(Instant, Uuid)> = self
            .due
            .iter()
            .filter(|(_, customer)| {
                self.customers.get(customer).is_some_and(|known| known.reason == WaitReason::Failed)
            })
            .copied()
            .collect();
        for (due, customer) in failed {
            self.wait_until(customer, due.min(now + jitter(RECOVERY)));
        }
    }

    fn begin_sweep(&mut self) {
        self.sweeping = true;
        let sweeping = sweep(self.lane.store.clone(), std::mem::take(&mut self.cursors));
        let peers = self.peers.clone();
        let nothing_happens = self.last_event.elapsed() > ACTIVE_FOR;
        let due = self.lane.acknowledged.due();
        self.tasks.spawn(async move {
            let found = sweeping.await;
            let may_rest = match peers {
                Some(peers) if nothing_happens => !peers.rely_on_this_relay().await,
                _ => false,
            };
            Finished::Swept(Swept { found, due, may_rest })
        });
    }

    fn swept(&mut self, Swept { found, due, may_rest }: Swept) {
        self.sweeping = false;
        let rests = may_rest && self.last_event.elapsed() > ACTIVE_FOR;
        // Jitter: relays that started together do not sweep together.
        self.next_sweep = Instant::now() + jitter(if rests { IDLE_SWEEP } else { self.every });
        let Found { events, cursors, more } = match found {
            Ok(found) => found,
            Err(error) => {
                self.log.failed(&error, std::time::Instant::now());
                self.next_sweep = Instant::now() + jitter(FAILURE_BACKOFF.0);
                return;
            }
        };
        self.log.succeeded(std::time::Instant::now());
        observe::outbox_swept(events.len(), events.iter().filter_map(|event| event.since).min());
        if !events.is_empty() {
            self.wake();
        }
        self.cursors = cursors;
        self.mark_due(due, &events, more);
        if self.stopping {
            return;
        }
        let (mut first, mut unmarked) = (HashMap::<Uuid, Unpublished>::new(), HashSet::new());
        for event in events {
            let customer = event.customer_id;
            if self.customers.contains_key(&customer) {
                continue;
            }
            if self.published.get(&customer).is_some_and(|published| event.sequence <= *published) {
                if !self.lane.acknowledged.contains(&(customer, event.sequence)) {
                    unmarked.insert((customer, event.sequence));
                }
                continue;
            }
            let earliest = first.entry(customer).or_insert_with(|| event.clone());
            if event.sequence < earliest.sequence {
                *earliest = event;
            }
        }
        self.mark_again(unmarked);
        let now = store::now();
        let before = self.served;
        for (customer, event) in first {
            if self.free_lanes() == 0 {
                break;
            }
            let ours = match Lease::status(event.lease, self.me, now) {
                LeaseStatus::HeldElsewhere { .. } => false,
                LeaseStatus::Free => true,
                // Its announcement is on its way, unless the queue was full.
                LeaseStatus::Held => {
                    event.lease.is_none_or(|lease| lease.until < now + LEASE_TIME.as_millis() as i64 - ANNOUNCED)
                }
            };
            if ours {
                self.customers.insert(customer, Customer::default());
                self.serve(customer);
            }
        }
        // During an outage a further sweep would find the same events.
        self.more = more && self.served > before && !self.kafka.is_failing();
    }

    /// Marks the acknowledged events that their consumers did not mark in their time: those of `due` that a sweep found
    /// or, if it read not all events, may have missed.
    fn mark_due(&mut self, due: Vec<Position>, found: &[Unpublished], more: bool) {
        let found: HashSet<Position> = found.iter().map(|event| (event.customer_id, event.sequence)).collect();
        self.lane.acknowledged.settle(&due, due.iter().any(|event| found.contains(event)));
        due.into_iter().filter(|event| more || found.contains(event)).for_each(|event| self.mark(event));
    }

    fn mark(&mut self, (customer, sequence): Position) {
        let lane = self.lane.clone();
        self.tasks.spawn(async move {
            lane.mark(customer, sequence).await;
            Finished::Marked
        });
    }

    /// Writes the marks that were missing in the last sweep too. A mark that is missing for the first time may be in
    /// flight, or the index trails the table.
    fn mark_again(&mut self, unmarked: HashSet<Position>) {
        let missing: Vec<Position> = unmarked.intersection(&self.unmarked).copied().collect();
        missing.into_iter().for_each(|event| self.mark(event));
        self.unmarked = unmarked;
    }
}

impl Customer {
    /// How often in a row it has waited for this reason.
    fn waits(&self, reason: WaitReason) -> u32 {
        if self.reason == reason { self.waits } else { 0 }
    }
}

/// The first wait, twice as long each time, up to the longest.
fn backoff((first, longest): (Duration, Duration), times: u32) -> Duration {
    longest.min(first * 2_u32.saturating_pow(times.min(16)))
}

/// The wait with a jitter of a quarter.
fn jitter(wait: Duration) -> Duration {
    wait.mul_f64(rand::rng().random_range(0.75..1.25))
}
