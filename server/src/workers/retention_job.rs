//! Deletes files of documents when their time is over, or on request. What was read, decided and told stays, and so do the
//! files' hashes.
//!
//! In three steps, each of which may be the last before a crash: it is noted on the application which documents go; their
//! files are deleted; that they are gone is noted, with a line in the audit log. The next sweep goes on in the middle.

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

/// When the first sweep comes, and how often others follow, on average.
const FIRST: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(15 * 60);
/// How many days a first sweep looks back for what came due while nothing ran; later ones look at yesterday and today.
const BACK: i32 = 400;
/// How many applications are looked up at once.
const TOGETHER: usize = 100;
/// How often an application is loaded and noted on anew when others change it.
const TRIES: u32 = 8;
/// Files younger than this may belong to an upload that is under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(24);
/// Under which name an application is claimed by those who delete; no document has it.
const CLAIM: Uuid = Uuid::nil();

/// Why files were not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder or the bucket failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// There is no such application.
    #[error("there is no such application")]
    NotFound,
    /// Others changed the application each time.
    #[error("gave way to other changes {TRIES} times")]
    Contended,
}

/// What is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionScope {
    /// What the rules say.
    Due,
    /// Everything, also what is being read.
    All,
}

/// What was deleted of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletedDocuments {
    /// The documents.
    pub documents: Vec<Uuid>,
    /// How many files there were.
    pub files: usize,
}

/// Keeps to the rules.
#[derive(Clone)]
pub struct RetentionJob {
    /// Applications, and the audit log.
    pub store: Store,
    /// The files.
    pub blobs: Blobs,
    /// How long they are kept.
    pub policy: RetentionPolicy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who claims applications.
    pub instance: Uuid,
}

