//! `health`: asks the server of this machine, for a container's health check.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::CliError;
use super::output::Report;
use crate::config::Config;

/// How long the server may take to answer. A container's health check must allow for more.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The question.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  server health\n  server health --ready")]
pub struct Arguments {
    /// Ask whether DynamoDB answers too (/readyz). Restart nothing because of it: a new process would not start
    #[arg(long)]
    ready: bool,
}

impl Arguments {
    /// Needs neither Kafka nor tables.
    pub(super) async fn run(&self, config: &Config) -> Result<Report, CliError> {
        let address = reachable(config.http.address);
        if address.port() == 0 {
            return Err(CliError::new(
                "http.address (LEPTOS_SITE_ADDR) has the port 0, so the server's port is not known",
            ));
        }
        let url = format!("http://{address}{}", if self.ready { "/readyz" } else { "/healthz" });
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_WITHIN).build().map_err(CliError::new)?;
        let answer = client.get(&url).send().await;
        let status = answer.map_err(|error| CliError::new(format!("no answer: {}", error_text(&error))))?.status();
        if !status.is_success() {
            return Err(CliError::new(format!("{url} answers {status}")));
        }
        Ok(Report { json: json!({ "url": url, "status": status.as_u16() }), text: format!("{url} answers {status}\n") })
    }
}

/// The innermost cause; the outer ones only repeat the address.
fn error_text(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    match error.url() {
        Some(url) => format!("{url}: {cause}"),
        None => cause.to_string(),
    }
}

/// The address at which a server that listens on `listening` can be asked from its own machine.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn server_on_all_addresses_is_asked_on_loopback() {
        let asked = |listening: &str| reachable(listening.parse().unwrap()).to_string();
        assert_eq!(asked("0.0.0.0:3000"), "127.0.0.1:3000");
        assert_eq!(asked("[::]:3000"), "[::1]:3000");
        assert_eq!(asked("10.0.0.7:80"), "10.0.0.7:80");
    }
}
