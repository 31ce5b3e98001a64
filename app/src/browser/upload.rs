//! Uploading a file by `XMLHttpRequest`, because `fetch` reports no progress.

use domain::document::DocumentKind;
use futures::channel::oneshot;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{File, FormData, ProgressEvent, XmlHttpRequest};

use crate::logic::failure::Failure;

/// The time-out of an upload, in milliseconds: ten minutes are enough for 10 MiB at 140 kbit/s.
const TIMEOUT_MS: u32 = 600_000;

/// Sends a document and returns the body of a successful answer. `progress` receives the sent share, in per cent.
///
/// # Errors
/// [`Failure`] if the file did not arrive or was refused.
pub async fn upload(
    path: &str,
    key: Uuid,
    kind: DocumentKind,
    file: &File,
    progress: impl Fn(u8) + 'static,
) -> Result<String, Failure> {
    let request = XmlHttpRequest::new().map_err(|_| Failure::Unreachable)?;
    let form = FormData::new().map_err(|_| Failure::Unreachable)?;
    // The kind comes first, because the server reads the parts in order.
    form.append_with_str("kind", kind.as_str()).map_err(|_| Failure::Unreachable)?;
    form.append_with_blob_and_filename("file", file, &file.name()).map_err(|_| Failure::Unreachable)?;

    let (done, answered) = oneshot::channel();
    // Fires once, after success, failure and time-out alike.
    let on_end = Closure::once(move || _ = done.send(()));
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
    let on_progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() && event.total() > 0.0 {
            progress((event.loaded() / event.total() * 100.0).clamp(0.0, 100.0) as u8);
        }
    });
    if let Ok(submission) = request.upload() {
        submission.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    }

    request.open_with_async("POST", path, true).map_err(|_| Failure::Unreachable)?;
    request.set_timeout(TIMEOUT_MS);
    request.set_request_header("Accept", "application/json").map_err(|_| Failure::Unreachable)?;
    request.set_request_header("Idempotency-Key", &key.to_string()).map_err(|_| Failure::Unreachable)?;
    request.send_with_opt_form_data(Some(&form)).map_err(|_| Failure::Unreachable)?;
    answered.await.map_err(|_| Failure::Unreachable)?;

    let text = request.response_text().ok().flatten().unwrap_or_default();
    match request.status() {
        Ok(200..300) => Ok(text),
        // No status: the network failed, or the request timed out.
        Ok(0) | Err(_) => Err(Failure::Unreachable),
        Ok(status) => Err(Failure::from_answer(status, &text)),
    }
}
