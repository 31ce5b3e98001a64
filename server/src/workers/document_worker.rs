//! Reads stored documents, a bounded number at a time. Pending documents are in the store, so a stop loses none:
//! another instance reads them, or this one after its next start. The instance that reads a document holds its lease.

use std::collections::HashSet;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
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
use crate::commands::{CommandError, Commands, ReadingStarted};
use crate::documents::{ReadDocument, ReadFailure};
use crate::live::FanOut;
use crate::store::{LEASE_TIME, PendingRead, StoreError, UnreadDocument};
use crate::telemetry::observe;
use hex::encode;

/// The mean time between two sweeps, which find the documents that no hint announced.
const SWEEP: Duration = Duration::from_millis(500);
/// How many documents per permit a sweep takes. The rest is for other instances.
const AHEAD: usize = 4;

/// How many attempts a document has. A document that crashes the process, or whose result cannot be recorded, must not
/// be read for ever. A graceful stop gives its attempt back.
const ATTEMPTS: u8 = 3;

/// Reads pending documents. Cheap to clone.
#[derive(Clone)]
pub struct DocumentWorker {
    /// Commands that record the results.
    pub commands: Commands,
    /// Prepares files for reading.
    pub prepare: ocr::Reader,
    /// Selects the provider that reads.
    pub router: Arc<Router>,
    /// Receives the progress.
    pub fan_out: FanOut,
    /// The number of documents that are read at the same time.
    pub max_concurrent: usize,
    /// One permit for each of them.
    pub permits: Arc<Semaphore>,
    /// The holder of the leases.
    pub instance: Uuid,
    /// The longest time for one document.
    pub timeout: Duration,
    /// Documents that are read or wait for a permit here, so that a sweep does not take one twice.
    pub taken: Arc<Mutex<HashSet<Uuid>>>,
}

