//! Events that Kafka acknowledged and that are not known to be marked as published.
//!
//! The consumer of an event marks it in the transaction of its effects, so the relay waits a moment before it marks the
//! event by itself, and does so only if a sweep still finds it. While consumers lag, the relay marks at once: other
//! relays wait for the mark before they publish the customer's next event. It leaves one event to its consumer at first,
//! and twice as many each time that none was late.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// How long the consumer has. Far less than the time of a lease: another relay would publish the event again.
const MARK_AFTER: Duration = Duration::from_millis(300);

/// How long consumers are considered to lag after an event that one of them did not mark in its time.
const LAG_FOR: Duration = Duration::from_secs(30);

/// The most events that are left to their consumers.
const MOST: usize = 4096;

/// An event, by its customer and sequence.
pub(super) type Position = (Uuid, u64);

/// The acknowledged events. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    events: HashMap<Position, Instant>,
    /// How many events may be left to their consumers.
    allowed: usize,
    /// When a consumer last did not mark an event in its time.
    lagged: Option<Instant>,
}

impl Default for State {
    fn default() -> Self {
        Self { events: HashMap::new(), allowed: 1, lagged: None }
    }
}

impl Acknowledged {
    /// Leaves the mark on an event that was acknowledged now to its consumer. False while consumers lag: then the
    /// caller marks it.
    pub fn leave_to_consumer(&self, event: Position) -> bool {
        let mut state = self.state();
        let lag = state.lagged.is_some_and(|lagged| lagged.elapsed() < LAG_FOR);
        if lag || state.events.len() >= state.allowed {
            return false;
        }
        state.events.insert(event, Instant::now());
        true
    }

    /// Removes events whose consumers had their time, and records whether one of them was late.
    pub fn settle(&self, events: &[Position], late: bool) {
        let mut state = self.state();
        for event in events {
            state.events.remove(event);
        }
        if late {
            (state.allowed, state.lagged) = (1, Some(Instant::now()));
        } else if !events.is_empty() {
            state.allowed = MOST.min(state.allowed * 2);
        }
    }

    /// Whether the event may still be marked by its consumer.
    pub fn contains(&self, event: &Position) -> bool {
        self.state().events.contains_key(event)
    }

    /// The events whose consumers had their time.
    pub fn due(&self) -> Vec<Position> {
        let now = Instant::now();
        let state = self.state();
        let due = state.events.iter().filter(|(_, since)| now.duration_since(**since) >= MARK_AFTER);
        due.map(|(event, _)| *event).collect()
    }

    /// Removes and returns all events.
    pub fn take(&self) -> Vec<Position> {
        self.state().events.drain().map(|(event, _)| event).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequence: u64) -> Position {
        (Uuid::nil(), sequence)
    }

    #[tokio::test(start_paused = true)]
    async fn event_is_due_after_its_consumer_had_time_and_until_it_is_settled() {
        let acknowledged = Acknowledged::default();
        assert!(acknowledged.leave_to_consumer(event(1)));
        assert!(acknowledged.due().is_empty() && acknowledged.contains(&event(1)));
        tokio::time::advance(MARK_AFTER).await;
        assert_eq!(acknowledged.due(), [event(1)]);
        acknowledged.settle(&[event(1)], false);
        assert!(acknowledged.due().is_empty() && !acknowledged.contains(&event(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn more_events_are_left_to_consumers_that_were_not_late() {
        let acknowledged = Acknowledged::default();
        let left = |acknowledged: &Acknowledged| (0..100).filter(|n| acknowledged.leave_to_consumer(event(*n))).count();
        assert_eq!(left(&acknowledged), 1);
        for expected in [2, 4, 8] {
            acknowledged.settle(&acknowledged.take(), false);
            assert_eq!(left(&acknowledged), expected);
        }
        acknowledged.settle(&acknowledged.take(), true);
        assert_eq!(left(&acknowledged), 0, "consumers lag");
        tokio::time::advance(LAG_FOR).await;
        assert_eq!(left(&acknowledged), 1);
    }
}
