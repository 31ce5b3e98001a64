//! Driving licences: the numbered fields of Directive 2006/126/EC, annex I, or captions where they have those.

use std::collections::BTreeMap;

use domain::document::{Field, FieldName, FieldSource};

use super::identity::clean;
use super::place::Places;
use super::{Segment, Word, identity, segments};

/// Nothing on a licence has a check digit.
const SUREST: f64 = 0.9;
/// What is offered to the applicant, but not without being looked at.
const GUESSED: f64 = 0.7;

/// The fields of a driving licence.
pub(crate) fn fields(words: &[Word], source: FieldSource, places: &Places) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    // A field's text runs to the next number, whatever gaps it has.
    for line in segments(words, 8.0) {
        for (tag, value) in numbered(&line) {
            let Some(name) = field(&tag) else { continue };
            if value.words.is_empty() {
                continue;
            }
            if let Some((text, sure)) = clean(name, &value.text()) {
                let confidence = if sure { value.confidence().min(SUREST) } else { value.confidence().min(0.6) };
                let read = || Field::read(text, confidence, source).at(places.region(&value.words));
                fields.entry(name).or_insert_with(read);
            }
        }
    }
    for (name, field) in identity::fields(words, source, places) {
        fields.entry(name).or_insert(field);
    }
    // Without a check digit nothing tells O from 0: such a number is for the applicant to look at.
    if let Some(field) = fields.get_mut(&FieldName::DocumentNumber)
        && field.value.contains('O')
    {
        field.confidence = field.confidence.min(GUESSED);
    }
    if let Some((number, word)) = lone_number(words).filter(|_| !fields.contains_key(&FieldName::DocumentNumber)) {
        fields.insert(FieldName::DocumentNumber, Field::read(number, GUESSED, source).at(places.region([word])));
    }
    fields
}

/// What looks like a document's number, where the 5 before it was not read.
fn lone_number(words: &[Word]) -> Option<(String, &Word)> {
    words
        .iter()
        .filter(|word| word.text.bytes().all(|b| b.is_ascii_alphanumeric()) && word.text.len() >= 7)
        .filter(|word| word.text.bytes().filter(u8::is_ascii_digit).count() >= 4)
        .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
        .and_then(|word| Some((identity::number(&word.text)?, word)))
}

/// What a number stands for (annex I, 3).
fn field(tag: &str) -> Option<FieldName> {
    Some(match tag {
        "1" => FieldName::FamilyName,
        "2" => FieldName::GivenNames,
        "3" => FieldName::DateOfBirth,
        "4a" => FieldName::IssueDate,
        "4b" => FieldName::ExpiryDate,
        "5" => FieldName::DocumentNumber,
        "8" => FieldName::Address,
        _ => return None,
    })
}

/// A line as numbers with what follows each.
fn numbered(line: &Segment) -> Vec<(String, Segment)> {
    let mut parts: Vec<(String, Segment)> = Vec::new();
    for word in &line.words {
        let (tag, rest) = match tag(&word.text) {
            Some(found) => found,
            None => {
                if let Some((_, value)) = parts.last_mut() {
                    value.words.push(word.clone());
                }
                continue;
            }
        };
        let mut value = Segment::default();
        if !rest.is_empty() {
            value.words.push(Word { text: rest, ..word.clone() });
        }
        parts.push((tag, value));
    }
    parts
}

/// The number at a word's beginning, closed by a full stop or what is taken for one, and what follows in the same word.
fn tag(word: &str) -> Option<(String, String)> {
    let end = word.find(['.', ',', ':', ';']).unwrap_or(word.len());
    let (head, rest) = word.split_at(end);
    let closed = !rest.is_empty();
    let rest = rest.get(1..).unwrap_or("");
    // A date or an amount goes on with digits.
    if rest.starts_with(|c: char| c.is_ascii_digit()) && head.len() > 1 && !head.ends_with(['a', 'b', 'c']) {
        return None;
    }
    let head = match head {
        "4a" | "4A" | "da" | "4da" | "44" | "Aa" | "4s" => "4a",
        "4b" | "4B" | "db" | "46" | "Ab" | "4h" | "45" => "4b",
        "4c" | "4C" | "4d" | "4e" => "4c",
        "1" | "I" | "l" | "|" | "1l" if closed => "1",
        "2" | "Z" if closed => "2",
        "3" if closed => "3",
        "5" | "S" if closed => "5",
        "8" | "B" if closed => "8",
        "6" | "7" | "9" | "10" | "11" | "12" if closed => head,
        _ => return None,
    };
    Some((head.to_owned(), rest.to_owned()))
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
    fn numbers_that_may_be_misread_are_offered_as_doubtful() {
        let number = |words: &[Word]| {
            let field = fields(words, FieldSource::PrintedZone, &Places::default()).remove(&FieldName::DocumentNumber);
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
    fn numbers_are_known_with_and_without_their_values() {
        assert_eq!(tag("1."), Some(("1".into(), String::new())));
        assert_eq!(tag("4a."), Some(("4a".into(), String::new())));
        assert_eq!(tag("4b.18.02.2036"), Some(("4b".into(), "18.02.2036".into())));
        assert_eq!(tag("1.Brandvold"), Some(("1".into(), "Brandvold".into())));
        assert_eq!(tag("14.03.1987"), None);
        assert_eq!(tag("14,"), None);
        assert_eq!(tag("1"), None);
        assert_eq!(tag("Oslo"), None);
    }
}
