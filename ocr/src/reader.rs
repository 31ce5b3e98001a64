//! Reads one document, from its bytes to its fields.

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

/// Fraction of the time limit that one OCR pass may take, as a divisor. A page may be read several times.
const PASSES_PER_READING: u32 = 4;

/// Reports the current step of a reading.
type Progress<'a> = &'a (dyn Fn(ReadingStep) + Send + Sync);

/// The settings of a [`Reader`].
#[derive(Clone, Debug)]
pub struct ReaderConfig {
    /// Maximum number of documents that are processed concurrently; others wait. Each uses one core and up to 400 MB.
    pub max_concurrent: usize,
    /// Time limit of one reading, without its waiting time.
    pub timeout: Duration,
    /// Time limit for waiting until a permit is free.
    pub queue_timeout: Duration,
    /// Tesseract's languages in its own notation; their data must be installed. If empty, all languages in Latin script
    /// (Debian package tesseract-ocr-script-latn), or else English, which loses most accents.
    pub languages: Vec<String>,
    /// The folder of `OCRB.otf`. If `None`, `ONBOARD_FONT_DIR` or Debian's font folder.
    pub font_folder: Option<PathBuf>,
}

impl Default for ReaderConfig {
    /// One concurrent reading per core, a minute for each, two minutes of waiting, the best installed languages.
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

/// Reads documents. Clones are cheap and share the limit of concurrent readings.
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
    /// The fields that were read; none is empty. Values other than the MRZ are truncated to
    /// [`domain::field_value::max_length`], and truncated values are doubtful.
    pub fields: BTreeMap<FieldName, Field>,
    /// The defect of the picture that explains why too little was read.
    pub issue: Option<PictureIssue>,
}

impl Reader {
    /// Finds the programs and the font.
    ///
    /// # Errors
    /// [`SetupError`], which names the missing part and its Debian package.
    pub fn new(config: ReaderConfig) -> Result<Self, SetupError> {
        let tesseract = dependencies::program("tesseract", "tesseract-ocr")?;
        let poppler = Poppler {
            info: dependencies::program("pdfinfo", "poppler-utils")?,
            text: dependencies::program("pdftotext", "poppler-utils")?,
            raster: dependencies::program("pdftoppm", "poppler-utils")?,
        };
        // Older releases of Debian have it under another name.
        let heif = dependencies::program("heif-dec", "libheif-examples");
        let heif = heif.or_else(|_| dependencies::program("heif-convert", "libheif-examples"))?;
        let converters = FileConverters { poppler, heif };
        let languages = dependencies::languages(&tesseract, &config.languages)?;
        let font = dependencies::font(config.font_folder.as_deref())?;
        let permits = Arc::new(Semaphore::new(config.max_concurrent.max(1)));
        // English data is installed with Tesseract and takes a fraction of the time.
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

    /// Prepares a file for reading as the kind of document that the applicant names. Calls `progress` at the beginning
    /// of each step.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::advice`] has the words for the applicant if another file would help.
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
    /// [`ReadError`]. A picture in which too little can be read is no error: see [`Reading::issue`].
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
    /// Recognises the words of a picture; boxes are in its pixels.
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
            // Background texture can keep Tesseract busy for minutes. It contains no words.
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
