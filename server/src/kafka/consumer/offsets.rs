//! Which offset may be stored: all messages before it are done.

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
    /// Records that the message at `offset` was received. An offset before the last one means that the log starts over;
    /// the position then follows it back.
    pub(super) fn received(&mut self, offset: i64) {
        if offset < self.next {
            self.stored = None;
        }
        self.unfinished.insert(offset);
        self.next = offset.saturating_add(1);
    }

    /// Records that the message at `offset` is done.
    pub(super) fn finished(&mut self, offset: i64) {
        self.unfinished.remove(&offset);
    }

    /// The offset to store (that of the next message to handle), if it has moved since the last call.
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
    fn position_stops_at_first_unfinished_message() {
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
    fn position_passes_gaps_in_the_log() {
        let mut tracker = OffsetTracker::default();
        tracker.received(3);
        tracker.received(9);
        tracker.finished(3);
        assert_eq!(tracker.advance(), Some(9));
        tracker.finished(9);
        assert_eq!(tracker.advance(), Some(10));
    }

    #[test]
    fn position_follows_a_log_that_starts_over() {
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
        /// In whatever order messages finish: no unfinished one is before the position, and the finished prefix is.
        #[test]
        fn position_is_the_end_of_the_finished_prefix(
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