impl DocumentWorker {
    /// Runs until `stop`. A document whose reading is interrupted is read again from its beginning.
    pub async fn run(self, mut hints: mpsc::Receiver<ApplicationId>, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut hinted = true;
        let mut failing = false;
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
                    // Jitter, so that instances do not sweep in step.
                    next_sweep = Instant::now() + SWEEP.mul_f64(rand::rng().random_range(0.75..1.25));
                    let limit = self.capacity_left();
                    if limit == 0 {
                        continue;
                    }
                    self.commands.context.store.documents_to_read(self.instance, limit).await
                }
            };
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    // Once per outage, not with every sweep.
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "pending documents not listed; every sweep retries");
                    }
                    continue;
                }
            };
            failing = false;
            for UnreadDocument { application_id, pending } in found {
                if self.take(pending.document_id) {
                    let (worker, stop) = (self.clone(), stop.clone());
                    tasks.spawn(async move {
                        worker.read_leased(&application_id, &pending, stop).await;
                        worker.release(pending.document_id);
                    });
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// The pending documents of one application.
    async fn pending(&self, application_id: ApplicationId) -> Result<Vec<UnreadDocument>, StoreError> {
        let application = self.commands.context.store.application(&application_id).await?;
        let pending = application.into_iter().flat_map(|application| application.pending);
        Ok(pending.map(|pending| UnreadDocument { application_id: application_id.clone(), pending }).collect())
    }

    /// How many more documents a sweep may take.
    fn capacity_left(&self) -> usize {
        let ahead = AHEAD * self.max_concurrent;
        ahead.saturating_sub(self.taken.lock().unwrap_or_else(PoisonError::into_inner).len())
    }

    fn take(&self, document_id: Uuid) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(document_id)
    }

    fn release(&self, document_id: Uuid) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&document_id);
    }

    /// Reads a document under a lease, which is released at the end. A stop ends the wait for a permit and the reading,
    /// never a write to the store.
    async fn read_leased(&self, id: &ApplicationId, pending: &PendingRead, stop: CancellationToken) {
        let document_id = pending.document_id;
        let progress = |step| self.fan_out.progress(id.customer_id(), Progress { document_id, step });
        progress(ReadingStep::Queued);
        let Some(Ok(_permit)) = stop.run_until_cancelled(self.permits.acquire()).await else { return };
        match self.lease(id, document_id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "document lease failed; the next sweep retries");
                return;
            }
        }
        self.read(id, pending, &progress, &stop).await;
        if let Err(error) = self.commands.context.store.release_reading(id, document_id, self.instance).await {
            tracing::debug!(%error, "document lease not released; it expires");
        }
    }

    /// Takes or renews the lease of a document; false where another instance holds it.
    async fn lease(&self, id: &ApplicationId, document_id: Uuid) -> Result<bool, StoreError> {
        self.commands.context.store.lease_reading(id, document_id, self.instance).await
    }

    /// Renews the lease while the document is read. A document whose lease is lost all the same may be read twice, but
    /// is recorded once.
    async fn renew_lease(&self, id: &ApplicationId, document_id: Uuid) -> Infallible {
        loop {
            tokio::time::sleep(LEASE_TIME / 3).await;
            if let Err(error) = self.lease(id, document_id).await {
                tracing::debug!(%error, "document lease not renewed");
            }
        }
    }

    async fn read(
        &self,
        id: &ApplicationId,
        pending: &PendingRead,
        progress: &(dyn Fn(ReadingStep) + Send + Sync),
        stop: &CancellationToken,
    ) {
        let document_id = pending.document_id;
        // `None` if a newer photo replaced the document while it waited.
        let ReadingStarted { attempt, retakes_exhausted } = match self.commands.start_reading(id, document_id).await {
            Ok(Some(begun)) => begun,
            Ok(None) | Err(CommandError::NotFound) => return,
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "document reading not started; the next sweep retries");
                return;
            }
        };
        let clock = &self.commands.context.clock;
        observe::reading_begins(pending.since, clock.now());
        let read = if attempt > ATTEMPTS {
            Err(ReadFailure::Failed(format!("{ATTEMPTS} attempts did not finish")))
        } else {
            tokio::select! {
                read = self.extract(id, pending, retakes_exhausted, progress) => read,
                never = self.renew_lease(id, document_id) => match never {},
                () = stop.cancelled() => {
                    // Only an attempt that ends by itself or with the process counts.
                    if let Err(error) = self.commands.give_back_attempt(id, document_id).await {
                        tracing::warn!(%error, document = %document_id, "reading attempt not given back");
                    }
                    return;
                }
            }
        };
        if let Err(ReadFailure::Failed(reason)) = &read {
            tracing::error!(application = %id, document = %document_id, reason, "document reading failed");
        }
        match self.commands.record_reading(id, document_id, &read).await {
            Ok(()) => observe::document_recorded(pending, clock.now(), &read, retakes_exhausted),
            Err(CommandError::NotFound) => {}
            Err(error) => {
                tracing::warn!(%error, document = %document_id, "document reading not recorded; it is repeated");
            }
        }
    }

    async fn extract(
        &self,
        id: &ApplicationId,
        pending: &PendingRead,
        retakes_exhausted: bool,
        progress: &(dyn Fn(ReadingStep) + Send + Sync),
    ) -> Result<ReadDocument, ReadFailure> {
        let content = self.commands.context.blobs.get(id, pending.document_id, Part::Original).await.map_err(failed)?;
        if pending.sha256.as_ref().is_some_and(|sha256| *sha256 != encode(Sha256::digest(&content))) {
            return Err(ReadFailure::Failed("the stored file is not the uploaded one: its hash differs".to_owned()));
        }
        let began = Instant::now();
        let reading = self.prepare_and_read(id, pending, content, retakes_exhausted, progress);
        let reading = AssertUnwindSafe(reading).catch_unwind();
        // A hostile file must not stop the worker.
        let read = match tokio::time::timeout(self.timeout, reading).await {
            Ok(Ok(read)) => read?,
            Ok(Err(_)) => return Err(ReadFailure::Failed("the reader panicked".to_owned())),
            Err(_) => return Err(ReadFailure::Failed(format!("no result within {} s", self.timeout.as_secs()))),
        };
        let elapsed = began.elapsed();
        let provider = read.extraction.provider.as_str();
        metrics::histogram!("onboard_document_seconds", "provider" => provider).record(elapsed);
        // Includes the preparation.
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        Ok(ReadDocument { extraction: Extraction { milliseconds, ..read.extraction }, pages: read.pages })
    }

    async fn prepare_and_read(
        &self,
        id: &ApplicationId,
        pending: &PendingRead,
        content: Bytes,
        retakes_exhausted: bool,
        progress: &(dyn Fn(ReadingStep) + Send + Sync),
    ) -> Result<ReadDocument, ReadFailure> {
        let document =
            self.prepare.prepare(pending.kind, content, progress).await.map_err(|error| match error.advice() {
                Some(advice) => ReadFailure::File { advice },
                None => ReadFailure::Failed(error.to_string()),
            })?;
        let reading = ocr::Reading { issue: document.issue, ..Default::default() };
        let empty = Extraction { reading, provider: Provider::Custom, milliseconds: 0, attempts: Vec::new() };
        // The applicant is asked for another photo, so this one is not read.
        if document.issue.is_some() && !retakes_exhausted {
            return Ok(ReadDocument { extraction: empty, pages: 0 });
        }
        // A bad picture may yield little. It gets half the time, so that the document is recorded all the same.
        let limit = if document.issue.is_some() { self.timeout / 2 } else { self.timeout };
        let extracting = self.router.extract(&document, self.commands.context.clock.today(), progress);
        let extracting = tokio::time::timeout(limit, extracting);
        let (kept, read) = tokio::join!(self.keep_pages(id, pending.document_id, &document), extracting);
        let pages = kept.map_err(failed)?;
        match read {
            Ok(Ok(mut extraction)) => {
                extraction.reading.issue = extraction.reading.issue.or(document.issue);
                Ok(ReadDocument { extraction, pages })
            }
            // No better photo will follow: a person reviews this one.
            Ok(Err(_)) | Err(_) if document.issue.is_some() => Ok(ReadDocument { extraction: empty, pages }),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(ReadFailure::Failed(format!("no result within {} s", limit.as_secs()))),
        }
    }

    /// Stores the page pictures for review, and returns their number.
    async fn keep_pages(&self, id: &ApplicationId, document_id: Uuid, document: &Prepared) -> Result<u8, BlobError> {
        let pages = (1..=u8::MAX).zip(&document.pages);
        let kept = pages.map(|(number, page)| async move {
            self.commands.context.blobs.put(id, document_id, Part::Page(number), &page.jpeg).await.map(|()| number)
        });
        Ok(futures::future::try_join_all(kept).await?.last().copied().unwrap_or_default())
    }
}

fn failed(error: impl std::fmt::Display) -> ReadFailure {
    ReadFailure::Failed(error.to_string())
}
