//! Time, as the router needs it: a seam, so that tests need not wait.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;

/// What time it is, and waiting.
pub(crate) trait Time: Send + Sync {
    /// Never goes back.
    fn now(&self) -> Instant;

    /// Done after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// Time as it passes, in a Tokio runtime.
pub(crate) struct RealTime;

impl Time for RealTime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
