//! The pages, rendered with the visitor's state, so that the first screen is there before any script.

use app::{Outbox, PageState, shell, trouble_html};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::LeptosOptions;
use leptos::prelude::provide_context;

use super::AppState;
use super::session::Session;

/// Renders the page of the request's address; the application's router says whether there is one.
pub async fn page(State(state): State<AppState>, session: Option<Session>, request: Request) -> Response {
    let snapshot = match session {
        Some(session) => match state.commands.snapshot_of(session.customer_id).await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                return trouble(&state.leptos, StatusCode::SERVICE_UNAVAILABLE);
            }
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

/// The page for when no other can be rendered.
pub fn trouble(options: &LeptosOptions, status: StatusCode) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, Html(trouble_html(options.clone()))).into_response()
}
