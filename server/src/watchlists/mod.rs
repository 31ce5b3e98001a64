//! The sanctions lists in service: where each comes from, which issue is in use, and the screening against them.
//!
//! | file | what |
//! |---|---|
//! | `plan`, `origin` | the lists that the settings name, and where each comes from |
//! | `files`, `fetch` | an issue from files, or from its publisher |
//! | `keeper`, `settle`, `state` | takes an issue or refuses it; the state of each list in the table `applications` |
//! | `operator` | compares a refused issue, and puts it into use |
//! | `archive` | the bytes of every issue, by list and SHA-256, beside the documents |
//! | `in_use`, `follow` | what this process screens against, and how it keeps up with the state |
//!
//! A list is taken whole or not at all; the last good issue stays in use. Several processes share states and bytes; each
//! screens against the same issues within [`CHECK_INTERVAL`].

mod archive;
mod fetch;
mod files;
mod follow;
mod in_use;
mod keeper;
mod operator;
mod origin;
mod plan;
mod settle;
mod state;

use std::time::Duration;

pub use self::archive::{Archive, ArchiveError};
pub use self::fetch::{FetchLimits, Fetcher};
pub use self::in_use::{ListHealth, Watchlists};
pub use self::keeper::{Checked, Keeper, KeeperError};
pub use self::operator::{Accepted, ListDifference};
pub use self::origin::Origin;
pub use self::plan::{Plan, PlannedList};
pub use self::state::{FailedCheck, HistoryLine, KeptList, ListState, RefusedList};

/// How often a process looks for changed files, due checks, and issues that other processes took.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// An error that makes the lists unusable at the start.
#[derive(Debug, thiserror::Error)]
pub enum WatchlistError {
    /// A list that the settings name as files cannot be used, and none was in use before.
    #[error("watchlist.{key}: {detail}")]
    Unusable {
        /// The setting.
        key: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The states or the bytes of the lists cannot be read.
    #[error("watchlist: {0}")]
    Keeper(#[from] KeeperError),
    /// The settings are invalid.
    #[error("watchlist: {0}")]
    Settings(String),
    /// The built-in sample cannot be read: a defect of this program.
    #[error("watchlist: {0}")]
    Sample(#[from] domain::watchlist::ListError),
}
