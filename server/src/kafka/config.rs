//! From our few settings to librdkafka's many.

use std::path::PathBuf;
use std::time::Duration;

use domain::event::EventType;
use rdkafka::config::ClientConfig;
use secrecy::{ExposeSecret, SecretString};

/// How long a message may wait for its acknowledgement, retries included. The relay tries again afterwards.
pub(super) const DELIVERY_WITHIN: Duration = Duration::from_secs(15);

/// How many messages may wait in the publisher; one more is refused.
const PUBLISH_QUEUE: &str = "10000";

/// How long the embedded broker holds an empty fetch, in milliseconds. It looks again after half of what is left, so an
/// event waits about a quarter of this; and every look costs: six idle consumers took a whole core of a debug build at
/// 10, half of one at 30, a fifth at 100.
const EMBEDDED_FETCH_WAIT: &str = "100";

/// TLS cipher suites of version 1.2. All are authenticated encryption, which 1.1 and older do not have, so the list
/// also keeps those versions out. Version 1.3 has its own suites and is not affected.
const TLS_1_2_SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
    ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// How to reach Kafka.
#[derive(Clone, Debug, Default)]
pub struct KafkaConfig {
    /// `host:port`, separated by commas. `KAFKA_BROKERS`.
    pub brokers: String,
    /// With it, SASL SCRAM-SHA-512 over TLS 1.2 or newer; without, plain text. `KAFKA_USERNAME`.
    pub username: Option<String>,
    /// Belongs to `username`; a client without it does not start. `KAFKA_PASSWORD`.
    pub password: Option<SecretString>,
    /// PEM file of the authorities that brokers' certificates are trusted by; none means the system's.
    pub ca_file: Option<PathBuf>,
    /// What topics and groups are called before their own name, so that several environments can share a cluster.
    pub prefix: String,
    /// Whether this is the embedded broker, whose fetch does not wake when an event arrives: there, consumers ask
    /// often instead of waiting long.
    pub embedded: bool,
    /// Name of this instance among those that share the work (`group.instance.id`): stable across restarts, different
    /// on every instance. With it an instance that was killed gets its partitions back as soon as it is up again;
    /// without, they stand still for `session.timeout.ms`. In return, an instance that leaves for good is replaced
    /// after that time only.
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
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "onboard-ai")
            .set("socket.timeout.ms", "10000")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "2000")
            .set("log.connection.close", "false");
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
            // As the Java and Node clients place keys: everyone finds a customer on the same partition.
            .set("partitioner", "murmur2_random")
            .set("request.timeout.ms", "5000")
            .set("message.timeout.ms", DELIVERY_WITHIN.as_millis().to_string())
            .set("queue.buffering.max.messages", PUBLISH_QUEUE)
            .set("queue.buffering.max.kbytes", "65536")
            // A short linger: enough to share a request under load, not felt by one person.
            .set("linger.ms", "2")
            .set("compression.type", if self.embedded { "none" } else { "zstd" });
        config
    }

    /// Settings of the consumer of one topic.
    pub(super) fn consumer(&self, event_type: EventType) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.group(event_type))
            .set("auto.offset.reset", "earliest")
            // Offsets are stored by us, after the work, and sent by librdkafka from time to time.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            // Only what moves is taken away in a rebalance; the rest works on.
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", if self.embedded { "6000" } else { "10000" })
            .set("heartbeat.interval.ms", "2000")
            .set("fetch.wait.max.ms", if self.embedded { EMBEDDED_FETCH_WAIT } else { "500" })
            // How long fetching pauses when enough lies ready; the default second would be felt.
            .set("fetch.queue.backoff.ms", "20")
            .set("queued.min.messages", "1000")
            .set("queued.max.messages.kbytes", "8192")
            .set("statistics.interval.ms", "10000");
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
    fn a_prefix_is_on_topics_and_groups() {
        let config = KafkaConfig { prefix: "staging.".to_owned(), ..cluster() };
        assert_eq!(config.topic(EventType::KycVerified), "staging.kyc-verified");
        let consumer = config.consumer(EventType::KycVerified);
        assert_eq!(consumer.get("group.id"), Some("staging.onboard-ai-consumer-kyc-verified"));
    }

    #[test]
    fn a_user_name_means_scram_over_tls() {
        let config = cluster().client();
        assert_eq!(config.get("security.protocol"), Some("SASL_SSL"));
        assert_eq!(config.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
        assert_eq!(config.get("sasl.password"), Some("a secret"));
        assert_eq!(KafkaConfig::embedded("127.0.0.1:1").client().get("security.protocol"), None);
    }

    #[test]
    fn librdkafka_knows_every_setting() {
        for config in [cluster(), KafkaConfig::embedded("127.0.0.1:1")] {
            config.producer().create::<BaseProducer>().unwrap();
            for event_type in EventType::ALL {
                config.consumer(event_type).create_native_config().unwrap();
            }
        }
    }

    #[test]
    fn a_user_without_a_password_does_not_start() {
        let config = KafkaConfig { password: None, ..cluster() };
        assert!(config.producer().create::<BaseProducer>().is_err());
    }

    #[test]
    fn only_the_embedded_broker_is_asked_often() {
        let event_type = EventType::KycVerified;
        assert_eq!(cluster().consumer(event_type).get("fetch.wait.max.ms"), Some("500"));
        assert_eq!(KafkaConfig::embedded("x").consumer(event_type).get("fetch.wait.max.ms"), Some("100"));
        assert_eq!(cluster().consumer(event_type).get("group.id"), Some("onboard-ai-consumer-kyc-verified"));
    }

    #[test]
    fn the_password_is_not_in_the_debug_text() {
        assert!(!format!("{:?}", cluster()).contains("a secret"));
    }
}
