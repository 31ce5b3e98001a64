//! Sessions: a signed cookie that names its customer. Ids in URLs give no access.
//!
//! The cookie is HttpOnly and SameSite=Lax. It carries customer, expiry and scope under an HMAC, so any instance with
//! the key can verify it and no session is stored. [`Scope::permits`] alone decides which requests a scope allows.

use axum::extract::{FromRef, FromRequestParts, MatchedPath, OptionalFromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, CookieJar, Key, SameSite, SignedCookieJar};
use domain::api::Snapshot;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::AppState;
use super::attempts::Attempt;
use super::problem::ApiError;
use crate::commands::{CommandError, Commands};

const COOKIE: &str = "onboard_session";

/// Suffix of the cookie value of a documents session. A value without it is a session for everything. A build that does
/// not know the suffix rejects the value.
const DOCUMENTS_SUFFIX: &str = ".documents";

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole application.
    Everything,
    /// Uploading documents from a phone, and seeing their state.
    Documents,
}

impl Scope {
    /// Whether a session of this scope may send the request, by the route that it matched. Routes for phones are
    /// listed, so a new route is closed to phones until it is added here.
    fn permits(self, method: &Method, route: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Documents => matches!(
                (method.as_str(), route),
                ("GET", "/api/applications/{id}" | "/ws") | ("POST", "/api/applications/{id}/documents")
            ),
        }
    }
}

/// The session of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose session it is.
    pub customer_id: Uuid,
    /// When it ends; always in the future at the time of the request.
    pub expires: Timestamp,
    /// What it permits.
    pub scope: Scope,
}

impl Session {
    /// Whether the session is still valid. A phone's session ends when another phone replaces it, and with the session
    /// that made its link. The application holds that state, since a cookie cannot be revoked.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn is_active(&self, commands: &Commands) -> Result<bool, CommandError> {
        match self.scope {
            Scope::Everything => Ok(true),
            Scope::Documents => commands.is_current_phone(self.customer_id, self.expires).await,
        }
    }

    /// Removes from `snapshot` the parts that this session may not see.
    pub fn redact(&self, snapshot: Snapshot) -> Snapshot {
        match self.scope {
            Scope::Everything => snapshot,
            Scope::Documents => snapshot.redacted(),
        }
    }
}

/// The cookie of a new session for `customer_id`.
pub fn cookie(customer_id: Uuid, now: Timestamp, hours: u32, https: bool) -> Cookie<'static> {
    let expires = now.saturating_add(SignedDuration::from_hours(hours.into())).unwrap_or(now);
    build(format!("{customer_id}.{}", expires.as_second()), expires.duration_since(now), https)
}

/// The cookie of a phone's session for `customer_id`. It permits documents only and ends at `expires`.
pub fn phone_cookie(customer_id: Uuid, now: Timestamp, expires: Timestamp, https: bool) -> Cookie<'static> {
    build(format!("{customer_id}.{}{DOCUMENTS_SUFFIX}", expires.as_second()), expires.duration_since(now), https)
}

fn build(value: String, age: SignedDuration, https: bool) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(age.as_secs()))
        .build()
}

/// The cookie to remove at the end of a session.
pub fn removal_cookie() -> Cookie<'static> {
    Cookie::build((COOKIE, "")).path("/").build()
}

fn session_of(value: &str, now: Timestamp) -> Option<Session> {
    let (value, scope) = match value.strip_suffix(DOCUMENTS_SUFFIX) {
        Some(value) => (value, Scope::Documents),
        None => (value, Scope::Everything),
    };
    let (customer, expires) = value.split_once('.')?;
    let expires = Timestamp::from_second(expires.parse().ok()?).ok()?;
    let customer_id = customer.parse().ok()?;
    (now < expires).then_some(Session { customer_id, expires, scope })
}

/// Extracts the session without a check of its scope, for handlers that only identify the customer: pages, and the end
/// of a session. Handlers that act for a session extract `Session`, which checks the scope.
impl OptionalFromRequestParts<AppState> for Session {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Self::Rejection> {
        let jar = SignedCookieJar::from_headers(&parts.headers, Key::from_ref(state));
        let now = state.commands.context.clock.now();
        let verified = jar.get(COOKIE);
        if verified.is_none() && CookieJar::from_headers(&parts.headers).get(COOKIE).is_some() {
            Attempt::UnverifiedCookie.record();
        }
        Ok(verified.and_then(|cookie| session_of(cookie.value(), now)))
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = <Self as OptionalFromRequestParts<AppState>>::from_request_parts(parts, state).await;
        let session = session.unwrap_or_default().ok_or(ApiError::NoSession)?;
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        if !session.scope.permits(&parts.method, route) {
            return Err(ApiError::BeyondSession);
        }
        if session.is_active(&state.commands).await? { Ok(session) } else { Err(ApiError::NoSession) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn session_ends_at_its_expiry() {
        let customer = Uuid::from_u128(7);
        let opened = Timestamp::from_second(1_000_000).unwrap();
        let cookie = cookie(customer, opened, 1, false);
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        let session = Session { customer_id: customer, expires: at(3600), scope: Scope::Everything };
        assert_eq!(session_of(cookie.value(), at(3599)), Some(session));
        assert_eq!(session_of(cookie.value(), at(3600)), None);
        assert_eq!(session_of("nonsense", at(0)), None);
    }

    #[test]
    fn phone_session_has_documents_scope_and_ends_at_its_expiry() {
        let customer = Uuid::from_u128(7);
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        let cookie = phone_cookie(customer, at(0), at(60), true);
        assert_eq!((cookie.max_age(), cookie.secure()), (Some(time::Duration::seconds(60)), Some(true)));
        let session = Session { customer_id: customer, expires: at(60), scope: Scope::Documents };
        assert_eq!(session_of(cookie.value(), at(59)), Some(session));
        assert_eq!(session_of(cookie.value(), at(60)), None);
        for other in [
            format!("{}.documents", cookie.value()),
            format!("{customer}.1000060.other"),
            format!("{customer}.documents"),
        ] {
            assert_eq!(session_of(&other, at(0)), None, "{other}");
        }
    }

    #[test]
    fn documents_scope_permits_upload_snapshot_and_socket_only() {
        let may = |method: Method, route| Scope::Documents.permits(&method, route);
        assert!(may(Method::POST, "/api/applications/{id}/documents"));
        assert!(may(Method::GET, "/api/applications/{id}"));
        assert!(may(Method::GET, "/ws"));
        for (method, route) in [
            (Method::GET, "/api/applications/{id}/events"),
            (Method::PATCH, "/api/applications/{id}/documents/{document_id}"),
            (Method::POST, "/api/applications/{id}/kyc"),
            (Method::POST, "/api/applications/{id}/handoff"),
            (Method::DELETE, "/api/applications/{id}"),
            (Method::GET, ""),
            (Method::GET, "/anything/new"),
        ] {
            assert!(!may(method.clone(), route), "{method} {route}");
            assert!(Scope::Everything.permits(&method, route));
        }
    }
}
