//! Where the running embedded stack listens, left in its data directory for commands on the same machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::private;

/// The file in the data directory; readable by its owner only.
const FILE: &str = "stack.json";
/// How long an address on this machine may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackAddresses {
    /// The broker, host:port.
    pub kafka: String,
    /// The DynamoDB API, a URL.
    pub dynamodb: String,
    /// The process that runs them.
    pub pid: u32,
}

impl StackAddresses {
    /// Of `stack`, which runs in this process.
    pub fn of(stack: &embedded::Stack) -> Self {
        let (kafka, dynamodb) = (stack.kafka_bootstrap.clone(), stack.dynamodb_endpoint.clone());
        Self { kafka, dynamodb, pid: std::process::id() }
    }

    /// Reads the file of `data_dir`; none where there is none, or where it is left from a process that is gone, so that
    /// nothing listens there any more.
    pub async fn find(data_dir: &Path) -> Option<Self> {
        let found: Self = serde_json::from_slice(&std::fs::read(data_dir.join(FILE)).ok()?).ok()?;
        for address in [found.kafka.as_str(), found.dynamodb.trim_start_matches("http://")] {
            timeout(ANSWER_WITHIN, TcpStream::connect(address)).await.ok()?.ok()?;
        }
        Some(found)
    }
}

/// The file of a stack that runs; removed when dropped.
#[derive(Debug)]
pub struct StackFile {
    path: PathBuf,
}

impl StackFile {
    /// Writes the file for `stack`, which holds `data_dir`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(data_dir: &Path, stack: &embedded::Stack) -> std::io::Result<Self> {
        let path = data_dir.join(FILE);
        private::write(&path, &serde_json::to_vec(&StackAddresses::of(stack)).map_err(std::io::Error::other)?)?;
        Ok(Self { path })
    }
}

impl Drop for StackFile {
    fn drop(&mut self) {
        // One that stays is noticed: nothing answers at its addresses.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stack_is_found_while_it_runs_and_a_file_left_behind_is_noticed() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, None);
        let stack = embedded::Stack::start(data.path()).await.unwrap();
        let file = StackFile::write(data.path(), &stack).unwrap();
        let written = std::fs::read(data.path().join(FILE)).unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, Some(StackAddresses::of(&stack)));
        drop(file);
        assert!(!data.path().join(FILE).exists());
        stack.stop().await;
        // As a kill leaves it.
        std::fs::write(data.path().join(FILE), written).unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, None);
        std::fs::write(data.path().join(FILE), "half of").unwrap();
        assert_eq!(StackAddresses::find(data.path()).await, None);
    }
}
