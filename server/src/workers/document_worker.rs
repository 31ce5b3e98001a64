//! Reads stored documents, a bounded number at once. A stop in the middle loses none: what is pending is in the store,
//! and is taken up by another instance, or at the next start. Each document is claimed by the instance that reads it.

use std::collections::HashSet;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::api::{Progress, ReadingStep};
use domain::document::Provider;
use domain::event::ApplicationId;
use extraction::{Extraction, Router};
use futures::FutureExt;
use ocr::Prepared;
use rand::Rng;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::blobs::{BlobError, Part};
use crate::commands::{Begun, CommandError, Commands};
use crate::documents::{ReadDocument, ReadFailure};
use crate::hex::encode;
use crate::live::FanOut;
use crate::store::{BeingRead, LEASE, PendingRead, StoreError};

/// How often the store is asked for what hints did not tell, on average.
const SWEEP: Duration = Duration::from_millis(500);
/// For each place, how many documents wait for it before sweeps leave the rest to other instances.
const AHEAD: usize = 4;

/// How often a reading is begun. One that takes the process with it, or whose outcome cannot be recorded, must not come
/// back for ever.
const ATTEMPTS: u8 = 3;

/// Reads what is pending.
#[derive(Clone)]
pub struct DocumentWorker {
    /// Records what was read.
    pub commands: Commands,
    /// Makes files ready to be read.
    pub prepare: ocr::Reader,
    /// Who reads.
    pub router: Arc<Router>,
    /// Hears how far it is.
    pub fan_out: FanOut,
    /// How many are read at once.
    pub places: usize,
    /// A permit for each of them.
    pub at_once: Arc<Semaphore>,
    /// Who claims documents.
    pub instance: Uuid,
    /// How long one may take.
    pub timeout: Duration,
    /// Documents being read or waiting for it, so that a sweep does not take one twice.
    pub taken: Arc<Mutex<HashSet<Uuid>>>,
}

