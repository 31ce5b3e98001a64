//! JSON bodies and the `Idempotency-Key`, parsed once, at the edge. Errors name the wrong field.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use domain::api::FieldError;
use domain::event::ApplicationId;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::session::Session;
use super::{ApiError, AppState};
use crate::commands::{CommandError, Commands, RequestKey};

/// The largest JSON body, in bytes.
pub const MAX_JSON: usize = 64 * 1024;

/// The longest field name that an error repeats, in characters.
const MAX_FIELD: usize = 64;

/// A JSON body, and its bytes.
pub struct JsonBody<T> {
    /// The parsed value.
    pub value: T,
    /// The bytes as received.
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
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge { limit: MAX_JSON },
            _ => ApiError::BrokenBody,
        })?;
        // serde would accept an array as an object and assign its elements to the fields by position.
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

/// The error in our own words: serde's message would repeat the sent values.
fn malformed(path: &str, error: &serde_json::Error, body: &[u8]) -> ApiError {
    const HINT: &str = "/api/openapi.json describes the body.";
    let path = if path == "." { "" } else { path };
    let text = error.to_string();
    // This message names a field of our type; the path ends at its parent.
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let (field, code, message) = if let Some(missing) = missing {
        let field = if path.is_empty() { missing.to_owned() } else { format!("{path}.{missing}") };
        (field, "required", format!("This field is missing. {HINT}"))
    } else if !error.is_data() && serde_json::from_slice::<IgnoredAny>(body).is_err() {
        let place = format!("line {}, column {}", error.line(), error.column());
        (String::new(), "not_json", format!("The body is not JSON: it cannot be read at {place}. {HINT}"))
    } else if text.starts_with("unknown field") {
        (path.to_owned(), "unknown_field", format!("There is no such field. {HINT}"))
    } else if text.starts_with("duplicate field") {
        (path.to_owned(), "duplicate", format!("A field is there twice. {HINT}"))
    } else {
        (path.to_owned(), "wrong_type", format!("This value is of the wrong type or none of those allowed. {HINT}"))
    };
    // An unknown field's name is the sender's. It is repeated in the answer and in the error log, so it is shortened
    // and filtered.
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

/// The application that the path names. Extraction fails if it is not of the session's customer, or if the session was
/// ended.
pub struct OwnApplication {
    /// Its identifier.
    pub id: ApplicationId,
    /// The session.
    pub session: Session,
    /// The commands, which do not read the application a second time.
    pub commands: Commands,
}

impl FromRequestParts<AppState> for OwnApplication {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        use std::collections::HashMap;
        let session = Session::permitted(parts, state).await?;
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::Command(CommandError::NotFound))?;
        let id: ApplicationId =
            path.get("id").and_then(|id| id.parse().ok()).ok_or(ApiError::Command(CommandError::NotFound))?;
        if id.customer_id() != session.customer_id {
            return Err(ApiError::NotYours);
        }
        let application = state.commands.context.store.application(&id).await.map_err(CommandError::Store)?;
        let application = application.ok_or(ApiError::Command(CommandError::NotFound))?;
        if !session.is_active_on(&application) {
            return Err(ApiError::NoSession);
        }
        Ok(Self { id, session, commands: state.commands.starting_from(application) })
    }
}
