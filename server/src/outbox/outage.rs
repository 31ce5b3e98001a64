//! Whether what the relay depends on answers, and few lines about it in the log.

use std::time::{Duration, Instant};

/// How often an outage that lasts is told of.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// Without a failure for so long, an outage that was told of is over.
const QUIET: Duration = Duration::from_secs(2);

/// Kafka or the store, as the relay finds it.
pub(super) struct Outage {
    what: &'static str,
    /// Whether the last attempt failed.
    away: bool,
    failures: u64,
    failed: Option<Instant>,
    told: Option<Instant>,
}

impl Outage {
    pub const fn of(what: &'static str) -> Self {
        Self { what, away: false, failures: 0, failed: None, told: None }
    }

    /// Whether the last attempt failed.
    pub const fn away(&self) -> bool {
        self.away
    }

    pub fn failed(&mut self, error: &dyn std::error::Error, now: Instant) {
        self.away = true;
        self.failures += 1;
        self.failed = Some(now);
        if self.told.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY) {
            let (what, failures) = (self.what, self.failures);
            tracing::warn!(what, failures, %error, "events wait in the outbox, and are tried again");
            self.told = Some(now);
        }
    }

    /// Returns whether it was away before.
    pub fn answered(&mut self, now: Instant) -> bool {
        let over = self.failed.is_none_or(|failed| now.duration_since(failed) >= QUIET);
        if over && self.told.take().is_some() {
            tracing::info!(what = self.what, failures = self.failures, "events are published again");
            self.failures = 0;
        }
        std::mem::take(&mut self.away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: std::fmt::Error = std::fmt::Error;

    #[test]
    fn is_told_once_a_minute_and_ends_when_it_is_quiet() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut outage = Outage::of("kafka");
        assert!(!outage.answered(at(0)));
        outage.failed(&ERROR, at(1));
        let told = outage.told;
        assert_eq!(told, Some(at(1)));
        outage.failed(&ERROR, at(30));
        assert_eq!(outage.told, told, "not again");
        outage.failed(&ERROR, at(61));
        assert_eq!(outage.told, Some(at(61)));
        // Others get through between failures: it is not over.
        assert!(outage.answered(at(62)));
        assert!(!outage.away() && outage.told.is_some());
        outage.failed(&ERROR, at(62));
        assert_eq!((outage.told, outage.failures), (Some(at(61)), 4));
        assert!(outage.answered(at(64)));
        assert_eq!((outage.told, outage.failures), (None, 0));
        assert!(!outage.answered(at(65)));
    }
}
