//! One document, from its bytes to its fields.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::agreement::agree;
use domain::api::ReadingStep;
use domain::country::document_state;
use domain::document::{DocumentKind, Field, FieldName, FieldSource, PictureIssue, Region};
use domain::mrz::Mrz;
use image::GrayImage;
use imageproc::geometric_transformations::Projection;
use jiff::civil::Date;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::barcode::{self, Effort};
use crate::page::closer::Lines;
use crate::page::place::{Bounds, Sheet, to_parts};
use crate::page::prepare::{Made, turned};
use crate::page::witness::witnesses;
use crate::page::{PageText, Word, again, prepare, printed};
use crate::prepare::{Openers, Page, Poppler, Prepared, Quality, quality};
use crate::tesseract::{Layout, Tesseract};
use crate::zone::{self, Found, Glyphs};
use crate::{ReadError, SetupError, find, lengths, merge};

/// Fewer required fields than this are no document of that kind.
const LEAST_FIELDS: usize = 2;

/// So many known words are text the right way up; turned print gives none or a few by chance.
pub(crate) const MAKES_SENSE: usize = 5;

/// Says where a reading stands.
type Progress<'a> = &'a (dyn Fn(ReadingStep) + Send + Sync);

/// How a [`Reader`] works.
#[derive(Clone, Debug)]
pub struct ReaderConfig {
    /// How many documents are read at once; others wait. Each takes one core and up to 400 MB.
    pub at_once: usize,
    /// How long one reading may take, without its wait.
    pub limit: Duration,
    /// How long a reading may wait for its turn.
    pub wait: Duration,
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
            at_once: std::thread::available_parallelism().map_or(1, usize::from),
            limit: Duration::from_secs(60),
            wait: Duration::from_secs(120),
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
    /// With the smallest data there is.
    glance: Tesseract,
    pub(crate) openers: Openers,
    turns: Arc<Semaphore>,
}

/// What was read of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The fields; one that was not read is absent, none is empty. None but the machine-readable zone is longer than
    /// [`domain::field_value::max_length`]; one that was cut to that is doubtful.
    pub fields: BTreeMap<FieldName, Field>,
    /// What is to blame where too little was read to be of use: with another picture it would be more.
    pub issue: Option<PictureIssue>,
}

/// What is kept of a page in which too little was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Some,
    /// That of a side which says nothing of its holder.
    OtherSide,
    None,
}

impl Text {
    fn blamed(self, quality: &Quality) -> PictureIssue {
        let mut quality = *quality;
        quality.other_side |= self == Self::OtherSide;
        quality.blame(self != Self::None)
    }
}

