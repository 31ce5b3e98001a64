//! The task that runs the handlers and stores offsets.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use domain::event::EventType;
use jiff::Timestamp;
use rand::Rng as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep_until;

use super::attempt::{AttemptOutcome, attempt};
use super::in_flight_budget::InFlightBudget;
use super::offsets::OffsetTracker;
use super::poller::{Command, Rebalancing};
use super::scheduler::{Delivered, Finished, Job, LaneKey, Scheduler, Step};
use super::{ConsumerSettings, Handler};

/// Partitions that are being revoked.
struct Revocation {
    partitions: Vec<i32>,
    until: Instant,
    /// Whether the time limit has passed and the rest was cancelled.
    cancelled: bool,
    done: SyncSender<()>,
}

/// A job in flight.
struct Running {
    lane: LaneKey,
    partition: i32,
    offset: i64,
    step: Step,
    tried: u32,
    failed: u32,
    abort: AbortHandle,
}

/// A reference to the consumer. Closing a consumer blocks until it has left its group, without limit during an outage,
/// so the last reference is dropped on a thread of its own and not on a runtime thread.
struct ConsumerHandle(Arc<BaseConsumer<Rebalancing>>);

impl Drop for ConsumerHandle {
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
    consumer: ConsumerHandle,
    budget: Arc<InFlightBudget>,
    scheduler: Scheduler,
    offsets: HashMap<i32, OffsetTracker>,
    tasks: JoinSet<AttemptOutcome>,
    running: HashMap<Id, Running>,
    revocations: Vec<Revocation>,
}

impl<H: Handler> Dispatcher<H> {
    pub(super) fn new(
        event_type: EventType,
        settings: ConsumerSettings,
        handler: Arc<H>,
        consumer: Arc<BaseConsumer<Rebalancing>>,
        budget: Arc<InFlightBudget>,
        subscribed: String,
    ) -> Self {
        Self {
            event_type,
            subscribed,
            scheduler: Scheduler::new(settings.in_flight.max(1)),
            settings,
            handler,
            consumer: ConsumerHandle(consumer),
            budget,
            offsets: HashMap::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            revocations: Vec::new(),
        }
    }

