//! Driving licences: the numbered fields of Directive 2006/126/EC, annex I, the captions of North American licences, or
//! captions as on identity cards.

mod american;
mod european;

use std::collections::BTreeMap;

use domain::document::{Field, FieldName, FieldSource};

use super::geometry::PageStack;
use super::{Segment, Word, identity, legible, plain, segments};

/// Maximum confidence of a value on a licence, which has no check digits.
const MAX_CONFIDENCE: f64 = 0.9;
/// Confidence of a guess, which the applicant must check.
const GUESSED: f64 = 0.7;

/// The value of a field, and whether it is unambiguous.
struct Found {
    name: FieldName,
    value: String,
    sure: bool,
    words: Vec<Word>,
}

impl Found {
    fn confidence(&self) -> f64 {
        let mean = self.words.iter().map(|word| word.confidence).sum::<f64>() / self.words.len().max(1) as f64;
        if self.sure { mean.min(MAX_CONFIDENCE) } else { mean.min(0.6) }
    }
}

/// The fields of a driving licence.
pub(crate) fn fields(words: &[Word], source: FieldSource, stack: &PageStack) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    let american = is_american(words);
    let found = if american { american::find(words) } else { european::find(words) };
    for found in found {
        let read = || Field::read(&found.value, found.confidence(), source).at(stack.region(&found.words));
        fields.entry(found.name).or_insert_with(read);
    }
    // Few licences have full captions. The abbreviations of American ones would be mistaken for them.
    if !american {
        for (name, field) in identity::fields(words, source, stack) {
            fields.entry(name).or_insert(field);
        }
    }
    // Without a check digit O and 0 are indistinguishable, so the applicant must check such a number.
    if let Some(field) = fields.get_mut(&FieldName::DocumentNumber)
        && field.value.contains('O')
    {
        field.confidence = field.confidence.min(GUESSED);
    }
    if let Some((number, word)) = lone_number(words).filter(|_| !fields.contains_key(&FieldName::DocumentNumber)) {
        fields.insert(FieldName::DocumentNumber, Field::read(number, GUESSED, source).at(stack.region([word])));
    }
    doubt_impossible_dates(&mut fields);
    fields
}

/// Whether the text spells `license` or has the abbreviations of the AAMVA's standard.
fn is_american(words: &[Word]) -> bool {
    let marks = words.iter().filter(|word| {
        let plain = plain(&word.text);
        // The number and the abbreviation may be one word: `4aISS`, `16HGT`.
        let alone = plain.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = alone.strip_prefix(['a', 'b', 'c', 'd']).filter(|_| alone.len() < plain.len());
        let is_mark = |text: &str| ["dln", "dob", "iss", "exp", "hgt"].contains(&text);
        plain.ends_with("license") || is_mark(alone) || numbered.is_some_and(is_mark)
    });
    marks.count() >= 2
}

/// Marks dates as doubtful if the birth is after the issue, or the issue after the expiry. One of the two was misread.
fn doubt_impossible_dates(fields: &mut BTreeMap<FieldName, Field>) {
    let order = [FieldName::DateOfBirth, FieldName::IssueDate, FieldName::ExpiryDate];
    for (i, first) in order.iter().enumerate() {
        for second in &order[i + 1..] {
            let (Some(a), Some(b)) = (fields.get(first), fields.get(second)) else { continue };
            if a.value >= b.value {
                for name in [first, second] {
                    if let Some(field) = fields.get_mut(name) {
                        field.confidence = field.confidence.min(0.5);
                    }
                }
            }
        }
    }
}

/// A text that looks like a document's number, if its field number 5 was not read.
fn lone_number(words: &[Word]) -> Option<(String, &Word)> {
    words
        .iter()
        .filter(|word| word.text.bytes().all(|b| b.is_ascii_alphanumeric()) && word.text.len() >= 7)
        .filter(|word| word.text.bytes().filter(u8::is_ascii_digit).count() >= 4)
        .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
        .and_then(|word| Some((identity::number(&word.text)?, word)))
}

