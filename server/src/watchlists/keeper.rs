//! Takes an issue of a list whole, or refuses it and keeps the one in use.

use std::sync::Arc;

use domain::watchlist::{IssueFacts, List, ListChanges, Refusal, Source, judge};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::archive::{self, Archive, ArchiveError};
use super::fetch::{Fetched, Fetcher};
use super::files::{self, FoundFiles, Offer};
use super::origin::Origin;
use super::plan::{Plan, PlannedList};
use super::state::{KeptList, ListState};
use crate::clock::Clock;
use crate::store::{Acceptance, Committed, Store, StoreError};
use crate::telemetry::observe;

/// How often a change of a state is attempted in spite of conflicts.
const ATTEMPTS: u32 = 8;

/// Why a list could not be kept. The issue in use stays.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes cannot be stored or read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A stored state is not of the shape that this program writes.
    #[error("the state of list {list} cannot be read: {error}")]
    State {
        /// The list.
        list: &'static str,
        /// Why.
        error: serde_json::Error,
    },
    /// The settings do not name the list.
    #[error("{0} is off in [watchlist]")]
    Off(&'static str),
    /// There is nothing to accept or to compare.
    #[error("{0}")]
    Nothing(String),
    /// The state changed during every attempt.
    #[error("the state of list {0} changed during each of {ATTEMPTS} attempts")]
    Contended(&'static str),
    /// No HTTP client can be made.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A task ended early.
    #[error("reading of a list ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// A new issue is in use.
    Taken {
        /// Label, date and size.
        version: String,
        /// Persons that it adds, changes and removes.
        changes: ListChanges,
    },
    /// The issue in use is the newest one.
    Unchanged,
    /// An issue was offered and not taken.
    Refused(Refusal),
    /// Nothing was received.
    Failed(Refusal),
}

/// An issue that an operator put into use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The issue.
    pub list: KeptList,
    /// The persons that it adds, changes and removes.
    pub changes: ListChanges,
}

/// The difference of two issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDifference {
    /// The earlier one; `None` if there is none.
    pub from: Option<KeptList>,
    /// The later one.
    pub to: KeptList,
    /// Whether the later one is refused and not in use.
    pub refused: bool,
    /// The persons.
    pub changes: ListChanges,
}

/// Keeps the lists. Cheap to clone.
#[derive(Clone)]
pub struct Keeper {
    plan: Arc<Plan>,
    store: Store,
    archive: Archive,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

impl Keeper {
    /// A keeper of the lists of `plan`.
    ///
    /// # Errors
    /// [`KeeperError::Client`].
    pub fn new(plan: Plan, store: Store, archive: Archive, clock: Arc<dyn Clock>) -> Result<Self, KeeperError> {
        let fetcher = Fetcher::new(plan.fetch)?;
        Ok(Self { plan: Arc::new(plan), store, archive, fetcher, clock })
    }

    /// The lists and limits of the settings.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The bytes of the issues.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The state of a list, also of one that is off.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn state(&self, source: Source) -> Result<ListState, KeeperError> {
        Ok(self.load(source).await?.0)
    }

    async fn load(&self, source: Source) -> Result<(ListState, u64), KeeperError> {
        let list = source.code();
        match self.store.list_state(list).await? {
            None => Ok((ListState::default(), 0)),
            Some(stored) => {
                let state = serde_json::from_str(&stored.json).map_err(|error| KeeperError::State { list, error })?;
                Ok((state, stored.revision))
            }
        }
    }

    async fn commit(
        &self,
        source: Source,
        state: &ListState,
        revision: u64,
        acceptance: Option<&Acceptance>,
    ) -> Result<bool, KeeperError> {
        let list = source.code();
        let json = serde_json::to_string(state).map_err(|error| KeeperError::State { list, error })?;
        Ok(self.store.commit_list_state(list, &json, revision, acceptance).await? == Committed::Yes)
    }

    fn planned(&self, source: Source) -> Result<&PlannedList, KeeperError> {
        self.plan.list(source).ok_or(KeeperError::Off(source.code()))
    }

    /// Checks a list with its publisher, or reads its files, and takes a new issue.
    ///
    /// # Errors
    /// [`KeeperError`]. A refusal is no error.
    pub async fn check(&self, source: Source) -> Result<Checked, KeeperError> {
        let origin = self.planned(source)?.origin.clone();
        let Origin::Url(url) = &origin else {
            let found = tokio::task::spawn_blocking(move || files::find(source, &origin)).await?;
            return match found {
                Ok(found) => self.read(source, found).await,
                Err(failure) => self.fail(source, failure).await,
            };
        };
        let mut in_use = self.state(source).await?.in_use;
        // Without its bytes the issue in use is fetched again.
        if let Some(list) = &in_use
            && !self.archive.has(&list.sha256).await?
        {
            in_use = None;
        }
        match (self.fetcher.fetch(source, url, in_use.as_ref(), &*self.clock).await, in_use) {
            (Ok(Fetched::Offer(offer)), _) => self.settle(source, offer).await,
            (Ok(Fetched::Unchanged), Some(list)) => self.confirm(source, &list.sha256, self.clock.now(), true).await,
            // The publisher is asked for a condition only with an issue in use.
            (Ok(Fetched::Unchanged), None) => Ok(Checked::Unchanged),
            (Err(failure), _) => self.fail(source, failure).await,
        }
    }

