//! Google Cloud Vision: `images:annotate` with `DOCUMENT_TEXT_DETECTION`. It reads words and knows nothing of documents; the fields are
//! found in its words as our own reader finds them in its own, and the machine-readable zone in its lines.

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

use crate::http::{Failure, Http};
use crate::witness::Evidence;
use crate::{Extractor, Limits, OnProgress, ProviderError, SetupError, VisionAuth, VisionSettings, http};

/// The most bytes of a request (quotas of Cloud Vision, "JSON request object size"), less what is in it besides the picture.
const MOST_BYTES: usize = 10_000_000 - 1000;

/// What we may do with a token.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-vision";

/// What of the answer is wanted: not the words a second time, nor a box for each letter.
const WANTED: &str = "responses(error,fullTextAnnotation(pages(width,height,blocks(paragraphs(words(boundingBox,confidence,\
                      symbols(text,property(detectedBreak))))))))";

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
    /// Reads as the settings say. To be called in a Tokio runtime, where tokens are kept fresh. No request is sent yet.
    ///
    /// # Errors
    /// [`SetupError`], where documents cannot be sent to the endpoint, or the credentials are unusable.
    pub fn new(settings: VisionSettings) -> Result<Self, SetupError> {
        let wrong =
            |reason: &str| SetupError::Credentials { service: "Google Cloud Vision", reason: reason.to_owned() };
        let auth = match &settings.auth {
            VisionAuth::Key(key) => Auth::Key(
                http::secret(key.expose_secret()).ok_or_else(|| wrong("the key has characters that no key has"))?,
            ),
            VisionAuth::ApplicationDefault => {
                let built = Builder::default().with_scopes([SCOPE]).build();
                // Why, the file may tell with parts of itself.
                Auth::Google(
                    built.map_err(|_| wrong("the file of Application Default Credentials is none, or unreadable"))?,
                )
            }
        };
        let mut address = http::under(&http::endpoint(&settings.endpoint)?, "/v1/images:annotate");
        address.query_pairs_mut().append_pair("fields", WANTED);
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
        if page.jpeg.len().div_ceil(3) * 4 > MOST_BYTES {
            return Err(ProviderError::Refused(format!("a page has more than {} bytes", MOST_BYTES / 4 * 3)));
        }
        let features = json!([{ "type": "DOCUMENT_TEXT_DETECTION" }]);
        let image = json!({ "content": BASE64_STANDARD.encode(&page.jpeg) });
        let body = bytes::Bytes::from(json!({ "requests": [{ "image": image, "features": features }] }).to_string());
        let request = || async {
            let request = self.http.client.post(self.address.clone()).headers(self.headers().await?);
            Ok(request.header("content-type", "application/json").body(body.clone()))
        };
        let answer = self.http.send(request, refusal).await?;
        answer::words(&answer.json()?)
    }

    /// What says who we are.
    async fn headers(&self) -> Result<HeaderMap, Failure> {
        match &self.auth {
            Auth::Key(key) => Ok(HeaderMap::from_iter([(HeaderName::from_static("x-goog-api-key"), key.clone())])),
            Auth::Google(credentials) => match credentials.headers(Extensions::new()).await {
                Ok(CacheableResource::New { data, .. }) => Ok(data),
                Ok(CacheableResource::NotModified) => Ok(HeaderMap::new()),
                Err(error) if error.is_transient() => Err(Failure {
                    error: ProviderError::Unavailable("Google gives no token".to_owned()),
                    again: true,
                    after: None,
                }),
                Err(_) => {
                    Err(Failure::last(ProviderError::Denied("Google gives no token for these credentials".to_owned())))
                }
            },
        }
    }
}

/// A wrong key is answered as a wrong request; the reason in the details tells.
fn refusal(status: StatusCode, body: &[u8]) -> Option<ProviderError> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let details = body.get("error")?.get("details")?.as_array()?;
    let reason = details.iter().find_map(|detail| detail.get("reason")?.as_str())?;
    let told = format!("HTTP {}, {}", status.as_u16(), http::harmless(reason));
    (reason.starts_with("API_KEY_") && status == StatusCode::BAD_REQUEST).then_some(ProviderError::Denied(told))
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
