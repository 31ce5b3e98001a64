//! JSON bodies and the `Idempotency-Key`: parsed once, at the edge, with the field named that is wrong.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use domain::api::FieldError;
use domain::event::ApplicationId;
use serde::de::DeserializeOwned;

use super::session::Session;
use super::{ApiError, AppState};
use crate::commands::{CommandError, RequestKey};

/// The largest JSON body, in bytes.
pub const MAX_JSON: usize = 64 * 1024;

/// A JSON body, and its bytes.
pub struct JsonBody<T> {
    /// What it says.
    pub value: T,
    /// As it came.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let is_json =
            |kind: &str| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            return Err(ApiError::MediaType("application/json"));
        }
        // The only other fault is a client that went away, which reads no answer.
        let bytes = Bytes::from_request(request, state).await.map_err(|_| ApiError::TooLarge { limit: MAX_JSON })?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let field = error.path().to_string();
            malformed(if field == "." { "" } else { &field }, error.inner())
        })?;
        json.end().map_err(|error| malformed("", &error))?;
        Ok(Self { value, bytes })
    }
}

fn malformed(field: &str, error: &serde_json::Error) -> ApiError {
    let message = format!("The request cannot be read: {error}. Compare it with /api/openapi.json.");
    let code = if error.is_data() { "wrong_type" } else { "not_json" };
    ApiError::Malformed(FieldError::new(field, code, message))
}

/// The request's key, if it carries one.
pub fn request_key(headers: &HeaderMap, command: &str, body: &[u8]) -> Result<Option<RequestKey>, ApiError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let fits = |key: &&str| (16..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    let key = key.to_str().ok().filter(fits).ok_or(ApiError::BadKey)?;
    Ok(Some(RequestKey::new(key.to_owned(), command, body)))
}

/// The application that the address names, if it is the session's own customer's.
pub struct OwnApplication(pub ApplicationId);

impl FromRequestParts<AppState> for OwnApplication {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        use std::collections::HashMap;
        let session = <Session as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::Command(CommandError::NotFound))?;
        let id: ApplicationId =
            path.get("id").and_then(|id| id.parse().ok()).ok_or(ApiError::Command(CommandError::NotFound))?;
        if id.customer_id() != session.customer_id {
            return Err(ApiError::NotYours);
        }
        Ok(Self(id))
    }
}
