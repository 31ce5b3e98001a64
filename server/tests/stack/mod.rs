//! The stack that a test runs on: its own embedded stack, or the cluster that the environment names
//! (`ONBOARD_TEST_STACK=cluster`, set by `make test-cluster`). The same tests run on both. On the cluster, each
//! test has its own prefix for topics, groups and tables, because tests share it.

#![allow(dead_code)] // each test program uses a part

mod mailbox;

use std::path::{Path, PathBuf};

use server::backends::Backends;
use server::config::Config;
use server::kafka::KafkaConfig;
use server::stack_file::StackAddresses;
use tempfile::TempDir;
use uuid::Uuid;

use mailbox::Mailbox;

/// A broker and tables, for as many servers as a test starts.
pub struct TestStack {
    name: String,
    embedded: Option<embedded::Stack>,
    /// Only on the cluster.
    mailbox: Option<Mailbox>,
    data: TempDir,
}

/// Whether the environment names a cluster.
pub fn on_cluster() -> bool {
    match std::env::var("ONBOARD_TEST_STACK").as_deref() {
        Ok("cluster") => true,
        Ok(other) => panic!("ONBOARD_TEST_STACK is `{other}`; it must be `cluster` or unset"),
        Err(_) => false,
    }
}

/// The value of an environment variable that `scripts/cluster env` prints. Panics if it is not set.
pub fn required_variable(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; set the variables that `scripts/cluster env` prints"))
}

/// The Kafka configuration for these brokers, with a prefix of topics and groups.
pub fn kafka_at(brokers: String, prefix: String) -> KafkaConfig {
    let embedded = KafkaConfig { prefix, ..KafkaConfig::embedded(brokers) };
    match on_cluster() {
        false => embedded,
        true => KafkaConfig {
            username: Some(required_variable("KAFKA_USERNAME")),
            password: Some(required_variable("KAFKA_PASSWORD").into()),
            ca_file: Some(required_variable("ONBOARD_KAFKA__CA_FILE").into()),
            embedded: false,
            ..embedded
        },
    }
}

impl TestStack {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let name = Uuid::new_v4().simple().to_string()[..12].to_owned();
        let (embedded, mailbox) = match on_cluster() {
            true => (None, Some(Mailbox::open(&name).await)),
            false => (Some(embedded::Stack::start(&data.path().join("stack")).await.unwrap()), None),
        };
        Self { name, embedded, mailbox, data }
    }

    /// The data folder of instance `name`.
    pub fn data(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// The environment variables of a server on this stack.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("ENVIRONMENT", self.name.clone()),
            ("ONBOARD_KAFKA__PREFIX", format!("{}.", self.name)),
            ("ONBOARD_TABLES__CREATE", "true".to_owned()),
            ("ONBOARD_WATCHLIST__SAMPLE", "true".to_owned()),
            ("ONBOARD_STACK", "external".to_owned()),
        ];
        match &self.embedded {
            Some(stack) => environment.extend([
                ("KAFKA_BROKERS", stack.kafka_bootstrap.clone()),
                ("ONBOARD_KAFKA__REPLICATION_FACTOR", "1".to_owned()),
                ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb_endpoint.clone()),
                ("AWS_ACCESS_KEY_ID", stack.dynamodb_credentials.access_key_id.clone()),
                ("AWS_SECRET_ACCESS_KEY", stack.dynamodb_credentials.secret_access_key.clone()),
            ]),
            None => environment.extend(
                ["KAFKA_BROKERS", "KAFKA_USERNAME", "KAFKA_PASSWORD", "ONBOARD_KAFKA__CA_FILE"]
                    .map(|variable| (variable, required_variable(variable))),
            ),
        }
        for (audience, arn) in self.mailbox.iter().flat_map(Mailbox::topics) {
            let variable = match *audience {
                "applicant" => "ONBOARD_NOTIFY__APPLICANT_TOPIC",
                "compliance" => "ONBOARD_NOTIFY__COMPLIANCE_TOPIC",
                _ => "ONBOARD_NOTIFY__SUPPORT_TOPIC",
            };
            environment.push((variable, arn.clone()));
        }
        environment
    }

    /// The configuration of instance `name` on this stack: [`Self::environment`] as settings in TOML, then `settings`.
    pub fn config(&self, name: &str, settings: &str) -> Config {
        let mut text = format!("http.address = '127.0.0.1:0'\ndata_dir = '{}'\n", self.data(name).display());
        for (variable, value) in self.environment() {
            let key = match variable {
                // A test that names a list does not want the sample.
                "ONBOARD_WATCHLIST__SAMPLE" if settings.contains("watchlist.") => continue,
                "ENVIRONMENT" => "environment".to_owned(),
                "KAFKA_BROKERS" => "kafka.brokers".to_owned(),
                "KAFKA_USERNAME" => "kafka.username".to_owned(),
                "KAFKA_PASSWORD" => "kafka.password".to_owned(),
                other => match other.strip_prefix("ONBOARD_") {
                    Some(key) => key.to_lowercase().replace("__", "."),
                    // A variable of the AWS SDK. Tests in this process get its value from `backends`.
                    None => continue,
                },
            };
            let bare = value.parse::<i32>().is_ok() || value.parse::<bool>().is_ok();
            let quote = if bare && key != "environment" { "" } else { "'" };
            text.push_str(&format!("{key} = {quote}{value}{quote}\n"));
        }
        Config::with(&format!("{text}{settings}")).unwrap()
    }

    /// The backends of this stack for a server with this configuration.
    pub async fn backends(&self, config: &Config) -> Backends {
        match &self.embedded {
            Some(stack) => Backends::embedded(config, &StackAddresses::of(stack)),
            None => Backends::external(config).await,
        }
    }

    /// The replication factor of its topics.
    pub fn replication(&self) -> i32 {
        if self.embedded.is_some() { 1 } else { 2 }
    }

    /// The Kafka configuration for its brokers.
    pub fn kafka(&self) -> KafkaConfig {
        let brokers = match &self.embedded {
            Some(stack) => stack.kafka_bootstrap.clone(),
            None => required_variable("KAFKA_BROKERS"),
        };
        kafka_at(brokers, format!("{}.", self.name))
    }

    /// The messages of instance `name` to `audience`, in no order.
    pub fn messages(&self, name: &str, audience: &str) -> Vec<String> {
        match &self.mailbox {
            Some(mailbox) => mailbox.messages(audience),
            None => written_messages(&self.data(name), audience),
        }
    }

    /// Stops the embedded stack. The cluster keeps running.
    pub async fn stop(self) {
        if let Some(stack) = self.embedded {
            stack.stop().await;
        }
    }
}

/// The messages to `audience` that a server without SNS wrote to its data folder.
pub fn written_messages(data: &Path, audience: &str) -> Vec<String> {
    let files = std::fs::read_dir(data.join("messages")).unwrap();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
    texts.filter(|text| text.contains(&format!("\"audience\": \"{audience}\""))).collect()
}
