//! Amazon Textract: `AnalyzeID` for proof of identity, `AnalyzeDocument` with forms for proof of address.
//!
//! `AnalyzeID` is made for documents of the United States. For other documents it still returns the words, and the
//! rules of the local reader find the fields among them.

mod errors;
mod forms;
mod identity;
mod limit;
mod words;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_textract::Client;
use aws_sdk_textract::primitives::Blob;
use aws_sdk_textract::types::{Document, FeatureType};
use domain::api::ReadingStep;
use domain::document::{DocumentKind, Proof, Provider};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Page, Prepared, Reading};

use crate::extractor::{Extractor, OnProgress, ProviderError};
use crate::http;
use crate::reconcile::Evidence;
use crate::settings::{Limits, SetupError, TextractSettings};
use crate::values::FieldNormaliser;

/// The most bytes of a picture (quotas of Amazon Textract, "synchronous operations").
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// `AnalyzeID` accepts the front and the back of a document.
const MAX_SIDES: usize = 2;

/// Reads with Amazon Textract.
#[derive(Debug)]
pub struct Textract {
    client: Client,
    limits: Limits,
}

impl Textract {
    /// Sets the provider up, with credentials from the default chain of the AWS SDK. The first request loads them.
    ///
    /// # Errors
    /// [`SetupError`], if no region is set, or documents cannot be sent to the endpoint.
    pub async fn new(settings: TextractSettings) -> Result<Self, SetupError> {
        let shared = aws_config::defaults(BehaviorVersion::latest()).load().await;
        Self::with(&shared, settings)
    }

    /// Sets the provider up with the credentials and defaults of `shared`.
    ///
    /// # Errors
    /// As [`Textract::new`].
    pub fn with(shared: &SdkConfig, settings: TextractSettings) -> Result<Self, SetupError> {
        let limits = settings.limits;
        let retries = RetryConfig::standard()
            .with_max_attempts(limits.max_attempts.max(1))
            .with_initial_backoff(limits.first_wait);
        let timeouts = TimeoutConfig::builder().connect_timeout(limits.connect).operation_timeout(limits.whole).build();
        let region = settings.region.map(Region::new).or_else(|| shared.region().cloned());
        let Some(region) = region else {
            let reason = "no region is set: use AWS_REGION, the profile or the settings".to_owned();
            return Err(SetupError::Credentials { service: "Amazon Textract", reason });
        };
        let mut config = aws_sdk_textract::config::Builder::from(shared)
            .region(region)
            .retry_config(retries)
            .timeout_config(timeouts)
            .interceptor(limit::MaxAnswerBytes(http::MAX_BYTES));
        if let Some(endpoint) = settings.endpoint {
            config = config.endpoint_url(http::endpoint(&endpoint)?);
        }
        Ok(Self { client: Client::from_conf(config.build()), limits })
    }

    async fn identity(&self, document: &Prepared, today: Date) -> Result<Reading, ProviderError> {
        let pages = &document.pages[..document.pages.len().min(MAX_SIDES)];
        let sides = pages.iter().map(picture).collect::<Result<Vec<_>, _>>()?;
        let request = self.client.analyze_id().set_document_pages(Some(sides));
        let answer = request.send().await.map_err(|error| errors::of(&error, self.limits.whole))?;
        let read = answer
            .identity_documents
            .ok_or_else(|| ProviderError::Malformed("AnalyzeID without IdentityDocuments".to_owned()))?;
        let mut evidence = Evidence::new(document.kind, Provider::Textract, today);
        evidence.pages = words::by_document(pages, &read);
        let found = identity::found(normaliser(document.kind, today), &read, &evidence.pages);
        evidence.add(found.fields, found.zone, found.detected_kind);
        evidence.read().await
    }

    async fn address(&self, document: &Prepared, today: Date) -> Result<Reading, ProviderError> {
        let mut evidence = Evidence::new(document.kind, Provider::Textract, today);
        let mut reading = Reading::default();
        for (index, page) in document.pages.iter().enumerate() {
            let request = self.client.analyze_document().document(picture(page)?).feature_types(FeatureType::Forms);
            let answer = request.send().await.map_err(|error| errors::of(&error, self.limits.whole))?;
            let blocks =
                answer.blocks.ok_or_else(|| ProviderError::Malformed("AnalyzeDocument without Blocks".to_owned()))?;
            evidence.pages.push(words::of(page, &blocks));
            evidence.add(forms::found(normaliser(document.kind, today), &blocks, index), None, None);
            reading = evidence.read().await?;
            if document.kind.required_fields().iter().all(|name| reading.fields.contains_key(name)) {
                break;
            }
        }
        Ok(reading)
    }
}

impl Extractor for Textract {
    fn provider(&self) -> Provider {
        Provider::Textract
    }

    fn extract<'a>(
        &'a self,
        document: &'a Prepared,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>> {
        let work = async move {
            progress(ReadingStep::ReadingPage);
            match document.kind.proves() {
                Proof::Identity => self.identity(document, today).await,
                Proof::Address => self.address(document, today).await,
            }
        };
        http::within(self.limits.whole, work).boxed()
    }
}

/// A page in the form of a request.
fn picture(page: &Page) -> Result<Document, ProviderError> {
    if page.jpeg.len() > MAX_BYTES {
        return Err(ProviderError::Refused(format!("a page has more than {MAX_BYTES} bytes")));
    }
    Ok(Document::builder().bytes(Blob::new(page.jpeg.to_vec())).build())
}

fn normaliser(kind: DocumentKind, today: Date) -> FieldNormaliser {
    FieldNormaliser { kind, provider: Provider::Textract, today, month_first: false }
}
