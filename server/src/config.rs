//! Configuration: the commented defaults compiled in, a file over them, the environment over both.

mod checks;
mod complaint;
mod environment;
mod roles;

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::event::EventType;
use figment::Figment;
use figment::providers::{Format, Toml};
use figment::value::Value;
use jiff::civil::Date;
pub use roles::{Flags, Role, Roles};
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Every setting with its default and a comment.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// The least length of `secret`, in characters.
const SECRET: usize = 32;

/// Which stack the program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackChoice {
    /// Embedded, unless an address of another is set or roles are limited.
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
    /// SNS when its topics are named, else local.
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
    #[serde(deserialize_with = "roles::roles")]
    pub roles: Roles,
    #[serde(deserialize_with = "roles::topics")]
    pub topics: Vec<EventType>,
    #[serde(deserialize_with = "secret")]
    pub secret: SecretString,
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
    pub own_url: String,
    pub request_timeout_s: u64,
    pub upload_timeout_s: u64,
    pub session_hours: u32,
    pub sockets_per_customer: usize,
    pub sockets: usize,
    pub heartbeat_s: std::num::NonZeroU32,
}

impl Http {
    /// How often a socket is pinged and its record renewed.
    pub fn heartbeat(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.heartbeat_s.get().into())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Kafka {
    pub brokers: String,
    pub username: String,
    #[serde(deserialize_with = "secret")]
    pub password: SecretString,
    pub ca_file: PathBuf,
    pub prefix: String,
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
    pub folder: PathBuf,
    pub at_once: usize,
    pub timeout_s: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Watchlist {
    pub sdn: String,
    pub alt: String,
    #[serde(deserialize_with = "day")]
    pub published: Option<Date>,
    pub sample: bool,
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
    /// A value is missing, unknown, or not what it must be.
    #[error("configuration: {0}")]
    Value(String),
    /// The file cannot be read.
    #[error("configuration: ONBOARD_CONFIG names {}, which cannot be read: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Values that contradict each other.
    #[error("configuration: {0}")]
    Contradiction(&'static str),
}

impl ConfigError {
    /// With where the values came from.
    fn with_places(self, figment: &Figment) -> Self {
        match self {
            Self::Value(text) => Self::Value(complaint::with_places(&text, figment)),
            Self::Contradiction(text) => Self::Value(complaint::with_places(text, figment)),
            Self::File { .. } => self,
        }
    }
}

impl Config {
    /// Defaults, file, environment and flags, each over those before.
    ///
    /// # Errors
    /// [`ConfigError`], naming the wrong key.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let figment = flags.merge(Self::layered()?);
        let config = Self::checked(figment.clone())?;
        checks::files(&config).map_err(|error| error.with_places(&figment))?;
        Ok(config)
    }

    /// As [`Self::load`], for commands that only look at the cluster and the tables: what a server alone needs may be
    /// missing.
    ///
    /// # Errors
    /// [`ConfigError`], naming the wrong key.
    pub fn load_for_commands() -> Result<Self, ConfigError> {
        Self::extracted(&Self::layered()?)
    }

    /// Defaults, file and environment.
    fn layered() -> Result<Figment, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = std::env::var_os("ONBOARD_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from) {
            match std::fs::read_to_string(&file) {
                Ok(_) => figment = figment.merge(Toml::file_exact(file)),
                Err(error) => return Err(ConfigError::File { file, error }),
            }
        }
        let mut variables = Vec::new();
        // A name that is no Unicode is none of ours.
        for (name, value) in std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))) {
            match value.into_string() {
                Ok(value) => variables.push((name, value)),
                Err(_) if environment::is_ours(&name) => {
                    return Err(ConfigError::Value(format!("environment variable {name} is no UTF-8 text")));
                }
                Err(_) => {}
            }
        }
        Ok(environment::merge(figment, variables.into_iter()))
    }

    /// The defaults, with `overrides` in TOML over them; for tests and tools that do not read the environment.
    ///
    /// # Errors
    /// [`ConfigError`], naming the wrong key.
    pub fn with(overrides: &str) -> Result<Self, ConfigError> {
        Self::checked(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(overrides)))
    }

    fn checked(figment: Figment) -> Result<Self, ConfigError> {
        let config = Self::extracted(&figment)?;
        config.check_server().map_err(|error| error.with_places(&figment))?;
        Ok(config)
    }

    fn check_server(&self) -> Result<(), ConfigError> {
        checks::serving(self)?;
        self.check_roles()?;
        self.notify.check()?;
        if self.decides() {
            self.watchlist.check(self.embedded())?;
        }
        Ok(())
    }

    /// The settings, each by itself as it should be, and those that reach the cluster and the tables.
    fn extracted(figment: &Figment) -> Result<Self, ConfigError> {
        let config: Self = figment.extract().map_err(|error| ConfigError::Value(complaint::told(&error)))?;
        config.check_reaching().map_err(|error| error.with_places(figment))?;
        Ok(config)
    }

    fn check_reaching(&self) -> Result<(), ConfigError> {
        if self.kafka.username.is_empty() != self.kafka.password.expose_secret().is_empty() {
            return Err(ConfigError::Contradiction(
                "kafka.username and kafka.password (KAFKA_USERNAME, KAFKA_PASSWORD) must be set together",
            ));
        }
        checks::reaching(self)
    }

    fn check_roles(&self) -> Result<(), ConfigError> {
        let secret = self.secret.expose_secret().chars().count();
        if (1..SECRET).contains(&secret) {
            return Err(ConfigError::Contradiction("secret is shorter than 32 characters"));
        }
        if !self.roles.all() && self.embedded() {
            return Err(ConfigError::Contradiction(
                "roles are limited, but the embedded stack serves this process only: leave roles at `all`, or set \
                 KAFKA_BROKERS and AWS's settings (`server stack` runs the embedded stack for several processes)",
            ));
        }
        if !self.roles.all() && secret == 0 {
            return Err(ConfigError::Contradiction(
                "roles are limited, so processes work together and sign what they say to each other: set secret \
                 (ONBOARD_SECRET), the same for all",
            ));
        }
        if !self.topics.is_empty() && !self.roles.has(Role::Consumers) {
            return Err(ConfigError::Contradiction("topics are named, but roles do not include `consumers`"));
        }
        if self.needs_kafka() && !self.embedded() && self.kafka.brokers.is_empty() {
            return Err(ConfigError::Contradiction(
                "the stack is external, but kafka.brokers (KAFKA_BROKERS) is empty",
            ));
        }
        Ok(())
    }

    /// Whether this process speaks to Kafka: the web alone does not.
    pub fn needs_kafka(&self) -> bool {
        self.roles.has(Role::Relay) || self.roles.has(Role::Consumers)
    }

    /// Whether this process runs commands, for people or as next steps.
    pub fn decides(&self) -> bool {
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

    /// Where documents are kept.
    pub fn documents_folder(&self) -> PathBuf {
        let own = &self.documents.folder;
        if own.as_os_str().is_empty() { self.data_dir.join("documents") } else { own.clone() }
    }

    /// Whether broker and DynamoDB API run in this process.
    pub fn embedded(&self) -> bool {
        let elsewhere = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self.stack {
            StackChoice::Embedded => true,
            StackChoice::External => false,
            StackChoice::Auto => {
                self.roles.all()
                    && self.kafka.brokers.is_empty()
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

impl Notify {
    /// Whether all three topics are named.
    pub fn named(&self) -> bool {
        self.topics().iter().all(|topic| !topic.is_empty())
    }

    fn topics(&self) -> [&str; 3] {
        [&self.applicant_topic, &self.compliance_topic, &self.support_topic]
    }

    fn check(&self) -> Result<(), ConfigError> {
        let some = self.topics().iter().any(|topic| !topic.is_empty());
        match self.via {
            NotifyVia::Sns if !self.named() => {
                Err(ConfigError::Contradiction("notify.via is `sns` but a topic ARN of [notify] is empty"))
            }
            // Some of the messages would stay in a folder that nobody looks into.
            NotifyVia::Auto if some && !self.named() => Err(ConfigError::Contradiction(
                "some topic ARNs of [notify] are set and some are empty: set applicant_topic, compliance_topic and \
                 support_topic, or none, or notify.via to `local`",
            )),
            _ => Ok(()),
        }
    }
}

impl Watchlist {
    fn check(&self, embedded: bool) -> Result<(), ConfigError> {
        let named = !self.sdn.is_empty();
        if !named && !embedded && !self.sample {
            return Err(ConfigError::Contradiction(
                "watchlist.sdn is empty, so nobody would be screened against a real sanctions list: name OFAC's SDN.CSV, \
                 or, for trials only, set watchlist.sample to true",
            ));
        }
        if named && self.sample {
            return Err(ConfigError::Contradiction("watchlist.sample is true but watchlist.sdn names a list"));
        }
        if !named && (!self.alt.is_empty() || self.published.is_some()) {
            return Err(ConfigError::Contradiction(
                "watchlist.alt and watchlist.published belong to the list that watchlist.sdn names, and that is empty",
            ));
        }
        Ok(())
    }
}

/// Text that no error may show.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match <Value as Deserialize>::deserialize(from)? {
        Value::String(_, text) => Ok(text.into()),
        _ => Err(D::Error::custom("must be text, in quotes")),
    }
}

/// A day, or none where the text is empty.
fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom("must be a day, \"YYYY-MM-DD\""))
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

    fn refused(overrides: &str) -> String {
        Config::with(overrides).unwrap_err().to_string()
    }

    const EXTERNAL: &str = "stack = 'external'\nkafka.brokers = 'k:9092'\n";

    fn external(overrides: &str) -> String {
        format!("{EXTERNAL}{overrides}")
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(refused("stack = 'external'").contains("kafka.brokers"));
        assert!(refused("kafka.username = 'someone'").contains("kafka.password"));
        assert!(refused("secret = 'short'").contains("32"));
        assert!(refused("notify.via = 'sns'").contains("topic ARN"));
        assert!(refused("documents.at_once = 0").contains("documents.at_once"));
    }

    #[test]
    fn the_invented_sample_is_never_used_unasked_in_earnest() {
        assert!(refused(EXTERNAL).contains("watchlist.sdn"));
        assert!(Config::with(&external("watchlist.sample = true")).is_ok());
        assert!(Config::with(&external("watchlist.sdn = 'sdn.csv'")).is_ok());
        assert!(Config::with("stack = 'embedded'").is_ok());
        assert!(refused(&external("watchlist.sdn = 'sdn.csv'\nwatchlist.sample = true")).contains("watchlist.sample"));
        assert!(refused("stack = 'embedded'\nwatchlist.alt = 'alt.csv'").contains("watchlist.alt"));
        assert!(refused("stack = 'embedded'\nwatchlist.published = '2026-11-20'").contains("watchlist.published"));
    }

    #[test]
    fn the_day_of_a_list_is_a_day() {
        let with = |published| Config::with(&format!("watchlist.sdn = 'sdn.csv'\nwatchlist.published = '{published}'"));
        assert_eq!(with("2026-11-20").unwrap().watchlist.published, Some(Date::constant(2026, 11, 20)));
        assert_eq!(with("").unwrap().watchlist.published, None);
        let wrong = with("20.11.2026").unwrap_err().to_string();
        assert!(wrong.contains("watchlist.published") && wrong.contains("YYYY-MM-DD"), "{wrong}");
    }

    #[test]
    fn topics_are_named_all_or_none() {
        let topics = |names: &[&str]| {
            let set: Vec<_> = names.iter().map(|name| format!("notify.{name}_topic = 'arn:{name}'")).collect();
            Config::with(&set.join("\n"))
        };
        assert!(!topics(&[]).unwrap().notify.named());
        assert!(topics(&["applicant", "compliance", "support"]).unwrap().notify.named());
        for some in [&["applicant"][..], &["compliance"], &["support"], &["applicant", "support"]] {
            assert!(topics(some).unwrap_err().to_string().contains("[notify]"), "{some:?}");
        }
        assert!(Config::with("notify.via = 'local'\nnotify.support_topic = 'arn:x'").is_ok());
    }

    #[test]
    fn an_error_does_not_show_a_secret() {
        let wrong = Config::with("kafka.username = 'u'\nkafka.password = 8315").unwrap_err();
        assert!(wrong.to_string().contains("kafka.password"), "{wrong}");
        assert!(!format!("{wrong} {wrong:?}").contains("8315"), "{wrong}");
    }
}
