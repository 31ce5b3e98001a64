//! Delivery to the sockets of other instances: signed requests to their `@connections`, with a circuit breaker for each
//! instance.

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

use super::retry_queue::RetryQueue;
use super::signature::{self, SignedRequest};
use crate::clock::Clock;
use crate::keys::InstanceKey;
use crate::store::{ConnectionRecord, Store, StoreError};

/// The time limit of a request to another instance, and of the query for connections.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the circuit breaker of an instance stays open after a failure, so that the instance does not delay every
/// event.
const CIRCUIT_OPEN_FOR: Duration = Duration::from_secs(5);
/// How many pending deliveries of an instance are sent concurrently.
const CONCURRENT_RETRIES: usize = 16;
/// After so many missed heartbeats the record of an instance that does not answer is stale.
const MISSED_HEARTBEATS: u32 = 3;

/// The result of a request to another instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The instance accepted it.
    Delivered,
    /// The instance does not hold that socket.
    Gone,
    /// No process listens at its address.
    Refused,
    /// No answer in time.
    Timeout,
    /// Another answer, or a connection error.
    Error,
    /// Not sent: the instance's circuit breaker is open.
    CircuitOpen,
}

impl DeliveryOutcome {
    /// The value of the `outcome` label in metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Error => "error",
            Self::CircuitOpen => "circuit_open",
        }
    }
}

/// The client of other instances.
pub struct Remote {
    store: Store,
    clock: Arc<dyn Clock>,
    key: InstanceKey,
    http: Client,
    stale: SignedDuration,
    /// Open circuit breakers: until when, by instance.
    open_circuits: Mutex<HashMap<String, Instant>>,
    retries: RetryQueue,
}

