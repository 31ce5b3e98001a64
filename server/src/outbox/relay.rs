//! Which customers are served when.

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

use super::Hint;
use super::lane::{Ended, Job, Lane, Served};
use super::outage::Outage;
use super::sweep::{Cursors, Found, release_all, sweep};
use crate::kafka::EventPublisher;
use crate::store::{self, Claim, LEASE, Store, StoreError, Turn, Unpublished};

/// How often the log is swept, on average. What a process without a relay commits waits half of it.
const SWEEP: Duration = Duration::from_millis(250);
/// For how long an event that was committed here is left to its hint before a sweep takes it up.
const HINTED: i64 = 1000;
/// Customers served at once.
const LANES: usize = 512;
/// While Kafka takes nothing, customers tried at once; and at any time, customers whose last attempt failed.
const PROBES: usize = 64;
/// Hints taken at once.
const BATCH: usize = 500;
/// Customers that wait for their turn; more are left to sweeps.
const WAITING: usize = 10_000;
/// Customers whose last published sequence is remembered; more are forgotten together, at the cost of a read each.
const REMEMBERED: usize = 100_000;
/// The first wait for an event that another relay has, and the longest.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));
/// The first wait after a failure, and the longest.
const TRY_AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));
/// How often an event is looked at that this build cannot read.
const UNREADABLE: Duration = Duration::from_secs(60);
/// How soon customers are tried again once Kafka is back.
const RECOVERY: Duration = Duration::from_millis(500);
/// How long a stop waits for events on their way, and then for claims to be given back.
const STOP: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));

/// Publishes what is unpublished. Any number may run, in one process or several.
pub struct Relay {
    lane: Lane,
    me: Uuid,
    every: Duration,
    hints: mpsc::Receiver<Hint>,
    /// Whether hints may come.
    hinted: bool,
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
    /// What the last sweep found unmarked although it is published.
    unmarked: HashSet<(Uuid, u64)>,
    cursors: Cursors,
    next_sweep: Instant,
    sweeping: bool,
    /// Whether the next sweep is due as soon as what the last one found is done.
    more: bool,
    kafka: Outage,
    log: Outage,
    readable: Outage,
}

/// A customer that is served, or waits for it.
#[derive(Default)]
struct Customer {
    hinted: BTreeMap<u64, Hint>,
    /// When it is due; none while it is served.
    due: Option<Instant>,
    why: Why,
    /// How often it came to that in a row.
    times: u32,
}

/// Why a customer waits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Why {
    #[default]
    NotYet,
    /// Another relay has its next event.
    Theirs,
    /// Kafka or the log failed.
    Failed,
    /// Its next event cannot be read.
    Unreadable,
}

/// A task that came to its end.
enum Finished {
    Served(Served),
    Swept(Result<Found, StoreError>),
    Marked,
}

impl Relay {
    pub(super) fn new(store: Store, publisher: Arc<EventPublisher>, me: Uuid, hints: mpsc::Receiver<Hint>) -> Self {
        Self {
            lane: Lane::new(store, publisher, me),
            me,
            every: SWEEP,
            hints,
            hinted: true,
            stopping: false,
            customers: HashMap::new(),
            due: BTreeSet::new(),
            tasks: JoinSet::new(),
            served: 0,
            suspects: 0,
            published: HashMap::new(),
            unmarked: HashSet::new(),
            cursors: Cursors::default(),
            next_sweep: Instant::now(),
            sweeping: false,
            more: false,
            kafka: Outage::of("kafka"),
            log: Outage::of("event log"),
            readable: Outage::of("an event that this build cannot read"),
        }
    }

