//! Where documents' bytes are kept.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use domain::event::ApplicationId;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, path};
use uuid::Uuid;

/// A document that could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[error("document store: {0}")]
pub struct BlobError(#[from] object_store::Error);

/// A store of documents by application. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Keeps documents in `folder`, which is made where missing and readable by its owner only.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn in_folder(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        #[cfg(unix)]
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(std::io::Error::other)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    fn path(id: &ApplicationId, document_id: Uuid) -> path::Path {
        path::Path::from(format!("{id}/{document_id}"))
    }

    /// Keeps a document. Keeping it again is the same as once.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn put(&self, id: &ApplicationId, document_id: Uuid, content: Bytes) -> Result<(), BlobError> {
        self.store.put(&Self::path(id, document_id), content.into()).await?;
        Ok(())
    }

    /// A document's bytes.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn get(&self, id: &ApplicationId, document_id: Uuid) -> Result<Bytes, BlobError> {
        Ok(self.store.get(&Self::path(id, document_id)).await?.bytes().await?)
    }
}
