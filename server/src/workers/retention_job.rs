//! Deletes files of documents when their retention ends, or on request. Extracted values, decisions, events and the
//! files' hashes stay.
//!
//! A deletion has three steps: the application records which documents are to be deleted; their files are deleted; the
//! application records that they are deleted, with a line in the audit log. After a crash between two steps, the next
//! sweep continues.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::event::ApplicationId;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use rand::Rng;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::blobs::{BlobError, Blobs};
use crate::clock::Clock;
use crate::documents::{Due, RetentionPolicy};
use crate::store::{Application, Committed, Store, StoreError};
use crate::telemetry::observe;

/// The mean time from the start to the first sweep, and between two sweeps.
const FIRST_SWEEP: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(15 * 60);
/// How many days back the first sweep searches, for files that came due while no process ran. Later sweeps search
/// yesterday and today.
const FIRST_SWEEP_DAYS: i32 = 400;
/// How many applications one query finds.
const PAGE: usize = 100;
/// How often a change of an application is attempted in spite of conflicts.
const ATTEMPTS: u32 = 8;
/// Younger files may belong to an upload in progress.
const UPLOAD_TIME: SignedDuration = SignedDuration::from_hours(24);
/// The id of the lease for deletions. No document has it.
const LEASE_ID: Uuid = Uuid::nil();

/// Why files were not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// A table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder or the bucket failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The application does not exist.
    #[error("there is no such application")]
    NotFound,
    /// The application changed during every attempt.
    #[error("the application changed during each of {ATTEMPTS} attempts")]
    Contended,
}

/// Which files are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionScope {
    /// Those whose retention has ended.
    Due,
    /// All, also those of documents that are being read.
    All,
}

/// The result of a deletion in one application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletedDocuments {
    /// The documents.
    pub documents: Vec<Uuid>,
    /// The number of deleted files.
    pub files: usize,
}

/// Deletes files whose retention has ended.
#[derive(Clone)]
pub struct RetentionJob {
    /// The applications and the audit log.
    pub store: Store,
    /// The files.
    pub blobs: Blobs,
    /// How long files are kept.
    pub policy: RetentionPolicy,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who leases applications.
    pub instance: Uuid,
}

