//! The OpenAPI document, and a page that shows it.

use axum::http::header;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use super::{AppState, applications, customers, documents, handoff};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OnboardAI",
        description = "From \"I'd like insurance\" to a chosen policy. Every step is an event. A step that answers 202 \
            delivers its result on the WebSocket `/ws?customerId=...&after=N` or through `events`. Errors are RFC 9457 \
            problems with a stable `code`."
    ),
    paths(
        customers::create, customers::end_session, applications::snapshot, applications::events, documents::upload,
        documents::confirm, documents::page, handoff::create, applications::perform_kyc, applications::recommendations,
        applications::selection
    ),
    components(schemas(domain::event::EventType)),
    tags((name = "journey", description = "The five commands and the state of an application"))
)]
struct Document;

/// `GET /api/openapi.json`.
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

/// Content security policy of the documentation page: own resources only. Swagger UI sets inline styles and embeds its
/// icons in its style sheet, hence `unsafe-inline` for styles and `data:` for images.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /api/docs/`.
pub fn page() -> Router<AppState> {
    // By default Swagger UI sends the document to a public validator.
    let config = utoipa_swagger_ui::Config::from("/api/openapi.json").validator_url("none");
    let page: Router<AppState> = SwaggerUi::new("/api/docs").config(config).into();
    page.layer(super::header_layer(header::CONTENT_SECURITY_POLICY, POLICY))
}
