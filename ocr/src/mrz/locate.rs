//! Locates the MRZ and the printed page that belongs to it, in any orientation.

use domain::country::document_state;
use domain::document::{FieldName, Region};
use domain::mrz::Mrz;
use image::GrayImage;
use imageproc::geometric_transformations::Projection;

use super::{Glyphs, MrzMatch, find};
use crate::page::geometry::{BoundingBox, to_parts};
use crate::page::rectify::{self, RectifiedPage, rotate_quarters};

/// An MRZ and the printed page that belongs to it.
pub(crate) struct LocatedMrz {
    pub zone: MrzMatch,
    /// The page without its MRZ.
    pub page: GrayImage,
    /// From the page's pixels to those of the rotated picture in which the MRZ was found.
    page_to_picture: Projection,
    /// From the rotated picture to the picture as it was given.
    to_source: Projection,
}

impl LocatedMrz {
    /// From the page's pixels to parts of the picture as it was given.
    pub fn to_page(&self, source: &GrayImage) -> Option<Projection> {
        let parts = to_parts(source.width() as f32, source.height() as f32)?;
        Some(self.page_to_picture.and_then(self.to_source).and_then(parts))
    }

    /// The region of a field in the MRZ.
    pub fn region(&self, mrz: &Mrz, name: FieldName, page: u8, source: &GrayImage) -> Option<Region> {
        let (lines, columns) = mrz.format.shape();
        let bounds = if name == FieldName::Mrz {
            (0..lines).filter_map(|line| self.zone.bounds(line, 0..columns)).reduce(BoundingBox::and)?
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

/// Locates MRZ and page. Pages are upright, unless the orientation could not be detected.
pub(crate) fn locate(picture: &GrayImage, glyphs: &Glyphs) -> Option<LocatedMrz> {
    let (zone, quarters) =
        find_in_orientations(&[0, 2], |quarters| find(&rotate_quarters(picture, quarters).picture, glyphs))?;
    let RectifiedPage { picture, to_source } = rotate_quarters(picture, quarters);
    let page = rectify::page_around_mrz(&picture, &zone.frame);
    Some(LocatedMrz { zone, page: page.picture, page_to_picture: page.to_source, to_source })
}

/// The first verified MRZ among some quarter turns, or else the one with the highest score. An MRZ upside down can
/// pass, because half of its characters resemble others and a check digit may hold by chance.
pub(crate) fn find_in_orientations(
    turns: &[usize],
    at: impl Fn(usize) -> Option<MrzMatch>,
) -> Option<(MrzMatch, usize)> {
    let mut best: Option<(MrzMatch, usize)> = None;
    for quarters in turns {
        let Some(found) = at(*quarters) else { continue };
        if best.as_ref().is_none_or(|(other, _)| found.score > other.score) {
            best = Some((found, *quarters));
        }
        if best.as_ref().is_some_and(|(found, _)| found.is_verified()) {
            break;
        }
    }
    best
}

/// Whether the check digits hold or the MRZ names a known state. Without this rule, two lines of a three-line MRZ pass
/// for a two-line MRZ if a reflection hides the third.
pub(crate) fn is_plausible(mrz: &Mrz) -> bool {
    mrz.checks_pass() || [&mrz.issuing_state, &mrz.nationality].into_iter().any(|code| document_state(code).is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::Date;

    use super::*;

    #[test]
    fn lines_without_known_state_or_check_digits_are_no_mrz() {
        let is = |text: &str| is_plausible(&domain::mrz::parse(text, Date::constant(2026, 11, 21)).unwrap());
        let misread = "PTTTLFIDESPLZBBUTZSU<ZAAT<<<<<<<<<<<\nMMMMLC5209TZQ7280719A889<<<<<<<<<<<6";
        assert!(!is(misread));
        assert!(is(&misread.replace("PTTTL", "PTESP")));
        assert!(is("P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219379NOR8703147F3602187<<<<<<<<<<<<<<<0"));
    }
}
