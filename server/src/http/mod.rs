//! HTTP: routes, limits and headers. Errors become problems in `problem.rs`, and nowhere else.

mod applications;
mod body;
mod customers;
mod documents;
mod handoff;
mod instances;
mod openapi;
mod operations;
mod origin;
mod pages;
mod problem;
pub mod session;
mod socket;
mod upload_places;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use axum::{Router, handler::Handler};
use axum_extra::extract::cookie::Key;
use leptos::prelude::LeptosOptions;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::commands::Commands;
use crate::config::Config;
use crate::live::Live;
use crate::notify::LocalNotifier;

pub use body::MAX_JSON;
pub use instances::{Instances, instances};
pub use operations::Operations;
pub use problem::ApiError;
pub use upload_places::UploadPlaces;

/// What handlers need. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The five commands and the questions.
    pub commands: Commands,
    /// Sockets.
    pub live: Live,
    /// Settings.
    pub config: Arc<Config>,
    /// Where the pages' files are.
    pub leptos: LeptosOptions,
    /// Signs sessions.
    pub key: Key,
    /// Messages kept locally, on the embedded stack.
    pub messages: Option<LocalNotifier>,
    /// Places for uploads under way.
    pub uploads: Arc<UploadPlaces>,
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

/// What operators ask of every process, whatever its roles.
pub fn operations(state: Operations) -> Router {
    Router::new()
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .with_state(state)
}

/// What people and programs reach: pages, REST and sockets.
pub fn router(state: AppState) -> Router {
    // Leptos runs parts of a page as tasks; an error says that an earlier router of this process told it where.
    let _ = any_spawner::Executor::init_tokio();
    let request = Duration::from_secs(state.config.http.request_timeout_s);
    let upload = Duration::from_secs(state.config.http.upload_timeout_s);

    let uploads = Router::new()
        .route("/api/applications/{id}/documents", post(documents::upload))
        .layer(DefaultBodyLimit::max(documents::MAX_REQUEST))
        .layer(middleware::from_fn_with_state(upload, time_limit));
    let api = Router::new()
        .route("/api/customers", post(customers::create))
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
    // A visitor's page is the visitor's own; files of the build are everybody's, and asked for again when changed.
    let files = ServeDir::new(&*state.leptos.site_root)
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .fallback(pages::page.with_state(state.clone()));
    let options = state.leptos.clone();
    let phone = get(handoff::look).post(handoff::redeem);
    let pages =
        Router::new().route("/", get(pages::page)).route("/phone/{token}", phone).fallback_service(files).layer(
            CatchPanicLayer::custom(move |_: Box<dyn std::any::Any + Send>| {
                tracing::error!("a page panicked");
                pages::trouble(&options, StatusCode::INTERNAL_SERVER_ERROR)
            }),
        );
    Router::new()
        .merge(pages)
        .merge(api.route("/ws", get(socket::open)).layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                tracing::error!("a request panicked");
                ApiError::Internal.into_response()
            },
        )))
        .layer(middleware::from_fn_with_state(state.clone(), origin::own_pages_only))
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .with_state(state)
}

/// Has every answer of `router` say what browsers may not do with it.
pub fn guarded(router: Router, https: bool) -> Router {
    let router = router
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header_layer(header::REFERRER_POLICY, "same-origin"))
        .layer(header_layer(
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(), geolocation=()",
        ));
    // Said where it holds only: a browser told so once asks for nothing but https for a year.
    match https {
        true => router.layer(header_layer(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")),
        false => router,
    }
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn no_route() -> ApiError {
    ApiError::NoRoute
}

/// Ends a request that takes too long. What was committed by then stays; its event is relayed all the same.
async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Timeout.into_response(),
    }
}
