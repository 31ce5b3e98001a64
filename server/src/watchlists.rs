//! Which sanctions lists are screened: OFAC's files where they are named, else the built-in sample.

use std::path::Path;
use std::sync::Arc;

use domain::applicant::Applicant;
use domain::document::Document;
use domain::watchlist::{ListError, Screening, Subject, Watchlist};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config;

const SAMPLE_SDN: &str = include_str!("../data/sanctions/sdn.csv");
const SAMPLE_ALT: &str = include_str!("../data/sanctions/alt.csv");

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

/// The lists in use. Cheap to clone.
#[derive(Clone)]
pub struct Watchlists {
    list: Arc<Watchlist>,
    sample: bool,
}

impl Watchlists {
    /// Loads the configured lists.
    ///
    /// # Errors
    /// [`WatchlistError`].
    pub fn load(settings: &config::Watchlist, today: Date) -> Result<Self, WatchlistError> {
        if settings.sdn.is_empty() {
            let list = Watchlist::from_ofac(SAMPLE_SDN, SAMPLE_ALT, today)?;
            tracing::warn!(
                "screening against the built-in sample of invented people; set watchlist.sdn for real lists"
            );
            return Ok(Self { list: Arc::new(list), sample: true });
        }
        let (sdn, published) = read("sdn", &settings.sdn)?;
        let alt = if settings.alt.is_empty() { String::new() } else { read("alt", &settings.alt)?.0 };
        let list = Watchlist::from_ofac(&sdn, &alt, published)?;
        tracing::info!(list = list.version(), "sanctions list loaded");
        Ok(Self { list: Arc::new(list), sample: false })
    }

    /// Screens an applicant with what the documents add.
    pub fn screen(&self, applicant: &Applicant, documents: &[Document], today: Date) -> Screening {
        let mut screening = self.list.screen(&Subject::of(applicant, documents));
        // A sample has no day of publication; it must not go stale while a demonstration runs.
        if self.sample {
            screening.published = today;
        }
        screening
    }
}

/// A list and the day its file was written: OFAC's delimited files do not say when they were published.
fn read(key: &'static str, file: &str) -> Result<(String, Date), WatchlistError> {
    let wrong = |error| WatchlistError::File { key, file: file.to_owned(), error };
    let bytes = std::fs::read(Path::new(file)).map_err(wrong)?;
    let written = std::fs::metadata(file).and_then(|m| m.modified()).map_err(wrong)?;
    let written = jiff::Timestamp::try_from(written).map_err(|error| wrong(std::io::Error::other(error)))?;
    // OFAC's files are Windows-1252 in places; what is no UTF-8 only loses an accent, which screening ignores.
    Ok((String::from_utf8_lossy(&bytes).into_owned(), written.to_zoned(TimeZone::UTC).date()))
}
