//! Simulated faults, in the form of each service.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use clap::ValueEnum;
use domain::document::Provider;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The fault that a service simulates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Fault {
    /// No fault.
    #[default]
    None,
    /// Throttle requests.
    Throttle,
    /// Answer with status 500.
    #[serde(rename = "500")]
    #[value(name = "500")]
    Broken,
    /// Answer after a minute.
    Slow,
    /// Close the connection within the answer.
    Close,
    /// Answer with text that is not JSON.
    NotJson,
    /// Answer with JSON of another shape.
    OtherShape,
    /// Deny access.
    Denied,
    /// Refuse the document.
    Refused,
    /// Find no document in the picture.
    NoDocument,
    /// Azure: never complete the result. Others: as `slow`.
    Never,
    /// Azure: fail after accepting the document. Others: as `500`.
    Failed,
    /// Azure: name another host for the result. Others: as `other_shape`.
    Elsewhere,
}

impl Fault {
    /// The faulty answer; `None` if the fault does not replace the whole answer.
    pub async fn answer(self, service: Provider) -> Option<Response> {
        let azure = service == Provider::AzureDocumentIntelligence;
        Some(match self {
            Self::None | Self::NoDocument => return None,
            Self::Never | Self::Failed | Self::Elsewhere if azure => return None,
            Self::Slow | Self::Never => {
                tokio::time::sleep(std::time::Duration::from_secs(60)).await;
                return None;
            }
            Self::Throttle => error(service, StatusCode::TOO_MANY_REQUESTS, THROTTLED),
            Self::Broken | Self::Failed => error(service, StatusCode::INTERNAL_SERVER_ERROR, BROKEN),
            Self::Denied => denied(service),
            Self::Refused => error(service, StatusCode::BAD_REQUEST, REFUSED),
            Self::NotJson => (StatusCode::OK, "<html>busy</html>").into_response(),
            Self::OtherShape | Self::Elsewhere => axum::Json(json!({ "hello": ["world"] })).into_response(),
            Self::Close => {
                let cut = futures::stream::iter([Ok("{\"respon"), Err(std::io::Error::other("broken off"))]);
                ([(header::CONTENT_LENGTH, "5000")], Body::from_stream(cut)).into_response()
            }
        })
    }
}

/// Codes of Amazon, Google and Azure, in this order.
type Codes = [&'static str; 3];

const THROTTLED: Codes = ["ThrottlingException", "RESOURCE_EXHAUSTED", "429"];
const BROKEN: Codes = ["InternalServerError", "INTERNAL", "InternalServerError"];
const REFUSED: Codes = ["UnsupportedDocumentException", "INVALID_ARGUMENT", "InvalidRequest"];
const DENIED: Codes = ["AccessDeniedException", "PERMISSION_DENIED", "401"];

/// The answer to a request without valid credentials.
pub fn denied(service: Provider) -> Response {
    let status = match service {
        Provider::Textract => StatusCode::BAD_REQUEST,
        Provider::GoogleVision => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    error(service, status, DENIED)
}

fn error(service: Provider, status: StatusCode, [amazon, google, azure]: Codes) -> Response {
    let message = "Simulated fault.";
    match service {
        Provider::Textract => {
            // Amazon's JSON protocol uses 400 for all client errors.
            let status = if status.is_server_error() { status } else { StatusCode::BAD_REQUEST };
            let body = json!({ "__type": amazon, "Message": message });
            (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
        }
        Provider::GoogleVision => {
            let body = json!({ "error": { "code": status.as_u16(), "message": message, "status": google } });
            (status, axum::Json(body)).into_response()
        }
        _ => {
            let body = json!({ "error": { "code": azure, "message": message } });
            (status, axum::Json(body)).into_response()
        }
    }
}