impl RetentionJob {
    /// Sweeps until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let _ = stop
            .run_until_cancelled(async {
                // Instances that began together do not stay together.
                let about = |wait: Duration| wait.mul_f64(rand::rng().random_range(0.75..1.25));
                tokio::time::sleep(about(FIRST)).await;
                let mut back = BACK;
                loop {
                    match self.sweep(back).await {
                        Ok(swept) => {
                            back = 1;
                            if swept > 0 {
                                tracing::info!(
                                    applications = swept,
                                    "files of documents were deleted; their time was over"
                                );
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "files of documents are not deleted yet; the next sweep tries again")
                        }
                    }
                    tokio::time::sleep(about(EVERY)).await;
                }
            })
            .await;
    }

    /// Deletes what came due today and in the `back` days before, and tells of how many applications.
    ///
    /// # Errors
    /// [`RetentionError`]: of the store at once; of single applications, the last one after all others were swept.
    pub async fn sweep(&self, back: i32) -> Result<usize, RetentionError> {
        let (mut swept, mut failed) = (0, None);
        for day in self.days(back) {
            // The index may trail the table, and what fails stays in it: each is visited once.
            let mut seen = HashSet::new();
            loop {
                let found = self.store.documents_due(day, self.clock.now(), TOGETHER + seen.len()).await?;
                let found: Vec<ApplicationId> = found.into_iter().filter(|id| seen.insert(id.clone())).collect();
                if found.is_empty() {
                    break;
                }
                for id in found {
                    match self.delete_claimed(&id).await {
                        Ok(Some(_)) => swept += 1,
                        Ok(None) => {}
                        Err(error) => {
                            tracing::warn!(%error, application = %id, "files of documents were not deleted");
                            failed = Some(error);
                        }
                    }
                }
            }
        }
        failed.map_or(Ok(swept), Err)
    }

    /// The applications of which something came due today or in the `back` days before, at most `enough` of a day.
    ///
    /// # Errors
    /// [`RetentionError::Store`].
    pub async fn due(&self, back: i32, enough: usize) -> Result<Vec<ApplicationId>, RetentionError> {
        let mut found = Vec::new();
        for day in self.days(back) {
            found.extend(self.store.documents_due(day, self.clock.now(), enough).await?);
        }
        Ok(found)
    }

    fn days(&self, back: i32) -> impl Iterator<Item = Date> + use<> {
        let today = self.clock.today();
        (0..=back).rev().filter_map(move |ago| today.checked_sub(ago.days()).ok())
    }

    /// Deletes what is due of an application, unless another is at it. That two are at it does no harm.
    async fn delete_claimed(&self, id: &ApplicationId) -> Result<Option<DeletedDocuments>, RetentionError> {
        if !self.store.claim_reading(id, CLAIM, self.instance).await? {
            return Ok(None);
        }
        let deleted = self.delete(id, DeletionScope::Due).await;
        self.store.release_reading(id, CLAIM, self.instance).await?;
        deleted
    }

    /// Deletes files of an application. None where there was nothing to delete.
    ///
    /// # Errors
    /// [`RetentionError`]; some files may be deleted then, and doing it again goes on.
    pub async fn delete(
        &self,
        id: &ApplicationId,
        which: DeletionScope,
    ) -> Result<Option<DeletedDocuments>, RetentionError> {
        let Some(going) = self.note_going(id, which).await? else { return Ok(None) };
        let (mut files, mut left) = (0, 0);
        for document in &going.deleting {
            files += self.blobs.delete(id, *document).await?.files;
        }
        if going.deleting_all {
            // Handed in since a crash left this in the middle.
            let known: Vec<Uuid> = going.kept.iter().map(|kept| kept.document_id).collect();
            let before = self.clock.now() - if which == DeletionScope::All { SignedDuration::ZERO } else { UNDER_WAY };
            let orphans = self.blobs.delete_orphans(id, &known, before).await?;
            files += orphans.files;
            left = orphans.left;
        }
        self.note_gone(id, &going, left > 0).await?;
        Ok(Some(DeletedDocuments { documents: going.deleting, files }))
    }

    /// Notes which documents go, and returns the application as noted. None where none goes.
    async fn note_going(
        &self,
        id: &ApplicationId,
        which: DeletionScope,
    ) -> Result<Option<Application>, RetentionError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let Some(mut application) = self.store.application(id).await? else { return Err(RetentionError::NotFound) };
            let due = match which {
                DeletionScope::All => Due::All,
                DeletionScope::Due => self.policy.due(&application, now),
            };
            let mut going: Vec<Uuid> = match due {
                Due::Nothing => Vec::new(),
                Due::Some(documents) => documents,
                Due::All => {
                    application.deleting_all = true;
                    // Earlier versions noted no files. And on request, nothing is read any more either.
                    let pending = std::mem::take(&mut application.pending);
                    let kept = application.kept.iter().map(|kept| kept.document_id);
                    let read = application.documents.iter().map(|document| document.document_id);
                    kept.chain(read).chain(pending.iter().map(|pending| pending.document_id)).collect()
                }
            };
            // What a crash left in the middle goes too.
            going.append(&mut application.deleting);
            going.sort_unstable();
            going.dedup();
            let any = !going.is_empty() || application.deleting_all;
            application.kept.retain(|kept| !going.contains(&kept.document_id));
            application.deleting = going;
            // Still found by sweeps, until all is done; or found later, where the rules have changed.
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

    /// Notes that `going` is gone, and puts it on the audit log. With files `left` it is to be looked at again: they were of an upload that
    /// never became a document if they are still there then.
    async fn note_gone(&self, id: &ApplicationId, going: &Application, left: bool) -> Result<(), RetentionError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let Some(mut application) = self.store.application(id).await? else { return Err(RetentionError::NotFound) };
            // Another one who was at it has noted it.
            if application.deleting != going.deleting || application.deleting_all != going.deleting_all {
                return Ok(());
            }
            let gone = std::mem::take(&mut application.deleting);
            if left {
                application.delete_due = Some(now + UNDER_WAY);
            } else {
                if std::mem::take(&mut application.deleting_all) && application.kept.is_empty() {
                    application.documents_deleted_at = Some(now);
                }
                application.delete_due = self.policy.next(&application);
            }
            if self.store.commit_deletion(&application, &gone, now).await? == Committed::Yes {
                tracing::info!(application = %id, documents = gone.len(), "files of documents deleted");
                return Ok(());
            }
        }
        Err(RetentionError::Contended)
    }
}
