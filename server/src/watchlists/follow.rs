//! Keeps up with changed files, due checks, and issues that other processes took.

use std::collections::{BTreeMap, BTreeSet};

use domain::watchlist::{Refusal, Source};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::CHECK_INTERVAL;
use super::files::{self, FoundFiles};
use super::in_use::Watchlists;
use super::keeper::{Keeper, KeeperError};
use super::plan::PlannedList;
use crate::store::LEASE_TIME;

/// What was last found of the files of each list.
type Seen = BTreeMap<Source, Result<FoundFiles, Refusal>>;

impl Watchlists {
    /// Follows the lists until `stop`, at once and then every [`CHECK_INTERVAL`]. Returns at once if the sample is in
    /// use. `holder` holds this process's leases: of several processes one checks a list with its publisher.
    pub async fn follow(self, holder: Uuid, stop: CancellationToken) {
        let Some(keeper) = self.keeper().cloned() else { return };
        let mut ticks = tokio::time::interval(CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = Seen::new();
        // A check may take minutes, and must not delay the others.
        let mut checks = JoinSet::new();
        let mut checking = BTreeSet::new();
        let mut errors = Errors::default();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = checks.join_next() => match ended {
                    Ok((source, done)) => {
                        checking.remove(&source);
                        errors.report(source, done);
                    }
                    // It panicked; which one is not known.
                    Err(_) => checking.clear(),
                },
                _ = ticks.tick() => {
                    for list in &keeper.plan().lists {
                        if !list.origin.is_fetched() {
                            errors.report(list.source, follow_files(&keeper, list, &mut seen).await);
                        } else if checking.insert(list.source) {
                            checks.spawn(check_if_due(keeper.clone(), list.source, holder));
                        }
                    }
                }
            }
            self.refresh_and_report().await;
        }
        checks.shutdown().await;
    }
}

/// The last error of each list, so that an outage is logged once.
#[derive(Default)]
struct Errors(BTreeMap<Source, String>);

impl Errors {
    fn report(&mut self, source: Source, done: Result<(), KeeperError>) {
        match done {
            Ok(()) => drop(self.0.remove(&source)),
            Err(error) => {
                let error = error.to_string();
                if self.0.get(&source) != Some(&error) {
                    tracing::error!(list = source.code(), error, "sanctions list not kept; the one in use stays");
                    self.0.insert(source, error);
                }
            }
        }
    }
}

/// Reads the files of a list if they changed since they were last read, whether they could be used or not.
async fn follow_files(keeper: &Keeper, list: &PlannedList, seen: &mut Seen) -> Result<(), KeeperError> {
    let (source, origin) = (list.source, list.origin.clone());
    // Found before they are read, so that the next tick finds a change that happens in between.
    let found = tokio::task::spawn_blocking(move || files::find(source, &origin)).await?;
    if seen.get(&source) == Some(&found) {
        return Ok(());
    }
    match found.clone() {
        Ok(files) => keeper.read(source, files).await?,
        Err(failure) => keeper.fail(source, failure).await?,
    };
    seen.insert(source, found);
    Ok(())
}

/// Checks a list with its publisher if that is due and no other process does.
async fn check_if_due(keeper: Keeper, source: Source, holder: Uuid) -> (Source, Result<(), KeeperError>) {
    let done = check_leased(&keeper, source, holder).await;
    (source, done)
}

async fn check_leased(keeper: &Keeper, source: Source, holder: Uuid) -> Result<(), KeeperError> {
    let list = source.code();
    let is_due = async || Ok::<_, KeeperError>(keeper.state(source).await?.is_due(keeper.now(), keeper.plan()));
    if !is_due().await? || !keeper.store().lease_list(list, holder).await? {
        return Ok(());
    }
    let renewing = async {
        let mut ticks = tokio::time::interval(LEASE_TIME / 4);
        loop {
            ticks.tick().await;
            if let Err(error) = keeper.store().lease_list(list, holder).await {
                tracing::debug!(%error, list, "lease on a sanctions list not renewed");
            }
        }
    };
    let checking = async {
        // Another process may have checked it between the two.
        if is_due().await? {
            keeper.check(source).await?;
        }
        Ok::<_, KeeperError>(())
    };
    let checked = tokio::select! {
        checked = checking => checked,
        () = renewing => Ok(()),
    };
    keeper.store().release_list(list, holder).await?;
    checked
}
