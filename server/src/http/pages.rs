//! The pages, rendered with the visitor's state, so that the first screen appears before any script runs.

use std::net::{Ipv4Addr, Ipv6Addr};

use app::{Outbox, PageState, PartFiles, PhoneLink, content_security_policy, server_error_html, shell};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::api::Snapshot;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::ResponseOptions;

use super::AppState;
use super::session::{Scope, Session};
use crate::commands::CommandError;

/// The page of a phone's session.
pub const PHONE: &str = "/phone";

/// Renders the page of the request's address. `app` decides whether the page exists.
pub async fn page(State(state): State<AppState>, session: Option<Session>, request: Request) -> Response {
    let path = request.uri().path();
    let (scope, snapshot) = match snapshot(&state, session).await {
        Ok(Some((scope, snapshot))) => (Some(scope), Some(snapshot)),
        Ok(None) => (None, None),
        Err(error) => {
            tracing::error!(%error, "page not rendered");
            return error_page(&state.leptos, StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    // Each scope has its own pages; a visitor of another scope's page is redirected.
    let snapshot = match scope {
        Some(Scope::Documents) if matches!(path, "/" | "/thank-you") => return Redirect::to(PHONE).into_response(),
        Some(Scope::Everything) if path == PHONE => return Redirect::to("/").into_response(),
        Some(Scope::Documents) if path != PHONE => None,
        _ => snapshot,
    };
    let messages = match &state.messages {
        Some(local) if request.uri().path() == "/outbox" && names_loopback(&request) => match local.messages().await {
            Ok(messages) => Some(messages),
            Err(error) => {
                tracing::error!(%error, "local messages not read");
                None
            }
        },
        _ => None,
    };
    let context = move || {
        provide_context(PageState(snapshot.clone()));
        provide_context(Outbox(messages.clone()));
    };
    render(&state, request, context).await
}

/// What the session may see, with its scope; none without an active session.
async fn snapshot(state: &AppState, session: Option<Session>) -> Result<Option<(Scope, Snapshot)>, CommandError> {
    let Some(session) = session else { return Ok(None) };
    let snapshot =
        state.commands.snapshot_of(session.customer_id, |application| session.is_active_on(application)).await?;
    Ok(snapshot.map(|snapshot| (session.scope, session.redact(snapshot))))
}

/// The page of a handoff link. It shows whether the link works, and no customer's state.
pub async fn phone_link(state: &AppState, request: Request, link: PhoneLink) -> Response {
    render(state, request, move || provide_context(link)).await
}

async fn render(state: &AppState, request: Request, context: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let options = state.leptos.clone();
    let files = PartFiles(state.files.parts());
    let context = move || {
        provide_context(files.clone());
        context();
    };
    let render = leptos_axum::render_app_async_with_context(context, move || {
        if let (Some(response), Ok(policy)) = (use_context::<ResponseOptions>(), content_security_policy().parse()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
        shell(options.clone())
    });
    let mut response = render(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the request names this machine in its `Host`. The server listens on loopback when it keeps messages, but the
/// page of another site can reach loopback by DNS rebinding; such a request carries the other site's name.
fn names_loopback(request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| request.uri().authority().map(|authority| authority.as_str())).is_some_and(is_loopback)
}

/// Whether `host`, with or without a port, is `localhost` or a loopback address.
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

/// The content security policy of a page without scripts.
const ERROR_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The page that is shown when another cannot be rendered.
pub fn error_page(options: &LeptosOptions, status: StatusCode) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ERROR_POLICY)),
    ];
    (status, headers, Html(server_error_html(options.clone()))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_recognized() {
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
