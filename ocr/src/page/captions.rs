//! Captions and the values that belong to them.

use domain::document::FieldName;

use super::phrases::CAPTIONS;
use super::{Segment, Word, plain};

pub(crate) use super::phrases::Caption;

/// The part of a caption's letters that must be right.
const ALIKE: f64 = 0.82;

/// What a text announces, if it is a caption, as a whole or in one of its languages.
pub(crate) fn caption(text: &str) -> Option<Caption> {
    let whole = std::iter::once(text);
    let parts = text.split(['/', '|']).filter(|part| part.len() < text.len());
    whole.chain(parts).find_map(|part| {
        let part = plain(part);
        let part = part.trim();
        if part.is_empty() {
            return None;
        }
        let exact = CAPTIONS.iter().find(|(_, phrases)| phrases.contains(&part));
        let near = || CAPTIONS.iter().find(|(_, phrases)| phrases.iter().any(|phrase| alike(phrase, part)));
        exact.or_else(near).map(|(caption, _)| *caption)
    })
}

/// Whether a text is a phrase with at most a few letters misread.
fn alike(phrase: &str, part: &str) -> bool {
    let (short, long) = (phrase.len().min(part.len()) as f64, phrase.len().max(part.len()) as f64);
    // Lengths so different rule it out, without the long work of a comparison with a text that has no end.
    phrase.len() >= 6 && short >= long * ALIKE && strsim::normalized_levenshtein(phrase, part) >= ALIKE
}

/// A caption's value: the words after its colon, else what stands below it, else to the right of it.
pub(crate) struct Value {
    pub caption: Caption,
    pub text: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// What it was read from.
    pub words: Vec<Word>,
}

/// All values that have captions. Where a caption may be followed by a value either below or to the right, both are given, the
/// likelier first.
pub(crate) fn values(segments: &[Segment]) -> Vec<Value> {
    let captions: Vec<Option<Caption>> = segments.iter().map(|segment| caption(&segment.text())).collect();
    let mut values = Vec::new();
    for (i, segment) in segments.iter().enumerate() {
        let text = segment.text();
        if let Some((before, after)) = text.split_once(':')
            && let Some(caption) = caption(before)
            && !after.trim().is_empty()
        {
            let words = after_colon(segment);
            values.push(Value { caption, text: after.trim().to_owned(), confidence: segment.confidence(), words });
            continue;
        }
        let Some(caption @ Caption::Of(_)) = captions[i] else { continue };
        let free = |j: &usize| captions[*j].is_none() && *j != i;
        let take = |j: usize| match caption {
            Caption::Of(FieldName::Address) => lines(segments, j, free),
            _ => {
                let value = &segments[j];
                Value { caption, text: value.text(), confidence: value.confidence(), words: value.words.clone() }
            }
        };
        values.extend(below(segments, i, free).map(take));
        values.extend(beside(segments, i, free).map(take));
    }
    values
}

/// The words behind a segment's colon, or behind which it stands in the same word.
fn after_colon(segment: &Segment) -> Vec<Word> {
    let colon = segment.words.iter().position(|word| word.text.contains(':')).unwrap_or(0);
    let alone = segment.words.get(colon).is_none_or(|word| word.text.ends_with(':'));
    segment.words.iter().skip(colon + usize::from(alone)).cloned().collect()
}

/// An address, from its first line down to where its left edge, its spacing or a caption ends it.
fn lines(segments: &[Segment], first: usize, free: impl Fn(&usize) -> bool) -> Value {
    let mut lines = vec![first];
    while lines.len() < 5 {
        let last = &segments[lines[lines.len() - 1]];
        let height = last.height();
        let next = (0..segments.len()).filter(&free).find(|j| {
            let other = &segments[*j];
            let drop = other.top() - last.bottom();
            (other.left() - last.left()).abs() < height * 0.7 && drop > -height * 0.3 && drop < height * 1.2
        });
        match next {
            Some(next) if !lines.contains(&next) => lines.push(next),
            _ => break,
        }
    }
    let text =
        lines.iter().map(|j| segments[*j].text().trim_end_matches(',').to_owned()).collect::<Vec<_>>().join(", ");
    let confidence = lines.iter().map(|j| segments[*j].confidence()).sum::<f64>() / lines.len() as f64;
    let words = lines.iter().flat_map(|j| segments[*j].words.clone()).collect();
    Value { caption: Caption::Of(FieldName::Address), text, confidence, words }
}

