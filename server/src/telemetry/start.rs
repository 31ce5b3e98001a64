//! Creates the series of a process whose labels are known, with the value 0.

use domain::event::EventType;

use super::catalogue::{Kind, METRICS, Metric, Part};
use crate::config::{Config, Role};
use crate::http;

/// Creates the series of a process with these settings. Gauges that would be wrong until they are first set are left
/// out: the first value creates them.
pub fn start(config: &Config) {
    super::metrics();
    let consumed = config.consumed();
    for metric in METRICS.iter().filter(|metric| has(config, metric.part)) {
        let topics = if metric.part == Part::Consumers { &consumed } else { &EventType::ALL[..] };
        match metric.kind {
            Kind::Gauge if metric.labels.is_empty() && !LEVELS.contains(&metric.name) => {}
            _ => create(metric, topics),
        }
    }
    if has(config, Part::Web) {
        http::create_route_series();
        #[allow(clippy::cast_precision_loss)] // far below 2^52
        metrics::gauge!("onboard_sockets_limit").set(config.http.sockets as f64);
    }
    let roles = if config.roles.all() { "all".to_owned() } else { config.roles.to_string() };
    metrics::gauge!(
        "onboard_build_info",
        "version" => env!("CARGO_PKG_VERSION"),
        "revision" => option_env!("BUILD_REVISION").unwrap_or("unknown"),
        "rustc" => env!("BUILD_RUSTC"),
        "roles" => roles
    )
    .set(1.0);
}

/// Gauges of what the process itself counts, which are 0 at first. Others tell what is found elsewhere, and 0 would be
/// a claim.
const LEVELS: [&str; 4] =
    ["onboard_connections", "onboard_http_requests_in_flight", "onboard_uploads_in_flight", "onboard_sockets"];

/// Whether a process with these settings has the metrics of `part`.
pub(super) fn has(config: &Config, part: Part) -> bool {
    let role = |role| config.roles.has(role);
    match part {
        Part::All => true,
        Part::Web => role(Role::Web),
        Part::Commands => config.runs_commands(),
        Part::Relay => role(Role::Relay),
        Part::Kafka => config.needs_kafka(),
        Part::Consumers => role(Role::Consumers),
        Part::Delivery => config.runs_commands(),
        Part::Reader => config.reads_documents(),
    }
}

fn create(metric: &Metric, topics: &[EventType]) {
    let mut series: Vec<Vec<(&'static str, &'static str)>> = vec![Vec::new()];
    for (label, values) in metric.labels {
        let Some(values) = values.known(topics) else { return };
        let with = |value: &&'static str| {
            let value = *value;
            series.iter().map(move |labels| [&labels[..], &[(*label, value)]].concat())
        };
        series = values.iter().flat_map(with).collect();
    }
    for labels in series {
        match metric.kind {
            Kind::Counter => metrics::counter!(metric.name, &labels).increment(0),
            Kind::Gauge => metrics::gauge!(metric.name, &labels).set(0.0),
            // A histogram without samples is rendered once it is registered.
            Kind::Histogram(_) => drop(metrics::histogram!(metric.name, &labels)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::document::Provider;
    use domain::event::CheckType;
    use domain::watchlist::Source;

    use super::super::catalogue::MAX_SERIES;
    use super::super::{labels, render};
    use super::*;
    use crate::table_names::Table;

    /// One test, because the recorder is one for all tests of a process.
    #[test]
    fn process_with_all_roles_has_its_series_from_the_start_and_fewer_than_the_limit() {
        start(&Config::with("").unwrap());
        let text = render();
        for metric in METRICS.iter().filter(|metric| metric.kind != Kind::Gauge) {
            let known = metric.labels.iter().all(|(_, values)| values.known(&EventType::ALL).is_some());
            let http = metric.name.contains("_http_request");
            assert!(!(known || http) || text.contains(&format!("# HELP {} ", metric.name)), "{}", metric.name);
        }
        assert!(text.contains("onboard_messages_parked_total{topic=\"kyc-verified\",reason=\"attempts\"} 0\n"));
        assert!(text.contains("onboard_kafka_handle_seconds_bucket{topic=\"kyc-verified\",le=\"0.5\"} 0\n"));
        assert!(!text.contains("quantile="), "no summaries");
        assert!(!text.contains("onboard_outbox_oldest_seconds"), "no claim before the first sweep");
        // What appears later: the lag of 18 partitions; for each provider ten outcomes, two histograms of eleven buckets
        // and a gauge; two gauges for each sanctions list; gauges without labels.
        let gauges = METRICS.iter().filter(|metric| metric.kind == Kind::Gauge && metric.labels.is_empty()).count();
        let later = 18 + Provider::ALL.len() * (10 + 2 * 14 + 1) + 2 * Source::ALL.len() + gauges;
        let series = text.lines().filter(|line| line.starts_with("onboard")).count();
        assert!(series + later <= MAX_SERIES, "{series} at the start, {later} later");

        // A gauge that has no value any more is not rendered.
        let lag = metrics::gauge!("onboard_kafka_consumer_lag", "topic" => "none", "partition" => "7");
        lag.set(3.0);
        assert!(render().contains("onboard_kafka_consumer_lag{topic=\"none\",partition=\"7\"} 3\n"));
        lag.set(f64::NAN);
        assert!(!render().contains("partition=\"7\""));

        let caught = std::panic::catch_unwind(|| panic!("expected by this test"));
        assert!(caught.is_err() && !render().contains("onboard_panics_total 0\n"));
    }

    #[test]
    fn values_of_labels_are_those_of_the_code() {
        let checks = CheckType::ALL.map(|check| serde_json::to_value(check).unwrap());
        let checks: Vec<_> = checks.iter().map(|check| check.as_str().unwrap().to_lowercase()).collect();
        assert_eq!(checks, labels::CHECKS);
        assert_eq!(Table::ALL.map(Table::base_name)[..], labels::STORE_TABLES[..Table::ALL.len()]);
    }
}
