//! Azure Document Intelligence: `prebuilt-idDocument` for proof of identity, `prebuilt-read` for proof of address.
//!
//! A page is submitted, and its result is polled. The answer to the submission contains the address of the result. It
//! must have the origin of the configured endpoint, because the key is sent there.

mod answer;
mod entra;
mod identity;

use std::time::Duration;

use domain::api::ReadingStep;
use domain::document::{Proof, Provider};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Page, Prepared, Reading};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use secrecy::ExposeSecret as _;

use crate::azure::answer::{Operation, Result as Analysis, Status};
use crate::azure::entra::Entra;
use crate::extractor::{Extractor, OnProgress, ProviderError};
use crate::http;
use crate::http::{Answer, Failure, Http};
use crate::reconcile::Evidence;
use crate::settings::{AzureAuth, AzureSettings, Limits, SetupError};

const API_VERSION: &str = "2024-11-30";

/// Maximum size of a document in bytes (limits of Document Intelligence, tier S0). The free tier itself refuses more
/// than 4 MB.
const MAX_BYTES: usize = 500 * 1024 * 1024;

/// The longest interval between two polls.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Time limit of the deletion of a result. Without it the service deletes the result after 24 hours.
const DELETE_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads with Azure Document Intelligence.
#[derive(Debug)]
pub struct Azure {
    http: Http,
    endpoint: Url,
    auth: Auth,
    limits: Limits,
}

#[derive(Debug)]
enum Auth {
    /// Marked sensitive.
    Key(HeaderValue),
    Entra(Entra),
}

impl Azure {
    /// Sets the provider up. No request is sent yet.
    ///
    /// # Errors
    /// [`SetupError`], if documents cannot be sent to the endpoint, or the credentials are unusable.
    pub fn new(settings: AzureSettings) -> Result<Self, SetupError> {
        let endpoint = http::endpoint(&settings.endpoint)?;
        let wrong = |reason: String| SetupError::Credentials { service: "Azure Document Intelligence", reason };
        let auth = match &settings.auth {
            AzureAuth::Key(key) => Auth::Key(
                http::secret(key.expose_secret())
                    .ok_or_else(|| wrong("the key has characters that an HTTP header cannot contain".to_owned()))?,
            ),
            AzureAuth::EntraId => Auth::Entra(Entra::new().map_err(wrong)?),
        };
        Ok(Self { http: Http::new(settings.limits)?, endpoint, auth, limits: settings.limits })
    }

    async fn read(&self, document: &Prepared, today: Date) -> Result<Reading, ProviderError> {
        let model = match document.kind.proves() {
            Proof::Identity => "prebuilt-idDocument",
            Proof::Address => "prebuilt-read",
        };
        let mut evidence = Evidence::new(document.kind, Provider::AzureDocumentIntelligence, today);
        let mut reading = Reading::default();
        for (index, page) in document.pages.iter().enumerate() {
            let analysis = self.analyse(model, page).await?;
            evidence.pages.push(analysis.words());
            let found = identity::found(document.kind, &analysis, index, today);
            evidence.add(found.fields, found.zone, found.detected_kind);
            reading = evidence.read().await?;
            if document.kind.required_fields().iter().all(|name| reading.fields.contains_key(name)) {
                break;
            }
        }
        Ok(reading)
    }

    /// Submits a page and waits for its result.
    async fn analyse(&self, model: &str, page: &Page) -> Result<Analysis, ProviderError> {
        if page.jpeg.len() > MAX_BYTES {
            return Err(ProviderError::Refused(format!("a page has more than {MAX_BYTES} bytes")));
        }
        let mut address = http::under(&self.endpoint, &format!("/documentintelligence/documentModels/{model}:analyze"));
        address.query_pairs_mut().append_pair("api-version", API_VERSION);
        let submit = || async {
            let request = self.request(Method::POST, address.clone()).await?;
            Ok(request.header("content-type", "image/jpeg").body(page.jpeg.clone()))
        };
        let accepted = self.http.send(submit, client_error).await?;
        let result = self.operation(&accepted)?;
        let mut interval = self.poll_interval(&accepted.headers);
        loop {
            tokio::time::sleep(interval).await;
            let answer = self.http.send(|| self.request(Method::GET, result.clone()), client_error).await?;
            let operation: Operation = answer.json()?;
            match operation.status {
                Status::NotStarted | Status::Running => interval = self.poll_interval(&answer.headers),
                Status::Succeeded => {
                    self.delete(&result).await;
                    let missing = || ProviderError::Malformed("succeeded without analyzeResult".to_owned());
                    return operation.analyze_result.ok_or_else(missing);
                }
                Status::Failed | Status::Canceled | Status::Skipped => return Err(operation.failure()),
            }
        }
    }

    /// The address of the result. Its origin must be the endpoint's, since the key is sent to it.
    fn operation(&self, accepted: &Answer) -> Result<Url, ProviderError> {
        let malformed = |what: &str| ProviderError::Malformed(what.to_owned());
        let header = accepted.headers.get("operation-location").ok_or_else(|| malformed("no Operation-Location"))?;
        let text = header.to_str().map_err(|_| malformed("an Operation-Location that is not text"))?;
        let url = Url::parse(text).map_err(|_| malformed("an Operation-Location that is not a URL"))?;
        if url.origin() != self.endpoint.origin() || !url.username().is_empty() || url.password().is_some() {
            return Err(malformed("an Operation-Location of another origin"));
        }
        Ok(url)
    }

    /// The time until the next poll: as the service says, within limits.
    fn poll_interval(&self, headers: &HeaderMap) -> Duration {
        let least = self.limits.first_wait;
        http::retry_after(headers).unwrap_or(2 * least).clamp(least.min(MAX_POLL_INTERVAL), MAX_POLL_INTERVAL)
    }

    /// Deletes the result on the service in a separate task, so that a slow or failed deletion does not delay the
    /// reading.
    async fn delete(&self, result: &Url) {
        let request = self.request(Method::DELETE, result.clone()).await.map_err(|failure| failure.error);
        let deletion = async {
            let request = request?;
            let answer = request.send().await.map_err(|_| ProviderError::Unavailable("no answer".to_owned()))?;
            let status = answer.status();
            if status.is_success() {
                Ok(())
            } else {
                Err(ProviderError::Unavailable(format!("HTTP {}", status.as_u16())))
            }
        };
        tokio::spawn(async {
            if let Err(error) = http::within(DELETE_TIMEOUT, deletion).await {
                tracing::warn!(%error, "azure result not deleted: it is kept for up to 24 hours");
            }
        });
    }

    async fn request(&self, method: Method, address: Url) -> Result<RequestBuilder, Failure> {
        let request = self.http.client.request(method, address);
        Ok(match &self.auth {
            Auth::Key(key) => request.header("ocp-apim-subscription-key", key.clone()),
            Auth::Entra(entra) => request.header("authorization", entra.bearer().await?),
        })
    }
}

/// A resource or model that does not exist is an error of the configuration, not of the document.
fn client_error(status: StatusCode, _: &[u8]) -> Option<ProviderError> {
    (status == StatusCode::NOT_FOUND)
        .then(|| ProviderError::Denied("HTTP 404: the resource, the model or the result does not exist".to_owned()))
}

impl Extractor for Azure {
    fn provider(&self) -> Provider {
        Provider::AzureDocumentIntelligence
    }

    fn extract<'a>(
        &'a self,
        document: &'a Prepared,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, std::result::Result<Reading, ProviderError>> {
        progress(ReadingStep::ReadingPage);
        http::within(self.limits.whole, self.read(document, today)).boxed()
    }
}
