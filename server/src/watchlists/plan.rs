//! The lists that the settings name.

use std::time::Duration;

use domain::watchlist::{ShrinkLimits, Source};
use jiff::SignedDuration;

use super::fetch::FetchLimits;
use super::origin::Origin;
use crate::config;

/// How soon a list whose last check failed or was refused is checked again.
const CHECK_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// A list that the settings name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedList {
    /// Which list.
    pub source: Source,
    /// Its setting in `[watchlist]`.
    pub key: &'static str,
    /// Where it comes from.
    pub origin: Origin,
}

/// The lists that the settings name, and the limits for all.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In the order of [`Source::ALL`].
    pub lists: Vec<PlannedList>,
    /// When a list that was not checked becomes stale.
    pub stale_after: SignedDuration,
    /// How often an address is checked.
    pub check_every: SignedDuration,
    /// How many entries a new issue may lack.
    pub shrink: ShrinkLimits,
    /// The limits of requests.
    pub fetch: FetchLimits,
}

impl Plan {
    /// The plan of the settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(settings: &config::Watchlist) -> Result<Self, String> {
        let mut lists = Vec::new();
        if !settings.sdn.is_empty() {
            let optional = |file: &String| (!file.is_empty()).then(|| file.into());
            let origin = Origin::Named {
                entries: settings.sdn.clone().into(),
                aliases: optional(&settings.alt),
                comments: optional(&settings.comments),
                published: settings.published,
            };
            lists.push(PlannedList { source: Source::OfacSdn, key: "sdn", origin });
        }
        for (source, key, value) in settings.sources() {
            let origin = Origin::parse(source, value).map_err(|why| format!("watchlist.{key} {why}"))?;
            lists.extend(origin.map(|origin| PlannedList { source, key, origin }));
        }
        Ok(Self {
            lists,
            stale_after: SignedDuration::from_hours(settings.stale_after_hours.into()),
            check_every: SignedDuration::from_mins(settings.fetch_every_minutes.into()),
            shrink: ShrinkLimits {
                percent: u8::try_from(settings.most_removed_percent).unwrap_or(100),
                entries: settings.most_removed,
            },
            fetch: FetchLimits {
                attempt: Duration::from_secs(settings.fetch_timeout_s),
                first_wait: Duration::from_secs(settings.fetch_retry_s),
            },
        })
    }

    /// The list of `source`, if the settings name it.
    pub fn list(&self, source: Source) -> Option<&PlannedList> {
        self.lists.iter().find(|list| list.source == source)
    }

    /// How long after an attempt the next one is due.
    pub fn next_after(&self, succeeded: bool) -> SignedDuration {
        if succeeded { self.check_every } else { self.check_every.min(CHECK_AGAIN) }
    }
}
