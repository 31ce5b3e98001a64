//! The backends of a command: the cluster and tables that the settings name, or the embedded stack.

use jiff::Timestamp;

use super::CliError;
use crate::backends::Backends;
use crate::config::Config;
use crate::errors::ErrorKind;
use crate::kafka::KafkaConfig;
use crate::store::{Store, StoreError, TableNames};

/// DynamoDB's error codes for missing or insufficient credentials.
const ACCESS_CODES: [&str; 5] = [
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
];

/// The settings, and access to Kafka and DynamoDB.
pub(super) struct CliContext {
    /// The settings.
    pub(super) config: Config,
    /// When the command began.
    pub(super) now: Timestamp,
    /// Addresses and credentials of Kafka and AWS.
    pub(super) backends: Backends,
    /// The names of the tables.
    pub(super) names: TableNames,
    /// The client of DynamoDB.
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    #[cfg(feature = "embedded")]
    stack: Option<embedded::Stack>,
}

impl CliContext {
    /// Opens the backends that the settings name. For the embedded stack, it connects to the server that runs on
    /// `data_dir`. If none runs, it starts the stack for the duration of the command.
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

        /// How long to wait for a server that starts or a command that ends.
        const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

        crate::private::folder(&config.data_dir).map_err(|error| {
            CliError::new(format!("data_dir (ONBOARD_DATA_DIR) {}: {error}", config.data_dir.display()))
        })?;
        let until = Instant::now() + LOCK_TIMEOUT;
        loop {
            if let Some(found) = StackAddresses::find(&config.data_dir).await {
                let backends = Backends::embedded(&config, &found);
                return Ok(Self::on(config, backends));
            }
            // Only the directory's lock shows reliably whether a process uses it.
            match embedded::Stack::start(&config.data_dir).await {
                Ok(stack) => {
                    eprintln!(
                        "no server runs on {}: the embedded stack is started for this command",
                        config.data_dir.display()
                    );
                    let backends = Backends::embedded(&config, &StackAddresses::of(&stack));
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

    /// Stops the embedded stack, if the command started it.
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

    /// The cluster, if the settings name one.
    pub(super) fn kafka(&self) -> Result<&KafkaConfig, CliError> {
        if self.backends.kafka.brokers.is_empty() {
            return Err(CliError::new("kafka.brokers (KAFKA_BROKERS) is empty: set the cluster's host:port"));
        }
        Ok(&self.backends.kafka)
    }

    /// The expected replication factor of topics.
    pub(super) fn replication(&self) -> i32 {
        if self.backends.kafka.embedded { 1 } else { self.config.kafka.replication_factor }
    }

    /// An error of Kafka, with the settings to check.
    pub(super) fn kafka_error(&self, error: impl std::fmt::Display) -> CliError {
        let brokers = &self.backends.kafka.brokers;
        CliError::new(format!("{error}; check KAFKA_BROKERS ({brokers}), KAFKA_USERNAME and KAFKA_PASSWORD"))
    }
}

/// An error of DynamoDB, with the settings to check.
impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let StoreError::Request { operation, kind, code, .. } = &error else { return Self::new(error) };
        let remedy = match kind {
            _ if error.is_missing_table() => {
                "DynamoDB has no such table: check environment (ENVIRONMENT); `server tables describe` shows the \
                 tables, `server tables create` creates them"
            }
            ErrorKind::Unavailable if code.is_none() => {
                "DynamoDB does not answer: check that it runs, and AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB and the AWS \
                 credentials"
            }
            ErrorKind::Refused if code.as_deref().is_some_and(|code| ACCESS_CODES.contains(&code)) => {
                "DynamoDB denies access: check that AWS credentials are set and may use the tables"
            }
            _ => return Self::new(error),
        };
        Self::new(format!("{operation}: {remedy}"))
    }
}
