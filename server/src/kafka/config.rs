//! librdkafka's settings, from the few settings of the program.

use std::path::PathBuf;
use std::time::Duration;

use domain::event::EventType;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use secrecy::{ExposeSecret, SecretString};

/// How long a message may wait for its acknowledgement, retries included. The relay retries after that.
pub(super) const DELIVERY_WITHIN: Duration = Duration::from_secs(15);

/// The capacity of the publisher's queue, in messages.
const PUBLISH_QUEUE: &str = "10000";

/// TLS 1.2 cipher suites. All are authenticated encryption (AEAD), which TLS 1.1 and older lack, so the list also
/// excludes those versions. TLS 1.3 has its own suites and is not affected.
const TLS_1_2_SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// How to reach Kafka.
#[derive(Clone, Debug, Default)]
pub struct KafkaConfig {
    /// `host:port`, separated by commas. `KAFKA_BROKERS`.
    pub brokers: String,
    /// With it, clients use SASL SCRAM-SHA-512 over TLS 1.2 or newer; without it, plain text. `KAFKA_USERNAME`.
    pub username: Option<String>,
    /// The password of `username`; a client without it does not start. `KAFKA_PASSWORD`.
    pub password: Option<SecretString>,
    /// PEM file of the certificate authorities that brokers are trusted by; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// The prefix of topic and group names, so that several environments can share a cluster.
    pub prefix: String,
    /// Whether this is the embedded broker, which lives as long as the program: sessions are shorter, and nothing is
    /// compressed.
    pub embedded: bool,
    /// Static group membership (`group.instance.id`): the same across restarts, different on every instance. An
    /// instance that was killed gets its partitions back when it starts again; without a name they pause for
    /// `session.timeout.ms`. In return, an instance that leaves for good is replaced only after that time.
    pub instance_id: Option<String>,
}

impl KafkaConfig {
    /// The embedded broker at `bootstrap` (`host:port`). It has one user, so the instance has a fixed name.
    pub fn embedded(bootstrap: impl Into<String>) -> Self {
        Self { brokers: bootstrap.into(), embedded: true, instance_id: Some("embedded".to_owned()), ..Self::default() }
    }

    /// The name of the topic of `event_type` on this cluster.
    pub fn topic(&self, event_type: EventType) -> String {
        format!("{}{}", self.prefix, event_type.topic())
    }

    /// The name of the group that consumes the topic of `event_type` on this cluster.
    pub fn group(&self, event_type: EventType) -> String {
        format!("{}{}", self.prefix, event_type.consumer_group())
    }

    /// Settings that all clients share.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        // librdkafka passes on warnings even where the log filter drops them: they are the only sign of some incidents.
        if matches!(config.log_level, RDKafkaLogLevel::Error | RDKafkaLogLevel::Critical) {
            config.set_log_level(RDKafkaLogLevel::Warning);
        }
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "onboard-ai")
            .set("socket.timeout.ms", "10000")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "2000")
            .set("log.connection.close", "false")
            // The producer's default is true: a broker would then create a missing topic with its own defaults.
            .set("allow.auto.create.topics", "false");
        if let Some(username) = &self.username {
            config
                .set("security.protocol", "SASL_SSL")
                .set("sasl.mechanism", "SCRAM-SHA-512")
                .set("sasl.username", username)
                .set("ssl.cipher.suites", TLS_1_2_SUITES)
                .set("ssl.endpoint.identification.algorithm", "https");
            if let Some(password) = &self.password {
                config.set("sasl.password", password.expose_secret());
            }
            if let Some(file) = &self.ca_file {
                config.set("ssl.ca.location", file.to_string_lossy());
            }
        }
        config
    }

    /// Settings of the publisher.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // The partitioner of the Java and Node clients, so that every client maps a customer to the same partition.
            .set("partitioner", "murmur2_random")
            .set("request.timeout.ms", "5000")
            .set("message.timeout.ms", DELIVERY_WITHIN.as_millis().to_string())
            .set("queue.buffering.max.messages", PUBLISH_QUEUE)
            .set("queue.buffering.max.kbytes", "65536")
            // A short linger: enough to share a request under budget, not felt by one person.
            .set("linger.ms", "2")
            .set("statistics.interval.ms", self.statistics_interval())
            .set("compression.type", if self.embedded { "none" } else { "zstd" });
        config
    }

    /// How often librdkafka reports its connections, in milliseconds; the reports show that an outage is over. The
    /// embedded broker runs as long as the program, so there the reports are only for the metrics.
    const fn statistics_interval(&self) -> &'static str {
        if self.embedded { "10000" } else { "2000" }
    }

    /// Settings of the consumer of one topic.
    pub(super) fn consumer(&self, event_type: EventType) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.group(event_type))
            .set("auto.offset.reset", "earliest")
            // The dispatcher stores offsets after the work; librdkafka commits them at this interval.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            // A rebalance revokes only the partitions that move.
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", if self.embedded { "6000" } else { "10000" })
            .set("heartbeat.interval.ms", "2000")
            .set("fetch.wait.max.ms", "500")
            // How long fetching pauses with a full queue; the default of a second would be noticed.
            .set("fetch.queue.backoff.ms", "20")
            .set("queued.min.messages", "1000")
            .set("queued.max.messages.kbytes", "8192")
            .set("statistics.interval.ms", self.statistics_interval());
        if let Some(instance) = &self.instance_id {
            config.set("group.instance.id", instance);
        }
        config
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use rdkafka::producer::BaseProducer;

    use super::*;

    fn cluster() -> KafkaConfig {
        KafkaConfig {
            brokers: "b-1.example:9096,b-2.example:9096".to_owned(),
            username: Some("onboard-ai".to_owned()),
            password: Some("a secret".into()),
            ..KafkaConfig::default()
        }
    }

    #[test]
    fn prefix_applies_to_topics_and_groups() {
        let config = KafkaConfig { prefix: "staging.".to_owned(), ..cluster() };
        assert_eq!(config.topic(EventType::KycVerified), "staging.kyc-verified");
        let consumer = config.consumer(EventType::KycVerified);
        assert_eq!(consumer.get("group.id"), Some("staging.onboard-ai-consumer-kyc-verified"));
    }

    #[test]
    fn user_name_selects_scram_over_tls() {
        let config = cluster().client();
        assert_eq!(config.get("security.protocol"), Some("SASL_SSL"));
        assert_eq!(config.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
        assert_eq!(config.get("sasl.password"), Some("a secret"));
        assert_eq!(KafkaConfig::embedded("127.0.0.1:1").client().get("security.protocol"), None);
    }

    #[test]
    fn librdkafka_accepts_every_setting() {
        for config in [cluster(), KafkaConfig::embedded("127.0.0.1:1")] {
            config.producer().create::<BaseProducer>().unwrap();
            for event_type in EventType::ALL {
                config.consumer(event_type).create_native_config().unwrap();
            }
        }
    }

    #[test]
    fn user_without_password_makes_no_client() {
        let config = KafkaConfig { password: None, ..cluster() };
        assert!(config.producer().create::<BaseProducer>().is_err());
    }

    #[test]
    fn password_is_not_in_debug_output() {
        assert!(!format!("{:?}", cluster()).contains("a secret"));
    }
}
