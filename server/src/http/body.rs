//! JSON bodies and the `Idempotency-Key`: parsed once, at the edge, with the field named that is wrong.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use domain::api::FieldError;
use domain::event::ApplicationId;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::session::Session;
use super::{ApiError, AppState};
use crate::commands::{CommandError, RequestKey};

/// The largest JSON body, in bytes.
pub const MAX_JSON: usize = 64 * 1024;

/// How much of a field's name is repeated, in characters.
const MAX_FIELD: usize = 64;

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
        // serde would take an array for an object, its fields by position.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            let message = "The body must be a JSON object; /api/openapi.json describes it.";
            return Err(ApiError::Malformed(FieldError::new("", "not_json", message)));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| malformed(&error.path().to_string(), error.inner(), &bytes))?;
        json.end().map_err(|error| malformed(".", &error, &bytes))?;
        Ok(Self { value, bytes })
    }
}

/// What is wrong, in our words: serde's would repeat what was sent.
fn malformed(path: &str, error: &serde_json::Error, body: &[u8]) -> ApiError {
    const SEE: &str = "/api/openapi.json describes the body.";
    let path = if path == "." { "" } else { path };
    let said = error.to_string();
    // The name in this message is ours; the path ends before it.
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let (field, code, message) = if let Some(missing) = missing {
        let field = if path.is_empty() { missing.to_owned() } else { format!("{path}.{missing}") };
        (field, "required", format!("This field is missing. {SEE}"))
    } else if !error.is_data() && serde_json::from_slice::<IgnoredAny>(body).is_err() {
        let place = format!("line {}, column {}", error.line(), error.column());
        (String::new(), "not_json", format!("The body is not JSON: it cannot be read at {place}. {SEE}"))
    } else if said.starts_with("unknown field") {
        (path.to_owned(), "unknown_field", format!("There is no such field. {SEE}"))
    } else if said.starts_with("duplicate field") {
        (path.to_owned(), "duplicate", format!("A field is there twice. {SEE}"))
    } else {
        (path.to_owned(), "wrong_type", format!("This value is of the wrong type or none of those allowed. {SEE}"))
    };
    // An unknown field's name is the sender's, and goes into the answer and on record: bounded and plain.
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | ']' | '_');
    ApiError::Malformed(FieldError::new(field.chars().filter(plain).take(MAX_FIELD).collect::<String>(), code, message))
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
