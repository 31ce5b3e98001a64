//! Which message is handled next: in order within a key, concurrently across keys, up to a limit.
//!
//! Pure: time is a parameter, and nothing here depends on Kafka or on tasks.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

/// A message as it was polled, with what ordering and parking need.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) key: Option<Vec<u8>>,
    pub(super) payload: Option<Vec<u8>>,
    pub(super) timestamp: Option<Timestamp>,
}

/// Messages of one lane are handled in order: those of a key within a partition. Messages without a key share a lane.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LaneKey {
    pub(super) partition: i32,
    pub(super) key: Option<Vec<u8>>,
}

/// The next step of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Call the handler.
    Handle,
    /// Park it, for this reason.
    Park(String),
}

/// A step to run now.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) lane: LaneKey,
    pub(super) message: Arc<Delivered>,
    pub(super) step: Step,
    /// How many attempts at this step came before.
    pub(super) tried: u32,
    /// How many of them failed; the others met an unavailable dependency.
    pub(super) failed: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum LaneState {
    Ready,
    Running,
    Waiting,
}

#[derive(Debug)]
struct Lane {
    queue: VecDeque<Arc<Delivered>>,
    state: LaneState,
    step: Step,
    tried: u32,
    failed: u32,
    /// The message in flight belongs to a revoked assignment.
    orphaned: bool,
}

/// A message that is done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) message: Arc<Delivered>,
    /// False if its partition was revoked meanwhile: its offset must not be stored then.
    pub(super) counts: bool,
}

/// The lanes of all assigned partitions.
#[derive(Debug)]
pub(super) struct Scheduler {
    lanes: HashMap<LaneKey, Lane>,
    ready: VecDeque<LaneKey>,
    waiting: BinaryHeap<Reverse<(Instant, LaneKey)>>,
    running: usize,
    limit: usize,
}

impl Scheduler {
    /// Runs at most `limit` jobs concurrently.
    pub(super) fn new(limit: usize) -> Self {
        Self { lanes: HashMap::new(), ready: VecDeque::new(), waiting: BinaryHeap::new(), running: 0, limit }
    }

    /// Queues a message behind the earlier ones of its key.
    pub(super) fn push(&mut self, message: Delivered) {
        let key = LaneKey { partition: message.partition, key: message.key.clone() };
        let message = Arc::new(message);
        match self.lanes.get_mut(&key) {
            Some(lane) => lane.queue.push_back(message),
            None => {
                let lane = Lane {
                    queue: VecDeque::from([message]),
                    state: LaneState::Ready,
                    step: Step::Handle,
                    tried: 0,
                    failed: 0,
                    orphaned: false,
                };
                self.lanes.insert(key.clone(), lane);
                self.ready.push_back(key);
            }
        }
    }

    /// The next job, if one is ready and the limit allows it. The caller runs it, and then calls [`Self::finish`],
    /// [`Self::retry`] or [`Self::park`].
    pub(super) fn next(&mut self, now: Instant) -> Option<Job> {
        while let Some(Reverse((due, _))) = self.waiting.peek()
            && *due <= now
        {
            if let Some(Reverse((_, key))) = self.waiting.pop()
                && let Some(lane) = self.lanes.get_mut(&key)
                && lane.state == LaneState::Waiting
            {
                lane.state = LaneState::Ready;
                self.ready.push_back(key);
            }
        }
        if self.running >= self.limit {
            return None;
        }
        while let Some(key) = self.ready.pop_front() {
            if let Some(lane) = self.lanes.get_mut(&key)
                && lane.state == LaneState::Ready
                && let Some(message) = lane.queue.front()
            {
                lane.state = LaneState::Running;
                self.running += 1;
                let (message, step) = (Arc::clone(message), lane.step.clone());
                return Some(Job { lane: key, message, step, tried: lane.tried, failed: lane.failed });
            }
        }
        None
    }

    /// When the next waiting job becomes ready, if nothing else happens.
    pub(super) fn next_due(&self) -> Option<Instant> {
        if self.running >= self.limit {
            return None; // A job must finish first.
        }
        self.waiting.peek().map(|Reverse((due, _))| *due)
    }

    /// The message in flight is done; the lane continues with the next.
    pub(super) fn finish(&mut self, key: &LaneKey) -> Option<Finished> {
        let lane = self.lanes.get_mut(key).filter(|lane| lane.state == LaneState::Running)?;
        self.running -= 1;
        let message = lane.queue.pop_front();
        let counts = !std::mem::replace(&mut lane.orphaned, false);
        lane.step = Step::Handle;
        (lane.tried, lane.failed) = (0, 0);
        if lane.queue.is_empty() {
            self.lanes.remove(key);
        } else {
            lane.state = LaneState::Ready;
            self.ready.push_back(key.clone());
        }
        message.map(|message| Finished { message, counts })
    }

    /// Retries the step at `due`; `failed` unless a dependency was unavailable. Only its own key waits. Where the
    /// partition was revoked meanwhile, the message is finished instead, and returned.
    pub(super) fn retry(&mut self, key: &LaneKey, due: Instant, failed: bool) -> Option<Finished> {
        let lane = self.lanes.get_mut(key).filter(|lane| lane.state == LaneState::Running)?;
        if lane.orphaned {
            return self.finish(key);
        }
        lane.tried = lane.tried.saturating_add(1);
        lane.failed = lane.failed.saturating_add(failed.into());
        lane.state = LaneState::Waiting;
        self.running -= 1;
        self.waiting.push(Reverse((due, key.clone())));
        None
    }

    /// Parks the message, for this reason, before the key continues. Returns as [`Self::retry`].
    pub(super) fn park(&mut self, key: &LaneKey, reason: String) -> Option<Finished> {
        let lane = self.lanes.get_mut(key).filter(|lane| lane.state == LaneState::Running)?;
        if lane.orphaned {
            return self.finish(key);
        }
        lane.step = Step::Park(reason);
        (lane.tried, lane.failed) = (0, 0);
        lane.state = LaneState::Ready;
        self.running -= 1;
        self.ready.push_front(key.clone());
        None
    }

    /// Drops the waiting messages of the partition, and returns them. Jobs in flight continue.
    pub(super) fn drop_waiting(&mut self, partition: i32) -> Vec<Arc<Delivered>> {
        let mut dropped = Vec::new();
        self.lanes.retain(|key, lane| {
            if key.partition != partition {
                return true;
            }
            let in_flight = usize::from(lane.state == LaneState::Running);
            dropped.extend(lane.queue.drain(in_flight..));
            in_flight == 1
        });
        dropped
    }

    /// Marks the partition's jobs in flight as orphaned: their end frees the lane and moves no offset.
    pub(super) fn orphan(&mut self, partition: i32) {
        for (key, lane) in &mut self.lanes {
            if key.partition == partition && lane.state == LaneState::Running {
                lane.orphaned = true;
            }
        }
    }

    /// How many jobs of the partition are in flight.
    pub(super) fn running(&self, partition: i32) -> usize {
        self.lanes.iter().filter(|(key, lane)| key.partition == partition && lane.state == LaneState::Running).count()
    }
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
