//! `Idempotency-Key`: a repeated request is answered like the first, and does nothing again.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{Answer, CommandError};
use crate::store::{Application, Receipt};

/// A request's key and what it asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The header's value, 16 to 64 visible ASCII characters.
    pub key: String,
    /// SHA-256 of the command's name and the request's body, hexadecimal.
    pub fingerprint: String,
}

impl RequestKey {
    /// The key of a request with this body.
    pub fn new(key: String, command: &str, body: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(command).chain_update([0]).chain_update(body).finalize();
        Self { key, fingerprint: hex::encode(digest) }
    }

    /// An identifier that follows from the key and what it is used `within`, so that a repetition means the same thing,
    /// and from the server's `secret`, so that nobody outside can tell it.
    pub(super) fn identifier(&self, secret: &[u8], within: &str) -> Uuid {
        let digest = Sha256::new()
            .chain_update(Sha256::digest(secret))
            .chain_update(Sha256::digest(within))
            .chain_update(&self.key)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The answer that was given to this request before, if any.
    pub(super) fn earlier<T: DeserializeOwned>(
        request: Option<&Self>,
        application: &Application,
    ) -> Result<Option<Answer<T>>, CommandError> {
        let Some(request) = request else { return Ok(None) };
        match application.receipts.iter().find(|receipt| receipt.key == request.key) {
            None => Ok(None),
            Some(receipt) if receipt.fingerprint != request.fingerprint => Err(CommandError::KeyReused),
            Some(receipt) => Ok(Some(Answer { status: receipt.status, body: serde_json::from_str(&receipt.body)? })),
        }
    }

    /// Keeps `answer` for a repetition.
    pub(super) fn keep<T: Serialize>(
        request: Option<&Self>,
        application: &mut Application,
        answer: &Answer<T>,
    ) -> Result<(), CommandError> {
        if let Some(Self { key, fingerprint }) = request.cloned() {
            let body = serde_json::to_string(&answer.body)?;
            application.keep_receipt(Receipt { key, fingerprint, status: answer.status, body });
        }
        Ok(())
    }
}
