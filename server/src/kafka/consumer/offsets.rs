//! Which offset may be stored: everything before it is done.

use std::collections::BTreeSet;

/// The state of one partition. Messages finish in any order; the position moves only over finished ones, so that a
/// crash repeats work and never skips it. Memory is bounded by what is unfinished, not by what is finished.
#[derive(Debug, Default)]
pub(super) struct OffsetTracker {
    unfinished: BTreeSet<i64>,
    next: i64,
    stored: Option<i64>,
}

impl OffsetTracker {
    /// Notes that the message at `offset` was received. An offset before those already seen means that Kafka starts
    /// over; the position then follows it back.
    pub(super) fn received(&mut self, offset: i64) {
        if offset < self.next {
            self.stored = None;
        }
        self.unfinished.insert(offset);
        self.next = offset.saturating_add(1);
    }

    /// Notes that the work on the message at `offset` is done.
    pub(super) fn finished(&mut self, offset: i64) {
        self.unfinished.remove(&offset);
    }

    /// The offset to store (that of the next message to handle), if it has moved since it was last asked for.
    pub(super) fn advance(&mut self) -> Option<i64> {
        let position = self.unfinished.first().map_or(self.next, |first| (*first).min(self.next));
        if self.stored == Some(position) {
            return None;
        }
        self.stored = Some(position);
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_position_waits_for_the_first_unfinished() {
        let mut tracker = OffsetTracker::default();
        for offset in 10..14 {
            tracker.received(offset);
        }
        assert_eq!(tracker.advance(), Some(10));
        tracker.finished(12);
        tracker.finished(11);
        assert_eq!(tracker.advance(), None);
        tracker.finished(10);
        assert_eq!(tracker.advance(), Some(13));
        tracker.finished(13);
        assert_eq!(tracker.advance(), Some(14));
        assert_eq!(tracker.advance(), None);
    }

    #[test]
    fn gaps_in_the_log_are_no_obstacle() {
        let mut tracker = OffsetTracker::default();
        tracker.received(3);
        tracker.received(9);
        tracker.finished(3);
        assert_eq!(tracker.advance(), Some(9));
        tracker.finished(9);
        assert_eq!(tracker.advance(), Some(10));
    }

    #[test]
    fn a_log_that_starts_over_takes_the_position_back() {
        let mut tracker = OffsetTracker::default();
        tracker.received(500);
        tracker.finished(500);
        assert_eq!(tracker.advance(), Some(501));
        tracker.received(0);
        assert_eq!(tracker.advance(), Some(0));
        tracker.finished(0);
        assert_eq!(tracker.advance(), Some(1));
    }

    proptest! {
        /// Whatever the order in which messages finish, no unfinished one lies before the position, and all finished
        /// ones at the front lie behind it.
        #[test]
        fn the_position_is_exactly_the_finished_front(
            steps in prop::collection::vec((1i64..4, 0usize..16), 1..60)
        ) {
            let mut tracker = OffsetTracker::default();
            let mut open: Vec<i64> = Vec::new();
            let mut offset = 0;
            let mut position = 0;
            for (gap, pick) in steps {
                offset += gap;
                tracker.received(offset);
                open.push(offset);
                if pick < open.len() {
                    tracker.finished(open.remove(pick));
                }
                if let Some(moved) = tracker.advance() {
                    prop_assert!(moved >= position);
                    position = moved;
                }
                let expected = open.iter().min().copied().unwrap_or(offset + 1);
                prop_assert_eq!(position, expected);
            }
        }
    }
}
