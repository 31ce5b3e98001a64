//! Prepares a file for reading: upright, cropped pictures of its pages in bounded memory, or the reason for a refusal.

mod heic;
mod large_jpeg;
mod media;
mod orientation;
mod outline;
mod pdf;
mod perspective;
mod picture;
pub(crate) mod quality;
mod tiff;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use domain::document::{DocumentKind, PictureIssue};
use image::GrayImage;
use jiff::civil::Date;

use perspective::{PerspectiveTransform, Quad};
use picture::Picture;
use quality::Framing;

pub(crate) use pdf::{Pdf, Poppler};
pub(crate) use quality::Quality;

pub use media::{MediaType, media_type};

use crate::ReadError;
use crate::barcode::{self, Effort};
use crate::mrz::{self, Glyphs};
use crate::page::PageText;
use crate::page::rectify::{halved, normalise_illumination};
use crate::reader::{Job, MIN_KNOWN_WORDS, count_known_words};

/// Maximum number of pages of a file that are read. Name, address and date are on the first page, or on the second
/// after a cover.
pub(crate) const PAGES_READ: usize = 2;
/// Maximum longer side, in pixels, of a page for our own reader: A4 at 220 dpi.
const LONGEST_READ: u32 = 2600;
/// Maximum longer side, in pixels, of a page for people and services.
const LONGEST_SHOWN: u32 = 2000;
/// Maximum longer side, in pixels, of a draft, which is enough to detect the orientation.
const LONGEST_DRAFT: u32 = 1600;

/// Margin around an outline, as a fraction of the page. Edges are found to within a few pixels, and paper bends.
const MARGIN: f32 = 0.012;
/// Number of known words that no page upside down reaches. With fewer, the opposite orientation is tried as well.
const SURELY_UPRIGHT_WORDS: usize = 12;
/// Settles the centuries of two-digit years, which do not matter for orientation.
const ANY_DAY: Date = Date::constant(2000, 1, 1);

/// An upright page of a document.
#[derive(Clone, Debug)]
pub struct Page {
    /// The picture for our own reader.
    pub(crate) grey: Arc<GrayImage>,
    /// The same picture as a colour JPEG without metadata, for people and services. Regions of fields refer to it. It
    /// may have fewer pixels.
    pub jpeg: Bytes,
    /// Whether it was cropped by its outline.
    pub(crate) cut_out: bool,
}

/// A document that is ready to be read.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The kind of document that the applicant names.
    pub kind: DocumentKind,
    /// The type of the file.
    pub media: MediaType,
    /// The first pages, at least one.
    pub pages: Vec<Page>,
    /// The text layer by page, if the file is a PDF that can be read by it.
    pub text: Option<Arc<Vec<PageText>>>,
    /// The defect that makes reading hopeless, if there is one.
    pub issue: Option<PictureIssue>,
    /// Quality of the first page.
    pub(crate) quality: Quality,
}

/// The programs that convert PDF and HEIC files.
#[derive(Clone, Debug)]
pub(crate) struct FileConverters {
    pub poppler: Poppler,
    pub heif: PathBuf,
}

/// A picture, and the part of it that is the page.
struct Draft {
    picture: Picture,
    /// In the coordinates of the upright picture.
    quad: Quad,
    cut_out: bool,
    grey: Arc<GrayImage>,
}

impl Job {
    /// Prepares a file for reading.
    pub(crate) async fn prepare(&self, file: Bytes) -> Result<Prepared, ReadError> {
        let media = media_type(&file).ok_or(ReadError::Malformed)?;
        let limit = self.shared.config.timeout;
        let mut text = None;
        let (files, of) = match media {
            MediaType::Pdf => {
                let pdf = Pdf::open(&self.shared.converters.poppler, &file, limit).await?;
                // For identity documents the picture counts; a scanner's software may have added a text layer.
                // A few words of digital text on a scanned page are not its text layer: the page is read as a picture,
                // and turned like one.
                if self.kind == DocumentKind::ProofOfAddress
                    && let Some(words) = pdf.words().await?
                    && self.is_enough_text(&words).await?
                {
                    text = Some(Arc::new(words));
                }
                (pdf.pages().await?, MediaType::Pdf)
            }
            MediaType::Heic => {
                (heic::pages(&self.shared.converters.heif, &file, PAGES_READ, limit).await?, MediaType::Jpeg)
            }
            MediaType::Tiff => (self.compute(move |_| picture::tiff_pages(&file, PAGES_READ)).await?, MediaType::Tiff),
            MediaType::Jpeg | MediaType::Png | MediaType::WebP => (vec![file], media),
        };
        let mut pages = Vec::new();
        let mut first = None;
        for file in files {
            let page = self.page(file, of, text.is_some()).await;
            let (page, quality) = match page {
                // Later pages may be damaged if the first is whole.
                Err(ReadError::Malformed | ReadError::TooLarge { .. }) if !pages.is_empty() => break,
                page => page?,
            };
            first.get_or_insert(quality);
            pages.push(page);
        }
        let quality = first.ok_or(ReadError::Malformed)?;
        let issue = if text.is_some() { None } else { quality.blocking_issue() };
        Ok(Prepared { kind: self.kind, media, pages, text, issue, quality })
    }

