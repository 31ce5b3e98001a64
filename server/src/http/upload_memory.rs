//! Bounds what uploads hold in memory, by the bytes that have arrived, and ends uploads that do not advance. A slow
//! sender therefore keeps nobody else from uploading: it holds as little as it has sent, and not for long.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use domain::document::MAX_BYTES;
use domain::event::ApplicationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::client_address::{Client, ClientAddress};

/// The bytes of one permit.
const UNIT: usize = 16 * 1024;
/// What all uploads of this process may hold: sixteen of the largest documents.
const MAX_UNITS: usize = 16 * MAX_BYTES.div_ceil(UNIT);
/// What the uploads of one client may hold: half of it.
const MAX_UNITS_OF_CLIENT: usize = MAX_UNITS / 2;
/// Concurrent uploads of one application: two documents from a computer, two from a phone.
const MAX_PER_APPLICATION: usize = 4;
/// How long an upload waits while its application has the most uploads, and for memory.
const WAIT: Duration = Duration::from_secs(20);
/// How long a sender may pause.
const IDLE: Duration = Duration::from_secs(10);
/// From then on an upload must have arrived at [`MIN_RATE`] on average. A phone on the slowest network sends faster.
const GRACE: Duration = Duration::from_secs(20);
/// Bytes per second.
const MIN_RATE: u64 = 2 * 1024;

/// Why an upload ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadStop {
    /// No memory or no turn became free in time.
    Full,
    /// The sender paused for too long, or sends too slowly.
    Slow,
}

/// The memory of the uploads of this process.
#[derive(Debug)]
pub struct UploadMemory {
    total: Arc<Semaphore>,
    /// The turns of applications that have an upload or wait for one.
    turns: Shares<ApplicationId>,
    /// The memory of clients that have an upload.
    clients: Shares<ClientAddress>,
}

/// The semaphore of each key that is in use.
type Shares<K> = Mutex<HashMap<K, Weak<Semaphore>>>;

impl Default for UploadMemory {
    fn default() -> Self {
        Self { total: Arc::new(Semaphore::new(MAX_UNITS)), turns: Mutex::default(), clients: Mutex::default() }
    }
}

impl UploadMemory {
    /// Waits for a turn of the application.
    ///
    /// # Errors
    /// [`UploadStop::Full`].
    pub async fn begin(&self, id: &ApplicationId, client: Client) -> Result<IncomingUpload, UploadStop> {
        let turn = timeout(WAIT, share(&self.turns, id, MAX_PER_APPLICATION).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(UploadStop::Full) };
        let of_client = client.0.map(|client| share(&self.clients, &client, MAX_UNITS_OF_CLIENT));
        let memory = of_client.into_iter().chain([self.total.clone()]).map(|of| (of, None)).collect();
        Ok(IncomingUpload { memory, received: 0, began: Instant::now(), _turn: turn })
    }
}

/// The semaphore of `key`, with `permits` if it is new.
fn share<K: Clone + Eq + Hash>(shares: &Shares<K>, key: &K, permits: usize) -> Arc<Semaphore> {
    let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
    shares.retain(|_, share| share.strong_count() > 0);
    if let Some(share) = shares.get(key).and_then(Weak::upgrade) {
        return share;
    }
    let share = Arc::new(Semaphore::new(permits));
    shares.insert(key.clone(), Arc::downgrade(&share));
    share
}

/// An upload whose body arrives. Dropping it frees its memory.
#[derive(Debug)]
pub struct IncomingUpload {
    /// The memory that it takes from, its client's before everybody's, and what it holds of each.
    memory: Vec<(Arc<Semaphore>, Option<OwnedSemaphorePermit>)>,
    received: usize,
    began: Instant,
    _turn: OwnedSemaphorePermit,
}

impl IncomingUpload {
    /// Waits for the next part of the body, which `next` reads.
    ///
    /// # Errors
    /// [`UploadStop::Slow`].
    pub async fn next<T>(&self, next: impl Future<Output = T>) -> Result<T, UploadStop> {
        let part = timeout(IDLE, next).await.map_err(|_| UploadStop::Slow)?;
        if is_too_slow(self.began.elapsed(), self.received) { Err(UploadStop::Slow) } else { Ok(part) }
    }

