//! The thread that polls. It never waits for a handler, so the group always hears from us; when memory is full it
//! pauses its partitions instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::super::telemetry;
use super::super::troubles::Reporter;
use super::ConsumerError;
use super::load::Load;
use super::scheduler::Delivered;

/// How long one poll waits; also how long a stop may go unnoticed.
const POLL_WAIT: Duration = Duration::from_millis(50);
/// The same while paused, when nothing but room is awaited.
const PAUSED_WAIT: Duration = Duration::from_millis(5);
/// What the dispatcher may take beyond its own limit to say that it is done.
const GRACE: Duration = Duration::from_secs(2);

/// What the polling thread tells the dispatcher. The channel has no bound of its own: [`Load`] bounds the messages,
/// and the other commands are as rare as rebalances.
pub(super) enum Command {
    /// A message came.
    Message(Delivered),
    /// These partitions are being taken away. Whatever is under way is to be finished, its offsets stored, and then
    /// the sender told.
    Revoke(Vec<i32>, SyncSender<()>),
    /// As [`Self::Revoke`] for all partitions; then the dispatcher ends.
    Stop(SyncSender<()>),
}

/// Follows the group's rebalances.
pub(super) struct Rebalancing {
    commands: UnboundedSender<Command>,
    drain_within: Duration,
    assigned: AtomicBool,
    troubles: Reporter,
}

impl Rebalancing {
    pub(super) const fn new(commands: UnboundedSender<Command>, drain_within: Duration, troubles: Reporter) -> Self {
        Self { commands, drain_within, assigned: AtomicBool::new(false), troubles }
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, revoked: &TopicPartitionList) {
        let partitions: Vec<i32> = revoked.elements().iter().map(|element| element.partition()).collect();
        tracing::info!(?partitions, "partitions are taken away");
        let (done, finished) = sync_channel(1);
        // A dispatcher that has ended has nothing under way.
        if self.commands.send(Command::Revoke(partitions, done)).is_ok()
            && finished.recv_timeout(self.drain_within + GRACE) == Err(RecvTimeoutError::Timeout)
        {
            tracing::warn!("work on partitions that are taken away did not end in time");
        }
        // Lost partitions belong to somebody else already, who must not be set back.
        if !consumer.assignment_lost() {
            commit(consumer);
        }
    }
}

impl ClientContext for Rebalancing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        telemetry::log(level, facility, line);
        self.troubles.line(facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.troubles.error(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        telemetry::lag(&statistics);
        self.troubles.statistics(&statistics);
    }
}

impl ConsumerContext for Rebalancing {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(revoked) = rebalance {
            self.revoke(consumer, revoked);
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(assigned) => {
                let partitions: Vec<i32> = assigned.elements().iter().map(|element| element.partition()).collect();
                tracing::info!(?partitions, "partitions are assigned");
                self.assigned.store(true, Ordering::Relaxed);
                if !partitions.is_empty() {
                    self.troubles.reads();
                }
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::warn!(%error, "a rebalance failed"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        match result {
            Ok(()) => {}
            Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NoOffset) => {}
            // The next commit covers what this one did not. During an outage there is one a second.
            Err(error) => tracing::debug!(%error, "offsets were not committed"),
        }
    }
}

/// Sends the stored offsets, and waits until they are taken.
fn commit(consumer: &BaseConsumer<Rebalancing>) {
    match consumer.commit_consumer_state(CommitMode::Sync) {
        Ok(()) => {}
        Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NoOffset) => {}
        Err(error) => tracing::warn!(%error, "offsets were not committed; their events will come again"),
    }
}

/// The polling thread's belongings.
pub(super) struct Poller {
    pub(super) topic: &'static str,
    pub(super) consumer: Arc<BaseConsumer<Rebalancing>>,
    pub(super) load: Arc<Load>,
    pub(super) commands: UnboundedSender<Command>,
    pub(super) stopping: CancellationToken,
    pub(super) drain_within: Duration,
}

impl Poller {
    /// Polls until told to stop or until librdkafka gives up; then drains, commits and leaves the group.
    pub(super) fn run(self) -> Result<(), ConsumerError> {
        let result = self.poll();
        let (done, finished) = sync_channel(1);
        if self.commands.send(Command::Stop(done)).is_ok() && finished.recv_timeout(self.drain_within + GRACE).is_err()
        {
            tracing::warn!(topic = self.topic, "work under way did not end in time");
        }
        if result.is_ok() {
            commit(&self.consumer);
        }
        // The last reference: closes the consumer, which says farewell to the group.
        drop(self.consumer);
        result
    }

    fn poll(&self) -> Result<(), ConsumerError> {
        let mut paused = false;
        while !self.stopping.is_cancelled() {
            paused = self.make_room(paused);
            match self.consumer.poll(if paused { PAUSED_WAIT } else { POLL_WAIT }) {
                None => {}
                Some(Ok(message)) => {
                    let delivered = Delivered {
                        partition: message.partition(),
                        offset: message.offset(),
                        key: message.key().map(<[u8]>::to_vec),
                        payload: message.payload().map(<[u8]>::to_vec),
                        timestamp: message.timestamp().to_millis().and_then(|at| Timestamp::from_millisecond(at).ok()),
                    };
                    self.consumer.context().troubles.reads();
                    self.load.add(&delivered);
                    if self.commands.send(Command::Message(delivered)).is_err() {
                        return Err(ConsumerError::Broken { topic: self.topic });
                    }
                }
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    // The code says only that it is fatal.
                    let code = self.consumer.client().fatal_error().map_or(code, |(code, _)| code);
                    return Err(ConsumerError::Fatal { topic: self.topic, code });
                }
                // Everything else librdkafka tries again by itself, a refusal too; `troubles` has heard of it.
                Some(Err(error)) => tracing::debug!(topic = self.topic, %error, "kafka cannot be read for now"),
            }
        }
        Ok(())
    }

    /// Pauses when memory is full, resumes when half of it is free. Returns whether it is paused now.
    fn make_room(&self, paused: bool) -> bool {
        // Partitions that were just assigned are not paused, whatever we remember.
        let assigned = self.consumer.context().assigned.swap(false, Ordering::Relaxed);
        let pause = if paused { !self.load.has_room() } else { self.load.is_full() };
        if pause == paused && !(assigned && pause) {
            return paused;
        }
        let changed = self.consumer.assignment().and_then(|partitions| {
            if pause { self.consumer.pause(&partitions) } else { self.consumer.resume(&partitions) }
        });
        match changed {
            Ok(()) => pause,
            Err(error) => {
                tracing::warn!(topic = self.topic, %error, pause, "partitions cannot be paused or resumed");
                paused
            }
        }
    }
}
