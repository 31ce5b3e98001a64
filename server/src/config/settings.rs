//! The settings, by their sections in `config.default.toml`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use domain::case::{FourEyes, Priority, ReviewPolicy, SlaHours};
use domain::document::{DocumentKind, Provider};
use domain::event::EventType;
use domain::watchlist::Source;
use figment::value::Value;
use ipnet::IpNet;
use jiff::civil::Date;
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::checks::{within, wrong};
use super::{ConfigError, Roles, providers, roles};
use crate::table_names::Table;
use crate::watchlists::Origin;

/// Which stack the program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackChoice {
    /// Embedded, unless the address of an external service is set or roles are limited.
    Auto,
    /// The broker and the DynamoDB API run in this process.
    Embedded,
    /// Both are external services.
    External,
}

/// Where notifications go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyVia {
    /// SNS if its topics are set, otherwise local.
    Auto,
    /// Files under `data_dir`.
    Local,
    /// Amazon SNS.
    Sns,
}

/// When a second provider reads a document too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondOpinionWhen {
    /// Never.
    Off,
    /// If the applicant would have to check or complete the result of the first.
    WhenDoubtful,
    /// Always.
    Always,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one JSON object per line.
    Json,
}

/// The whole configuration. `config.default.toml` describes each setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // `config.default.toml` documents them
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
    pub secret_file: PathBuf,
    #[serde(deserialize_with = "secrets")]
    pub previous_secrets: Vec<SecretString>,
    pub previous_secrets_file: PathBuf,
    pub http: Http,
    pub kafka: Kafka,
    pub aws: Aws,
    pub tables: Tables,
    pub review: Review,
    pub notify: Notify,
    pub documents: Documents,
    pub textract: Textract,
    pub google_vision: GoogleVision,
    pub azure_document_intelligence: AzureDocumentIntelligence,
    pub watchlist: Watchlist,
    pub telemetry: Telemetry,
    pub limits: Limits,
    #[serde(skip)]
    pub process: ProcessEnvironment,
}

