//! The relay: publishes what the event log holds unpublished, in sequence order per customer, and marks it after
//! Kafka's acknowledgement.
//!
//! Any number of relays may run. Each event is claimed by one of them; a process that runs commands and a relay claims
//! what it commits in the same transaction, so that its own relay publishes it at once, by a hint. Whatever hints do not
//! tell, a sweep over the log finds: events of processes without a relay, those of a relay that died, a broker that was
//! away, a full queue of hints.
//!
//! Order does not hang on claims or clocks: a relay publishes an event only when it knows the one before to be
//! acknowledged, by its own publication or by the mark in the log. Claims only spare second publications.

mod lane;
mod outage;
mod relay;
mod sweep;

use std::sync::Arc;

use domain::event::Envelope;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::kafka::EventPublisher;
use crate::store::{self, Claim, Store};

pub use relay::Relay;

/// Hints that wait; one that finds no room is left to the sweep.
const HINTS: usize = 10_000;

/// A committed event, and the claim that it was committed with.
struct Hint {
    event: Envelope,
    claim: Option<Claim>,
}

/// Where commands hint at committed events.
#[derive(Clone)]
pub struct Outbox {
    beside: Option<Beside>,
}

/// The relay in the same process.
#[derive(Clone)]
struct Beside {
    hints: mpsc::Sender<Hint>,
    relay: Uuid,
}

impl Outbox {
    /// A place for hints, and the relay that takes them and claims events as `relay`.
    pub fn new(store: Store, publisher: Arc<EventPublisher>, relay: Uuid) -> (Self, Relay) {
        let (hints, taken) = mpsc::channel(HINTS);
        (Self { beside: Some(Beside { hints, relay }) }, Relay::new(store, publisher, relay, taken))
    }

    /// Where hints go that nobody here takes: a relay in another process finds the events by itself.
    pub fn elsewhere() -> Self {
        Self { beside: None }
    }

    /// The claim to commit an event with. None where there is no relay beside, or it has more to do than it can: any
    /// other may publish the event then.
    pub fn claim(&self) -> Option<Claim> {
        let Beside { hints, relay } = self.beside.as_ref()?;
        (!hints.is_closed() && hints.capacity() > 0).then(|| Claim::new(*relay, store::now()))
    }

    /// Tells of an event that was committed with `claim`. Never waits, never fails: the sweep finds what is not told.
    pub fn hint(&self, event: Envelope, claim: Option<Claim>) {
        if let Some(Beside { hints, .. }) = &self.beside {
            let _ = hints.try_send(Hint { event, claim });
        }
    }
}
