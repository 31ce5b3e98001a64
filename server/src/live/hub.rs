//! Who is connected to this instance, and the way to each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::api::Progress;
use domain::event::Envelope;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Signals that wait for one socket. A client that is so far behind is closed and resumes.
const WAITING: usize = 128;

/// What a socket is told.
#[derive(Clone, Debug)]
pub enum Signal {
    /// An event whose effects are done.
    Event(Arc<Envelope>),
    /// How far the reading of a document is.
    Progress(Progress),
    /// What the client knows is no longer so.
    Resync,
}

/// Why a socket is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The customer holds as many as allowed.
    #[error("too many connections of this customer")]
    Customer,
    /// The instance holds as many as allowed.
    #[error("too many connections on this instance")]
    Instance,
}

/// The sockets of this instance. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    sockets: Mutex<Sockets>,
    per_customer: usize,
    in_all: usize,
    closing: CancellationToken,
}

#[derive(Default)]
struct Sockets {
    by_customer: HashMap<Uuid, Vec<Socket>>,
    customers: HashMap<Uuid, Uuid>,
}

impl Sockets {
    fn one(&self, connection_id: Uuid) -> Option<&Socket> {
        let customer_id = self.customers.get(&connection_id)?;
        self.by_customer.get(customer_id)?.iter().find(|socket| socket.connection_id == connection_id)
    }
}

struct Socket {
    connection_id: Uuid,
    signals: mpsc::Sender<Signal>,
    behind: CancellationToken,
    ended: CancellationToken,
}

impl Socket {
    /// Never waits: one that has no room is closed and resumes from the store.
    fn tell(&self, signal: &Signal) {
        if let Err(mpsc::error::TrySendError::Full(signal)) = self.signals.try_send(signal.clone())
            && !matches!(signal, Signal::Progress(_))
        {
            self.behind.cancel();
        }
    }
}

/// A socket's end of the hub; leaves it when dropped.
pub struct Subscription {
    hub: Hub,
    /// Whose socket it is.
    pub customer_id: Uuid,
    /// Which.
    pub connection_id: Uuid,
    /// What it is told.
    pub signals: mpsc::Receiver<Signal>,
    /// Cancelled when the socket does not keep up.
    pub behind: CancellationToken,
    /// Cancelled when the customer ends a session.
    pub ended: CancellationToken,
    /// Cancelled when the instance stops.
    pub closing: CancellationToken,
}

impl Hub {
    /// A hub with these limits, whose sockets close when `closing` is cancelled.
    pub fn new(per_customer: usize, in_all: usize, closing: CancellationToken) -> Self {
        Self { inner: Arc::new(Inner { sockets: Mutex::default(), per_customer, in_all, closing }) }
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        // Nothing panics while it is held; and if it did, the map would still be whole.
        self.inner.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a customer's new socket.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn join(&self, customer_id: Uuid, connection_id: Uuid) -> Result<Subscription, Refusal> {
        let (sender, signals) = mpsc::channel(WAITING);
        let (behind, ended) = (CancellationToken::new(), CancellationToken::new());
        let mut sockets = self.sockets();
        if sockets.customers.len() >= self.inner.in_all {
            return Err(Refusal::Instance);
        }
        let own = sockets.by_customer.entry(customer_id).or_default();
        if own.len() >= self.inner.per_customer {
            return Err(Refusal::Customer);
        }
        own.push(Socket { connection_id, signals: sender, behind: behind.clone(), ended: ended.clone() });
        sockets.customers.insert(connection_id, customer_id);
        metrics::gauge!("onboard_sockets").set(sockets.customers.len() as f64);
        let closing = self.inner.closing.clone();
        Ok(Subscription { hub: self.clone(), customer_id, connection_id, signals, behind, ended, closing })
    }

    fn leave(&self, customer_id: Uuid, connection_id: Uuid) {
        let mut sockets = self.sockets();
        let Some(own) = sockets.by_customer.get_mut(&customer_id) else { return };
        own.retain(|socket| socket.connection_id != connection_id);
        if own.is_empty() {
            sockets.by_customer.remove(&customer_id);
        }
        sockets.customers.remove(&connection_id);
        metrics::gauge!("onboard_sockets").set(sockets.customers.len() as f64);
    }

    /// Tells every socket of `customer_id`. Never waits: one that has no room is closed and resumes from the store.
    pub fn tell(&self, customer_id: Uuid, signal: &Signal) {
        self.sockets().by_customer.get(&customer_id).into_iter().flatten().for_each(|socket| socket.tell(signal));
    }

    /// Tells one socket; false where it is not here.
    pub fn tell_one(&self, connection_id: Uuid, signal: &Signal) -> bool {
        self.sockets().one(connection_id).map(|socket| socket.tell(signal)).is_some()
    }

    /// Tells every socket of this instance.
    pub fn tell_all(&self, signal: &Signal) {
        self.sockets().by_customer.values().flatten().for_each(|socket| socket.tell(signal));
    }

