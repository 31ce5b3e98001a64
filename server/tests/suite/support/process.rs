//! The server as a process that a test can kill.

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
    /// Starts the server with this data folder and waits until it is ready.
    pub async fn start(data: &Path, environment: &[(&str, String)]) -> Self {
        Self::start_with(data, environment, Stdio::inherit()).await
    }

    /// As [`Self::start`], but appends its log to this file.
    pub async fn start_logging(data: &Path, environment: &[(&str, String)], log: &Path) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        Self::start_with(data, environment, log.into()).await
    }

    async fn start_with(data: &Path, environment: &[(&str, String)], log: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command
            .env("ONBOARD_DATA_DIR", data)
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .env("RUST_LOG", "error,librdkafka=off");
        command
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
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

    /// Waits until it exits by itself.
    pub async fn ended(mut self) -> std::process::ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("not ended").unwrap()
    }

    /// Sends the signal of this name, for instance `STOP`.
    pub fn signal(&self, name: &str) {
        let process = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap();
        assert!(sent.success(), "{name}: {sent}");
    }

    /// Its memory in KiB, by a field of `/proc/PID/status` (proc_pid_status(5)): `VmRSS` now, `VmHWM` at most so far.
    pub fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends SIGKILL and waits until it has ended.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
