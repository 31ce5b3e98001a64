//! Documents: kept, read by a provider, and told of when read.

mod blobs;
mod reading;
mod seal;

pub use blobs::{BlobError, Blobs, Deleted, Part};
pub use reading::{ReadDocument, ReadFailure, Reader, Reading};
pub use seal::{Seal, SealError};
