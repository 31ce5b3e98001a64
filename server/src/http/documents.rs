//! Documents: the upload, the confirmation of read fields, and the pictures of pages.

use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use bytes::{Bytes, BytesMut};
use domain::api::{ConfirmFields, DocumentAccepted, FieldError, Problem};
use domain::document::{Document, DocumentKind, MAX_BYTES};
use domain::event::{ApplicationId, Stage};
use uuid::Uuid;

use super::body::{JsonBody, OwnApplication, request_key};
use super::client_address::Client;
use super::upload_memory::IncomingUpload;
use super::{ApiError, AppState};
use crate::commands::{CommandError, Upload};

/// The largest upload request, in bytes: a document and its multipart framing.
pub const MAX_REQUEST: usize = MAX_BYTES + 64 * 1024;

/// The longest `kind`, in bytes; a longer one is refused unread.
const MAX_KIND: usize = 64;

/// The form of an upload, for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // documentation only
pub struct UploadForm {
    /// What the document is.
    kind: DocumentKind,
    /// JPEG, PNG, WebP, TIFF, HEIC or PDF, up to 10 MB. The format is detected from the content; the file name and the
    /// declared type are ignored.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Accepts a document. It is read afterwards; the outcome is an event.
#[utoipa::path(
    post, path = "/api/applications/{id}/documents", tag = "journey", params(("id" = String, Path)),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 202, body = DocumentAccepted),
        (
            status = 409,
            description = "`identity_check_decided`, `too_many_documents`, `idempotency_key_reused`",
            body = Problem
        ),
        (status = 408, description = "`too_slow`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
        (status = 503, description = "`busy`, `timeout`, `unavailable`", body = Problem),
    )
)]
pub async fn upload(
    State(state): State<AppState>,
    OwnApplication { id, commands, .. }: OwnApplication,
    client: Client,
    headers: HeaderMap,
    multipart: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<(StatusCode, Json<DocumentAccepted>), ApiError> {
    // The upload waits and is not refused at once: a client that is answered before it has sent its file often sees a
    // broken connection instead of the answer.
    let mut incoming = state.uploads.begin(&id, client).await?;
    let form = match multipart {
        Ok(multipart) => read_form(multipart, &mut incoming).await,
        Err(_) => Err(ApiError::MediaType("multipart/form-data")),
    };
    let form = match form {
        Ok(form) => form,
        Err(error) => return Err(error.recorded(&commands, Some(&id), Stage::ProcessDocuments).await),
    };
    let upload = match form.check() {
        Ok(upload) => upload,
        Err(error) => return Err(refuse(&state, &id, error).await),
    };
    let key = request_key(&headers, upload.kind.as_str(), &upload.content)?;
    let answer = commands.accept_document(&id, upload, key.as_ref()).await?;
    Ok((StatusCode::ACCEPTED, Json(answer.body)))
}

async fn refuse(state: &AppState, id: &ApplicationId, error: FieldError) -> ApiError {
    state.commands.refuse_upload(id, error).await.into()
}

#[derive(Default)]
struct Form {
    kind: Option<String>,
    file: Option<(String, Bytes)>,
    unknown: Option<String>,
}

impl Form {
    fn check(self) -> Result<Upload, FieldError> {
        if let Some(name) = self.unknown {
            let message = "This form has the fields `kind` and `file`, each once.";
            return Err(FieldError::new(name, "unknown_field", message));
        }
        let kinds = DocumentKind::ALL.map(DocumentKind::as_str).join(", ");
        let kind = self
            .kind
            .ok_or_else(|| FieldError::new("kind", "required", format!("Say what the document is: one of {kinds}.")))?;
        let kind = kind
            .parse()
            .map_err(|()| FieldError::new("kind", "invalid", format!("Say what the document is: one of {kinds}.")))?;
        let (file_name, content) =
            self.file.ok_or_else(|| FieldError::new("file", "required", "Choose a photo or a PDF of the document."))?;
        if content.is_empty() {
            return Err(FieldError::new(
                "file",
                "empty",
                "The file is empty. Choose another, or take the photo again.",
            ));
        }
        if ocr::media_type(&content).is_none() {
            let message = "This is not a JPEG, PNG, WebP, TIFF or HEIC picture, nor a PDF. Take a photo of the \
                           document, or save it as one of these.";
            return Err(FieldError::new("file", "unsupported_type", message));
        }
        Ok(Upload { kind, file_name, content })
    }
}

async fn read_form(mut multipart: Multipart, incoming: &mut IncomingUpload) -> Result<Form, ApiError> {
    let mut form = Form::default();
    while let Some(field) = incoming.next(multipart.next_field()).await?.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "kind" if form.kind.is_none() => {
                let text = read_field(field, MAX_KIND, incoming).await?;
                form.kind = Some(String::from_utf8_lossy(&text).trim().to_owned());
            }
            "file" if form.file.is_none() => {
                let file_name = field.file_name().unwrap_or_default().to_owned();
                form.file = Some((file_name, read_field(field, MAX_BYTES, incoming).await?));
            }
            // The name is repeated in the answer and in the error log, so it is shortened and filtered.
            _ => form.unknown = Some(name.chars().filter(char::is_ascii_alphanumeric).take(32).collect()),
        }
    }
    Ok(form)
}

