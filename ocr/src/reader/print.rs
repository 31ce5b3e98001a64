//! The print of one page: its words, and the fields in them.

use std::collections::BTreeMap;

use domain::agreement::agree;
use domain::document::{Field, FieldName, FieldSource, Region};
use domain::mrz::Element;
use image::GrayImage;
use imageproc::geometric_transformations::Projection;

use super::{Fields, Job};
use crate::ReadError;
use crate::page::closer::Lines;
use crate::page::place::Sheet;
use crate::page::witness::witnesses;
use crate::page::{PageText, Word, again, printed};
use crate::tesseract::Layout;

/// So many known words are text the right way up; turned print gives none or a few by chance.
pub(crate) const MAKES_SENSE: usize = 5;

/// What the zone of a page says, for its print; nothing where there is none.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub elements: BTreeMap<FieldName, Element>,
    pub names_cut: bool,
}

impl Said {
    /// Whether a printed value can be right.
    fn fits(&self, name: FieldName, field: &Field) -> bool {
        self.elements.get(&name).is_none_or(|element| agree(name, &field.value, &element.value))
    }

    /// What of it stands in the print of pages.
    pub fn witnesses(&self, sheets: &[Sheet]) -> Fields {
        witnesses(sheets, &self.elements, self.names_cut, FieldSource::PrintedZone)
    }
}

impl Job {
    /// The words of a page's picture and the fields in them, looked at closer, and a second time where something is missing. `to_page` leads
    /// from its pixels to parts of the page of that number.
    pub(super) async fn read_words(
        &self,
        picture: &GrayImage,
        number: u8,
        to_page: Option<Projection>,
        said: &Said,
    ) -> Result<(Sheet, Fields), ReadError> {
        let sheet = self.sheet(picture, number, to_page).await?;
        let sheet = self.look_closer(sheet, picture, said).await?;
        let fields = self.fields(vec![sheet.clone()], FieldSource::PrintedZone).await?;
        let has_zone = !said.elements.is_empty();
        let fits = |name: FieldName, field: &Field| said.fits(name, field);
        let makes_sense = has_zone || known(&sheet.text) >= MAKES_SENSE;
        if !makes_sense || !again::is_wanted(self.kind, has_zone, &fields, fits) {
            return Ok((sheet, fields));
        }
        let second = self.sheet(&again::inked(picture), number, to_page).await?;
        let second = self.fields(vec![second], FieldSource::PrintedZone).await?;
        Ok((sheet, again::both(fields, second, fits)))
    }

    /// The fields in the words of pages, away from other tasks: a crowded page takes its time.
    pub(super) async fn fields(&self, sheets: Vec<Sheet>, source: FieldSource) -> Result<Fields, ReadError> {
        let (kind, today) = (self.kind, self.today);
        self.compute(move |_| printed(kind, &sheets, source, today)).await
    }

    async fn sheet(&self, picture: &GrayImage, page: u8, to_page: Option<Projection>) -> Result<Sheet, ReadError> {
        Ok(Sheet { text: self.words(picture, Layout::Sparse).await?, page, to_page })
    }

    /// A sheet after a closer look at the lines in which fields were found, by their captions or by what a zone says.
    async fn look_closer(&self, mut sheet: Sheet, picture: &GrayImage, said: &Said) -> Result<Sheet, ReadError> {
        let (kind, today) = (self.kind, self.today);
        let (seen, page, said) = (sheet.clone(), picture.clone(), said.clone());
        let lines = self.compute(move |_| {
            let sheets = std::slice::from_ref(&seen);
            let by_caption = printed(kind, sheets, FieldSource::PrintedZone, today);
            let witnessed = said.witnesses(sheets);
            let found = by_caption.values().chain(witnessed.values());
            Lines::cut(&seen, &page, &found.filter_map(|field| field.region).collect::<Vec<Region>>())
        });
        let Some(lines) = lines.await? else { return Ok(sheet) };
        let read = self.words(&lines.picture, Layout::Lines).await?;
        lines.settle(read.words, &mut sheet.text);
        Ok(sheet)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
