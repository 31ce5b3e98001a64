//! The process's metrics, in Prometheus' text format.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use super::catalogue::{Kind, METRICS};

/// The media type of [`render`]'s text: version 0.0.4 of the exposition format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The recorder, installed at first use, with the buckets and help texts of the catalogue. From then on panics are
/// counted.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = METRICS.iter().fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
            // The only error is an empty list of buckets.
            Kind::Histogram(buckets) => builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
                .unwrap_or_else(|_| PrometheusBuilder::new()),
            Kind::Counter | Kind::Gauge => builder,
        });
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // The only error is that another library installed a recorder, which then serves the metrics.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        count_panics();
        handle
    })
}

fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    Collector::default().describe();
}

fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        metrics::counter!("onboard_panics_total").increment(1);
        before(panic);
    }));
}

/// All series with their help texts. A gauge without a value (NaN) is left out: it tells about something that this
/// process does not have any more, and a sum over all processes must not be NaN because of it.
pub fn render() -> String {
    let handle = metrics();
    handle.run_upkeep();
    Collector::default().collect();
    let text = handle.render();
    text.split_inclusive('\n').filter(|line| !line.ends_with(" NaN\n")).collect()
}
