//! Which sanctions lists are screened: OFAC's files where they are named, else the built-in sample.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use domain::applicant::Applicant;
use domain::document::Document;
use domain::watchlist::{ListError, ScreenedPerson, Screening, Watchlist};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config;

const SAMPLE_SDN: &str = include_str!("../data/sanctions/sdn.csv");
const SAMPLE_ALT: &str = include_str!("../data/sanctions/alt.csv");

/// What the sample is called in every decision, so that nobody takes it for a list.
const SAMPLE: &str = "SAMPLE";

/// How often the files are looked at.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Lists that cannot be used.
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

/// The lists in use. Cheap to clone; all clones screen against the same.
#[derive(Clone)]
pub struct Watchlists {
    list: Arc<RwLock<Arc<Watchlist>>>,
    /// None: the sample is in use.
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
            let list = Watchlist::from_ofac(SAMPLE_SDN, SAMPLE_ALT, today)?.labelled(SAMPLE);
            return Ok(Self { list: Arc::new(RwLock::new(Arc::new(list))), files: None });
        }
        let files = Files::new(settings);
        let stamps = files.stamps()?;
        let list = files.read(&stamps)?;
        tracing::info!(list = list.version(), "sanctions list loaded");
        *files.tried() = Some(stamps);
        Ok(Self { list: Arc::new(RwLock::new(Arc::new(list))), files: Some(Arc::new(files)) })
    }

    /// Looks at the files every `every`, until `stop`, and takes up what changed. A list that cannot be used is logged, and
    /// the one in use stays. Returns at once where the sample is in use.
    pub async fn follow(self, every: Duration, stop: CancellationToken) {
        if self.files.is_none() {
            return;
        }
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let own = self.clone();
            match tokio::task::spawn_blocking(move || own.look()).await {
                Ok(Ok(None)) => {}
                Ok(Ok(Some(version))) => tracing::info!(list = version, "sanctions list reloaded"),
                Ok(Err(error)) => tracing::error!(%error, "sanctions list not loaded; the previous one stays in use"),
                Err(error) => tracing::error!(%error, "sanctions list not checked; the previous one stays in use"),
            }
        }
    }

    /// Loads the files anew if they changed since they were last read, and tells the new version. A list that is not in
    /// OFAC's form is refused once, not at every look; a file that cannot be read, each time.
    fn look(&self) -> Result<Option<String>, WatchlistError> {
        let Some(files) = &self.files else { return Ok(None) };
        // Taken before reading: what changes meanwhile is another change, for the next look.
        let stamps = files.stamps()?;
        if files.tried().as_ref() == Some(&stamps) {
            return Ok(None);
        }
        let list = match files.read(&stamps) {
            Err(error @ WatchlistError::File { .. }) => return Err(error),
            read => {
                *files.tried() = Some(stamps);
                read?
            }
        };
        let version = list.version();
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(list);
        Ok(Some(version))
    }

    /// Screens an applicant with what the documents add.
    pub fn screen(&self, applicant: &Applicant, documents: &[Document], today: Date) -> Screening {
        // Cloned, so that screening does not hold up a new list.
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut screening = list.screen(&ScreenedPerson::of(applicant, documents));
        // A sample has no day of publication; it must not go stale while a demonstration runs.
        if self.files.is_none() {
            screening.published = today;
        }
        screening
    }
}

/// What tells one content of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    size: u64,
}

/// The stamps of SDN.CSV and, where it is named, ALT.CSV.
type Stamps = (Stamp, Option<Stamp>);

/// The files that the settings name.
struct Files {
    sdn: PathBuf,
    alt: Option<PathBuf>,
    published: Option<Date>,
    /// The stamps of what was last read, whether it could be used or not.
    tried: Mutex<Option<Stamps>>,
}

impl Files {
    fn new(settings: &config::Watchlist) -> Self {
        let alt = (!settings.alt.is_empty()).then(|| settings.alt.clone().into());
        Self { sdn: settings.sdn.clone().into(), alt, published: settings.published, tried: Mutex::default() }
    }

    fn tried(&self) -> std::sync::MutexGuard<'_, Option<Stamps>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamps(&self) -> Result<Stamps, WatchlistError> {
        Ok((stamp("sdn", &self.sdn)?, self.alt.as_deref().map(|alt| stamp("alt", alt)).transpose()?))
    }

    /// OFAC's delimited files do not say when they were published: where no setting does, it is the day on which the
    /// file was written.
    fn read(&self, (sdn, _): &Stamps) -> Result<Watchlist, WatchlistError> {
        let published = match self.published {
            Some(day) => day,
            None => jiff::Timestamp::try_from(sdn.modified)
                .map_err(|error| unreadable("sdn", &self.sdn)(std::io::Error::other(error)))?
                .to_zoned(TimeZone::UTC)
                .date(),
        };
        let alt = self.alt.as_deref().map(|alt| text("alt", alt)).transpose()?.unwrap_or_default();
        Ok(Watchlist::from_ofac(&text("sdn", &self.sdn)?, &alt, published)?)
    }
}

fn unreadable(key: &'static str, file: &Path) -> impl Fn(std::io::Error) -> WatchlistError {
    move |error| WatchlistError::File { key, file: file.display().to_string(), error }
}

fn stamp(key: &'static str, file: &Path) -> Result<Stamp, WatchlistError> {
    let metadata = std::fs::metadata(file).map_err(unreadable(key, file))?;
    Ok(Stamp { modified: metadata.modified().map_err(unreadable(key, file))?, size: metadata.len() })
}

fn text(key: &'static str, file: &Path) -> Result<String, WatchlistError> {
    let bytes = std::fs::read(file).map_err(unreadable(key, file))?;
    // OFAC's files are Windows-1252 in places; what is no UTF-8 only loses an accent, which screening ignores.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[path = "watchlists_tests.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
