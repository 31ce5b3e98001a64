//! The server as a process of its own, as people run it.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::Outcome;

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Program {
    child: Child,
    // Kept open: what the server says later must not find the pipe closed.
    _said: Lines<BufReader<ChildStdout>>,
    /// Where it listens, `http://127.0.0.1:port`.
    pub base: String,
    /// From the start of the process to its word that it is ready.
    pub started_in: Duration,
}

impl Program {
    /// Starts `server` on `data`.
    pub async fn start(server: &Path, data: &Path) -> Outcome<Self> {
        let started = Instant::now();
        let mut child = Command::new(server)
            .env("ONBOARD_DATA_DIR", data)
            .env("ONBOARD_STACK", "embedded")
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .env("RUST_LOG", "warn,librdkafka=off,dynoxide=error")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}; build it with `make bench`", server.display()))?;
        let mut said = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let base = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = said.next_line().await? {
                if let Some(base) = line.strip_prefix("OnboardAI is ready at ") {
                    return Ok(base.to_owned());
                }
            }
            Outcome::Err("the server ended before it was ready".into())
        })
        .await??;
        Ok(Self { child, _said: said, base, started_in: started.elapsed() })
    }

    /// How much memory it holds, for instance `120 MB`.
    pub fn memory(&self) -> Outcome<String> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(format!("{} MB", kilobytes / 1_024))
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) -> Outcome<()> {
        let id = self.child.id().ok_or("the server has ended")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }

    /// Ends it as a crash does.
    pub async fn kill(mut self) -> Outcome<()> {
        Ok(self.child.kill().await?)
    }
}
