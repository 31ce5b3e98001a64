//! Limits concurrent uploads, in total and per application. The total bounds the memory that uploads take; the share of
//! an application keeps a slow sender from delaying other applicants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::event::ApplicationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Concurrent uploads of this process. Each is held in memory until it is complete.
const MAX_CONCURRENT: usize = 16;
/// Concurrent uploads of one application: two documents from a computer, two from a phone.
const MAX_PER_APPLICATION: usize = 4;

/// The upload places of this process.
#[derive(Debug)]
pub struct UploadPlaces {
    total: Arc<Semaphore>,
    /// The shares of applications that hold a place or wait for one.
    shares: Mutex<HashMap<ApplicationId, Weak<Semaphore>>>,
}

impl Default for UploadPlaces {
    fn default() -> Self {
        Self { total: Arc::new(Semaphore::new(MAX_CONCURRENT)), shares: Mutex::default() }
    }
}

/// The right to one upload. Dropping it frees the place.
#[derive(Debug)]
pub struct Place {
    _total: OwnedSemaphorePermit,
    _share: OwnedSemaphorePermit,
}

impl UploadPlaces {
    /// Waits for a place for the application. Returns `None` once the semaphore is closed.
    pub async fn take(&self, id: &ApplicationId) -> Option<Place> {
        // The share is acquired first: an upload that waits for it takes nothing from the total.
        let share = self.share(id).acquire_owned().await.ok()?;
        let total = self.total.clone().acquire_owned().await.ok()?;
        Some(Place { _total: total, _share: share })
    }

    fn share(&self, id: &ApplicationId) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.retain(|_, share| share.strong_count() > 0);
        if let Some(share) = shares.get(id).and_then(Weak::upgrade) {
            return share;
        }
        let share = Arc::new(Semaphore::new(MAX_PER_APPLICATION));
        shares.insert(id.clone(), Arc::downgrade(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures::FutureExt;
    use uuid::Uuid;

    use super::*;

    fn application(n: u128) -> ApplicationId {
        ApplicationId::new(Uuid::from_u128(n), jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn slow_application_does_not_block_others() {
        let places = UploadPlaces::default();
        let take_now = |n: u128| places.take(&application(n)).now_or_never().flatten();
        let mut slow: Vec<Place> = (0..MAX_PER_APPLICATION).filter_map(|_| take_now(1)).collect();
        assert_eq!(slow.len(), MAX_PER_APPLICATION);
        assert!(take_now(1).is_none());
        let others: Vec<Place> = (2..).map_while(take_now).collect();
        assert_eq!(others.len(), MAX_CONCURRENT - MAX_PER_APPLICATION);
        // Another application can take a place that is freed.
        slow.pop();
        let place = take_now(100);
        assert!(place.is_some());
        assert!(take_now(1).is_none());
        // The shares of applications without an upload are removed.
        drop((slow, others, place));
        assert!(take_now(1).is_some());
        assert_eq!(places.shares.lock().unwrap().len(), 1);
    }
}
