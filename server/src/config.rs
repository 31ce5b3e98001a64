//! Configuration: the commented defaults compiled in, a file over them, the environment over both.

use std::net::SocketAddr;
use std::path::PathBuf;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::SecretString;
use serde::Deserialize;

/// Every setting with its default and a comment.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// Variables that have a name of their own, kept from the system that this one replaces or given by a tool.
const NAMED: [(&str, &str); 14] = [
    ("ENVIRONMENT", "environment"),
    ("LEPTOS_SITE_ADDR", "http.address"),
    ("LEPTOS_SITE_ROOT", "http.site_root"),
    ("KAFKA_BROKERS", "kafka.brokers"),
    ("KAFKA_USERNAME", "kafka.username"),
    ("KAFKA_PASSWORD", "kafka.password"),
    ("AWS_REGION", "aws.region"),
    ("USERS_TABLE", "tables.users"),
    ("APPLICATIONS_TABLE", "tables.applications"),
    ("KYC_RESULTS_TABLE", "tables.kyc_results"),
    ("AUDIT_TABLE", "tables.audit_logs"),
    ("WEBSOCKET_TABLE", "tables.websocket_connections"),
    ("RUST_LOG", "telemetry.log"),
    ("ONBOARD_DATA_DIR", "data_dir"),
];

/// Which stack the program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackChoice {
    /// Embedded, unless an address of another is set.
    Auto,
    /// Broker and DynamoDB API in this process.
    Embedded,
    /// Both elsewhere.
    External,
}

/// Where notifications go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyVia {
    /// SNS when all of its topics are named, else local.
    Auto,
    /// Kept where a person can read them.
    Local,
    /// Amazon SNS.
    Sns,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object a line.
    Json,
}

/// The whole configuration; each setting is described in `config.default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // described where people set them
pub struct Config {
    pub environment: String,
    pub data_dir: PathBuf,
    pub stack: StackChoice,
    pub http: Http,
    pub kafka: Kafka,
    pub aws: Aws,
    pub tables: Tables,
    pub notify: Notify,
    pub documents: Documents,
    pub watchlist: Watchlist,
    pub telemetry: Telemetry,
    pub limits: Limits,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Http {
    pub address: SocketAddr,
    pub site_root: PathBuf,
    pub public_url: String,
    pub request_timeout_s: u64,
    pub upload_timeout_s: u64,
    pub session_hours: u32,
    pub sockets_per_customer: usize,
    pub sockets: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Kafka {
    pub brokers: String,
    pub username: String,
    pub password: SecretString,
    pub replication_factor: i32,
    pub group_instance_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Aws {
    pub region: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Tables {
    pub create: bool,
    pub users: String,
    pub applications: String,
    pub kyc_results: String,
    pub audit_logs: String,
    pub websocket_connections: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Notify {
    pub via: NotifyVia,
    pub applicant_topic: String,
    pub compliance_topic: String,
    pub support_topic: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Documents {
    pub at_once: usize,
    pub timeout_s: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Watchlist {
    pub sdn: String,
    pub alt: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Telemetry {
    pub log: String,
    pub format: LogFormat,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Limits {
    pub recorded_refusals_per_second: std::num::NonZeroU32,
}

/// The configuration is wrong; the message names the key and what it wants.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value is missing, unknown or of the wrong kind.
    #[error("configuration: {0}")]
    Value(#[from] Box<figment::Error>),
    /// Values that contradict each other.
    #[error("configuration: {0}")]
    Contradiction(&'static str),
}

impl Config {
    /// Defaults, file and environment.
    ///
    /// # Errors
    /// [`ConfigError`], naming the wrong key.
    pub fn load() -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Ok(file) = std::env::var("ONBOARD_CONFIG") {
            figment = figment.merge(Toml::file_exact(file));
        }
        for (variable, key) in NAMED {
            if let Ok(value) = std::env::var(variable)
                && !value.is_empty()
            {
                figment = figment.merge(Serialized::default(key, value));
            }
        }
        let own = Env::prefixed("ONBOARD_").ignore(&["config", "data_dir", "tools", "font_dir"]).split("__");
        Self::checked(figment.merge(own))
    }

    /// The defaults, with `overrides` in TOML over them; for tests and tools that do not read the environment.
    ///
    /// # Errors
    /// [`ConfigError`], naming the wrong key.
    pub fn with(overrides: &str) -> Result<Self, ConfigError> {
        Self::checked(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(overrides)))
    }

    fn checked(figment: Figment) -> Result<Self, ConfigError> {
        let config: Self = figment.extract().map_err(Box::new)?;
        if config.stack == StackChoice::External && config.kafka.brokers.is_empty() {
            return Err(ConfigError::Contradiction("stack is `external` but kafka.brokers (KAFKA_BROKERS) is empty"));
        }
        if config.kafka.username.is_empty() != secrecy::ExposeSecret::expose_secret(&config.kafka.password).is_empty() {
            return Err(ConfigError::Contradiction(
                "kafka.username and kafka.password (KAFKA_USERNAME, KAFKA_PASSWORD) must be set together",
            ));
        }
        if config.notify.via == NotifyVia::Sns
            && (config.notify.applicant_topic.is_empty()
                || config.notify.compliance_topic.is_empty()
                || config.notify.support_topic.is_empty())
        {
            return Err(ConfigError::Contradiction("notify.via is `sns` but a topic ARN of [notify] is empty"));
        }
        Ok(config)
    }

    /// Whether broker and DynamoDB API run in this process.
    pub fn embedded(&self) -> bool {
        let elsewhere = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self.stack {
            StackChoice::Embedded => true,
            StackChoice::External => false,
            StackChoice::Auto => {
                self.kafka.brokers.is_empty()
                    && !elsewhere("AWS_ENDPOINT_URL")
                    && !elsewhere("AWS_ENDPOINT_URL_DYNAMODB")
            }
        }
    }

    /// Whether people reach the server by https.
    pub fn https(&self) -> bool {
        self.http.public_url.starts_with("https://")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config = Config::with("").unwrap();
        assert_eq!(config.http.address.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn a_wrong_key_is_named() {
        let unknown = Config::with("[http]\nadress = \"x\"").unwrap_err().to_string();
        assert!(unknown.contains("adress"), "{unknown}");
        let kind = Config::with("[http]\nsockets = \"many\"").unwrap_err().to_string();
        assert!(kind.contains("http.sockets"), "{kind}");
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(Config::with("stack = \"external\"").is_err());
        assert!(Config::with("[kafka]\nusername = \"someone\"").is_err());
        assert!(Config::with("[notify]\nvia = \"sns\"").is_err());
    }
}