    /// Reads found files, and takes a new issue.
    pub(super) async fn read(&self, source: Source, found: FoundFiles) -> Result<Checked, KeeperError> {
        let now = self.clock.now();
        match tokio::task::spawn_blocking(move || found.read(source, now)).await? {
            Ok(offer) => self.settle(source, offer).await,
            Err(failure) => self.fail(source, failure).await,
        }
    }

    /// Records that nothing was received.
    pub(super) async fn fail(&self, source: Source, failure: Refusal) -> Result<Checked, KeeperError> {
        let is_new = self
            .change(source, |state| {
                let is_new = state.record_failed(&failure, self.clock.now());
                Some(is_new)
            })
            .await?;
        observe::list_refused(failure.cause.as_str());
        observe::list_checked("failed");
        // Failures of one cause are logged once; the state counts them.
        if is_new == Some(true) {
            let (list, cause) = (source.code(), failure.cause.as_str());
            tracing::error!(list, cause, detail = failure.detail, "sanctions list not checked; the one in use stays");
        }
        Ok(Checked::Failed(failure))
    }

    /// Records that the issue `sha256` is the newest one, if it is still in use. With `always` the attempt is recorded
    /// too.
    async fn confirm(
        &self,
        source: Source,
        sha256: &str,
        checked: Timestamp,
        always: bool,
    ) -> Result<Checked, KeeperError> {
        let now = self.clock.now();
        self.change(source, |state| {
            let is_in_use = state.in_use.as_ref().is_some_and(|list| list.sha256 == sha256);
            (is_in_use && (state.record_unchanged(checked, now) || always)).then_some(())
        })
        .await?;
        observe::list_checked("unchanged");
        Ok(Checked::Unchanged)
    }

    /// Changes the state of a list. `None` if there is nothing to write.
    async fn change<T>(
        &self,
        source: Source,
        mut change: impl FnMut(&mut ListState) -> Option<T>,
    ) -> Result<Option<T>, KeeperError> {
        for _ in 0..ATTEMPTS {
            let (mut state, revision) = self.load(source).await?;
            let Some(result) = change(&mut state) else { return Ok(None) };
            if self.commit(source, &state, revision, None).await? {
                return Ok(Some(result));
            }
        }
        Err(KeeperError::Contended(source.code()))
    }

    /// Takes an offered issue, or refuses it.
    async fn settle(&self, source: Source, offer: Offer) -> Result<Checked, KeeperError> {
        let Offer { files, format, published, checked, etag, last_modified } = offer;
        let origin = self.planned(source)?.origin.describe();
        let is_fetched = self.planned(source)?.origin.is_fetched();
        let bytes = files.iter().map(Vec::len).sum();
        let (sha256, files) = tokio::task::spawn_blocking(move || (archive::sha256(&files), files)).await?;
        let mut read: Option<Result<List, Refusal>> = None;
        let mut files = Some(files);
        for _ in 0..ATTEMPTS {
            let (mut state, revision) = self.load(source).await?;
            // A file that does not state its day is as old as its first appearance.
            let is_in_use = state.in_use.as_ref().is_some_and(|list| list.sha256 == sha256);
            if is_in_use && self.archive.has(&sha256).await? {
                return self.confirm(source, &sha256, checked, is_fetched).await;
            }
            let parsed = match &read {
                Some(parsed) => parsed,
                // An issue that is known has the day of its first appearance.
                None => match self.archive.list(&sha256).await {
                    Ok(known) => {
                        files = None;
                        &*read.insert(Ok(known))
                    }
                    Err(_) => {
                        let content = files.clone().unwrap_or_default();
                        let parsed = tokio::task::spawn_blocking(move || {
                            let parts: Vec<&[u8]> = content.iter().map(Vec::as_slice).collect();
                            List::read(source, format, &parts, published).map_err(|error| Refusal::from(&error))
                        });
                        &*read.insert(parsed.await?)
                    }
                },
            };
            let now = self.clock.now();
            let today = now.to_zoned(TimeZone::UTC).date();
            let in_use = state.in_use.as_ref().map(KeptList::facts);
            let judged = match parsed {
                Ok(list) => {
                    let facts = IssueFacts { published: list.published, entries: list.total };
                    judge(facts, in_use, today, self.plan.shrink).map_or_else(Err, |()| Ok(list))
                }
                Err(refusal) => Err(refusal.clone()),
            };
            // Only an issue that may be used is kept: what is not a list is of no use to anybody.
            let mut kept = None;
            if let Ok(list) = parsed {
                if let Some(files) = files.take() {
                    self.archive.put(list, format, files).await?;
                }
                kept = Some(KeptList {
                    sha256: sha256.clone(),
                    format,
                    published: list.published,
                    entries: list.total,
                    bytes,
                    received: checked,
                    origin: origin.clone(),
                    etag: etag.clone(),
                    last_modified: last_modified.clone(),
                });
            }
            match (judged, kept) {
                // Its bytes were lost, and are stored again.
                (_, Some(_)) if is_in_use => return self.confirm(source, &sha256, checked, is_fetched).await,
                (Ok(list), Some(kept)) => {
                    let changes = self.changes(&state, list).await;
                    state.record_taken(kept, &changes, None, checked, now);
                    if self.commit(source, &state, revision, None).await? {
                        report_taken(&list.version(), &changes);
                        return Ok(Checked::Taken { version: list.version(), changes });
                    }
                }
                (Err(refusal), kept) => {
                    let candidate = kept.filter(|_| refusal.cause.is_acceptable());
                    let is_new = state.record_refused(&refusal, &sha256, candidate, now);
                    if self.commit(source, &state, revision, None).await? {
                        report_refused(source, &refusal, is_new);
                        return Ok(Checked::Refused(refusal));
                    }
                }
                (Ok(_), None) => {}
            }
        }
        Err(KeeperError::Contended(source.code()))
    }