impl DocumentWorker {
    /// Runs until `stop`; what is half read then is read again after the next start.
    pub async fn run(self, mut hints: mpsc::Receiver<ApplicationId>, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut hinted = true;
        let mut away = false;
        let mut next_sweep = Instant::now();
        loop {
            let found = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                hint = hints.recv(), if hinted => match hint {
                    Some(id) => self.pending(id).await,
                    None => {
                        hinted = false;
                        continue;
                    }
                },
                () = tokio::time::sleep_until(next_sweep.into()) => {
                    // Instances that began together do not stay together.
                    next_sweep = Instant::now() + SWEEP.mul_f64(rand::rng().random_range(0.75..1.25));
                    let room = self.room();
                    if room == 0 {
                        continue;
                    }
                    self.commands.store.documents_to_read(self.instance, room).await
                }
            };
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    // Once, not with every sweep until it is back.
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "pending documents cannot be looked up; every sweep tries again");
                    }
                    continue;
                }
            };
            away = false;
            for BeingRead { application_id, pending } in found {
                if self.take(pending.document_id) {
                    let (reader, stop) = (self.clone(), stop.clone());
                    tasks.spawn(async move {
                        reader.read_claimed(&application_id, &pending, stop).await;
                        reader.release(pending.document_id);
                    });
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// The documents of one application that are to be read.
    async fn pending(&self, application_id: ApplicationId) -> Result<Vec<BeingRead>, StoreError> {
        let application = self.commands.store.application(&application_id).await?;
        let pending = application.into_iter().flat_map(|application| application.pending);
        Ok(pending.map(|pending| BeingRead { application_id: application_id.clone(), pending }).collect())
    }

    /// How many more documents a sweep may take.
    fn room(&self) -> usize {
        let ahead = AHEAD * self.places;
        ahead.saturating_sub(self.taken.lock().unwrap_or_else(PoisonError::into_inner).len())
    }

    fn take(&self, document_id: Uuid) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(document_id)
    }

    fn release(&self, document_id: Uuid) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&document_id);
    }

    /// Reads a document under a claim, which is given back at the end, whatever that is.
    async fn read_claimed(&self, id: &ApplicationId, pending: &PendingRead, stop: CancellationToken) {
        let claimed = AtomicBool::new(false);
        let _ = stop.run_until_cancelled(self.read(id, pending, &claimed)).await;
        if claimed.into_inner()
            && let Err(error) = self.commands.store.release_reading(id, pending.document_id, self.instance).await
        {
            tracing::debug!(%error, "the claim of a document ends by itself");
        }
    }

    /// Claims a document; false where another instance reads it.
    async fn claim(&self, id: &ApplicationId, document_id: Uuid) -> Result<bool, StoreError> {
        self.commands.store.claim_reading(id, document_id, self.instance).await
    }

    /// Keeps a claim while the document is read. Should it be lost all the same, the document may be read twice, and
    /// recorded once.
    async fn keep(&self, id: &ApplicationId, document_id: Uuid) -> Infallible {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            if let Err(error) = self.claim(id, document_id).await {
                tracing::debug!(%error, "a claim was not renewed");
            }
        }
    }

    async fn read(&self, id: &ApplicationId, pending: &PendingRead, claimed: &AtomicBool) {
        let document_id = pending.document_id;
        let progress = |step| self.fan_out.progress(id.customer_id(), Progress { document_id, step });
        progress(ReadingStep::Queued);
        let Ok(_place) = self.at_once.acquire().await else { return };
        // Before an attempt is counted: those that only look are none.
        match self.claim(id, document_id).await {
            Ok(true) => claimed.store(true, Ordering::Relaxed),
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "a document was not claimed; the next sweep tries again");
                return;
            }
        }
        // While it waited, a newer photo may have taken its place.
        let Begun { attempt, last_chance } = match self.commands.begin_reading(id, document_id).await {
            Ok(Some(begun)) => begun,
            Ok(None) | Err(CommandError::NotFound) => return,
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "a reading could not begin; the next sweep tries again");
                return;
            }
        };
        let read = if attempt > ATTEMPTS {
            Err(ReadFailure::Failed(format!("it was begun {ATTEMPTS} times and never came to an end")))
        } else {
            tokio::select! {
                read = self.extract(id, pending, last_chance, &progress) => read,
                never = self.keep(id, document_id) => match never {},
            }
        };
        if let Err(ReadFailure::Failed(reason)) = &read {
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
        last_chance: bool,
        progress: &(dyn Fn(ReadingStep) + Send + Sync),
    ) -> Result<ReadDocument, ReadFailure> {
        let content = self.commands.blobs.get(id, pending.document_id, Part::Original).await.map_err(failed)?;
        if pending.sha256.as_ref().is_some_and(|sha256| *sha256 != encode(&Sha256::digest(&content))) {
            return Err(ReadFailure::Failed("what is kept is not the file that was handed in".to_owned()));
        }
        let began = Instant::now();
        let reading = self.prepare_and_read(id, pending, content, last_chance, progress);
        let reading = AssertUnwindSafe(reading).catch_unwind();
        // A hostile file must not take the reader with it.
        let read = match tokio::time::timeout(self.timeout, reading).await {
            Ok(Ok(read)) => read?,
            Ok(Err(_)) => return Err(ReadFailure::Failed("the reader panicked".to_owned())),
            Err(_) => return Err(ReadFailure::Failed(format!("no result within {} s", self.timeout.as_secs()))),
        };
        let elapsed = began.elapsed();
        let provider = read.extraction.provider.as_str();
        metrics::histogram!("onboard_document_seconds", "provider" => provider).record(elapsed);
        // With the time that making it ready took.
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        Ok(ReadDocument { extraction: Extraction { milliseconds, ..read.extraction }, pages: read.pages })
    }

    async fn prepare_and_read(
        &self,
        id: &ApplicationId,
        pending: &PendingRead,
        content: Bytes,
        last_chance: bool,
        progress: &(dyn Fn(ReadingStep) + Send + Sync),
    ) -> Result<ReadDocument, ReadFailure> {
        let document =
            self.prepare.prepare(pending.kind, content, progress).await.map_err(|error| match error.advice() {
                Some(advice) => ReadFailure::File { advice },
                None => ReadFailure::Failed(error.to_string()),
            })?;
        let reading = ocr::Reading { issue: document.issue, ..Default::default() };
        let hopeless = Extraction { reading, provider: Provider::Custom, milliseconds: 0, attempts: Vec::new() };
        // Another photo is asked for, so of this one nothing is needed.
        if document.issue.is_some() && !last_chance {
            return Ok(ReadDocument { extraction: hopeless, pages: 0 });
        }
        // Of a bad picture little may come, and that must not take the document with it.
        let patience = if document.issue.is_some() { self.timeout / 2 } else { self.timeout };
        let extracting = self.router.extract(&document, self.commands.clock.today(), progress);
        let extracting = tokio::time::timeout(patience, extracting);
        let (kept, read) = tokio::join!(self.keep_pages(id, pending.document_id, &document), extracting);
        let pages = kept.map_err(failed)?;
        match read {
            Ok(Ok(mut extraction)) => {
                extraction.reading.issue = extraction.reading.issue.or(document.issue);
                Ok(ReadDocument { extraction, pages })
            }
            // No better photo will come: a person looks at this one.
            Ok(Err(_)) | Err(_) if document.issue.is_some() => Ok(ReadDocument { extraction: hopeless, pages }),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(ReadFailure::Failed(format!("no result within {} s", patience.as_secs()))),
        }
    }

    /// Keeps the pages as people look at them, and tells how many there are.
    async fn keep_pages(&self, id: &ApplicationId, document_id: Uuid, document: &Prepared) -> Result<u8, BlobError> {
        let pages = (1..=u8::MAX).zip(&document.pages);
        let kept = pages.map(|(number, page)| async move {
            self.commands.blobs.put(id, document_id, Part::Page(number), &page.jpeg).await.map(|()| number)
        });
        Ok(futures::future::try_join_all(kept).await?.last().copied().unwrap_or_default())
    }
}

fn failed(error: impl std::fmt::Display) -> ReadFailure {
    ReadFailure::Failed(error.to_string())
}
