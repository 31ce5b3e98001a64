//! A server on free ports, people who use it, and what can be seen behind it.

mod behind;
mod person;
mod process;
mod socket;

use std::future::Future;
use std::time::Duration;

use server::Server;
use server::config::{Config, Http};
use tempfile::TempDir;

pub use behind::Behind;
pub use person::{Answer, Person, details, needs};
pub use process::Process;
pub use socket::Socket;

/// How long anything may take before a test says that it does not happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server in this process, on its own embedded stack.
pub struct TestServer {
    pub server: Server,
    pub data: TempDir,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// With more settings, in TOML.
    pub async fn start_with(settings: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(config(&data, settings)).await.unwrap();
        Self { server, data }
    }

    /// On another address than loopback's.
    pub async fn start_at(address: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config =
            Config { http: Http { address: address.parse().unwrap(), ..config(&data, "").http }, ..config(&data, "") };
        let server = Server::start(config).await.unwrap();
        Self { server, data }
    }

    /// Stops it, and starts another on the same data.
    pub async fn restart(self) -> Self {
        self.server.stop().await;
        let server = Server::start(config(&self.data, "")).await.unwrap();
        Self { server, data: self.data }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub fn person(&self) -> Person {
        Person::new(self.base())
    }

    pub fn behind(&self) -> Behind {
        let stack = self.server.embedded_addresses().unwrap();
        Behind::new(stack.kafka, stack.dynamodb)
    }
}

fn config(data: &TempDir, settings: &str) -> Config {
    let own = format!("stack = 'embedded'\ndata_dir = '{}'\nhttp.address = '127.0.0.1:0'\n", data.path().display());
    Config::with(&format!("{own}{settings}")).unwrap()
}

/// Asks until there is an answer, for as long as [`PATIENCE`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}
