//! What is wrong with Kafka: from what librdkafka says to plain words.

use rdkafka::types::RDKafkaErrorCode;

/// What is wrong, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// No broker answers.
    Away,
    /// This broker (`host:port`) does not answer.
    Broker(String),
    /// The name of this broker is not known to the network.
    Name(String),
    /// Kafka refuses the user name or the password.
    Credentials,
    /// The certificate of this broker is not accepted.
    Certificate(String),
    /// TLS with this broker fails otherwise.
    Tls(String),
    /// The topic is not there.
    TopicMissing(String),
    /// We may not read or write the topic.
    TopicForbidden(String),
    /// We may not use the consumer group.
    GroupForbidden(String),
    /// We may not publish with an idempotent producer.
    ClusterForbidden,
    /// Brokers answer, and do not acknowledge events of this topic.
    Unacknowledged(String),
    /// Something else, by librdkafka's name for it, with the topic.
    Other(String, String),
}

/// A cause with what librdkafka said to it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) cause: Cause,
    /// The connection, as librdkafka calls it, where it is about one.
    pub(crate) connection: Option<String>,
    /// The broker (`host:port`), where it is about one.
    pub(crate) broker: Option<String>,
    /// What librdkafka said, without the connection.
    pub(crate) reason: String,
}

/// What a client works on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    pub(crate) topic: String,
    pub(crate) group: String,
}

