//! The way to the sockets of other instances: `@connections`, asked with a signature.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::join_all;
use jiff::SignedDuration;
use reqwest::{Client, Method, StatusCode, redirect};
use uuid::Uuid;

use super::owed::Ledger;
use super::signature::{self, Signed};
use crate::clock::Clock;
use crate::keys::InstanceKey;
use crate::store::{ConnectionRecord, Store, StoreError};

/// How long another instance, or the table that names it, may take.
const WITHIN: Duration = Duration::from_secs(1);
/// How long an instance that does not answer is left alone, so that it does not hold up each event anew.
const REST: Duration = Duration::from_secs(5);
/// How many connections of an instance are told at once of what they are owed.
const AT_ONCE: usize = 16;
/// A record that was not renewed for so many heartbeats, of an instance that does not answer, is nobody's.
const MISSED: u32 = 3;

/// What became of a request to another instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Delivered,
    /// The instance does not hold that socket.
    Gone,
    /// Nobody listens at its address.
    Refused,
    /// No answer in time.
    Timeout,
    /// Another answer, or none.
    Error,
    /// Not asked, because it did not answer a moment ago.
    Resting,
}

impl Outcome {
    /// As metrics name it.
    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Error => "error",
            Self::Resting => "resting",
        }
    }
}

/// Other instances.
pub struct Remote {
    store: Store,
    clock: Arc<dyn Clock>,
    key: InstanceKey,
    http: Client,
    stale: SignedDuration,
    resting: Mutex<HashMap<String, Instant>>,
    owed: Ledger,
}

