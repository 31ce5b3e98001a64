//! The health of Kafka as this process sees it: incidents that are open, each logged once when it opens and once when
//! it is resolved, and counted in a metric. librdkafka repeats an error for each of its connections and does not report
//! the end of an outage. Therefore all clients report here both errors and successes.

mod cause;
mod certificate;
mod incident_tracker;
mod stall;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;

use self::cause::ErrorReport;
pub(super) use self::cause::{Cause, ClientScope};
use self::incident_tracker::{IncidentTracker, Transition};
use self::stall::StallDetector;
use super::config::KafkaConfig;

/// The open incidents of one cluster, shared by all clients of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct KafkaHealth {
    tracker: Arc<Mutex<IncidentTracker>>,
}

impl KafkaHealth {
    /// The kinds of the open incidents, as the label `cause` of the metric has them.
    pub fn incidents(&self) -> Vec<&'static str> {
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner).labels()
    }
}

impl std::fmt::Debug for KafkaHealth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaHealth").finish_non_exhaustive()
    }
}

/// How one client reports to [`KafkaHealth`]. Its reports are withdrawn when it is dropped.
pub(super) struct Reporter {
    health: KafkaHealth,
    id: u64,
    scope: ClientScope,
    stalls: Mutex<StallDetector>,
    user: Option<String>,
    ca_file: Option<PathBuf>,
}

impl Reporter {
    /// For a client of `config` that works on `scope`.
    pub(super) fn new(health: KafkaHealth, config: &KafkaConfig, scope: ClientScope) -> Self {
        let id = health.tracker.lock().unwrap_or_else(PoisonError::into_inner).register();
        let (user, ca_file) = (config.username.clone(), config.ca_file.clone());
        Self { health, id, scope, stalls: Mutex::default(), user, ca_file }
    }

    /// An error of the client as a whole, with librdkafka's text.
    pub(super) fn client_error(&self, error: &KafkaError, text: &str) {
        if let Some(code) = error.rdkafka_error_code() {
            self.stalls().reported(code, text, Instant::now());
        }
        self.report(error, text, &self.scope);
    }

    /// An event of `topic` was not acknowledged, in spite of librdkafka's own retries.
    pub(super) fn delivery_failed(&self, topic: &str, error: &KafkaError) {
        let scope = ClientScope { topic: topic.to_owned(), ..self.scope.clone() };
        self.report(error, &error.to_string(), &scope);
    }

    /// A line of librdkafka's own log, which is the only sign of a broker that hangs.
    pub(super) fn log_line(&self, facility: &str, line: &str) {
        if let Some(report) = Cause::in_log(facility, line) {
            self.update(|tracker, now| tracker.report_error(self.id, report, now));
        }
    }

    fn report(&self, error: &KafkaError, text: &str, scope: &ClientScope) {
        let Some(report) = error.rdkafka_error_code().and_then(|code| Cause::of(code, text, scope)) else {
            return;
        };
        self.update(|tracker, now| tracker.report_error(self.id, report, now));
    }

    /// The client reads its topic: incidents of the topic and of the group are over.
    pub(super) fn consume_succeeded(&self) {
        self.update(|tracker, now| tracker.report_success(self.id, None, now));
    }

    /// An event of `topic` was acknowledged.
    pub(super) fn delivery_succeeded(&self, topic: &str) {
        self.update(|tracker, now| tracker.report_success(self.id, Some(topic), now));
    }

    /// librdkafka's statistics of its connections.
    pub(super) fn statistics(&self, statistics: &Statistics) {
        self.update(|tracker, now| tracker.observe(self.id, statistics, now));
        let topic = &self.scope.topic;
        let stalls = self.stalls().observe(statistics, topic, Instant::now());
        self.update(|tracker, now| tracker.report_stalls(self.id, topic, stalls, now));
    }

    /// The client paused or resumed fetching. A paused partition does not stand still.
    pub(super) fn paused(&self, paused: bool) {
        self.stalls().paused(paused);
    }

    fn stalls(&self) -> MutexGuard<'_, StallDetector> {
        self.stalls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, update: impl FnOnce(&mut IncidentTracker, Instant) -> Vec<Transition>) {
        let mut tracker = self.health.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        let transitions = update(&mut tracker, Instant::now());
        for transition in &transitions {
            let cause = transition.cause();
            #[allow(clippy::cast_precision_loss)] // as many as there are brokers and topics
            metrics::gauge!("onboard_kafka_incidents", "cause" => cause.label()).set(tracker.count(cause) as f64);
        }
        drop(tracker);
        for transition in transitions {
            self.log(transition);
        }
    }

    fn log(&self, transition: Transition) {
        match transition {
            Transition::Opened { report, explained: true } => {
                tracing::debug!(
                    cause = report.cause.label(),
                    reason = report.reason,
                    "consequence of an open incident"
                );
            }
            Transition::Opened { report: ErrorReport { cause: Cause::Certificate(broker), reason, .. }, .. } => {
                certificate::log_reason(broker, self.ca_file.clone(), reason);
            }
            Transition::Opened { report: ErrorReport { cause, broker, reason, .. }, .. } => {
                cause.log_opened(broker.as_deref(), self.user.as_deref(), &reason);
            }
            Transition::Resolved { explained: true, .. } => {}
            Transition::Resolved { cause, after, .. } => cause.log_resolved(after.as_secs_f64().round() as u64),
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.update(|tracker, now| tracker.unregister(self.id, now));
    }
}
