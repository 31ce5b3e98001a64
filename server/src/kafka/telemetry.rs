//! What librdkafka says, in our log and our metrics.

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;

/// Passes a log line of librdkafka on. Its lines name brokers, topics and groups, never payloads.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, line: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(target: "librdkafka", facility, "{line}");
        }
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{line}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(target: "librdkafka", facility, "{line}"),
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{line}"),
    }
}

/// Notes an error of the client as a whole, such as an unreachable broker. librdkafka goes on trying by itself.
pub(super) fn client_error(error: &KafkaError, reason: &str) {
    tracing::warn!(target: "librdkafka", %error, reason, "kafka client");
}

/// Publishes how far each assigned partition is behind.
pub(super) fn lag(statistics: &Statistics) {
    for (name, topic) in &statistics.topics {
        for (number, partition) in &topic.partitions {
            // -1 stands for both "not known yet" and the partition of librdkafka's own bookkeeping.
            if *number >= 0 && partition.consumer_lag_stored >= 0 {
                #[allow(clippy::cast_precision_loss)] // a lag beyond 2^52 events has other problems
                metrics::gauge!(
                    "onboard_kafka_consumer_lag",
                    "topic" => name.clone(),
                    "partition" => number.to_string()
                )
                .set(partition.consumer_lag_stored as f64);
            }
        }
    }
}

/// The context of clients that need nothing but logging.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Logging;

impl ClientContext for Logging {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client_error(&error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Logging {}
