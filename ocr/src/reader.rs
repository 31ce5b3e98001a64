//! One document, from its bytes to its fields.

mod pages;
mod printed_text;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::api::ReadingStep;
use domain::document::{DocumentKind, Field, FieldName, PictureIssue};
use image::GrayImage;
use jiff::civil::Date;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::mrz::Glyphs;
use crate::page::PageText;
use crate::prepare::{FileConverters, Poppler, Prepared};
use crate::tesseract::{PageSegmentation, Tesseract};
use crate::{ReadError, SetupError, dependencies, lengths};

pub(crate) use printed_text::{MIN_KNOWN_WORDS, count_known_words};

/// One OCR pass may take at most this fraction of the time limit, because a page may be read several times.
const PASSES_PER_READING: u32 = 4;

/// Reports the current step of a reading.
type Progress<'a> = &'a (dyn Fn(ReadingStep) + Send + Sync);

/// The settings of a [`Reader`].
#[derive(Clone, Debug)]
pub struct ReaderConfig {
    /// How many documents are processed concurrently; others wait. Each takes one core and up to 400 MB.
    pub max_concurrent: usize,
    /// Time limit of one reading, without its waiting time.
    pub timeout: Duration,
    /// Time limit for waiting until a permit is free.
    pub queue_timeout: Duration,
    /// The languages Tesseract reads, as it names them; their data must be installed. Empty: all that use Latin letters, if
    /// the Debian package tesseract-ocr-script-latn is there, else English, which loses most accents.
    pub languages: Vec<String>,
    /// The folder of `OCRB.otf`; `None`: from `ONBOARD_FONT_DIR`, or where Debian puts it.
    pub font_folder: Option<PathBuf>,
}

impl Default for ReaderConfig {
    /// As many readings at once as there are cores, a minute for each, two minutes of waiting, the best data installed.
    fn default() -> Self {
        Self {
            max_concurrent: std::thread::available_parallelism().map_or(1, usize::from),
            timeout: Duration::from_secs(60),
            queue_timeout: Duration::from_secs(120),
            languages: Vec::new(),
            font_folder: None,
        }
    }
}

/// Reads documents. Cheap to clone; clones share the limit of readings at once.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

pub(crate) struct Shared {
    pub(crate) config: ReaderConfig,
    pub(crate) glyphs: Glyphs,
    tesseract: Tesseract,
    /// The smallest language data: enough to detect the orientation, in a fraction of the time.
    fast_tesseract: Tesseract,
    pub(crate) converters: FileConverters,
    permits: Arc<Semaphore>,
}

/// The result of reading a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The fields; one that was not read is absent, none is empty. None but the machine-readable zone is longer than
    /// [`domain::field_value::max_length`]; one that was cut to that is doubtful.
    pub fields: BTreeMap<FieldName, Field>,
    /// The defect of the picture that explains why too little was read.
    pub issue: Option<PictureIssue>,
}

impl Reader {
    /// Finds the programs and the font.
    ///
    /// # Errors
    /// [`SetupError`], which names what is missing and the Debian package that brings it.
    pub fn new(config: ReaderConfig) -> Result<Self, SetupError> {
        let tesseract = dependencies::program("tesseract", "tesseract-ocr")?;
        let poppler = Poppler {
            info: dependencies::program("pdfinfo", "poppler-utils")?,
            text: dependencies::program("pdftotext", "poppler-utils")?,
            raster: dependencies::program("pdftoppm", "poppler-utils")?,
        };
        // Newer Debians call it by another name.
        let heif = dependencies::program("heif-dec", "libheif-examples");
        let heif = heif.or_else(|_| dependencies::program("heif-convert", "libheif-examples"))?;
        let converters = FileConverters { poppler, heif };
        let languages = dependencies::languages(&tesseract, &config.languages)?;
        let font = dependencies::font(config.font_folder.as_deref())?;
        let permits = Arc::new(Semaphore::new(config.max_concurrent.max(1)));
        // English data comes with Tesseract and takes a fraction of the time.
        let small = dependencies::languages(&tesseract, &["eng".to_owned()]).unwrap_or_else(|_| languages.clone());
        let fast_tesseract = Tesseract { path: tesseract.clone(), languages: small };
        let tesseract = Tesseract { path: tesseract, languages };
        Ok(Self {
            shared: Arc::new(Shared {
                glyphs: Glyphs::render(&font),
                tesseract,
                fast_tesseract,
                converters,
                permits,
                config,
            }),
        })
    }