impl Reader {
    /// Finds the programs and the font.
    ///
    /// # Errors
    /// [`SetupError`], which names what is missing and the Debian package that brings it.
    pub fn new(config: ReaderConfig) -> Result<Self, SetupError> {
        let tesseract = find::program("tesseract", "tesseract-ocr")?;
        let poppler = Poppler {
            info: find::program("pdfinfo", "poppler-utils")?,
            text: find::program("pdftotext", "poppler-utils")?,
            raster: find::program("pdftoppm", "poppler-utils")?,
        };
        // Newer Debians call it by another name.
        let heif = find::program("heif-dec", "libheif-examples");
        let heif = heif.or_else(|_| find::program("heif-convert", "libheif-examples"))?;
        let openers = Openers { poppler, heif };
        let languages = find::languages(&tesseract, &config.languages)?;
        let font = find::font(config.font_folder.as_deref())?;
        let turns = Arc::new(Semaphore::new(config.at_once.max(1)));
        // It comes with the program, and takes a fraction of the time.
        let small = find::languages(&tesseract, &["eng".to_owned()]).unwrap_or_else(|_| languages.clone());
        let glance = Tesseract { path: tesseract.clone(), languages: small };
        let tesseract = Tesseract { path: tesseract, languages };
        Ok(Self {
            shared: Arc::new(Shared { glyphs: Glyphs::render(&font), tesseract, glance, openers, turns, config }),
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
        tokio::time::timeout(self.shared.config.limit, job.prepare(file)).await.map_err(|_| ReadError::Timeout)?
    }

    /// Reads a document. `today` settles the centuries of two-digit years.
    ///
    /// # Errors
    /// [`ReadError`]. A picture in which too little can be read is none: see [`Reading::issue`].
    pub async fn read(&self, document: &Prepared, today: Date, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let job = Job { today, ..self.job(document.kind).await? };
        let reading = tokio::time::timeout(self.shared.config.limit, job.read(document, progress));
        let mut reading = reading.await.map_err(|_| ReadError::Timeout)??;
        lengths::limit(&mut reading.fields);
        Ok(reading)
    }

    /// Waits for a turn.
    async fn job(&self, kind: DocumentKind) -> Result<Job, ReadError> {
        let turn = tokio::time::timeout(self.shared.config.wait, self.shared.turns.clone().acquire_owned());
        let turn = turn.await.map_err(|_| ReadError::Busy)?.map_err(|_| ReadError::Busy)?;
        Ok(Job { shared: self.shared.clone(), turn: Arc::new(turn), kind, today: Date::MIN })
    }
}

/// One piece of work.
pub(crate) struct Job {
    pub(crate) shared: Arc<Shared>,
    /// Held by every piece of work: after a time-out the turn ends only with the work itself.
    turn: Arc<OwnedSemaphorePermit>,
    pub(crate) kind: DocumentKind,
    pub(crate) today: Date,
}

type Fields = BTreeMap<FieldName, Field>;

impl Job {
    async fn read(&self, document: &Prepared, progress: Progress<'_>) -> Result<Reading, ReadError> {
        if let Some(text) = &document.text {
            progress(ReadingStep::ReadingPage);
            let fields = self.fields(Sheet::whole(text), FieldSource::TextLayer).await?;
            if self.enough(&fields) {
                progress(ReadingStep::Comparing);
                return Ok(Reading { fields, issue: None });
            }
        }
        if self.kind == DocumentKind::DrivingLicence {
            return self.read_licence(document, progress).await;
        }
        let mut first = None;
        for (page, number) in document.pages.iter().zip(1..=u8::MAX) {
            let reading = self.read_page(page, number, &document.quality, progress).await?;
            // The second page counts where the first is a cover, or the back of a card.
            if reading.issue.is_none() {
                return Ok(reading);
            }
            first.get_or_insert(reading);
        }
        Ok(first.unwrap_or_default())
    }

    /// A licence: the front's print and the back's barcode, on one page or on two.
    async fn read_licence(&self, document: &Prepared, progress: Progress<'_>) -> Result<Reading, ReadError> {
        progress(ReadingStep::ReadingPage);
        let (mut printed, mut coded) = (Fields::new(), Fields::new());
        let mut text = Text::None;
        for (page, number) in document.pages.iter().zip(1..=u8::MAX) {
            let mut found = self.barcode(page, number, Effort::Quick).await?;
            let (fields, seen) = self.read_print(page, number).await?;
            if found.is_empty() && !self.enough(&fields) {
                found = self.barcode(page, number, Effort::Thorough).await?;
            }
            if seen != Text::None {
                text = seen;
            }
            coded.extend(found);
            for (name, field) in fields {
                printed.entry(name).or_insert(field);
            }
        }
        progress(ReadingStep::Comparing);
        let fields = merge::with_barcode(coded, printed);
        let issue = (!self.enough(&fields)).then(|| text.blamed(&document.quality));
        Ok(Reading { fields, issue })
    }

    /// The fields in a page's barcode; none where there is none.
    async fn barcode(&self, page: &Page, number: u8, effort: Effort) -> Result<Fields, ReadError> {
        let (picture, cut_out) = (page.grey.clone(), page.cut_out);
        self.compute(move |_| {
            // What did not show in the page as it is may show in one that is straight and evenly lit.
            let made = match effort {
                Effort::Quick => None,
                Effort::Thorough if cut_out => Some(prepare::all_of(&picture)),
                Effort::Thorough => Some(prepare::alone(&picture)),
            };
            let seen = made.as_ref().map_or(picture.as_ref(), |made| &made.picture);
            let Some(found) = barcode::find(seen, effort) else { return Fields::new() };
            let parts = to_parts(picture.width() as f32, picture.height() as f32);
            let to_page = parts.map(|parts| match &made {
                Some(made) => made.to_source.and_then(parts),
                None => parts,
            });
            let region = found.bounds.zip(to_page).and_then(|(bounds, to_page)| bounds.region(number, &to_page));
            merge::barcode(&found.says, region)
        })
        .await
    }

    async fn read_page(
        &self,
        page: &Page,
        number: u8,
        quality: &Quality,
        progress: Progress<'_>,
    ) -> Result<Reading, ReadError> {
        let picture = page.grey.clone();
        if self.kind.has_mrz() {
            progress(ReadingStep::ReadingMrz);
            let seen = picture.clone();
            let zone = self.compute(move |shared| find_zone(&seen, &shared.glyphs)).await?;
            if let Some(seen) = zone
                && let Ok(mrz) = domain::mrz::parse(&seen.zone.text, self.today)
                && is_of_a_state(&mrz)
            {
                progress(ReadingStep::ReadingPage);
                if mrz.format.is_visa() {
                    // It says who may enter a country, and proves nobody's identity.
                    progress(ReadingStep::Comparing);
                    return Ok(Reading { fields: Fields::new(), issue: Some(PictureIssue::OtherDocument) });
                }
                let to_page = seen.to_page(&picture);
                let sheet = self.sheet(&seen.page, number, to_page).await?;
                let (elements, cut) = (mrz.elements(), mrz.names_cut);
                let witnessed = {
                    let elements = elements.clone();
                    move |sheet: &Sheet| {
                        witnesses(std::slice::from_ref(sheet), &elements, cut, FieldSource::PrintedZone)
                    }
                };
                let sheets = vec![self.look_closer(sheet, &seen.page, witnessed).await?];
                let first = self.fields(sheets.clone(), FieldSource::PrintedZone).await?;
                let fits = |name: FieldName, field: &Field| {
                    elements.get(&name).is_none_or(|element| agree(name, &field.value, &element.value))
                };
                let printed = if again::is_wanted(self.kind, true, &first, fits) {
                    let inked = again::inked(&seen.page);
                    let sheet = self.sheet(&inked, number, to_page).await?;
                    again::both(first, self.fields(vec![sheet], FieldSource::PrintedZone).await?, fits)
                } else {
                    first
                };
                progress(ReadingStep::Comparing);
                let merged = self.compute(move |_| {
                    let witnesses = witnesses(&sheets, &elements, mrz.names_cut, FieldSource::PrintedZone);
                    let place = |name| seen.region(&mrz, name, number, &picture);
                    merge::merge(&mrz, &seen.zone, printed, witnesses, place)
                });
                return Ok(Reading { fields: merged.await?, issue: None });
            }
        }
        progress(ReadingStep::ReadingPage);
        let (fields, text) = self.read_print(page, number).await?;
        progress(ReadingStep::Comparing);
        let issue = (!self.enough(&fields)).then(|| text.blamed(quality));
        Ok(Reading { fields, issue })
    }

    /// The print of an upright page.
    async fn read_print(&self, page: &Page, number: u8) -> Result<(Fields, Text), ReadError> {
        // What is bright on a page that was cut out is lit, seldom a sheet.
        let ways: [fn(&GrayImage) -> Made; 2] =
            if page.cut_out { [prepare::all_of, prepare::alone] } else { [prepare::alone, prepare::whole] };
        let make = |make: fn(&GrayImage) -> Made| {
            let picture = page.grey.clone();
            self.compute(move |_| make(&picture))
        };
        let made = make(ways[0]).await?;
        let first = self.read_made(page, number, &made).await?;
        if self.enough(&first.0) {
            return Ok(first);
        }
        let other = make(ways[1]).await?;
        // Where there is no sheet both ways give the same.
        if other.picture == made.picture {
            return Ok(first);
        }
        let second = self.read_made(page, number, &other).await?;
        Ok(if self.enough(&second.0) || first.1 == Text::None { second } else { first })
    }

    async fn read_made(&self, page: &Page, number: u8, made: &Made) -> Result<(Fields, Text), ReadError> {
        let to_parts = to_parts(page.grey.width() as f32, page.grey.height() as f32);
        let to_page = to_parts.map(|parts| made.to_source.and_then(parts));
        let sheet = self.sheet(&made.picture, number, to_page).await?;
        let sheet = self.look_closer(sheet, &made.picture, |_| Fields::new()).await?;
        let makes_sense = known(&sheet.text) >= MAKES_SENSE;
        let other_side = quality::other_side(self.kind, std::slice::from_ref(&sheet.text));
        let mut fields = self.fields(vec![sheet], FieldSource::PrintedZone).await?;
        let any = |_: FieldName, _: &Field| true;
        if makes_sense && again::is_wanted(self.kind, false, &fields, any) {
            let sheet = self.sheet(&again::inked(&made.picture), number, to_page).await?;
            fields = again::both(fields, self.fields(vec![sheet], FieldSource::PrintedZone).await?, any);
        }
        let text = match self.enough(&fields) {
            true => Text::Some,
            false if other_side => Text::OtherSide,
            false if makes_sense => Text::Some,
            false => Text::None,
        };
        Ok((fields, text))
    }

    /// The fields in the words of pages, away from other tasks: a crowded page takes its time.
    async fn fields(&self, sheets: Vec<Sheet>, source: FieldSource) -> Result<Fields, ReadError> {
        let (kind, today) = (self.kind, self.today);
        self.compute(move |_| printed(kind, &sheets, source, today)).await
    }

    fn enough(&self, fields: &Fields) -> bool {
        let found = self.kind.required_fields().iter().filter(|name| fields.contains_key(name)).count();
        // Any letter has words and numbers that could be a name and a number; what proves who somebody is has dates.
        let born_or_ends = [FieldName::DateOfBirth, FieldName::ExpiryDate].iter().any(|name| fields.contains_key(name));
        found >= LEAST_FIELDS && (self.kind == DocumentKind::ProofOfAddress || born_or_ends || found > LEAST_FIELDS)
    }

    /// A sheet after a closer look at the lines in which fields were found, by their captions or by `others`.
    async fn look_closer(
        &self,
        mut sheet: Sheet,
        picture: &GrayImage,
        others: impl FnOnce(&Sheet) -> Fields + Send + 'static,
    ) -> Result<Sheet, ReadError> {
        let (kind, today) = (self.kind, self.today);
        let (seen, page) = (sheet.clone(), picture.clone());
        let lines = self.compute(move |_| {
            let by_caption = printed(kind, std::slice::from_ref(&seen), FieldSource::PrintedZone, today);
            let others = others(&seen);
            let regions: Vec<Region> =
                by_caption.values().chain(others.values()).filter_map(|field| field.region).collect();
            Lines::cut(&seen, &page, &regions)
        });
        let Some(lines) = lines.await? else { return Ok(sheet) };
        let limit = self.shared.config.limit;
        let words = self.shared.tesseract.words(&lines.picture, Layout::Lines, limit).await?;
        lines.settle(words, &mut sheet.text);
        Ok(sheet)
    }

    /// The words of a picture; `to_page` leads from its pixels to parts of the page of that number.
    async fn sheet(&self, picture: &GrayImage, page: u8, to_page: Option<Projection>) -> Result<Sheet, ReadError> {
        Ok(Sheet { text: self.words(picture).await?, page, to_page })
    }

    /// The words of a picture, in its pixels.
    pub(crate) async fn words(&self, picture: &GrayImage) -> Result<PageText, ReadError> {
        self.words_by(&self.shared.tesseract, picture).await
    }

    /// Words enough to know what is to be seen, quickly.
    pub(crate) async fn glance(&self, picture: &GrayImage) -> Result<PageText, ReadError> {
        self.words_by(&self.shared.glance, picture).await
    }

    async fn words_by(&self, tesseract: &Tesseract, picture: &GrayImage) -> Result<PageText, ReadError> {
        let words = tesseract.words(picture, Layout::Sparse, self.shared.config.limit).await?;
        Ok(PageText { words, width: picture.width() as f32, height: picture.height() as f32 })
    }

    /// Runs work that keeps a core busy where it does not hold up other tasks.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, ReadError> {
        let (shared, turn) = (self.shared.clone(), self.turn.clone());
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&shared);
            drop(turn);
            result
        });
        task.await.map_err(|error| ReadError::Tool {
            program: "reader",
            reason: if error.is_panic() { "it panicked" } else { "it was stopped" }.to_owned(),
        })
    }
}

