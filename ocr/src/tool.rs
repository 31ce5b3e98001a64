//! Runs a tool as a subprocess in a sandbox, with a timeout and bounded output.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::{ReadError, sandbox};

/// Maximum size of the output in bytes; a page of text has some ten kilobytes.
const MAX_OUTPUT: u64 = 16 * 1024 * 1024;

/// The result of a tool.
pub(crate) struct Output {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error; may hold text of the document, so it is never logged.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it reached the limit.
    fn is_endless(&self) -> bool {
        self.stdout.len() as u64 >= MAX_OUTPUT
    }
}

/// A tool to run.
pub(crate) struct Tool<'a> {
    /// Its name in errors.
    pub program: &'static str,
    pub path: &'a Path,
    /// The folder of its files, which it may read and write.
    pub folder: Option<&'a Path>,
    pub limit: Duration,
}

impl Tool<'_> {
    /// Runs the tool with `input` on its standard input. It is killed after the timeout or if the caller is dropped.
    ///
    /// # Errors
    /// [`ReadError::Timeout`]; [`ReadError::Tool`] if it cannot be run or exceeds the output limit. The caller judges
    /// other exit codes than 0.
    pub async fn run(&self, arguments: &[&std::ffi::OsStr], input: &[u8]) -> Result<Output, ReadError> {
        let started = Instant::now();
        let done = self.run_once(arguments, input).await;
        metrics::histogram!("onboard_ocr_tool_seconds", "tool" => self.program).record(started.elapsed());
        let killed = match &done {
            Err(ReadError::Timeout) => Some("time"),
            Ok(Output { code: None, .. }) => Some("signal"),
            Ok(output) if output.is_endless() => Some("output"),
            _ => None,
        };
        if let Some(why) = killed {
            metrics::counter!("onboard_ocr_tool_killed_total", "tool" => self.program, "why" => why).increment(1);
        }
        match done {
            Ok(output) if output.is_endless() => {
                Err(ReadError::Tool { program: self.program, reason: "it printed without end".to_owned() })
            }
            done => done,
        }
    }

    async fn run_once(&self, arguments: &[&std::ffi::OsStr], input: &[u8]) -> Result<Output, ReadError> {
        let failed =
            |error: std::io::Error| ReadError::Tool { program: self.program, reason: error.kind().to_string() };
        let mut command = Command::new(self.path);
        command
            .args(arguments)
            .env_clear()
            .envs(sandbox::environment())
            .current_dir(self.folder.unwrap_or(Path::new("/")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let needs = sandbox::Needs { program: self.path, folder: self.folder, time: self.limit };
        let mut child = sandbox::spawn(command, needs).await.map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let work = async {
            let write = async {
                if let Some(mut stdin) = stdin {
                    // A tool may close its input early. Its exit code shows whether it failed.
                    let _ = stdin.write_all(input).await;
                }
            };
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let read_out = async {
                if let Some(stdout) = stdout {
                    stdout.take(MAX_OUTPUT).read_to_end(&mut out).await.map_err(failed)?;
                }
                Ok::<_, ReadError>(())
            };
            let read_err = async {
                if let Some(stderr) = stderr {
                    stderr.take(MAX_OUTPUT).read_to_end(&mut err).await.map_err(failed)?;
                }
                Ok::<_, ReadError>(())
            };
            let ((), read_out, read_err) = tokio::join!(write, read_out, read_err);
            read_out?;
            read_err?;
            let status = child.wait().await.map_err(failed)?;
            Ok::<_, ReadError>(Output { code: status.code(), stdout: out, stderr: err })
        };
        tokio::time::timeout(self.limit, work).await.map_err(|_| ReadError::Timeout)?
    }
}
