//! The files of the build, which are public.
//!
//! Pages name them below `/pkg/{build}/`, where `{build}` is a digest of all of them. Browsers keep such a file for a
//! year without asking again: another build has another name. The files of earlier builds may stay beside them, in
//! folders of `previous/`, so that pages of those builds can still load their parts.
//!
//! All other files are revalidated by their content. Dates are not used, because after a rollback the older file is the
//! right one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// The folder of the build's files, in the site's folder and in URLs.
const FOLDER: &str = "pkg";
/// The folder of earlier builds, in the site's folder. Each of its folders is a copy of an earlier [`FOLDER`].
const PREVIOUS: &str = "previous";
/// The map from the parts of the page to the files with their code.
const MANIFEST: &str = "__wasm_split_manifest.json";
/// Larger files are sent without a validator.
const MAX_VALIDATED: u64 = 32 * 1024 * 1024;

/// The builds whose files are served, read once at start.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The digest of the own build. `None` without a build, and while `cargo leptos watch` replaces the files.
    own: Option<String>,
    /// The folders of all builds, by their digests.
    builds: BTreeMap<String, PathBuf>,
    /// The files with the code of each part of the page.
    parts: Arc<BTreeMap<String, Vec<String>>>,
}

impl Files {
    /// Reads the builds of a site. A folder that cannot be read counts as none, because the API works without pages.
    pub fn read(site: &Path, watched: bool) -> Self {
        let folder = site.join(FOLDER);
        let mut builds = BTreeMap::new();
        let own = (!watched).then(|| digest(&folder).ok().flatten()).flatten();
        if let Some(own) = &own {
            builds.insert(own.clone(), folder.clone());
        }
        let previous = std::fs::read_dir(site.join(PREVIOUS)).into_iter().flatten().flatten();
        for folder in previous.map(|entry| entry.path()) {
            if let Ok(Some(digest)) = digest(&folder) {
                builds.entry(digest).or_insert(folder);
            }
        }
        let manifest = std::fs::read(folder.join(MANIFEST)).ok();
        let parts = manifest.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { own, builds, parts }
    }

    /// The folder that pages name, without slashes at its ends.
    pub fn folder(&self) -> String {
        self.own.as_ref().map_or_else(|| FOLDER.to_owned(), |own| format!("{FOLDER}/{own}"))
    }

    /// The names of the files with the code of each part of the page.
    pub fn parts(&self) -> Arc<BTreeMap<String, Vec<String>>> {
        Arc::clone(&self.parts)
    }

    /// The routes of all builds.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.builds.iter().fold(Router::new(), |router, (digest, folder)| {
            router.nest_service(
                &format!("/{FOLDER}/{digest}"),
                ServiceExt::<Request>::map_response(serve(folder), immutable),
            )
        })
    }
}

/// Serves the files of a folder, compressed if there is a compressed file.
pub fn serve(folder: &Path) -> ServeDir {
    ServeDir::new(folder).precompressed_br().precompressed_gzip().append_index_html_on_directories(false)
}

/// The digest of names and contents of the files in a folder. Compressed files have the same content. `None` without
/// files.
fn digest(folder: &Path) -> io::Result<Option<String>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && !path.extension().is_some_and(|kind| kind == "br" || kind == "gz"))
        .collect();
    files.sort();
    let mut digest = Sha256::new();
    for path in &files {
        let content = std::fs::read(path)?;
        digest.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update((content.len() as u64).to_be_bytes());
        digest.update(content);
    }
    Ok((!files.is_empty()).then(|| hex::encode(&digest.finalize()[..12])))
}

/// A file of a build never changes. A missing one may come with the next release.
fn immutable<B>(mut response: Response<B>) -> Response<B> {
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let value = if found { "public, max-age=31536000, immutable" } else { "no-store" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

/// Middleware of all other files: browsers ask each time, with a validator of the content.
pub async fn revalidated(mut request: Request, next: Next) -> Response {
    let known = request.headers_mut().remove(header::IF_NONE_MATCH);
    for other in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE, header::IF_RANGE, header::RANGE] {
        request.headers_mut().remove(other);
    }
    let (mut head, body) = next.run(request).await.into_parts();
    // Pages have no date.
    let is_file = head.headers.remove(header::LAST_MODIFIED).is_some() && head.status == StatusCode::OK;
    // The body is a stream that does not know its length; the header does.
    let length = head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if !is_file || length.is_none_or(|length| length > MAX_VALIDATED) {
        return Response::from_parts(head, body);
    }
    let Ok(content) = to_bytes(body, MAX_VALIDATED as usize).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let validator = hex::encode(&Sha256::digest(&content)[..12]);
    let body = if known.is_some_and(|known| names(&known, &validator)) {
        head.status = StatusCode::NOT_MODIFIED;
        for about in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            head.headers.remove(about);
        }
        Body::empty()
    } else {
        Body::from(content)
    };
    head.headers.remove(header::ACCEPT_RANGES);
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(validator) = HeaderValue::try_from(format!("\"{validator}\"")) {
        head.headers.insert(header::ETAG, validator);
    }
    Response::from_parts(head, body)
}

/// Names the compression in the validator, because a strong one stands for the same bytes (RFC 9110, 8.8.1). To be
/// applied after compression.
pub async fn with_encoding_in_validator(mut response: Response) -> Response {
    let text = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let named = match (text(header::ETAG), text(header::CONTENT_ENCODING)) {
        (Some(validator), Some(coding)) => validator.strip_suffix('"').map(|start| format!("{start}-{coding}\"")),
        _ => None,
    };
    if let Some(named) = named.and_then(|named| HeaderValue::try_from(named).ok()) {
        response.headers_mut().insert(header::ETAG, named);
    }
    response
}

/// Whether `If-None-Match` names `validator`, with any compression.
fn names(known: &HeaderValue, validator: &str) -> bool {
    known.to_str().is_ok_and(|known| {
        known.split(',').map(str::trim).any(|known| {
            let known = known.trim_start_matches("W/").trim_matches('"');
            known == "*" || known.split('-').next() == Some(validator)
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
