//! `Idempotency-Key`: a repeated request gets the first answer and has no second effect.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{Answer, CommandError};
use crate::store::{Application, Receipt};

/// A request's key and fingerprint.
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

    /// An identifier derived from the key, from the scope `within` which it is used, so that a repetition gets the same
    /// one, and from the server's `secret`, so that nobody else can compute it.
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

    /// The earlier answer to this request, if any.
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

    /// Stores `answer` for a repetition of the request.
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
