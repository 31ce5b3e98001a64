//! Documents: kept, read by a provider, and told of when read.

mod blobs;
mod reading;

pub use blobs::{BlobError, Blobs};
pub use reading::{ReadFailure, Reader, Reading};
