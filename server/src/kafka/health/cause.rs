//! The causes of incidents, read from librdkafka's errors and log lines, and the log lines of each.

use rdkafka::types::RDKafkaErrorCode;

use super::stall::is_unreadable_batch;

/// The cause of an incident, and the resource that it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// No broker answers.
    Unreachable,
    /// This broker (`host:port`) does not answer.
    Broker(String),
    /// The name of this broker is not resolved.
    Name(String),
    /// Kafka refuses the user name or the password.
    Credentials,
    /// The certificate of this broker is not accepted.
    Certificate(String),
    /// TLS with this broker fails for another reason.
    Tls(String),
    /// The topic does not exist.
    TopicMissing(String),
    /// The user may not read or write the topic.
    TopicForbidden(String),
    /// The user may not use the consumer group.
    GroupForbidden(String),
    /// The user may not publish with an idempotent producer.
    ClusterForbidden,
    /// Brokers answer but do not acknowledge events of this topic.
    Unacknowledged(String),
    /// This partition of the topic does not move on: a batch in it cannot be read.
    Unreadable(String, i32),
    /// Any other error, by librdkafka's name for it, with the topic.
    Other(String, String),
}

/// An error as a client reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorReport {
    pub(crate) cause: Cause,
    /// librdkafka's name of the connection, if the error is about one.
    pub(crate) connection: Option<String>,
    /// The broker (`host:port`), if the error is about one.
    pub(crate) broker: Option<String>,
    /// librdkafka's text, without the connection.
    pub(crate) reason: String,
}

/// The topic and the consumer group that a client works on.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientScope {
    pub(crate) topic: String,
    pub(crate) group: String,
}

