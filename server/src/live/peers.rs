//! The other processes of this deployment, from their records. Where there is none, nothing needs to be searched for or
//! sent elsewhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{InstanceRecord, Store};

/// For how long the records are used without reading them again.
const FRESH_FOR: Duration = Duration::from_secs(2);
/// After so long every process knows of a new one: [`FRESH_FOR`], and the time of a read.
const KNOWN_AFTER: Duration = Duration::from_secs(4);
/// How often a process renews its record, and how soon it tries again after a failure.
const RENEW_EVERY: Duration = Duration::from_secs(25);
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// The time limit of reading or writing records.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// The processes of this deployment. Cheap to clone.
#[derive(Clone)]
pub struct Peers {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    /// The address of this process.
    own: Arc<str>,
    began: Instant,
    known: Mutex<Option<Known>>,
}

/// What was last read.
struct Known {
    read: Instant,
    /// None where the records could not be read.
    records: Option<Arc<[InstanceRecord]>>,
}

impl Peers {
    /// The processes beside the one at the address `own`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, own: Arc<str>) -> Self {
        Self { inner: Arc::new(Inner { store, clock, own, began: Instant::now(), known: Mutex::default() }) }
    }

    /// Records this process and renews the record until `stop`, then removes it.
    pub async fn keep_recorded(self, mut record: InstanceRecord, stop: CancellationToken) {
        let Inner { store, clock, .. } = &*self.inner;
        loop {
            record.renew(clock.now());
            let next = match timeout(REQUEST_TIMEOUT, store.record_instance(&record)).await {
                Ok(Ok(())) => RENEW_EVERY,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "instance not recorded yet");
                    RETRY_EVERY
                }
                Err(_) => RETRY_EVERY,
            };
            if stop.run_until_cancelled(tokio::time::sleep(next)).await.is_none() {
                break;
            }
        }
        // A record that is not removed expires.
        let _ = timeout(REQUEST_TIMEOUT, store.remove_instance(&record)).await;
    }

    /// How long it takes until all other processes know of this one. They may not send it anything before.
    pub fn unknown_for(&self) -> Duration {
        KNOWN_AFTER.saturating_sub(self.inner.began.elapsed())
    }

    /// Whether another process may hold sockets.
    pub async fn hold_sockets(&self) -> bool {
        self.any(|peer| peer.sockets).await
    }

    /// Whether another process may commit events that it does not publish.
    pub async fn rely_on_this_relay(&self) -> bool {
        self.any(|peer| peer.relies_on_other_relays).await
    }

    /// Whether there may be any other process.
    pub async fn exist(&self) -> bool {
        self.any(|_| true).await
    }

    /// Whether `is` holds for another process; true where the records cannot be read.
    async fn any(&self, is: impl Fn(&InstanceRecord) -> bool) -> bool {
        let mut known = self.inner.known.lock().await;
        let records = match &*known {
            Some(Known { read, records }) if read.elapsed() < FRESH_FOR => records.clone(),
            _ => {
                let read = Instant::now();
                let asked = self.inner.store.running_instances(self.inner.clock.now());
                let records: Option<Arc<[InstanceRecord]>> = match timeout(REQUEST_TIMEOUT, asked).await {
                    Ok(Ok(records)) => Some(records.into()),
                    Ok(Err(error)) => {
                        tracing::debug!(%error, "instance records not read");
                        None
                    }
                    Err(_) => None,
                };
                *known = Some(Known { read, records: records.clone() });
                records
            }
        };
        drop(known);
        records.is_none_or(|records| records.iter().any(|peer| *peer.instance != *self.inner.own && is(peer)))
    }
}
