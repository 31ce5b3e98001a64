//! The local reader: the `ocr` crate on this machine, which needs no network.

use domain::document::Provider;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, Reader, Reading};

use crate::extractor::{Extractor, OnProgress, ProviderError};

/// Reads with the `ocr` crate.
pub struct Custom {
    reader: Reader,
}

impl Custom {
    /// Reads with `reader`.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

impl Extractor for Custom {
    fn provider(&self) -> Provider {
        Provider::Custom
    }

    fn extract<'a>(
        &'a self,
        document: &'a Prepared,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>> {
        let reading = self.reader.read(document, today, progress);
        reading.map(|read| read.map_err(|error| ProviderError::Internal(error.to_string()))).boxed()
    }
}
