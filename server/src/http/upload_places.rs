//! Places for uploads under way: few enough for the memory that they take, and a share of them for each application, so that
//! one that sends slowly keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::event::ApplicationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many uploads are taken in at once. Each is in memory until it is whole.
const AT_ONCE: usize = 16;
/// How many of them are of one application: two documents from a computer, two from a phone.
const OF_ONE: usize = 4;

/// Places for uploads under way in this process.
#[derive(Debug)]
pub struct UploadPlaces {
    all: Arc<Semaphore>,
    /// Of applications that have a place or wait for one.
    of: Mutex<HashMap<ApplicationId, Weak<Semaphore>>>,
}

impl Default for UploadPlaces {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), of: Mutex::default() }
    }
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    _all: OwnedSemaphorePermit,
    _of_one: OwnedSemaphorePermit,
}

impl UploadPlaces {
    /// A place for an application, waited for; nothing if places are no longer given out.
    pub async fn take(&self, id: &ApplicationId) -> Option<Place> {
        // The share comes first: whoever waits for it holds no place of others.
        let of_one = self.share(id).acquire_owned().await.ok()?;
        let all = self.all.clone().acquire_owned().await.ok()?;
        Some(Place { _all: all, _of_one: of_one })
    }

    fn share(&self, id: &ApplicationId) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.retain(|_, share| share.strong_count() > 0);
        if let Some(share) = of.get(id).and_then(Weak::upgrade) {
            return share;
        }
        let share = Arc::new(Semaphore::new(OF_ONE));
        of.insert(id.clone(), Arc::downgrade(&share));
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
    fn nobody_waits_for_an_application_that_sends_slowly() {
        let places = UploadPlaces::default();
        let now = |n: u128| places.take(&application(n)).now_or_never().flatten();
        let mut slow: Vec<Place> = (0..OF_ONE).filter_map(|_| now(1)).collect();
        assert_eq!(slow.len(), OF_ONE);
        assert!(now(1).is_none());
        let others: Vec<Place> = (2..).map_while(now).collect();
        assert_eq!(others.len(), AT_ONCE - OF_ONE);
        // What one gives back is another's.
        slow.pop();
        let place = now(100);
        assert!(place.is_some());
        assert!(now(1).is_none());
        // Nothing is kept of those who are done.
        drop((slow, others, place));
        assert!(now(1).is_some());
        assert_eq!(places.of.lock().unwrap().len(), 1);
    }
}
