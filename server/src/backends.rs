//! The external services of the process: Kafka and AWS.

use std::path::Path;

use aws_config::SdkConfig;
use secrecy::ExposeSecret;

use crate::aws;
use crate::config::Config;
use crate::kafka::{KafkaConfig, KafkaHealth};
#[cfg(feature = "embedded")]
use crate::stack_file::StackAddresses;

/// Addresses and credentials of Kafka and AWS.
#[derive(Clone, Debug)]
pub struct Backends {
    /// The brokers.
    pub kafka: KafkaConfig,
    /// The incidents that this process's Kafka clients report.
    pub kafka_health: KafkaHealth,
    /// DynamoDB and SNS.
    pub aws: SdkConfig,
}

impl Backends {
    /// The backends that the settings, and AWS's own variables and files, name.
    pub async fn external(config: &Config) -> Self {
        Self {
            kafka: Self::settings(config),
            kafka_health: KafkaHealth::default(),
            aws: aws::external(&config.aws.region).await,
        }
    }

    /// The embedded stack at these addresses.
    #[cfg(feature = "embedded")]
    pub fn embedded(config: &Config, stack: &StackAddresses) -> Self {
        let own = Self::settings(config);
        let kafka =
            KafkaConfig { prefix: own.prefix, instance_id: own.instance_id, ..KafkaConfig::embedded(&stack.kafka) };
        let aws = aws::embedded(&config.aws.region, &stack.dynamodb, &stack.access_key_id, &stack.secret_access_key);
        Self { kafka, kafka_health: KafkaHealth::default(), aws }
    }

    /// The settings of Kafka.
    fn settings(config: &Config) -> KafkaConfig {
        let settings = &config.kafka;
        let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let username = set(&settings.username);
        let ca_file = (settings.ca_file != Path::new("")).then(|| settings.ca_file.clone());
        KafkaConfig {
            brokers: settings.brokers.clone(),
            password: username.is_some().then(|| settings.password.expose_secret().into()),
            username,
            ca_file,
            prefix: settings.prefix.clone(),
            embedded: false,
            instance_id: set(&settings.group_instance_id),
        }
    }
}
