//! The store of documents' files, in a folder or an S3 bucket, always encrypted.

mod bucket;
mod seal;
mod shared_files;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use domain::event::ApplicationId;
use futures::TryStreamExt;
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path};
use uuid::Uuid;

pub use self::bucket::{BucketError, bucket};
pub use self::seal::{Seal, SealError};
pub use self::shared_files::SharedFiles;
use crate::private;
use crate::telemetry::observe;

/// Why a file could not be stored, read or deleted.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The file does not exist, or not any more.
    #[error("document store: there is no such file")]
    Gone,
    /// The file cannot be encrypted or decrypted.
    #[error("document store: {file}: {error}")]
    Sealed {
        /// The file's name.
        file: String,
        /// The reason.
        error: SealError,
    },
    /// The folder or the bucket failed.
    #[error("document store: {0}")]
    Store(object_store::Error),
    /// The folder cannot be written.
    #[error("document store: {0}")]
    Folder(#[from] std::io::Error),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Gone,
            error => Self::Store(error),
        }
    }
}

/// A file of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The uploaded file.
    Original,
    /// The upright picture of a page, a JPEG. The first page is 1.
    Page(u8),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original => f.write_str("original"),
            Self::Page(page) => write!(f, "page-{page}"),
        }
    }
}

/// A store of documents by application. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The root, if `store` is a folder. Files are then not written by `store`, which would let all users read them.
    folder: Option<PathBuf>,
    prefix: path::Path,
    seal: Seal,
}

/// The result of a deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The number of deleted files.
    pub files: usize,
    /// The number of files that were not deleted, because they may belong to an upload in progress.
    pub left: usize,
}

