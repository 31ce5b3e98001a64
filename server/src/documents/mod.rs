//! Shared by commands and workers: the queue of documents to read, and the retention policy.

mod read_queue;
mod retention_policy;

pub use read_queue::{ReadDocument, ReadFailure, ReadQueue};
pub use retention_policy::{Due, RetentionPolicy};
