//! The local stack: a Kafka-compatible broker and the DynamoDB API, in this process, on loopback, with their data in
//! one directory.
//!
//! The rest of the system does not depend on it: it speaks Kafka to [`Stack::kafka_bootstrap`] and DynamoDB to
//! [`Stack::dynamodb_endpoint`], as it would to a cluster and to AWS.
//!
//! No page in a browser reaches it: it has a loopback address of its own, and the DynamoDB API answers only requests that
//! are signed with [`Stack::dynamodb_credentials`]. The broker has no passwords; it speaks no HTTP, so a browser cannot
//! send it a request that it understands.
//!
//! Acknowledged data is in the write-ahead log of its SQLite file before the answer is sent, so it survives a crash of
//! the process. A power failure may lose the last writes to the broker's file: this stack is for one machine and for
//! trying the product.

mod broker;
mod dynamodb;
mod dynamodb_api;
mod location;
mod lock;
mod loopback;
mod signature;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use crate::signature::Credentials;

/// Time that [`Stack::stop`] waits for open requests.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Why the local stack did not start, or stopped by itself.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process, or another stack of this one, uses the directory.
    #[error(
        "the data directory {} is in use by another running instance; stop it, or choose another directory",
        .0.display()
    )]
    InUse(PathBuf),
    /// The directory cannot be made, read or written.
    #[error("the data directory {} cannot be used: {reason}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// The broker did not start.
    #[error("the embedded broker did not start: {0}")]
    Broker(String),
    /// The DynamoDB API did not start.
    #[error("the embedded DynamoDB API did not start: {0}")]
    Dynamodb(String),
    /// A part of the stack ended before the stack was stopped.
    #[error("the embedded {part} ended unexpectedly: {reason}")]
    Stopped {
        /// `broker` or `DynamoDB API`.
        part: &'static str,
        /// Its error.
        reason: String,
    },
}

/// The running local stack. [`Stack::stop`] ends it. Dropping it ends it without waiting.
#[derive(Debug)]
pub struct Stack {
    /// `host:port` of the broker, for `bootstrap.servers`. Both change at every start.
    pub kafka_bootstrap: String,
    /// URL of the DynamoDB API. Host and port change at every start.
    pub dynamodb_endpoint: String,
    /// With what clients sign requests to the DynamoDB API. New at every start.
    pub dynamodb_credentials: Credentials,
    stopping: CancellationToken,
    failure: watch::Receiver<Option<EmbeddedError>>,
    /// A separate runtime, because SQLite blocks the thread that awaits it and must not block the server's threads.
    runtime: Option<Runtime>,
    // The last field, so that it is dropped last and the files are closed when the lock is released.
    _directory: lock::DataDirectory,
}

impl Stack {
    /// Starts both services on free loopback ports, with their data in `data_dir`, which is created if missing. Returns
    /// when both answer.
    ///
    /// # Errors
    /// [`EmbeddedError`], for instance [`EmbeddedError::InUse`] if another instance uses the directory.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let directory = lock::DataDirectory::claim(data_dir)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("embedded")
            .enable_all()
            .build()
            .map_err(|error| EmbeddedError::Broker(error.to_string()))?;
        let stopping = CancellationToken::new();
        let (report, failure) = watch::channel(None);
        // From here on `stack` owns the runtime: an early return drops it without blocking.
        let mut stack = Self {
            kafka_bootstrap: String::new(),
            dynamodb_endpoint: String::new(),
            dynamodb_credentials: Credentials::random(),
            stopping,
            failure,
            runtime: Some(runtime),
            _directory: directory,
        };
        let Some(runtime) = stack.runtime.as_ref() else {
            return Err(EmbeddedError::Broker("no runtime".to_owned()));
        };
        // The broker starts first, because libSQL configures the SQLite that both share and must be the first to use
        // it.
        let (on, address, stopping) = (runtime.handle(), loopback::own_address(), &stack.stopping);
        stack.kafka_bootstrap = broker::start(on, &stack._directory, address, stopping.clone(), report.clone()).await?;
        let credentials = stack.dynamodb_credentials.clone();
        stack.dynamodb_endpoint =
            dynamodb::start(on, &stack._directory, address, credentials, stopping.clone(), report).await?;
        tracing::info!(kafka = %stack.kafka_bootstrap, dynamodb = %stack.dynamodb_endpoint, "embedded stack is up");
        Ok(stack)
    }

    /// Completes with the reason when a part of the stack ends unexpectedly. Never completes otherwise, not even after
    /// a regular stop. The server then exits, because it cannot work with half a stack.
    pub fn failed(&self) -> impl Future<Output = EmbeddedError> + Send + use<> {
        let mut failure = self.failure.clone();
        async move {
            let reason = match failure.wait_for(Option::is_some).await {
                Ok(found) => found.clone(),
                Err(_) => None,
            };
            match reason {
                Some(reason) => reason,
                None => std::future::pending().await,
            }
        }
    }

    /// Stops both services: they accept no new requests, and open requests get five seconds. Returns when the files are
    /// closed and another stack can use the directory. Stop the clients first, so that they see no broken connections.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(runtime) = self.runtime.take() {
            // Waiting for the threads blocks, so it runs on a blocking thread.
            let waited = tokio::task::spawn_blocking(move || {
                let tasks = runtime.metrics();
                let until = std::time::Instant::now() + STOP_WITHIN;
                while tasks.num_alive_tasks() > 0 && std::time::Instant::now() < until {
                    std::thread::sleep(Duration::from_millis(5));
                }
                runtime.shutdown_timeout(STOP_WITHIN);
            });
            if let Err(error) = waited.await {
                tracing::warn!(%error, "embedded stack not stopped cleanly");
            }
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.stopping.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Reports that `part` ended, unless the stack is stopping.
fn report_end(
    report: &watch::Sender<Option<EmbeddedError>>,
    stopping: &CancellationToken,
    part: &'static str,
    ended: Result<(), String>,
) {
    if stopping.is_cancelled() {
        return;
    }
    let reason = ended.err().unwrap_or_else(|| "it ended without an error".to_owned());
    tracing::error!(part, reason, "embedded stack part ended unexpectedly");
    // Only the first reason is reported.
    report.send_if_modified(|current| {
        let first = current.is_none();
        if first {
            *current = Some(EmbeddedError::Stopped { part, reason });
        }
        first
    });
}
