//! Keys for signatures: one key per purpose, derived from one secret.

use std::path::Path;

use axum_extra::extract::cookie::Key;
use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha512};

/// Keys by purpose. No key reveals another.
#[derive(Clone)]
pub struct Keys {
    /// Signs sessions, and turns idempotency keys into identifiers.
    pub session: Key,
    /// Signs requests between instances.
    pub instances: InstanceKey,
}

impl Keys {
    /// Derives the keys from the secret that all instances share.
    pub fn from_secret(secret: &str) -> Self {
        let session = Key::from(&hmac::<Hmac<Sha512>>(secret.as_bytes(), b"sessions"));
        Self { session, instances: InstanceKey::derived(secret.as_bytes()) }
    }

    /// Derives the keys from the secret in `file`. Creates the file at first use, readable by its owner only.
    ///
    /// # Errors
    /// The file cannot be read or created, or is too short.
    pub fn from_file(file: &Path) -> std::io::Result<Self> {
        if !file.exists() {
            crate::private::write(file, Key::generate().master())?;
        }
        let session = Key::try_from(std::fs::read(file)?.as_slice()).map_err(|error| {
            std::io::Error::other(format!("{}: {error}; remove the file, and a new key is created", file.display()))
        })?;
        let instances = InstanceKey::derived(session.master());
        Ok(Self { session, instances })
    }
}

/// Signs requests between instances (HMAC-SHA256).
#[derive(Clone)]
pub struct InstanceKey([u8; 32]);

impl InstanceKey {
    fn derived(secret: &[u8]) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(&hmac::<Hmac<Sha256>>(secret, b"instances"));
        Self(key)
    }

    /// The signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        signature.copy_from_slice(&hmac::<Hmac<Sha256>>(&self.0, message));
        signature
    }

    /// Whether `signature` is that of `message`, compared in constant time.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        mac::<Hmac<Sha256>>(&self.0, message).verify_slice(signature).is_ok()
    }
}

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> M {
    // HMAC accepts keys of any length, so the fallback is never used.
    let mut mac = <M as Mac>::new_from_slice(key).unwrap_or_else(|_| <M as Mac>::new(&Default::default()));
    mac.update(message);
    mac
}

fn hmac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    mac::<M>(key, message).finalize().into_bytes().to_vec()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn keys_are_determined_by_the_secret() {
        let (one, same, other) = (Keys::from_secret(SECRET), Keys::from_secret(SECRET), Keys::from_secret("x"));
        assert_eq!(one.session.master(), same.session.master());
        assert_ne!(one.session.master(), other.session.master());
        let signature = one.instances.sign(b"message");
        assert!(same.instances.verify(b"message", &signature));
        assert!(!other.instances.verify(b"message", &signature));
        assert!(!one.instances.verify(b"another", &signature));
        assert!(!one.instances.verify(b"message", &signature[..31]));
    }

    #[test]
    fn session_key_does_not_contain_instance_key() {
        let keys = Keys::from_secret(SECRET);
        assert!(!keys.session.master().windows(32).any(|part| part == keys.instances.0));
    }

    #[test]
    fn key_file_is_created_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("session.key");
        let first = Keys::from_file(&file).unwrap();
        assert_eq!(first.session.master(), Keys::from_file(&file).unwrap().session.master());
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file remains");
        std::fs::write(&file, b"short").unwrap();
        assert!(Keys::from_file(&file).is_err());
    }
}
