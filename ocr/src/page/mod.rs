//! The printed page: words become segments of text, and segments become fields.

pub(crate) mod address;
mod caption_phrases;
pub(crate) mod captions;
pub(crate) mod components;
pub(crate) mod cross_check;
pub(crate) mod dates;
mod deskew;
pub(crate) mod diacritics;
pub(crate) mod geometry;
pub(crate) mod identity;
pub(crate) mod licence;
pub(crate) mod ordinal;
pub(crate) mod rectify;
pub(crate) mod reread_lines;
pub(crate) mod reread_page;
mod text;
mod units;

use std::collections::BTreeMap;

use domain::document::{DocumentKind, Field, FieldName, FieldSource};
use jiff::civil::Date;

use crate::lengths;
use geometry::{OcrPage, PageStack};
pub(crate) use text::{MAX_WORDS, Segment, legible, plain, segments};
pub use text::{PageText, Word, title_case};

/// Maximum confidence of a value that only the print has.
const PRINT_ALONE: f64 = 0.9;

/// The fields of a document of `kind` in words that any provider has recognised. `today` separates possible dates from
/// impossible ones. Values are limited to the length of their field. Regions are those of the words, with pages
/// numbered from 1. The source is print: callers set their provider with [`Field::by`] and find an MRZ with
/// [`domain::mrz::find`].
pub fn fields_in(
    kind: DocumentKind,
    pages: &[PageText],
    source: FieldSource,
    today: Date,
) -> BTreeMap<FieldName, Field> {
    printed(kind, &OcrPage::whole(pages), source, today)
}

/// The fields of a document of `kind` in the print of its pages.
pub(crate) fn printed(
    kind: DocumentKind,
    ocr_pages: &[OcrPage],
    source: FieldSource,
    today: Date,
) -> BTreeMap<FieldName, Field> {
    let (words, stack) = PageStack::stack(ocr_pages);
    let mut fields = match kind {
        DocumentKind::Passport | DocumentKind::IdentityCard => identity::fields(&words, source, &stack),
        DocumentKind::DrivingLicence => licence::fields(&words, source, &stack),
        DocumentKind::ProofOfAddress => address::fields(&words, source, today, &stack),
    };
    // A text layer is exact. Print is only one source.
    if source == FieldSource::PrintedZone {
        fields.values_mut().for_each(|field| field.confidence = field.confidence.min(PRINT_ALONE));
    }
    // Under a misread caption the date of issue may be the date of expiry.
    let issued = fields.get(&FieldName::IssueDate).and_then(|field| field.value.parse::<Date>().ok());
    if issued.is_some_and(|issued| issued > today) {
        fields.remove(&FieldName::IssueDate);
    }
    lengths::limit(&mut fields);
    fields
}

/// The first date in a text, in the forms that documents print, and whether it is unambiguous: `03/04/2026` is in April
/// or in March.
pub fn date_in(text: &str) -> Option<(Date, bool)> {
    dates::find(text).map(|found| (found.date, found.sure))
}

/// Whether a text in the place of a date of expiry says that the document does not expire.
pub fn is_without_end(text: &str) -> bool {
    dates::is_without_end(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: f32, right: f32, top: f32) -> Word {
        Word { text: text.into(), confidence: 0.9, left, top, right, bottom: top + 10.0 }
    }

    #[test]
    fn future_issue_date_is_dropped() {
        let page = PageText {
            words: vec![word("Issued:", 0.0, 60.0, 0.0), word("18.02.2026", 66.0, 160.0, 0.0)],
            width: 400.0,
            height: 400.0,
        };
        let issued = |today: Date| {
            let source = FieldSource::PrintedZone;
            let fields = fields_in(DocumentKind::IdentityCard, std::slice::from_ref(&page), source, today);
            fields.contains_key(&FieldName::IssueDate)
        };
        assert!(issued(Date::constant(2026, 2, 18)));
        assert!(!issued(Date::constant(2026, 2, 17)));
    }
}
