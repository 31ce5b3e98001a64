//! Azure Document Intelligence: `prebuilt-idDocument` for proof of identity, `prebuilt-read` for proof of address.
//!
//! A page is handed in, and its result asked for until it is there. The address to ask at comes with the answer, and our key goes there:
//! it must be of the resource we have handed the page to.

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
use crate::http::{Answer, Failure, Http};
use crate::witness::Evidence;
use crate::{AzureAuth, AzureSettings, Extractor, Limits, OnProgress, ProviderError, SetupError, http};

const API_VERSION: &str = "2024-11-30";

/// The most bytes of a document (limits of Document Intelligence, tier S0; the free tier takes 4 MB and refuses the rest itself).
const MOST_BYTES: usize = 500 * 1024 * 1024;

/// The longest wait between two questions for a result.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// So long may it take to have a result deleted, beyond which the service deletes it itself, after 24 hours.
const DELETE: Duration = Duration::from_secs(10);

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
    /// Reads as the settings say. No request is sent yet.
    ///
    /// # Errors
    /// [`SetupError`], where documents cannot be sent to the endpoint, or the credentials are unusable.
    pub fn new(settings: AzureSettings) -> Result<Self, SetupError> {
        let endpoint = http::endpoint(&settings.endpoint)?;
        let wrong = |reason: String| SetupError::Credentials { service: "Azure Document Intelligence", reason };
        let auth = match &settings.auth {
            AzureAuth::Key(key) => Auth::Key(
                http::secret(key.expose_secret())
                    .ok_or_else(|| wrong("the key has characters that no key has".to_owned()))?,
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
            evidence.add(found.fields, found.zone, found.taken_for);
            reading = evidence.read().await?;
            if document.kind.required_fields().iter().all(|name| reading.fields.contains_key(name)) {
                break;
            }
        }
        Ok(reading)
    }

    /// Hands a page in and waits for what is read in it.
    async fn analyse(&self, model: &str, page: &Page) -> Result<Analysis, ProviderError> {
        if page.jpeg.len() > MOST_BYTES {
            return Err(ProviderError::Refused(format!("a page has more than {MOST_BYTES} bytes")));
        }
        let mut address = http::under(&self.endpoint, &format!("/documentintelligence/documentModels/{model}:analyze"));
        address.query_pairs_mut().append_pair("api-version", API_VERSION);
        let hand_in = || async {
            let request = self.request(Method::POST, address.clone()).await?;
            Ok(request.header("content-type", "image/jpeg").body(page.jpeg.clone()))
        };
        let accepted = self.http.send(hand_in, refusal).await?;
        let result = self.operation(&accepted)?;
        let mut wait = self.wait(&accepted.headers);
        loop {
            tokio::time::sleep(wait).await;
            let answer = self.http.send(|| self.request(Method::GET, result.clone()), refusal).await?;
            let operation: Operation = answer.json()?;
            match operation.status {
                Status::NotStarted | Status::Running => wait = self.wait(&answer.headers),
                Status::Succeeded => {
                    self.forget(&result).await;
                    let missing = || ProviderError::Malformed("succeeded without analyzeResult".to_owned());
                    return operation.analyze_result.ok_or_else(missing);
                }
                Status::Failed | Status::Canceled | Status::Skipped => return Err(operation.failure()),
            }
        }
    }

    /// Where the result will be: of the resource that has the page, or else our key would go to somebody else.
    fn operation(&self, accepted: &Answer) -> Result<Url, ProviderError> {
        let malformed = |what: &str| ProviderError::Malformed(what.to_owned());
        let header = accepted.headers.get("operation-location").ok_or_else(|| malformed("no Operation-Location"))?;
        let text = header.to_str().map_err(|_| malformed("an Operation-Location that is no text"))?;
        let url = Url::parse(text).map_err(|_| malformed("an Operation-Location that is no address"))?;
        if url.origin() != self.endpoint.origin() || !url.username().is_empty() || url.password().is_some() {
            return Err(malformed("an Operation-Location of another origin"));
        }
        Ok(url)
    }

    /// How long until the result is asked for again.
    fn wait(&self, headers: &HeaderMap) -> Duration {
        let least = self.limits.first_wait;
        http::retry_after(headers).unwrap_or(2 * least).clamp(least.min(LONGEST_WAIT), LONGEST_WAIT)
    }

    /// Has the service forget what it read, on the side: that it does not, or takes its time, is no reason to be without the
    /// result.
    async fn forget(&self, result: &Url) {
        let request = self.request(Method::DELETE, result.clone()).await.map_err(|failure| failure.error);
        let delete = async {
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
            if let Err(error) = http::within(DELETE, delete).await {
                tracing::warn!(%error, "a result stays with Azure Document Intelligence for up to 24 hours");
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

/// What no other request would mend is told by the status; a resource or model that is not there is the operator's to mend.
fn refusal(status: StatusCode, _: &[u8]) -> Option<ProviderError> {
    (status == StatusCode::NOT_FOUND)
        .then(|| ProviderError::Denied("HTTP 404: no such resource or model, or a result that is gone".to_owned()))
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
