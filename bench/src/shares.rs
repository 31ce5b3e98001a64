//! Where an event's time went, by the event log and what a browser saw.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::behind::Logged;
use crate::browser::Receipt;

/// How long parts of the way took. An event's `timestamp` is taken by the command just before its transaction, and
/// `handledAt` by the consumer just before the transaction of the effects, both in milliseconds: so the first share has the
/// commit, relay, Kafka and the consumer's turn in it, and the second the effects themselves, fan-out and socket.
#[derive(Debug, Default)]
pub struct Shares {
    /// From the event's `timestamp` to its `handledAt`.
    pub to_effects: Vec<Duration>,
    /// From `handledAt` to the frame.
    pub to_browser: Vec<Duration>,
    /// From `timestamp` to the frame.
    pub all: Vec<Duration>,
}

impl Shares {
    /// Adds those events of a customer whose sequence is `wanted`.
    pub fn add(&mut self, logged: &[Logged], receipts: &[Receipt], wanted: impl Fn(u64) -> bool) {
        for Logged { event, handled_at, .. } in logged.iter().filter(|logged| wanted(logged.event.sequence)) {
            let Some(receipt) = receipts.iter().find(|receipt| receipt.event_id == event.event_id) else { continue };
            if let Some(handled_at) = handled_at {
                self.to_effects.push(between(event.timestamp, *handled_at));
                self.to_browser.push(between(*handled_at, receipt.at));
            }
            self.all.push(between(event.timestamp, receipt.at));
        }
    }
}

/// Nothing where the later time is the earlier one: a socket that catches up may be quicker than the effects.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).max(SignedDuration::ZERO).unsigned_abs()
}
