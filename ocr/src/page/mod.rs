//! The printed page: words become segments of text, and segments become fields.

pub(crate) mod address;
mod caption_phrases;
pub(crate) mod captions;
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

use std::collections::BTreeMap;

use domain::document::{DocumentKind, Field, FieldName, FieldSource};
use jiff::civil::Date;

use crate::lengths;
use geometry::{OcrPage, PageStack};

/// Maximum number of words of a page. The fullest page of small print has some 1500, and the work grows with their square.
pub(crate) const MAX_WORDS: usize = 4000;

/// On a card nothing that is read is so many times as high as most words are.
const LARGE: f32 = 3.0;

/// Maximum confidence of a value that only the print has.
const PRINT_ALONE: f64 = 0.9;

/// So many characters of a segment are looked at: more than any field takes, so that what was longer still shows.
const LONGEST_TEXT: usize = 1000;

/// A word on a page, with its box; the unit is that of its [`PageText`].
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// As read.
    pub text: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// The words of one page. Its size is in the unit of their boxes, which does not matter so long as it is the same across and
/// down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageText {
    /// In no order.
    pub words: Vec<Word>,
    /// Of the page.
    pub width: f32,
    /// Of the page.
    pub height: f32,
}

/// The fields of a document of `kind` in the words of its pages, whoever read them. `today` tells dates that can be from
/// dates that cannot. A value is bounded by what its field takes, and has the region of its words, the first page numbered 1. It is
/// print only: whoever reads for a service says so with [`Field::by`], and looks for a zone with [`domain::mrz::find`].
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
    // A text layer is exact; print is only one source.
    if source == FieldSource::PrintedZone {
        fields.values_mut().for_each(|field| field.confidence = field.confidence.min(PRINT_ALONE));
    }
    // Under a caption that was misread there may be the day on which a document ends.
    let issued = fields.get(&FieldName::IssueDate).and_then(|field| field.value.parse::<Date>().ok());
    if issued.is_some_and(|issued| issued > today) {
        fields.remove(&FieldName::IssueDate);
    }
    lengths::limit(&mut fields);
    fields
}

impl Word {
    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn middle(&self) -> f32 {
        (self.top + self.bottom) / 2.0
    }
}

/// Words that follow each other on one line without a wide gap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segment {
    /// From left to right, never empty.
    pub words: Vec<Word>,
}

impl Segment {
    /// Its words with single spaces, up to [`LONGEST_TEXT`] characters.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut room = LONGEST_TEXT;
        for word in &self.words {
            if !text.is_empty() && room > 0 {
                text.push(' ');
                room -= 1;
            }
            let before = text.len();
            text.extend(word.text.chars().take(room));
            room -= text[before..].chars().count();
            if room == 0 {
                break;
            }
        }
        text
    }

    /// The mean of its words.
    pub fn confidence(&self) -> f64 {
        self.words.iter().map(|word| word.confidence).sum::<f64>() / self.words.len().max(1) as f64
    }

    pub fn left(&self) -> f32 {
        self.words.first().map_or(0.0, |word| word.left)
    }

    pub fn right(&self) -> f32 {
        self.words.iter().map(|word| word.right).fold(f32::MIN, f32::max)
    }

    pub fn top(&self) -> f32 {
        self.words.iter().map(|word| word.top).fold(f32::MAX, f32::min)
    }

    pub fn bottom(&self) -> f32 {
        self.words.iter().map(|word| word.bottom).fold(f32::MIN, f32::max)
    }

    /// Of its tallest word.
    pub fn height(&self) -> f32 {
        self.words.iter().map(Word::height).fold(0.0, f32::max)
    }

    /// Of the lower of its middle words: a raised letter, or a box that is larger than its word, makes no line a heading.
    pub fn usual_height(&self) -> f32 {
        let mut heights: Vec<f32> = self.words.iter().map(Word::height).collect();
        heights.sort_by(f32::total_cmp);
        heights.get(heights.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    }
}

/// The words that have letters or figures and are not so large that they are parts of a portrait: such a one would make one
/// line of several.
pub(crate) fn legible(words: &[Word]) -> Vec<Word> {
    let mut heights: Vec<f32> = words.iter().map(Word::height).collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or_default();
    let legible = |word: &&Word| word.text.chars().any(char::is_alphanumeric) && word.height() < usual * LARGE;
    words.iter().filter(legible).cloned().collect()
}

