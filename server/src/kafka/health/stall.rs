//! Partitions that stand still although messages follow: librdkafka fetches a batch that it cannot read again and
//! again, and says so at most by an error that does not name the partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::statistics::{Partition, Statistics};
use rdkafka::types::RDKafkaErrorCode;

use super::incident_tracker::is_up;

/// A partition stands still after so long without progress: longer than a fetch takes on a slow line.
const STANDS_AFTER: Duration = Duration::from_secs(30);
/// The same where librdkafka reports unreadable batches meanwhile. Longer than two reports of its statistics.
const STANDS_AFTER_ERROR: Duration = Duration::from_secs(5);

/// A partition that stands still.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stall {
    pub(super) partition: i32,
    /// The place, and librdkafka's reason if it gave one.
    pub(super) reason: String,
}

/// The positions of one consumer in its partitions.
#[derive(Debug, Default)]
pub(super) struct StallDetector {
    positions: BTreeMap<i32, (i64, Instant)>,
    /// Fetching is paused for back-pressure.
    paused: bool,
    /// When librdkafka reported an unreadable batch the last time, and how.
    unreadable: Option<(Instant, String)>,
}

impl StallDetector {
    /// Fetching was paused or resumed.
    pub(super) fn paused(&mut self, paused: bool) {
        self.paused = paused;
        self.positions.clear();
    }

    /// librdkafka reported an error of the consumer.
    pub(super) fn reported(&mut self, code: RDKafkaErrorCode, text: &str, now: Instant) {
        if is_unreadable_batch(code, text) {
            self.unreadable = Some((now, text.to_owned()));
        }
    }

    /// The partitions of `topic` that stand still, by librdkafka's statistics.
    pub(super) fn observe(&mut self, statistics: &Statistics, topic: &str, now: Instant) -> Vec<Stall> {
        let behind: Vec<&Partition> = statistics
            .topics
            .get(topic)
            .into_iter()
            .flat_map(|topic| topic.partitions.values())
            .filter(|partition| !self.paused && is_behind(partition, statistics))
            .collect();
        self.positions.retain(|number, _| behind.iter().any(|partition| partition.partition == *number));
        let mut stalls = Vec::new();
        for Partition { partition, next_offset, ls_offset, .. } in behind {
            let (offset, since) = self.positions.entry(*partition).or_insert((*next_offset, now));
            if offset != next_offset {
                (*offset, *since) = (*next_offset, now);
            }
            let stands = now.saturating_duration_since(*since);
            let place = format!("it stands at offset {next_offset} of {ls_offset}");
            let reason = match &self.unreadable {
                Some((at, text)) if at >= since && stands >= STANDS_AFTER_ERROR => format!("{place}: {text}"),
                _ if stands >= STANDS_AFTER => place,
                _ => continue,
            };
            stalls.push(Stall { partition: *partition, reason });
        }
        stalls
    }
}

/// Whether an error says that a batch cannot be decompressed.
pub(super) fn is_unreadable_batch(code: RDKafkaErrorCode, text: &str) -> bool {
    code == RDKafkaErrorCode::BadCompression
        || code == RDKafkaErrorCode::NotImplemented && text.starts_with("Decompression")
}

/// Whether messages follow that a connected broker would give. The last stable offset excludes those of open
/// transactions.
fn is_behind(partition: &Partition, statistics: &Statistics) -> bool {
    let connected = |node: i32| statistics.brokers.values().any(|broker| broker.nodeid == node && is_up(&broker.state));
    partition.partition >= 0
        && partition.fetch_state == "active"
        && (0..partition.ls_offset).contains(&partition.next_offset)
        && connected(partition.broker)
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics::{Broker, Topic};

    use super::*;

    fn partition(number: i32, next: i64, end: i64) -> Partition {
        Partition {
            partition: number,
            broker: 1,
            fetch_state: "active".to_owned(),
            next_offset: next,
            ls_offset: end,
            ..Partition::default()
        }
    }

    fn statistics(partitions: Vec<Partition>, state: &str) -> Statistics {
        let broker = Broker { nodeid: 1, state: state.to_owned(), ..Broker::default() };
        let partitions = partitions.into_iter().map(|partition| (partition.partition, partition)).collect();
        Statistics {
            brokers: [("b".to_owned(), broker)].into(),
            topics: [("topic".to_owned(), Topic { partitions, ..Topic::default() })].into(),
            ..Statistics::default()
        }
    }

    /// Feeds positions of partition 0, one every two seconds, and returns how many seconds pass before it stands.
    fn stands_after(detector: &mut StallDetector, start: Instant, of: impl Fn(u64) -> Statistics) -> Option<u64> {
        (0..60)
            .step_by(2)
            .find(|second| !detector.observe(&of(*second), "topic", start + Duration::from_secs(*second)).is_empty())
    }

    #[test]
    fn partition_without_progress_stands_and_others_do_not() {
        let (mut detector, start) = (StallDetector::default(), Instant::now());
        let both = |second: u64| statistics(vec![partition(0, 5, 9), partition(1, second as i64, 99)], "UP");
        assert_eq!(stands_after(&mut detector, start, both), Some(30));
        let stalls = detector.observe(&both(32), "topic", start + Duration::from_secs(32));
        assert_eq!(stalls, [Stall { partition: 0, reason: "it stands at offset 5 of 9".to_owned() }]);
        let moved = statistics(vec![partition(0, 9, 9)], "UP");
        assert_eq!(detector.observe(&moved, "topic", start + Duration::from_secs(34)), []);
    }

    #[test]
    fn unreadable_batch_is_known_at_once_with_its_reason() {
        let (mut detector, start) = (StallDetector::default(), Instant::now());
        let text = "Decompression (codec 0x7) of message at 5 of 30 bytes failed: Local: Not implemented";
        let of = |_| statistics(vec![partition(0, 5, 9)], "UP");
        detector.observe(&of(0), "topic", start);
        detector.reported(RDKafkaErrorCode::NotImplemented, text, start);
        assert_eq!(stands_after(&mut detector, start, of), Some(6));
        let stalls = detector.observe(&of(0), "topic", start + Duration::from_secs(8));
        assert_eq!(stalls.first().map(|stall| stall.reason.ends_with(text)), Some(true), "{stalls:?}");
        // An error from before the partition moved says nothing about where it is now.
        let later = |_| statistics(vec![partition(0, 6, 9)], "UP");
        assert_eq!(stands_after(&mut detector, start + Duration::from_secs(10), later), Some(30));
    }

    #[test]
    fn partition_that_waits_for_something_else_does_not_stand() {
        let start = Instant::now();
        for (what, partition, state) in [
            ("the end is reached", partition(0, 9, 9), "UP"),
            ("no broker is connected", partition(0, 5, 9), "TRY_CONNECT"),
            ("the offset is not known", partition(0, -1001, 9), "UP"),
            ("it is not fetched", Partition { fetch_state: "stopped".to_owned(), ..partition(0, 5, 9) }, "UP"),
            ("librdkafka's own bookkeeping", Partition { partition: -1, ..partition(0, 5, 9) }, "UP"),
        ] {
            let mut detector = StallDetector::default();
            let of = |_| statistics(vec![partition.clone()], state);
            assert_eq!(stands_after(&mut detector, start, of), None, "{what}");
        }
        let mut detector = StallDetector::default();
        detector.paused(true);
        let of = |_| statistics(vec![partition(0, 5, 9)], "UP");
        assert_eq!(stands_after(&mut detector, start, of), None, "paused");
        detector.paused(false);
        assert_eq!(stands_after(&mut detector, start, of), Some(30), "from the moment it is resumed");
    }
}
