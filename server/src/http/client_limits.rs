//! What one client may use, told by its address: requests, new applications and uploads in a time, and live connections.
//! A household or an office behind one address does not reach the defaults.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio_util::sync::CancellationToken;

use super::client_address::{Client, ClientAddress, Peer};
use super::{ApiError, AppState, pages};
use crate::config::Limits;

/// A client that was idle may use so many times its rate at once.
const BURST: u32 = 10;
/// For uploads fewer: each occupies a reader for seconds, which others wait for.
const UPLOAD_BURST: u32 = 3;
/// How often clients that have not come back are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What is limited in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Every request for a page or to the API.
    Requests,
    /// New applications.
    Applications,
    /// Uploads of documents.
    Uploads,
}

impl Limited {
    /// The value of the label `limit` in metrics.
    const fn label(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Applications => "applications",
            Self::Uploads => "uploads",
        }
    }
}

/// The limits of all clients of this process.
#[derive(Debug)]
pub struct ClientLimits {
    requests: Option<DefaultKeyedRateLimiter<ClientAddress>>,
    applications: Option<DefaultKeyedRateLimiter<ClientAddress>>,
    uploads: Option<DefaultKeyedRateLimiter<ClientAddress>>,
    clock: DefaultClock,
    /// Live connections of each client.
    pub sockets: Arc<KeyedCount<ClientAddress>>,
}

impl ClientLimits {
    /// The limits of the settings. 0 means no limit.
    pub fn new(settings: &Limits) -> Self {
        let limiter = |rate: u32, burst: u32, quota: fn(NonZeroU32) -> Quota| {
            let burst = NonZeroU32::new(rate.saturating_mul(burst))?;
            Some(RateLimiter::keyed(quota(NonZeroU32::new(rate)?).allow_burst(burst)))
        };
        Self {
            requests: limiter(settings.requests_per_client_per_second, BURST, Quota::per_second),
            applications: limiter(settings.applications_per_client_per_minute, BURST, Quota::per_minute),
            uploads: limiter(settings.uploads_per_client_per_minute, UPLOAD_BURST, Quota::per_minute),
            clock: DefaultClock::default(),
            sockets: KeyedCount::new(settings.sockets_per_client),
        }
    }

    /// Counts one for the client.
    ///
    /// # Errors
    /// How long the client must wait.
    pub fn check(&self, limited: Limited, client: Client) -> Result<(), Duration> {
        let limiter = match limited {
            Limited::Requests => &self.requests,
            Limited::Applications => &self.applications,
            Limited::Uploads => &self.uploads,
        };
        let (Some(limiter), Client(Some(client))) = (limiter, client) else { return Ok(()) };
        limiter.check_key(&client).map_err(|refused| {
            metrics::counter!("onboard_client_limit_total", "limit" => limited.label()).increment(1);
            refused.wait_time_from(self.clock.now())
        })
    }

    /// Forgets clients that have not come back, until `stop`.
    pub async fn forget_idle(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
            for limiter in [&self.requests, &self.applications, &self.uploads].into_iter().flatten() {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
    }
}

/// Middleware of all public routes: names the client of each request, and refuses those that exceed the limit of
/// requests. The build's files do not count: they cost little, and a first visit fetches several.
pub async fn limit_requests(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let trusted = &state.config.http.trusted_proxies;
    let client = Client(peer.and_then(|Peer(peer)| Client::of(peer, request.headers(), trusted).0));
    request.extensions_mut().insert(client);
    let path = request.uri().path();
    if path.starts_with("/pkg/") {
        return next.run(request).await;
    }
    match state.clients.check(Limited::Requests, client) {
        Ok(()) => next.run(request).await,
        Err(wait) if path.starts_with("/api") || path == "/ws" => ApiError::TooMany { wait }.into_response(),
        Err(wait) => {
            let page = pages::error_page(&state.leptos, StatusCode::TOO_MANY_REQUESTS);
            ([(header::RETRY_AFTER, seconds(wait))], page).into_response()
        }
    }
}

/// Middleware of a route that is limited by itself.
pub async fn limit(
    State((clients, limited)): State<(Arc<ClientLimits>, Limited)>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    match clients.check(limited, client) {
        Ok(()) => next.run(request).await,
        Err(wait) => ApiError::TooMany { wait }.into_response(),
    }
}

/// The value of `Retry-After`: whole seconds, at least one (RFC 9110, 10.2.3).
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

/// Counts what each key holds at the moment, up to a limit.
#[derive(Debug)]
pub struct KeyedCount<K> {
    held: Mutex<HashMap<K, usize>>,
    limit: usize,
}

impl<K: Copy + Eq + Hash> KeyedCount<K> {
    /// Counts up to `limit` for each key. 0 means no limit.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { held: Mutex::default(), limit: if limit == 0 { usize::MAX } else { limit } })
    }

    /// Counts one more of `key` until the returned value is dropped. None at the limit.
    pub fn hold(self: &Arc<Self>, key: K) -> Option<Held<K>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(key).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Held { of: self.clone(), key })
    }
}

/// One of what a key holds.
#[derive(Debug)]
pub struct Held<K: Copy + Eq + Hash> {
    of: Arc<KeyedCount<K>>,
    key: K,
}

impl<K: Copy + Eq + Hash> Drop for Held<K> {
    fn drop(&mut self) {
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::config::Config;

    fn client(n: u8) -> Client {
        Client(Some(IpAddr::from([192, 0, 2, n]).into()))
    }

    #[test]
    fn client_beyond_its_rate_waits_and_others_do_not() {
        let config = Config::with("limits.applications_per_client_per_minute = 2").unwrap();
        let limits = ClientLimits::new(&config.limits);
        let check = |n| limits.check(Limited::Applications, client(n));
        for _ in 0..20 {
            check(1).unwrap();
        }
        let wait = check(1).unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        check(2).unwrap();
        limits.check(Limited::Requests, client(1)).unwrap();
        limits.check(Limited::Applications, Client(None)).unwrap();
    }

    #[test]
    fn count_of_a_key_is_limited_and_given_back() {
        let count = KeyedCount::new(2);
        let held: Vec<_> = [1, 1, 2].map(|key| count.hold(key).unwrap()).into();
        assert!(count.hold(1).is_none());
        assert!(count.hold(2).is_some());
        drop(held);
        assert!(count.held.lock().unwrap().is_empty(), "keys that hold nothing are removed");
        assert!(count.hold(1).is_some());
    }
}
