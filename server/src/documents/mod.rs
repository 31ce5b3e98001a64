//! Documents: kept, read by a provider, and told of when read.

mod blobs;
mod bucket;
mod providers;
mod reading;
mod retention;
mod rules;
mod seal;

pub use blobs::{BlobError, Blobs, Deleted, Part};
pub use bucket::{BucketError, bucket};
pub use providers::{ProviderSetup, router};
pub use reading::{ReadDocument, ReadFailure, Reader, Reading};
pub use retention::{DeletedDocuments, KeepError, Keeping, Which};
pub use rules::{Due, KeepRules};
pub use seal::{Seal, SealError};
