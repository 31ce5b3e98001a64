//! The Kafka-compatible broker: the library's storage and services behind a listener of our own.

mod fetch;
mod partitions;
mod routes;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use nisshi_storage::{ArcDynStorage, BrokerRegistrationRequest, Storage as _, StorageContainer};
use nisshi_storage_sql::LiteEngineFactory;
use rama::Service as _;
use rama::extensions::Extensions;
use rama::tcp::TcpStream;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use crate::lock::DataDirectory;
use crate::{EmbeddedError, location, report_end};

/// The broker's file in the data directory.
const FILE: &str = "kafka.db";
/// The cluster's name. The broker stores its topics under it, so a change would lose them.
const CLUSTER: &str = "onboard-ai";
/// The only node.
const NODE: i32 = 1;
/// Time that a new group waits for further members. Kafka waits three seconds, because members usually start together.
/// Here each of the six groups has one member, and a person waits for the page.
const INITIAL_REBALANCE_DELAY: Duration = Duration::ZERO;
/// How often records beyond their topic's retention are removed.
const RETENTION_EVERY: Duration = Duration::from_secs(600);
/// The wait after a connection could not be accepted, for instance without a free descriptor.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Starts the broker at `host` on a free port, and returns its `host:port`.
///
/// # Errors
/// [`EmbeddedError::Broker`], [`EmbeddedError::Directory`].
pub(crate) async fn start(
    on: &Handle,
    directory: &DataDirectory,
    host: IpAddr,
    stopping: CancellationToken,
    report: watch::Sender<Option<EmbeddedError>>,
) -> Result<String, EmbeddedError> {
    directory.private_database(FILE)?;
    let location = location::sqlite(directory.path(), FILE)?;
    let url = location.url.clone();
    let (started, address) = tokio::sync::oneshot::channel();
    on.spawn(async move {
        let ended = match open(host, url).await {
            Ok((listener, address, storage)) => {
                let _ = started.send(Ok(address));
                serve(listener, storage, &stopping).await
            }
            Err(error) => return drop(started.send(Err(error))),
        };
        // Kept until the broker has ended, because it opens further connections to its file while it runs.
        drop(location);
        report_end(&report, &stopping, "broker", ended);
    });
    let opened = address.await.unwrap_or_else(|_| Err("it ended while starting".to_owned()));
    opened.map(|address| address.to_string()).map_err(EmbeddedError::Broker)
}

/// Listens, and opens the database.
async fn open(host: IpAddr, database: Url) -> Result<(TcpListener, SocketAddr, ArcDynStorage), String> {
    let listener = TcpListener::bind(SocketAddr::new(host, 0)).await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let advertised = Url::parse(&format!("tcp://{address}")).map_err(|error| error.to_string())?;
    let mut storage = StorageContainer::builder();
    storage.with_factory(Arc::new(LiteEngineFactory));
    let storage = storage.cluster_id(CLUSTER).node_id(NODE).advertised_listener(advertised).storage(database);
    let storage: ArcDynStorage = Arc::new(storage.silent(true).build().await.map_err(|error| error.to_string())?);
    let node = BrokerRegistrationRequest {
        broker_id: NODE,
        cluster_id: CLUSTER.to_owned(),
        incarnation_id: Uuid::new_v4(),
        rack: None,
    };
    storage.register_broker(node).await.map_err(|error| error.to_string())?;
    Ok((listener, address, storage))
}

/// Serves connections until `stopping`. A transaction of the database that is not finished then was not acknowledged,
/// and is rolled back.
async fn serve(listener: TcpListener, storage: ArcDynStorage, stopping: &CancellationToken) -> Result<(), String> {
    let connection = routes::build(storage.clone()).map_err(|error| error.to_string())?;
    let mut retention = interval(RETENTION_EVERY);
    retention.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Dropped at the end, which ends all connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Without it, small answers would wait for the acknowledgement of the one before.
                    let _ = stream.set_nodelay(true);
                    let stream = TcpStream::from_tokio_tcp_stream(stream, Extensions::default());
                    let connection = connection.clone();
                    connections.spawn(async move {
                        if let Err(error) = connection.serve(stream).await {
                            tracing::debug!(%error, "connection to the embedded broker ended");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "connection to the embedded broker not accepted");
                    sleep(ACCEPT_BACKOFF).await;
                }
            },
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "connection to the embedded broker failed");
                }
            }
            _ = retention.tick() => {
                if let Err(error) = storage.maintain(SystemTime::now()).await {
                    tracing::warn!(%error, "retention of the embedded broker failed");
                }
            }
        }
    }
}
