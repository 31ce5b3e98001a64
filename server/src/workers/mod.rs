//! Background work on documents: reading them, and deleting their files when their retention ends.

mod document_worker;
mod providers;
mod retention_job;

pub use document_worker::DocumentWorker;
pub use providers::{ProviderSetup, reader_config, router};
pub use retention_job::{DeletedDocuments, DeletionScope, RetentionError, RetentionJob};