/// The words as segments, from top to bottom; a gap wider than `gap` times the text's height parts two segments.
pub(crate) fn segments(words: &[Word], gap: f32) -> Vec<Segment> {
    let mut words: Vec<&Word> = words.iter().filter(|word| word.height() > 0.0).collect();
    words.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut segments: Vec<Segment> = Vec::new();
    for word in words {
        let near = segments
            .iter_mut()
            .filter_map(|segment| {
                let last = segment.words.last()?;
                let height = segment.height().max(word.height());
                let space = word.left - last.right;
                let drop = (word.middle() - last.middle()).abs();
                // Only over a wide gap may the line's slope, small as it is, matter.
                let level = height * 0.45 + space.max(0.0) * 0.02;
                (space > -height * 0.5 && space < height * gap && drop < level).then_some((space, segment))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match near {
            Some((_, segment)) => segment.words.push(word.clone()),
            None => segments.push(Segment { words: vec![word.clone()] }),
        }
    }
    segments.sort_by(|a, b| a.top().total_cmp(&b.top()));
    segments
}

/// The first date in a text, in the forms that documents have, and whether its reading is the only one: `03/04/2026` is in April or
/// in March.
pub fn date_in(text: &str) -> Option<(Date, bool)> {
    dates::find(text).map(|found| (found.date, found.sure))
}

/// Lower-case Latin letters and digits, words parted by one space: what is compared.
pub(crate) fn plain(text: &str) -> String {
    let latin = any_ascii::any_ascii(text).to_lowercase();
    latin.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A name as people write it: `BRANDVOLD-ÅS` becomes `Brandvold-Ås`. What has lower-case letters is left alone, but for a marked letter at the beginning.
pub fn title_case(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        // A capital with a mark is read as a small letter that is as high: `öztürk`.
        let mut start = true;
        let letter = |c: char| {
            let first = std::mem::replace(&mut start, !c.is_alphabetic());
            if first && !c.is_ascii() { c.to_uppercase().next().unwrap_or(c) } else { c }
        };
        return name.chars().map(letter).collect();
    }
    let mut start = true;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphabetic();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: f32, right: f32, top: f32) -> Word {
        Word { text: text.into(), confidence: 0.9, left, top, right, bottom: top + 10.0 }
    }

    #[test]
    fn gaps_split_segments_and_slopes_do_not() {
        let words = [
            word("Date", 0.0, 30.0, 0.0),
            word("of", 34.0, 44.0, 1.0),
            word("issue", 48.0, 80.0, 2.0),
            word("Sex", 200.0, 220.0, 4.0),
            word("below", 0.0, 30.0, 20.0),
        ];
        let texts: Vec<String> = segments(&words, 1.2).iter().map(Segment::text).collect();
        assert_eq!(texts, ["Date of issue", "Sex", "below"]);
        let texts: Vec<String> = segments(&words, 100.0).iter().map(Segment::text).collect();
        assert_eq!(texts, ["Date of issue Sex", "below"]);
    }

    #[test]
    fn portrait_is_not_a_word() {
        let portrait = Word { bottom: 121.0, ..word("A", 0.0, 200.0, 0.0) };
        let words = [portrait, word("Sex", 0.0, 20.0, 40.0), word("·", 24.0, 26.0, 40.0), word("F", 0.0, 8.0, 60.0)];
        let texts: Vec<String> = legible(&words).into_iter().map(|word| word.text).collect();
        assert_eq!(texts, ["Sex", "F"]);
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

    #[test]
    fn segment_text_is_bounded() {
        let long = "ø".repeat(LONGEST_TEXT - 7);
        let text = |words: &[Word]| Segment { words: words.to_vec() }.text();
        assert_eq!(text(&[word("to", 0.0, 9.0, 0.0), word("Oslo", 10.0, 20.0, 0.0)]), "to Oslo");
        assert_eq!(text(&[word(&long, 0.0, 9.0, 0.0), word("is Oslo", 10.0, 20.0, 0.0)]), format!("{long} is Osl"));
        let many = vec![word(&long, 0.0, 9.0, 0.0); 50];
        assert_eq!(text(&many).chars().count(), LONGEST_TEXT);
        assert_eq!(text(&[word(&"x".repeat(500_000), 0.0, 9.0, 0.0)]).len(), LONGEST_TEXT);
    }

    #[test]
    fn comparison_ignores_diacritics_and_punctuation() {
        assert_eq!(plain("Prénoms / Given-names:"), "prenoms given names");
        assert_eq!(plain("Fødselsdato"), "fodselsdato");
    }

    #[test]
    fn capital_names_become_title_case() {
        assert_eq!(title_case("ANNA MARIA BRANDVOLD-ÅS"), "Anna Maria Brandvold-Ås");
        assert_eq!(title_case("O'BRIEN"), "O'Brien");
        assert_eq!(title_case("öztürk"), "Öztürk");
        assert_eq!(title_case("van der Berg"), "van der Berg");
    }
}