/// Whether a zone is one: its check digits hold, or a state is named where one must be. Two lines of a zone of three, the third under a
/// reflection, pass for a zone of two lines otherwise.
fn is_of_a_state(mrz: &Mrz) -> bool {
    mrz.checks_pass() || [&mrz.issuing_state, &mrz.nationality].into_iter().any(|code| document_state(code).is_some())
}

/// Words that Tesseract is sure of, long enough not to be so by chance. Numbers are none: upside down, `2026` is read as `9707`
/// as surely, and a statement has many of them.
pub(crate) fn known(text: &PageText) -> usize {
    let is_word = |word: &&Word| {
        let text = word.text.trim_matches(|c: char| !c.is_alphanumeric());
        word.confidence > 0.8 && text.chars().count() >= 4 && text.chars().all(|c| c.is_alphabetic() || c == '-')
    };
    text.words.iter().filter(is_word).count()
}

/// A zone, and the printed page beside it.
struct Seen {
    zone: Found,
    /// The page without its zone.
    page: GrayImage,
    /// From the page's pixels to those of the picture that the zone was found in.
    page_to_picture: Projection,
    /// From there to the picture as it was given, which may lie on a side.
    to_source: Projection,
}

impl Seen {
    fn to_page(&self, source: &GrayImage) -> Option<Projection> {
        let parts = to_parts(source.width() as f32, source.height() as f32)?;
        Some(self.page_to_picture.and_then(self.to_source).and_then(parts))
    }