/// Categories of vehicles (Directive 2006/126/EC, article 4), separated by one space.
fn categories(text: &str) -> Option<String> {
    const ALL: [&str; 16] =
        ["AM", "A1", "A2", "A", "B1", "B", "BE", "C1", "C1E", "C", "CE", "D1", "D1E", "D", "DE", "T"];
    let mut found: Vec<&str> = Vec::new();
    let read = |token: &str| {
        let token = token.replace(['l', 'I', '|'], "1");
        let token = token.strip_prefix('8').map_or(token.clone(), |rest| format!("B{rest}"));
        ALL.iter().find(|class| **class == token)
    };
    for token in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|token| !token.is_empty()) {
        // OCR may read a stroke between two categories as a letter, or lose a gap: `AMIB1/B`, `BC1`.
        let parted = || token.split(['l', 'I', '|']).map(read).collect::<Option<Vec<_>>>();
        let joined = || {
            let (first, rest) = (1..token.len()).rev().map(|at| token.split_at(at)).find(|(a, _)| read(a).is_some())?;
            Some(vec![read(first)?, read(rest)?])
        };
        for known in read(token).map(|known| vec![known]).or_else(parted).or_else(joined)? {
            if !found.contains(known) {
                found.push(known);
            }
        }
    }
    (!found.is_empty()).then(|| found.join(" "))
}

/// The text of words with single spaces.
fn text(words: &[Word]) -> String {
    Segment { words: words.to_vec() }.text()
}

/// Groups words into lines, from top to bottom.
fn lines(words: &[Word], gap: f32) -> Vec<Segment> {
    segments(&legible(words), gap)
}

#[cfg(test)]
mod tests {
    use domain::document::DOUBTFUL_BELOW;

    use super::*;

    fn word(text: &str, left: f32, top: f32) -> Word {
        let right = left + 6.0 * text.len() as f32;
        Word { text: text.into(), confidence: 0.95, left, top, right, bottom: top + 10.0 }
    }

    #[test]
    fn confusable_document_numbers_are_doubtful() {
        let number = |words: &[Word]| {
            let field =
                fields(words, FieldSource::PrintedZone, &PageStack::default()).remove(&FieldName::DocumentNumber);
            field.map(|field| (field.value, field.confidence < DOUBTFUL_BELOW))
        };
        let sure = [word("5.", 0.0, 0.0), word("NB4821937", 20.0, 0.0)];
        assert_eq!(number(&sure), Some(("NB4821937".into(), false)));
        let with_letter = [word("5.", 0.0, 0.0), word("NO4821937", 20.0, 0.0)];
        assert_eq!(number(&with_letter), Some(("NO4821937".into(), true)));
        let without_tag = [word("NB4821937", 20.0, 0.0), word("18.02.2036", 20.0, 20.0), word("Storgata", 0.0, 40.0)];
        assert_eq!(number(&without_tag), Some(("NB4821937".into(), true)));
        assert_eq!(number(&without_tag[1..]), None);
    }

    #[test]
    fn american_licences_are_recognised_by_abbreviations() {
        let american = |texts: &[&str]| is_american(&texts.iter().map(|text| word(text, 0.0, 0.0)).collect::<Vec<_>>());
        assert!(american(&["DRIVER", "LICENSE", "3", "DOB"]));
        assert!(american(&["4aiss", "16HGT"]));
        assert!(american(&["3DoB", "4b", "EXP"]));
        assert!(!american(&["DRIVING", "LICENCE", "4a", "Dobson", "4b"]));
        assert!(!american(&["Expo", "Missy", "4a."]));
    }

    #[test]
    fn only_existing_categories_are_read() {
        assert_eq!(categories("AM/B1/B").as_deref(), Some("AM B1 B"));
        assert_eq!(categories("A, B, BE").as_deref(), Some("A B BE"));
        assert_eq!(categories("8").as_deref(), Some("B"));
        assert_eq!(categories("AM/BI/B").as_deref(), Some("AM B1 B"));
        assert_eq!(categories("AMIB1/B").as_deref(), Some("AM B1 B"));
        assert_eq!(categories("BC1").as_deref(), Some("B C1"));
        assert_eq!(categories("C1EBE, T").as_deref(), Some("C1E BE T"));
        assert_eq!(categories("AMIX"), None);
        assert_eq!(categories("BAD"), None);
        assert_eq!(categories("Oslo"), None);
        assert_eq!(categories(""), None);
    }
}
