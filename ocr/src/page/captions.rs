//! Finds captions and their values.

use domain::document::FieldName;

use super::caption_phrases::{BARE_DATES, CAPTIONS, FORM_CAPTIONS};
use super::{Segment, Word, dates, plain};

pub(crate) use super::caption_phrases::{AddressPart, Caption};

/// Minimum similarity of a text to a caption phrase.
const MIN_SIMILARITY: f64 = 0.82;

/// Maximum number of words at the beginning of a text that are compared with captions.
const MAX_WORDS: usize = 24;
/// Number of words of the longest phrase.
const MAX_PHRASE_WORDS: usize = 6;

/// The meaning of a text that is a caption, as a whole or in one of its languages.
pub(crate) fn caption(text: &str) -> Option<Caption> {
    // If one language was misread, another may be recognised.
    whole(text).or_else(|| text.split(['/', '|']).filter(|part| part.len() < text.len()).find_map(whole))
}

/// The meaning of a text on a letter or a form that is a caption.
pub(crate) fn form_caption(text: &str) -> Option<Caption> {
    let own = plain(text);
    let of_form = || FORM_CAPTIONS.iter().find(|(_, phrases)| phrases.contains(&own.as_str())).map(|(found, _)| *found);
    caption(text).or_else(of_form)
}

/// The meaning of a text of which all words are captions.
fn whole(text: &str) -> Option<Caption> {
    let tokens: Vec<String> = plain(text).split(' ').filter(|token| !token.is_empty()).map(str::to_owned).collect();
    let (caption, used) = leading(&tokens)?;
    (used == tokens.len()).then_some(caption)
}

/// The caption at the beginning of words in plain letters, in all of its languages, and its number of words.
fn leading(tokens: &[String]) -> Option<(Caption, usize)> {
    let tokens = &tokens[..tokens.len().min(MAX_WORDS)];
    // Some documents number their captions: `3. Surname`.
    let numbered = tokens.first().is_some_and(|first| first.len() <= 2 && first.bytes().all(|b| b.is_ascii_digit()));
    let mut at = usize::from(numbered && tokens.len() > 1);
    let mut found: Vec<Caption> = Vec::new();
    let mut end = 0;
    while at < tokens.len() {
        if let Some((caption, length)) = phrase(&tokens[at..]) {
            found.push(caption);
            at += length;
            end = at;
        } else if !found.is_empty() && tokens[at].len() <= 2 && phrase(&tokens[at + 1..]).is_some() {
            // The separator between two languages was read as a letter.
            at += 1;
        } else {
            break;
        }
    }
    // `Name / Surname / Nom` is the surname: the most specific word decides.
    let rank = |caption: &Caption| match caption {
        Caption::Of(FieldName::FullName) => 1,
        Caption::Of(_) => 2,
        Caption::Part(_) | Caption::Other => 0,
    };
    let top = found.iter().map(rank).max()?;
    let mut best: Option<(usize, Caption)> = None;
    for caption in found.iter().filter(|caption| rank(caption) == top) {
        let votes = found.iter().filter(|other| *other == caption).count();
        if best.is_none_or(|(most, _)| votes > most) {
            best = Some((votes, *caption));
        }
    }
    best.map(|(_, caption)| (caption, end))
}

/// The longest phrase at the beginning of these words.
fn phrase(tokens: &[String]) -> Option<(Caption, usize)> {
    (1..=MAX_PHRASE_WORDS.min(tokens.len())).rev().find_map(|length| {
        let text = tokens[..length].join(" ");
        let exact = CAPTIONS.iter().find(|(_, phrases)| phrases.contains(&text.as_str()));
        let near = || CAPTIONS.iter().find(|(_, phrases)| phrases.iter().any(|phrase| alike(phrase, &text)));
        exact.or_else(near).map(|(caption, _)| (*caption, length))
    })
}

