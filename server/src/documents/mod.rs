//! What commands and workers share about documents: the queue of documents to read, and how long files are kept.

mod read_queue;
mod retention_policy;

pub use read_queue::{ReadDocument, ReadFailure, ReadQueue};
pub use retention_policy::{Due, RetentionPolicy};
