//! Takes an issue of a list whole, or refuses it and keeps the one in use.

use domain::watchlist::{IssueFacts, List, ListChanges, Refusal, Source, judge};
use jiff::tz::TimeZone;

use super::archive;
use super::files::Offer;
use super::keeper::{ATTEMPTS, Checked, Keeper, KeeperError};
use super::state::{KeptList, ListState};
use crate::telemetry::observe;

impl Keeper {
    /// Takes an offered issue, or refuses it.
    pub(super) async fn settle(&self, source: Source, offer: Offer) -> Result<Checked, KeeperError> {
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
            if is_in_use && self.archive().has(source, &sha256).await? {
                return self.confirm(source, &sha256, checked, is_fetched).await;
            }
            let parsed = match &read {
                Some(parsed) => parsed,
                // An issue that is known has the day of its first appearance.
                None => match self.archive().list(source, &sha256).await {
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
            let now = self.now();
            let today = now.to_zoned(TimeZone::UTC).date();
            let in_use = state.in_use.as_ref().map(KeptList::facts);
            let judged = match parsed {
                Ok(list) => {
                    let facts = IssueFacts { published: list.published, entries: list.total };
                    judge(facts, in_use, today, self.plan().shrink).map_or_else(Err, |()| Ok(list))
                }
                Err(refusal) => Err(refusal.clone()),
            };
            // Only an issue that may be used is kept: what is not a list is of no use to anybody.
            let mut kept = None;
            if let Ok(list) = parsed {
                if let Some(files) = files.take() {
                    self.archive().put(list, format, files).await?;
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
    pub(super) async fn changes(&self, state: &ListState, list: &List) -> ListChanges {
        let before = match &state.in_use {
            Some(before) => self.archive().list(list.source, &before.sha256).await.ok(),
            None => None,
        };
        ListChanges::between(before.as_ref(), list)
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
