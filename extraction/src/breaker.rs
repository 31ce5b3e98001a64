//! Leaves a provider alone for a while that keeps failing, so that documents do not wait for it in vain.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A pause grows with every probe that fails, up to so many times its first length.
const LONGEST: u32 = 8;
/// How far a pause is off its length by chance, either way, so that instances do not all come back at once.
const JITTER: f64 = 0.25;

/// When a provider is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures in a row, one or more.
    pub failures: u32,
    /// For so long, give or take chance, until one request tries whether it answers again; twice as long after each that finds it does
    /// not, up to eight times.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    /// Five failures, half a minute.
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(30) }
    }
}

/// What an outcome changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is left alone from now on.
    Opened,
    /// It answers again.
    Closed,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed {
        failures: u32,
    },
    /// One request may try from `until` on. Its own outcome may never be told, if it was given up: then another may try a pause
    /// later.
    Open {
        until: Instant,
        pause: Duration,
        /// Whether one has tried.
        tried: bool,
    },
}

/// The state of one provider. Time and chance come in through parameters.
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

    /// Whether the provider may be asked now. Where it is open, the first to ask after the pause may, and nobody else until the
    /// outcome is known or another pause is over.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        match &mut *self.state() {
            State::Closed { .. } => true,
            State::Open { until, pause, tried } if now >= *until => {
                *until = now + *pause;
                *tried = true;
                true
            }
            State::Open { .. } => false,
        }
    }

    /// It answered.
    pub(crate) fn answered(&self) -> Option<Turn> {
        let was = std::mem::replace(&mut *self.state(), State::Closed { failures: 0 });
        matches!(was, State::Open { .. }).then_some(Turn::Closed)
    }

    /// It failed. `chance` is from 0 to 1; `asks_for` is how long it wants to be left alone, if it says.
    pub(crate) fn failed(&self, now: Instant, chance: f64, asks_for: Option<Duration>) -> Option<Turn> {
        let jittered = |pause: Duration| {
            let pause = pause.max(asks_for.unwrap_or_default().min(self.settings.pause * LONGEST));
            pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance.clamp(0.0, 1.0))
        };
        let mut state = self.state();
        match *state {
            State::Closed { failures } if failures + 1 < self.settings.failures.max(1) => {
                *state = State::Closed { failures: failures + 1 };
                None
            }
            State::Closed { .. } => {
                let pause = self.settings.pause;
                *state = State::Open { until: now + jittered(pause), pause, tried: false };
                Some(Turn::Opened)
            }
            // Asked before it was left alone: that tells nothing new.
            State::Open { tried: false, .. } => None,
            State::Open { pause, .. } => {
                let pause = (pause * 2).min(self.settings.pause * LONGEST);
                *state = State::Open { until: now + jittered(pause), pause, tried: false };
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn breaker() -> Breaker {
        Breaker::new(BreakerSettings { failures: 3, pause: PAUSE })
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let (breaker, now) = (breaker(), Instant::now());
        assert_eq!([breaker.failed(now, 0.5, None), breaker.failed(now, 0.5, None)], [None, None]);
        assert_eq!(breaker.answered(), None);
        assert_eq!([breaker.failed(now, 0.5, None), breaker.failed(now, 0.5, None)], [None, None]);
        assert!(breaker.admits(now));
        assert_eq!(breaker.failed(now, 0.5, None), Some(Turn::Opened));
        assert!(!breaker.admits(now) && !breaker.admits(now + PAUSE - Duration::from_millis(1)));
    }

    #[test]
    fn one_request_tries_whether_it_answers_again() {
        let (breaker, now) = (breaker(), Instant::now());
        for _ in 0..3 {
            breaker.failed(now, 0.5, None);
        }
        let later = now + PAUSE;
        assert!(breaker.admits(later) && !breaker.admits(later));
        // It never told its outcome.
        assert!(breaker.admits(later + PAUSE) && !breaker.admits(later + PAUSE));
        assert_eq!(breaker.answered(), Some(Turn::Closed));
        assert!(breaker.admits(later) && breaker.admits(later));
    }

    #[test]
    fn what_was_under_way_when_it_opened_makes_no_pause_longer() {
        let (breaker, now) = (breaker(), Instant::now());
        // Ten documents at once, and a service that went away.
        let turns: Vec<_> = (0..10).filter_map(|_| breaker.failed(now, 0.5, None)).collect();
        assert_eq!(turns, [Turn::Opened]);
        assert!(!breaker.admits(now + PAUSE - Duration::from_millis(1)) && breaker.admits(now + PAUSE));
        assert_eq!(breaker.failed(now + PAUSE, 0.5, None), None);
        assert!(!breaker.admits(now + PAUSE * 3 - Duration::from_millis(1)) && breaker.admits(now + PAUSE * 3));
    }

    #[test]
    fn pauses_grow_and_have_an_end_and_chance_moves_them() {
        let opened = |chance, asks_for| {
            let (breaker, now) = (breaker(), Instant::now());
            for _ in 0..3 {
                breaker.failed(now, chance, asks_for);
            }
            (breaker, now)
        };
        let (low, now) = opened(0.0, None);
        assert!(!low.admits(now + PAUSE.mul_f64(0.74)) && low.admits(now + PAUSE.mul_f64(0.75)));
        let (high, now) = opened(1.0, None);
        assert!(!high.admits(now + PAUSE.mul_f64(1.24)) && high.admits(now + PAUSE.mul_f64(1.25)));
        let (asked, now) = opened(0.5, Some(PAUSE * 2));
        assert!(!asked.admits(now + PAUSE) && asked.admits(now + PAUSE * 2));
        let (breaker, mut now) = opened(0.5, None);
        for factor in [1, 2, 4, 8, 8] {
            let pause = PAUSE * factor;
            assert!(!breaker.admits(now + pause - Duration::from_millis(1)), "{factor}");
            now += pause;
            assert!(breaker.admits(now), "{factor}");
            assert_eq!(breaker.failed(now, 0.5, None), None);
        }
    }
}
