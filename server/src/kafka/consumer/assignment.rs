//! The metrics of the partitions that this consumer owns. The owner alone tells the lag of a partition: a revoked one
//! loses its series, and a new one has its series before its first message is handled.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::statistics::{Partition, Statistics};

/// The partitions that one consumer owns.
#[derive(Debug)]
pub(super) struct Assignment {
    /// The topic's name in metrics.
    topic: &'static str,
    /// Its name on this cluster.
    subscribed: String,
    /// The offset of the first message since the assignment, by partition; none before it.
    owned: Mutex<HashMap<i32, Option<i64>>>,
}

impl Assignment {
    pub(super) fn new(topic: &'static str, subscribed: String) -> Self {
        Self { topic, subscribed, owned: Mutex::default() }
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<i32, Option<i64>>> {
        // Nothing is left half done under the lock.
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn assigned(&self, partitions: &[i32]) {
        let mut owned = self.owned();
        owned.extend(partitions.iter().map(|partition| (*partition, None)));
        self.set_count(owned.len());
    }

    pub(super) fn revoked(&self, partitions: &[i32]) {
        let mut owned = self.owned();
        for partition in partitions {
            if owned.remove(partition).is_some() {
                // Not rendered: the next owner tells the lag.
                self.set_lag(*partition, f64::NAN);
            }
        }
        self.set_count(owned.len());
    }

    /// A message was delivered.
    pub(super) fn delivered(&self, partition: i32, offset: i64) {
        if let Some(first) = self.owned().get_mut(&partition) {
            first.get_or_insert(offset);
        }
    }

    /// Sets the lag of the owned partitions.
    pub(super) fn statistics(&self, statistics: &Statistics) {
        let Some(topic) = statistics.topics.get(&self.subscribed) else { return };
        // Under the lock, so that a partition that is revoked meanwhile does not get its series back.
        let owned = self.owned();
        for (number, first) in &*owned {
            #[allow(clippy::cast_precision_loss)] // a lag beyond 2^52 events has other problems
            if let Some(lag) = topic.partitions.get(number).and_then(|partition| lag(partition, *first)) {
                self.set_lag(*number, lag as f64);
            }
        }
    }

    fn set_lag(&self, partition: i32, lag: f64) {
        let partition = partition.to_string();
        metrics::gauge!("onboard_kafka_consumer_lag", "topic" => self.topic, "partition" => partition).set(lag);
    }

    #[allow(clippy::cast_precision_loss)] // a few partitions
    fn set_count(&self, count: usize) {
        metrics::gauge!("onboard_kafka_assigned_partitions", "topic" => self.topic).set(count as f64);
    }
}

/// Messages from the position to the end; none where the broker has not told the end yet. A negative offset is unknown.
/// The position is the highest of what was stored, committed and first delivered. Without a message since the
/// assignment it is where librdkafka fetches next, without what waits in its queue.
fn lag(partition: &Partition, first: Option<i64>) -> Option<i64> {
    let fetched = || partition.next_offset - partition.fetchq_cnt;
    let position = partition.stored_offset.max(partition.committed_offset).max(first.unwrap_or_else(fetched));
    (partition.hi_offset >= 0 && position >= 0).then(|| (partition.hi_offset - position).max(0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const UNKNOWN: i64 = -1001;

    fn partition(stored: i64, committed: i64, next: i64, queued: i64, end: i64) -> Partition {
        Partition {
            stored_offset: stored,
            committed_offset: committed,
            next_offset: next,
            fetchq_cnt: queued,
            hi_offset: end,
            ..Partition::default()
        }
    }

    #[test]
    fn lag_counts_from_the_highest_known_position() {
        assert_eq!(lag(&partition(7, 5, 10, 0, 10), Some(3)), Some(3));
        assert_eq!(lag(&partition(UNKNOWN, 9, 10, 0, 10), None), Some(0), "its offset from an earlier assignment");
        assert_eq!(lag(&partition(UNKNOWN, UNKNOWN, 10, 0, 10), Some(4)), Some(6), "stuck on its first message");
        assert_eq!(lag(&partition(UNKNOWN, UNKNOWN, 10, 6, 10), None), Some(6), "nothing delivered yet");
        assert_eq!(lag(&partition(UNKNOWN, UNKNOWN, UNKNOWN, 0, 10), None), None);
        assert_eq!(lag(&partition(7, 5, 10, 0, UNKNOWN), Some(3)), None);
    }

    #[test]
    fn only_the_owner_of_a_partition_tells_its_lag() {
        crate::telemetry::metrics();
        let assignment = Assignment::new("kyc-verified", "test.kyc-verified".to_owned());
        let mut statistics = Statistics::default();
        let partitions = [(0, partition(2, 2, 5, 0, 5)), (1, partition(UNKNOWN, UNKNOWN, 5, 0, 5))].into();
        let topic = rdkafka::statistics::Topic { partitions, ..Default::default() };
        statistics.topics.insert("test.kyc-verified".to_owned(), topic);
        let told = || {
            let text = crate::telemetry::render();
            let own = "onboard_kafka_consumer_lag{topic=\"kyc-verified\",partition=\"";
            let mut lags: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(own).map(str::to_owned)).collect();
            lags.sort();
            lags
        };
        assignment.statistics(&statistics);
        assert!(told().is_empty(), "nothing is assigned");
        assignment.assigned(&[0, 1]);
        assignment.delivered(0, 0);
        assignment.delivered(1, 1);
        assignment.delivered(1, 2);
        assignment.statistics(&statistics);
        assert_eq!(told(), ["0\"} 3", "1\"} 4"]);
        assignment.revoked(&[0]);
        assignment.statistics(&statistics);
        assert_eq!(told(), ["1\"} 4"]);
    }
}
