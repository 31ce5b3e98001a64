//! The transactional outbox and its relay: the relay publishes the unpublished events of the event log, in sequence per
//! customer, and marks each as published after Kafka's acknowledgement.
//!
//! Any number of relays may run. Each event is leased by one of them. A process that runs commands and a relay takes
//! the lease in the transaction that commits the event, and announces the event to its own relay, which publishes it at
//! once. A sweep over the log finds all other events: those of processes without a relay, of a relay that died, of an
//! outage, and those that found the queue of announcements full.
//!
//! Order does not depend on leases or clocks: a relay publishes an event only after the event before it is
//! acknowledged, by its own publication or by the mark in the log. Leases only avoid duplicate publications.

mod acknowledged;
mod lane;
mod outage;
mod relay;
mod sweep;

use std::sync::Arc;

use domain::event::Envelope;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::kafka::EventPublisher;
use crate::raw_event::RawEvent;
use crate::store::{self, Lease, Store};

pub use relay::Relay;

/// The capacity of the queue of announcements. The sweep finds an event that finds it full.
const ANNOUNCEMENTS: usize = 10_000;

/// A committed event, and the lease that it was committed with.
struct Announcement {
    event: RawEvent,
    lease: Option<Lease>,
}

/// Where commands announce committed events. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    relay: Option<LocalRelay>,
}

/// The relay in the same process.
#[derive(Clone)]
struct LocalRelay {
    announcements: mpsc::Sender<Announcement>,
    id: Uuid,
}

impl Outbox {
    /// An outbox, and the relay that receives its announcements and leases events as `relay`.
    pub fn new(store: Store, publisher: Arc<EventPublisher>, relay: Uuid) -> (Self, Relay) {
        let (announcements, received) = mpsc::channel(ANNOUNCEMENTS);
        let relay_here = LocalRelay { announcements, id: relay };
        (Self { relay: Some(relay_here) }, Relay::new(store, publisher, relay, received))
    }

    /// An outbox of a process without a relay: relays of other processes find its events by their sweeps.
    pub fn without_relay() -> Self {
        Self { relay: None }
    }

    /// The lease to commit an event with. None where this process has no relay, or its queue is full: any relay may
    /// publish the event then.
    pub fn lease(&self) -> Option<Lease> {
        let LocalRelay { announcements, id } = self.relay.as_ref()?;
        (!announcements.is_closed() && announcements.capacity() > 0).then(|| Lease::new(*id, store::now()))
    }

    /// Announces an event that was committed with `lease`. Never waits, never fails: the sweep finds an event whose
    /// announcement is lost.
    pub fn announce(&self, event: &Envelope, lease: Option<Lease>) {
        if let Some(LocalRelay { announcements, .. }) = &self.relay
            && let Ok(event) = RawEvent::write(event)
        {
            let _ = announcements.try_send(Announcement { event, lease });
        }
    }
}
