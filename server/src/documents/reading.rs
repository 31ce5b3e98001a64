//! Reads stored documents, a bounded number at once. A stop in the middle loses none: what is pending is in the store,
//! and is taken up at the next start.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::api::{Progress, ReadingStep};
use domain::event::ApplicationId;
use futures::FutureExt;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Extraction, ExtractionError, Extractor};
use crate::commands::{CommandError, Commands};
use crate::live::FanOut;
use crate::store::PendingRead;

/// Hints that wait; one that finds no room is left to the sweep.
const HINTS: usize = 1000;
/// How often the store is asked for what hints did not tell.
const SWEEP: Duration = Duration::from_secs(5);

/// How often a reading is begun. One that takes the process with it, or whose outcome cannot be recorded, must not come
/// back for ever.
const ATTEMPTS: u8 = 3;

/// Where commands hint at stored documents.
#[derive(Clone)]
pub struct Reading {
    hints: mpsc::Sender<ApplicationId>,
}

impl Reading {
    /// A place for hints, and what takes them.
    pub fn new() -> (Self, mpsc::Receiver<ApplicationId>) {
        let (hints, taken) = mpsc::channel(HINTS);
        (Self { hints }, taken)
    }

    /// Tells of a stored document. Never waits, never fails: the sweep finds what is not told.
    pub fn hint(&self, id: ApplicationId) {
        let _ = self.hints.try_send(id);
    }
}

/// Reads what is pending.
#[derive(Clone)]
pub struct Reader {
    /// Records what was read.
    pub commands: Commands,
    /// Who reads.
    pub extractor: Arc<dyn Extractor>,
    /// Hears how far it is.
    pub fan_out: FanOut,
    /// How many are read at once.
    pub at_once: Arc<Semaphore>,
    /// How long one may take.
    pub timeout: Duration,
    /// Documents being read or waiting for it, so that a sweep does not take one twice.
    pub taken: Arc<Mutex<HashSet<Uuid>>>,
}

impl Reader {
    /// Runs until `stop`; what is half read then is read again after the next start.
    pub async fn run(self, mut hints: mpsc::Receiver<ApplicationId>, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let tasks = TaskTracker::new();
        loop {
            let found = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(id) = hints.recv() => self.commands.store.application(&id).await.map(|one| one.into_iter().collect()),
                _ = sweep.tick() => self.commands.store.applications_being_read().await,
            };
            let applications: Vec<_> = match found {
                Ok(applications) => applications,
                Err(error) => {
                    tracing::warn!(%error, "pending documents could not be looked up; the next sweep tries again");
                    continue;
                }
            };
            for application in applications {
                for pending in application.pending {
                    if self.take(pending.document_id) {
                        let (reader, id, stop) = (self.clone(), application.application_id.clone(), stop.clone());
                        tasks.spawn(async move {
                            let _ = stop.run_until_cancelled(reader.read(&id, &pending)).await;
                            reader.release(pending.document_id);
                        });
                    }
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    fn take(&self, document_id: Uuid) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(document_id)
    }

    fn release(&self, document_id: Uuid) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&document_id);
    }

    async fn read(&self, id: &ApplicationId, pending: &PendingRead) {
        let document_id = pending.document_id;
        let progress = |step| self.fan_out.progress(id.customer_id(), Progress { document_id, step });
        progress(ReadingStep::Queued);
        let Ok(_place) = self.at_once.acquire().await else { return };
        // While it waited, a newer photo may have taken its place.
        let attempt = match self.commands.begin_reading(id, document_id).await {
            Ok(Some(attempt)) => attempt,
            Ok(None) | Err(CommandError::NotFound) => return,
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "a reading could not begin; the next sweep tries again");
                return;
            }
        };
        let read = if attempt > ATTEMPTS {
            Err(ExtractionError::Failed(format!("it was begun {ATTEMPTS} times and never came to an end")))
        } else {
            self.extract(id, pending, &progress).await
        };
        if let Err(ExtractionError::Failed(reason)) = &read {
            tracing::error!(application = %id, document = %document_id, reason, "a document could not be read");
        }
        match self.commands.record_reading(id, document_id, &read).await {
            Ok(()) | Err(CommandError::NotFound) => {}
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "a reading was not recorded; it is done again")
            }
        }
    }

    async fn extract(
        &self,
        id: &ApplicationId,
        pending: &PendingRead,
        progress: &(dyn Fn(ReadingStep) + Send + Sync),
    ) -> Result<Extraction, ExtractionError> {
        let content = self
            .commands
            .blobs
            .get(id, pending.document_id)
            .await
            .map_err(|error| ExtractionError::Failed(error.to_string()))?;
        let began = Instant::now();
        let today = self.commands.clock.today();
        let reading = self.extractor.extract(pending.kind, content, today, progress);
        // A hostile file must not take the reader with it.
        let fields = match tokio::time::timeout(self.timeout, AssertUnwindSafe(reading).catch_unwind()).await {
            Ok(Ok(fields)) => fields?,
            Ok(Err(_)) => return Err(ExtractionError::Failed("the reader panicked".to_owned())),
            Err(_) => return Err(ExtractionError::Failed(format!("no result within {} s", self.timeout.as_secs()))),
        };
        let elapsed = began.elapsed();
        metrics::histogram!("onboard_document_seconds", "provider" => self.extractor.name()).record(elapsed);
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        Ok(Extraction { fields, provider: self.extractor.name(), milliseconds })
    }
}
