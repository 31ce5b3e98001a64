//! librdkafka's log lines and statistics, in the program's log and metrics. [`super::health`] reads its errors; its own
//! lines are off by default (`telemetry.log`), because each connection repeats them.

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;

/// Logs a line of librdkafka. Its lines name brokers, topics and groups, never payloads.
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

/// Sets the metric of the lag of each assigned partition.
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

/// The context of clients that only log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Logging;

impl ClientContext for Logging {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log(level, facility, line);
    }

    fn error(&self, _: KafkaError, _: &str) {
        // The publisher and the consumers report it.
    }
}

impl rdkafka::consumer::ConsumerContext for Logging {}
