//! The sockets of this instance.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::api::Progress;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::raw_event::RawEvent;

/// The capacity of a socket's queue, in signals. A client that is further behind is closed and resumes.
const QUEUE: usize = 128;

/// A message to a socket.
#[derive(Clone, Debug)]
pub enum Signal {
    /// An event whose effects are done.
    Event(Arc<RawEvent>),
    /// The progress of reading a document.
    Progress(Progress),
    /// The client's state is out of date: it fetches a snapshot.
    Resync,
}

/// Why a socket is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The customer's limit is reached.
    #[error("too many connections of this customer")]
    Customer,
    /// The instance's limit is reached.
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
    total: usize,
    closing: CancellationToken,
}

#[derive(Default)]
struct Sockets {
    by_customer: HashMap<Uuid, Vec<Socket>>,
    customers: HashMap<Uuid, Uuid>,
}

impl Sockets {
    fn find(&self, connection_id: Uuid) -> Option<&Socket> {
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
    /// Never waits: a socket whose queue is full is closed and resumes from the store.
    fn send(&self, signal: &Signal) {
        if let Err(mpsc::error::TrySendError::Full(signal)) = self.signals.try_send(signal.clone())
            && !matches!(signal, Signal::Progress(_))
        {
            self.behind.cancel();
        }
    }
}

/// A socket's registration in the hub, which ends when it is dropped.
pub struct Subscription {
    hub: Hub,
    /// The customer.
    pub customer_id: Uuid,
    /// The connection.
    pub connection_id: Uuid,
    /// The signals for the socket.
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
    pub fn new(per_customer: usize, total: usize, closing: CancellationToken) -> Self {
        Self { inner: Arc::new(Inner { sockets: Mutex::default(), per_customer, total, closing }) }
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        // No code panics while it holds the lock.
        self.inner.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a customer's new socket.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn join(&self, customer_id: Uuid, connection_id: Uuid) -> Result<Subscription, Refusal> {
        let (sender, signals) = mpsc::channel(QUEUE);
        let (behind, ended) = (CancellationToken::new(), CancellationToken::new());
        let mut sockets = self.sockets();
        if sockets.customers.len() >= self.inner.total {
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

    /// Sends to every socket of `customer_id`. Never waits: a socket whose queue is full is closed and resumes from the
    /// store.
    pub fn send(&self, customer_id: Uuid, signal: &Signal) {
        self.sockets().by_customer.get(&customer_id).into_iter().flatten().for_each(|socket| socket.send(signal));
    }

    /// Sends to one socket; false where this instance does not hold it.
    pub fn send_to(&self, connection_id: Uuid, signal: &Signal) -> bool {
        self.sockets().find(connection_id).map(|socket| socket.send(signal)).is_some()
    }

    /// Sends to every socket of this instance.
    pub fn broadcast(&self, signal: &Signal) {
        self.sockets().by_customer.values().flatten().for_each(|socket| socket.send(signal));
    }

    /// The customer of a socket; none where this instance does not hold it.
    pub fn customer_of(&self, connection_id: Uuid) -> Option<Uuid> {
        self.sockets().customers.get(&connection_id).copied()
    }

    /// Closes one socket; false where this instance does not hold it.
    pub fn end_one(&self, connection_id: Uuid) -> bool {
        self.sockets().find(connection_id).map(|socket| socket.ended.cancel()).is_some()
    }

    /// Closes every socket of `customer_id`, because a session of theirs has ended.
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
    fn limits_apply_and_closed_sockets_free_their_places() {
        let hub = Hub::new(2, 3, CancellationToken::new());
        let (one_customer, other_customer) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = hub.join(one_customer, Uuid::from_u128(11)).unwrap();
        let _second = hub.join(one_customer, Uuid::from_u128(12)).unwrap();
        assert_eq!(hub.join(one_customer, Uuid::from_u128(13)).err(), Some(Refusal::Customer));
        let _third = hub.join(other_customer, Uuid::from_u128(21)).unwrap();
        assert_eq!(hub.join(other_customer, Uuid::from_u128(22)).err(), Some(Refusal::Instance));
        drop(first);
        assert_eq!(hub.len(), 2);
        assert!(hub.join(other_customer, Uuid::from_u128(22)).is_ok());
    }

    #[test]
    fn signal_reaches_only_its_customer() {
        let hub = Hub::new(2, 10, CancellationToken::new());
        let (one_customer, other_customer) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut one_socket = hub.join(one_customer, Uuid::from_u128(11)).unwrap();
        let mut other_socket = hub.join(other_customer, Uuid::from_u128(21)).unwrap();
        hub.send(one_customer, &progress());
        assert!(one_socket.signals.try_recv().is_ok());
        assert!(other_socket.signals.try_recv().is_err());
    }

    #[test]
    fn socket_is_addressable_until_it_is_closed() {
        let hub = Hub::new(2, 10, CancellationToken::new());
        let (one_customer, first, second) = (Uuid::from_u128(1), Uuid::from_u128(11), Uuid::from_u128(12));
        let mut one = hub.join(one_customer, first).unwrap();
        let mut other = hub.join(one_customer, second).unwrap();
        assert_eq!(hub.customer_of(first), Some(one_customer));
        assert!(hub.send_to(first, &progress()));
        assert!(one.signals.try_recv().is_ok() && other.signals.try_recv().is_err());
        hub.broadcast(&Signal::Resync);
        assert!(one.signals.try_recv().is_ok() && other.signals.try_recv().is_ok());
        assert!(hub.end_one(first));
        assert!(one.ended.is_cancelled() && !other.ended.is_cancelled());
        drop(one);
        assert!(!hub.send_to(first, &progress()) && !hub.end_one(first) && hub.customer_of(first).is_none());
    }

    #[test]
    fn end_of_session_closes_only_its_customers_sockets() {
        let hub = Hub::new(2, 10, CancellationToken::new());
        let (one_customer, other_customer) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let one_socket = [11, 12].map(|id| hub.join(one_customer, Uuid::from_u128(id)).unwrap());
        let other_socket = hub.join(other_customer, Uuid::from_u128(21)).unwrap();
        hub.end(one_customer);
        assert!(one_socket.iter().all(|socket| socket.ended.is_cancelled()));
        assert!(!other_socket.ended.is_cancelled());
        drop(one_socket);
        assert!(
            !hub.join(one_customer, Uuid::from_u128(13)).unwrap().ended.is_cancelled(),
            "a new session is a new start"
        );
    }

    #[test]
    fn full_queue_drops_progress_and_closes_the_socket_for_an_event() {
        let hub = Hub::new(1, 1, CancellationToken::new());
        let socket = hub.join(Uuid::nil(), Uuid::nil()).unwrap();
        for _ in 0..=QUEUE {
            hub.send(Uuid::nil(), &progress());
        }
        assert!(!socket.behind.is_cancelled());
        let event = RawEvent { customer_id: Uuid::nil(), sequence: 1, json: "{}".to_owned() };
        hub.send(Uuid::nil(), &Signal::Event(Arc::new(event)));
        assert!(socket.behind.is_cancelled());
    }
}
