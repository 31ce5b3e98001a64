//! The pages, rendered with the visitor's state, so that the first screen is there before any script.

use app::{Outbox, PageState, shell};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;

use super::session::Session;
use super::{ApiError, AppState};

/// Renders the page of the request's address; the application's router says whether there is one.
pub async fn page(State(state): State<AppState>, session: Option<Session>, request: Request) -> Response {
    let snapshot = match session {
        Some(session) => match state.commands.snapshot_of(session.customer_id).await {
            Ok(snapshot) => snapshot,
            Err(error) => return ApiError::from(error).into_response(),
        },
        None => None,
    };
    let messages = match &state.messages {
        Some(local) if request.uri().path() == "/outbox" => match local.messages().await {
            Ok(messages) => Some(messages),
            Err(error) => {
                tracing::error!(%error, "local messages cannot be read");
                None
            }
        },
        _ => None,
    };
    let options = state.leptos.clone();
    let context = move || {
        provide_context(PageState(snapshot.clone()));
        provide_context(Outbox(messages.clone()));
    };
    let render = leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
    let mut response = render(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
