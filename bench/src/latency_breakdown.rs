//! Divides the latency of events into stages, from the event log and the receipts of browsers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::backend_probe::Logged;
use crate::browser::Receipt;

/// The durations of the stages. The command takes an event's `timestamp` just before its transaction, and the consumer
/// takes `handledAt` just before the transaction of the effects, both in milliseconds. The first stage therefore
/// contains the commit, the relay, Kafka and the queue of the consumer. The second contains the effects, the fan-out
/// and the socket.
#[derive(Debug, Default)]
pub struct LatencyBreakdown {
    /// From the event's `timestamp` to its `handledAt`.
    pub to_effects: Vec<Duration>,
    /// From `handledAt` to the frame.
    pub to_browser: Vec<Duration>,
    /// From `timestamp` to the frame.
    pub all: Vec<Duration>,
}

impl LatencyBreakdown {
    /// Adds the events of a customer whose sequence is `wanted`.
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

/// The time between two timestamps; zero if they are reversed. A socket that catches up may deliver an event before its
/// effects.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).max(SignedDuration::ZERO).unsigned_abs()
}
