//! Prepares a file for reading: upright, cropped pictures of its pages in bounded memory, or the reason for a refusal.

mod heic;
mod media;
mod orientation;
mod outline;
mod pdf;
mod perspective;
mod picture;
pub(crate) mod quality;

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

/// So many pages of a file are looked at: name, address and date stand on the first, or on the second after a cover.
pub(crate) const PAGES_READ: usize = 2;
/// Pages are read with at most this many pixels on their longer side: A4 at 220 dpi.
const LONGEST_READ: u32 = 2600;
/// People and services are given at most this many.
const LONGEST_SHOWN: u32 = 2000;
/// Which way up it is shows with this many.
const LONGEST_DRAFT: u32 = 1600;

/// What is kept around an outline, as a part of the page: edges are found to within a few pixels, and bend.
const MARGIN: f32 = 0.012;
/// So many known words are found in no page that stands on its head. With fewer that is looked at too.
const READS_WELL: usize = 12;
/// Which centuries the years of a zone belong to does not matter to which way up it is.
const ANY_DAY: Date = Date::constant(2000, 1, 1);

/// An upright page of a document.
#[derive(Clone, Debug)]
pub struct Page {
    /// What our own reader reads.
    pub(crate) grey: Arc<GrayImage>,
    /// The same picture as JPEG, in colour, without any metadata: what people look at, what services read, and what the regions
    /// of fields refer to. It may have fewer pixels.
    pub jpeg: Bytes,
    /// Whether it was cut out of its picture by its outline.
    pub(crate) cut_out: bool,
}

/// A document that is ready to be read.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the applicant says it is.
    pub kind: DocumentKind,
    /// What the file is.
    pub media: MediaType,
    /// At least one; the first ones of a long document.
    pub pages: Vec<Page>,
    /// What the file itself says is written on its pages, where it is a PDF that tells.
    pub text: Option<Arc<Vec<PageText>>>,
    /// What makes reading its pictures hopeless, if anything does.
    pub issue: Option<PictureIssue>,
    /// Of the first page.
    pub(crate) quality: Quality,
}

/// The programs that convert PDF and HEIC files.
#[derive(Clone, Debug)]
pub(crate) struct FileConverters {
    pub poppler: Poppler,
    pub heif: PathBuf,
}

/// A page's picture, and which part of it is the page.
struct Draft {
    picture: Picture,
    /// In the picture as it is to be seen.
    quad: Quad,
    cut_out: bool,
    grey: Arc<GrayImage>,
}

impl Job {
    /// Makes a file ready to be read.
    pub(crate) async fn prepare(&self, file: Bytes) -> Result<Prepared, ReadError> {
        let media = media_type(&file).ok_or(ReadError::Malformed)?;
        let limit = self.shared.config.timeout;
        let mut text = None;
        let (files, of) = match media {
            MediaType::Pdf => {
                let pdf = Pdf::open(&self.shared.converters.poppler, &file, limit).await?;
                // An identity document is a picture, whatever text a scanner's software has put behind it.
                if self.kind == DocumentKind::ProofOfAddress {
                    text = pdf.words().await?.map(Arc::new);
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
                // What follows a whole page may be broken.
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

    /// One page. One `as_is` is the picture of what has been read already: people are to see where on it.
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

    /// Keeps the whole picture of a licence if only that shows a barcode: the columns of a barcode have edges as straight as a
    /// card's outline.
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

    /// Quarter turns that make a page with an MRZ upright. The whole picture is the page if its MRZ has a higher score: then the
    /// outline was wrong.
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
            // What lies around a document may say otherwise than its print which way lines run.
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

    /// Quarter turns that make a page upright, by OCR; none if nothing tells.
    async fn orient_by_text(&self, draft: Arc<GrayImage>, quality: &mut Quality) -> Result<usize, ReadError> {
        let seen = draft.clone();
        let (order, print) = self.compute(move |_| orientation::candidates(&seen)).await?;
        quality.print = print;
        if !print {
            return Ok(0);
        }
        let mut most = (0, 0);
        for quarters in order {
            // Print that reads somewhat may stand on its head, but does not lie on a side.
            if most.0 >= MIN_KNOWN_WORDS && (most.1 + 2) % 4 != *quarters {
                continue;
            }
            // One language tells which way is up in a fraction of the time, and small pictures do where print is large.
            let (seen, kind) = (draft.clone(), self.kind);
            let turned = self.compute(move |_| {
                let lit = orientation::rotate(&normalise_illumination(&seen), *quarters);
                if kind == DocumentKind::ProofOfAddress { lit } else { halved(&lit) }
            });
            let turned = turned.await?;
            let words = self.words_fast(&turned).await?;
            let count = count_known_words(&words);
            if count > most.0 {
                most = (count, *quarters);
                quality.other_side = quality::other_side(self.kind, std::slice::from_ref(&words));
            }
            if count >= READS_WELL {
                break;
            }
        }
        // One or two are chance.
        Ok(if most.0 >= 3 { most.1 } else { 0 })
    }
}

/// A zone on a page after one of some quarter turns, and which that is.
fn find_plausible_mrz(page: &GrayImage, turns: &[usize], glyphs: &Glyphs) -> Option<(mrz::MrzMatch, usize)> {
    mrz::find_in_orientations(turns, |quarters| {
        mrz::find(&orientation::rotate(page, quarters), glyphs)
            .filter(|found| domain::mrz::parse(&found.text, ANY_DAY).is_ok_and(|mrz| mrz::is_plausible(&mrz)))
    })
}

/// Looks for the page in a picture; one that lies `as_is` takes all of it.
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
        part: outline.map_or_else(|| quality::stands_out(&small), |found| part(&found.quad)),
    };
    let scale = picture.longer_side() as f32 / small.width().max(small.height()) as f32;
    // What is cut off is not cut further.
    let outline = outline.filter(|found| !found.cut);
    let quad = outline.map_or(picture.frame(), |found| {
        perspective::expanded(&found.quad.map(|(x, y)| (x * scale, y * scale)), MARGIN)
    });
    let grey = Arc::new(grey(&picture, &quad));
    let quality = Quality::of(kind, &grey, picture.longer_side(), framing);
    (Draft { picture, quad, cut_out: outline.is_some(), grey }, quality)
}

/// A part of a picture, in grey, as large as a first look needs it.
fn grey(picture: &Picture, quad: &Quad) -> GrayImage {
    let size = size_of(quad, LONGEST_DRAFT);
    let transform = PerspectiveTransform::new(size, &quad.map(|point| picture.taken(point)));
    perspective::grey(&transform.colour(&picture.pixels, size))
}

/// How much longer than wide a document is: cards of ISO/IEC 7810 from 1.42 to 1.59, two pages of a passport as much as one, both
/// sides of a card beside each other 3.2, paper from 1.29 to 1.65; seen at an angle, somewhat more or less.
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
    let colour = PerspectiveTransform::new(size, &quad.map(|point| draft.picture.taken(point)))
        .colour(&draft.picture.pixels, size);
    let jpeg = picture::encode(&perspective::shrunk(&colour, LONGEST_SHOWN))?;
    Ok(Page { grey: Arc::new(perspective::grey(&colour)), jpeg, cut_out: draft.cut_out })
}

/// The size of a page that is cut out, with at most so many pixels on its longer side.
fn size_of(quad: &Quad, longest: u32) -> (u32, u32) {
    let (width, height) = perspective::sides(quad);
    let scale = (longest as f32 / width.max(height)).min(1.0);
    let side = |length: f32| ((length * scale).round() as u32).max(1);
    (side(width), side(height))
}
