//! Before reading: from a file's bytes to upright pictures of its pages, in bounded memory, or to why that cannot be.

mod heic;
mod media;
mod pdf;
mod picture;
mod quality;
mod upright;
mod warp;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use domain::document::{DocumentKind, PictureIssue};
use image::GrayImage;
use jiff::civil::Date;

use picture::Picture;
use warp::{Quad, Warp};

pub(crate) use pdf::{Pdf, Poppler};
pub(crate) use quality::Quality;

pub use media::{MediaType, media_type};

use crate::ReadError;
use crate::page::PageText;
use crate::reader::{Job, MAKES_SENSE, known};
use crate::zone;

/// So many pages of a file are looked at: name, address and date stand on the first, or on the second after a cover.
pub(crate) const PAGES_READ: usize = 2;
/// Pages are read with at most this many pixels on their longer side: A4 at 220 dpi.
const LONGEST_READ: u32 = 2600;
/// People and services are given at most this many.
const LONGEST_SHOWN: u32 = 2000;
/// Which way up it is shows with this many.
const LONGEST_DRAFT: u32 = 1600;

/// Which centuries the years of a zone belong to does not matter to which way up it is.
const ANY_DAY: Date = Date::constant(2000, 1, 1);

/// A page of a document, upright.
#[derive(Clone, Debug)]
pub struct Page {
    /// What our own reader reads.
    pub(crate) grey: Arc<GrayImage>,
    /// The same picture as JPEG, in colour, without any metadata: what people look at, what services read, and what the regions
    /// of fields refer to. It may have fewer pixels.
    pub jpeg: Bytes,
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

/// The programs that open files for us.
#[derive(Clone, Debug)]
pub(crate) struct Openers {
    pub poppler: Poppler,
    pub heif: PathBuf,
}

/// A page's picture, and which part of it is the page.
struct Draft {
    picture: Picture,
    /// In the picture as it is to be seen.
    quad: Quad,
    grey: Arc<GrayImage>,
}

impl Job {
    /// Makes a file ready to be read.
    pub(crate) async fn prepare(&self, file: Bytes) -> Result<Prepared, ReadError> {
        let media = media_type(&file).ok_or(ReadError::Malformed)?;
        let limit = self.shared.config.limit;
        let mut text = None;
        let (files, of) = match media {
            MediaType::Pdf => {
                let pdf = Pdf::open(&self.shared.openers.poppler, &file, limit).await?;
                // An identity document is a picture, whatever text a scanner's software has put behind it.
                if self.kind == DocumentKind::ProofOfAddress {
                    text = pdf.words().await?.map(Arc::new);
                }
                (pdf.pages().await?, MediaType::Png)
            }
            MediaType::Heic => {
                (heic::pages(&self.shared.openers.heif, &file, PAGES_READ, limit).await?, MediaType::Jpeg)
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
        let issue = if text.is_some() { None } else { quality.hopeless() };
        Ok(Prepared { kind: self.kind, media, pages, text, issue, quality })
    }

    /// One page. One `as_is` is the picture of what has been read already: people are to see where on it.
    async fn page(&self, file: Bytes, media: MediaType, as_is: bool) -> Result<(Page, Quality), ReadError> {
        let draft = self.compute(move |_| draft(picture::decode(&file, media)?)).await??;
        let quality = {
            let grey = draft.grey.clone();
            self.compute(move |_| Quality::of(&grey)).await?
        };
        let quarters =
            if as_is || quality.hopeless().is_some() { 0 } else { self.quarters(draft.grey.clone()).await? };
        let page = self.compute(move |_| finish(&draft, quarters)).await??;
        Ok((page, quality))
    }

    /// How many quarter turns clockwise make a page upright; none where nothing tells.
    async fn quarters(&self, draft: Arc<GrayImage>) -> Result<usize, ReadError> {
        let seen = draft.clone();
        let order = self.compute(move |_| upright::likely(&seen)).await?;
        if self.kind.has_mrz() {
            let seen = draft.clone();
            let by_zone = self.compute(move |shared| {
                order.into_iter().find(|quarters| {
                    zone::find(&upright::turn(&seen, *quarters), &shared.glyphs)
                        .is_some_and(|found| domain::mrz::parse(&found.text, ANY_DAY).is_ok())
                })
            });
            if let Some(quarters) = by_zone.await? {
                return Ok(quarters);
            }
        }
        for quarters in order {
            // Small pictures tell which way is up in a fraction of the time.
            let seen = draft.clone();
            let small = self.compute(move |_| upright::turn(&crate::page::prepare::halved(&seen), quarters)).await?;
            if known(&self.words(&small).await?) >= MAKES_SENSE {
                return Ok(quarters);
            }
        }
        Ok(0)
    }
}

/// Looks for the page in a picture.
fn draft(picture: Picture) -> Result<Draft, ReadError> {
    let quad = picture.frame();
    let size = size_of(&quad, LONGEST_DRAFT);
    let warp = Warp::new(size, &quad.map(|point| picture.taken(point)));
    let grey = Arc::new(warp::grey(&warp.colour(&picture.pixels, size)));
    Ok(Draft { picture, quad, grey })
}

/// Cuts the page out of its picture, upright and straight, once, so that nothing is lost on the way.
fn finish(draft: &Draft, quarters: usize) -> Result<Page, ReadError> {
    let quad = warp::turned(&draft.quad, quarters);
    let size = size_of(&quad, LONGEST_READ);
    let colour = Warp::new(size, &quad.map(|point| draft.picture.taken(point))).colour(&draft.picture.pixels, size);
    let jpeg = picture::encode(&warp::shrunk(&colour, LONGEST_SHOWN))?;
    Ok(Page { grey: Arc::new(warp::grey(&colour)), jpeg })
}

/// The size of a page that is cut out, with at most so many pixels on its longer side.
fn size_of(quad: &Quad, longest: u32) -> (u32, u32) {
    let (width, height) = warp::sides(quad);
    let scale = (longest as f32 / width.max(height)).min(1.0);
    let side = |length: f32| ((length * scale).round() as u32).max(1);
    (side(width), side(height))
}
