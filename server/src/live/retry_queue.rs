//! Deliveries to instances that did not answer. They are retried when the circuit breaker closes, so that a page does
//! not wait for its heartbeat because another instance was slow for a moment.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::store::ConnectionRecord;

/// The capacity per instance, in connections. Beyond it the heartbeat delivers.
const CONNECTIONS: usize = 10_000;
/// How often a delivery is retried.
const RETRIES: u8 = 3;

/// An event for a connection. The newest is enough: a socket that receives it fetches the events before it.
pub(super) struct PendingDelivery {
    pub record: ConnectionRecord,
    pub frame: Bytes,
    retries: u8,
}

/// Pending deliveries, by instance and connection.
#[derive(Default)]
pub(super) struct RetryQueue {
    instances: Mutex<HashMap<String, HashMap<Uuid, PendingDelivery>>>,
}

impl RetryQueue {
    fn instances(&self) -> MutexGuard<'_, HashMap<String, HashMap<Uuid, PendingDelivery>>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a delivery in place of an earlier one for its connection. True where it is the first of its instance: the
    /// caller then starts the retries.
    pub fn push(&self, record: ConnectionRecord, frame: Bytes) -> bool {
        let mut instances = self.instances();
        let first = !instances.contains_key(&record.instance);
        let pending = instances.entry(record.instance.clone()).or_default();
        if pending.len() < CONNECTIONS || pending.contains_key(&record.connection_id) {
            pending.insert(record.connection_id, PendingDelivery { record, frame, retries: 0 });
        }
        first
    }

    /// Adds a delivery that failed again, unless its retries are used up or a newer event is pending.
    pub fn requeue(&self, pending: PendingDelivery) {
        if pending.retries < RETRIES
            && let Some(instance) = self.instances().get_mut(&pending.record.instance)
        {
            instance
                .entry(pending.record.connection_id)
                .or_insert(PendingDelivery { retries: pending.retries + 1, ..pending });
        }
    }

    /// Takes the pending deliveries of `instance`. None where there are none; the next [`Self::push`] is then the first
    /// again.
    pub fn take(&self, instance: &str) -> Option<Vec<PendingDelivery>> {
        let mut instances = self.instances();
        let pending = std::mem::take(instances.get_mut(instance)?);
        if pending.is_empty() {
            instances.remove(instance);
            return None;
        }
        Some(pending.into_values().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn record(connection: u128) -> ConnectionRecord {
        let at = Timestamp::UNIX_EPOCH;
        ConnectionRecord::new(Uuid::nil(), Uuid::from_u128(connection), "http://one".to_owned(), at)
    }

    fn frames(pending: &[PendingDelivery]) -> Vec<&[u8]> {
        pending.iter().map(|pending| &*pending.frame).collect()
    }

    #[test]
    fn newer_event_replaces_pending_one() {
        let queue = RetryQueue::default();
        assert!(queue.push(record(1), "2".into()));
        assert!(!queue.push(record(1), "3".into()));
        let mut pending = queue.take("http://one").unwrap();
        assert_eq!(frames(&pending), [b"3"]);
        // A newer event was added while this delivery failed.
        assert!(!queue.push(record(1), "4".into()), "its retries run already");
        queue.requeue(pending.pop().unwrap());
        assert_eq!(frames(&queue.take("http://one").unwrap()), [b"4"]);
        assert!(queue.take("http://one").is_none());
        assert!(queue.push(record(1), "5".into()));
    }

    #[test]
    fn retries_are_limited() {
        let queue = RetryQueue::default();
        queue.push(record(1), "2".into());
        let mut rounds = 0;
        while let Some(pending) = queue.take("http://one") {
            rounds += 1;
            pending.into_iter().for_each(|pending| queue.requeue(pending));
        }
        assert_eq!(rounds, RETRIES + 1);
    }
}
