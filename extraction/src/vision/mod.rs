//! Google Cloud Vision: `images:annotate` with `DOCUMENT_TEXT_DETECTION`. It returns words without fields. The rules of
//! the local reader find the fields and the machine-readable zone among them.

mod answer;

use ::http::Extensions;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::api::ReadingStep;
use domain::document::Provider;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials};
use jiff::civil::Date;
use ocr::{Page, PageText, Prepared, Reading};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::extractor::{Extractor, OnProgress, ProviderError};
use crate::http;
use crate::http::{Failure, Http};
use crate::reconcile::Evidence;
use crate::settings::{Limits, SetupError, VisionAuth, VisionSettings};

/// Maximum size of a picture in base64, in bytes (quotas of Cloud Vision, "JSON request object size", less the rest of
/// the request).
const MAX_BYTES: usize = 10_000_000 - 1000;

/// The scope of a token.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-vision";

/// The parts of the answer that are requested: neither the whole text a second time nor a box for each letter.
const FIELD_MASK: &str = "responses(error,fullTextAnnotation(pages(width,height,blocks(paragraphs(words(boundingBox,\
                      confidence,symbols(text,property(detectedBreak))))))))";

/// Reads with Google Cloud Vision.
#[derive(Debug)]
pub struct Vision {
    http: Http,
    address: Url,
    auth: Auth,
    limits: Limits,
}

#[derive(Debug)]
enum Auth {
    /// Marked sensitive.
    Key(HeaderValue),
    Google(Credentials),
}

impl Vision {
    /// Sets the provider up. It must be called in a Tokio runtime, which renews the tokens. No request is sent yet.
    ///
    /// # Errors
    /// [`SetupError`], if documents cannot be sent to the endpoint, or the credentials are unusable.
    pub fn new(settings: VisionSettings) -> Result<Self, SetupError> {
        let wrong =
            |reason: &str| SetupError::Credentials { service: "Google Cloud Vision", reason: reason.to_owned() };
        let auth = match &settings.auth {
            VisionAuth::Key(key) => Auth::Key(
                http::secret(key.expose_secret())
                    .ok_or_else(|| wrong("the key has characters that an HTTP header cannot contain"))?,
            ),
            VisionAuth::ApplicationDefault => {
                let built = Builder::default().with_scopes([SCOPE]).build();
                // The error itself may quote the file.
                Auth::Google(
                    built.map_err(|_| wrong("the file of Application Default Credentials is missing or invalid"))?,
                )
            }
        };
        let mut address = http::under(&http::endpoint(&settings.endpoint)?, "/v1/images:annotate");
        address.query_pairs_mut().append_pair("fields", FIELD_MASK);
        Ok(Self { http: Http::new(settings.limits)?, address, auth, limits: settings.limits })
    }

    async fn read(&self, document: &Prepared, today: Date) -> Result<Reading, ProviderError> {
        let mut evidence = Evidence::new(document.kind, Provider::GoogleVision, today);
        let mut reading = Reading::default();
        for page in &document.pages {
            evidence.pages.push(self.words(page).await?);
            reading = evidence.read().await?;
            if document.kind.required_fields().iter().all(|name| reading.fields.contains_key(name)) {
                break;
            }
        }
        Ok(reading)
    }

    async fn words(&self, page: &Page) -> Result<PageText, ProviderError> {
        if page.jpeg.len().div_ceil(3) * 4 > MAX_BYTES {
            return Err(ProviderError::Refused(format!("a page has more than {} bytes", MAX_BYTES / 4 * 3)));
        }
        let features = json!([{ "type": "DOCUMENT_TEXT_DETECTION" }]);
        let image = json!({ "content": BASE64_STANDARD.encode(&page.jpeg) });
        let body = bytes::Bytes::from(json!({ "requests": [{ "image": image, "features": features }] }).to_string());
        let request = || async {
            let request = self.http.client.post(self.address.clone()).headers(self.headers().await?);
            Ok(request.header("content-type", "application/json").body(body.clone()))
        };
        let answer = self.http.send(request, client_error).await?;
        answer::words(&answer.json()?)
    }

    /// The headers with the credentials.
    async fn headers(&self) -> Result<HeaderMap, Failure> {
        match &self.auth {
            Auth::Key(key) => Ok(HeaderMap::from_iter([(HeaderName::from_static("x-goog-api-key"), key.clone())])),
            Auth::Google(credentials) => match credentials.headers(Extensions::new()).await {
                Ok(CacheableResource::New { data, .. }) => Ok(data),
                Ok(CacheableResource::NotModified) => Ok(HeaderMap::new()),
                Err(error) if error.is_transient() => Err(Failure {
                    error: ProviderError::Unavailable("Google gives no token".to_owned()),
                    retryable: true,
                    after: None,
                }),
                Err(_) => Err(Failure::permanent(ProviderError::Denied(
                    "Google gives no token for these credentials".to_owned(),
                ))),
            },
        }
    }
}

/// A wrong key is answered with 400, like an invalid request; the reason in the details distinguishes them.
fn client_error(status: StatusCode, body: &[u8]) -> Option<ProviderError> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let details = body.get("error")?.get("details")?.as_array()?;
    let reason = details.iter().find_map(|detail| detail.get("reason")?.as_str())?;
    let text = format!("HTTP {}, {}", status.as_u16(), http::error_code(reason));
    (reason.starts_with("API_KEY_") && status == StatusCode::BAD_REQUEST).then_some(ProviderError::Denied(text))
}

impl Extractor for Vision {
    fn provider(&self) -> Provider {
        Provider::GoogleVision
    }

    fn extract<'a>(
        &'a self,
        document: &'a Prepared,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>> {
        progress(ReadingStep::ReadingPage);
        http::within(self.limits.whole, self.read(document, today)).boxed()
    }
}