/// Whether a text is a phrase with at most a few misread letters. Figures begin a value.
fn alike(phrase: &str, part: &str) -> bool {
    if part.split(' ').any(|token| token.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    let (short, long) = (phrase.len().min(part.len()) as f64, phrase.len().max(part.len()) as f64);
    // Comparing lengths first avoids an expensive comparison with a very long text.
    phrase.len() >= 6
        && short >= long * MIN_SIMILARITY
        && strsim::normalized_levenshtein(phrase, part) >= MIN_SIMILARITY
}

/// A caption's value: the words after its colon, or else those below it, or else those to its right.
pub(crate) struct Value {
    pub caption: Caption,
    pub text: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// The words of the value.
    pub words: Vec<Word>,
}

impl Value {
    fn of(caption: Caption, segment: &Segment) -> Self {
        Self { caption, text: segment.text(), confidence: segment.confidence(), words: segment.words.clone() }
    }
}

/// All values that have captions, on a letter or a form. If the value may be below or to the right, both are returned,
/// the more likely one first. No caption is a value.
pub(crate) fn values(segments: &[Segment]) -> Vec<Value> {
    let captions: Vec<Option<Caption>> = segments.iter().map(|segment| form_caption(&segment.text())).collect();
    // A segment with its own caption before a colon is not the value of another caption.
    let own: Vec<Option<Value>> = segments.iter().map(after_colon).collect();
    let columns = columns_of(segments, &captions);
    let labels = labels(segments, &captions, &columns);
    let taken: Vec<Option<Caption>> = (0..segments.len())
        .map(|i| {
            let own = own[i].as_ref().map(|own| own.caption);
            captions[i].or(own).or(labels[i].then_some(Caption::Other))
        })
        .collect();
    let mut all: Vec<(usize, Option<Value>, Option<Value>)> = Vec::new();
    for (i, own) in own.into_iter().enumerate() {
        match (captions[i], own) {
            (_, Some(value)) => all.push((i, Some(value), None)),
            (Some(caption @ (Caption::Of(_) | Caption::Part(_))), _) => {
                let (below, beside) = around(segments, &taken, i, caption);
                let far = || across(segments, &columns, i, |j| taken[*j].is_none());
                let beside = beside.or_else(|| far().map(|j| Value::of(caption, &segments[j])));
                all.push((i, below, beside));
            }
            _ => {}
        }
    }
    // Forms have their values either below or beside. Dates, and the colon after a caption, decide which.
    let dated = |value: &Option<Value>| {
        value.as_ref().is_some_and(|value| {
            matches!(value.caption, Caption::Of(name) if name.is_date()) && dates::find(&value.text).is_some()
        })
    };
    let beside_dates = all.iter().filter(|(_, _, beside)| dated(beside)).count();
    let beside_first = beside_dates > all.iter().filter(|(_, below, _)| dated(below)).count();
    let order = |(i, below, beside): (usize, Option<Value>, Option<Value>)| {
        if beside_first || segments[i].text().ends_with(':') { [beside, below] } else { [below, beside] }
    };
    all.into_iter().flat_map(order).flatten().collect()
}

/// The least number of known captions that make a column of captions.
const COLUMN: usize = 2;

/// The left edges of captions and of the values beside them, one pair for each known caption that has one.
fn columns_of(segments: &[Segment], captions: &[Option<Caption>]) -> Vec<(f32, f32)> {
    let free = |j: &usize| captions[*j].is_none();
    let known = (0..segments.len()).filter(|i| captions[*i].is_some());
    known.filter_map(|i| Some((segments[i].left(), segments[beside(segments, i, free)?].left()))).collect()
}

/// The value of a caption in a column of captions, in the column of their values, however far that is.
fn across(segments: &[Segment], columns: &[(f32, f32)], i: usize, free: impl Fn(&usize) -> bool) -> Option<usize> {
    let height = segments[i].height();
    let near = |a: f32, b: f32| (a - b).abs() < height;
    let level = |j: &usize| (segments[*j].bottom() - segments[i].bottom()).abs() < height * 0.6;
    (0..segments.len()).filter(free).filter(level).find(|j| {
        let of_both =
            |(left, value): &&(f32, f32)| near(*left, segments[i].left()) && near(*value, segments[*j].left());
        columns.iter().filter(of_both).count() >= COLUMN
    })
}

/// Which segments are captions by their place or their colon, though their words are not known.
///
/// A form has its captions in one column and the values in another. Where known captions have values beside them at one
/// left edge, the other texts in the captions' column with something at that edge are captions as well.
fn labels(segments: &[Segment], captions: &[Option<Caption>], columns: &[(f32, f32)]) -> Vec<bool> {
    let label = |i: usize| {
        let text = segments[i].text();
        let ends = text.ends_with(':') && text.chars().any(char::is_alphabetic);
        let free = |j: &usize| *j != i && captions[*j].is_none();
        captions[i].is_none() && (ends || (columns.len() >= COLUMN && across(segments, columns, i, free).is_some()))
    };
    (0..segments.len()).map(label).collect()
}

/// All values that have captions, on a card or a passport's page. There a caption and its value may share a line, and a
/// line may cross several columns.
pub(crate) fn values_of_card(segments: &[Segment], fits: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut parted: Vec<Segment> = Vec::new();
    for segment in segments {
        match part(segment) {
            Some((Caption::Of(_), [before, rest])) if !is_bare(&before) => parted.extend([before, rest]),
            _ => parted.push(segment.clone()),
        }
    }
    let segments = columns(parted);
    let of = |segment: &Segment| caption(&segment.text()).filter(|_| !is_bare(segment));
    let captions: Vec<Option<Caption>> = segments.iter().map(of).collect();
    let mut all = Vec::new();
    for (i, found) in captions.iter().enumerate() {
        match (found, after_colon(&segments[i])) {
            (_, Some(value)) => all.push((Some(value), None)),
            (Some(caption @ Caption::Of(_)), _) => all.push(around(&segments, &captions, i, *caption)),
            _ => {}
        }
    }
    // A layout has its values either below or beside. Fields with a recognisable form, like dates, decide which.
    let telling = |value: &Option<Value>| {
        value.as_ref().is_some_and(|value| {
            let telling = matches!(value.caption, Caption::Of(name) if name.is_date() || name == FieldName::Sex);
            telling && fits(value)
        })
    };
    let (below, beside) =
        (all.iter().filter(|(below, _)| telling(below)), all.iter().filter(|(_, beside)| telling(beside)));
    let beside_first = beside.count() > below.count();
    let order =
        |(below, beside): (Option<Value>, Option<Value>)| if beside_first { [beside, below] } else { [below, beside] };
    all.into_iter().flat_map(order).flatten().collect()
}

/// The values below a caption and beside it.
fn around(
    segments: &[Segment],
    captions: &[Option<Caption>],
    i: usize,
    caption: Caption,
) -> (Option<Value>, Option<Value>) {
    let free = |j: &usize| captions[*j].is_none() && *j != i;
    let take = |j: usize| match caption {
        Caption::Of(FieldName::Address) | Caption::Part(AddressPart::Street) => lines(segments, caption, j, free),
        _ => Value::of(caption, &segments[j]),
    };
    (below(segments, i, free).map(take), beside(segments, i, free).map(take))
}

/// The caption before a segment's colon, with the text behind it.
fn after_colon(segment: &Segment) -> Option<Value> {
    let text = segment.text();
    let (before, after) = text.split_once(':')?;
    let caption = form_caption(before)?;
    let tokens: Vec<String> = plain(after).split(' ').map(str::to_owned).collect();
    // The separator between two languages was read as a colon.
    let again = leading(&tokens).is_some_and(|(other, _)| other == caption);
    if after.trim().is_empty() || again {
        return None;
    }
    let colon = segment.words.iter().position(|word| word.text.contains(':')).unwrap_or(0);
    let alone = segment.words.get(colon).is_none_or(|word| word.text.ends_with(':'));
    let words = segment.words.iter().skip(colon + usize::from(alone)).cloned().collect();
    Some(Value { caption, text: after.trim().to_owned(), confidence: segment.confidence(), words })
}

/// Whether a card's caption does not say which date it announces.
fn is_bare(segment: &Segment) -> bool {
    BARE_DATES.contains(&plain(&segment.text()).as_str())
}

/// Splits segments of a letter that consist of a caption and a date close beside it.
pub(crate) fn split_captions(segments: &[Segment]) -> Vec<Segment> {
    let dated = |segment: &Segment| match part(segment) {
        Some((_, parts)) if !segment.text().contains(':') && dates::find(&parts[1].text()).is_some() => parts.into(),
        _ => vec![segment.clone()],
    };
    segments.iter().flat_map(dated).collect()
}

/// The meaning of a segment that begins with a caption, and its two parts.
fn part(segment: &Segment) -> Option<(Caption, [Segment; 2])> {
    // Each word in plain letters, with the index of its word in the segment.
    let mut tokens: Vec<(String, usize)> = Vec::new();
    for (i, word) in segment.words.iter().take(MAX_WORDS).enumerate() {
        let plain = plain(&word.text);
        tokens.extend(plain.split(' ').filter(|token| !token.is_empty()).map(|token| (token.to_owned(), i)));
    }
    let texts: Vec<String> = tokens.iter().map(|(text, _)| text.clone()).collect();
    // A speck before a caption may be read as a letter.
    let start = usize::from(leading(&texts).is_none() && texts.first().is_some_and(|first| first.len() <= 1));
    let (announced, used) = leading(&texts[start..])?;
    let (_, next) = tokens.get(start + used)?;
    let caption = Segment { words: segment.words[..*next].to_vec() };
    let letters = caption.text().chars().filter(|c| c.is_alphabetic()).count();
    // A separator between two captions is no value. A short word that is a caption elsewhere may be a name here.
    let rest = Segment { words: segment.words[*next..].to_vec() };
    let is_value = rest.text().chars().any(char::is_alphanumeric);
    (*next > 0 && letters >= 3 && is_value).then_some((announced, [caption, rest]))
}

/// Splits segments that cross several columns at the left edges of the captions above.
fn columns(segments: Vec<Segment>) -> Vec<Segment> {
    let captions: Vec<(f32, f32, f32)> = segments
        .iter()
        .filter(|segment| caption(&segment.text()).is_some())
        .map(|segment| (segment.left(), segment.bottom(), segment.height()))
        .collect();
    let mut parted = Vec::with_capacity(segments.len());
    for mut segment in segments {
        let starts = |word: &Word| {
            captions.iter().any(|(left, bottom, height)| {
                let drop = word.top - bottom;
                (word.left - left).abs() < height * 0.8 && drop > -height * 0.5 && drop < height * 2.8
            })
        };
        // The gap must be wider than a word space, because a caption may be above by chance.
        let wide = 0.7 * segment.height();
        let apart = |words: &[Word], i: usize| words[i].left - words[i - 1].right > wide;
        while let Some(at) =
            (1..segment.words.len()).rev().find(|i| apart(&segment.words, *i) && starts(&segment.words[*i]))
        {
            parted.push(Segment { words: segment.words.split_off(at) });
        }
        parted.push(segment);
    }
    parted.sort_by(|a, b| a.top().total_cmp(&b.top()));
    parted
}

/// An address, from its first line down to a change of left edge or spacing, or to a caption.
fn lines(segments: &[Segment], caption: Caption, first: usize, free: impl Fn(&usize) -> bool) -> Value {
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
    Value { caption, text, confidence, words }
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
    // A colon announces a value, however wide the column of captions is.
    let reach = if caption.words.last().is_some_and(|word| word.text.ends_with(':')) { 40.0 } else { 14.0 };
    (0..segments.len())
        .filter(free)
        .filter_map(|j| {
            let other = &segments[j];
            let gap = other.left() - caption.right();
            let level = (other.bottom() - caption.bottom()).abs() < height * 0.6;
            (level && gap > -height && gap < height * reach).then_some((gap, j))
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

    /// A segment of words with the gaps that print has.
    fn line(text: &str, left: f32, top: f32) -> Segment {
        let mut words: Vec<Word> = Vec::new();
        for word in text.split(' ') {
            let left = words.last().map_or(left, |last| last.right + 4.0);
            words.extend(segment(word, left, top).words);
        }
        Segment { words }
    }

    fn texts(values: Vec<Value>) -> Vec<(Caption, String)> {
        values.into_iter().map(|value| (value.caption, value.text)).collect()
    }

    #[test]
    fn dates_are_split_from_captions() {
        let issued = Caption::Of(FieldName::IssueDate);
        let colon = [line("Date d'émission: 29/10/2025", 0.0, 0.0)];
        assert_eq!(texts(values(&colon)), [(issued, "29/10/2025".to_owned())]);
        let due = [
            line("Établi le", 0.0, 0.0),
            line("02.10.2026", 150.0, 0.0),
            line("Date limite de paiement 16.10.2026", 0.0, 16.0),
        ];
        assert_eq!(texts(values(&split_captions(&due))), [(issued, "02.10.2026".to_owned())]);
        let card = [line("Date of issue/Date de délivrance 06 SEP 2022", 0.0, 0.0)];
        assert_eq!(texts(values_of_card(&card, |_| true)), [(issued, "06 SEP 2022".to_owned())]);
    }

    #[test]
    fn bare_date_caption_on_a_card_is_ignored() {
        let card = [line("Date 26 JUL 2028", 150.0, 0.0), line("Date d'expiration", 0.0, 0.0)];
        let found = texts(values_of_card(&card, |_| true));
        assert_eq!(found, [(Caption::Of(FieldName::ExpiryDate), "Date 26 JUL 2028".to_owned())]);
    }

    #[test]
    fn colon_between_two_languages_does_not_start_a_value() {
        let found = texts(values_of_card(&[line("Data di rilascio : Date of issue 2018-11-28", 0.0, 0.0)], |_| true));
        assert_eq!(found, [(Caption::Of(FieldName::IssueDate), "2018-11-28".to_owned())]);
    }

    #[test]
    fn values_are_found_below_beside_or_after_a_colon() {
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
    fn date_beside_its_caption_is_not_taken_by_the_caption_above() {
        let line = |texts: &[&str], left: f32, top: f32| {
            let mut words = Vec::new();
            let mut at = left;
            for text in texts {
                let one = segment(text, at, top).words.remove(0);
                at = one.right + 4.0;
                words.push(one);
            }
            Segment { words }
        };
        let segments = [
            line(&["Établi", "le"], 0.0, 0.0),
            line(&["02.10.2026"], 180.0, 0.0),
            line(&["Date", "limite", "de", "paiement", "16.10.2026"], 0.0, 20.0),
        ];
        let issued = |segments: &[Segment]| -> Vec<String> {
            values(&split_captions(segments))
                .into_iter()
                .filter(|value| value.caption == Caption::Of(FieldName::IssueDate))
                .map(|value| value.text)
                .collect()
        };
        assert_eq!(issued(&segments), ["02.10.2026"]);
        let below = line(&["Forfallsdato:", "19.10.2026"], 0.0, 20.0);
        assert_eq!(issued(&[line(&["Vår", "dato:", "05.10.2026"], 0.0, 0.0), below.clone()]), ["05.10.2026"]);
        assert_eq!(issued(&[line(&["Vår", "dato"], 0.0, 0.0), below]), [""; 0]);
    }

    #[test]
    fn captions_are_recognised_in_every_language() {
        let is = |text: &str| caption(text);
        assert_eq!(is("Etternavn / Surname / Nom"), Some(Caption::Of(FieldName::FamilyName)));
        assert_eq!(is("Feadselsdato / Date of birth"), Some(Caption::Of(FieldName::DateOfBirth)));
        assert_eq!(is("Utlgper / Date of expiry"), Some(Caption::Of(FieldName::ExpiryDate)));
        assert_eq!(is("Fedested / Place of birth"), Some(Caption::Other));
        assert_eq!(is("Pass nr. / Passport No."), Some(Caption::Of(FieldName::DocumentNumber)));
        assert_eq!(is("Due date"), Some(Caption::Other));
        assert_eq!(is("BRANDVOLD"), None);
        assert_eq!(is("Fecha de factura: 03/09/2026"), None);
        assert_eq!(is("Fecha de factvra / Data"), Some(Caption::Of(FieldName::IssueDate)));
        assert_eq!(is("Storgata 14"), None);
        assert_eq!(is("—"), None);
    }
}
