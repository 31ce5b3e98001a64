//! Checks the lists, and keeps the state of each. `settle` takes what was received, or refuses it.

use std::sync::Arc;

use domain::watchlist::{ListChanges, Refusal, Source};
use jiff::Timestamp;

use super::archive::{Archive, ArchiveError};
use super::fetch::{Fetched, Fetcher};
use super::files::{self, FoundFiles};
use super::origin::Origin;
use super::plan::{Plan, PlannedList};
use super::state::ListState;
use crate::clock::Clock;
use crate::store::{Acceptance, Committed, Store, StoreError};
use crate::telemetry::observe;

/// How often a change of a state is attempted in spite of conflicts.
pub(super) const ATTEMPTS: u32 = 8;

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

    pub(super) async fn load(&self, source: Source) -> Result<(ListState, u64), KeeperError> {
        let list = source.code();
        match self.store.list_state(list).await? {
            None => Ok((ListState::default(), 0)),
            Some(stored) => {
                let state = serde_json::from_str(&stored.json).map_err(|error| KeeperError::State { list, error })?;
                Ok((state, stored.revision))
            }
        }
    }

    pub(super) async fn commit(
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

    pub(super) fn planned(&self, source: Source) -> Result<&PlannedList, KeeperError> {
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
            && !self.archive.has(source, &list.sha256).await?
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
    pub(super) async fn confirm(
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
}
