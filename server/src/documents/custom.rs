//! Custom: our own reader, on this machine. Works offline.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::document::{DocumentKind, Field, FieldName};
use futures::future::BoxFuture;
use jiff::civil::Date;
use ocr::Reader;

use super::extractor::{ExtractionError, Extractor, OnProgress};

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
    fn name(&self) -> &'static str {
        "custom"
    }

    fn extract<'a>(
        &'a self,
        kind: DocumentKind,
        content: Bytes,
        today: Date,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<BTreeMap<FieldName, Field>, ExtractionError>> {
        Box::pin(async move {
            match self.reader.read(kind, content, today, progress).await {
                Ok(reading) => Ok(reading.fields),
                Err(error) => Err(match error.advice() {
                    Some(message) => ExtractionError::Unreadable { message },
                    None => ExtractionError::Failed(error.to_string()),
                }),
            }
        })
    }
}
