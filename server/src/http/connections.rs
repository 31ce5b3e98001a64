//! Accepts connections and serves HTTP/1.1 on them, within limits of number and time.
//!
//! HTTP/2 in clear text is not served: no browser uses it, and proxies speak HTTP/1.1 to what is behind them.

use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::client_address::{ClientAddress, Peer};
use super::client_limits::{Held, KeyedCount};
use crate::config::Config;
use crate::descriptors;

/// How long a connection may stay silent after it was opened.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// How long the client may take to accept a part of an answer.
const WRITE_STALL: Duration = Duration::from_secs(30);
/// The largest header of a request, in bytes.
const MAX_HEADER: usize = 64 * 1024;
/// Connections that only trusted proxies and private networks can use.
const HELD_BACK: usize = 64;
/// How long accepting pauses after an error of the system, such as the limit of open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How many connections are open, and how many may be.
#[derive(Debug)]
pub struct ConnectionLimits {
    open: AtomicUsize,
    most: usize,
    per_client: Arc<KeyedCount<ClientAddress>>,
    trusted: Vec<IpNet>,
    idle: Duration,
}

impl ConnectionLimits {
    /// The limits of the settings, and of the system's open files.
    pub fn new(config: &Config) -> Arc<Self> {
        Arc::new(Self {
            open: AtomicUsize::new(0),
            most: config.http.connections.min(descriptors::for_connections()),
            per_client: KeyedCount::new(config.limits.connections_per_client),
            trusted: config.http.trusted_proxies.clone(),
            idle: Duration::from_secs(config.http.idle_timeout_s),
        })
    }

    /// A place for a connection from `peer`, until it is dropped. None at a limit.
    fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let trusted = self.trusted.iter().any(|network| network.contains(&peer));
        let most = if trusted { self.most } else { self.most.saturating_sub(HELD_BACK) };
        // Counted before the check: of two that come at the limit, neither takes a place too many.
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        let mut place = Place { limits: self.clone(), _client: None };
        metrics::gauge!("onboard_connections").increment(1);
        let refused = |limit: &'static str| {
            metrics::counter!("onboard_connections_refused_total", "limit" => limit).increment(1);
        };
        if open >= most {
            refused("total");
            return None;
        }
        if !trusted {
            let Some(client) = self.per_client.hold(peer.into()) else {
                refused("client");
                return None;
            };
            place._client = Some(client);
        }
        Some(place)
    }
}

/// The place of an open connection.
#[derive(Debug)]
struct Place {
    limits: Arc<ConnectionLimits>,
    _client: Option<Held<ClientAddress>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.limits.open.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("onboard_connections").decrement(1);
    }
}

/// Serves `router` until `stop`, then finishes the current requests.
pub async fn serve(listener: TcpListener, router: Router, limits: Arc<ConnectionLimits>, stop: CancellationToken) {
    let open = TaskTracker::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok((stream, address)) => (stream, address.ip().to_canonical()),
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "connection not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = limits.admit(peer) else { continue };
        let (router, idle, stop) = (router.clone(), limits.idle, stop.clone());
        open.spawn(async move {
            // hyper gives the first request as much time as it gives a connection between two requests.
            let mut first = [0];
            let speaks = stop.run_until_cancelled(tokio::time::timeout(FIRST_BYTE, stream.peek(&mut first))).await;
            if !matches!(speaks, Some(Ok(Ok(1)))) {
                return;
            }
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer(peer));
                router.clone().oneshot(request)
            });
            let mut stream = TimeoutStream::new(Placed { stream, _place: place });
            stream.set_write_timeout(Some(WRITE_STALL));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(idle)
                .max_buf_size(MAX_HEADER)
                .serve_connection(TokioIo::new(Box::pin(stream)), service)
                .with_upgrades();
            let mut connection = pin!(connection);
            let served = match stop.run_until_cancelled(connection.as_mut()).await {
                Some(served) => served,
                None => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            // An error is the client's: it went away, was too slow, or does not speak HTTP/1.1.
            if let Err(error) = served {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
    open.close();
    open.wait().await;
}

/// Whether accepting failed for this connection only.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionRefused | E::ConnectionAborted | E::ConnectionReset)
}

/// A connection with its place, which a WebSocket keeps after the upgrade.
#[derive(Debug)]
struct Placed {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn limits(most: usize) -> Arc<ConnectionLimits> {
        Arc::new(ConnectionLimits {
            open: AtomicUsize::new(0),
            most,
            per_client: KeyedCount::new(3),
            trusted: vec!["10.0.0.0/8".parse().unwrap()],
            idle: Duration::from_secs(1),
        })
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let limits = limits(1_000);
        let [one, other, proxy] = ["192.0.2.1", "192.0.2.2", "10.0.0.1"].map(|peer| peer.parse::<IpAddr>().unwrap());
        let mut places: Vec<_> = (0..3).map(|_| limits.admit(one).unwrap()).collect();
        assert!(limits.admit(one).is_none());
        places.push(limits.admit(other).unwrap());
        places.extend((0..10).map(|_| limits.admit(proxy).unwrap()));
        places.remove(0);
        assert!(limits.admit(one).is_some());
        drop(places);
        assert_eq!(limits.open.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn some_places_are_held_back_for_proxies_and_staff() {
        let limits = limits(HELD_BACK + 2);
        let from = |n: u8| IpAddr::from([192, 0, 2, n]);
        let places: Vec<_> = (0..2).map(|n| limits.admit(from(n)).unwrap()).collect();
        assert!(limits.admit(from(9)).is_none());
        let staff: Vec<_> = (0..HELD_BACK).map(|_| limits.admit("10.0.0.1".parse().unwrap()).unwrap()).collect();
        assert!(limits.admit("10.0.0.1".parse().unwrap()).is_none());
        drop((places, staff));
        assert!(limits.admit(from(9)).is_some());
    }
}
