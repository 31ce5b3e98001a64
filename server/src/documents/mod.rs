//! Documents: kept, read by a provider, and told of when read.

mod blobs;
mod custom;
mod extractor;
mod reading;

pub use blobs::{BlobError, Blobs};
pub use custom::Custom;
pub use extractor::{Extraction, ExtractionError, Extractor};
pub use reading::{Reader, Reading};
