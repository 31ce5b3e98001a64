//! The circuit breaker of one provider: after repeated failures no request is sent for some time, so that documents do
//! not wait for a service that is down.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The open time doubles with every probe that fails, up to this multiple of its first length.
const MAX_OPEN_FACTOR: u32 = 8;
/// The random part of the open time, in both directions, so that instances do not probe at the same moment.
const JITTER: f64 = 0.25;

/// When the circuit breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// The number of consecutive failures that opens it, one or more.
    pub failure_threshold: u32,
    /// How long it stays open, with jitter, until one request probes the service. The time doubles after each probe
    /// that fails, up to eight times its first length.
    pub open_duration: Duration,
}

impl Default for BreakerSettings {
    /// Five failures, 30 seconds.
    fn default() -> Self {
        Self { failure_threshold: 5, open_duration: Duration::from_secs(30) }
    }
}

/// A change of state that a request's result caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// Requests are refused from now on.
    Opened,
    /// Requests are allowed again.
    Closed,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed {
        failures: u32,
    },
    /// One request may probe the service after `until`. Its result may never be recorded, since its caller may have
    /// been cancelled: then another request may probe after a further `open_for`.
    Open {
        until: Instant,
        open_for: Duration,
        /// Whether a probe was sent.
        probed: bool,
    },
}

/// The state of one provider. The time and the random number are parameters, so that it is deterministic.
#[derive(Debug)]
pub(crate) struct Breaker {
    settings: BreakerSettings,
    state: Mutex<State>,
}

impl Breaker {
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        Self { settings, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request may be sent now. While the breaker is open, the first caller after the open time may send a
    /// probe, and no other until the probe's result is recorded or another open time has passed.
    pub(crate) fn allows_request(&self, now: Instant) -> bool {
        match &mut *self.state() {
            State::Closed { .. } => true,
            State::Open { until, open_for, probed } if now >= *until => {
                *until = now + *open_for;
                *probed = true;
                true
            }
            State::Open { .. } => false,
        }
    }

    /// Records that the service answered.
    pub(crate) fn record_success(&self) -> Option<Transition> {
        let previous = std::mem::replace(&mut *self.state(), State::Closed { failures: 0 });
        matches!(previous, State::Open { .. }).then_some(Transition::Closed)
    }

    /// Records that the service failed. `random` is from 0 to 1. `retry_after` is the delay that the service asked for,
    /// if any.
    pub(crate) fn record_failure(
        &self,
        now: Instant,
        random: f64,
        retry_after: Option<Duration>,
    ) -> Option<Transition> {
        let longest = self.settings.open_duration * MAX_OPEN_FACTOR;
        let jittered = |open_for: Duration| {
            let open_for = open_for.max(retry_after.unwrap_or_default().min(longest));
            open_for.mul_f64(1.0 - JITTER + 2.0 * JITTER * random.clamp(0.0, 1.0))
        };
        let mut state = self.state();
        match *state {
            State::Closed { failures } if failures + 1 < self.settings.failure_threshold.max(1) => {
                *state = State::Closed { failures: failures + 1 };
                None
            }
            State::Closed { .. } => {
                let open_for = self.settings.open_duration;
                *state = State::Open { until: now + jittered(open_for), open_for, probed: false };
                Some(Transition::Opened)
            }
            // The request was sent before the breaker opened, so its failure changes nothing.
            State::Open { probed: false, .. } => None,
            State::Open { open_for, .. } => {
                let open_for = (open_for * 2).min(longest);
                *state = State::Open { until: now + jittered(open_for), open_for, probed: false };
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    const OPEN: Duration = Duration::from_secs(30);

    fn breaker() -> Breaker {
        Breaker::new(BreakerSettings { failure_threshold: 3, open_duration: OPEN })
    }

    #[test]
    fn only_consecutive_failures_open_the_breaker() {
        let (breaker, now) = (breaker(), Instant::now());
        assert_eq!([breaker.record_failure(now, 0.5, None), breaker.record_failure(now, 0.5, None)], [None, None]);
        assert_eq!(breaker.record_success(), None);
        assert_eq!([breaker.record_failure(now, 0.5, None), breaker.record_failure(now, 0.5, None)], [None, None]);
        assert!(breaker.allows_request(now));
        assert_eq!(breaker.record_failure(now, 0.5, None), Some(Transition::Opened));
        assert!(!breaker.allows_request(now) && !breaker.allows_request(now + OPEN - Duration::from_millis(1)));
    }

    #[test]
    fn one_request_probes_after_the_open_time() {
        let (breaker, now) = (breaker(), Instant::now());
        for _ in 0..3 {
            breaker.record_failure(now, 0.5, None);
        }
        let later = now + OPEN;
        assert!(breaker.allows_request(later) && !breaker.allows_request(later));
        // The result of the first probe was never recorded.
        assert!(breaker.allows_request(later + OPEN) && !breaker.allows_request(later + OPEN));
        assert_eq!(breaker.record_success(), Some(Transition::Closed));
        assert!(breaker.allows_request(later) && breaker.allows_request(later));
    }

    #[test]
    fn failures_of_requests_sent_before_opening_do_not_extend_the_open_time() {
        let (breaker, now) = (breaker(), Instant::now());
        // Ten documents at the same time, and a service that becomes unavailable.
        let transitions: Vec<_> = (0..10).filter_map(|_| breaker.record_failure(now, 0.5, None)).collect();
        assert_eq!(transitions, [Transition::Opened]);
        assert!(!breaker.allows_request(now + OPEN - Duration::from_millis(1)) && breaker.allows_request(now + OPEN));
        assert_eq!(breaker.record_failure(now + OPEN, 0.5, None), None);
        assert!(
            !breaker.allows_request(now + OPEN * 3 - Duration::from_millis(1))
                && breaker.allows_request(now + OPEN * 3)
        );
    }

    #[test]
    fn open_time_doubles_up_to_its_limit_and_is_jittered() {
        let opened = |random, retry_after| {
            let (breaker, now) = (breaker(), Instant::now());
            for _ in 0..3 {
                breaker.record_failure(now, random, retry_after);
            }
            (breaker, now)
        };
        let (low, now) = opened(0.0, None);
        assert!(!low.allows_request(now + OPEN.mul_f64(0.74)) && low.allows_request(now + OPEN.mul_f64(0.75)));
        let (high, now) = opened(1.0, None);
        assert!(!high.allows_request(now + OPEN.mul_f64(1.24)) && high.allows_request(now + OPEN.mul_f64(1.25)));
        let (asked, now) = opened(0.5, Some(OPEN * 2));
        assert!(!asked.allows_request(now + OPEN) && asked.allows_request(now + OPEN * 2));
        let (breaker, mut now) = opened(0.5, None);
        for factor in [1, 2, 4, 8, 8] {
            let open_for = OPEN * factor;
            assert!(!breaker.allows_request(now + open_for - Duration::from_millis(1)), "{factor}");
            now += open_for;
            assert!(breaker.allows_request(now), "{factor}");
            assert_eq!(breaker.record_failure(now, 0.5, None), None);
        }
    }
}