impl Blobs {
    /// A store in `folder`, which is created if it is missing, with access for its owner only.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn in_folder(folder: &Path, seal: Seal) -> std::io::Result<Self> {
        private::folder(folder)?;
        #[cfg(unix)]
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let folder = folder.canonicalize()?;
        let store =
            LocalFileSystem::new_with_prefix(&folder).map_err(std::io::Error::other)?.with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder), prefix: path::Path::default(), seal })
    }

    /// A store in a bucket, below `prefix`.
    pub fn in_bucket(store: Arc<dyn ObjectStore>, prefix: &str, seal: Seal) -> Self {
        Self { store, folder: None, prefix: path::Path::from(prefix), seal }
    }

    /// Files in the same folder or bucket that belong to no application.
    pub fn shared(&self) -> SharedFiles {
        SharedFiles { store: self.store.clone(), folder: self.folder.clone(), prefix: self.prefix.clone() }
    }

    /// The path of an application's files.
    fn application_path(&self, id: &ApplicationId) -> path::Path {
        self.prefix.clone().join(id.to_string())
    }

    /// The path of a file. That of the original is the same as in earlier versions. The names of all files of a
    /// document begin with its id.
    fn path(&self, id: &ApplicationId, document_id: Uuid, part: Part) -> path::Path {
        self.application_path(id).join(match part {
            Part::Original => document_id.to_string(),
            Part::Page(_) => format!("{document_id}.{part}"),
        })
    }

    /// The name of a file that its encryption authenticates; the same in a folder and in a bucket.
    fn name(id: &ApplicationId, document_id: Uuid, part: Part) -> String {
        format!("{id}/{document_id}/{part}")
    }

    /// Stores a file of a document. Idempotent.
    ///
    /// # Errors
    /// [`BlobError`].
    pub async fn put(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
        part: Part,
        content: &[u8],
    ) -> Result<(), BlobError> {
        observe::blob("put", self.write(id, document_id, part, content)).await
    }

    async fn write(&self, id: &ApplicationId, document_id: Uuid, part: Part, content: &[u8]) -> Result<(), BlobError> {
        let name = Self::name(id, document_id, part);
        let sealed = match self.seal.seal(&name, content) {
            Ok(sealed) => sealed,
            Err(error) => return Err(BlobError::Sealed { file: name, error }),
        };
        let path = self.path(id, document_id, part);
        match &self.folder {
            Some(root) => {
                let file = root.join(path.as_ref());
                let written = tokio::task::spawn_blocking(move || {
                    file.parent().map_or(Ok(()), private::folder)?;
                    private::write(&file, &sealed)
                });
                written.await.map_err(std::io::Error::other)??;
            }
            None => drop(self.store.put(&path, sealed.into()).await?),
        }
        Ok(())
    }

    /// Reads a file of a document.
    ///
    /// # Errors
    /// [`BlobError`]; [`BlobError::Gone`] if it does not exist.
    pub async fn get(&self, id: &ApplicationId, document_id: Uuid, part: Part) -> Result<Bytes, BlobError> {
        observe::blob("get", self.read(id, document_id, part)).await
    }

    async fn read(&self, id: &ApplicationId, document_id: Uuid, part: Part) -> Result<Bytes, BlobError> {
        let kept = self.store.get(&self.path(id, document_id, part)).await?.bytes().await?;
        let file = Self::name(id, document_id, part);
        match (self.seal.open(&file, &kept), part) {
            (Ok(Some(content)), _) => Ok(content),
            // Earlier versions stored originals without encryption. The caller compares the hash.
            (Ok(None), Part::Original) => Ok(kept),
            (Ok(None), Part::Page(_)) => Err(BlobError::Sealed { file, error: SealError::Altered }),
            (Err(error), _) => Err(BlobError::Sealed { file, error }),
        }
    }

    /// Deletes all files of a document. Idempotent.
    ///
    /// # Errors
    /// [`BlobError`]. Some files may be deleted then.
    pub async fn delete(&self, id: &ApplicationId, document_id: Uuid) -> Result<Deleted, BlobError> {
        let name = document_id.to_string();
        let own = |file: &ObjectMeta| file.location.filename().is_some_and(|own| own.starts_with(&name));
        let files = observe::blob("delete", self.delete_where(id, own)).await?;
        Ok(Deleted { files, left: 0 })
    }

    /// Deletes files whose upload never became a document: all files of the application that were written before
    /// `before` and do not belong to one of the documents `known`.
    ///
    /// # Errors
    /// [`BlobError`]. Some files may be deleted then.
    pub async fn delete_orphans(
        &self,
        id: &ApplicationId,
        known: &[Uuid],
        before: Timestamp,
    ) -> Result<Deleted, BlobError> {
        observe::blob("delete_orphans", self.delete_unknown(id, known, before)).await
    }

    async fn delete_unknown(
        &self,
        id: &ApplicationId,
        known: &[Uuid],
        before: Timestamp,
    ) -> Result<Deleted, BlobError> {
        let known: Vec<String> = known.iter().map(Uuid::to_string).collect();
        let unknown = |file: &ObjectMeta| {
            !file.location.filename().is_some_and(|own| known.iter().any(|name| own.starts_with(name)))
        };
        let old = |file: &ObjectMeta| file.last_modified.timestamp() < before.as_second();
        let files = self.delete_where(id, |file| unknown(file) && old(file)).await?;
        let kept: Vec<ObjectMeta> = self.store.list(Some(&self.application_path(id))).try_collect().await?;
        Ok(Deleted { files, left: kept.iter().filter(|file| unknown(file)).count() })
    }

    async fn delete_where(&self, id: &ApplicationId, which: impl Fn(&ObjectMeta) -> bool) -> Result<usize, BlobError> {
        let kept: Vec<ObjectMeta> = self.store.list(Some(&self.application_path(id))).try_collect().await?;
        let mut files = 0;
        for file in kept.iter().filter(|file| which(file)) {
            match self.store.delete(&file.location).await {
                Ok(()) => files += 1,
                // Another process has deleted it.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(files)
    }
}
