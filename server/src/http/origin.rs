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
            let Some((scheme, authority)) = origin.split_once("://") else { return true };
            let public = public_url.split_once("://").map(|(scheme, rest)| (scheme, rest.trim_end_matches('/')));
            // A page of http could have been changed on its way, so it is foreign to a site of https.
            let weaker = matches!(public, Some(("https", _))) && !scheme.eq_ignore_ascii_case("https");
            let own = |host: &str| authority.eq_ignore_ascii_case(host);
            weaker || !(text(header::HOST).is_some_and(own) || public.is_some_and(|(_, host)| own(host)))
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
    fn page_of_http_is_foreign_to_a_site_of_https() {
        for host in ["a.example", "inner"] {
            let headers = headers(&[("host", host), ("origin", "http://a.example")]);
            assert!(is_foreign(&headers, "https://a.example"), "{host}");
            assert!(!is_foreign(&headers, "http://a.example"), "{host}");
        }
    }

    #[test]
    fn foreign_origins_are_rejected() {
        for origin in ["http://b.example", "http://a.example.b.example", "null", "http://a.example:81", ""] {
            assert!(is_foreign(&headers(&[("host", "a.example"), ("origin", origin)]), ""), "{origin}");
        }
        assert!(is_foreign(&headers(&[("host", "a.example"), ("sec-fetch-site", "cross-site")]), ""));
    }
}
