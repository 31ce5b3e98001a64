//! What a command works on: the cluster and the tables that the settings name, or the embedded stack.

use jiff::Timestamp;

use super::CliError;
use crate::backends::Backends;
use crate::config::Config;
use crate::errors::ErrorKind;
use crate::kafka::KafkaConfig;
use crate::store::{Store, StoreError, TableNames};

/// DynamoDB's codes for requests that these credentials may not make.
const ACCESS: [&str; 5] = [
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
];

/// The ways to Kafka and DynamoDB.
pub(super) struct Context {
    /// The settings.
    pub(super) config: Config,
    /// When the command began.
    pub(super) now: Timestamp,
    /// How Kafka and AWS are reached.
    pub(super) backends: Backends,
    /// What the tables are called.
    pub(super) names: TableNames,
    /// How DynamoDB is reached.
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    #[cfg(feature = "embedded")]
    stack: Option<embedded::Stack>,
}

impl Context {
    /// Opens what the settings name. On the embedded stack: that of a server which runs on `data_dir`, else one of its
    /// own for as long as the command takes.
    pub(super) async fn open(config: Config) -> Result<Self, CliError> {
        if !config.embedded() {
            let backends = Backends::external(&config).await;
            return Ok(Self::on(config, backends));
        }
        #[cfg(feature = "embedded")]
        return Self::embedded(config).await;
        #[cfg(not(feature = "embedded"))]
        Err(CliError::new(crate::server::StartError::NotEmbedded))
    }

    #[cfg(feature = "embedded")]
    async fn embedded(config: Config) -> Result<Self, CliError> {
        use std::time::{Duration, Instant};

        use crate::stack_file::StackAddresses;

        /// How long a server that starts or a command that ends may take.
        const WITHIN: Duration = Duration::from_secs(10);

        crate::private::folder(&config.data_dir).map_err(|error| {
            CliError::new(format!("data_dir (ONBOARD_DATA_DIR) {}: {error}", config.data_dir.display()))
        })?;
        let until = Instant::now() + WITHIN;
        loop {
            if let Some(found) = StackAddresses::find(&config.data_dir).await {
                let backends = Backends::embedded(&config, &found.kafka, &found.dynamodb);
                return Ok(Self::on(config, backends));
            }
            // The directory's lock tells for certain whether somebody is there.
            match embedded::Stack::start(&config.data_dir).await {
                Ok(stack) => {
                    eprintln!(
                        "no server runs on {}: its embedded stack is opened for this command",
                        config.data_dir.display()
                    );
                    let backends = Backends::embedded(&config, &stack.kafka_bootstrap, &stack.dynamodb_endpoint);
                    return Ok(Self { stack: Some(stack), ..Self::on(config, backends) });
                }
                Err(embedded::EmbeddedError::InUse(_)) if Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(CliError::new(error)),
            }
        }
    }

    fn on(config: Config, backends: Backends) -> Self {
        let names = TableNames::new(&config.environment, &config.tables.overrides());
        let dynamodb = aws_sdk_dynamodb::Client::new(&backends.aws);
        let now = Timestamp::now();
        Self {
            config,
            now,
            backends,
            names,
            dynamodb,
            #[cfg(feature = "embedded")]
            stack: None,
        }
    }

    /// Stops what was opened for the command.
    pub(super) async fn close(self) {
        #[cfg(feature = "embedded")]
        if let Some(stack) = self.stack {
            stack.stop().await;
        }
    }

    /// The tables.
    pub(super) fn store(&self) -> Store {
        Store::new(self.dynamodb.clone(), self.names.clone())
    }

    /// The cluster, where the settings name one.
    pub(super) fn kafka(&self) -> Result<&KafkaConfig, CliError> {
        if self.backends.kafka.brokers.is_empty() {
            return Err(CliError::new("kafka.brokers (KAFKA_BROKERS) is empty: name the cluster, host:port"));
        }
        Ok(&self.backends.kafka)
    }

    /// How many copies topics should have.
    pub(super) fn replication(&self) -> i32 {
        if self.backends.kafka.embedded { 1 } else { self.config.kafka.replication_factor }
    }

    /// What went wrong with Kafka, with what to look at.
    pub(super) fn kafka_error(&self, error: impl std::fmt::Display) -> CliError {
        let brokers = &self.backends.kafka.brokers;
        CliError::new(format!("{error}; are KAFKA_BROKERS ({brokers}), KAFKA_USERNAME and KAFKA_PASSWORD right?"))
    }
}

/// What went wrong with DynamoDB, with what to look at.
impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let StoreError::Request { operation, kind, code, .. } = &error else { return Self::new(error) };
        let remedy = match kind {
            _ if error.is_missing_table() => {
                "DynamoDB has no such table: `server tables describe` shows them, `server tables create` makes them; or \
                 is environment (ENVIRONMENT) another?"
            }
            ErrorKind::Unavailable if code.is_none() => {
                "DynamoDB does not answer: are AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB and AWS's credentials right, and \
                 is it up?"
            }
            ErrorKind::Refused if code.as_deref().is_some_and(|code| ACCESS.contains(&code)) => {
                "DynamoDB refuses: are AWS's credentials set, and may they use the tables?"
            }
            _ => return Self::new(error),
        };
        Self::new(format!("{operation}: {remedy}"))
    }
}
