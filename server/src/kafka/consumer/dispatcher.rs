//! The task that runs the handlers and stores offsets.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use domain::event::EventType;
use rand::Rng as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep_until;

use super::attempt::{Outcome, attempt};
use super::load::Load;
use super::offsets::OffsetTracker;
use super::poller::{Command, Rebalancing};
use super::scheduler::{Delivered, Finished, Job, LaneKey, Scheduler, Step};
use super::{ConsumerSettings, Handler};

/// Partitions that are being given up.
struct Farewell {
    partitions: Vec<i32>,
    until: Instant,
    /// Whether the time was over and the rest was cut off.
    cut_off: bool,
    done: SyncSender<()>,
}

/// Work under way.
struct Running {
    lane: LaneKey,
    partition: i32,
    offset: i64,
    step: Step,
    tried: u32,
    failed: u32,
    abort: AbortHandle,
}

/// A share in the consumer that need not be the last one. The end of a consumer waits for its group, for ever where the
/// brokers are away at the wrong moment, and must not take a thread with it that runs other tasks.
struct Share(Arc<BaseConsumer<Rebalancing>>);

impl Drop for Share {
    fn drop(&mut self) {
        if Arc::strong_count(&self.0) == 1 {
            let last = Arc::clone(&self.0);
            std::thread::spawn(move || drop(last));
        }
    }
}

/// Runs handlers for one consumer.
pub(super) struct Dispatcher<H> {
    event_type: EventType,
    /// The topic's name on this cluster.
    subscribed: String,
    settings: ConsumerSettings,
    handler: Arc<H>,
    consumer: Share,
    load: Arc<Load>,
    scheduler: Scheduler,
    offsets: HashMap<i32, OffsetTracker>,
    tasks: JoinSet<Outcome>,
    running: HashMap<Id, Running>,
    farewells: Vec<Farewell>,
}

impl<H: Handler> Dispatcher<H> {
    pub(super) fn new(
        event_type: EventType,
        settings: ConsumerSettings,
        handler: Arc<H>,
        consumer: Arc<BaseConsumer<Rebalancing>>,
        load: Arc<Load>,
        subscribed: String,
    ) -> Self {
        Self {
            event_type,
            subscribed,
            scheduler: Scheduler::new(settings.in_flight.max(1)),
            settings,
            handler,
            consumer: Share(consumer),
            load,
            offsets: HashMap::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            farewells: Vec::new(),
        }
    }

