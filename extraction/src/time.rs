//! Time as the router needs it. It is an interface so that tests do not have to wait.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;

/// A steady clock with timers.
pub(crate) trait Time: Send + Sync {
    /// Never decreases.
    fn now(&self) -> Instant;

    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The clock and the timers of the Tokio runtime.
pub(crate) struct RealTime;

impl Time for RealTime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
