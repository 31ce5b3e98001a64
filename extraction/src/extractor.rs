//! The seam between us and whoever reads a document.

use std::time::Duration;

use domain::api::ReadingStep;
use domain::document::Provider;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, Reading};

use crate::router::Attempt;

/// What was read from a document, and by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// The fields, and what was wrong with the picture, where that kept too much from being read.
    pub reading: Reading,
    /// Who read first; a field says for itself who read it.
    pub provider: Provider,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Who was asked, in order, and with what outcome.
    pub attempts: Vec<Attempt>,
}

/// Why a provider did not read. The document is not at fault, so far as is known; the texts are for the operator and hold
/// nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It has too much to do.
    #[error("it asks for fewer requests")]
    Throttled {
        /// When to ask again, if it says.
        after: Option<Duration>,
    },
    /// It does not answer, or says that it is out of order.
    #[error("it is out of order: {0}")]
    Unavailable(String),
    /// It did not answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// It does not accept our credentials, or they lack a right.
    #[error("it does not let us in: {0}")]
    Denied(String),
    /// It does not take this document: its type, its size, its pages.
    #[error("it refuses the document: {0}")]
    Refused(String),
    /// Its answer cannot be understood.
    #[error("its answer cannot be understood: {0}")]
    Malformed(String),
    /// Our own reader failed.
    #[error("{0}")]
    Own(String),
}

/// Is told how far the reading is.
pub type OnProgress<'a> = &'a (dyn Fn(ReadingStep) + Send + Sync);

/// Reads documents.
pub trait Extractor: Send + Sync + 'static {
    /// Its name, as events record it.
    fn provider(&self) -> Provider;

    /// Reads a document, which is of its kind as the applicant says. `today` settles the centuries of two-digit years.
    ///
    /// A value that is empty is absent, whatever confidence came with it. A picture in which no document of the kind is found is
    /// no error: see [`Reading::issue`].
    fn extract<'a>(
        &'a self,
        document: &'a Prepared,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>>;
}
