//! What the broker knows of its partitions without reading its database: their offsets, until something is written.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nisshi_sans_io::fetch_request::FetchTopic;
use nisshi_storage::{ArcDynStorage, OffsetStage, Result, Storage as _, TopicId, Topition};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long offsets are used without reading them again. Only writes of clients are noticed at once; retention and
/// deleted records are noticed after this time.
const OFFSETS_FRESH_FOR: Duration = Duration::from_secs(10);

/// The partitions of all topics.
#[derive(Debug)]
pub(super) struct Partitions {
    storage: ArcDynStorage,
    known: Mutex<Known>,
    written: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Known {
    partitions: HashMap<Topition, Partition>,
    /// Names of topics by their identifiers, which newer clients send instead. An identifier is never reused.
    names: HashMap<[u8; 16], String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Partition {
    /// The number of writes.
    writes: u64,
    offsets: Option<(Instant, OffsetStage)>,
}

impl Partitions {
    pub(super) fn new(storage: ArcDynStorage) -> Self {
        Self { storage, known: Mutex::default(), written: watch::Sender::new(()) }
    }

    /// Changes after each write to any partition.
    pub(super) fn writes(&self) -> watch::Receiver<()> {
        self.written.subscribe()
    }

    /// Records a write to `partitions` and wakes the fetches that wait.
    pub(super) fn record_write(&self, partitions: impl IntoIterator<Item = Topition>) {
        let mut known = self.known();
        for partition in partitions {
            let partition = known.partitions.entry(partition).or_default();
            partition.writes += 1;
            partition.offsets = None;
        }
        drop(known);
        self.written.send_replace(());
    }

    /// The offsets of a partition.
    ///
    /// # Errors
    /// The database fails, or has no such partition.
    pub(super) async fn offsets(&self, partition: &Topition) -> Result<OffsetStage> {
        let before = self.known().partitions.get(partition).copied().unwrap_or_default();
        if let Some((read, offsets)) = before.offsets
            && read.elapsed() < OFFSETS_FRESH_FOR
        {
            return Ok(offsets);
        }
        let read = Instant::now();
        let offsets = self.storage.offset_stage(partition).await?;
        let mut known = self.known();
        let entry = known.partitions.entry(partition.clone()).or_default();
        // A write during the read may be missing in what was read.
        if entry.writes == before.writes {
            entry.offsets = Some((read, offsets));
        }
        Ok(offsets)
    }

    /// The name of a topic in a fetch request, by its identifier where the request has no name. None where no topic has
    /// the identifier.
    ///
    /// # Errors
    /// The database fails.
    pub(super) async fn name_of(&self, topic: &FetchTopic) -> Result<Option<String>> {
        if let Some(name) = &topic.topic {
            return Ok(Some(name.clone()));
        }
        let Some(id) = topic.topic_id else { return Ok(None) };
        if let Some(name) = self.known().names.get(&id) {
            return Ok(Some(name.clone()));
        }
        let metadata = self.storage.metadata(Some(&[TopicId::from(topic)])).await?;
        let name = metadata.topics().first().and_then(|topic| topic.name.clone());
        if let Some(name) = &name {
            self.known().names.insert(id, name.clone());
        }
        Ok(name)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