    /// Prepares one page. With `as_is` the whole picture is kept, because the page was read from the text layer and
    /// people must see the positions of its fields.
    async fn page(&self, file: Bytes, media: MediaType, as_is: bool) -> Result<(Page, Quality), ReadError> {
        let kind = self.kind;
        let draft = self.compute(move |_| picture::decode(&file, media).map(|picture| draft(picture, kind, as_is)));
        let (draft, mut quality) = draft.await??;
        let (draft, quarters) = if as_is || quality.blocking_issue().is_some() {
            (draft, 0)
        } else {
            let draft = self.keep_barcode_visible(draft).await?;
            let (draft, orient_by_mrz) = self.orient_by_mrz(draft).await?;
            match orient_by_mrz {
                Some(quarters) => {
                    quality.print = true;
                    (draft, quarters)
                }
                None => {
                    let quarters = self.orient_by_text(draft.grey.clone(), &mut quality).await?;
                    (draft, quarters)
                }
            }
        };
        let page = self.compute(move |_| finish(&draft, quarters)).await??;
        Ok((page, quality))
    }

    /// Keeps the whole picture of a licence if a barcode is visible only there. The columns of a barcode have edges as
    /// straight as a card's outline.
    async fn keep_barcode_visible(&self, draft: Draft) -> Result<Draft, ReadError> {
        if self.kind != DocumentKind::DrivingLicence || !draft.cut_out {
            return Ok(draft);
        }
        self.compute(move |_| {
            let shows = |picture: &GrayImage| barcode::find(picture, Effort::Quick).is_some();
            if shows(&draft.grey) {
                return draft;
            }
            let quad = draft.picture.frame();
            let whole = grey(&draft.picture, &quad);
            if shows(&whole) { Draft { quad, cut_out: false, grey: Arc::new(whole), ..draft } } else { draft }
        })
        .await
    }

    /// Quarter turns that make a page with an MRZ upright. The whole picture becomes the page if its MRZ has a higher
    /// score, because the outline was wrong then.
    async fn orient_by_mrz(&self, draft: Draft) -> Result<(Draft, Option<usize>), ReadError> {
        if !self.kind.has_mrz() {
            return Ok((draft, None));
        }
        self.compute(move |shared| {
            let (turns, _) = orientation::candidates(&draft.grey);
            let found = find_plausible_mrz(&draft.grey, turns, &shared.glyphs);
            let quarters = found.as_ref().map(|(_, quarters)| *quarters);
            let proved = found.as_ref().is_some_and(|(found, _)| found.is_verified());
            if proved || !draft.cut_out {
                return (draft, quarters);
            }
            let quad = draft.picture.frame();
            let whole = grey(&draft.picture, &quad);
            let score = found.map_or(0, |(found, _)| found.score);
            // The surroundings of a document may suggest another direction of the lines than its print.
            let (others, _) = orientation::candidates(&whole);
            let turns: Vec<usize> =
                turns.iter().chain(others.iter().filter(|turn| !turns.contains(turn))).copied().collect();
            match find_plausible_mrz(&whole, &turns, &shared.glyphs) {
                Some((other, quarters)) if other.score > score => {
                    (Draft { quad, cut_out: false, grey: Arc::new(whole), ..draft }, Some(quarters))
                }
                _ => (draft, quarters),
            }
        })
        .await
    }

