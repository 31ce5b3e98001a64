//! Log lines: identifiers, never personal data. Libraries log what passes through them, bodies of requests and rows
//! included, at the levels `debug` and `trace`: such lines are never written.

use std::io::IsTerminal;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{LogFormat, Telemetry};

/// The crates of this program.
const OWN: [&str; 6] = ["server", "app", "domain", "ocr", "extraction", "embedded"];

/// Writes log lines to standard error, as configured. A second call in one process has no effect.
///
/// # Errors
/// If the filter does not parse, a message that names the setting.
pub fn init_logs(config: &Telemetry) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("telemetry.log (RUST_LOG): {error}"))?;
    let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // The only error is that a subscriber is already installed.
    let _ = tracing_subscriber::registry().with(filter).with(filter_fn(may_be_written)).with(lines).try_init();
    Ok(())
}

/// Whether a line may be written at all: those of libraries at `info` and above only.
fn may_be_written(line: &Metadata<'_>) -> bool {
    let of = line.target().split("::").next().unwrap_or_default();
    *line.level() <= Level::INFO || OWN.contains(&of)
}
