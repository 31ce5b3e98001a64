//! `POST /api/customers` and the session that it opens.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum_extra::extract::cookie::SignedCookieJar;
use domain::api::{CustomerCreated, Problem, SubmitUserInfo};
use domain::event::Stage;

use super::body::{JsonBody, request_key};
use super::session::{Scope, Session};
use super::{ApiError, AppState, session};
use crate::live::Signal;

/// Creates a customer and an application, and opens the session. A browser that has a session goes on with its
/// application, or ends the session first.
#[utoipa::path(
    post, path = "/api/customers", tag = "journey", request_body = SubmitUserInfo,
    params((
        "Idempotency-Key" = Option<String>, Header,
        description = "16 to 64 visible ASCII characters; a repetition within ten minutes gets the same answer"
    )),
    responses(
        (status = 201, description = "Created; the session cookie is set", body = CustomerCreated),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (
            status = 409,
            description = "`idempotency_key_reused`; `application_exists` with the session of another application",
            body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 422,
            description = "`validation_failed`, with every field",
            body = Problem,
            content_type = "application/problem+json"
        ),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    session: Option<Session>,
    jar: SignedCookieJar,
    headers: HeaderMap,
    body: Result<JsonBody<SubmitUserInfo>, ApiError>,
) -> Result<impl IntoResponse, ApiError> {
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(error.recorded(&state.commands, None, Stage::SubmitUserInfo).await),
    };
    let key = request_key(&headers, "submit-user-info", &body.bytes)?;
    // A second cookie would take the first application from the pages that work on it.
    if let Some(session) = session.filter(|session| session.scope == Scope::Everything)
        && session.is_active(&state.commands).await?
    {
        state.commands.refuse_second_application(session.customer_id, key.as_ref())?;
    }
    let answer = state.commands.submit_user_info(&body.value.into(), key.as_ref()).await?;
    let http = &state.config.http;
    let now = state.commands.context.clock.now();
    let cookie = session::cookie(answer.body.customer_id, now, http.session_hours, state.config.https());
    Ok((StatusCode::CREATED, session::set(jar, cookie), Json(answer.body)))
}

/// Ends the session, also where its cookie was copied. The session of a computer also ends its phone's session and
/// closes the customer's live connections; the session of a phone ends alone. The application is kept.
#[utoipa::path(
    delete, path = "/api/session", tag = "journey",
    responses(
        (status = 204, description = "Ended; the cookie is removed"),
        (status = 503, description = "`unavailable`: not ended, the cookie stays", body = Problem),
    )
)]
pub async fn end_session(
    State(state): State<AppState>,
    session: Option<Session>,
    jar: SignedCookieJar,
) -> Result<impl IntoResponse, ApiError> {
    // A socket does not record which session of its customer opened it, so all are closed; clients with another valid
    // session reconnect. When a phone ends its session, the computer's session continues.
    match session {
        Some(session) if session.scope == Scope::Documents => {
            state.commands.release_phone(session.customer_id, session.expires).await?;
            state.live.fan_out.deliver(session.customer_id, &Signal::Resync).await;
        }
        Some(session) => {
            // A session that is opened now expires then; every one before it ends.
            let newest = session::expiry(state.commands.context.clock.now(), state.config.http.session_hours);
            state.commands.end_sessions(session.customer_id, newest.max(session.expires)).await?;
            state.live.fan_out.end(session.customer_id).await;
        }
        None => {}
    }
    Ok((StatusCode::NO_CONTENT, session::removal_cookies().into_iter().fold(jar, SignedCookieJar::remove)))
}
