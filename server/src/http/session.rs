//! Sessions: a signed cookie that names its customer. Ids in URLs give no access.
//!
//! The cookie is HttpOnly and SameSite=Lax. It carries customer, expiry and scope under an HMAC, so any instance with
//! the key can verify it. [`Scope::permits`] alone decides which requests a scope allows. The application stores which
//! sessions have ended: [`Session::is_active_on`].

use axum::extract::{FromRef, FromRequestParts, MatchedPath, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use domain::api::Snapshot;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::AppState;
use super::attempts::Attempt;
use super::problem::ApiError;
use crate::commands::{CommandError, Commands, sessions};
use crate::store::Application;

const COOKIE: &str = "onboard_session";
/// The cookie's name over https. Browsers accept a name with this prefix only from this host itself, with `Secure`, for
/// all paths (draft-ietf-httpbis-rfc6265bis, 4.1.3.2), so that no neighbouring host can plant one.
const HOST_COOKIE: &str = "__Host-onboard_session";

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
    /// Whether the session has not been ended. A phone's session also ends when another phone replaces it.
    pub fn is_active_on(&self, application: &Application) -> bool {
        match self.scope {
            Scope::Everything => sessions::is_active(application, self.expires),
            Scope::Documents => sessions::is_current_phone(application, self.expires),
        }
    }

    /// As [`Self::is_active_on`], on the customer's application. A session without an application is not active.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn is_active(&self, commands: &Commands) -> Result<bool, CommandError> {
        let application = commands.application_of(self.customer_id).await?;
        Ok(application.is_some_and(|application| self.is_active_on(&application)))
    }

    /// The session of the request, if its scope permits the request. It may have been ended.
    pub(super) async fn permitted(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = <Self as OptionalFromRequestParts<AppState>>::from_request_parts(parts, state).await;
        let session = session.unwrap_or_default().ok_or(ApiError::NoSession)?;
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        if session.scope.permits(&parts.method, route) { Ok(session) } else { Err(ApiError::BeyondSession) }
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
    let expires = expiry(now, hours);
    build(format!("{customer_id}.{}", expires.as_second()), expires.duration_since(now), https)
}

/// When a session that is opened now expires.
pub fn expiry(now: Timestamp, hours: u32) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(hours.into())).unwrap_or(now)
}

/// The cookie of a phone's session for `customer_id`. It permits documents only and ends at `expires`.
pub fn phone_cookie(customer_id: Uuid, now: Timestamp, expires: Timestamp, https: bool) -> Cookie<'static> {
    build(format!("{customer_id}.{}{DOCUMENTS_SUFFIX}", expires.as_second()), expires.duration_since(now), https)
}

fn build(value: String, age: SignedDuration, https: bool) -> Cookie<'static> {
    Cookie::build((name(https), value))
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::seconds(age.as_secs()))
        .build()
}

/// Adds the cookie of a session, and over https a second one under the name that version 0.1.0 knows: it may run beside
/// this version, or follow after a rollback. This version ignores the second one where the first is present.
pub fn set(jar: SignedCookieJar, cookie: Cookie<'static>) -> SignedCookieJar {
    let mut earlier = cookie.clone();
    earlier.set_name(COOKIE);
    jar.add(earlier).add(cookie)
}

const fn name(https: bool) -> &'static str {
    if https { HOST_COOKIE } else { COOKIE }
}

/// The cookies to remove at the end of a session.
pub fn removal_cookies() -> [Cookie<'static>; 2] {
    [COOKIE, HOST_COOKIE].map(|name| Cookie::build((name, "")).path("/").secure(name == HOST_COOKIE).build())
}

/// The session in the request's cookies. A browser sends two of a name where one was planted for another path or by a
/// neighbouring host: one without a valid signature changes nothing, and of two different sessions neither is used.
fn session_in(headers: &HeaderMap, key: &Key, now: Timestamp) -> Option<Session> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs: Vec<&str> = lines.flat_map(|line| line.split(';')).map(str::trim).collect();
    let named = |name: &'static str| {
        let prefix = format!("{name}=");
        pairs.iter().filter(move |pair| pair.starts_with(&prefix)).filter_map(move |pair| {
            let mut one = HeaderMap::new();
            one.insert(header::COOKIE, pair.parse().ok()?);
            let verified = SignedCookieJar::from_headers(&one, key.clone()).get(name);
            if verified.is_none() {
                Attempt::UnverifiedCookie.record();
            }
            session_of(verified?.value(), now)
        })
    };
    let only = |mut sessions: Vec<Session>| {
        sessions.dedup();
        if sessions.len() == 1 { sessions.pop() } else { None }
    };
    let sessions: Vec<Session> = named(HOST_COOKIE).collect();
    if sessions.is_empty() { only(named(COOKIE).collect()) } else { only(sessions) }
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

/// Extracts the session without a check of its scope or whether it was ended, for handlers that only identify the
/// customer: pages, and the end of a session. Handlers that act for a session extract `Session`, which checks both.
impl OptionalFromRequestParts<AppState> for Session {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Self::Rejection> {
        let now = state.commands.context.clock.now();
        Ok(session_in(&parts.headers, &Key::from_ref(state), now))
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = Self::permitted(parts, state).await?;
        if session.is_active(&state.commands).await? { Ok(session) } else { Err(ApiError::NoSession) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

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
    fn planted_cookies_do_not_replace_the_session() {
        let key = Key::from(&[7; 64]);
        let at = Timestamp::from_second(1_000_000).unwrap();
        let signed = |customer: u128, https: bool| {
            let jar = SignedCookieJar::from_headers(&HeaderMap::new(), key.clone());
            let jar = jar.add(cookie(Uuid::from_u128(customer), at, 1, https));
            let response = axum::response::IntoResponse::into_response(jar);
            let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
            set.split(';').next().unwrap().to_owned()
        };
        let customer = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            session_in(&headers, &key, at).map(|session| session.customer_id.as_u128())
        };
        let (own, other, secure) = (signed(7, false), signed(8, false), signed(7, true));
        assert!(secure.starts_with("__Host-onboard_session="));
        assert_eq!(customer(&[&own]), Some(7));
        assert_eq!(customer(&[&secure]), Some(7));
        // One without a valid signature, before or after.
        assert_eq!(customer(&[&format!("onboard_session=x; {own}")]), Some(7));
        assert_eq!(customer(&[&own, "onboard_session=x"]), Some(7));
        assert_eq!(customer(&[&own, &own]), Some(7));
        // Another session, as a neighbouring host can plant it: it has no prefix.
        assert_eq!(customer(&[&other, &secure]), Some(7));
        assert_eq!(customer(&[&format!("{own}; {other}")]), None);
        assert_eq!(customer(&["theme=dark"]), None);
    }

    proptest! {
        #[test]
        fn only_signed_cookies_open_a_session(lines in prop::collection::vec("[ -~]{0,120}", 0..4)) {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, format!("onboard_session={line}").parse().unwrap());
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            prop_assert_eq!(session_in(&headers, &Key::from(&[7; 64]), Timestamp::UNIX_EPOCH), None);
        }

        #[test]
        fn any_value_is_a_session_that_has_not_ended_or_none(value in "[0-9a-f-]{0,40}[.][0-9]{0,20}([.]documents)?") {
            let now = Timestamp::from_second(1_000_000).unwrap();
            prop_assert!(session_of(&value, now).is_none_or(|session| session.expires > now));
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
