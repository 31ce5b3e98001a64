//! The Kafka-compatible broker.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nisshi_broker::broker::Broker;
use nisshi_broker::coordinator::group::administrator::{Controller, GroupCoordinatorConfig};
use nisshi_storage::ArcDynStorage;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
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
/// Number of ports that are tried.
const ATTEMPTS: u32 = 5;
/// Time limit until the broker accepts connections.
const READY_WITHIN: Duration = Duration::from_secs(15);
/// Time that a new group waits for further members. Kafka waits three seconds, because members usually start together.
/// Here each of the six groups has one member, and a person waits for the page.
const INITIAL_REBALANCE_DELAY: Duration = Duration::ZERO;

type LocalBroker = Broker<Controller<ArcDynStorage>, ArcDynStorage>;

/// Starts the broker at `host`, and returns its `host:port`.
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
    let mut problem = String::new();
    for _ in 0..ATTEMPTS {
        let (reserved, address) = reserve_port(host).map_err(|error| EmbeddedError::Broker(error.to_string()))?;
        let location = location::sqlite(directory.path(), FILE)?;
        let storage = location.url.clone();
        let serving: JoinHandle<Result<(), String>> = on.spawn(async move {
            let served = async {
                let mut broker = build(address, storage).await?;
                broker.serve(Instant::now()).await
            }
            .await;
            // Kept until the broker has ended, because it opens further connections to its file while it runs.
            drop(location);
            served.map_err(|error| error.to_string())
        });
        match until_ready(address, serving).await {
            Ok(serving) => {
                drop(reserved);
                on.spawn(watch_over(serving, stopping, report));
                return Ok(address.to_string());
            }
            Err(error) => problem = error,
        }
    }
    Err(EmbeddedError::Broker(problem))
}

async fn build(address: SocketAddr, storage: Url) -> Result<LocalBroker, nisshi_broker::Error> {
    let listener = Url::parse(&format!("tcp://{address}"))?;
    LocalBroker::builder()
        .node_id(NODE)
        .cluster_id(CLUSTER)
        .incarnation_id(Uuid::new_v4())
        .advertised_listener(listener.clone())
        .storage(storage)
        .listener(listener)
        .group_coordinator(GroupCoordinatorConfig {
            initial_rebalance_delay: INITIAL_REBALANCE_DELAY,
            ..GroupCoordinatorConfig::default()
        })
        .silent(true)
        .build()
        .await
}

/// Takes a free port without listening on it.
///
/// The broker takes a URL and not a listener, so another program could take the port between finding and using it. On
/// Linux a bound socket that does not listen keeps the port from other programs but not from the broker, because both
/// allow address reuse. On other systems the socket is closed at once, and another port is tried after a lost race.
fn reserve_port(host: IpAddr) -> std::io::Result<(Option<TcpSocket>, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(host, 0))?;
    let address = socket.local_addr()?;
    Ok((cfg!(target_os = "linux").then_some(socket), address))
}

/// Waits until the broker accepts connections. Returns the reason if it does not.
async fn until_ready(
    address: SocketAddr,
    mut serving: JoinHandle<Result<(), String>>,
) -> Result<JoinHandle<Result<(), String>>, String> {
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        if TcpStream::connect(address).await.is_ok() && !serving.is_finished() {
            return Ok(serving);
        }
        if Instant::now() >= deadline {
            serving.abort();
            return Err(format!("no answer within {} s", READY_WITHIN.as_secs()));
        }
        tokio::select! {
            ended = &mut serving => return Err(describe(ended).err().unwrap_or_else(|| "it ended at once".to_owned())),
            () = sleep(Duration::from_millis(5)) => {}
        }
    }
}

/// Stops the broker with the stack, and reports if it ends earlier.
async fn watch_over(
    mut serving: JoinHandle<Result<(), String>>,
    stopping: CancellationToken,
    report: watch::Sender<Option<EmbeddedError>>,
) {
    tokio::select! {
        ended = &mut serving => report_end(&report, &stopping, "broker", describe(ended)),
        () = stopping.cancelled() => {
            // The broker has no other way to stop. An unfinished transaction was not acknowledged, and is rolled back.
            serving.abort();
            if let Err(error) = serving.await && !error.is_cancelled() {
                tracing::warn!("embedded broker failed while stopping");
            }
        }
    }
}

fn describe(ended: Result<Result<(), String>, tokio::task::JoinError>) -> Result<(), String> {
    ended.unwrap_or_else(|error| Err(error.to_string()))
}
