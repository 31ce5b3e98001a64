//! Custom: our own reader, on this machine. Works offline.

use domain::document::Provider;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::{Prepared, ReadError, Reader, Reading};

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
        self.reader.read(document, today, progress).map(|read| read.map_err(own)).boxed()
    }
}

fn own(error: ReadError) -> ProviderError {
    ProviderError::Own(error.to_string())
}