async fn read_field(mut field: Field<'_>, limit: usize, incoming: &mut IncomingUpload) -> Result<Bytes, ApiError> {
    let mut content = BytesMut::new();
    while let Some(chunk) = incoming.next(field.chunk()).await?.map_err(unreadable)? {
        if content.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge { limit });
        }
        incoming.grow(chunk.len()).await?;
        content.extend_from_slice(&chunk);
    }
    Ok(content.freeze())
}

fn unreadable(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::TooLarge { limit: MAX_BYTES };
    }
    ApiError::Malformed(FieldError::new("", "not_multipart", "The form cannot be read as multipart/form-data."))
}

/// Confirms or corrects the fields that were read from a document.
#[utoipa::path(
    patch, path = "/api/applications/{id}/documents/{documentId}", tag = "journey", request_body = ConfirmFields,
    params(("id" = String, Path), ("documentId" = Uuid, Path)),
    responses(
        (status = 200, description = "The document as it is now", body = Document),
        (status = 404, body = Problem),
        (status = 409, description = "`identity_check_decided`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub async fn confirm(
    OwnApplication { id, commands, .. }: OwnApplication,
    Path((_, document_id)): Path<(String, String)>,
    body: Result<JsonBody<ConfirmFields>, ApiError>,
) -> Result<Json<Document>, ApiError> {
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(error.recorded(&commands, Some(&id), Stage::ConfirmFields).await),
    };
    let document_id: Uuid = document_id.parse().map_err(|_| CommandError::NotFound)?;
    Ok(Json(commands.confirm_fields(&id, document_id, &body.value).await?))
}

/// The picture of a page, upright, as the reader saw it. The answer is 404 for a document that was replaced or is being
/// read, and after the application's files were deleted.
#[utoipa::path(
    get, path = "/api/applications/{id}/documents/{documentId}/pages/{n}", tag = "journey",
    params(
        ("id" = String, Path),
        ("documentId" = Uuid, Path),
        ("n" = u8, Path, description = "From 1 to `pages`", minimum = 1)
    ),
    responses(
        (status = 200, description = "The page", body = Vec<u8>, content_type = "image/jpeg"),
        (status = 404, body = Problem),
    )
)]
pub async fn page(
    OwnApplication { id, commands, .. }: OwnApplication,
    Path((_, document_id, page)): Path<(String, String, String)>,
) -> Result<(PageHeaders, Bytes), ApiError> {
    let document_id: Uuid = document_id.parse().map_err(|_| CommandError::NotFound)?;
    let page = page.parse().map_err(|_| CommandError::NotFound)?;
    Ok((PAGE_HEADERS, commands.page(&id, document_id, page).await?))
}

type PageHeaders = [(HeaderName, &'static str); 5];

/// A page can be a passport: it is shown on our page only, is never cached, and is never interpreted as anything else.
const PAGE_HEADERS: PageHeaders = [
    (header::CONTENT_TYPE, "image/jpeg"),
    (header::CACHE_CONTROL, "private, no-store"),
    (header::CONTENT_DISPOSITION, "inline"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use proptest::prelude::*;

    use super::super::UploadMemory;
    use super::*;

    const FORM: &[u8] = b"--b\r\ncontent-disposition: form-data; name=\"kind\"\r\n\r\npassport\r\n--b\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"p.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n\
        \xff\xd8\xff\xe0\r\n--b--\r\n";

    fn read(body: Vec<u8>) -> Result<Form, ApiError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let request = Request::builder().header("content-type", "multipart/form-data; boundary=b");
            let multipart = Multipart::from_request(request.body(Body::from(body)).unwrap(), &()).await.unwrap();
            let id = ApplicationId::new(Uuid::nil(), jiff::Timestamp::UNIX_EPOCH);
            let memory = UploadMemory::default();
            let mut incoming = memory.begin(&id, Client(None)).await.unwrap();
            read_form(multipart, &mut incoming).await
        })
    }

    #[test]
    fn form_is_read_whole() {
        let upload = read(FORM.to_vec()).unwrap().check().unwrap();
        assert_eq!((upload.kind, upload.file_name.as_str()), (DocumentKind::Passport, "p.jpg"));
        assert_eq!(&upload.content[..], b"\xff\xd8\xff\xe0");
    }

    proptest! {
        #[test]
        fn any_body_is_a_form_or_a_clear_error(
            at in 0..FORM.len(), cut in 0_usize..12, inserted in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let mut body = FORM.to_vec();
            body.splice(at..(at + cut).min(FORM.len()), inserted);
            match read(body) {
                Ok(form) => if let Err(error) = form.check() {
                    prop_assert!(!error.code.is_empty() && error.field.len() <= 32 && !error.message.is_empty());
                },
                Err(error) => prop_assert!(
                    matches!(error, ApiError::Malformed(_) | ApiError::TooLarge { .. }), "{error:?}"
                ),
            }
        }
    }
}