    /// Takes memory for `bytes` more.
    ///
    /// # Errors
    /// [`UploadStop::Full`].
    pub async fn grow(&mut self, bytes: usize) -> Result<(), UploadStop> {
        self.received += bytes;
        for (memory, held) in &mut self.memory {
            let units = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let more = self.received.div_ceil(UNIT).saturating_sub(units);
            let more = u32::try_from(more).map_err(|_| UploadStop::Full)?;
            let taken = timeout(WAIT, memory.clone().acquire_many_owned(more)).await;
            let Ok(Ok(taken)) = taken else { return Err(UploadStop::Full) };
            match held {
                Some(held) => held.merge(taken),
                None => *held = Some(taken),
            }
        }
        Ok(())
    }
}

/// Whether `received` bytes are too few for this time.
fn is_too_slow(elapsed: Duration, received: usize) -> bool {
    elapsed > GRACE && (received as u64) < elapsed.as_secs() * MIN_RATE
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

    #[tokio::test]
    async fn senders_hold_as_much_as_they_have_sent() {
        let memory = UploadMemory::default();
        // A thousand senders of one byte.
        let mut slow = Vec::new();
        for n in 0..1_000 {
            let mut upload = memory.begin(&application(n), Client(None)).await.unwrap();
            upload.grow(1).await.unwrap();
            slow.push(upload);
        }
        assert_eq!(memory.total.available_permits(), MAX_UNITS - slow.len());
        // A further byte fits into the same unit.
        slow[0].grow(1).await.unwrap();
        assert_eq!(memory.total.available_permits(), MAX_UNITS - slow.len());
        let mut large = memory.begin(&application(2_000), Client(None)).await.unwrap();
        large.grow(MAX_BYTES).await.unwrap();
        assert_eq!(memory.total.available_permits(), MAX_UNITS - slow.len() - MAX_BYTES.div_ceil(UNIT));
        drop((slow, large));
        assert_eq!(memory.total.available_permits(), MAX_UNITS);
    }

    #[tokio::test]
    async fn memory_and_turns_are_bounded() {
        let memory = UploadMemory::default();
        let begin = |n: u128| memory.begin(&application(n), Client(None)).now_or_never().map(Result::unwrap);
        let mut own: Vec<IncomingUpload> = (0..MAX_PER_APPLICATION).map_while(|_| begin(1)).collect();
        assert_eq!(own.len(), MAX_PER_APPLICATION);
        assert!(begin(1).is_none(), "it waits");
        let mut others: Vec<IncomingUpload> = (2..18).map_while(begin).collect();
        for upload in &mut others {
            upload.grow(MAX_BYTES).now_or_never().unwrap().unwrap();
        }
        assert!(own[0].grow(UNIT).now_or_never().is_none(), "it waits");
        drop(others);
        assert!(begin(100).is_some());
        drop(own);
        assert!(begin(1).is_some());
        assert_eq!(memory.turns.lock().unwrap().len(), 1, "the others are removed");
    }

    #[tokio::test]
    async fn one_client_holds_half_of_the_memory_at_most() {
        let memory = UploadMemory::default();
        let client = |n: u8| Client(Some(std::net::IpAddr::from([192, 0, 2, n]).into()));
        let begin = |n: u8, of: u8| memory.begin(&application(n.into()), client(of)).now_or_never().unwrap().unwrap();
        let mut uploads: Vec<IncomingUpload> = (0..8).map(|n| begin(n, 1)).collect();
        for upload in &mut uploads {
            upload.grow(MAX_BYTES).now_or_never().unwrap().unwrap();
        }
        assert!(begin(8, 1).grow(UNIT).now_or_never().is_none(), "it waits");
        assert!(begin(9, 2).grow(MAX_BYTES).now_or_never().is_some());
        uploads.pop();
        assert!(begin(8, 1).grow(UNIT).now_or_never().is_some());
    }

    #[test]
    fn slow_sender_is_told_from_a_slow_network() {
        let seconds = Duration::from_secs;
        assert!(!is_too_slow(seconds(20), 1));
        assert!(is_too_slow(seconds(21), 1));
        // 300 kB at 4 kB/s.
        assert!(!is_too_slow(seconds(75), 300_000));
    }
}
