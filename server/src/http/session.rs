//! Sessions: a signed cookie that names its customer. Ids in URLs give no access.
//!
//! The cookie is HttpOnly and SameSite=Lax, and carries customer and expiry under an HMAC, so that nothing needs to be
//! stored and any instance with the key can tell it.

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::AppState;
use super::problem::ApiError;

const COOKIE: &str = "onboard_session";

/// The session that the request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose session it is.
    pub customer_id: Uuid,
    /// When it ends; in the future as of the request.
    pub expires: Timestamp,
}

/// The cookie of a new session for `customer_id`.
pub fn cookie(customer_id: Uuid, now: Timestamp, hours: u32, https: bool) -> Cookie<'static> {
    let expires = now.saturating_add(SignedDuration::from_hours(hours.into())).unwrap_or(now);
    Cookie::build((COOKIE, format!("{customer_id}.{}", expires.as_second())))
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::hours(hours.into()))
        .build()
}

/// The cookie that ends the session.
pub fn ended() -> Cookie<'static> {
    Cookie::build((COOKIE, "")).path("/").build()
}

fn session_of(value: &str, now: Timestamp) -> Option<Session> {
    let (customer, expires) = value.split_once('.')?;
    let expires = Timestamp::from_second(expires.parse().ok()?).ok()?;
    let customer_id = customer.parse().ok()?;
    (now < expires).then_some(Session { customer_id, expires })
}

impl OptionalFromRequestParts<AppState> for Session {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Self::Rejection> {
        let jar = SignedCookieJar::from_headers(&parts.headers, Key::from_ref(state));
        let now = state.commands.clock.now();
        Ok(jar.get(COOKIE).and_then(|cookie| session_of(cookie.value(), now)))
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = <Self as OptionalFromRequestParts<AppState>>::from_request_parts(parts, state).await;
        session.unwrap_or_default().ok_or(ApiError::NoSession)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends() {
        let customer = Uuid::from_u128(7);
        let opened = Timestamp::from_second(1_000_000).unwrap();
        let cookie = cookie(customer, opened, 1, false);
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        let session = Session { customer_id: customer, expires: at(3600) };
        assert_eq!(session_of(cookie.value(), at(3599)), Some(session));
        assert_eq!(session_of(cookie.value(), at(3600)), None);
        assert_eq!(session_of("nonsense", at(0)), None);
    }
}