impl RetentionJob {
    /// Sweeps until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let _ = stop
            .run_until_cancelled(async {
                // Jitter, so that instances do not sweep in step.
                let about = |wait: Duration| wait.mul_f64(rand::rng().random_range(0.75..1.25));
                tokio::time::sleep(about(FIRST_SWEEP)).await;
                let mut back = FIRST_SWEEP_DAYS;
                loop {
                    match self.sweep(back).await {
                        Ok(swept) => {
                            back = 1;
                            if swept > 0 {
                                tracing::info!(applications = swept, "retention sweep finished");
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "retention sweep failed; the next sweep retries")
                        }
                    }
                    tokio::time::sleep(about(SWEEP_EVERY)).await;
                }
            })
            .await;
    }

    /// Deletes files that came due today or in the `back` days before. Returns the number of applications.
    ///
    /// # Errors
    /// [`RetentionError`]. If single applications fail, the sweep continues and returns the last of their errors.
    pub async fn sweep(&self, back: i32) -> Result<usize, RetentionError> {
        let (mut swept, mut failed) = (0, None);
        let mut oldest = None;
        for day in self.days(back) {
            // Each application is visited once: the index may trail the table, and failed deletions stay in it.
            let mut seen = HashSet::new();
            loop {
                let found = self.store.documents_due(day, self.clock.now(), PAGE + seen.len()).await?;
                let found: Vec<ApplicationId> = found.into_iter().filter(|id| seen.insert(id.clone())).collect();
                if found.is_empty() {
                    break;
                }
                for id in found {
                    match self.delete_leased(&id).await {
                        Ok(Some(_)) => swept += 1,
                        Ok(None) => {}
                        Err(error) => {
                            tracing::warn!(%error, application = %id, "document files not deleted");
                            oldest.get_or_insert(day);
                            failed = Some(error);
                        }
                    }
                }
            }
        }
        observe::deletions_swept(oldest, self.clock.now());
        failed.map_or(Ok(swept), Err)
    }

    /// The applications with files that came due today or in the `back` days before, at most `limit` per day.
    ///
    /// # Errors
    /// [`RetentionError::Store`].
    pub async fn due(&self, back: i32, limit: usize) -> Result<Vec<ApplicationId>, RetentionError> {
        let mut found = Vec::new();
        for day in self.days(back) {
            found.extend(self.store.documents_due(day, self.clock.now(), limit).await?);
        }
        Ok(found)
    }

    fn days(&self, back: i32) -> impl Iterator<Item = Date> + use<> {
        let today = self.clock.today();
        (0..=back).rev().filter_map(move |ago| today.checked_sub(ago.days()).ok())
    }

    /// Deletes the due files of an application, unless another instance holds its lease. Two concurrent deletions would
    /// do no harm.
    async fn delete_leased(&self, id: &ApplicationId) -> Result<Option<DeletedDocuments>, RetentionError> {
        if !self.store.lease_reading(id, LEASE_ID, self.instance).await? {
            return Ok(None);
        }
        let deleted = self.delete(id, DeletionScope::Due).await;
        self.store.release_reading(id, LEASE_ID, self.instance).await?;
        deleted
    }

    /// Deletes files of an application. Returns `None` if there is nothing to delete.
    ///
    /// # Errors
    /// [`RetentionError`]. Some files may be deleted then, and a repetition continues.
    pub async fn delete(
        &self,
        id: &ApplicationId,
        scope: DeletionScope,
    ) -> Result<Option<DeletedDocuments>, RetentionError> {
        let Some(marked) = self.mark_for_deletion(id, scope).await? else { return Ok(None) };
        let (mut files, mut left) = (0, 0);
        for document in &marked.deleting {
            files += self.blobs.delete(id, *document).await?.files;
        }
        if marked.deleting_all {
            // Uploads after an interrupted deletion are kept.
            let known: Vec<Uuid> = marked.kept.iter().map(|kept| kept.document_id).collect();
            let age = if scope == DeletionScope::All { SignedDuration::ZERO } else { UPLOAD_TIME };
            let before = self.clock.now() - age;
            let orphans = self.blobs.delete_orphans(id, &known, before).await?;
            files += orphans.files;
            left = orphans.left;
        }
        self.record_deletion(id, &marked, left > 0).await?;
        Ok(Some(DeletedDocuments { documents: marked.deleting, files }))
    }

    /// Records in the application which documents are to be deleted, and returns it. `None` if there are none.
    async fn mark_for_deletion(
        &self,
        id: &ApplicationId,
        scope: DeletionScope,
    ) -> Result<Option<Application>, RetentionError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let Some(mut application) = self.store.application(id).await? else { return Err(RetentionError::NotFound) };
            let due = match scope {
                DeletionScope::All => Due::All,
                DeletionScope::Due => self.policy.due(&application, now),
            };
            let mut deleting: Vec<Uuid> = match due {
                Due::Nothing => Vec::new(),
                Due::Some(documents) => documents,
                Due::All => {
                    application.deleting_all = true;
                    // Earlier versions did not record `kept`. A deletion on request also ends pending readings.
                    let pending = std::mem::take(&mut application.pending);
                    let kept = application.kept.iter().map(|kept| kept.document_id);
                    let read = application.documents.iter().map(|document| document.document_id);
                    kept.chain(read).chain(pending.iter().map(|pending| pending.document_id)).collect()
                }
            };
            // Includes an interrupted deletion.
            deleting.append(&mut application.deleting);
            deleting.sort_unstable();
            deleting.dedup();
            let any = !deleting.is_empty() || application.deleting_all;
            application.kept.retain(|kept| !deleting.contains(&kept.document_id));
            application.deleting = deleting;
            // Due now, so that sweeps find it until the deletion is recorded. Otherwise due by the current policy.
            let next = if any { Some(now) } else { self.policy.next(&application) };
            if !any && application.delete_due == next {
                return Ok(None);
            }
            application.delete_due = next;
            if self.store.commit(&application, None, None).await? == Committed::Yes {
                application.version += 1;
                return Ok(any.then_some(application));
            }
        }
        Err(RetentionError::Contended)
    }

    /// Records that the documents of `marked` are deleted, with a line in the audit log. If files are `left`, the
    /// application stays due: files that still exist then belong to an upload that never became a document.
    async fn record_deletion(
        &self,
        id: &ApplicationId,
        marked: &Application,
        left: bool,
    ) -> Result<(), RetentionError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let Some(mut application) = self.store.application(id).await? else { return Err(RetentionError::NotFound) };
            // Another process has recorded it.
            if application.deleting != marked.deleting || application.deleting_all != marked.deleting_all {
                return Ok(());
            }
            let deleted = std::mem::take(&mut application.deleting);
            if left {
                application.delete_due = Some(now + UPLOAD_TIME);
            } else {
                if std::mem::take(&mut application.deleting_all) && application.kept.is_empty() {
                    application.documents_deleted_at = Some(now);
                }
                application.delete_due = self.policy.next(&application);
            }
            if self.store.commit_deletion(&application, &deleted, now).await? == Committed::Yes {
                tracing::info!(application = %id, documents = deleted.len(), "document files deleted");
                return Ok(());
            }
        }
        Err(RetentionError::Contended)
    }
}
