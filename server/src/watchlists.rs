//! The sanctions lists in use: OFAC's files if the settings name them, otherwise the built-in sample.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use domain::applicant::Applicant;
use domain::document::Document;
use domain::watchlist::{List, ListError, OfacFiles, ScreenedPerson, Screening, Source, Watchlist};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config;

const SAMPLE_SDN: &str = include_str!("../data/sanctions/sdn.csv");
const SAMPLE_ALT: &str = include_str!("../data/sanctions/alt.csv");

/// How often the files are checked for changes.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// An error that makes a list unusable.
#[derive(Debug, thiserror::Error)]
pub enum WatchlistError {
    /// A file cannot be read.
    #[error("watchlist.{key}: {file}: {error}")]
    File {
        /// The setting.
        key: &'static str,
        /// The file.
        file: String,
        /// What is wrong.
        error: std::io::Error,
    },
    /// A file is not in OFAC's format.
    #[error("watchlist: {0}")]
    Format(#[from] ListError),
}

/// The lists in use. Cheap to clone; all clones share the same lists.
#[derive(Clone)]
pub struct Watchlists {
    list: Arc<RwLock<Arc<Watchlist>>>,
    /// None if the sample is in use.
    files: Option<Arc<Files>>,
}

impl Watchlists {
    /// Loads the configured lists.
    ///
    /// # Errors
    /// [`WatchlistError`].
    pub fn load(settings: &config::Watchlist, today: Date) -> Result<Self, WatchlistError> {
        if settings.sdn.is_empty() {
            tracing::warn!(
                "screening against the built-in sample of invented people; set watchlist.sdn to a real list"
            );
            let files = OfacFiles { entries: SAMPLE_SDN.as_bytes(), aliases: SAMPLE_ALT.as_bytes(), comments: b"" };
            // Labelled, so that nobody takes decisions that were made with the sample for real ones.
            let list = List::from_ofac_csv(Source::OfacSdn, &files, today)?.labelled(Source::Sample);
            let list = Watchlist::new(vec![list])?;
            record_loaded(&list, None);
            return Ok(Self { list: Arc::new(RwLock::new(Arc::new(list))), files: None });
        }
        let files = Files::new(settings);
        let stamps = files.stamps()?;
        let list = files.read(&stamps)?;
        tracing::info!(list = list.version(), "sanctions list loaded");
        record_loaded(&list, Some(list.published()));
        *files.last_read() = Some(stamps);
        Ok(Self { list: Arc::new(RwLock::new(Arc::new(list))), files: Some(Arc::new(files)) })
    }

    /// Checks the files every `interval` until `stop`, and loads changes. If a list cannot be used, the error is logged
    /// and the loaded list stays in use. Returns at once if the sample is in use.
    pub async fn follow(self, interval: Duration, stop: CancellationToken) {
        if self.files.is_none() {
            return;
        }
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let own = self.clone();
            match tokio::task::spawn_blocking(move || own.reload_if_changed()).await {
                Ok(Ok(None)) => {}
                Ok(Ok(Some(version))) => tracing::info!(list = version, "sanctions list reloaded"),
                Ok(Err(error)) => {
                    metrics::counter!("onboard_watchlist_loads_total", "outcome" => "failed").increment(1);
                    tracing::error!(%error, "sanctions list not loaded; the previous one stays in use");
                }
                Err(error) => tracing::error!(%error, "sanctions list not checked; the previous one stays in use"),
            }
        }
    }

    /// Loads the files if they changed since they were last read, and returns the new version. A list that is not in
    /// OFAC's format is reported once. A file that cannot be read is reported at every check.
    fn reload_if_changed(&self) -> Result<Option<String>, WatchlistError> {
        let Some(files) = &self.files else { return Ok(None) };
        // Read before the content, so that the next check finds a change that happens in between.
        let stamps = files.stamps()?;
        if files.last_read().as_ref() == Some(&stamps) {
            return Ok(None);
        }
        let list = match files.read(&stamps) {
            Err(error @ WatchlistError::File { .. }) => return Err(error),
            read => {
                *files.last_read() = Some(stamps);
                read?
            }
        };
        let version = list.version();
        record_loaded(&list, Some(list.published()));
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(list);
        Ok(Some(version))
    }

