//! The polling thread. It never waits for a handler, so the consumer stays in its group. When the in-flight budget is
//! used up it pauses its partitions (back-pressure).

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

use super::super::health::Reporter;
use super::super::telemetry;
use super::ConsumerError;
use super::assignment::Assignment;
use super::in_flight_budget::InFlightBudget;
use super::scheduler::Delivered;

/// How long one poll waits; a stop is noticed after it.
const POLL_WAIT: Duration = Duration::from_millis(50);
/// The same while the partitions are paused.
const PAUSED_WAIT: Duration = Duration::from_millis(5);
/// How much longer than its own limit the dispatcher may take to report its end.
const GRACE: Duration = Duration::from_secs(2);

/// Commands from the polling thread to the dispatcher. The channel is unbounded: [`InFlightBudget`] bounds the
/// messages, and the other commands are as rare as rebalances.
pub(super) enum Command {
    /// A message was polled.
    Message(Delivered),
    /// These partitions are being revoked. The dispatcher finishes their handlers in flight, stores the offsets, and
    /// then signals the sender.
    Revoke(Vec<i32>, SyncSender<()>),
    /// As [`Self::Revoke`] for all partitions; then the dispatcher ends.
    Stop(SyncSender<()>),
}

/// Handles the group's rebalances.
pub(super) struct Rebalancing {
    commands: UnboundedSender<Command>,
    drain_within: Duration,
    assigned: AtomicBool,
    reporter: Reporter,
    assignment: Assignment,
}

impl Rebalancing {
    pub(super) const fn new(
        commands: UnboundedSender<Command>,
        drain_within: Duration,
        reporter: Reporter,
        assignment: Assignment,
    ) -> Self {
        Self { commands, drain_within, assigned: AtomicBool::new(false), reporter, assignment }
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, revoked: &TopicPartitionList) {
        let partitions: Vec<i32> = revoked.elements().iter().map(|element| element.partition()).collect();
        tracing::info!(?partitions, "partitions revoked");
        self.assignment.revoked(&partitions);
        let (done, finished) = sync_channel(1);
        // A dispatcher that has ended has nothing in flight.
        if self.commands.send(Command::Revoke(partitions, done)).is_ok()
            && finished.recv_timeout(self.drain_within + GRACE) == Err(RecvTimeoutError::Timeout)
        {
            tracing::warn!("handlers of revoked partitions not finished in time");
        }
        // Lost partitions have another owner already, whose offsets must not be overwritten.
        if !consumer.assignment_lost() {
            commit(consumer);
        }
    }
}

impl ClientContext for Rebalancing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        telemetry::log(level, facility, line);
        self.reporter.log_line(facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.reporter.client_error(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.assignment.statistics(&statistics);
        self.reporter.statistics(&statistics);
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
                tracing::info!(?partitions, "partitions assigned");
                self.assignment.assigned(&partitions);
                self.assigned.store(true, Ordering::Relaxed);
                if !partitions.is_empty() {
                    self.reporter.consume_succeeded();
                }
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::warn!(%error, "rebalance failed"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        match result {
            Ok(()) => {}
            Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NoOffset) => {}
            // The next commit covers it. During an outage one fails every second.
            Err(error) => tracing::debug!(%error, "offsets not committed"),
        }
    }
}

/// Commits the stored offsets, and waits for the answer.
fn commit(consumer: &BaseConsumer<Rebalancing>) {
    match consumer.commit_consumer_state(CommitMode::Sync) {
        Ok(()) => {}
        Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NoOffset) => {}
        Err(error) => tracing::warn!(%error, "offsets not committed; their events are delivered again"),
    }
}

/// The state of the polling thread.
pub(super) struct Poller {
    pub(super) topic: &'static str,
    pub(super) consumer: Arc<BaseConsumer<Rebalancing>>,
    pub(super) budget: Arc<InFlightBudget>,
    pub(super) commands: UnboundedSender<Command>,
    pub(super) stopping: CancellationToken,
    pub(super) drain_within: Duration,
}

impl Poller {
    /// Polls until it is stopped or until a fatal error; then drains, commits and leaves the group.
    pub(super) fn run(self) -> Result<(), ConsumerError> {
        let result = self.poll();
        let (done, finished) = sync_channel(1);
        if self.commands.send(Command::Stop(done)).is_ok() && finished.recv_timeout(self.drain_within + GRACE).is_err()
        {
            tracing::warn!(topic = self.topic, "handlers not finished in time");
        }
        if result.is_ok() {
            commit(&self.consumer);
        }
        // The last reference: the consumer closes and leaves the group.
        drop(self.consumer);
        result
    }

    fn poll(&self) -> Result<(), ConsumerError> {
        let mut paused = false;
        while !self.stopping.is_cancelled() {
            paused = self.apply_back_pressure(paused);
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
                    self.consumer.context().reporter.consume_succeeded();
                    self.consumer.context().assignment.delivered(delivered.partition, delivered.offset);
                    self.budget.add(&delivered);
                    if self.commands.send(Command::Message(delivered)).is_err() {
                        return Err(ConsumerError::Broken { topic: self.topic });
                    }
                }
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    // This code only says that the error is fatal.
                    let code = self.consumer.client().fatal_error().map_or(code, |(code, _)| code);
                    return Err(ConsumerError::Fatal { topic: self.topic, code });
                }
                // librdkafka retries all other errors, refusals included; they are reported to `health`.
                Some(Err(error)) => tracing::debug!(topic = self.topic, %error, "poll failed"),
            }
        }
        Ok(())
    }

    /// Pauses when the budget is used up, resumes when half of it is free. Returns whether fetching is paused now.
    fn apply_back_pressure(&self, paused: bool) -> bool {
        // Newly assigned partitions are not paused, whatever the last state was.
        let assigned = self.consumer.context().assigned.swap(false, Ordering::Relaxed);
        let pause = if paused { !self.budget.is_half_free() } else { self.budget.is_full() };
        if pause == paused && !(assigned && pause) {
            return paused;
        }
        let changed = self.consumer.assignment().and_then(|partitions| {
            if pause { self.consumer.pause(&partitions) } else { self.consumer.resume(&partitions) }
        });
        match changed {
            Ok(()) => {
                self.consumer.context().reporter.paused(pause);
                pause
            }
            Err(error) => {
                tracing::warn!(topic = self.topic, %error, pause, "partitions not paused or resumed");
                paused
            }
        }
    }
}
