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

/// Creates a customer and an application, and opens the session.
#[utoipa::path(
    post, path = "/api/customers", tag = "journey", request_body = SubmitUserInfo,
    params(("Idempotency-Key" = Option<String>, Header, description = "16 to 64 visible ASCII characters; a repetition within ten minutes is answered alike")),
    responses(
        (status = 201, description = "Created; the session cookie is set", body = CustomerCreated),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency_key_reused`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`, with every field", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    jar: SignedCookieJar,
    headers: HeaderMap,
    body: Result<JsonBody<SubmitUserInfo>, ApiError>,
) -> Result<impl IntoResponse, ApiError> {
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(error.recorded(&state.commands, None, Stage::SubmitUserInfo).await),
    };
    let key = request_key(&headers, "submit-user-info", &body.bytes)?;
    let answer = state.commands.submit_user_info(&body.value.into(), key.as_ref()).await?;
    let http = &state.config.http;
    let now = state.commands.clock.now();
    let cookie = session::cookie(answer.body.customer_id, now, http.session_hours, state.config.https());
    Ok((StatusCode::CREATED, jar.add(cookie), Json(answer.body)))
}

/// Ends the session on this device, closes the customer's live connections, and ends the session of a phone that helped; a phone's ends
/// alone. The application stays.
#[utoipa::path(delete, path = "/api/session", tag = "journey", responses((status = 204, description = "Ended")))]
pub async fn end_session(
    State(state): State<AppState>,
    session: Option<Session>,
    jar: SignedCookieJar,
) -> impl IntoResponse {
    // A socket does not tell by which of its customer's sessions it was opened: one whose session goes on comes back. A phone
    // that is done goes alone: the device that it helped has its own session.
    match session {
        Some(session) if session.scope == Scope::Documents => {
            if let Err(error) = state.commands.let_phone_go(session.customer_id, session.expires).await {
                // The page of the other device says for some time longer that a phone is connected.
                tracing::warn!(%error, "a phone that is done could not be taken off");
            }
            state.live.fan_out.deliver(session.customer_id, &Signal::Resync).await;
        }
        Some(session) => {
            if let Err(error) = state.commands.end_handoff(session.customer_id).await {
                tracing::warn!(%error, "a phone may go on until its session is over");
            }
            state.live.fan_out.end(session.customer_id).await;
        }
        None => {}
    }
    (StatusCode::NO_CONTENT, jar.remove(session::ended()))
}