    /// Quarter turns that make a page upright, by OCR. None without evidence.
    async fn orient_by_text(&self, draft: Arc<GrayImage>, quality: &mut Quality) -> Result<usize, ReadError> {
        let seen = draft.clone();
        let (order, print) = self.compute(move |_| orientation::candidates(&seen)).await?;
        quality.print = print;
        if !print {
            return Ok(0);
        }
        let mut most = (0, 0);
        for quarters in order {
            // Print that is partly readable may be upside down, but is not on its side.
            if most.0 >= MIN_KNOWN_WORDS && (most.1 + 2) % 4 != *quarters {
                continue;
            }
            // One language detects the orientation in a fraction of the time, and a small picture is enough for large
            // print.
            let (unturned, kind) = (draft.clone(), self.kind);
            let turned = self.compute(move |_| {
                let lit = orientation::rotate(&normalise_illumination(&unturned), *quarters);
                if kind == DocumentKind::ProofOfAddress { lit } else { halved(&lit) }
            });
            let turned = turned.await?;
            let words = self.words_fast(&turned).await?;
            let count = count_known_words(&words);
            if count > most.0 {
                most = (count, *quarters);
                quality.other_side = quality::other_side(self.kind, std::slice::from_ref(&words));
            }
            if count >= SURELY_UPRIGHT_WORDS {
                break;
            }
        }
        // One or two words may be chance.
        Ok(if most.0 >= 3 { most.1 } else { 0 })
    }
}

/// A plausible MRZ of a page in one of some orientations, and that orientation in quarter turns.
fn find_plausible_mrz(page: &GrayImage, turns: &[usize], glyphs: &Glyphs) -> Option<(mrz::MrzMatch, usize)> {
    mrz::find_in_orientations(turns, |quarters| {
        mrz::find(&orientation::rotate(page, quarters), glyphs)
            .filter(|found| domain::mrz::parse(&found.text, ANY_DAY).is_ok_and(|mrz| mrz::is_plausible(&mrz)))
    })
}

/// Finds the page in a picture. With `as_is` the whole picture is the page.
fn draft(picture: Picture, kind: DocumentKind, as_is: bool) -> (Draft, Quality) {
    let small = picture.small(outline::SEARCH_SIDE);
    let outline = if as_is { None } else { outline::find(&small, ratios(kind)) };
    let part = |quad: &Quad| {
        let (width, height) = perspective::sides(quad);
        width.max(height) / small.width().max(small.height()) as f32
    };
    let framing = Framing {
        outlined: outline.is_some(),
        cut: outline.is_some_and(|found| found.cut),
        part: outline.map_or_else(|| quality::extent_of_edges(&small), |found| part(&found.quad)),
    };
    let scale = picture.longer_side() as f32 / small.width().max(small.height()) as f32;
    // A document that extends beyond the picture is not cropped further.
    let outline = outline.filter(|found| !found.cut);
    let quad = outline.map_or(picture.frame(), |found| {
        perspective::expanded(&found.quad.map(|(x, y)| (x * scale, y * scale)), MARGIN)
    });
    let grey = Arc::new(grey(&picture, &quad));
    let quality = Quality::of(kind, &grey, picture.longer_side(), framing);
    (Draft { picture, quad, cut_out: outline.is_some(), grey }, quality)
}

/// A part of a picture in grey, at the size of a draft.
fn grey(picture: &Picture, quad: &Quad) -> GrayImage {
    let size = size_of(quad, LONGEST_DRAFT);
    let transform = PerspectiveTransform::new(size, &quad.map(|point| picture.to_stored(point)));
    perspective::grey(&transform.colour(&picture.pixels, size))
}

/// Ratios of the longer to the shorter side that a document may have. Cards of ISO/IEC 7810 have 1.42 to 1.59, two
/// pages of a passport as much as one, both sides of a card side by side 3.2, paper 1.29 to 1.65. Perspective widens
/// the ranges.
fn ratios(kind: DocumentKind) -> &'static [RangeInclusive<f32>] {
    match kind {
        DocumentKind::Passport => &[1.25..=1.80],
        DocumentKind::IdentityCard | DocumentKind::DrivingLicence => &[1.15..=1.80, 2.9..=3.7],
        DocumentKind::ProofOfAddress => &[1.12..=1.85],
    }
}

/// Crops and rectifies the page in one step, so that no detail is lost to repeated resampling.
fn finish(draft: &Draft, quarters: usize) -> Result<Page, ReadError> {
    let quad = perspective::rotated(&draft.quad, quarters);
    let size = size_of(&quad, LONGEST_READ);
    let colour = PerspectiveTransform::new(size, &quad.map(|point| draft.picture.to_stored(point)))
        .colour(&draft.picture.pixels, size);
    let jpeg = picture::encode(&perspective::shrunk(&colour, LONGEST_SHOWN))?;
    Ok(Page { grey: Arc::new(perspective::grey(&colour)), jpeg, cut_out: draft.cut_out })
}

/// The size of a cropped page, with at most `longest` pixels on its longer side.
fn size_of(quad: &Quad, longest: u32) -> (u32, u32) {
    let (width, height) = perspective::sides(quad);
    let scale = (longest as f32 / width.max(height)).min(1.0);
    let side = |length: f32| ((length * scale).round() as u32).max(1);
    (side(width), side(height))
}
