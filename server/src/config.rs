//! The configuration: defaults that are compiled in, overridden by a file, overridden by the environment.

mod checks;
mod environment;
mod error_text;
mod providers;
mod roles;
mod secret_files;
mod settings;

use std::ffi::OsString;
use std::path::PathBuf;

use domain::event::EventType;
use figment::Figment;
use figment::providers::{Format, Toml};
pub use roles::{Flags, Role, Roles};
use secrecy::ExposeSecret;
pub use settings::*;

/// Every setting with its default and a comment.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// The minimum length of `secret`, in characters.
const MIN_SECRET: usize = 32;

/// The configuration is invalid. The message names the key and a valid value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value is missing, unknown or invalid.
    #[error("configuration: {0}")]
    Value(String),
    /// The file cannot be read.
    #[error("configuration: ONBOARD_CONFIG names {}, which cannot be read: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// Values contradict each other.
    #[error("configuration: {0}")]
    Contradiction(&'static str),
}

impl ConfigError {
    /// Adds the variables and files that the values come from.
    fn with_sources(self, figment: &Figment) -> Self {
        match self {
            Self::Value(text) => Self::Value(error_text::with_sources(&text, figment)),
            Self::Contradiction(text) => Self::Value(error_text::with_sources(text, figment)),
            Self::File { .. } => self,
        }
    }
}

