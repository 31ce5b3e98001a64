//! Logs and metrics. Log lines carry identifiers, never personal data.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Telemetry};

/// Sends log lines to standard error, as configured. A second call in one process keeps the first's settings.
///
/// # Errors
/// A message naming the key, where the filter does not parse.
pub fn init_logs(config: &Telemetry) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("telemetry.log (RUST_LOG): {error}"))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // An error here only says that a subscriber is there already.
    let _ = match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}

/// The process's metrics recorder, installed at first use; `render()` gives the text for `/metrics`.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Only a recorder of another library could be there already; then its figures are served by that library.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}
