//! The server as a child process.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use server::stack_file::StackAddresses;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::BenchResult;

/// Time limit of a start or a stop.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The log filter of the servers. It drops the expected warnings about the sample list and about overload.
const LOG: &str =
    "warn,librdkafka=off,dynoxide=error,server::watchlists=error,server::server::parts=error,server::http::problem=off";

/// A running server.
pub struct Program {
    child: Child,
    // Kept open, because the server fails when it writes to a closed pipe.
    _output: Lines<BufReader<ChildStdout>>,
    /// Its address, `http://127.0.0.1:port`.
    pub base: String,
    /// The addresses of its embedded stack, if it has one.
    pub stack: Option<StackAddresses>,
    /// When the process was started.
    pub started: Instant,
    /// From the start of the process until it reports that it is ready.
    pub started_in: Duration,
}

impl Program {
    /// Starts `server` with the environment of this process and `variables`, with `roles` or, if empty, with all roles.
    pub async fn start(server: &Path, variables: &[(&str, String)], roles: &[&str]) -> BenchResult<Self> {
        let started = Instant::now();
        let mut child = Command::new(server)
            .env("RUST_LOG", LOG)
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .args(roles.iter().flat_map(|role| ["--role", *role]))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}; build it with `make bench`", server.display()))?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let base = tokio::time::timeout(TIMEOUT, async {
            while let Some(line) = output.next_line().await? {
                if let Some(base) = line.strip_prefix("OnboardAI is ready at ") {
                    return Ok(base.to_owned());
                }
            }
            BenchResult::Err("the server ended before it was ready".into())
        })
        .await??;
        let data = variables.iter().find(|(name, _)| *name == "ONBOARD_DATA_DIR");
        let stack = match data {
            Some((_, folder)) => StackAddresses::find(Path::new(folder)).await,
            None => None,
        };
        Ok(Self { child, _output: output, base, stack, started, started_in: started.elapsed() })
    }

    /// Its resident memory, for instance `120 MB`.
    pub fn memory(&self) -> BenchResult<String> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(format!("{} MB", kilobytes / 1_024))
    }

    /// The text of `/metrics`.
    pub async fn metrics(&self) -> BenchResult<String> {
        Ok(reqwest::get(format!("{}/metrics", self.base)).await?.error_for_status()?.text().await?)
    }

    /// Stops the server by SIGTERM, and waits until it has ended.
    pub async fn stop(mut self) -> BenchResult<()> {
        let id = self.child.id().ok_or("the server has ended")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        tokio::time::timeout(TIMEOUT, self.child.wait()).await??;
        Ok(())
    }

    /// Kills the server, as in a crash.
    pub async fn kill(mut self) -> BenchResult<()> {
        Ok(self.child.kill().await?)
    }
}

/// The value of the first series of `metric` that has all of `labels`, which have the form of `text`.
pub fn value(text: &str, metric: &str, labels: &[&str]) -> Option<f64> {
    let series = text.lines().filter_map(|line| line.strip_prefix(metric)?.strip_prefix('{')?.split_once("} "));
    let mut found = series.filter(|(names, _)| labels.iter().all(|label| names.split(',').any(|name| name == *label)));
    found.next()?.1.parse().ok()
}

/// The quantile of a histogram, estimated as Prometheus does: linear within its bucket. `None` without samples, or if
/// it is above the last bucket's bound.
pub fn quantile(text: &str, metric: &str, labels: &[&str], quantile: f64) -> Option<f64> {
    let bucket = format!("{metric}_bucket");
    let series = text.lines().filter_map(|line| line.strip_prefix(&bucket)?.strip_prefix('{')?.split_once("} "));
    let buckets = series.filter(|(names, _)| labels.iter().all(|label| names.split(',').any(|name| name == *label)));
    let bound = |names: &str| {
        let bound = names.split(',').find_map(|name| name.strip_prefix("le=\"")?.strip_suffix('"'))?;
        if bound == "+Inf" { Some(f64::INFINITY) } else { bound.parse().ok() }
    };
    let mut buckets: Vec<(f64, f64)> =
        buckets.filter_map(|(names, count)| Some((bound(names)?, count.parse().ok()?))).collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = quantile * buckets.last().filter(|(_, count)| *count > 0.0)?.1;
    let at = buckets.iter().position(|(_, count)| *count >= wanted)?;
    let (bound, count) = buckets[at];
    let (from, before) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
    bound.is_finite().then(|| from + (bound - from) * (wanted - before) / (count - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_is_estimated_within_its_bucket() {
        let text = "a_bucket{topic=\"x\",le=\"0.1\"} 0\na_bucket{topic=\"x\",le=\"0.2\"} 8\n\
                    a_bucket{topic=\"x\",le=\"+Inf\"} 10\na_bucket{topic=\"y\",le=\"+Inf\"} 0\n";
        let found = |of: f64| quantile(text, "a", &["topic=\"x\""], of);
        assert!((found(0.4).unwrap_or_default() - 0.15).abs() < 1e-9, "{:?}", found(0.4));
        assert_eq!(found(0.99), None, "above the last bound");
        assert_eq!(quantile(text, "a", &["topic=\"y\""], 0.5), None, "no samples");
    }

    #[test]
    fn series_is_found_by_its_labels() {
        let text = "# TYPE a summary\na{topic=\"x\",quantile=\"0.5\"} 1\na{topic=\"y\",quantile=\"0.99\"} 0.25\n\
                    ab{topic=\"z\"} 3\n";
        assert_eq!(value(text, "a", &["topic=\"y\"", "quantile=\"0.99\""]), Some(0.25));
        assert_eq!(value(text, "a", &["topic=\"z\""]), None);
    }
}