impl Cause {
    /// The value of the `cause` label in metrics.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
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
            Self::Unreadable(..) => "unreadable",
            Self::Other(..) => "other",
        }
    }

    /// Whether it explains that no broker can be reached.
    pub(crate) const fn explains_outage(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Credentials | Self::Certificate(_) | Self::Tls(_))
    }

    /// Whether a new connection resolves it.
    pub(crate) const fn is_about_connections(&self) -> bool {
        matches!(self, Self::Broker(_) | Self::Name(_) | Self::Credentials | Self::Certificate(_) | Self::Tls(_))
    }

    /// The report for an error of the client, with librdkafka's text. None where the error is no incident.
    pub(crate) fn of(code: RDKafkaErrorCode, text: &str, scope: &ClientScope) -> Option<ErrorReport> {
        use RDKafkaErrorCode as Code;
        let (connection, broker, reason) = match code {
            Code::BrokerTransportFailure
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::SSL
            | Code::Resolve => locate(text),
            _ => (None, None, text),
        };
        // A coordinator without an address yet is no incident.
        let at = || broker.clone();
        let (topic, group) = (|| scope.topic.clone(), || scope.group.clone());
        let cause = match code {
            Code::AllBrokersDown => Self::Unreachable,
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
            // These end the client; its user logs that.
            Code::Fatal | Code::FencedInstanceId => return None,
            // The text does not name the partition: `StallDetector` finds it.
            code if is_unreadable_batch(code, text) => return None,
            other => Self::Other(format!("{other:?}"), topic()),
        };
        Some(ErrorReport { cause, broker, connection, reason: without_additions(reason) })
    }

    /// The report for a line of librdkafka's log. Only unanswered requests: librdkafka reports them in no other way.
    pub(crate) fn in_log(facility: &str, line: &str) -> Option<ErrorReport> {
        if facility != "REQTMOUT" {
            return None;
        }
        let line = line.strip_prefix("[thrd:").and_then(|line| line.split_once("]: ")).map_or(line, |(_, line)| line);
        let (connection, broker, reason) = locate(line);
        let cause = Self::Broker(broker.clone()?);
        Some(ErrorReport { cause, broker, connection, reason: without_additions(reason) })
    }

    /// Logs that the incident opened. `reason` is librdkafka's text, or what was found out.
    pub(crate) fn log_opened(&self, broker: Option<&str>, user: Option<&str>, reason: &str) {
        match self {
            Self::Unreachable => tracing::error!(
                target: TARGET,
                "kafka unreachable; requests are answered, events wait in the event log"
            ),
            Self::Broker(broker) => {
                tracing::warn!(target: TARGET, broker, reason, "kafka broker unreachable; other brokers take over");
            }
            Self::Name(broker) => tracing::error!(
                target: TARGET,
                broker,
                reason,
                "kafka broker name not resolved: check KAFKA_BROKERS, the broker's advertised.listeners and DNS"
            ),
            Self::Credentials => tracing::error!(
                target: TARGET,
                user,
                broker,
                "kafka credentials rejected: check KAFKA_USERNAME, KAFKA_PASSWORD and the user on the brokers"
            ),
            Self::Certificate(broker) => {
                tracing::error!(target: TARGET, broker, reason, "kafka broker certificate rejected");
            }
            Self::Tls(broker) => tracing::error!(
                target: TARGET,
                broker,
                reason,
                "kafka TLS handshake failed: check that the port is the broker's TLS listener"
            ),
            Self::TopicMissing(topic) => tracing::error!(
                target: TARGET,
                topic,
                reason,
                "kafka topic missing: create it, or restart the program, which creates it"
            ),
            Self::TopicForbidden(topic) => tracing::error!(
                target: TARGET,
                topic,
                user,
                "kafka topic access denied: allow the user to describe, read and write it"
            ),
            Self::GroupForbidden(group) => tracing::error!(
                target: TARGET,
                group,
                user,
                "kafka consumer group access denied: allow the user to read it"
            ),
            Self::ClusterForbidden => tracing::error!(
                target: TARGET,
                user,
                "kafka idempotent write denied: allow the user IdempotentWrite on the cluster"
            ),
            Self::Unacknowledged(topic) => tracing::error!(
                target: TARGET,
                topic,
                reason,
                "kafka events not acknowledged: check partition leaders and min.insync.replicas"
            ),
            Self::Unreadable(topic, partition) => tracing::error!(
                target: TARGET,
                topic,
                partition,
                reason,
                "kafka partition unreadable; its events wait: restore the batch, or move the group's offset past it"
            ),
            Self::Other(code, topic) => {
                tracing::warn!(target: TARGET, code, topic, reason, "kafka error reported; the request is retried");
            }
        }
    }

    /// Logs that the incident is over, after so many seconds.
    pub(crate) fn log_resolved(&self, after_s: u64) {
        match self {
            Self::Unreachable => tracing::info!(target: TARGET, "kafka reachable again after {after_s} s"),
            Self::Broker(broker) => {
                tracing::info!(target: TARGET, broker, "kafka broker reachable again after {after_s} s");
            }
            Self::Name(broker) => {
                tracing::info!(target: TARGET, broker, "kafka broker name resolved after {after_s} s");
            }
            Self::Credentials => tracing::info!(target: TARGET, "kafka credentials accepted after {after_s} s"),
            Self::Certificate(broker) => {
                tracing::info!(target: TARGET, broker, "kafka broker certificate accepted after {after_s} s");
            }
            Self::Tls(broker) => {
                tracing::info!(target: TARGET, broker, "kafka TLS handshake succeeded after {after_s} s");
            }
            Self::TopicMissing(topic) | Self::TopicForbidden(topic) => {
                tracing::info!(target: TARGET, topic, "kafka topic usable after {after_s} s");
            }
            Self::GroupForbidden(group) => {
                tracing::info!(target: TARGET, group, "kafka consumer group usable after {after_s} s");
            }
            Self::ClusterForbidden => {
                tracing::info!(target: TARGET, "kafka idempotent write allowed after {after_s} s")
            }
            Self::Unacknowledged(topic) => {
                tracing::info!(target: TARGET, topic, "kafka events acknowledged again after {after_s} s");
            }
            Self::Unreadable(topic, partition) => {
                tracing::info!(target: TARGET, topic, partition, "kafka partition readable again after {after_s} s");
            }
            Self::Other(code, topic) => {
                tracing::info!(target: TARGET, code, topic, "kafka error resolved after {after_s} s");
            }
        }
    }
}

/// The log target of all incidents, for filters.
const TARGET: &str = "server::kafka";

