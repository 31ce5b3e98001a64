//! Delivers signals to a customer's sockets on every instance: to those held here at once, to the others by
//! `@connections`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::api::{Progress, ServerFrame};
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::frame;
use super::hub::{Hub, Signal};
use super::peers::Peers;
use super::remote::{DeliveryOutcome, Remote};
use crate::store::{ConnectionRecord, StoreError};

/// The queue of reading progress for other instances. A step that finds it full is dropped: progress may be lost.
const PROGRESS_QUEUE: usize = 256;
/// How often, and for how long, closing an ended session's sockets elsewhere is retried while their records cannot be
/// read.
const CLOSE_RETRY_EVERY: Duration = Duration::from_secs(5);
const CLOSE_RETRY_FOR: Duration = Duration::from_secs(600);
/// The queue of customers whose sockets elsewhere are to be closed, and the most that are retried together.
const CLOSE_QUEUE: usize = 1_000;

/// All of a customer's sockets. Cheap to clone.
#[derive(Clone)]
pub struct FanOut {
    sockets: Sockets,
    progress: mpsc::Sender<(Uuid, Progress)>,
    unclosed: mpsc::Sender<Uuid>,
}

#[derive(Clone)]
struct Sockets {
    hub: Hub,
    /// The address of this instance in connection records; none where it holds no sockets.
    own: Option<Arc<str>>,
    remote: Arc<Remote>,
    peers: Peers,
}

impl FanOut {
    /// The sockets of `hub`, which records name `own`, and those of `peers`. Call it within a runtime.
    pub fn new(hub: Hub, own: Option<Arc<str>>, remote: Remote, peers: Peers) -> Self {
        let sockets = Sockets { hub, own, remote: Arc::new(remote), peers };
        let (progress, steps) = mpsc::channel(PROGRESS_QUEUE);
        let (unclosed, retries) = mpsc::channel(CLOSE_QUEUE);
        // Both tasks end with the last clone of their sender.
        tokio::spawn(sockets.clone().forward_progress(steps));
        tokio::spawn(sockets.clone().retry_closing(retries));
        Self { sockets, progress, unclosed }
    }

    /// Sends `signal` to every socket of `customer_id`: first to those held here, then to those elsewhere within a
    /// bounded time. Never fails: a socket that is not reached catches up from the store at its next heartbeat.
    pub async fn deliver(&self, customer_id: Uuid, signal: &Signal) {
        self.sockets.hub.send(customer_id, signal);
        self.sockets.deliver_elsewhere(customer_id, signal).await;
    }

    /// Sends the progress of a reading. Never waits; it may be lost on its way to other instances, and keeps its order.
    pub fn progress(&self, customer_id: Uuid, progress: Progress) {
        self.sockets.hub.send(customer_id, &Signal::Progress(progress.clone()));
        let _ = self.progress.try_send((customer_id, progress));
    }

    /// Closes every socket of `customer_id`, because a session of theirs has ended. Where the connection records cannot
    /// be read or marked, closing those elsewhere is retried for [`CLOSE_RETRY_FOR`].
    pub async fn end(&self, customer_id: Uuid) {
        self.sockets.hub.end(customer_id);
        if !self.sockets.close_elsewhere(customer_id).await && self.unclosed.try_send(customer_id).is_err() {
            log_unclosed(customer_id);
        }
    }

    /// Makes every open page, on every instance, fetch its snapshot again. Returns the result for each other instance.
    ///
    /// # Errors
    /// [`StoreError`]: the connection records cannot be read. The sockets of this instance receive the signal all the
    /// same.
    pub async fn broadcast(&self) -> Result<Vec<(String, DeliveryOutcome)>, StoreError> {
        self.sockets.hub.broadcast(&Signal::Resync);
        match encode(&Signal::Resync) {
            Some(frame) => self.sockets.remote.broadcast(&frame, self.sockets.own.as_deref()).await,
            None => Ok(Vec::new()),
        }
    }
}

impl Sockets {
    async fn forward_progress(self, mut steps: mpsc::Receiver<(Uuid, Progress)>) {
        while let Some((customer_id, progress)) = steps.recv().await {
            self.deliver_elsewhere(customer_id, &Signal::Progress(progress)).await;
        }
    }

    /// Retries to close the sockets of ended sessions: one task for all customers, and one attempt for each of them in
    /// a round. A round ends at the first failure, because the table is then unavailable for the others too.
    async fn retry_closing(self, mut unclosed: mpsc::Receiver<Uuid>) {
        let mut pending: HashMap<Uuid, Instant> = HashMap::new();
        loop {
            if pending.is_empty() {
                let Some(customer_id) = unclosed.recv().await else { return };
                pending.insert(customer_id, Instant::now() + CLOSE_RETRY_FOR);
            }
            tokio::time::sleep(CLOSE_RETRY_EVERY).await;
            while let Ok(customer_id) = unclosed.try_recv() {
                if pending.len() < CLOSE_QUEUE || pending.contains_key(&customer_id) {
                    pending.insert(customer_id, Instant::now() + CLOSE_RETRY_FOR);
                } else {
                    log_unclosed(customer_id);
                }
            }
            let customers: Vec<Uuid> = pending.keys().copied().collect();
            for customer_id in customers {
                if !self.close_elsewhere(customer_id).await {
                    break;
                }
                pending.remove(&customer_id);
            }
            let now = Instant::now();
            for (customer_id, _) in pending.extract_if(|_, give_up| *give_up <= now) {
                log_unclosed(customer_id);
            }
        }
    }

    async fn deliver_elsewhere(&self, customer_id: Uuid, signal: &Signal) {
        if !self.peers.hold_sockets().await {
            return;
        }
        let others = self.others(customer_id).await.unwrap_or_default();
        if !others.is_empty()
            && let Some(frame) = encode(signal)
        {
            let retry = matches!(signal, Signal::Event(_));
            self.remote.post(others, &frame, retry).await;
        }
    }

    /// Closes the customer's sockets elsewhere; false where their records cannot be read or marked.
    async fn close_elsewhere(&self, customer_id: Uuid) -> bool {
        let Some(others) = self.others(customer_id).await else { return false };
        self.remote.close(others).await
    }

    /// The customer's connections elsewhere; none where their records cannot be read.
    async fn others(&self, customer_id: Uuid) -> Option<Vec<ConnectionRecord>> {
        let mut others = Vec::new();
        for record in self.remote.connections(customer_id).await? {
            if self.hub.customer_of(record.connection_id).is_some() {
                continue;
            }
            match self.own.as_deref() == Some(&record.instance) {
                // Left by an earlier process at this address.
                true => self.remote.forget(&record).await,
                false => others.push(record),
            }
        }
        Some(others)
    }
}

fn log_unclosed(customer_id: Uuid) {
    tracing::warn!(customer = %customer_id, "sockets of an ended session not closed on other instances");
}

/// The frame that is posted to other instances: the one that the browser receives.
fn encode(signal: &Signal) -> Option<Bytes> {
    let frame = match signal {
        Signal::Event(event) => return Some(frame::of_event(event).into()),
        Signal::Progress(progress) => ServerFrame::Progress(progress.clone()),
        Signal::Resync => ServerFrame::Resync {},
    };
    // Both are types of this program, which always have a JSON form.
    serde_json::to_vec(&frame).ok().map(Bytes::from)
}
