//! Whether a dependency of the relay fails, logged at most once a minute.

use std::time::{Duration, Instant};

/// How often a lasting outage is logged.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// After so long without a failure, a logged outage is over. Longer than an event takes to fail again: in the outage of a
/// part of the cluster, some events are published while others still time out.
const QUIET: Duration = Duration::from_secs(30);

/// The failures of Kafka, of the event log, or of routing.
pub(super) struct Outage {
    dependency: &'static str,
    /// Whether the last attempt failed.
    failing: bool,
    failures: u64,
    failed: Option<Instant>,
    logged: Option<Instant>,
}

impl Outage {
    pub const fn of(dependency: &'static str) -> Self {
        Self { dependency, failing: false, failures: 0, failed: None, logged: None }
    }

    /// Whether the last attempt failed.
    pub const fn is_failing(&self) -> bool {
        self.failing
    }

    pub fn failed(&mut self, error: &dyn std::error::Error, now: Instant) {
        self.failing = true;
        self.failures += 1;
        self.failed = Some(now);
        if self.logged.is_none_or(|logged| now.duration_since(logged) >= LOG_EVERY) {
            let (dependency, failures) = (self.dependency, self.failures);
            tracing::warn!(dependency, failures, %error, "publication failing; events wait in the outbox");
            self.logged = Some(now);
        }
    }

    /// Returns whether it was failing before.
    pub fn succeeded(&mut self, now: Instant) -> bool {
        let over = self.failed.is_none_or(|failed| now.duration_since(failed) >= QUIET);
        if over && self.logged.take().is_some() {
            tracing::info!(dependency = self.dependency, failures = self.failures, "publication resumed");
            self.failures = 0;
        }
        std::mem::take(&mut self.failing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: std::fmt::Error = std::fmt::Error;

    #[test]
    fn outage_is_logged_once_a_minute_and_ends_without_failures() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut outage = Outage::of("kafka");
        assert!(!outage.succeeded(at(0)));
        outage.failed(&ERROR, at(1));
        let logged = outage.logged;
        assert_eq!(logged, Some(at(1)));
        outage.failed(&ERROR, at(30));
        assert_eq!(outage.logged, logged, "not again");
        outage.failed(&ERROR, at(61));
        assert_eq!(outage.logged, Some(at(61)));
        // A success between failures does not end it.
        assert!(outage.succeeded(at(62)));
        assert!(!outage.is_failing() && outage.logged.is_some());
        outage.failed(&ERROR, at(62));
        assert_eq!((outage.logged, outage.failures), (Some(at(61)), 4));
        assert!(outage.succeeded(at(91)));
        assert!(outage.logged.is_some(), "an event may fail again");
        assert!(!outage.succeeded(at(92)));
        assert_eq!((outage.logged, outage.failures), (None, 0));
    }
}
