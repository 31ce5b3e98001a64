//! The HTTP handlers of the three services.

use std::io::Cursor;
use std::sync::PoisonError;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::document::{DocumentKind, Provider};
use image::ImageDecoder as _;
use image::codecs::jpeg::JpegDecoder;
use serde_json::{Value, json};

use crate::faults::{Fault, denied};
use crate::page::Page;
use crate::state::State;
use crate::{azure, textract as amazon, vision as google};

/// Amazon's JSON protocol: one path, with the operation in a header.
pub async fn textract(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    let service = Provider::Textract;
    if !text(&headers, "authorization").starts_with("AWS4-HMAC-SHA256 ") {
        return denied(service);
    }
    let fail = state.next_fault(service);
    if let Some(wrong) = fail.answer(service).await {
        return wrong;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let picture =
        ["/DocumentPages/0/Bytes", "/Document/Bytes"].into_iter().find_map(|place| body.pointer(place)?.as_str());
    let address = text(&headers, "x-amz-target") == "Textract.AnalyzeDocument";
    let Some((kind, page)) = read_picture(&state, service, fail, picture.map(decoded), Some(address)) else {
        return (StatusCode::BAD_REQUEST, json!({ "__type": "BadDocumentException" }).to_string()).into_response();
    };
    let answer = if address {
        amazon::analyze_document(&page)
    } else {
        amazon::analyze_id(kind, &state.profile(service), &page)
    };
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], answer.to_string()).into_response()
}

/// `images:annotate`.
pub async fn vision(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    let service = Provider::GoogleVision;
    if !headers.contains_key("x-goog-api-key") && !text(&headers, "authorization").starts_with("Bearer ") {
        return denied(service);
    }
    let fail = state.next_fault(service);
    if let Some(wrong) = fail.answer(service).await {
        return wrong;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let picture = body.pointer("/requests/0/image/content").and_then(Value::as_str);
    let Some((_, page)) = read_picture(&state, service, fail, picture.map(decoded), None) else {
        let error = json!({ "responses": [{ "error": { "code": 3, "message": "Bad image data." } }] });
        return axum::Json(error).into_response();
    };
    axum::Json(google::annotate(&page)).into_response()
}

/// Azure: submits a document, at `{model}:analyze`.
pub async fn azure_submit(
    Shared(state): Shared<State>,
    Path(model): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let service = Provider::AzureDocumentIntelligence;
    if let Some(wrong) = azure_key(&headers) {
        return wrong;
    }
    let Some(model) = model.strip_suffix(":analyze") else { return StatusCode::NOT_FOUND.into_response() };
    let fail = state.next_fault(service);
    if let Some(wrong) = fail.answer(service).await {
        return wrong;
    }
    let address = model == "prebuilt-read";
    let Some((kind, page)) = read_picture(&state, service, fail, Some(body.to_vec()), Some(address)) else {
        let fault = json!({ "code": "InvalidRequest", "innererror": { "code": "InvalidContent" } });
        return (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": fault }))).into_response();
    };
    let result = match fail {
        Fault::Never => json!({ "status": "running" }),
        Fault::Failed => {
            json!({ "status": "failed", "error": { "code": "InternalServerError", "message": "Simulated fault." } })
        }
        _ if address => azure::read(&page),
        _ => azure::id_document(kind, &state.profile(service), &page),
    };
    let id = {
        let mut results = state.results.lock().unwrap_or_else(PoisonError::into_inner);
        let id = results.last_key_value().map_or(1, |(last, _)| last + 1);
        results.insert(id, (result, 0));
        id
    };
    let host = if fail == Fault::Elsewhere { "elsewhere.invalid" } else { text(&headers, "host") };
    let place =
        format!("http://{host}/documentintelligence/documentModels/{model}/analyzeResults/{id}?api-version=2024-11-30");
    // The real service asks for one second, for which tests would wait.
    (StatusCode::ACCEPTED, [("operation-location", place), ("retry-after", "0".to_owned())]).into_response()
}

/// Azure: polls a result, which is still running at the first poll.
pub async fn azure_result(
    Shared(state): Shared<State>,
    Path((_, id)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Response {
    if let Some(wrong) = azure_key(&headers) {
        return wrong;
    }
    let mut results = state.results.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((result, polls)) = results.get_mut(&id) else { return StatusCode::NOT_FOUND.into_response() };
    *polls += 1;
    let answer = if *polls == 1 { json!({ "status": "running" }) } else { result.clone() };
    ([("retry-after", "0")], axum::Json(answer)).into_response()
}

/// Azure: deletes a result.
pub async fn azure_delete(
    Shared(state): Shared<State>,
    Path((_, id)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Response {
    if let Some(wrong) = azure_key(&headers) {
        return wrong;
    }
    let mut results = state.results.lock().unwrap_or_else(PoisonError::into_inner);
    // Keeps the last number, so that it is not assigned again.
    if results.last_key_value().is_some_and(|(last, _)| *last == id) {
        results.insert(id, (Value::Null, 1));
    } else {
        results.remove(&id);
    }
    StatusCode::NO_CONTENT.into_response()
}

fn azure_key(headers: &HeaderMap) -> Option<Response> {
    let here =
        headers.contains_key("ocp-apim-subscription-key") || text(headers, "authorization").starts_with("Bearer ");
    (!here).then(|| denied(Provider::AzureDocumentIntelligence))
}

/// The content that a service reads in a picture; `None` if it is no JPEG. `address` says whether the operation reads a
/// proof of address, if the operation determines it.
fn read_picture(
    state: &State,
    service: Provider,
    fail: Fault,
    picture: Option<Vec<u8>>,
    address: Option<bool>,
) -> Option<(DocumentKind, Page)> {
    let (width, height) = JpegDecoder::new(Cursor::new(picture?)).ok()?.dimensions();
    let shape = f64::from(width) / f64::from(height.max(1));
    let by_shape = match shape {
        // A licence is wider than a passport's page. Both sides of a card, one below the other, are wider than A4.
        1.5.. => DocumentKind::DrivingLicence,
        1.0.. => DocumentKind::Passport,
        0.735.. => DocumentKind::IdentityCard,
        _ => DocumentKind::ProofOfAddress,
    };
    let kind = state.change(service, |settings| settings.kind).unwrap_or(by_shape);
    let kind = match address {
        Some(true) => DocumentKind::ProofOfAddress,
        Some(false) if kind == DocumentKind::ProofOfAddress => DocumentKind::Passport,
        _ => kind,
    };
    let page = if fail == Fault::NoDocument { Page::empty() } else { Page::of(kind, &state.profile(service)) };
    Some((kind, page))
}

fn decoded(picture: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(picture).unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
