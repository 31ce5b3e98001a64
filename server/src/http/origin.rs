//! Pages of other sites may not act through a visitor's session.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, AppState};

/// Refuses requests that change something, and sockets, from pages of another origin. Programs that are no browser send
/// no `Origin` and pass: the cookie they hold is their own.
pub async fn own_pages_only(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let guarded = !safe || request.uri().path() == "/ws";
    if guarded && is_foreign(request.headers(), &state.config.http.public_url) {
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
    fn own_pages_and_programs_pass() {
        assert!(!is_foreign(&headers(&[("host", "a.example:3000"), ("origin", "http://a.example:3000")]), ""));
        assert!(!is_foreign(&headers(&[("host", "inner"), ("origin", "https://a.example")]), "https://a.example/"));
        assert!(!is_foreign(&headers(&[("host", "a.example")]), ""));
        assert!(!is_foreign(&headers(&[("host", "a.example"), ("sec-fetch-site", "same-origin")]), ""));
    }

    #[test]
    fn others_do_not() {
        for origin in ["http://b.example", "http://a.example.b.example", "null", "http://a.example:81", ""] {
            assert!(is_foreign(&headers(&[("host", "a.example"), ("origin", origin)]), ""), "{origin}");
        }
        assert!(is_foreign(&headers(&[("host", "a.example"), ("sec-fetch-site", "cross-site")]), ""));
    }
}