    /// Where the zone has a field.
    fn region(&self, mrz: &Mrz, name: FieldName, page: u8, source: &GrayImage) -> Option<Region> {
        let (lines, columns) = mrz.format.shape();
        let bounds = if name == FieldName::Mrz {
            (0..lines).filter_map(|line| self.zone.bounds(line, 0..columns)).reduce(Bounds::and)?
        } else {
            let span = mrz.format.place(name)?;
            let text = self.zone.text.lines().nth(span.line)?.get(span.start..span.end)?;
            let end = text.trim_end_matches('<').len();
            let parted = text.find("<<").unwrap_or(end);
            let (start, end) = match name {
                FieldName::FamilyName => (0, parted),
                FieldName::GivenNames => ((parted + 2).min(end), end),
                _ => (0, end),
            };
            self.zone.bounds(span.line, span.start + start..span.start + end.max(start + 1))?
        };
        let parts = to_parts(source.width() as f32, source.height() as f32)?;
        bounds.region(page, &self.to_source.and_then(parts))
    }
}

/// The zone and the printed page beside it. Pages are upright, unless little on them said which way that is.
fn find_zone(picture: &GrayImage, glyphs: &Glyphs) -> Option<Seen> {
    [0, 2].into_iter().find_map(|quarters| {
        let Made { picture, to_source } = turned(picture, quarters);
        let zone = zone::find(&picture, glyphs)?;
        let page = prepare::beside_zone(&picture, &zone.frame);
        Some(Seen { zone, page: page.picture, page_to_picture: page.to_source, to_source })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::{Future as _, poll_fn};
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::Poll;

    use super::*;

    #[test]
    fn lines_that_name_no_state_and_prove_nothing_are_no_zone() {
        let is = |text: &str| is_of_a_state(&domain::mrz::parse(text, Date::constant(2026, 11, 21)).unwrap());
        let misread = "PTTTLFIDESPLZBBUTZSU<ZAAT<<<<<<<<<<<\nMMMMLC5209TZQ7280719A889<<<<<<<<<<<6";
        assert!(!is(misread));
        assert!(is(&misread.replace("PTTTL", "PTESP")));
        assert!(is("P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219379NOR8703147F3602187<<<<<<<<<<<<<<<0"));
    }

    #[test]
    fn numbers_on_their_head_are_no_known_words() {
        let known = |texts: &[&str]| {
            let word = |text: &&str| Word {
                text: (*text).to_owned(),
                confidence: 0.95,
                left: 0.0,
                top: 0.0,
                right: 9.0,
                bottom: 9.0,
            };
            known(&PageText { words: texts.iter().map(word).collect(), width: 100.0, height: 100.0 })
        };
        assert_eq!(known(&["00000", "06666", "9ZOZ'TT'ZO", "2026", "H91", "an"]), 0);
        assert_eq!(known(&["Datum:", "Müller-Lüdenscheid", "«Volksbank»", "(Patel)", "Rue"]), 4);
    }

    #[test]
    fn looking_for_fields_leaves_the_worker_to_others() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let shared = Reader::new(ReaderConfig::default()).unwrap().shared;
            let turn = Arc::new(shared.turns.clone().acquire_owned().await.unwrap());
            for kind in DocumentKind::ALL {
                let job = Job { shared: shared.clone(), turn: turn.clone(), kind, today: Date::constant(2026, 11, 21) };
                // While the only thread for long work waits here, such work cannot end.
                let (release, held) = mpsc::channel::<()>();
                let holding = tokio::task::spawn_blocking(move || held.recv());
                let mut fields = pin!(job.fields(Vec::new(), FieldSource::TextLayer));
                let waits = poll_fn(|context| Poll::Ready(fields.as_mut().poll(context).is_pending())).await;
                assert!(waits, "{kind:?}: the work was done by the worker itself");
                release.send(()).unwrap();
                holding.await.unwrap().unwrap();
                assert!(fields.await.unwrap().is_empty());
            }
        });
    }
}