    /// Makes a file ready to be read as a document of the kind that the applicant says it is. `progress` hears of every step
    /// as it begins.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::advice`] has the words for the applicant, where another file would help.
    pub async fn prepare(
        &self,
        kind: DocumentKind,
        file: Bytes,
        progress: Progress<'_>,
    ) -> Result<Prepared, ReadError> {
        progress(ReadingStep::Queued);
        let job = self.job(kind).await?;
        progress(ReadingStep::Preparing);
        tokio::time::timeout(self.shared.config.timeout, job.prepare(file)).await.map_err(|_| ReadError::Timeout)?
    }

    /// Reads a document. `today` settles the centuries of two-digit years.
    ///
    /// # Errors
    /// [`ReadError`]. A picture in which too little can be read is none: see [`Reading::issue`].
    pub async fn read(&self, document: &Prepared, today: Date, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let job = Job { today, ..self.job(document.kind).await? };
        let reading = tokio::time::timeout(self.shared.config.timeout, job.read(document, progress));
        let mut reading = reading.await.map_err(|_| ReadError::Timeout)??;
        lengths::limit(&mut reading.fields);
        Ok(reading)
    }

    /// Waits for a free permit.
    async fn job(&self, kind: DocumentKind) -> Result<Job, ReadError> {
        let permit =
            tokio::time::timeout(self.shared.config.queue_timeout, self.shared.permits.clone().acquire_owned());
        let permit = permit.await.map_err(|_| ReadError::Busy)?.map_err(|_| ReadError::Busy)?;
        Ok(Job { shared: self.shared.clone(), permit: Arc::new(permit), kind, today: Date::MIN })
    }
}

/// One document that is being processed.
pub(crate) struct Job {
    pub(crate) shared: Arc<Shared>,
    /// Held by every blocking task: after a timeout the permit is released only when the task has ended.
    permit: Arc<OwnedSemaphorePermit>,
    pub(crate) kind: DocumentKind,
    pub(crate) today: Date,
}

type Fields = BTreeMap<FieldName, Field>;

impl Job {
    /// OCR of a picture; word boxes are in its pixels.
    pub(crate) async fn words(&self, picture: &GrayImage, layout: PageSegmentation) -> Result<PageText, ReadError> {
        self.words_by(&self.shared.tesseract, picture, layout).await
    }

    /// Fast OCR with little language data, enough to detect the orientation.
    pub(crate) async fn words_fast(&self, picture: &GrayImage) -> Result<PageText, ReadError> {
        self.words_by(&self.shared.fast_tesseract, picture, PageSegmentation::SparseText).await
    }

    async fn words_by(
        &self,
        tesseract: &Tesseract,
        picture: &GrayImage,
        by: PageSegmentation,
    ) -> Result<PageText, ReadError> {
        let words = match tesseract.words(picture, by, self.shared.config.timeout / PASSES_PER_READING).await {
            // The texture of a background can keep Tesseract busy for minutes and has no words.
            Err(ReadError::Timeout) => Vec::new(),
            words => words?,
        };
        Ok(PageText { words, width: picture.width() as f32, height: picture.height() as f32 })
    }

    /// Runs CPU-bound work on a blocking thread, so that it does not delay other tasks.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, ReadError> {
        let (shared, permit) = (self.shared.clone(), self.permit.clone());
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&shared);
            drop(permit);
            result
        });
        task.await.map_err(|error| ReadError::Tool {
            program: "reader",
            reason: if error.is_panic() { "it panicked" } else { "it was stopped" }.to_owned(),
        })
    }
}
