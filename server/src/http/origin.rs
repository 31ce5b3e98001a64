//! Rejects requests that pages of other sites send with a visitor's session (CSRF).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, AppState};

/// Rejects state-changing requests and WebSocket upgrades from pages of another origin. Clients other than browsers
/// send no `Origin` and pass, because no other site can use their cookie.
pub async fn same_origin_only(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let checked = !safe || request.uri().path() == "/ws";
    if checked && is_foreign(request.headers(), &state.config.http.public_url) {
        return ApiError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    match text(header::ORIGIN) {
        Some(origin) => {
            let own = |host: &str| {
                origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
            };
            let public = public_url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/'));
            !(text(header::HOST).is_some_and(own) || public.is_some_and(own))
        }
        None => {
            headers.contains_key(header::ORIGIN)
                || text(header::HeaderName::from_static("sec-fetch-site")) == Some("cross-site")
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn same_origin_and_non_browser_requests_pass() {
        assert!(!is_foreign(&headers(&[("host", "a.example:3000"), ("origin", "http://a.example:3000")]), ""));
        assert!(!is_foreign(&headers(&[("host", "inner"), ("origin", "https://a.example")]), "https://a.example/"));
        assert!(!is_foreign(&headers(&[("host", "a.example")]), ""));
        assert!(!is_foreign(&headers(&[("host", "a.example"), ("sec-fetch-site", "same-origin")]), ""));
    }

    #[test]
    fn foreign_origins_are_rejected() {
        for origin in ["http://b.example", "http://a.example.b.example", "null", "http://a.example:81", ""] {
            assert!(is_foreign(&headers(&[("host", "a.example"), ("origin", origin)]), ""), "{origin}");
        }
        assert!(is_foreign(&headers(&[("host", "a.example"), ("sec-fetch-site", "cross-site")]), ""));
    }
}