impl Remote {
    /// A client of instances that sign with `key` and renew their records at each `heartbeat`.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        key: InstanceKey,
        heartbeat: Duration,
    ) -> Result<Self, reqwest::Error> {
        // Directly to the instance: a proxy is for external hosts, and instances do not redirect.
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).tcp_nodelay(true).build()?;
        let stale = SignedDuration::try_from(heartbeat * MISSED_HEARTBEATS).unwrap_or(SignedDuration::MAX);
        Ok(Self { store, clock, key, http, stale, open_circuits: Mutex::default(), retries: RetryQueue::default() })
    }

    /// The customer's connections on record; none where they cannot be read.
    pub(super) async fn connections(&self, customer_id: Uuid) -> Option<Vec<ConnectionRecord>> {
        let asked = tokio::time::timeout(REQUEST_TIMEOUT, self.store.connections(customer_id, self.clock.now())).await;
        let reason = match asked {
            Ok(Ok(records)) => return Some(records),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", REQUEST_TIMEOUT.as_secs()),
        };
        tracing::warn!(customer = %customer_id, reason, "connections not read; sockets catch up at their heartbeat");
        None
    }

    /// Posts `frame` to each of `records`, concurrently, and removes stale records. With `retry`, a delivery that fails
    /// is retried when the instance's circuit breaker closes.
    pub(super) async fn post(self: &Arc<Self>, records: Vec<ConnectionRecord>, frame: &Bytes, retry: bool) {
        let each = records.into_iter().map(|record| async move {
            if !self.deliver(&record, frame).await && retry {
                let instance = record.instance.clone();
                if self.retries.push(record, frame.clone()) {
                    tokio::spawn(Arc::clone(self).retry_pending(instance));
                }
            }
        });
        join_all(each).await;
    }

    /// Posts `frame` to `record`, and removes the record if it is stale. False where the delivery should be retried.
    async fn deliver(&self, record: &ConnectionRecord, frame: &Bytes) -> bool {
        let path = path(record.connection_id);
        let outcome = self.ask(Method::POST, &record.instance, &path, frame.clone()).await;
        self.remove_if_stale(record, outcome).await || outcome == DeliveryOutcome::Delivered
    }

    /// Retries the pending deliveries of `instance` each time that its circuit breaker closes, until none are left.
    async fn retry_pending(self: Arc<Self>, instance: String) {
        loop {
            tokio::time::sleep(CIRCUIT_OPEN_FOR).await;
            let Some(pending) = self.retries.take(&instance) else { return };
            futures::stream::iter(pending)
                .for_each_concurrent(CONCURRENT_RETRIES, |delivery| async {
                    if !self.deliver(&delivery.record, &delivery.frame).await {
                        self.retries.requeue(delivery);
                    }
                })
                .await;
        }
    }

    /// Closes each of `records`. Where the instance does not answer, the record is marked as ended: its holder closes
    /// the socket at its next heartbeat. False where a record could not be marked, so that closing should be retried.
    pub(super) async fn close(&self, records: Vec<ConnectionRecord>) -> bool {
        let each = records.into_iter().map(|record| async move {
            let path = path(record.connection_id);
            let outcome = self.ask(Method::DELETE, &record.instance, &path, Bytes::new()).await;
            let done = match outcome {
                DeliveryOutcome::Delivered => return true,
                DeliveryOutcome::Gone => self.store.remove_connection(record.customer_id, record.connection_id).await,
                _ => self.store.mark_connection_ended(&record).await,
            };
            if let Err(error) = &done {
                let connection = record.connection_id;
                tracing::debug!(%error, %connection, "connection of an ended session not closed");
            }
            done.is_ok()
        });
        join_all(each).await.into_iter().all(|closed| closed)
    }

    /// Posts `frame` to every instance but `except` that has a connection on record, for all its sockets.
    ///
    /// # Errors
    /// [`StoreError`]: the records cannot be read.
    pub async fn broadcast(
        &self,
        frame: &Bytes,
        except: Option<&str>,
    ) -> Result<Vec<(String, DeliveryOutcome)>, StoreError> {
        let mut instances = self.store.instances(self.clock.now()).await?;
        instances.retain(|instance| Some(instance.as_str()) != except);
        let each = instances.into_iter().map(|instance| async move {
            let outcome = self.ask(Method::POST, &instance, "/@connections", frame.clone()).await;
            (instance, outcome)
        });
        Ok(join_all(each).await)
    }

    /// Removes a stale record; true where it did. A live socket writes its record again at its next heartbeat.
    async fn remove_if_stale(&self, record: &ConnectionRecord, outcome: DeliveryOutcome) -> bool {
        let stale = match outcome {
            DeliveryOutcome::Delivered => false,
            DeliveryOutcome::Gone | DeliveryOutcome::Refused => true,
            DeliveryOutcome::Timeout | DeliveryOutcome::Error | DeliveryOutcome::CircuitOpen => {
                self.clock.now().duration_since(record.renewed()) > self.stale
            }
        };
        if stale {
            self.forget(record).await;
        }
        stale
    }

    /// Removes the record of a connection.
    pub(super) async fn forget(&self, record: &ConnectionRecord) {
        if let Err(error) = self.store.remove_stale_connection(record).await {
            let connection = record.connection_id;
            tracing::warn!(%error, %connection, "stale connection record not removed; it expires");
        }
    }

    async fn ask(&self, method: Method, instance: &str, path: &str, body: Bytes) -> DeliveryOutcome {
        if self.circuit_is_open(instance) {
            return counted(DeliveryOutcome::CircuitOpen);
        }
        let began = Instant::now();
        let asked = tokio::time::timeout(REQUEST_TIMEOUT, self.answer(method, instance, path, body)).await;
        metrics::histogram!("onboard_remote_delivery_seconds").record(began.elapsed());
        let (outcome, reason) = match asked {
            Ok(Ok(StatusCode::OK)) => return counted(DeliveryOutcome::Delivered),
            Ok(Ok(StatusCode::GONE)) => return counted(DeliveryOutcome::Gone),
            Ok(Err(error)) if is_refused(&error) => return counted(DeliveryOutcome::Refused),
            Ok(Ok(StatusCode::UNAUTHORIZED)) => {
                (DeliveryOutcome::Error, "it rejects the signature: `secret` or the clock differs".to_owned())
            }
            Ok(Ok(status)) => (DeliveryOutcome::Error, format!("it answers {status}")),
            Ok(Err(error)) => (DeliveryOutcome::Error, error.without_url().to_string()),
            Err(_) => (DeliveryOutcome::Timeout, format!("no answer within {} s", REQUEST_TIMEOUT.as_secs())),
        };
        tracing::warn!(
            instance,
            reason,
            "circuit breaker opened for an instance, for {} s",
            CIRCUIT_OPEN_FOR.as_secs()
        );
        self.open_circuits().insert(instance.to_owned(), Instant::now() + CIRCUIT_OPEN_FOR);
        counted(outcome)
    }

    async fn answer(
        &self,
        method: Method,
        instance: &str,
        path: &str,
        body: Bytes,
    ) -> Result<StatusCode, reqwest::Error> {
        let signed = SignedRequest { method: method.as_str(), path, body: &body }.sign(&self.key, self.clock.now());
        let send = || {
            self.http
                .request(method.clone(), format!("{instance}{path}"))
                .header(signature::HEADER, signed.as_str())
                .header("content-type", "application/json")
                .body(body.clone())
                .send()
        };
        let answer = match send().await {
            // The instance may just have closed a pooled connection, for instance by a restart.
            Err(error) if !error.is_connect() => send().await?,
            answer => answer?,
        };
        let status = answer.status();
        // A connection is reused only after its answer is read to the end.
        let _ = answer.bytes().await;
        Ok(status)
    }

    fn open_circuits(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.open_circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn circuit_is_open(&self, instance: &str) -> bool {
        let now = Instant::now();
        let mut open = self.open_circuits();
        open.retain(|_, until| *until > now);
        open.contains_key(instance)
    }
}

fn path(connection_id: Uuid) -> String {
    format!("/@connections/{connection_id}")
}

fn counted(outcome: DeliveryOutcome) -> DeliveryOutcome {
    metrics::counter!("onboard_remote_deliveries_total", "outcome" => outcome.name()).increment(1);
    outcome
}

/// Whether the host answers that no process listens.
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
