//! The DynamoDB API.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::lock::DataDirectory;
use crate::signature::Credentials;
use crate::{EmbeddedError, STOP_WITHIN, dynamodb_api, report_end};

/// The file in the data directory.
const FILE: &str = "dynamodb.db";
/// Interval at which expired items are removed. AWS promises days; the tables here are small.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Starts the API at `address` for clients with `credentials`, and returns its URL.
///
/// # Errors
/// [`EmbeddedError::Dynamodb`], [`EmbeddedError::Directory`].
pub(crate) async fn start(
    on: &Handle,
    directory: &DataDirectory,
    address: IpAddr,
    credentials: Credentials,
    stopping: CancellationToken,
    report: watch::Sender<Option<EmbeddedError>>,
) -> Result<String, EmbeddedError> {
    directory.private_database(FILE)?;
    let file = directory.path().join(FILE);
    let path = file.to_str().map(str::to_owned).ok_or_else(|| EmbeddedError::Directory {
        directory: directory.path().to_owned(),
        reason: "its path is not valid UTF-8".to_owned(),
    })?;
    let starting = on.spawn(async move {
        let listener = TcpListener::bind((address, 0)).await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let database = Database::new(&path).map_err(|error| error.to_string())?;
        tokio::spawn(sweep(database.clone(), stopping.clone()));
        tokio::spawn(serve(listener, dynamodb_api::router(database, credentials, address), stopping, report));
        Ok::<_, String>(format!("http://{address}"))
    });
    match starting.await {
        Ok(started) => started.map_err(EmbeddedError::Dynamodb),
        Err(error) => Err(EmbeddedError::Dynamodb(error.to_string())),
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    report: watch::Sender<Option<EmbeddedError>>,
) {
    let shutdown = stopping.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).into_future();
    let stop_timeout = async {
        stopping.cancelled().await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        ended = serving => report_end(&report, &stopping, "DynamoDB API", ended.map_err(|error| error.to_string())),
        () = stop_timeout => tracing::warn!("embedded dynamodb requests cancelled"),
    }
}

/// Removes expired items periodically, as DynamoDB does.
async fn sweep(database: Database, stopping: CancellationToken) {
    let mut due = interval(SWEEP_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = due.tick() => {}
        }
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(removed)) => tracing::debug!(removed, "expired items removed"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items not removed"),
            Err(_) => tracing::warn!("expired item removal failed"),
        }
    }
}
