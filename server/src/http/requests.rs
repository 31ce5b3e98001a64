//! What is observed of each request: its metrics, its id, and the access line in the log if the settings want it.
//!
//! The id is in the header `x-request-id` of the answer, in problems, and in the log lines of the request. A trusted
//! proxy may give it; otherwise it is new, so that a client cannot choose what the log says.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use super::client_address::Peer;
use crate::config::Config;

/// The header of the id, in requests of trusted proxies and in answers.
pub const REQUEST_ID: &str = "x-request-id";

/// The routes for operators, which are not observed: load balancers and Prometheus ask them all the time.
const OPERATORS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The methods and routes that have metrics; others are `other`. `page` is every other address, `file` those of the
/// build's files.
const ROUTES: [(&str, &str); 21] = [
    ("POST", "/api/customers"),
    ("DELETE", "/api/session"),
    ("GET", "/api/applications/{id}"),
    ("GET", "/api/applications/{id}/events"),
    ("POST", UPLOAD),
    ("PATCH", "/api/applications/{id}/documents/{document_id}"),
    ("GET", "/api/applications/{id}/documents/{document_id}/pages/{page}"),
    ("POST", "/api/applications/{id}/kyc"),
    ("POST", "/api/applications/{id}/recommendations"),
    ("POST", "/api/applications/{id}/selection"),
    ("POST", "/api/applications/{id}/handoff"),
    ("GET", "/api/openapi.json"),
    ("GET", "/ws"),
    ("GET", "/"),
    ("GET", "/phone/{token}"),
    ("POST", "/phone/{token}"),
    ("POST", "/@connections"),
    ("POST", "/@connections/{id}"),
    ("GET", "page"),
    ("GET", "file"),
    OTHER,
];
const UPLOAD: &str = "/api/applications/{id}/documents";
const OTHER: (&str, &str) = ("other", "other");

/// The classes of status; 1xx is a WebSocket that opened.
static STATUS: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

tokio::task_local! {
    static ID: Arc<str>;
}

/// The id of the request that this task answers.
pub fn id() -> Option<String> {
    ID.try_with(|id| id.to_string()).ok()
}

/// Creates the series of all routes.
pub fn create_route_series() {
    for (method, route) in ROUTES {
        drop(metrics::histogram!("onboard_http_request_seconds", "method" => method, "route" => route));
        for status in &STATUS[usize::from(route != "/ws")..] {
            counter(method, route, status).increment(0);
        }
    }
}

fn counter(method: &'static str, route: &'static str, status: &'static str) -> metrics::Counter {
    metrics::counter!("onboard_http_requests_total", "method" => method, "route" => route, "status" => status)
}

/// Counts one in a gauge until it is dropped, also where the client leaves before the answer.
struct InFlight(&'static str);

impl InFlight {
    fn new(gauge: &'static str) -> Self {
        metrics::gauge!(gauge).increment(1);
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1);
    }
}

/// Middleware of all routes.
pub async fn observe(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if matched.is_some_and(|path| OPERATORS.contains(&path)) {
        return next.run(request).await;
    }
    let (method, route) = route(request.method(), matched, request.uri().path());
    let id: Arc<str> = id_of(&request, &config).into();
    let span = tracing::info_span!("request", id = &*id);
    let answer = async {
        let _request = InFlight::new("onboard_http_requests_in_flight");
        let _upload = (route == UPLOAD).then(|| InFlight::new("onboard_uploads_in_flight"));
        let started = Instant::now();
        let mut response = ID.scope(id.clone(), next.run(request)).await;
        let took = started.elapsed();
        let status = response.status().as_u16();
        let class = STATUS.get(usize::from(status / 100).saturating_sub(1)).unwrap_or(&"5xx");
        metrics::histogram!("onboard_http_request_seconds", "method" => method, "route" => route).record(took);
        counter(method, route, class).increment(1);
        if config.telemetry.access_log {
            tracing::info!(method, route, status, milliseconds = took.as_millis(), "request answered");
        }
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HeaderName::from_static(REQUEST_ID), value);
        }
        response
    };
    answer.instrument(span).await
}

/// The labels of a request.
fn route(method: &Method, matched: Option<&str>, path: &str) -> (&'static str, &'static str) {
    let route = match matched {
        Some(matched) => matched,
        None if path.starts_with("/pkg/") => "file",
        None => "page",
    };
    // A HEAD is answered by the handler of GET.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    ROUTES.into_iter().find(|known| *known == (method, route)).unwrap_or(OTHER)
}

/// The id that a trusted proxy gives, if it is one that a log line may contain, otherwise a new one.
fn id_of(request: &Request, config: &Config) -> String {
    let trusted = &config.http.trusted_proxies;
    let peer = request.extensions().get::<Peer>();
    let from_proxy = peer.is_some_and(|Peer(peer)| trusted.iter().any(|network| network.contains(peer)));
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match given.filter(|given| from_proxy && is_usable(given)) {
        Some(given) => given.to_owned(),
        None => Uuid::now_v7().to_string(),
    }
}

/// 8 to 64 letters, digits, `-`, `_`, `.`, `=`, `:` or `;`: the ids of common proxies, AWS's among them.
fn is_usable(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=:;".contains(&byte))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    use axum::body::Body;

    use super::*;

    #[test]
    fn every_route_of_the_routers_has_metrics() {
        let sources = [include_str!("mod.rs"), include_str!("instances.rs")].concat();
        let registered: BTreeSet<&str> =
            sources.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        // Addresses without a handler of their own.
        let unhandled = ["/api", "/api/", "/api/{*rest}"];
        let expected: BTreeSet<&str> =
            registered.into_iter().filter(|path| !unhandled.contains(path) && !OPERATORS.contains(path)).collect();
        let known: BTreeSet<&str> =
            ROUTES.iter().map(|(_, route)| *route).filter(|route| route.starts_with('/')).collect();
        assert_eq!(known, expected);
    }

    #[test]
    fn labels_are_bounded_whatever_the_request_is() {
        let of = |method: &str, matched, path| route(&method.parse().unwrap(), matched, path);
        assert_eq!(of("GET", None, "/pkg/onboard-ai.js"), ("GET", "file"));
        assert_eq!(of("HEAD", Some("/"), "/"), ("GET", "/"));
        assert_eq!(of("GET", None, "/wp-login.php"), ("GET", "page"));
        assert_eq!(of("PURGE", None, "/"), OTHER);
        assert_eq!(of("GET", Some("/api/{*rest}"), "/api/x"), OTHER);
        assert_eq!(of("POST", Some(UPLOAD), "/api/applications/1/documents"), ("POST", UPLOAD));
    }

    #[test]
    fn only_a_trusted_proxy_chooses_the_id() {
        let config = Config::with("http.trusted_proxies = [\"10.0.0.0/8\"]").unwrap();
        let id = |peer: [u8; 4], given: &'static str| {
            let mut request = Request::new(Body::empty());
            request.headers_mut().insert(REQUEST_ID, HeaderValue::from_static(given));
            request.extensions_mut().insert(Peer(IpAddr::from(peer)));
            id_of(&request, &config)
        };
        let given = "Root=1-67891233-abcdef012345678912345678";
        assert_eq!(id([10, 0, 0, 7], given), given);
        for (peer, given) in [([192, 0, 2, 7], given), ([10, 0, 0, 7], "short"), ([10, 0, 0, 7], "a line\tof 2 words")]
        {
            assert!(id(peer, given).parse::<Uuid>().is_ok(), "{given}");
        }
    }
}
