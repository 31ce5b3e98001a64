//! The program as a process of its own, to be killed.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::PATIENCE;

pub struct Process {
    child: Child,
    pub base: String,
}

impl Process {
    /// Starts the program on `data` and waits until it answers.
    pub async fn start(data: &Path, environment: &[(&str, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command
            .env("ONBOARD_DATA_DIR", data)
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .env("RUST_LOG", "error,librdkafka=off");
        command.envs(environment.iter().map(|(name, value)| (name, value))).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            loop {
                let line = lines.next_line().await.unwrap().expect("the program ended before it was ready");
                if let Some(base) = line.strip_prefix("OnboardAI is ready at ") {
                    return base.to_owned();
                }
            }
        };
        let base = tokio::time::timeout(PATIENCE, ready).await.expect("not ready");
        Self { child, base }
    }

    /// Sends the signal of this name, for instance `STOP`.
    pub fn signal(&self, name: &str) {
        let process = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap();
        assert!(sent.success(), "{name}: {sent}");
    }

    /// SIGKILL, and waits for its end.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