    /// Sweeps every so often: where no process without a relay commits events, hints tell of all but the rare ones.
    #[must_use]
    pub const fn sweep_every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Runs until `stop`, then publishes what was hinted before it, and gives back what it cannot publish.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let room = self.room().min(BATCH);
            let due = self.due.first().map(|(due, _)| *due);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(task) = self.tasks.join_next() => self.finished(task),
                // Before the hints, which may never run dry.
                () = sleep_until(self.next_sweep), if !self.sweeping => self.begin_sweep(),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.serve_due(),
                taken = self.hints.recv_many(&mut batch, room), if room > 0 && self.hinted => {
                    // Nobody beside is left to give any; sweeps go on.
                    self.hinted = taken > 0;
                    batch.drain(..).for_each(|hint| self.take(hint));
                }
            }
        }
        self.stop().await;
    }

    async fn stop(mut self) {
        self.hints.close();
        self.stopping = true;
        let limit = Instant::now() + STOP.0;
        loop {
            while self.room() > 0
                && let Ok(hint) = self.hints.try_recv()
            {
                self.take(hint);
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
        // What the client still holds it may yet deliver: another relay must not do so as well.
        if let Err(error) = self.lane.publisher.withdraw(STOP.1).await {
            tracing::warn!(%error, "claims end by themselves: events may yet be delivered");
            return;
        }
        // Whatever is not given back, others take over when its claim ends.
        if let Ok(Err(error)) = timeout(STOP.1, release_all(&self.lane.store, self.me)).await {
            tracing::debug!(%error, "claims end by themselves");
        }
    }

    /// How many more customers may be served now.
    fn room(&self) -> usize {
        let limit = if self.kafka.away() || self.log.away() { PROBES } else { LANES };
        limit.saturating_sub(self.served)
    }

    fn take(&mut self, hint: Hint) {
        let (customer, sequence) = (hint.event.customer_id, hint.event.sequence);
        if self.published.get(&customer).is_some_and(|published| sequence <= *published) {
            return;
        }
        match self.customers.entry(customer) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                // After a failure, the log tells.
                if known.due.is_none() || known.why == Why::Theirs {
                    known.hinted.insert(sequence, hint);
                }
            }
            Entry::Vacant(new) => {
                new.insert(Customer { hinted: BTreeMap::from([(sequence, hint)]), ..Customer::default() });
                self.serve(customer);
            }
        }
    }

    /// Begins to serve a customer that is known and not being served.
    fn serve(&mut self, customer: Uuid) {
        let Some(known) = self.customers.get_mut(&customer) else { return };
        known.due = None;
        self.served += 1;
        self.suspects += usize::from(known.why == Why::Failed);
        let job = Job {
            customer,
            published: self.published.get(&customer).copied(),
            hinted: std::mem::take(&mut known.hinted),
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
            let failed = self.customers.get(&customer).is_some_and(|known| known.why == Why::Failed);
            if self.room() > 0 && !(failed && self.suspects >= PROBES) {
                self.serve(customer);
            } else {
                self.wait_until(customer, now + spread(LOOK_AGAIN.1));
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
            Ok(Finished::Swept(found)) => self.swept(found),
            Ok(Finished::Marked) => {}
            // Nothing is known of what it did, so the whole ends, and is started again.
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

    fn was_served(&mut self, Served { job, delivered, ended }: Served) {
        let customer = job.customer;
        let Some(mut known) = self.customers.remove(&customer) else { return };
        self.served -= 1;
        self.suspects -= usize::from(known.why == Why::Failed);
        if let Some(published) = job.published {
            if self.published.len() > REMEMBERED {
                self.published.clear();
            }
            let last = self.published.entry(customer).or_default();
            *last = published.max(*last);
            known.hinted = known.hinted.split_off(&(*last + 1));
        }
        let now = std::time::Instant::now();
        if delivered > 0 {
            known.times = 0;
            if self.kafka.answered(now) {
                self.try_all_again();
            }
        }
        let (why, wait) = match ended {
            Ended::Done => {
                self.log.answered(now);
                if !known.hinted.is_empty() {
                    let hinted = known.hinted;
                    self.customers.insert(customer, Customer { hinted, ..Customer::default() });
                    self.serve(customer);
                }
                return;
            }
            Ended::Theirs { until } => {
                known.hinted.extend(job.hinted);
                // Found by a sweep: the next one finds it again.
                if known.hinted.is_empty() {
                    return;
                }
                let left = Duration::from_millis(u64::try_from(until - store::now()).unwrap_or(0));
                (Why::Theirs, backoff(LOOK_AGAIN, known.waits(Why::Theirs)).min(left.max(LOOK_AGAIN.0)))
            }
            Ended::Kafka(error) => {
                self.kafka.failed(&error, now);
                (Why::Failed, backoff(TRY_AGAIN, known.waits(Why::Failed)))
            }
            Ended::Store(error) => {
                self.log.failed(&error, now);
                (Why::Failed, backoff(TRY_AGAIN, known.waits(Why::Failed)))
            }
            Ended::Unreadable(error) => {
                self.readable.failed(&error, now);
                (Why::Unreadable, UNREADABLE)
            }
        };
        if self.customers.len() >= WAITING {
            return;
        }
        let times = known.waits(why) + 1;
        // After a failure, the log tells.
        let hinted = if why == Why::Theirs { known.hinted } else { BTreeMap::new() };
        self.customers.insert(customer, Customer { hinted, due: None, why, times });
        self.wait_until(customer, Instant::now() + spread(wait));
    }

    /// Kafka is back: nobody waits for the end of a long pause.
    fn try_all_again(&mut self) {
        let now = Instant::now();
        let failed: Vec<(Instant, Uuid)> = self
            .due
            .iter()
            .filter(|(_, customer)| self.customers.get(customer).is_some_and(|known| known.why == Why::Failed))
            .copied()
            .collect();
        for (due, customer) in failed {
            self.wait_until(customer, due.min(now + spread(RECOVERY)));
        }
    }

    fn begin_sweep(&mut self) {
        self.sweeping = true;
        let sweeping = sweep(self.lane.store.clone(), std::mem::take(&mut self.cursors));
        self.tasks.spawn(async move { Finished::Swept(sweeping.await) });
    }

    fn swept(&mut self, found: Result<Found, StoreError>) {
        self.sweeping = false;
        // Relays that began together do not stay together.
        self.next_sweep = Instant::now() + spread(self.every);
        let Found { events, cursors, more } = match found {
            Ok(found) => found,
            Err(error) => {
                self.log.failed(&error, std::time::Instant::now());
                self.next_sweep = Instant::now() + spread(TRY_AGAIN.0);
                return;
            }
        };
        self.log.answered(std::time::Instant::now());
        metrics::gauge!("onboard_outbox_unpublished").set(events.len() as f64);
        self.cursors = cursors;
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
                unmarked.insert((customer, event.sequence));
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
            if self.room() == 0 {
                break;
            }
            let ours = match Claim::turn(event.claim, self.me, now) {
                Turn::Theirs { .. } => false,
                Turn::Open => true,
                // Its hint is on the way, unless the queue was full.
                Turn::Ours => event.claim.is_none_or(|claim| claim.until < now + LEASE.as_millis() as i64 - HINTED),
            };
            if ours {
                self.customers.insert(customer, Customer::default());
                self.serve(customer);
            }
        }
        // Where nothing can be done, more of the same can wait.
        self.more = more && self.served > before && !self.kafka.away();
    }

    /// Writes the marks that are missing still since the last sweep: else the index trails the table, or the mark is on
    /// its way.
    fn mark_again(&mut self, unmarked: HashSet<(Uuid, u64)>) {
        for (customer, sequence) in unmarked.intersection(&self.unmarked).copied() {
            let lane = self.lane.clone();
            self.tasks.spawn(async move {
                lane.mark(customer, sequence).await;
                Finished::Marked
            });
        }
        self.unmarked = unmarked;
    }
}

impl Customer {
    /// How often in a row it waited for this reason.
    fn waits(&self, why: Why) -> u32 {
        if self.why == why { self.times } else { 0 }
    }
}

/// The first wait, twice as long each time, up to the longest.
fn backoff((first, longest): (Duration, Duration), times: u32) -> Duration {
    longest.min(first * 2_u32.saturating_pow(times.min(16)))
}

/// About as long: by a quarter more or less.
fn spread(wait: Duration) -> Duration {
    wait.mul_f64(rand::rng().random_range(0.75..1.25))
}
