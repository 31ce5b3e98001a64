//! HTTP: routes, limits and headers. Errors become problems in `problem.rs` only.

mod applications;
mod attempts;
mod body;
mod client_address;
mod client_limits;
mod connections;
mod customers;
mod documents;
mod files;
mod handoff;
mod instances;
mod openapi;
mod operations;
mod origin;
mod pages;
mod problem;
mod requests;
pub mod session;
mod socket;
mod upload_memory;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use axum::{Router, handler::Handler};
use axum_extra::extract::cookie::Key;
use leptos::prelude::LeptosOptions;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::commands::Commands;
use crate::config::Config;
use crate::live::Live;
use crate::notify::LocalNotifier;

use client_limits::Limited;

pub use body::MAX_JSON;
pub use client_limits::ClientLimits;
pub use connections::{ConnectionLimits, serve};
pub use files::Files;
pub use instances::{Instances, instances};
pub use operations::Operations;
pub use problem::ApiError;
pub use requests::create_route_series;
pub use upload_memory::UploadMemory;

/// What handlers need. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The five commands and the queries.
    pub commands: Commands,
    /// Live connections.
    pub live: Live,
    /// Settings.
    pub config: Arc<Config>,
    /// The location of the pages' files.
    pub leptos: LeptosOptions,
    /// The files themselves.
    pub files: Arc<Files>,
    /// Signs sessions.
    pub key: Key,
    /// Messages that are kept locally, on the embedded stack only.
    pub messages: Option<LocalNotifier>,
    /// Bounds the memory of uploads.
    pub uploads: Arc<UploadMemory>,
    /// Bounds what one client may use.
    pub clients: Arc<ClientLimits>,
}

impl FromRef<AppState> for Key {
    fn from_ref(state: &AppState) -> Self {
        state.key.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// Routes for operators, which every process serves in every role.
pub fn operations(state: Operations) -> Router {
    Router::new()
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .with_state(state)
}

/// Public routes: pages, REST and sockets.
pub fn router(state: AppState) -> Router {
    // Leptos runs parts of a page as tasks. An error means that an earlier router of this process set the executor.
    let _ = any_spawner::Executor::init_tokio();
    let request = Duration::from_secs(state.config.http.request_timeout_s);
    let upload = Duration::from_secs(state.config.http.upload_timeout_s);
    let limit = |limited| middleware::from_fn_with_state((state.clients.clone(), limited), client_limits::limit);

    let uploads = Router::new()
        .route("/api/applications/{id}/documents", post(documents::upload))
        .layer(DefaultBodyLimit::max(documents::MAX_REQUEST))
        .layer(middleware::from_fn_with_state(upload, time_limit))
        .layer(limit(Limited::Uploads));
    let api = Router::new()
        .route("/api/customers", post(customers::create).layer(limit(Limited::Applications)))
        .route("/api/session", delete(customers::end_session))
        .route("/api/applications/{id}", get(applications::snapshot))
        .route("/api/applications/{id}/events", get(applications::events))
        .route("/api/applications/{id}/documents/{document_id}", patch(documents::confirm))
        .route("/api/applications/{id}/documents/{document_id}/pages/{page}", get(documents::page))
        .route("/api/applications/{id}/kyc", post(applications::perform_kyc))
        .route("/api/applications/{id}/recommendations", post(applications::recommendations))
        .route("/api/applications/{id}/selection", post(applications::selection))
        .route("/api/applications/{id}/handoff", post(handoff::create))
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .layer(middleware::from_fn_with_state(request, time_limit))
        .merge(uploads)
        .route("/api/openapi.json", get(openapi::document))
        .merge(openapi::page())
        .route("/api", get(no_route))
        .route("/api/", get(no_route))
        .route("/api/{*rest}", axum::routing::any(no_route))
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(header_layer(header::CACHE_CONTROL, "no-store"));
    // Pages are personal and set `no-store`. Files are public.
    let files = files::serve(state.config.http.site_root.as_path()).fallback(pages::page.with_state(state.clone()));
    let options = state.leptos.clone();
    let phone = get(handoff::show).post(handoff::redeem);
    let pages = Router::new()
        .route("/", get(pages::page))
        .route("/phone/{token}", phone)
        .fallback_service(files)
        .layer(middleware::from_fn(files::revalidated))
        .layer(CatchPanicLayer::custom(move |_: Box<dyn std::any::Any + Send>| {
            tracing::error!("page panicked");
            pages::error_page(&options, StatusCode::INTERNAL_SERVER_ERROR)
        }));
    Router::new()
        .merge(pages)
        .merge(state.files.router())
        .merge(api.route("/ws", get(socket::open)).layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                tracing::error!("request panicked");
                ApiError::Internal.into_response()
            },
        )))
        .layer(middleware::from_fn_with_state(state.clone(), origin::same_origin_only))
        .layer(middleware::from_fn_with_state(state.clone(), client_limits::limit_requests))
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .layer(middleware::map_response(files::with_encoding_in_validator))
        .with_state(state)
}

/// Adds the security headers to every answer of `router`, refuses requests without exactly one `Host`, and observes all
/// requests.
pub fn with_security_headers(router: Router, config: &Arc<Config>) -> Router {
    let router = router
        .layer(middleware::from_fn(one_host))
        .layer(middleware::map_response(with_charset))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header_layer(header::REFERRER_POLICY, "same-origin"))
        .layer(header_layer(
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(), geolocation=()",
        ));
    // Sent over https only: a browser that received it uses nothing but https for a year.
    let transport = match config.http.hsts_subdomains {
        true => "max-age=31536000; includeSubDomains",
        false => "max-age=31536000",
    };
    let router = match config.https() {
        true => router.layer(header_layer(header::STRICT_TRANSPORT_SECURITY, transport)),
        false => router,
    };
    router.layer(middleware::from_fn_with_state(config.clone(), requests::observe))
}

/// A request of HTTP/1.1 names its host once (RFC 9112, 3.2). Two names are a way past proxies that read the other one.
async fn one_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11) {
        next.run(request).await
    } else {
        ApiError::Host.into_response()
    }
}

/// Names the encoding of texts, which browsers would guess: the build's files and the page of the API have none.
async fn with_charset(mut response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let named = match kind {
        Some(b"text/html") => "text/html; charset=utf-8",
        Some(b"text/css") => "text/css; charset=utf-8",
        Some(b"text/javascript") => "text/javascript; charset=utf-8",
        Some(b"text/plain") => "text/plain; charset=utf-8",
        _ => return response,
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(named));
    response
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn no_route() -> ApiError {
    ApiError::NoRoute
}

/// Ends a request that exceeds the limit. A change that was committed by then stays, and its event is relayed.
async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Timeout.into_response(),
    }
}
