//! What an operator does with a refused issue: compare it, and put it into use.

use domain::watchlist::{ListChanges, Source};
use serde_json::json;

use super::keeper::{ATTEMPTS, Keeper, KeeperError};
use super::state::KeptList;
use crate::store::Acceptance;

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

impl Keeper {
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
            let list = self.archive().list(source, &candidate.sha256).await?;
            let changes = self.changes(&state, &list).await;
            let now = self.now();
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
        let after = self.archive().list(source, &to.sha256).await?;
        let before = match &from {
            Some(from) => Some(self.archive().list(source, &from.sha256).await?),
            None => None,
        };
        let changes = ListChanges::between(before.as_ref(), &after);
        Ok(ListDifference { from, to, refused, changes })
    }
}