impl Remote {
    /// The way to instances that sign with `key` and renew their records at each `heartbeat`.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        key: InstanceKey,
        heartbeat: Duration,
    ) -> Result<Self, reqwest::Error> {
        // Straight to the instance: a proxy is for the world outside, and an instance sends nobody elsewhere.
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).tcp_nodelay(true).build()?;
        let stale = SignedDuration::try_from(heartbeat * MISSED).unwrap_or(SignedDuration::MAX);
        Ok(Self { store, clock, key, http, stale, resting: Mutex::default(), owed: Ledger::default() })
    }

    /// The customer's connections on record.
    pub(super) async fn connections(&self, customer_id: Uuid) -> Option<Vec<ConnectionRecord>> {
        let asked = tokio::time::timeout(WITHIN, self.store.connections(customer_id, self.clock.now())).await;
        let reason = match asked {
            Ok(Ok(records)) => return Some(records),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", WITHIN.as_secs()),
        };
        tracing::warn!(customer = %customer_id, reason, "connections could not be looked up; their heartbeat catches up");
        None
    }

    /// Posts `frame` to each of `records`, at the same time, and removes those that are nobody's. An instance that does
    /// not answer is told again after its rest, if the frame is to be `kept`.
    pub(super) async fn post(self: &Arc<Self>, records: Vec<ConnectionRecord>, frame: &Bytes, kept: bool) {
        let each = records.into_iter().map(|record| async move {
            if !self.told(&record, frame).await && kept {
                let instance = record.instance.clone();
                if self.owed.note(record, frame.clone()) {
                    tokio::spawn(Arc::clone(self).tell_again(instance));
                }
            }
        });
        join_all(each).await;
    }

    /// Posts `frame` to `record`, and removes it where it is nobody's. False where it may be somebody's yet.
    async fn told(&self, record: &ConnectionRecord, frame: &Bytes) -> bool {
        let path = path(record.connection_id);
        let outcome = self.ask(Method::POST, &record.instance, &path, frame.clone()).await;
        self.tidy(record, outcome).await || outcome == Outcome::Delivered
    }

    /// Tells `instance` what it is owed, each time that its rest is over, until that is nothing.
    async fn tell_again(self: Arc<Self>, instance: String) {
        loop {
            tokio::time::sleep(REST).await;
            let Some(owed) = self.owed.take(&instance) else { return };
            futures::stream::iter(owed)
                .for_each_concurrent(AT_ONCE, |owed| async {
                    if !self.told(&owed.record, &owed.frame).await {
                        self.owed.again(owed);
                    }
                })
                .await;
        }
    }

    /// Has each of `records` closed. One whose instance does not answer is marked, which it sees at its next heartbeat.
    pub(super) async fn close(&self, records: Vec<ConnectionRecord>) {
        let each = records.into_iter().map(|record| async move {
            let path = path(record.connection_id);
            let outcome = self.ask(Method::DELETE, &record.instance, &path, Bytes::new()).await;
            let done = match outcome {
                Outcome::Delivered => return,
                Outcome::Gone => self.store.disconnected(record.customer_id, record.connection_id).await,
                _ => self.store.end_connection(&record).await,
            };
            if let Err(error) = done {
                tracing::warn!(%error, connection = %record.connection_id, "a connection of an ended session stays open");
            }
        });
        join_all(each).await;
    }

    /// Posts `frame` to every instance but `except` that has a connection on record, for all its sockets.
    ///
    /// # Errors
    /// [`StoreError`]: the records cannot be read.
    pub async fn broadcast(&self, frame: &Bytes, except: Option<&str>) -> Result<Vec<(String, Outcome)>, StoreError> {
        let mut instances = self.store.instances(self.clock.now()).await?;
        instances.retain(|instance| Some(instance.as_str()) != except);
        let each = instances.into_iter().map(|instance| async move {
            let outcome = self.ask(Method::POST, &instance, "/@connections", frame.clone()).await;
            (instance, outcome)
        });
        Ok(join_all(each).await)
    }

    /// Removes a record that is nobody's, and tells whether it did. A wrong removal mends itself: its holder writes it anew.
    async fn tidy(&self, record: &ConnectionRecord, outcome: Outcome) -> bool {
        let nobodys = match outcome {
            Outcome::Delivered => false,
            Outcome::Gone | Outcome::Refused => true,
            Outcome::Timeout | Outcome::Error | Outcome::Resting => {
                self.clock.now().duration_since(record.renewed()) > self.stale
            }
        };
        if nobodys {
            self.forget(record).await;
        }
        nobodys
    }

    /// Takes a connection off record.
    pub(super) async fn forget(&self, record: &ConnectionRecord) {
        if let Err(error) = self.store.forget_connection(record).await {
            tracing::warn!(%error, connection = %record.connection_id, "a record that is nobody's stays until it expires");
        }
    }

    async fn ask(&self, method: Method, instance: &str, path: &str, body: Bytes) -> Outcome {
        if self.rests(instance) {
            return counted(Outcome::Resting);
        }
        let began = Instant::now();
        let asked = tokio::time::timeout(WITHIN, self.answer(method, instance, path, body)).await;
        metrics::histogram!("onboard_remote_delivery_seconds").record(began.elapsed());
        let (outcome, reason) = match asked {
            Ok(Ok(StatusCode::OK)) => return counted(Outcome::Delivered),
            Ok(Ok(StatusCode::GONE)) => return counted(Outcome::Gone),
            Ok(Err(error)) if is_refused(&error) => return counted(Outcome::Refused),
            Ok(Ok(StatusCode::UNAUTHORIZED)) => {
                (Outcome::Error, "it does not take our signature: `secret` or the clock differs".to_owned())
            }
            Ok(Ok(status)) => (Outcome::Error, format!("it answers {status}")),
            Ok(Err(error)) => (Outcome::Error, error.without_url().to_string()),
            Err(_) => (Outcome::Timeout, format!("no answer within {} s", WITHIN.as_secs())),
        };
        tracing::warn!(instance, reason, "an instance could not be told; it is left alone for {} s", REST.as_secs());
        self.resting().insert(instance.to_owned(), Instant::now() + REST);
        counted(outcome)
    }

    async fn answer(
        &self,
        method: Method,
        instance: &str,
        path: &str,
        body: Bytes,
    ) -> Result<StatusCode, reqwest::Error> {
        let signed = Signed { method: method.as_str(), path, body: &body }.sign(&self.key, self.clock.now());
        let send = || {
            self.http
                .request(method.clone(), format!("{instance}{path}"))
                .header(signature::HEADER, signed.as_str())
                .header("content-type", "application/json")
                .body(body.clone())
                .send()
        };
        let answer = match send().await {
            // A connection kept from before may be one that the instance has just closed, for instance by its restart.
            Err(error) if !error.is_connect() => send().await?,
            answer => answer?,
        };
        let status = answer.status();
        // Read to its end, the connection can be used again.
        let _ = answer.bytes().await;
        Ok(status)
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rests(&self, instance: &str) -> bool {
        let now = Instant::now();
        let mut resting = self.resting();
        resting.retain(|_, until| *until > now);
        resting.contains_key(instance)
    }
}

fn path(connection_id: Uuid) -> String {
    format!("/@connections/{connection_id}")
}

fn counted(outcome: Outcome) -> Outcome {
    metrics::counter!("onboard_remote_deliveries_total", "outcome" => outcome.name()).increment(1);
    outcome
}

/// Whether the machine is there, and says that nobody listens.
fn is_refused(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<std::io::Error>()
            && error.kind() == std::io::ErrorKind::ConnectionRefused
        {
            return true;
        }
        source = cause.source();
    }
    false
}