/// Variables of other tools that the program uses, with their values when the configuration was loaded.
#[derive(Clone, Debug, Default)]
pub struct ProcessEnvironment {
    /// Whether `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_DYNAMODB` is set.
    pub external_dynamodb: bool,
    /// `AWS_ENDPOINT_URL_S3`.
    pub s3_endpoint: Option<String>,
    /// `LEPTOS_RELOAD_PORT`: the port through which `cargo leptos watch` reloads pages.
    pub reload_port: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Http {
    pub address: SocketAddr,
    pub site_root: PathBuf,
    pub public_url: String,
    pub advertised_url: String,
    pub request_timeout_s: u64,
    pub upload_timeout_s: u64,
    pub session_hours: u32,
    pub sockets_per_customer: usize,
    pub sockets: usize,
    pub heartbeat_s: std::num::NonZeroU32,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    pub idle_timeout_s: u64,
    pub connections: usize,
    pub hsts_subdomains: bool,
}

impl Http {
    /// The interval at which a socket is pinged and its record renewed.
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
    pub password_file: PathBuf,
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
    pub ai_results: String,
    pub kyc_results: String,
    pub policy_recommendations: String,
    pub kafka_events: String,
    pub audit_logs: String,
    pub error_logs: String,
    pub websocket_connections: String,
    pub cases: String,
    pub staff: String,
}

impl Tables {
    /// The configured name of each table. An empty name means the default.
    pub fn overrides(&self) -> [(Table, &str); Table::ALL.len()] {
        [
            (Table::Users, &self.users),
            (Table::Applications, &self.applications),
            (Table::AiResults, &self.ai_results),
            (Table::KycResults, &self.kyc_results),
            (Table::PolicyRecommendations, &self.policy_recommendations),
            (Table::KafkaEvents, &self.kafka_events),
            (Table::AuditLogs, &self.audit_logs),
            (Table::ErrorLogs, &self.error_logs),
            (Table::WebsocketConnections, &self.websocket_connections),
            (Table::Cases, &self.cases),
            (Table::Staff, &self.staff),
        ]
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Review {
    pub four_eyes: FourEyes,
    #[serde(deserialize_with = "hours")]
    pub sla_hours: [u32; Priority::ALL.len()],
}

impl Review {
    /// The rules of the review.
    pub fn policy(&self) -> ReviewPolicy {
        ReviewPolicy { four_eyes: self.four_eyes, sla: SlaHours(self.sla_hours) }
    }
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
    pub bucket: String,
    pub prefix: String,
    pub kms_key: String,
    pub keep_days: u16,
    pub keep_undecided_days: u16,
    pub keep_replaced_days: u16,
    pub max_concurrent: usize,
    pub timeout_s: u64,
    #[serde(deserialize_with = "providers::order")]
    pub order: Vec<Provider>,
    pub second_opinion: SecondOpinionWhen,
    #[serde(deserialize_with = "providers::optional")]
    pub second_opinion_from: Option<Provider>,
    pub provider_timeout_s: u64,
    pub breaker_failure_threshold: std::num::NonZeroU32,
    pub breaker_open_s: u64,
    pub order_by_kind: OrderByKind,
}

/// The providers for each kind of document, in order of preference. Empty means `documents.order`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct OrderByKind {
    #[serde(deserialize_with = "providers::order")]
    pub passport: Vec<Provider>,
    #[serde(deserialize_with = "providers::order")]
    pub identity_card: Vec<Provider>,
    #[serde(deserialize_with = "providers::order")]
    pub driving_licence: Vec<Provider>,
    #[serde(deserialize_with = "providers::order")]
    pub proof_of_address: Vec<Provider>,
}

impl OrderByKind {
    /// The order of each kind.
    pub fn all(&self) -> [(DocumentKind, &[Provider]); 4] {
        [
            (DocumentKind::Passport, &self.passport),
            (DocumentKind::IdentityCard, &self.identity_card),
            (DocumentKind::DrivingLicence, &self.driving_licence),
            (DocumentKind::ProofOfAddress, &self.proof_of_address),
        ]
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Textract {
    pub region: String,
    pub endpoint: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct GoogleVision {
    pub endpoint: String,
    #[serde(deserialize_with = "secret")]
    pub api_key: SecretString,
    pub api_key_file: PathBuf,
    pub application_default: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct AzureDocumentIntelligence {
    pub endpoint: String,
    #[serde(deserialize_with = "secret")]
    pub api_key: SecretString,
    pub api_key_file: PathBuf,
    pub entra_id: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Watchlist {
    pub ofac_sdn: String,
    pub ofac_consolidated: String,
    pub un: String,
    pub eu: String,
    pub uk: String,
    pub pep: String,
    pub fetch_every_minutes: u32,
    pub fetch_timeout_s: u64,
    pub fetch_retry_s: u64,
    pub stale_after_hours: u32,
    pub most_removed_percent: u16,
    pub most_removed: usize,
    pub sdn: String,
    pub alt: String,
    pub comments: String,
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
    pub access_log: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Limits {
    pub recorded_refusals_per_second: std::num::NonZeroU32,
    pub requests_per_client_per_second: u32,
    pub applications_per_client_per_minute: u32,
    pub uploads_per_client_per_minute: u32,
    pub sockets_per_client: usize,
    pub connections_per_client: usize,
}

impl Notify {
    /// Whether all three topics are set.
    pub fn named(&self) -> bool {
        self.topics().iter().all(|topic| !topic.is_empty())
    }

    fn topics(&self) -> [&str; 3] {
        [&self.applicant_topic, &self.compliance_topic, &self.support_topic]
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let some = self.topics().iter().any(|topic| !topic.is_empty());
        match self.via {
            NotifyVia::Sns if !self.named() => {
                Err(ConfigError::Contradiction("notify.via is `sns` but a topic ARN of [notify] is empty"))
            }
            // Some messages would stay in a local folder without being noticed.
            NotifyVia::Auto if some && !self.named() => Err(ConfigError::Contradiction(
                "some topic ARNs of [notify] are set and some are empty: set applicant_topic, compliance_topic and \
                 support_topic, or none, or notify.via to `local`",
            )),
            _ => Ok(()),
        }
    }
}

impl Watchlist {
    /// The setting of each list, with its name in this section.
    pub fn sources(&self) -> [(Source, &'static str, &str); 6] {
        [
            (Source::OfacSdn, "ofac_sdn", &self.ofac_sdn),
            (Source::OfacConsolidated, "ofac_consolidated", &self.ofac_consolidated),
            (Source::Un, "un", &self.un),
            (Source::Eu, "eu", &self.eu),
            (Source::Uk, "uk", &self.uk),
            (Source::Pep, "pep", &self.pep),
        ]
    }

    /// Checks the values, whatever the stack.
    pub(super) fn check_values(&self) -> Result<(), ConfigError> {
        within("watchlist.fetch_every_minutes", self.fetch_every_minutes, 5..=1_440)?;
        within("watchlist.fetch_timeout_s", self.fetch_timeout_s, 1..=1_800)?;
        within("watchlist.fetch_retry_s", self.fetch_retry_s, 0..=60)?;
        within("watchlist.stale_after_hours", self.stale_after_hours, 1..=720)?;
        within("watchlist.most_removed_percent", self.most_removed_percent, 0..=100)?;
        within("watchlist.most_removed", self.most_removed, 0..=1_000_000)?;
        let named = !self.sdn.is_empty();
        if !named && (!self.alt.is_empty() || !self.comments.is_empty() || self.published.is_some()) {
            return Err(ConfigError::Contradiction(
                "watchlist.alt, watchlist.comments and watchlist.published belong to the list of watchlist.sdn, which \
                 is empty",
            ));
        }
        for (source, key, value) in self.sources() {
            let origin = Origin::parse(source, value).map_err(|why| wrong(&format!("watchlist.{key}"), why))?;
            if source == Source::OfacSdn && origin.is_some() && named {
                return Err(ConfigError::Contradiction(
                    "watchlist.ofac_sdn and watchlist.sdn both name OFAC's list: set only watchlist.ofac_sdn",
                ));
            }
        }
        Ok(())
    }

    /// Checks that somebody is screened against. A list of politically exposed persons is no sanctions list.
    pub(super) fn check(&self, embedded: bool) -> Result<(), ConfigError> {
        let is_on = |(source, _, value): (Source, &str, &str)| matches!(Origin::parse(source, value), Ok(Some(_)));
        let named =
            !self.sdn.is_empty() || self.sources().into_iter().filter(|(source, ..)| !source.is_pep()).any(is_on);
        if !named && is_on((Source::Pep, "pep", &self.pep)) {
            return Err(ConfigError::Contradiction(
                "watchlist.pep is set but no sanctions list is: set watchlist.ofac_sdn, watchlist.un, watchlist.eu or \
                 watchlist.uk",
            ));
        }
        if !named && !embedded && !self.sample {
            return Err(ConfigError::Contradiction(
                "watchlist.sdn is empty and every list of [watchlist] is off, so no real sanctions list is screened \
                 against: set watchlist.ofac_sdn, watchlist.un, watchlist.eu, watchlist.uk, or, for trials only, set \
                 watchlist.sample to true",
            ));
        }
        if named && self.sample {
            return Err(ConfigError::Contradiction(
                "watchlist.sample is true but a setting of [watchlist] names a list",
            ));
        }
        Ok(())
    }
}

/// Parses a secret. No error may show its text.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match <Value as Deserialize>::deserialize(from)? {
        Value::String(_, text) => Ok(text.into()),
        _ => Err(D::Error::custom("must be text, in quotes")),
    }
}

/// Parses several secrets: a list, or text with commas, for the environment.
fn secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SecretString>, D::Error> {
    let wanted = || D::Error::custom("must be a list of texts, in quotes");
    let texts = match <Value as Deserialize>::deserialize(from)? {
        Value::String(_, text) => text.split(',').map(|text| text.trim().to_owned()).collect(),
        Value::Array(_, values) => {
            values.into_iter().map(|value| value.into_string().ok_or_else(wanted)).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(wanted()),
    };
    Ok(texts.into_iter().filter(|text| !text.is_empty()).map(SecretString::from).collect())
}

/// Parses networks: addresses, or networks in CIDR form (RFC 4632).
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |name: String| {
        name.parse().or_else(|_| name.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
            D::Error::custom(format!("has `{name}`, which is no network: an example is 10.0.0.0/8 or 192.0.2.7"))
        })
    };
    roles::names(from)?.into_iter().map(network).collect()
}

/// Parses the hours of all priorities: a list, or a text with commas.
fn hours<'de, D: Deserializer<'de>>(from: D) -> Result<[u32; Priority::ALL.len()], D::Error> {
    let hours: Option<Vec<u32>> = match <Value as Deserialize>::deserialize(from)? {
        Value::Array(_, hours) => hours.iter().map(|hours| hours.deserialize().ok()).collect(),
        Value::String(_, text) => text.split(',').map(|hours| hours.trim().parse().ok()).collect(),
        _ => None,
    };
    hours.and_then(|hours| hours.try_into().ok()).ok_or_else(|| {
        D::Error::custom("must be seven whole numbers of hours, separated by commas; an example is 4,8,8,24,48,24,72")
    })
}

/// Parses a day; none if the text is empty.
fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom("must be a day, \"YYYY-MM-DD\""))
}