    /// Whose socket that is, where it is here.
    pub fn customer_of(&self, connection_id: Uuid) -> Option<Uuid> {
        self.sockets().customers.get(&connection_id).copied()
    }

    /// Has one socket closed; false where it is not here.
    pub fn end_one(&self, connection_id: Uuid) -> bool {
        self.sockets().one(connection_id).map(|socket| socket.ended.cancel()).is_some()
    }

    /// Has every socket of `customer_id` closed, since a session of theirs has ended.
    pub fn end(&self, customer_id: Uuid) {
        for socket in self.sockets().by_customer.get(&customer_id).into_iter().flatten() {
            socket.ended.cancel();
        }
    }

    /// How many sockets are open.
    pub fn len(&self) -> usize {
        self.sockets().customers.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.leave(self.customer_id, self.connection_id);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::api::ReadingStep;

    use super::*;

    fn progress() -> Signal {
        Signal::Progress(Progress { document_id: Uuid::nil(), step: ReadingStep::Queued })
    }

    #[test]
    fn limits_hold_and_places_come_free() {
        let hub = Hub::new(2, 3, CancellationToken::new());
        let (anna, bo) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = hub.join(anna, Uuid::from_u128(11)).unwrap();
        let _second = hub.join(anna, Uuid::from_u128(12)).unwrap();
        assert_eq!(hub.join(anna, Uuid::from_u128(13)).err(), Some(Refusal::Customer));
        let _third = hub.join(bo, Uuid::from_u128(21)).unwrap();
        assert_eq!(hub.join(bo, Uuid::from_u128(22)).err(), Some(Refusal::Instance));
        drop(first);
        assert_eq!(hub.len(), 2);
        assert!(hub.join(bo, Uuid::from_u128(22)).is_ok());
    }

    #[test]
    fn a_customer_hears_only_what_is_meant_for_it() {
        let hub = Hub::new(2, 10, CancellationToken::new());
        let (anna, bo) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut annas = hub.join(anna, Uuid::from_u128(11)).unwrap();
        let mut bos = hub.join(bo, Uuid::from_u128(21)).unwrap();
        hub.tell(anna, &progress());
        assert!(annas.signals.try_recv().is_ok());
        assert!(bos.signals.try_recv().is_err());
    }

    #[test]
    fn one_socket_is_found_as_long_as_it_is_there() {
        let hub = Hub::new(2, 10, CancellationToken::new());
        let (anna, first, second) = (Uuid::from_u128(1), Uuid::from_u128(11), Uuid::from_u128(12));
        let mut one = hub.join(anna, first).unwrap();
        let mut other = hub.join(anna, second).unwrap();
        assert_eq!(hub.customer_of(first), Some(anna));
        assert!(hub.tell_one(first, &progress()));
        assert!(one.signals.try_recv().is_ok() && other.signals.try_recv().is_err());
        hub.tell_all(&Signal::Resync);
        assert!(one.signals.try_recv().is_ok() && other.signals.try_recv().is_ok());
        assert!(hub.end_one(first));
        assert!(one.ended.is_cancelled() && !other.ended.is_cancelled());
        drop(one);
        assert!(!hub.tell_one(first, &progress()) && !hub.end_one(first) && hub.customer_of(first).is_none());
    }

    #[test]
    fn the_end_of_a_session_is_told_to_its_customers_sockets_only() {
        let hub = Hub::new(2, 10, CancellationToken::new());
        let (anna, bo) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let annas = [11, 12].map(|id| hub.join(anna, Uuid::from_u128(id)).unwrap());
        let bos = hub.join(bo, Uuid::from_u128(21)).unwrap();
        hub.end(anna);
        assert!(annas.iter().all(|socket| socket.ended.is_cancelled()));
        assert!(!bos.ended.is_cancelled());
        drop(annas);
        assert!(!hub.join(anna, Uuid::from_u128(13)).unwrap().ended.is_cancelled(), "a new session is a new start");
    }

    #[test]
    fn progress_may_be_lost_but_an_event_never_silently() {
        let hub = Hub::new(1, 1, CancellationToken::new());
        let socket = hub.join(Uuid::nil(), Uuid::nil()).unwrap();
        for _ in 0..=WAITING {
            hub.tell(Uuid::nil(), &progress());
        }
        assert!(!socket.behind.is_cancelled());
        let event =
            br#"{"eventId":"00000000-0000-0000-0000-000000000001","eventType":"WORKFLOW_COMPLETED","source":"s",
            "customerId":"00000000-0000-0000-0000-000000000000","sequence":1,"schemaVersion":1,
            "applicationId":"APP-00000000-0000-0000-0000-000000000000-1","timestamp":"2026-01-01T00:00:00Z",
            "data":{"selectedPolicyId":"p","premium":{"monthlyCents":1,"currency":"EUR"}}}"#;
        hub.tell(Uuid::nil(), &Signal::Event(Arc::new(Envelope::from_slice(event).unwrap())));
        assert!(socket.behind.is_cancelled());
    }
}