    /// Screens an applicant, with the names and data that the documents add.
    pub fn screen(&self, applicant: &Applicant, documents: &[Document], today: Date) -> Screening {
        // Cloned, so that screening does not hold the lock.
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut screening = list.screen(&ScreenedPerson::of(applicant, documents));
        // The sample has no day of publication, and must not become stale during a demonstration.
        if self.files.is_none() {
            screening.published = today;
        }
        screening
    }
}

/// Sets the gauges of the list in use. The sample has no day of publication.
#[allow(clippy::cast_precision_loss)] // some ten thousand entries
fn record_loaded(list: &Watchlist, published: Option<Date>) {
    if let Some(Ok(published)) = published.map(|day| day.to_zoned(TimeZone::UTC)) {
        metrics::gauge!("onboard_watchlist_published_timestamp_seconds")
            .set(published.timestamp().as_duration().as_secs_f64());
    }
    metrics::gauge!("onboard_watchlist_entries")
        .set(list.lists().iter().map(|list| list.entries).sum::<usize>() as f64);
    metrics::counter!("onboard_watchlist_loads_total", "outcome" => "loaded").increment(1);
}

/// Detects a change of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    size: u64,
}

/// The stamps of SDN.CSV and, if they are configured, ALT.CSV and SDN_COMMENTS.CSV.
type Stamps = (Stamp, Option<Stamp>, Option<Stamp>);

/// The files that the settings name.
struct Files {
    sdn: PathBuf,
    alt: Option<PathBuf>,
    comments: Option<PathBuf>,
    published: Option<Date>,
    /// The stamps of the files that were last read, whether they could be used or not.
    last_read: Mutex<Option<Stamps>>,
}

impl Files {
    fn new(settings: &config::Watchlist) -> Self {
        let optional = |file: &String| (!file.is_empty()).then(|| file.into());
        Self {
            sdn: settings.sdn.clone().into(),
            alt: optional(&settings.alt),
            comments: optional(&settings.comments),
            published: settings.published,
            last_read: Mutex::default(),
        }
    }

    fn last_read(&self) -> std::sync::MutexGuard<'_, Option<Stamps>> {
        self.last_read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamps(&self) -> Result<Stamps, WatchlistError> {
        let optional = |key, file: Option<&Path>| file.map(|file| stamp(key, file)).transpose();
        Ok((
            stamp("sdn", &self.sdn)?,
            optional("alt", self.alt.as_deref())?,
            optional("comments", self.comments.as_deref())?,
        ))
    }

    /// OFAC's files contain no day of publication. If no setting names one, the file's modification time is used.
    fn read(&self, (sdn, ..): &Stamps) -> Result<Watchlist, WatchlistError> {
        let published = match self.published {
            Some(day) => day,
            None => jiff::Timestamp::try_from(sdn.modified)
                .map_err(|error| unreadable("sdn", &self.sdn)(std::io::Error::other(error)))?
                .to_zoned(TimeZone::UTC)
                .date(),
        };
        let entries = bytes("sdn", &self.sdn)?;
        let aliases = self.alt.as_deref().map(|alt| bytes("alt", alt)).transpose()?.unwrap_or_default();
        let comments = self.comments.as_deref().map(|file| bytes("comments", file)).transpose()?.unwrap_or_default();
        let files = OfacFiles { entries: &entries, aliases: &aliases, comments: &comments };
        Ok(Watchlist::new(vec![List::from_ofac_csv(Source::OfacSdn, &files, published)?])?)
    }
}

fn unreadable(key: &'static str, file: &Path) -> impl Fn(std::io::Error) -> WatchlistError {
    move |error| WatchlistError::File { key, file: file.display().to_string(), error }
}

fn stamp(key: &'static str, file: &Path) -> Result<Stamp, WatchlistError> {
    let metadata = std::fs::metadata(file).map_err(unreadable(key, file))?;
    Ok(Stamp { modified: metadata.modified().map_err(unreadable(key, file))?, size: metadata.len() })
}

fn bytes(key: &'static str, file: &Path) -> Result<Vec<u8>, WatchlistError> {
    std::fs::read(file).map_err(unreadable(key, file))
}

#[cfg(test)]
#[path = "watchlists_tests.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