    /// Works until it is told to stop, or nobody is left to tell it.
    pub(super) async fn run(mut self, mut commands: UnboundedReceiver<Command>) {
        let mut stopping: Option<SyncSender<()>> = None;
        loop {
            self.take_leave();
            self.store_offsets();
            if self.farewells.is_empty()
                && let Some(done) = stopping.take()
            {
                // Let go of the consumer before the polling thread goes on, so that its reference is the last.
                drop(self);
                let _ = done.send(());
                return;
            }
            while let Some(job) = self.scheduler.next(Instant::now()) {
                self.start(job);
            }
            let due = [self.scheduler.next_due(), self.farewells.iter().map(|farewell| farewell.until).min()];
            let due = due.into_iter().flatten().min();
            tokio::select! {
                command = commands.recv(), if stopping.is_none() => match command {
                    Some(Command::Message(message)) => self.receive(message),
                    Some(Command::Revoke(partitions, done)) => self.give_up(partitions, done),
                    Some(Command::Stop(done)) => {
                        let partitions = self.offsets.keys().copied().collect();
                        // Answered by the dispatcher's end, not by that of the partitions.
                        let (unheard, _) = std::sync::mpsc::sync_channel(1);
                        self.give_up(partitions, unheard);
                        stopping = Some(done);
                    }
                    None => return,
                },
                Some(ended) = self.tasks.join_next_with_id() => self.end(ended),
                () = wait_until(due) => {}
            }
            // Whatever else has ended meanwhile, before offsets are stored again.
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.end(ended);
            }
        }
    }

    fn receive(&mut self, message: Delivered) {
        self.offsets.entry(message.partition).or_default().received(message.offset);
        self.scheduler.push(message);
    }

    fn start(&mut self, job: Job) {
        let (lane, step, tried, failed) = (job.lane.clone(), job.step.clone(), job.tried, job.failed);
        let (partition, offset) = (job.message.partition, job.message.offset);
        let work = attempt(self.event_type, Arc::clone(&self.handler), job, self.settings.attempt_within);
        let abort = self.tasks.spawn(work);
        self.running.insert(abort.id(), Running { lane, partition, offset, step, tried, failed, abort });
    }

    fn end(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_cancelled() => (error.id(), Outcome::Retry("cut off".to_owned())),
            Err(error) => (error.id(), Outcome::Retry("the handler panicked".to_owned())),
        };
        let Some(ran) = self.running.remove(&id) else { return };
        let topic = self.event_type.topic();
        match outcome {
            Outcome::Handled => self.finish(&ran, "handled"),
            Outcome::Parked => self.finish(&ran, "parked"),
            Outcome::Poison(reason) => self.put_aside(&ran, reason),
            // A handler has so many attempts. Parking has as many as it takes.
            Outcome::Retry(reason) if ran.step == Step::Handle && ran.failed + 1 >= self.settings.attempts => {
                self.put_aside(&ran, format!("gave up after {} attempts: {reason}", ran.failed + 1));
            }
            Outcome::Retry(ref reason) | Outcome::Wait(ref reason) => {
                let pause = backoff(&self.settings, ran.tried);
                metrics::counter!("onboard_kafka_retries_total", "topic" => topic).increment(1);
                tracing::warn!(
                    topic,
                    partition = ran.partition,
                    offset = ran.offset,
                    attempt = ran.tried + 1,
                    parking = ran.step != Step::Handle,
                    pause_ms = pause.as_millis(),
                    reason,
                    "will be tried again"
                );
                let finished =
                    self.scheduler.retry(&ran.lane, Instant::now() + pause, matches!(outcome, Outcome::Retry(_)));
                self.account(finished);
            }
        }
    }

    fn put_aside(&mut self, ran: &Running, reason: String) {
        let (topic, partition, offset) = (self.event_type.topic(), ran.partition, ran.offset);
        tracing::error!(topic, partition, offset, reason, "message is parked");
        let finished = self.scheduler.park(&ran.lane, reason);
        self.account(finished);
    }

    fn finish(&mut self, ran: &Running, outcome: &'static str) {
        metrics::counter!("onboard_kafka_consumed_total", "topic" => self.event_type.topic(), "outcome" => outcome)
            .increment(1);
        let finished = self.scheduler.finish(&ran.lane);
        self.account(finished);
    }

    /// Frees the room of a finished message, and moves its partition's position if it counts.
    fn account(&mut self, finished: Option<Finished>) {
        let Some(Finished { message, counts }) = finished else { return };
        self.load.remove(&message);
        if counts && let Some(tracker) = self.offsets.get_mut(&message.partition) {
            tracker.finished(message.offset);
        }
    }

    /// Starts to give partitions up: nothing new is begun, what is under way has some time.
    fn give_up(&mut self, partitions: Vec<i32>, done: SyncSender<()>) {
        for partition in &partitions {
            for message in self.scheduler.drop_waiting(*partition) {
                self.load.remove(&message);
            }
        }
        let until = Instant::now() + self.settings.drain_within;
        self.farewells.push(Farewell { partitions, until, cut_off: false, done });
    }

    /// Sees which partitions are free of work, and cuts off work that takes too long.
    fn take_leave(&mut self) {
        let now = Instant::now();
        let mut farewells = std::mem::take(&mut self.farewells);
        farewells.retain_mut(|farewell| {
            // A failed attempt waits for its next one: nobody waits for that here.
            for partition in &farewell.partitions {
                for message in self.scheduler.drop_waiting(*partition) {
                    self.load.remove(&message);
                }
            }
            let busy = farewell.partitions.iter().any(|partition| self.scheduler.running(*partition) > 0);
            if busy && now < farewell.until {
                return true;
            }
            if busy && !farewell.cut_off {
                farewell.cut_off = true;
                // An abort takes effect at the next await; one that does not come is not waited for.
                farewell.until = now + Duration::from_secs(1);
                for ran in self.running.values().filter(|ran| farewell.partitions.contains(&ran.partition)) {
                    ran.abort.abort();
                }
                tracing::warn!(topic = self.event_type.topic(), "work was cut off with its partition");
                return true;
            }
            self.store_offsets_of(&farewell.partitions);
            for partition in &farewell.partitions {
                self.scheduler.orphan(*partition);
                self.offsets.remove(partition);
            }
            // Whoever waited may have given up.
            let _ = farewell.done.send(());
            false
        });
        farewells.append(&mut self.farewells);
        self.farewells = farewells;
    }

    fn store_offsets(&mut self) {
        let partitions: Vec<i32> = self.offsets.keys().copied().collect();
        self.store_offsets_of(&partitions);
    }

    /// Hands the positions that moved to librdkafka, which commits them from time to time.
    fn store_offsets_of(&mut self, partitions: &[i32]) {
        let topic = self.event_type.topic();
        let mut moved = TopicPartitionList::new();
        for partition in partitions {
            if let Some(position) = self.offsets.get_mut(partition).and_then(OffsetTracker::advance)
                && let Err(error) = moved.add_partition_offset(&self.subscribed, *partition, Offset::Offset(position))
            {
                tracing::error!(topic, partition, %error, "an offset cannot be stored");
            }
        }
        if moved.count() > 0
            && let Err(error) = self.consumer.0.store_offsets(&moved)
        {
            // The partition was lost meanwhile: its next owner does the work again.
            tracing::debug!(topic, %error, "offsets were not stored");
        }
    }
}

/// The pause after an attempt that came after `tried` others.
fn backoff(settings: &ConsumerSettings, tried: u32) -> Duration {
    let doubled = settings.first_backoff.saturating_mul(2u32.saturating_pow(tried.min(31)));
    doubled.min(settings.longest_backoff).mul_f64(rand::rng().random_range(0.8..1.2))
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_make_about_a_minute() {
        let settings = ConsumerSettings::default();
        let total: Duration = (0..settings.attempts - 1).map(|tried| backoff(&settings, tried)).sum();
        assert!((Duration::from_secs(50)..Duration::from_secs(77)).contains(&total), "{total:?}");
        assert!(backoff(&settings, 1000) <= settings.longest_backoff.mul_f64(1.2));
    }
}