    /// What `list` changes. If the bytes of the issue in use are lost, it adds everybody: the loss must not keep an old
    /// issue in use.
    async fn changes(&self, state: &ListState, list: &List) -> ListChanges {
        let before = match &state.in_use {
            Some(before) => self.archive.list(&before.sha256).await.ok(),
            None => None,
        };
        ListChanges::between(before.as_ref(), list)
    }

    /// Puts the refused issue of a list into use, on behalf of the operator `by`. With `sha256` only if it is that one.
    ///
    /// # Errors
    /// [`KeeperError`]; [`KeeperError::Nothing`] if there is none that can be used.
    pub async fn accept(&self, source: Source, by: &str, sha256: Option<&str>) -> Result<Accepted, KeeperError> {
        let code = source.code();
        for _ in 0..ATTEMPTS {
            let (mut state, revision) = self.load(source).await?;
            let nothing = |why: String| Err(KeeperError::Nothing(why));
            let Some(refused) = state.refused.clone() else {
                return nothing(format!("no issue of {code} is refused"));
            };
            let Some(candidate) = refused.candidate else {
                return nothing(format!(
                    "the refused issue of {code} cannot be used ({}: {}); only one that is a complete list can be \
                     accepted",
                    refused.cause, refused.detail
                ));
            };
            if sha256.is_some_and(|wanted| !candidate.sha256.starts_with(wanted)) {
                return nothing(format!("the refused issue of {code} is another one: {}", candidate.sha256));
            }
            let list = self.archive.list(&candidate.sha256).await?;
            let changes = self.changes(&state, &list).await;
            let now = self.clock.now();
            let checked = refused.last.max(candidate.received);
            let detail = json!({
                "list": code,
                "sha256": candidate.sha256,
                "published": candidate.published,
                "entries": candidate.entries,
                "cause": refused.cause,
                "instead": state.in_use.as_ref().map(|list| &list.sha256),
                "by": by,
            });
            state.record_taken(candidate.clone(), &changes, Some(by), checked, now);
            let acceptance = Acceptance { detail: detail.to_string(), at: now };
            if self.commit(source, &state, revision, Some(&acceptance)).await? {
                tracing::info!(list = code, by, version = list.version(), "sanctions list accepted");
                return Ok(Accepted { list: candidate, changes });
            }
        }
        Err(KeeperError::Contended(code))
    }

    /// The difference between the issue in use and the refused one or, without any, between the issue before and the
    /// one in use.
    ///
    /// # Errors
    /// [`KeeperError`]; [`KeeperError::Nothing`] if no issue is in use.
    pub async fn difference(&self, source: Source) -> Result<ListDifference, KeeperError> {
        let state = self.state(source).await?;
        let candidate = state.refused.and_then(|refused| refused.candidate);
        let refused = candidate.is_some();
        let (from, to) = match candidate {
            Some(candidate) => (state.in_use, Some(candidate)),
            None => (state.previous, state.in_use),
        };
        let to = to.ok_or_else(|| KeeperError::Nothing(format!("no issue of {} is in use", source.code())))?;
        let after = self.archive.list(&to.sha256).await?;
        let before = match &from {
            Some(from) => Some(self.archive.list(&from.sha256).await?),
            None => None,
        };
        let changes = ListChanges::between(before.as_ref(), &after);
        Ok(ListDifference { from, to, refused, changes })
    }
}

fn report_taken(version: &str, changes: &ListChanges) {
    observe::list_checked("taken");
    observe::list_changed(changes);
    let (added, changed, removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    tracing::info!(list = version, added, changed, removed, "sanctions list taken");
}

fn report_refused(source: Source, refusal: &Refusal, is_new: bool) {
    let (list, cause) = (source.code(), refusal.cause.as_str());
    observe::list_refused(cause);
    observe::list_checked("refused");
    // The same issue is logged once; the state counts how often it was offered.
    if is_new {
        tracing::error!(list, cause, detail = refusal.detail, "sanctions list refused; the one in use stays");
    }
}
