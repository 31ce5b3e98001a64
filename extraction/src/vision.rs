//! .

use domain::document::Provider;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, Reading};

use crate::{VisionSettings, Extractor, OnProgress, ProviderError, SetupError};

/// .
pub struct Vision {}

impl Vision {
    /// .
    pub fn new(_settings: VisionSettings) -> Result<Self, SetupError> {
        Ok(Self {})
    }
}

impl Extractor for Vision {
    fn provider(&self) -> Provider {
        Provider::GoogleVision
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
