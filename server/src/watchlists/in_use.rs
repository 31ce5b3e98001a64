//! What this process screens against.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::applicant::Applicant;
use domain::document::Document;
use domain::watchlist::{List, OfacFiles, ScreenedPerson, Screening, ScreeningOutcome, Source, Watchlist};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::WatchlistError;
use super::archive::Archive;
use super::keeper::{Checked, Keeper, KeeperError};
use super::origin::Origin;
use super::plan::{Plan, PlannedList};
use super::state::ListState;
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config;
use crate::store::Store;
use crate::telemetry::observe;

const SAMPLE_SDN: &str = include_str!("../../data/sanctions/sdn.csv");
const SAMPLE_ALT: &str = include_str!("../../data/sanctions/alt.csv");

/// The lists in use. Cheap to clone; all clones share the same lists.
#[derive(Clone)]
pub struct Watchlists {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` if the sample is in use.
    keeper: Option<Keeper>,
    current: RwLock<Arc<Current>>,
    /// The last error of [`Watchlists::refresh`], so that it is logged once.
    failed: Mutex<Option<String>>,
}

#[derive(Default)]
struct Current {
    /// `None` before any list is there.
    watchlist: Option<Arc<Watchlist>>,
    /// SHA-256 of each list in `watchlist`.
    loaded: BTreeMap<Source, String>,
    /// The stored state of each list that the settings name.
    states: BTreeMap<Source, ListState>,
    /// What the log said of each list last: [`ListHealth::word`].
    logged: BTreeMap<Source, &'static str>,
}

/// The health of a list, for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListHealth {
    /// Which list.
    pub source: Source,
    /// Whether this process screens against it.
    pub loaded: bool,
    /// Whether it was checked recently enough to clear somebody.
    pub fresh: bool,
    /// Why its newest issue is not in use.
    pub cause: Option<String>,
}

impl ListHealth {
    /// `fresh`, `stale` or `missing`.
    pub fn word(&self) -> &'static str {
        match (self.loaded, self.fresh) {
            (false, _) => "missing",
            (true, false) => "stale",
            (true, true) => "fresh",
        }
    }
}

impl Watchlists {
    /// Opens the lists that the settings name, or the built-in sample. Files are read; addresses are not fetched, so a
    /// list may be missing until [`Self::follow`] has fetched it.
    ///
    /// # Errors
    /// [`WatchlistError`].
    pub async fn open(
        settings: &config::Watchlist,
        store: Store,
        blobs: &Blobs,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WatchlistError> {
        let plan = Plan::new(settings).map_err(WatchlistError::Settings)?;
        if plan.lists.is_empty() {
            return Self::sample(clock.today());
        }
        let keeper = Keeper::new(plan, store, Archive::new(blobs.shared()), clock)?;
        for list in &keeper.plan().lists {
            if !list.origin.is_fetched() {
                let checked = keeper.check(list.source).await?;
                refuse_without_any(&keeper, list, checked).await?;
            }
        }
        let own = Self::with(Some(keeper), Current::default());
        own.refresh().await?;
        Ok(own)
    }

    /// The built-in sample of invented people.
    ///
    /// # Errors
    /// [`WatchlistError::Sample`].
    pub fn sample(today: Date) -> Result<Self, WatchlistError> {
        tracing::warn!(
            "screening against the built-in sample of invented people; set watchlist.ofac_sdn to a real list"
        );
        let files = OfacFiles { entries: SAMPLE_SDN.as_bytes(), aliases: SAMPLE_ALT.as_bytes(), comments: b"" };
        // Labelled, so that nobody takes decisions that were made with the sample for real ones.
        let list = List::from_ofac_csv(Source::OfacSdn, &files, today)?.labelled(Source::Sample);
        let watchlist = Watchlist::new(vec![list])?;
        // The sample has no day of publication.
        observe::lists_loaded(watchlist.lists(), None);
        Ok(Self::with(None, Current { watchlist: Some(Arc::new(watchlist)), ..Current::default() }))
    }

    fn with(keeper: Option<Keeper>, current: Current) -> Self {
        let current = RwLock::new(Arc::new(current));
        Self { shared: Arc::new(Shared { keeper, current, failed: Mutex::default() }) }
    }

    /// The keeper of the lists; `None` if the sample is in use.
    pub(super) fn keeper(&self) -> Option<&Keeper> {
        self.shared.keeper.as_ref()
    }

    fn current(&self) -> Arc<Current> {
        self.shared.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Screens an applicant, with the names and data that the documents add. Without every list that the settings name,
    /// or with a stale one, the screening is not fresh and clears nobody.
    pub fn screen(&self, applicant: &Applicant, documents: &[Document], now: Timestamp) -> Screening {
        let today = now.to_zoned(TimeZone::UTC).date();
        // Cloned, so that screening does not hold the lock.
        let current = self.current();
        let mut screening = match &current.watchlist {
            Some(watchlist) => watchlist.screen(&ScreenedPerson::of(applicant, documents)),
            None => Screening {
                outcome: ScreeningOutcome::Clear,
                score: 0.0,
                namesakes: Vec::new(),
                list_version: "no list".to_owned(),
                published: today,
                lists: Vec::new(),
                fresh: None,
                unread_name: false,
            },
        };
        match &self.shared.keeper {
            // The sample has no day of publication, and must not become stale during a demonstration.
            None => screening.published = today,
            Some(keeper) => {
                let plan = keeper.plan();
                let is_complete = plan.lists.iter().all(|list| current.loaded.contains_key(&list.source));
                let checked = |code: &str| current.states.iter().find(|(own, _)| own.code() == code)?.1.checked;
                screening.set_checked(checked, is_complete, now, plan.stale_after);
            }
        }
        screening
    }

    /// The health of each list that the settings name, at `now`. Empty for the sample.
    pub fn health(&self, now: Timestamp) -> Vec<ListHealth> {
        let Some(keeper) = &self.shared.keeper else { return Vec::new() };
        health(keeper.plan(), &self.current(), now)
    }

    /// Reads the states of the lists, and loads issues that came into use.
    ///
    /// # Errors
    /// [`KeeperError`]. What was loaded stays.
    pub async fn refresh(&self) -> Result<(), KeeperError> {
        let Some(keeper) = &self.shared.keeper else { return Ok(()) };
        let mut states = BTreeMap::new();
        for list in &keeper.plan().lists {
            states.insert(list.source, keeper.state(list.source).await?);
        }
        let in_use = |(source, state): (&Source, &ListState)| Some((*source, state.in_use.as_ref()?.sha256.clone()));
        let wanted: BTreeMap<Source, String> = states.iter().filter_map(in_use).collect();
        let current = self.current();
        let (watchlist, loaded) = match wanted == current.loaded {
            true => (current.watchlist.clone(), wanted),
            false => load(keeper, wanted, current.watchlist.is_none()).await?,
        };
        let mut next = Current { watchlist, loaded, states, logged: BTreeMap::new() };
        let words = health(keeper.plan(), &next, keeper.now()).into_iter().map(|list| (list.source, list.word()));
        next.logged = words.collect();
        report(&current, &next);
        *self.shared.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    /// As [`Self::refresh`]; an error is logged once.
    pub(super) async fn refresh_and_report(&self) {
        let failed = self.refresh().await.err().map(|error| error.to_string());
        let mut known = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = &failed
            && *known != failed
        {
            observe::lists_not_loaded();
            tracing::error!(error, "sanctions list not loaded; the previous one stays in use");
        }
        *known = failed;
    }
}

/// Fails if a list of files is unusable and no issue of it is in use. An address and a folder may be filled later.
async fn refuse_without_any(keeper: &Keeper, list: &PlannedList, checked: Checked) -> Result<(), WatchlistError> {
    let (Checked::Refused(refusal) | Checked::Failed(refusal)) = checked else { return Ok(()) };
    let may_be_filled = matches!(&list.origin, Origin::Path(path) if path.is_dir());
    if may_be_filled || keeper.state(list.source).await?.in_use.is_some() {
        return Ok(());
    }
    Err(WatchlistError::Unusable { key: list.key, detail: refusal.detail })
}

type Loaded = (Option<Arc<Watchlist>>, BTreeMap<Source, String>);

/// Loads the issues `wanted` from the archive. One that cannot be loaded is an error, or with `partly` is left out:
/// then nobody is cleared, and hits are still found.
async fn load(keeper: &Keeper, wanted: BTreeMap<Source, String>, partly: bool) -> Result<Loaded, KeeperError> {
    let mut lists = Vec::new();
    let mut loaded = BTreeMap::new();
    for (source, sha256) in wanted {
        match keeper.archive().list(source, &sha256).await {
            Ok(list) => {
                lists.push(list);
                loaded.insert(source, sha256);
            }
            Err(error) if partly => {
                let list = source.code();
                tracing::error!(list, %error, "sanctions list unreadable in the archive");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if lists.is_empty() {
        return Ok((None, loaded));
    }
    // The only error is a set without any list.
    let watchlist = tokio::task::spawn_blocking(move || Watchlist::new(lists)).await?;
    Ok((watchlist.ok().map(Arc::new), loaded))
}

fn health(plan: &Plan, current: &Current, now: Timestamp) -> Vec<ListHealth> {
    let of = |list: &PlannedList| {
        let state = current.states.get(&list.source);
        ListHealth {
            source: list.source,
            loaded: current.loaded.contains_key(&list.source),
            fresh: state.is_some_and(|state| state.is_fresh(now, plan.stale_after)),
            cause: state.and_then(ListState::cause).map(str::to_owned),
        }
    };
    plan.lists.iter().map(of).collect()
}

/// Logs what changed, and sets the gauges.
fn report(before: &Current, after: &Current) {
    if before.loaded != after.loaded
        && let Some(watchlist) = &after.watchlist
    {
        observe::lists_loaded(watchlist.lists(), Some(watchlist.published()));
        tracing::info!(list = watchlist.version(), "sanctions list loaded");
    }
    for (source, state) in &after.states {
        if let Some(checked) = state.checked {
            observe::list_check_time(source.code(), checked);
        }
    }
    for (source, word) in &after.logged {
        let list = source.code();
        match *word {
            word if before.logged.get(source) == Some(&word) => {}
            "fresh" => tracing::info!(list, "sanctions list fresh"),
            "stale" => tracing::error!(list, "sanctions list stale; every application goes to review"),
            _ => tracing::error!(list, "sanctions list missing; every application goes to review"),
        }
    }
}