    /// Runs until it is stopped, or until the polling thread is gone.
    pub(super) async fn run(mut self, mut commands: UnboundedReceiver<Command>) {
        let mut stopping: Option<SyncSender<()>> = None;
        loop {
            self.finish_revocations();
            self.store_offsets();
            if self.revocations.is_empty()
                && let Some(done) = stopping.take()
            {
                // Drop the consumer before the polling thread continues, so that its reference is the last.
                drop(self);
                let _ = done.send(());
                return;
            }
            while let Some(job) = self.scheduler.next(Instant::now()) {
                self.start(job);
            }
            let due = [self.scheduler.next_due(), self.revocations.iter().map(|revocation| revocation.until).min()];
            let due = due.into_iter().flatten().min();
            tokio::select! {
                command = commands.recv(), if stopping.is_none() => match command {
                    Some(Command::Message(message)) => self.receive(message),
                    Some(Command::Revoke(partitions, done)) => self.revoke(partitions, done),
                    Some(Command::Stop(done)) => {
                        let partitions = self.offsets.keys().copied().collect();
                        // The end of the dispatcher is the answer, not the end of the revocation.
                        let (ignored, _) = std::sync::mpsc::sync_channel(1);
                        self.revoke(partitions, ignored);
                        stopping = Some(done);
                    }
                    None => return,
                },
                Some(ended) = self.tasks.join_next_with_id() => self.end(ended),
                () = wait_until(due) => {}
            }
            // Take all ended tasks before offsets are stored again.
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

    fn end(&mut self, ended: Result<(Id, AttemptOutcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_cancelled() => (error.id(), AttemptOutcome::Retry("cancelled".to_owned())),
            Err(error) => (error.id(), AttemptOutcome::Retry("the handler panicked".to_owned())),
        };
        let Some(ran) = self.running.remove(&id) else { return };
        let topic = self.event_type.topic();
        match outcome {
            AttemptOutcome::Handled => self.finish(&ran, "handled"),
            AttemptOutcome::Parked => {
                if let Step::Park(reason) = &ran.step {
                    tracing::error!(topic, partition = ran.partition, offset = ran.offset, reason, "message parked");
                }
                self.finish(&ran, "parked");
            }
            AttemptOutcome::Poison(reason) => self.park(&ran, "unusable", reason),
            // The attempts of a handler are limited, those of parking are not.
            AttemptOutcome::Retry(reason) if ran.step == Step::Handle && ran.failed + 1 >= self.settings.attempts => {
                self.park(&ran, "attempts", format!("gave up after {} attempts: {reason}", ran.failed + 1));
            }
            AttemptOutcome::Retry(ref reason) | AttemptOutcome::Wait(ref reason) => {
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
                    "attempt failed; message retried"
                );
                let finished = self.scheduler.retry(
                    &ran.lane,
                    Instant::now() + pause,
                    matches!(outcome, AttemptOutcome::Retry(_)),
                );
                self.release(finished);
            }
        }
    }

    /// Parks the message as the lane's next step. `kind` is its label in metrics.
    fn park(&mut self, ran: &Running, kind: &'static str, reason: String) {
        metrics::counter!("onboard_messages_parked_total", "topic" => self.event_type.topic(), "reason" => kind)
            .increment(1);
        let finished = self.scheduler.park(&ran.lane, reason);
        self.release(finished);
    }

    fn finish(&mut self, ran: &Running, outcome: &'static str) {
        let topic = self.event_type.topic();
        metrics::counter!("onboard_kafka_consumed_total", "topic" => topic, "outcome" => outcome).increment(1);
        metrics::gauge!("onboard_kafka_handled_timestamp_seconds", "topic" => topic)
            .set(Timestamp::now().as_duration().as_secs_f64());
        let finished = self.scheduler.finish(&ran.lane);
        self.release(finished);
    }

    /// Returns a finished message to the budget, and moves its partition's position if it counts.
    fn release(&mut self, finished: Option<Finished>) {
        let Some(Finished { message, counts }) = finished else { return };
        self.budget.remove(&message);
        if counts && let Some(tracker) = self.offsets.get_mut(&message.partition) {
            tracker.finished(message.offset);
        }
    }

    /// Starts to revoke partitions: no new job is started, jobs in flight have some time to finish.
    fn revoke(&mut self, partitions: Vec<i32>, done: SyncSender<()>) {
        for partition in &partitions {
            for message in self.scheduler.drop_waiting(*partition) {
                self.budget.remove(&message);
            }
        }
        let until = Instant::now() + self.settings.drain_within;
        self.revocations.push(Revocation { partitions, until, cancelled: false, done });
    }

    /// Finishes revocations whose partitions have no job in flight, and cancels jobs that take too long.
    fn finish_revocations(&mut self) {
        let now = Instant::now();
        let mut revocations = std::mem::take(&mut self.revocations);
        revocations.retain_mut(|revocation| {
            // A revocation does not wait for the retry of a failed attempt.
            for partition in &revocation.partitions {
                for message in self.scheduler.drop_waiting(*partition) {
                    self.budget.remove(&message);
                }
            }
            let busy = revocation.partitions.iter().any(|partition| self.scheduler.running(*partition) > 0);
            if busy && now < revocation.until {
                return true;
            }
            if busy && !revocation.cancelled {
                revocation.cancelled = true;
                // A cancellation takes effect at the next await; without one it is not waited for.
                revocation.until = now + Duration::from_secs(1);
                for ran in self.running.values().filter(|ran| revocation.partitions.contains(&ran.partition)) {
                    ran.abort.abort();
                }
                tracing::warn!(topic = self.event_type.topic(), "handlers cancelled with their revoked partitions");
                return true;
            }
            self.store_offsets_of(&revocation.partitions);
            for partition in &revocation.partitions {
                self.scheduler.orphan(*partition);
                self.offsets.remove(partition);
            }
            // The receiver may be gone.
            let _ = revocation.done.send(());
            false
        });
        revocations.append(&mut self.revocations);
        self.revocations = revocations;
    }

    fn store_offsets(&mut self) {
        let partitions: Vec<i32> = self.offsets.keys().copied().collect();
        self.store_offsets_of(&partitions);
    }

    /// Stores the positions that moved in librdkafka, which commits them periodically.
    fn store_offsets_of(&mut self, partitions: &[i32]) {
        let topic = self.event_type.topic();
        let mut moved = TopicPartitionList::new();
        for partition in partitions {
            if let Some(position) = self.offsets.get_mut(partition).and_then(OffsetTracker::advance)
                && let Err(error) = moved.add_partition_offset(&self.subscribed, *partition, Offset::Offset(position))
            {
                tracing::error!(topic, partition, %error, "offset not stored");
            }
        }
        if moved.count() > 0
            && let Err(error) = self.consumer.0.store_offsets(&moved)
        {
            // The partition was lost meanwhile: its next owner repeats the work.
            tracing::debug!(topic, %error, "offsets not stored");
        }
    }
}

/// The pause after a failed attempt, with `tried` attempts before it.
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
    fn default_backoff_adds_up_to_about_a_minute() {
        let settings = ConsumerSettings::default();
        let total: Duration = (0..settings.attempts - 1).map(|tried| backoff(&settings, tried)).sum();
        assert!((Duration::from_secs(50)..Duration::from_secs(77)).contains(&total), "{total:?}");
        assert!(backoff(&settings, 1000) <= settings.longest_backoff.mul_f64(1.2));
    }
}
