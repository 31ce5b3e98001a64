//! Logs and metrics. Log lines contain identifiers, never personal data.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Telemetry};

/// Writes log lines to standard error, as configured. A second call in one process has no effect.
///
/// # Errors
/// If the filter does not parse, a message that names the setting.
pub fn init_logs(config: &Telemetry) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("telemetry.log (RUST_LOG): {error}"))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // The only error is that a subscriber is already installed.
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
        // The only error is that another library installed a recorder, which then serves the metrics.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}