fn below(segments: &[Segment], i: usize, free: impl Fn(&usize) -> bool) -> Option<usize> {
    let caption = &segments[i];
    let height = caption.height();
    (0..segments.len())
        .filter(free)
        .filter_map(|j| {
            let other = &segments[j];
            let drop = other.top() - caption.bottom();
            let shift = (other.left() - caption.left()).abs();
            let reach =
                shift < height * 2.5 || (other.left() < caption.right() && other.right() > caption.left() + height);
            (drop > -height * 0.5 && drop < height * 2.8 && reach && shift < height * 12.0)
                .then_some((drop.max(0.0) + shift, j))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, j)| j)
}

fn beside(segments: &[Segment], i: usize, free: impl Fn(&usize) -> bool) -> Option<usize> {
    let caption = &segments[i];
    let height = caption.height();
    (0..segments.len())
        .filter(free)
        .filter_map(|j| {
            let other = &segments[j];
            let gap = other.left() - caption.right();
            let level = (other.bottom() - caption.bottom()).abs() < height * 0.6;
            (level && gap > -height && gap < height * 14.0).then_some((gap, j))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, j)| j)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str, left: f32, top: f32) -> Segment {
        let right = left + 6.0 * text.len() as f32;
        Segment {
            words: vec![super::super::Word {
                text: text.into(),
                confidence: 0.9,
                left,
                top,
                right,
                bottom: top + 10.0,
            }],
        }
    }

    #[test]
    fn values_stand_below_beside_or_after_a_colon() {
        let segments = [
            segment("Surname", 0.0, 0.0),
            segment("Sex", 200.0, 0.0),
            segment("BRANDVOLD", 0.0, 16.0),
            segment("F", 200.0, 16.0),
            segment("Date of birth", 0.0, 60.0),
            segment("14 MAR 1987", 150.0, 60.0),
            segment("Address", 0.0, 100.0),
            segment("Storgata 14", 0.0, 116.0),
            segment("0184 Oslo", 0.0, 132.0),
            segment("far below", 0.0, 190.0),
            segment("Invoice date: 1 November 2026", 300.0, 190.0),
        ];
        let value = |name| values(&segments).into_iter().find(|v| v.caption == Caption::Of(name)).map(|v| v.text);
        assert_eq!(value(FieldName::FamilyName).as_deref(), Some("BRANDVOLD"));
        assert_eq!(value(FieldName::Sex).as_deref(), Some("F"));
        assert_eq!(value(FieldName::DateOfBirth).as_deref(), Some("14 MAR 1987"));
        assert_eq!(value(FieldName::Address).as_deref(), Some("Storgata 14, 0184 Oslo"));
        assert_eq!(value(FieldName::IssueDate).as_deref(), Some("1 November 2026"));
        assert_eq!(value(FieldName::Nationality), None);
    }

    #[test]
    fn knows_captions_in_any_of_their_languages() {
        let is = |text: &str| caption(text);
        assert_eq!(is("Etternavn / Surname / Nom"), Some(Caption::Of(FieldName::FamilyName)));
        assert_eq!(is("Feadselsdato / Date of birth"), Some(Caption::Of(FieldName::DateOfBirth)));
        assert_eq!(is("Utlgper / Date of expiry"), Some(Caption::Of(FieldName::ExpiryDate)));
        assert_eq!(is("Fedested / Place of birth"), Some(Caption::Other));
        assert_eq!(is("Pass nr. / Passport No."), Some(Caption::Of(FieldName::DocumentNumber)));
        assert_eq!(is("Due date"), Some(Caption::Other));
        assert_eq!(is("BRANDVOLD"), None);
        assert_eq!(is("Storgata 14"), None);
        assert_eq!(is("—"), None);
    }
}
