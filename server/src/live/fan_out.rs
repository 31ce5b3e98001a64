//! Tells a customer's sockets, whichever instance holds them: those here at once, those elsewhere by `@connections`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::api::{Progress, ServerFrame};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::hub::{Hub, Signal};
use super::remote::{Outcome, Remote};
use crate::store::{ConnectionRecord, StoreError};

/// Steps of readings that wait for other instances. One that finds no room is lost, which they may be.
const WAITING: usize = 256;

/// How often, and for how long, the records of an ended session's sockets are asked for where they cannot be read.
const END_AGAIN: Duration = Duration::from_secs(5);
const END_WITHIN: Duration = Duration::from_secs(600);

/// All of a customer's sockets. Cheap to clone.
#[derive(Clone)]
pub struct FanOut {
    all: All,
    progress: mpsc::Sender<(Uuid, Progress)>,
}

#[derive(Clone)]
struct All {
    hub: Hub,
    /// This instance as records name it; none where it holds no sockets, whatever address it may share.
    own: Option<Arc<str>>,
    remote: Arc<Remote>,
}

impl FanOut {
    /// The sockets of `hub`, which records name `own`, and those of others. Call it within a runtime.
    pub fn new(hub: Hub, own: Option<Arc<str>>, remote: Remote) -> Self {
        let all = All { hub, own, remote: Arc::new(remote) };
        let (progress, waiting) = mpsc::channel(WAITING);
        // Ends when the last clone of the sender does.
        tokio::spawn(all.clone().pass_on(waiting));
        Self { all, progress }
    }

    /// Tells every socket of `customer_id`: those here before anything is waited for, those elsewhere within a bounded
    /// time. Never fails: a socket that cannot be told catches up from the store at its next heartbeat.
    pub async fn tell(&self, customer_id: Uuid, signal: &Signal) {
        self.all.hub.tell(customer_id, signal);
        self.all.tell_others(customer_id, signal).await;
    }

    /// Tells how far a reading is. Never waits; what is told elsewhere may be lost, and keeps its order.
    pub fn progress(&self, customer_id: Uuid, progress: Progress) {
        self.all.hub.tell(customer_id, &Signal::Progress(progress.clone()));
        let _ = self.progress.try_send((customer_id, progress));
    }

    /// Has every socket of `customer_id` closed, since a session of theirs has ended. Where records cannot be read, those
    /// elsewhere are closed once they can be, if that is within [`END_WITHIN`].
    pub async fn end(&self, customer_id: Uuid) {
        self.all.hub.end(customer_id);
        if !self.all.end_elsewhere(customer_id).await {
            let all = self.all.clone();
            tokio::spawn(async move {
                let give_up = tokio::time::Instant::now() + END_WITHIN;
                while tokio::time::Instant::now() < give_up {
                    tokio::time::sleep(END_AGAIN).await;
                    if all.end_elsewhere(customer_id).await {
                        return;
                    }
                }
                tracing::warn!(customer = %customer_id, "pages of an ended session may stay open on other instances");
            });
        }
    }

    /// Has every open page, on every instance, fetch its snapshot anew; tells what became of each other instance.
    ///
    /// # Errors
    /// [`StoreError`]: the records of connections cannot be read. The sockets here are told all the same.
    pub async fn broadcast(&self) -> Result<Vec<(String, Outcome)>, StoreError> {
        self.all.hub.tell_all(&Signal::Resync);
        match frame(&Signal::Resync) {
            Some(frame) => self.all.remote.broadcast(&frame, self.all.own.as_deref()).await,
            None => Ok(Vec::new()),
        }
    }
}

impl All {
    async fn pass_on(self, mut waiting: mpsc::Receiver<(Uuid, Progress)>) {
        while let Some((customer_id, progress)) = waiting.recv().await {
            self.tell_others(customer_id, &Signal::Progress(progress)).await;
        }
    }

    async fn tell_others(&self, customer_id: Uuid, signal: &Signal) {
        let others = self.others(customer_id).await.unwrap_or_default();
        if !others.is_empty()
            && let Some(frame) = frame(signal)
        {
            let kept = matches!(signal, Signal::Event(_));
            self.remote.post(others, &frame, kept).await;
        }
    }

    /// Closes the customer's sockets elsewhere; false where it is not known which there are.
    async fn end_elsewhere(&self, customer_id: Uuid) -> bool {
        let Some(others) = self.others(customer_id).await else { return false };
        self.remote.close(others).await;
        true
    }

    /// The customer's connections elsewhere; none where they cannot be looked up.
    async fn others(&self, customer_id: Uuid) -> Option<Vec<ConnectionRecord>> {
        let mut others = Vec::new();
        for record in self.remote.connections(customer_id).await? {
            if self.hub.customer_of(record.connection_id).is_some() {
                continue;
            }
            match self.own.as_deref() == Some(&record.instance) {
                // Of an earlier run at this address.
                true => self.remote.forget(&record).await,
                false => others.push(record),
            }
        }
        Some(others)
    }
}

/// What is posted: what the browser is sent.
fn frame(signal: &Signal) -> Option<Bytes> {
    let frame = match signal {
        Signal::Event(event) => ServerFrame::Event { event: Box::new((**event).clone()) },
        Signal::Progress(progress) => ServerFrame::Progress(progress.clone()),
        Signal::Resync => ServerFrame::Resync {},
    };
    // Both are of our own types, which always have a JSON form.
    serde_json::to_vec(&frame).ok().map(Bytes::from)
}
