//! The bytes of the issues, by list and SHA-256. Decisions name the SHA-256 of the lists that they rest on, and are kept without
//! limit, so the bytes are never deleted.

use std::io::{Read, Write};

use domain::watchlist::{List, ListError, ListFormat, Source};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::blobs::{BlobError, SharedFiles};

/// The most bytes of a file when unpacked: a file of all politically exposed persons is the largest.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// Why the bytes of an issue cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder or the bucket failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The bytes are not those that were stored.
    #[error("the stored bytes of list {sha256} were altered: {detail}")]
    Altered {
        /// The issue.
        sha256: String,
        /// What is wrong.
        detail: String,
    },
    /// The bytes are those that were stored, and this version reads no list from them.
    #[error("the stored list {sha256} cannot be read: {error}")]
    Unreadable {
        /// The issue.
        sha256: String,
        /// Why.
        error: ListError,
    },
}

/// What is stored beside the bytes, so that they can be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    format: ListFormat,
    published: Date,
    files: usize,
}

/// The archive. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    files: SharedFiles,
}

/// SHA-256 of the files of an issue, one after the other, hexadecimal.
pub(super) fn sha256(files: &[Vec<u8>]) -> String {
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file);
    }
    hex::encode(digest.finalize())
}

fn name(source: Source, sha256: &str, file: &str) -> String {
    format!("lists/{}/{sha256}/{file}", source.code())
}

impl Archive {
    /// An archive in these files.
    pub fn new(files: SharedFiles) -> Self {
        Self { files }
    }

    /// Stores the files of an issue. Idempotent. The description is written last, so that an issue with one is complete.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub(super) async fn put(&self, list: &List, format: ListFormat, files: Vec<Vec<u8>>) -> Result<(), ArchiveError> {
        let about = About { format, published: list.published, files: files.len() };
        for (number, content) in files.into_iter().enumerate() {
            let packed = tokio::task::spawn_blocking(move || pack(&content)).await;
            let packed = packed.map_err(std::io::Error::other).and_then(|packed| packed).map_err(BlobError::Folder)?;
            self.files.put(&name(list.source, &list.sha256, &format!("{number}.gz")), packed).await?;
        }
        // A shape of plain values always has a JSON form.
        let about = serde_json::to_vec(&about).unwrap_or_default();
        Ok(self.files.put(&name(list.source, &list.sha256, "about.json"), about).await?)
    }

    /// Whether the issue is stored.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub(super) async fn has(&self, source: Source, sha256: &str) -> Result<bool, ArchiveError> {
        match self.files.get(&name(source, sha256, "about.json")).await {
            Ok(_) => Ok(true),
            Err(BlobError::Gone) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The issue of a list whose files have this SHA-256.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub async fn list(&self, source: Source, sha256: &str) -> Result<List, ArchiveError> {
        let altered = |detail: String| ArchiveError::Altered { sha256: sha256.to_owned(), detail };
        let about = self.files.get(&name(source, sha256, "about.json")).await?;
        let about: About = serde_json::from_slice(&about).map_err(|error| altered(error.to_string()))?;
        let mut packed = Vec::new();
        for number in 0..about.files {
            packed.push(self.files.get(&name(source, sha256, &format!("{number}.gz"))).await?);
        }
        let wanted = sha256.to_owned();
        let read = tokio::task::spawn_blocking(move || {
            let altered = |detail: String| ArchiveError::Altered { sha256: wanted.clone(), detail };
            let files: Vec<Vec<u8>> =
                packed.iter().map(|file| unpack(file)).collect::<Result<_, _>>().map_err(|e| altered(e.to_string()))?;
            if self::sha256(&files) != wanted {
                return Err(altered("another SHA-256".to_owned()));
            }
            let parts: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
            List::read(source, about.format, &parts, Some(about.published))
                .map_err(|error| ArchiveError::Unreadable { sha256: wanted.clone(), error })
        });
        read.await.map_err(|error| altered(error.to_string()))?
    }
}

fn pack(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content)?;
    encoder.finish()
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(packed).take(MOST_BYTES).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;
    use tempfile::TempDir;

    use super::*;
    use crate::blobs::{Blobs, Seal};

    fn row(number: u32) -> String {
        format!("{number},\"ZARENKO, Viktor\",\"individual\",\"X\",{}\"DOB 1971.\"\r\n", "-0- ,".repeat(7))
    }

    fn archive(folder: &TempDir) -> Archive {
        Archive::new(Blobs::in_folder(folder.path(), Seal::new(b"secret", []).unwrap()).unwrap().shared())
    }

    #[tokio::test]
    async fn issue_is_read_again_from_its_bytes_and_its_day() {
        let folder = tempfile::tempdir().unwrap();
        let files = vec![row(1).into_bytes(), b"1,1,\"aka\",\"TSARENKO, Viktor\",-0- \r\n".to_vec(), Vec::new()];
        let parts: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        let day = date(2026, 11, 20);
        let list = List::read(Source::OfacSdn, ListFormat::OfacCsv, &parts, Some(day)).unwrap();
        assert_eq!(list.sha256, sha256(&files));
        archive(&folder).put(&list, ListFormat::OfacCsv, files).await.unwrap();
        assert_eq!(archive(&folder).list(Source::OfacSdn, &list.sha256).await.unwrap(), list);
        assert!(
            archive(&folder).has(Source::OfacSdn, &list.sha256).await.unwrap()
                && !archive(&folder).has(Source::OfacSdn, "0").await.unwrap()
        );
        let gone = archive(&folder).list(Source::OfacSdn, "0").await;
        assert!(matches!(gone, Err(ArchiveError::Blob(BlobError::Gone))), "{gone:?}");
    }

    #[tokio::test]
    async fn altered_bytes_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let files = vec![row(1).into_bytes()];
        let list = List::read(Source::OfacSdn, ListFormat::OfacCsv, &[&files[0]], Some(date(2026, 11, 20))).unwrap();
        archive(&folder).put(&list, ListFormat::OfacCsv, files).await.unwrap();
        let file = folder.path().join(name(Source::OfacSdn, &list.sha256, "0.gz"));
        std::fs::write(&file, pack(row(2).as_bytes()).unwrap()).unwrap();
        let altered = archive(&folder).list(Source::OfacSdn, &list.sha256).await;
        assert!(matches!(altered, Err(ArchiveError::Altered { .. })), "{altered:?}");
    }
}