impl Cause {
    /// The value of the `cause` label in metrics.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Broker(_) => "broker",
            Self::Name(_) => "name",
            Self::Credentials => "credentials",
            Self::Certificate(_) => "certificate",
            Self::Tls(_) => "tls",
            Self::TopicMissing(_) => "topic_missing",
            Self::TopicForbidden(_) => "topic_forbidden",
            Self::GroupForbidden(_) => "group_forbidden",
            Self::ClusterForbidden => "cluster_forbidden",
            Self::Unacknowledged(_) => "unacknowledged",
            Self::Other(..) => "other",
        }
    }

    /// Whether it says why no broker can be reached.
    pub(crate) const fn explains_away(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Credentials | Self::Certificate(_) | Self::Tls(_))
    }

    /// Whether a connection that is made is what it takes to be over.
    pub(crate) const fn is_of_connections(&self) -> bool {
        matches!(self, Self::Broker(_) | Self::Name(_) | Self::Credentials | Self::Certificate(_) | Self::Tls(_))
    }

    /// What an error of the client as a whole, with librdkafka's text to it, is about. None where nothing is wrong.
    pub(crate) fn of(code: RDKafkaErrorCode, text: &str, subject: &Subject) -> Option<Complaint> {
        use RDKafkaErrorCode as Code;
        let (connection, broker, reason) = match code {
            Code::BrokerTransportFailure
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::SSL
            | Code::Resolve => place(text),
            _ => (None, None, text),
        };
        // A coordinator that has no address yet is nobody's fault.
        let at = || broker.clone();
        let (topic, group) = (|| subject.topic.clone(), || subject.group.clone());
        let cause = match code {
            Code::AllBrokersDown => Self::Away,
            Code::BrokerTransportFailure | Code::OperationTimedOut | Code::RequestTimedOut => Self::Broker(at()?),
            Code::Resolve => Self::Name(at()?),
            Code::Authentication | Code::SaslAuthenticationFailed => Self::Credentials,
            Code::SSL if reason.contains("certificate") => Self::Certificate(at()?),
            Code::SSL => Self::Tls(at()?),
            Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => Self::TopicMissing(topic()),
            Code::TopicAuthorizationFailed => Self::TopicForbidden(topic()),
            Code::GroupAuthorizationFailed => Self::GroupForbidden(group()),
            Code::ClusterAuthorizationFailed => Self::ClusterForbidden,
            Code::MessageTimedOut | Code::NotEnoughReplicas | Code::NotEnoughReplicasAfterAppend => {
                Self::Unacknowledged(topic())
            }
            // These end the client, which is told by whoever uses it.
            Code::Fatal | Code::FencedInstanceId => return None,
            other => Self::Other(format!("{other:?}"), topic()),
        };
        Some(Complaint { cause, broker, connection, reason: without_guesses(reason) })
    }

    /// What a line of librdkafka's log is about, where nothing else tells of it: requests that a broker does not answer.
    pub(crate) fn in_log(facility: &str, line: &str) -> Option<Complaint> {
        if facility != "REQTMOUT" {
            return None;
        }
        let line = line.strip_prefix("[thrd:").and_then(|line| line.split_once("]: ")).map_or(line, |(_, line)| line);
        let (connection, broker, reason) = place(line);
        let cause = Self::Broker(broker.clone()?);
        Some(Complaint { cause, broker, connection, reason: without_guesses(reason) })
    }

    /// Says that it has begun. `reason` is librdkafka's, or what was found out.
    pub(crate) fn log_begin(&self, broker: Option<&str>, user: Option<&str>, reason: &str) {
        match self {
            Self::Away => tracing::error!(
                target: TARGET,
                "no broker of kafka can be reached; requests are answered, events wait until one is back"
            ),
            Self::Broker(broker) => tracing::warn!(
                target: TARGET,
                broker,
                reason,
                "a kafka broker does not answer; the others serve meanwhile, if they can"
            ),
            Self::Name(broker) => tracing::error!(
                target: TARGET,
                broker,
                reason,
                "the name of a kafka broker is not known here: see to KAFKA_BROKERS, the broker's advertised.listeners, or DNS"
            ),
            Self::Credentials => tracing::error!(
                target: TARGET,
                user,
                broker,
                "kafka refuses the user name or the password: see to KAFKA_USERNAME and KAFKA_PASSWORD, or to the user on the brokers"
            ),
            Self::Certificate(broker) => {
                tracing::error!(target: TARGET, broker, reason, "the certificate of a kafka broker is not accepted");
            }
            Self::Tls(broker) => tracing::error!(
                target: TARGET,
                broker,
                reason,
                "TLS with a kafka broker fails: is this its port for TLS?"
            ),
            Self::TopicMissing(topic) => tracing::error!(
                target: TARGET,
                topic,
                reason,
                "kafka has no such topic: create it, or let the program do so by starting it again"
            ),
            Self::TopicForbidden(topic) => tracing::error!(
                target: TARGET,
                topic,
                user,
                "kafka does not let the user use the topic: allow it to describe, read and write it"
            ),
            Self::GroupForbidden(group) => tracing::error!(
                target: TARGET,
                group,
                user,
                "kafka does not let the user use the consumer group: allow it to read it"
            ),
            Self::ClusterForbidden => tracing::error!(
                target: TARGET,
                user,
                "kafka does not let the user publish with an idempotent producer: allow it IdempotentWrite on the cluster"
            ),
            Self::Unacknowledged(topic) => tracing::error!(
                target: TARGET,
                topic,
                reason,
                "kafka does not acknowledge events: has each partition a leader, and as many copies in sync as min.insync.replicas says?"
            ),
            Self::Other(code, topic) => {
                tracing::warn!(target: TARGET, code, topic, reason, "kafka complains, and is asked again");
            }
        }
    }

    /// Says that it is over, after so many seconds.
    pub(crate) fn log_end(&self, after_s: u64) {
        match self {
            Self::Away => tracing::info!(target: TARGET, "kafka is back after {after_s} s"),
            Self::Broker(broker) => {
                tracing::info!(target: TARGET, broker, "the kafka broker is back after {after_s} s")
            }
            Self::Name(broker) => {
                tracing::info!(target: TARGET, broker, "the kafka broker's name is known again after {after_s} s");
            }
            Self::Credentials => {
                tracing::info!(target: TARGET, "kafka takes the user name and the password again after {after_s} s");
            }
            Self::Certificate(broker) => {
                tracing::info!(target: TARGET, broker, "the kafka broker's certificate is accepted after {after_s} s");
            }
            Self::Tls(broker) => tracing::info!(target: TARGET, broker, "TLS with the broker works after {after_s} s"),
            Self::TopicMissing(topic) | Self::TopicForbidden(topic) => {
                tracing::info!(target: TARGET, topic, "the topic can be used after {after_s} s");
            }
            Self::GroupForbidden(group) => {
                tracing::info!(target: TARGET, group, "the consumer group can be used after {after_s} s");
            }
            Self::ClusterForbidden => tracing::info!(target: TARGET, "kafka lets us publish after {after_s} s"),
            Self::Unacknowledged(topic) => {
                tracing::info!(target: TARGET, topic, "kafka acknowledges events again after {after_s} s");
            }
            Self::Other(code, topic) => tracing::info!(target: TARGET, code, topic, "it is over after {after_s} s"),
        }
    }
}

/// The target of all lines about Kafka's state, for filters.
const TARGET: &str = "server::kafka";

/// Connection, broker's address and the rest of one of librdkafka's texts:
/// `sasl_ssl://10.0.0.1:9096/2: rest`, `10.0.0.1:9092/bootstrap: rest` or `GroupCoordinator: 10.0.0.1:9096: rest`.
fn place(text: &str) -> (Option<String>, Option<String>, &str) {
    let Some((connection, rest)) = text.split_once(": ") else { return (None, None, text) };
    if let Some(address) = address(connection) {
        return (Some(connection.to_owned()), Some(address), rest);
    }
    match rest.split_once(": ").and_then(|(place, rest)| Some((address(place)?, rest))) {
        Some((address, rest)) => (Some(connection.to_owned()), Some(address), rest),
        None => (Some(connection.to_owned()), None, rest),
    }
}

