//! A server on free ports, its applicants, and access to its topics and tables.

#![allow(dead_code)] // each test program uses a part

mod behind;
mod checks;
mod person;
mod process;
mod socket;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use server::Server;
use server::config::Config;
use tempfile::TempDir;

use super::stack::{on_cluster, written_messages};

pub use super::stack::TestStack;
pub use behind::Behind;
pub use checks::{assert_effects_once, assert_published_in_order, expect_all_handled, uncommitted};
pub use person::{Answer, Person, details, needs};
pub use process::Process;
pub use socket::Socket;

/// The timeout of every wait in the tests. After the loss of a quorum, consumer groups may need more than a minute to come
/// together again.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A server in this process with all roles, on its own embedded stack or on the cluster.
pub struct TestServer {
    pub server: Server,
    /// Only on the cluster.
    stack: Option<TestStack>,
    folder: TempDir,
    settings: String,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// With more settings, in TOML.
    pub async fn start_with(settings: &str) -> Self {
        let stack = match on_cluster() {
            true => Some(TestStack::start().await),
            false => None,
        };
        Self::start_again(stack, tempfile::tempdir().unwrap(), settings.to_owned(), None).await
    }

    /// Listens on this address instead of a loopback address.
    pub async fn start_at(address: &str) -> Self {
        let stack = match on_cluster() {
            true => Some(TestStack::start().await),
            false => None,
        };
        Self::start_again(stack, tempfile::tempdir().unwrap(), String::new(), Some(address.parse().unwrap())).await
    }

    async fn start_again(
        stack: Option<TestStack>,
        folder: TempDir,
        settings: String,
        address: Option<SocketAddr>,
    ) -> Self {
        let mut config = match &stack {
            Some(stack) => stack.config("server", &settings),
            None => {
                let data = folder.path().join("server");
                let own =
                    format!("stack = 'embedded'\ndata_dir = '{}'\nhttp.address = '127.0.0.1:0'\n", data.display());
                Config::with(&format!("{own}{settings}")).unwrap()
            }
        };
        config.http.address = address.unwrap_or(config.http.address);
        let server = Server::start(config).await.unwrap();
        Self { server, stack, folder, settings }
    }

    /// Stops it and starts another server on the same data.
    pub async fn restart(self) -> Self {
        self.server.stop().await;
        Self::start_again(self.stack, self.folder, self.settings, None).await
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub fn person(&self) -> Person {
        Person::new(self.base())
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        match &self.stack {
            Some(stack) => stack.data("server"),
            None => self.folder.path().join("server"),
        }
    }

    /// The environment variables of a command for this server.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let own = ("ONBOARD_DATA_DIR", self.data().display().to_string());
        match &self.stack {
            Some(stack) => [stack.environment(), vec![own]].concat(),
            None => vec![own, ("ONBOARD_STACK", "embedded".to_owned())],
        }
    }

    /// The messages to `audience`.
    pub fn messages(&self, audience: &str) -> Vec<String> {
        match &self.stack {
            Some(stack) => stack.messages("server", audience),
            None => written_messages(&self.data(), audience),
        }
    }

    pub async fn behind(&self) -> Behind {
        match &self.stack {
            Some(stack) => Behind::of(stack).await,
            None => Behind::embedded(&self.server.embedded_addresses().unwrap()),
        }
    }
}

/// Polls `condition` until it returns a value. Panics with `description` after [`PATIENCE`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(description: &str, mut condition: impl FnMut() -> F) -> T {
    let polling = async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let result = tokio::time::timeout(PATIENCE, polling).await;
    result.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {description}"))
}
