//! The file `stack.json` in the data directory: addresses and credentials of the embedded stack, for commands on the same
//! machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::private;

/// The file in the data directory; readable by its owner only.
const FILE: &str = "stack.json";
/// How long an address on this machine may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The content of the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackAddresses {
    /// The broker, host:port.
    pub kafka: String,
    /// The DynamoDB API, a URL.
    pub dynamodb: String,
    /// With what clients sign requests to the DynamoDB API.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: String,
    /// The process that runs them.
    pub pid: u32,
}

impl StackAddresses {
    /// The addresses of `stack`, which runs in this process.
    pub fn of(stack: &embedded::Stack) -> Self {
        let embedded::Credentials { access_key_id, secret_access_key } = stack.dynamodb_credentials.clone();
        Self {
            kafka: stack.kafka_bootstrap.clone(),
            dynamodb: stack.dynamodb_endpoint.clone(),
            access_key_id,
            secret_access_key,
            pid: std::process::id(),
        }
    }

    /// Reads the file in `data_dir`. Returns `None` if there is no file, or if a killed process left it and nothing
    /// listens at its addresses.
    pub async fn find(data_dir: &Path) -> Option<Self> {
        let found: Self = serde_json::from_slice(&std::fs::read(data_dir.join(FILE)).ok()?).ok()?;
        for address in [found.kafka.as_str(), found.dynamodb.trim_start_matches("http://")] {
            timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await.ok()?.ok()?;
        }
        Some(found)
    }
}

impl std::fmt::Debug for StackAddresses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kafka, dynamodb, pid, .. } = self;
        f.debug_struct("StackAddresses")
            .field("kafka", kafka)
            .field("dynamodb", dynamodb)
            .field("pid", pid)
            .finish_non_exhaustive()
    }
}

/// The file of a running stack. Dropping this removes the file.
#[derive(Debug)]
pub struct StackFile {
    path: PathBuf,
}

impl StackFile {
    /// Writes the file for `stack`, which has locked `data_dir`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(data_dir: &Path, stack: &embedded::Stack) -> std::io::Result<Self> {
        let path = data_dir.join(FILE);
        private::write(&path, &serde_json::to_vec(&StackAddresses::of(stack)).map_err(std::io::Error::other)?)?;
        Ok(Self { path })
    }
}

impl Drop for StackFile {
    fn drop(&mut self) {
        // A remaining file does no harm: nothing answers at its addresses.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn running_stack_is_found_and_stale_or_malformed_file_is_ignored() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, None);
        let stack = embedded::Stack::start(data.path()).await.unwrap();
        let file = StackFile::write(data.path(), &stack).unwrap();
        let written = std::fs::read(data.path().join(FILE)).unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, Some(StackAddresses::of(&stack)));
        drop(file);
        assert!(!data.path().join(FILE).exists());
        stack.stop().await;
        // The state after a kill.
        std::fs::write(data.path().join(FILE), written).unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, None);
        std::fs::write(data.path().join(FILE), "half of").unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, None);
    }
}
