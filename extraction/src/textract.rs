//! .

use domain::document::Provider;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, Reading};

use crate::{TextractSettings, Extractor, OnProgress, ProviderError, SetupError};

/// .
pub struct Textract {}

impl Textract {
    /// .
    pub async fn new(_settings: TextractSettings) -> Result<Self, SetupError> {
        Ok(Self {})
    }
}

impl Extractor for Textract {
    fn provider(&self) -> Provider {
        Provider::Textract
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
