//! Storage of documents' bytes, in a folder or an S3 bucket, always encrypted.

mod bucket;
mod seal;

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
use crate::private;

/// A document that could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// It is not there, or not any more.
    #[error("document store: there is no such file")]
    Gone,
    /// It is there, and cannot be used.
    #[error("document store: {file}: {error}")]
    Sealed {
        /// Which.
        file: String,
        /// Why.
        error: SealError,
    },
    /// The folder or the bucket fails.
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

/// What is kept of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The file as it was handed in.
    Original,
    /// The upright picture of a page, JPEG; the first is 1.
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
    /// Where `store` is a folder: its root. What it would write everybody could read, so files are written by ourselves.
    folder: Option<PathBuf>,
    prefix: path::Path,
    seal: Seal,
}

/// What deleting came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// How many files there were.
    pub files: usize,
    /// How many files may yet belong to an upload that is under way, and were left.
    pub left: usize,
}

impl Blobs {
    /// Keeps documents in `folder`, which is made where missing and readable by its owner only.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn in_folder(folder: &Path, seal: Seal) -> std::io::Result<Self> {
        private::folder(folder)?;
        #[cfg(unix)]
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let folder = folder.canonicalize()?;
        let store =
            LocalFileSystem::new_with_prefix(&folder).map_err(std::io::Error::other)?.with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder), prefix: path::Path::default(), seal })
    }

    /// Keeps documents in a bucket, below `prefix`.
    pub fn in_bucket(store: Arc<dyn ObjectStore>, prefix: &str, seal: Seal) -> Self {
        Self { store, folder: None, prefix: path::Path::from(prefix), seal }
    }

    /// Where all files of an application are.
    fn of(&self, id: &ApplicationId) -> path::Path {
        self.prefix.clone().join(id.to_string())
    }

    /// The original lies where earlier versions kept it, its pages beside it; all names begin with the document's.
    fn path(&self, id: &ApplicationId, document_id: Uuid, part: Part) -> path::Path {
        self.of(id).join(match part {
            Part::Original => document_id.to_string(),
            Part::Page(_) => format!("{document_id}.{part}"),
        })
    }

    /// What a file is called when it is sealed; the same wherever it is kept.
    fn name(id: &ApplicationId, document_id: Uuid, part: Part) -> String {
        format!("{id}/{document_id}/{part}")
    }

    /// Keeps a part of a document. Keeping it again is the same as once.
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

    /// A part of a document.
    ///
    /// # Errors
    /// [`BlobError`]; [`BlobError::Gone`] where it is not there.
    pub async fn get(&self, id: &ApplicationId, document_id: Uuid, part: Part) -> Result<Bytes, BlobError> {
        let kept = self.store.get(&self.path(id, document_id, part)).await?.bytes().await?;
        let file = Self::name(id, document_id, part);
        match (self.seal.open(&file, &kept), part) {
            (Ok(Some(content)), _) => Ok(content),
            // Earlier versions kept originals as they came. Whether it is the file that was handed in, its hash tells.
            (Ok(None), Part::Original) => Ok(kept),
            (Ok(None), Part::Page(_)) => Err(BlobError::Sealed { file, error: SealError::Altered }),
            (Err(error), _) => Err(BlobError::Sealed { file, error }),
        }
    }

    /// Deletes all that is kept of a document, and tells what there was. Once more is the same as once.
    ///
    /// # Errors
    /// [`BlobError`]; some of it may be deleted then.
    pub async fn delete(&self, id: &ApplicationId, document_id: Uuid) -> Result<Deleted, BlobError> {
        let name = document_id.to_string();
        let own = |file: &ObjectMeta| file.location.filename().is_some_and(|own| own.starts_with(&name));
        Ok(Deleted { files: self.delete_where(id, own).await?, left: 0 })
    }

    /// Deletes what is kept of an application, last written before `before`, and belongs to none of `but`: files whose
    /// upload never became a document.
    ///
    /// # Errors
    /// [`BlobError`]; some of it may be deleted then.
    pub async fn delete_orphans(
        &self,
        id: &ApplicationId,
        but: &[Uuid],
        before: Timestamp,
    ) -> Result<Deleted, BlobError> {
        let but: Vec<String> = but.iter().map(Uuid::to_string).collect();
        let unknown = |file: &ObjectMeta| {
            !file.location.filename().is_some_and(|own| but.iter().any(|name| own.starts_with(name)))
        };
        let old = |file: &ObjectMeta| file.last_modified.timestamp() < before.as_second();
        let files = self.delete_where(id, |file| unknown(file) && old(file)).await?;
        let kept: Vec<ObjectMeta> = self.store.list(Some(&self.of(id))).try_collect().await?;
        Ok(Deleted { files, left: kept.iter().filter(|file| unknown(file)).count() })
    }

    async fn delete_where(&self, id: &ApplicationId, which: impl Fn(&ObjectMeta) -> bool) -> Result<usize, BlobError> {
        let kept: Vec<ObjectMeta> = self.store.list(Some(&self.of(id))).try_collect().await?;
        let mut files = 0;
        for file in kept.iter().filter(|file| which(file)) {
            match self.store.delete(&file.location).await {
                Ok(()) => files += 1,
                // Another was quicker.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(files)
    }
}
