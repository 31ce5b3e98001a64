//! .

use domain::document::Provider;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, Reading};

use crate::{AzureSettings, Extractor, OnProgress, ProviderError, SetupError};

/// .
pub struct Azure {}

impl Azure {
    /// .
    pub fn new(_settings: AzureSettings) -> Result<Self, SetupError> {
        Ok(Self {})
    }
}

impl Extractor for Azure {
    fn provider(&self) -> Provider {
        Provider::AzureDocumentIntelligence
    }

    fn extract<'a>(
        &'a self,
        _document: &'a Prepared,
        _today: Date,
        _progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>> {
        Box::pin(async { Err(ProviderError::Unavailable("not yet".into())) })
    }
}
