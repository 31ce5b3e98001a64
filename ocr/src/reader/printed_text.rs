//! OCR of one page: its words and the fields in them, with second passes over lines and page.

use std::collections::BTreeMap;

use domain::agreement::agree;
use domain::document::{Field, FieldName, FieldSource, Region};
use domain::mrz::Element;
use image::GrayImage;
use imageproc::geometric_transformations::Projection;

use super::{Fields, Job};
use crate::ReadError;
use crate::page::cross_check::find_in_print;
use crate::page::geometry::OcrPage;
use crate::page::reread_lines::LineImages;
use crate::page::{PageText, Word, printed, reread_page};
use crate::tesseract::PageSegmentation;

/// Minimum number of known words in upright text. Rotated print gives a few by chance.
pub(crate) const MIN_KNOWN_WORDS: usize = 5;

/// The MRZ values of a page, used to check its print; empty without an MRZ.
#[derive(Clone, Default)]
pub(super) struct MrzContext {
    pub elements: BTreeMap<FieldName, Element>,
    pub names_cut: bool,
}

impl MrzContext {
    /// Whether a printed value agrees with the MRZ.
    fn fits(&self, name: FieldName, field: &Field) -> bool {
        let means = |element: &Element| element.meaning(|value| agree(name, &field.value, value)).is_some();
        self.elements.get(&name).is_none_or(means)
    }

    /// Finds the MRZ values in the print.
    pub fn find_in_print(&self, ocr_pages: &[OcrPage]) -> Fields {
        find_in_print(ocr_pages, &self.elements, self.names_cut, FieldSource::PrintedZone)
    }
}

impl Job {
    /// Reads the words and fields of a page's picture. A second pass covers lines that hold fields, and the page if a
    /// field is missing. `to_page` maps the picture's pixels to fractions of the numbered page.
    pub(super) async fn read_words(
        &self,
        picture: &GrayImage,
        number: u8,
        to_page: Option<Projection>,
        context: &MrzContext,
    ) -> Result<(OcrPage, Fields), ReadError> {
        let ocr_page = self.ocr_page(picture, number, to_page).await?;
        let ocr_page = self.reread_lines(ocr_page, picture, context).await?;
        let fields = self.fields(vec![ocr_page.clone()], FieldSource::PrintedZone).await?;
        let has_zone = !context.elements.is_empty();
        let fits = |name: FieldName, field: &Field| context.fits(name, field);
        let makes_sense = has_zone || count_known_words(&ocr_page.text) >= MIN_KNOWN_WORDS;
        if !makes_sense || !reread_page::is_needed(self.kind, has_zone, &fields, fits) {
            return Ok((ocr_page, fields));
        }
        let second = self.ocr_page(&reread_page::darken_faint_print(picture), number, to_page).await?;
        let second = self.fields(vec![second], FieldSource::PrintedZone).await?;
        Ok((ocr_page, reread_page::merge(fields, second, fits)))
    }

    /// The fields in the words of pages. Runs on a blocking thread, because a dense page takes long.
    pub(super) async fn fields(&self, ocr_pages: Vec<OcrPage>, source: FieldSource) -> Result<Fields, ReadError> {
        let (kind, today) = (self.kind, self.today);
        self.compute(move |_| printed(kind, &ocr_pages, source, today)).await
    }

    async fn ocr_page(&self, picture: &GrayImage, page: u8, to_page: Option<Projection>) -> Result<OcrPage, ReadError> {
        Ok(OcrPage { text: self.words(picture, PageSegmentation::SparseText).await?, page, to_page })
    }

    /// The page after a second pass over the lines in which fields were found, by captions or by MRZ values.
    async fn reread_lines(
        &self,
        mut ocr_page: OcrPage,
        picture: &GrayImage,
        context: &MrzContext,
    ) -> Result<OcrPage, ReadError> {
        let (kind, today) = (self.kind, self.today);
        let (seen, page, context) = (ocr_page.clone(), picture.clone(), context.clone());
        let lines = self.compute(move |_| {
            let ocr_pages = std::slice::from_ref(&seen);
            let by_caption = printed(kind, ocr_pages, FieldSource::PrintedZone, today);
            let witnessed = context.find_in_print(ocr_pages);
            let found = by_caption.values().chain(witnessed.values());
            LineImages::crop(&seen, &page, &found.filter_map(|field| field.region).collect::<Vec<Region>>())
        });
        let Some(lines) = lines.await? else { return Ok(ocr_page) };
        let read = self.words(&lines.picture, PageSegmentation::SingleBlock).await?;
        lines.merge_into(read.words, &mut ocr_page.text);
        Ok(ocr_page)
    }
}

/// Number of words of at least four letters that were read with high confidence. Numbers do not count: upside down,
/// `2026` is read as `9707` with high confidence.
pub(crate) fn count_known_words(text: &PageText) -> usize {
    let is_word = |word: &&Word| {
        let text = word.text.trim_matches(|c: char| !c.is_alphanumeric());
        word.confidence > 0.8 && text.chars().count() >= 4 && text.chars().all(|c| c.is_alphabetic() || c == '-')
    };
    text.words.iter().filter(is_word).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_count_as_known_words() {
        let count_known_words = |texts: &[&str]| {
            let word = |text: &&str| Word {
                text: (*text).to_owned(),
                confidence: 0.95,
                left: 0.0,
                top: 0.0,
                right: 9.0,
                bottom: 9.0,
            };
            count_known_words(&PageText { words: texts.iter().map(word).collect(), width: 100.0, height: 100.0 })
        };
        assert_eq!(count_known_words(&["00000", "06666", "9ZOZ'TT'ZO", "2026", "H91", "an"]), 0);
        assert_eq!(count_known_words(&["Datum:", "Müller-Lüdenscheid", "«Volksbank»", "(Patel)", "Rue"]), 4);
    }
}
