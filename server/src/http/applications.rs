//! An application: its state, its events, and the commands with a JSON body.

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::api::{Accepted, AnswerNeeds, Events, FieldError, Problem, Selection, Snapshot};
use domain::event::{KycVerified, PolicyRecommended, Stage, WorkflowCompleted};
use serde::Deserialize;

use super::ApiError;
use super::body::{JsonBody, OwnApplication, request_key};
use crate::commands::Recommended;

/// The state of an application, folded from its events. A phone's session receives it redacted to the documents.
#[utoipa::path(
    get, path = "/api/applications/{id}", tag = "journey",
    params(("id" = String, Path, description = "`APP-{customerId}-{unix seconds}`")),
    responses(
        (status = 200, body = Snapshot),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
    )
)]
pub async fn snapshot(OwnApplication { id, session, commands }: OwnApplication) -> Result<Json<Snapshot>, ApiError> {
    Ok(Json(session.redact(commands.snapshot(&id).await?)))
}

/// The position from which to read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The last sequence that the caller has; 0 for all events.
    #[serde(default)]
    after: u64,
}

/// Up to 100 events after a sequence.
#[utoipa::path(
    get, path = "/api/applications/{id}/events", tag = "journey", params(("id" = String, Path), EventsQuery),
    responses(
        (status = 200, body = Events),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
    )
)]
pub async fn events(
    OwnApplication { id, commands, .. }: OwnApplication,
    query: Result<Query<EventsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Events>, ApiError> {
    let Query(EventsQuery { after }) = query.map_err(|_| {
        ApiError::Malformed(FieldError::new("after", "invalid", "`after` is a sequence: 0 or a whole number above."))
    })?;
    Ok(Json(Events { events: commands.events_after(&id, after).await? }))
}

/// Decides the identity check, or returns the decision that was made. The check also starts by itself.
#[utoipa::path(
    post, path = "/api/applications/{id}/kyc", tag = "journey", params(("id" = String, Path)),
    responses(
        (status = 200, body = KycVerified),
        (status = 409, description = "`documents_incomplete`", body = Problem),
    )
)]
pub async fn perform_kyc(
    OwnApplication { id, commands, .. }: OwnApplication,
    headers: HeaderMap,
) -> Result<Json<KycVerified>, ApiError> {
    // A repetition is safe without a key, because it returns the decision that was made.
    request_key(&headers, "perform-kyc", &[])?;
    Ok(Json(commands.perform_kyc(&id).await?))
}

/// Accepts the needs, and recommends policies at once or when the identity check is passed.
#[utoipa::path(
    post, path = "/api/applications/{id}/recommendations", tag = "journey", request_body = AnswerNeeds,
    params(("id" = String, Path)),
    responses(
        (status = 200, body = PolicyRecommended),
        (status = 202, description = "Kept; recommended when the identity check is passed", body = Accepted),
        (status = 409, description = "`identity_check_rejected`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub async fn recommendations(
    OwnApplication { id, commands, .. }: OwnApplication,
    headers: HeaderMap,
    body: Result<JsonBody<AnswerNeeds>, ApiError>,
) -> Result<Response, ApiError> {
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(error.recorded(&commands, Some(&id), Stage::GenerateRecommendations).await),
    };
    let key = request_key(&headers, "generate-recommendations", &body.bytes)?;
    Ok(match commands.answer_needs(&id, &body.value.into(), key.as_ref()).await? {
        Recommended::Now(recommended) => Json(recommended).into_response(),
        Recommended::Later(accepted) => (StatusCode::ACCEPTED, Json(accepted)).into_response(),
    })
}

/// Records the choice and completes the application.
#[utoipa::path(
    post, path = "/api/applications/{id}/selection", tag = "journey", request_body = Selection,
    params(("id" = String, Path)),
    responses(
        (status = 200, body = WorkflowCompleted),
        (status = 409, description = "`no_recommendations`, `already_completed`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub async fn selection(
    OwnApplication { id, commands, .. }: OwnApplication,
    headers: HeaderMap,
    body: Result<JsonBody<Selection>, ApiError>,
) -> Result<Json<WorkflowCompleted>, ApiError> {
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(error.recorded(&commands, Some(&id), Stage::SubmitPolicySelection).await),
    };
    // The key is only validated: a repetition returns the recorded choice, and a different choice is refused.
    request_key(&headers, "submit-policy-selection", &body.bytes)?;
    Ok(Json(commands.submit_selection(&id, &body.value).await?))
}