impl Config {
    /// Loads defaults, file, environment and flags. Each overrides the ones before it.
    ///
    /// # Errors
    /// [`ConfigError`] names the invalid key.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let (figment, process) = Self::sources()?;
        let figment = flags.merge(figment);
        let config = Self::checked(&figment, process)?;
        checks::files(&config).map_err(|error| error.with_sources(&figment))?;
        Ok(config)
    }

    /// As [`Self::load`], for commands that only use the cluster and the tables. Settings that only a server needs may
    /// be missing.
    ///
    /// # Errors
    /// [`ConfigError`] names the invalid key.
    pub fn load_for_commands() -> Result<Self, ConfigError> {
        let (figment, process) = Self::sources()?;
        Self::parsed(&figment, process)
    }

    /// Merges defaults, file and environment. The only function that reads the environment.
    fn sources() -> Result<(Figment, ProcessEnvironment), ConfigError> {
        // The names of all settings are Unicode.
        let variables: Vec<(String, OsString)> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        let set = |wanted: &str| {
            variables.iter().find(|(name, value)| name == wanted && !value.is_empty()).map(|(_, value)| value)
        };
        let process = ProcessEnvironment {
            external_dynamodb: set("AWS_ENDPOINT_URL").or_else(|| set("AWS_ENDPOINT_URL_DYNAMODB")).is_some(),
            s3_endpoint: set("AWS_ENDPOINT_URL_S3").and_then(|url| url.to_str()).map(str::to_owned),
            reload_port: set("LEPTOS_RELOAD_PORT").and_then(|port| port.to_str()?.parse().ok()),
        };
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = set("ONBOARD_CONFIG").map(PathBuf::from) {
            match std::fs::read_to_string(&file) {
                Ok(_) => figment = figment.merge(Toml::file_exact(file)),
                Err(error) => return Err(ConfigError::File { file, error }),
            }
        }
        let mut settings = Vec::new();
        for (name, value) in variables {
            match value.into_string() {
                Ok(value) => settings.push((name, value)),
                Err(_) if environment::is_setting(&name) => {
                    return Err(ConfigError::Value(format!("environment variable {name} is not UTF-8 text")));
                }
                Err(_) => {}
            }
        }
        Ok((environment::merge(figment, settings.into_iter()), process))
    }

    /// The defaults with `overrides` in TOML. For tests and tools, which do not read the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names the invalid key.
    pub fn with(overrides: &str) -> Result<Self, ConfigError> {
        Self::checked(
            &Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(overrides)),
            ProcessEnvironment::default(),
        )
    }

    fn checked(figment: &Figment, process: ProcessEnvironment) -> Result<Self, ConfigError> {
        let config = Self::parsed(figment, process)?;
        config.check_server().map_err(|error| error.with_sources(figment))?;
        Ok(config)
    }

    fn check_server(&self) -> Result<(), ConfigError> {
        checks::server(self)?;
        self.check_roles()?;
        self.notify.check()?;
        if self.runs_commands() {
            self.watchlist.check(self.embedded())?;
        }
        Ok(())
    }

    /// Parses the settings, and checks those that clients of the cluster and the tables need.
    fn parsed(figment: &Figment, process: ProcessEnvironment) -> Result<Self, ConfigError> {
        let mut config: Self = figment.extract().map_err(|error| ConfigError::Value(error_text::describe(&error)))?;
        config.process = process;
        secret_files::read(&mut config).map_err(|error| error.with_sources(figment))?;
        config.check_clients().map_err(|error| error.with_sources(figment))?;
        Ok(config)
    }

    fn check_clients(&self) -> Result<(), ConfigError> {
        if self.kafka.username.is_empty() != self.kafka.password.expose_secret().is_empty() {
            return Err(ConfigError::Contradiction(
                "kafka.username and kafka.password (KAFKA_USERNAME, KAFKA_PASSWORD) must be set together",
            ));
        }
        checks::clients(self)
    }

    fn check_roles(&self) -> Result<(), ConfigError> {
        let secret = self.secret.expose_secret().chars().count();
        if (1..MIN_SECRET).contains(&secret) {
            return Err(ConfigError::Contradiction("secret is shorter than 32 characters"));
        }
        if self.previous_secrets.iter().any(|secret| secret.expose_secret().chars().count() < MIN_SECRET) {
            return Err(ConfigError::Contradiction("previous_secrets must each have at least 32 characters"));
        }
        if !self.roles.all() && self.embedded() {
            return Err(ConfigError::Contradiction(
                "roles are limited, but the embedded stack serves this process only: leave roles at `all`, or set \
                 KAFKA_BROKERS and AWS's settings (`server stack` runs the embedded stack for several processes)",
            ));
        }
        if !self.roles.all() && secret == 0 {
            return Err(ConfigError::Contradiction(
                "roles are limited, so several processes sign their requests to each other: set secret \
                 (ONBOARD_SECRET) to the same value for all",
            ));
        }
        if !self.topics.is_empty() && !self.roles.has(Role::Consumers) {
            return Err(ConfigError::Contradiction("topics is set, but roles does not include `consumers`"));
        }
        if self.needs_kafka() && !self.embedded() && self.kafka.brokers.is_empty() {
            return Err(ConfigError::Contradiction(
                "the stack is external, but kafka.brokers (KAFKA_BROKERS) is empty",
            ));
        }
        Ok(())
    }

    /// Whether this process needs Kafka.
    pub fn needs_kafka(&self) -> bool {
        self.roles.has(Role::Relay) || self.roles.has(Role::Consumers)
    }

    /// Whether this process runs commands: for requests, or as next steps.
    pub fn runs_commands(&self) -> bool {
        self.roles.has(Role::Web) || self.roles.has(Role::Consumers) || self.roles.has(Role::Reader)
    }

    /// The types of events whose consumers this process runs.
    pub fn consumed(&self) -> Vec<EventType> {
        match (self.roles.has(Role::Consumers), self.topics.is_empty()) {
            (false, _) => Vec::new(),
            (true, true) => EventType::ALL.to_vec(),
            (true, false) => self.topics.clone(),
        }
    }

    /// Whether this process reads documents.
    pub fn reads_documents(&self) -> bool {
        self.roles.has(Role::Reader) || (self.roles.has(Role::Consumers) && self.topics.is_empty())
    }

    /// The folder of documents.
    pub fn documents_folder(&self) -> PathBuf {
        let folder = &self.documents.folder;
        if folder.as_os_str().is_empty() { self.data_dir.join("documents") } else { folder.clone() }
    }

    /// Whether the broker and the DynamoDB API run in this process.
    pub fn embedded(&self) -> bool {
        match self.stack {
            StackChoice::Embedded => true,
            StackChoice::External => false,
            StackChoice::Auto => self.roles.all() && self.kafka.brokers.is_empty() && !self.process.external_dynamodb,
        }
    }

    /// Whether the public address of the server uses https.
    pub fn https(&self) -> bool {
        self.http.public_url.starts_with("https://")
    }
}

#[cfg(test)]
mod tests;