/// Without what librdkafka adds: for how long it tried, and what might be the matter.
fn without_guesses(reason: &str) -> String {
    let end = [" (after ", ": connecting to a PLAINTEXT", ": might be caused by", ": requesting ApiVersion"]
        .iter()
        .filter_map(|guess| reason.find(guess))
        .min();
    reason[..end.unwrap_or(reason.len())].to_owned()
}

fn address(place: &str) -> Option<String> {
    let place = place.split_once("://").map_or(place, |(_, place)| place);
    let place = place.rsplit_once('/').map_or(place, |(place, _)| place);
    let (_, port) = place.rsplit_once(':')?;
    port.parse::<u16>().ok().map(|_| place.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn complaint(code: RDKafkaErrorCode, text: &str) -> Complaint {
        let subject = Subject { topic: "kyc-verified".into(), group: "readers".into() };
        Cause::of(code, text, &subject).unwrap()
    }

    #[test]
    fn the_broker_is_found_in_the_text() {
        for (text, connection, broker) in [
            ("sasl_ssl://10.0.0.1:9096/2: Connect failed", "sasl_ssl://10.0.0.1:9096/2", "10.0.0.1:9096"),
            ("b-1.example:9092/bootstrap: Connect failed", "b-1.example:9092/bootstrap", "b-1.example:9092"),
            ("ssl://[::1]:9092/3: Connect failed", "ssl://[::1]:9092/3", "[::1]:9092"),
            ("GroupCoordinator: 10.0.0.1:9096: Connect failed", "GroupCoordinator", "10.0.0.1:9096"),
        ] {
            let found = complaint(RDKafkaErrorCode::BrokerTransportFailure, &format!("{text} (after 3ms in state UP)"));
            assert_eq!(found.connection.as_deref(), Some(connection));
            assert_eq!(found.broker.as_deref(), Some(broker));
            assert_eq!(found.reason, "Connect failed");
            assert_eq!(found.cause, Cause::Broker(broker.to_owned()));
        }
        let nowhere = "GroupCoordinator: Connect failed";
        assert_eq!(Cause::of(RDKafkaErrorCode::BrokerTransportFailure, nowhere, &Subject::default()), None);
    }

    #[test]
    fn a_broker_that_hangs_is_found_in_the_log() {
        let line = "[thrd:sasl_ssl://a:1/1]: sasl_ssl://a:1/1: Timed out 1 in-flight, 0 retry-queued requests";
        let found = Cause::in_log("REQTMOUT", line).unwrap();
        assert_eq!((found.cause, found.connection), (Cause::Broker("a:1".into()), Some("sasl_ssl://a:1/1".into())));
        assert_eq!(found.reason, "Timed out 1 in-flight, 0 retry-queued requests");
        assert_eq!(Cause::in_log("REQTMOUT", "[thrd:GroupCoordinator]: GroupCoordinator/1: Timed out"), None);
        assert_eq!(Cause::in_log("FAIL", line), None);
    }

    #[test]
    fn causes_are_told_apart() {
        let verify = "ssl://a:1/bootstrap: SSL handshake failed: certificate verify failed";
        assert_eq!(complaint(RDKafkaErrorCode::SSL, verify).cause, Cause::Certificate("a:1".into()));
        let plain = "ssl://a:1/bootstrap: SSL handshake failed: wrong version number";
        assert_eq!(complaint(RDKafkaErrorCode::SSL, plain).cause, Cause::Tls("a:1".into()));
        let refused = "sasl_ssl://a:1/2: SASL authentication error: Authentication failed";
        assert_eq!(complaint(RDKafkaErrorCode::Authentication, refused).cause, Cause::Credentials);
        let topic = complaint(RDKafkaErrorCode::TopicAuthorizationFailed, "Fetch from broker 1 failed: no: really");
        assert_eq!(topic.cause, Cause::TopicForbidden("kyc-verified".into()));
        assert_eq!((topic.broker, topic.reason.as_str()), (None, "Fetch from broker 1 failed: no: really"));
        let group = complaint(RDKafkaErrorCode::GroupAuthorizationFailed, "JoinGroup failed");
        assert_eq!(group.cause, Cause::GroupForbidden("readers".into()));
        assert_eq!(Cause::of(RDKafkaErrorCode::Fatal, "fenced", &Subject::default()), None);
    }
}
