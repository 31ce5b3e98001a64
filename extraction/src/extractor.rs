//! The interface of a provider, which reads the fields of a document.

use std::time::Duration;

use domain::api::ReadingStep;
use domain::document::Provider;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, Reading};

/// Why a provider did not read a document. As far as is known, the document is not the cause, except with
/// [`ProviderError::Refused`]. The texts are for the operator, and contain nothing of the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The service limits the rate of requests.
    #[error("the service throttles requests")]
    Throttled {
        /// How long to wait before the next request, if the service says so.
        after: Option<Duration>,
    },
    /// The service cannot be reached, or reports an internal failure.
    #[error("the service is unavailable: {0}")]
    Unavailable(String),
    /// There was no answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The service does not accept the credentials, or they lack a permission.
    #[error("the service denies access: {0}")]
    Denied(String),
    /// The service does not accept this document: its type, its size or its pages.
    #[error("the service refuses the document: {0}")]
    Refused(String),
    /// The answer does not have the documented shape.
    #[error("the answer cannot be parsed: {0}")]
    Malformed(String),
    /// The local reader failed.
    #[error("{0}")]
    Internal(String),
}

/// Called with each step of the reading as it begins.
pub type OnProgress<'a> = &'a (dyn Fn(ReadingStep) + Send + Sync);

/// Reads documents.
pub trait Extractor: Send + Sync + 'static {
    /// The provider's name, as events record it.
    fn provider(&self) -> Provider;

    /// Reads a document, whose kind is the one that the applicant chose. `today` determines the centuries of two-digit
    /// years.
    ///
    /// A field with an empty value is left out, whatever its confidence. A picture without a document of the kind is
    /// not an error: see [`Reading::issue`].
    ///
    /// # Errors
    /// [`ProviderError`]; another provider may succeed with the same document.
    fn extract<'a>(
        &'a self,
        document: &'a Prepared,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>>;
}