/// Connection, broker's address and the rest of one of librdkafka's texts:
/// `sasl_ssl://10.0.0.1:9096/2: rest`, `10.0.0.1:9092/bootstrap: rest` or `GroupCoordinator: 10.0.0.1:9096: rest`.
fn locate(text: &str) -> (Option<String>, Option<String>, &str) {
    let Some((connection, rest)) = text.split_once(": ") else { return (None, None, text) };
    if let Some(address) = address(connection) {
        return (Some(connection.to_owned()), Some(address), rest);
    }
    match rest.split_once(": ").and_then(|(place, rest)| Some((address(place)?, rest))) {
        Some((address, rest)) => (Some(connection.to_owned()), Some(address), rest),
        None => (Some(connection.to_owned()), None, rest),
    }
}

/// The text without librdkafka's additions: how long it tried, and its guess at the cause.
fn without_additions(reason: &str) -> String {
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

    fn report(code: RDKafkaErrorCode, text: &str) -> ErrorReport {
        let scope = ClientScope { topic: "kyc-verified".into(), group: "readers".into() };
        Cause::of(code, text, &scope).unwrap()
    }

    #[test]
    fn broker_address_is_read_from_error_text() {
        for (text, connection, broker) in [
            ("sasl_ssl://10.0.0.1:9096/2: Connect failed", "sasl_ssl://10.0.0.1:9096/2", "10.0.0.1:9096"),
            ("b-1.example:9092/bootstrap: Connect failed", "b-1.example:9092/bootstrap", "b-1.example:9092"),
            ("ssl://[::1]:9092/3: Connect failed", "ssl://[::1]:9092/3", "[::1]:9092"),
            ("GroupCoordinator: 10.0.0.1:9096: Connect failed", "GroupCoordinator", "10.0.0.1:9096"),
        ] {
            let found = report(RDKafkaErrorCode::BrokerTransportFailure, &format!("{text} (after 3ms in state UP)"));
            assert_eq!(found.connection.as_deref(), Some(connection));
            assert_eq!(found.broker.as_deref(), Some(broker));
            assert_eq!(found.reason, "Connect failed");
            assert_eq!(found.cause, Cause::Broker(broker.to_owned()));
        }
        let nowhere = "GroupCoordinator: Connect failed";
        assert_eq!(Cause::of(RDKafkaErrorCode::BrokerTransportFailure, nowhere, &ClientScope::default()), None);
    }

    #[test]
    fn hanging_broker_is_read_from_log_line() {
        let line = "[thrd:sasl_ssl://a:1/1]: sasl_ssl://a:1/1: Timed out 1 in-flight, 0 retry-queued requests";
        let found = Cause::in_log("REQTMOUT", line).unwrap();
        assert_eq!((found.cause, found.connection), (Cause::Broker("a:1".into()), Some("sasl_ssl://a:1/1".into())));
        assert_eq!(found.reason, "Timed out 1 in-flight, 0 retry-queued requests");
        assert_eq!(Cause::in_log("REQTMOUT", "[thrd:GroupCoordinator]: GroupCoordinator/1: Timed out"), None);
        assert_eq!(Cause::in_log("FAIL", line), None);
    }

    #[test]
    fn each_error_code_has_its_cause() {
        let verify = "ssl://a:1/bootstrap: SSL handshake failed: certificate verify failed";
        assert_eq!(report(RDKafkaErrorCode::SSL, verify).cause, Cause::Certificate("a:1".into()));
        let plain = "ssl://a:1/bootstrap: SSL handshake failed: wrong version number";
        assert_eq!(report(RDKafkaErrorCode::SSL, plain).cause, Cause::Tls("a:1".into()));
        let refused = "sasl_ssl://a:1/2: SASL authentication error: Authentication failed";
        assert_eq!(report(RDKafkaErrorCode::Authentication, refused).cause, Cause::Credentials);
        let topic = report(RDKafkaErrorCode::TopicAuthorizationFailed, "Fetch from broker 1 failed: no: really");
        assert_eq!(topic.cause, Cause::TopicForbidden("kyc-verified".into()));
        assert_eq!((topic.broker, topic.reason.as_str()), (None, "Fetch from broker 1 failed: no: really"));
        let group = report(RDKafkaErrorCode::GroupAuthorizationFailed, "JoinGroup failed");
        assert_eq!(group.cause, Cause::GroupForbidden("readers".into()));
        assert_eq!(Cause::of(RDKafkaErrorCode::Fatal, "fenced", &ClientScope::default()), None);
    }
}
