//! Files beside the documents that belong to no applicant, such as the bytes of sanctions lists. They are public, so
//! they are not encrypted; whoever reads them compares their hash.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, path};

use super::BlobError;
use crate::private;
use crate::telemetry::observe;

/// Named files in the folder or the bucket of the documents. Cheap to clone.
#[derive(Clone)]
pub struct SharedFiles {
    pub(super) store: Arc<dyn ObjectStore>,
    /// The root, if `store` is a folder.
    pub(super) folder: Option<PathBuf>,
    pub(super) prefix: path::Path,
}

impl SharedFiles {
    fn path(&self, name: &str) -> path::Path {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// Stores a file. Idempotent, and atomic: a crash leaves the old or the new content.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn put(&self, name: &str, content: Vec<u8>) -> Result<(), BlobError> {
        observe::blob("put", self.write(name, content)).await
    }

    async fn write(&self, name: &str, content: Vec<u8>) -> Result<(), BlobError> {
        let path = self.path(name);
        match &self.folder {
            Some(root) => {
                let file = root.join(path.as_ref());
                let written = tokio::task::spawn_blocking(move || {
                    file.parent().map_or(Ok(()), private::folder)?;
                    private::write(&file, &content)
                });
                written.await.map_err(std::io::Error::other)??;
            }
            None => drop(self.store.put(&path, content.into()).await?),
        }
        Ok(())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`BlobError`]; [`BlobError::Gone`] if it does not exist.
    pub async fn get(&self, name: &str) -> Result<Bytes, BlobError> {
        observe::blob("get", async { Ok(self.store.get(&self.path(name)).await?.bytes().await?) }).await
    }
}
