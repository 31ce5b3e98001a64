//! The pages, rendered with the visitor's state, so that the first screen is there before any script.

use std::net::{Ipv4Addr, Ipv6Addr};

use app::{Outbox, PageState, PhoneLink, server_error_html, shell};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use leptos::prelude::LeptosOptions;
use leptos::prelude::provide_context;

use super::AppState;
use super::session::{Scope, Session};
use crate::commands::CommandError;

/// The page of a phone's session. Other pages are for others.
pub const PHONE: &str = "/phone";

/// Renders the page of the request's address; the application's router says whether there is one.
pub async fn page(State(state): State<AppState>, session: Option<Session>, request: Request) -> Response {
    let path = request.uri().path();
    let session = match active(&state, session).await {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            return trouble(&state.leptos, StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    // Each sort of session has its pages; who is wrong is shown the way.
    let session = match session.map(|session| session.scope) {
        Some(Scope::Documents) if matches!(path, "/" | "/thank-you") => return Redirect::to(PHONE).into_response(),
        Some(Scope::Everything) if path == PHONE => return Redirect::to("/").into_response(),
        Some(Scope::Documents) if path != PHONE => None,
        _ => session,
    };
    let snapshot = match session {
        Some(session) => match state.commands.snapshot_of(session.customer_id).await {
            Ok(snapshot) => snapshot.map(|snapshot| session.redact(snapshot)),
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                return trouble(&state.leptos, StatusCode::SERVICE_UNAVAILABLE);
            }
        },
        None => None,
    };
    let messages = match &state.messages {
        Some(local) if request.uri().path() == "/outbox" && is_for_this_machine(&request) => {
            match local.messages().await {
                Ok(messages) => Some(messages),
                Err(error) => {
                    tracing::error!(%error, "local messages cannot be read");
                    None
                }
            }
        }
        _ => None,
    };
    let context = move || {
        provide_context(PageState(snapshot.clone()));
        provide_context(Outbox(messages.clone()));
    };
    render(&state, request, context).await
}

/// The session, if it still holds.
async fn active(state: &AppState, session: Option<Session>) -> Result<Option<Session>, CommandError> {
    let Some(session) = session else { return Ok(None) };
    Ok(session.is_active(&state.commands).await?.then_some(session))
}

/// The page of a link for a phone, which shows nobody's state: whether it works, and the way on.
pub async fn phone_link(state: &AppState, request: Request, link: PhoneLink) -> Response {
    render(state, request, move || provide_context(link)).await
}

async fn render(state: &AppState, request: Request, context: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let options = state.leptos.clone();
    let render = leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
    let mut response = render(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the browser asked for an address of this machine. The server listens on loopback where it has messages to show,
/// yet another site's page can reach that through a name that is made to point there; the name gives it away.
fn is_for_this_machine(request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| request.uri().authority().map(|authority| authority.as_str())).is_some_and(is_loopback)
}

/// Whether `host`, perhaps with a port, is `localhost` or a loopback address.
pub(super) fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// The page for when no other can be rendered.
pub fn trouble(options: &LeptosOptions, status: StatusCode) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, Html(server_error_html(options.clone()))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for host in ["localhost", "LocalHost:3000", "127.0.0.1", "127.0.0.1:3000", "127.8.9.10", "[::1]", "[::1]:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org:3000",
            "127.0.0.1.example.org",
            "10.0.0.1:3000",
            "0.0.0.0",
            "[::]:3000",
            "[::1",
            "::1",
            "127.1",
            "[2001:db8::1]",
            "localhost:3000, example.org",
            "[127.0.0.1]",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
