//! Encryption of documents' files.
//!
//! An encrypted file consists of `OBAI`, a version (1), the id of the key (8 bytes), a random nonce (12 bytes), and the
//! content under AES-256-GCM with its tag. Each file has its own key, derived from the program's secret and the file's
//! name by HKDF-SHA256. Header and name are authenticated too, so that a file cannot replace another.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{self, HKDF_SHA256, Prk, Salt};
use bytes::Bytes;

const MAGIC: &[u8; 4] = b"OBAI";
const VERSION: u8 = 1;
const KEY_NAME: usize = 8;
/// The length of the header, which precedes the nonce.
const HEAD: usize = MAGIC.len() + 1 + KEY_NAME;
const KEY: usize = 32;

/// Why a file cannot be encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No known secret has the key's id.
    #[error("it was encrypted under another secret: add that to previous_secrets (ONBOARD_PREVIOUS_SECRETS)")]
    OtherKey,
    /// A newer version of the program wrote it.
    #[error("it was written by a newer version of the program")]
    Newer,
    /// Content, header or name differ from those that were encrypted.
    #[error("it was altered, or has another file's name")]
    Altered,
    /// The cryptographic library failed.
    #[error("it cannot be encrypted")]
    Refused,
}

impl From<Unspecified> for SealError {
    fn from(_: Unspecified) -> Self {
        Self::Refused
    }
}

/// Encrypts and decrypts files. Cheap to clone.
#[derive(Clone)]
pub struct Seal {
    /// The first key encrypts; all decrypt.
    keys: Arc<[SealKey]>,
}

struct SealKey {
    name: [u8; KEY_NAME],
    from: Prk,
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl SealKey {
    fn new(secret: &[u8]) -> Result<Self, SealError> {
        let from = Salt::new(HKDF_SHA256, b"onboard-ai documents").extract(secret);
        let mut name = [0; KEY_NAME];
        from.expand(&[b"name"], Length(KEY_NAME))?.fill(&mut name)?;
        Ok(Self { name, from })
    }

    fn for_file(&self, file: &str) -> Result<RandomizedNonceKey, SealError> {
        let mut key = [0; KEY];
        self.from.expand(&[b"file ", file.as_bytes()], Length(KEY))?.fill(&mut key)?;
        Ok(RandomizedNonceKey::new(&AES_256_GCM, &key)?)
    }
}

impl Seal {
    /// Encrypts under `secret`, and decrypts under `secret` and each of `previous`.
    ///
    /// # Errors
    /// [`SealError::Refused`].
    pub fn new<'a>(secret: &'a [u8], previous: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, SealError> {
        let keys = std::iter::once(secret).chain(previous).map(SealKey::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { keys: keys.into() })
    }

    /// Encrypts `content` for the name `file`.
    ///
    /// # Errors
    /// [`SealError::Refused`].
    pub fn seal(&self, file: &str, content: &[u8]) -> Result<Bytes, SealError> {
        let key = self.keys.first().ok_or(SealError::Refused)?;
        let head = [&MAGIC[..], &[VERSION], &key.name].concat();
        let mut body = Vec::with_capacity(content.len() + AES_256_GCM.tag_len());
        body.extend_from_slice(content);
        let about = [&head, file.as_bytes()].concat();
        let nonce = key.for_file(file)?.seal_in_place_append_tag(Aad::from(about), &mut body)?;
        Ok([&head[..], nonce.as_ref(), &body].concat().into())
    }

    /// Decrypts what was encrypted for the name `file`. Returns `None` if `sealed` is not encrypted.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, file: &str, sealed: &[u8]) -> Result<Option<Bytes>, SealError> {
        if !sealed.starts_with(MAGIC) {
            return Ok(None);
        }
        if sealed.get(MAGIC.len()).is_some_and(|version| *version != VERSION) {
            return Err(SealError::Newer);
        }
        let (head, encrypted) = sealed.split_at_checked(HEAD).ok_or(SealError::Altered)?;
        let (nonce, body) = encrypted.split_at_checked(NONCE_LEN).ok_or(SealError::Altered)?;
        let name = &head[MAGIC.len() + 1..];
        let key = self.keys.iter().find(|key| key.name == name).ok_or(SealError::OtherKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        let about = [head, file.as_bytes()].concat();
        let mut body = body.to_vec();
        let length = key
            .for_file(file)?
            .open_in_place(nonce, Aad::from(about), &mut body)
            .map_err(|_| SealError::Altered)?
            .len();
        body.truncate(length);
        Ok(Some(body.into()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn seal(secret: &str, previous: &[&str]) -> Seal {
        Seal::new(secret.as_bytes(), previous.iter().map(|secret| secret.as_bytes())).unwrap()
    }

    #[test]
    fn file_decrypts_under_its_own_name_only() {
        let own = seal("one", &[]);
        let sealed = own.seal("a/1", b"a passport").unwrap();
        assert_eq!(own.open("a/1", &sealed).unwrap().unwrap(), &b"a passport"[..]);
        assert_eq!(own.open("a/2", &sealed), Err(SealError::Altered));
        assert!(!sealed.windows(8).any(|part| part == b"passport"));
        assert_ne!(sealed, own.seal("a/1", b"a passport").unwrap(), "each encryption has its own nonce");
    }

    #[test]
    fn altered_or_shortened_file_does_not_decrypt() {
        let own = seal("one", &[]);
        let sealed = own.seal("a/1", b"a passport").unwrap();
        for at in 0..sealed.len() {
            let mut other = sealed.to_vec();
            other[at] ^= 1;
            assert!(!matches!(own.open("a/1", &other), Ok(Some(_))), "byte {at}");
            assert!(!matches!(own.open("a/1", &sealed[..at]), Ok(Some(_))), "{at} bytes");
        }
    }

    #[test]
    fn previous_secret_decrypts_and_does_not_encrypt() {
        let (old, new) = (seal("old", &[]), seal("new", &["older", "old"]));
        let sealed = old.seal("a/1", b"a passport").unwrap();
        assert_eq!(new.open("a/1", &sealed).unwrap().unwrap(), &b"a passport"[..]);
        assert_eq!(seal("new", &[]).open("a/1", &sealed), Err(SealError::OtherKey));
        assert_eq!(old.open("a/1", &new.seal("a/1", b"x").unwrap()), Err(SealError::OtherKey));
    }

    #[test]
    fn plain_and_newer_files_are_distinguished() {
        let own = seal("one", &[]);
        assert_eq!(own.open("a/1", b"\xff\xd8\xff\xe0"), Ok(None));
        assert_eq!(own.open("a/1", b"OBAI\x02..."), Err(SealError::Newer));
    }
}
