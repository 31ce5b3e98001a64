//! The seam between us and whoever reads a document.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::api::ReadingStep;
use domain::document::{DocumentKind, Field, FieldName};
use futures::future::BoxFuture;
use jiff::civil::Date;

/// What was read from a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// Fields that are there; an empty one is absent.
    pub fields: BTreeMap<FieldName, Field>,
    /// Who read.
    pub provider: &'static str,
    /// How long it took.
    pub milliseconds: u64,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ExtractionError {
    /// The file is at fault; the message tells the applicant what to do.
    #[error("unreadable")]
    Unreadable {
        /// What is wrong and what helps, in words for the applicant.
        message: String,
    },
    /// The provider is at fault.
    #[error("{0}")]
    Failed(String),
}

/// Is told how far the reading is.
pub type OnProgress<'a> = &'a (dyn Fn(ReadingStep) + Send + Sync);

/// Reads documents.
pub trait Extractor: Send + Sync + 'static {
    /// Its name, as events record it.
    fn name(&self) -> &'static str;

    /// Reads `content`, which is of `kind` as the applicant says.
    fn extract<'a>(
        &'a self,
        kind: DocumentKind,
        content: Bytes,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<BTreeMap<FieldName, Field>, ExtractionError>>;
}
