//! Fields of proofs of address: addressee, date of issue and issuer.

mod lines;
mod postal;

use std::collections::BTreeMap;

use domain::document::{Field, FieldName, FieldSource};
use jiff::civil::Date;

use super::captions::{Caption, caption, split_captions, values};
use super::geometry::PageStack;
use super::identity::{clean, person};
use super::{Segment, Word, dates, plain, segments};
use lines::{
    TITLES, is_annex, is_company, is_country, is_street, looks_lone, looks_personal, sender, spelt, tidy, titled,
    without_title,
};
use postal::is_postal;

/// Maximum confidence of OCR of a bill, which has no check digits and no second source.
const MAX_CONFIDENCE_OCR: f64 = 0.9;
/// Maximum gap between words of one line, as a multiple of their height. Fixed-width print has such gaps between a full
/// stop and a capital.
const GAP: f32 = 1.5;
/// Maximum confidence of a text layer: its letters are exact, but their meaning may be mistaken.
const MAX_CONFIDENCE_TEXT_LAYER: f64 = 0.95;

/// The fields of a bill, statement or letter.
pub(crate) fn fields(
    words: &[Word],
    source: FieldSource,
    today: Date,
    stack: &PageStack,
) -> BTreeMap<FieldName, Field> {
    let segments = segments(words, GAP);
    let mut fields = BTreeMap::new();
    // Of equal blocks the one that begins first wins, because it has the most lines.
    let mut block: Option<Block<'_>> = None;
    for next in blocks(&segments) {
        if block.as_ref().is_none_or(|best| next.worth > best.worth + 0.01) {
            block = Some(next);
        }
    }
    let block = block.filter(|block| block.worth >= 2.0);
    let surest = if source == FieldSource::TextLayer { MAX_CONFIDENCE_TEXT_LAYER } else { MAX_CONFIDENCE_OCR };
    if let Some(block) = &block {
        let confidence = |lines: &[&Segment]| {
            let sum: f64 = lines.iter().map(|line| line.confidence()).sum();
            // An incomplete address block has less confidence, however well its letters were read.
            let shape = if block.worth >= 3.0 { surest } else { 0.75 };
            (sum / lines.len().max(1) as f64).min(shape)
        };
        if let Some(name) = &block.name {
            let region = stack.region(&block.lines[0].words);
            fields.insert(FieldName::FullName, Field::read(name, confidence(&block.lines[..1]), source).at(region));
        }
        let lines = &block.lines[usize::from(block.name.is_some())..];
        let address = lines.iter().map(|line| spelt(&tidy(&line.text()))).collect::<Vec<_>>().join(", ");
        let region = stack.region(lines.iter().flat_map(|line| &line.words));
        fields.insert(FieldName::Address, Field::read(address, confidence(lines), source).at(region));
    }
    let parted = split_captions(&segments);
    for value in values(&parted) {
        let Caption::Of(name @ (FieldName::FullName | FieldName::Address | FieldName::IssueDate | FieldName::Issuer)) =
            value.caption
        else {
            continue;
        };
        if let Some((text, sure)) = clean(name, &value.text) {
            let confidence = if sure { value.confidence.min(surest) } else { value.confidence.min(0.6) };
            let read = || Field::read(text, confidence, source).at(stack.region(&value.words));
            fields.entry(name).or_insert_with(read);
        }
    }
    if !fields.contains_key(&FieldName::IssueDate)
        && let Some((date, segment)) = likely_issue(&parted, today)
    {
        let confidence = segment.confidence().min(0.6);
        let read = Field::read(date.to_string(), confidence, source).at(stack.region(&segment.words));
        fields.insert(FieldName::IssueDate, read);
    }
    if !fields.contains_key(&FieldName::Issuer)
        && let Some((segment, sure)) = issuer(&segments, block.as_ref())
    {
        let read = Field::read(sender(&segment.text()), segment.confidence().min(sure).min(surest), source);
        fields.insert(FieldName::Issuer, read.at(stack.region(&segment.words)));
    }
    fields
}

/// Lines below each other with the same left edge, and how much they look like a person's address.
struct Block<'a> {
    lines: Vec<&'a Segment>,
    name: Option<String>,
    worth: f64,
}

fn blocks(segments: &[Segment]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    for first in segments {
        let mut lines = vec![first];
        while let Some(next) = following(segments, lines[lines.len() - 1])
            && lines.len() < 8
        {
            lines.push(next);
        }
        blocks.extend(block(&lines));
    }
    blocks
}

/// The next line below with the same left edge and height of letters.
fn following<'a>(segments: &'a [Segment], line: &Segment) -> Option<&'a Segment> {
    let height = line.usual_height();
    segments
        .iter()
        .filter(|other| {
            let drop = other.top() - line.top();
            let ratio = other.usual_height() / height;
            (other.left() - line.left()).abs() < height * 0.9
                && drop > height * 0.8
                && drop < height * 3.0
                && (0.6..=1.6).contains(&ratio)
        })
        .min_by(|a, b| a.top().total_cmp(&b.top()))
}

/// The part of these lines that is a name and an address.
fn block<'a>(lines: &[&'a Segment]) -> Option<Block<'a>> {
    let lines = match lines {
        [title, rest @ ..] if TITLES.contains(&plain(&title.text()).as_str()) => rest,
        lines => lines,
    };
    let postal = lines.iter().position(|line| is_postal(&line.text()))?;
    // A country may follow below the town: letters only.
    let end = match lines.get(postal + 1) {
        Some(line) if is_country(&line.text()) => postal + 2,
        _ => postal + 1,
    };
    let text = lines[0].text();
    // A single name is recognised by the address below it only.
    let street_at = |i: usize| i < postal && is_street(&spelt(&lines[i].text()));
    let housed = || street_at(1) || (postal >= 2 && is_annex(&spelt(&lines[1].text())) && street_at(2));
    let whole = person(without_title(&text)).filter(|name| looks_personal(name));
    // A title before a single name makes it two words.
    let whole = whole.filter(|_| titled(&text).is_none_or(|name| name.contains(' ') || !housed()));
    let lone = || person(titled(&text).unwrap_or(&text)).filter(|name| looks_lone(name) && housed());
    let sure = whole.is_some();
    let name = whole.or_else(lone);
    let address = &lines[usize::from(name.is_some())..end.max(1)];
    if address.is_empty() || postal > 5 || address.iter().any(|line| caption(&line.text()).is_some()) {
        return None;
    }
    let street = lines[..postal].iter().any(|line| is_street(&line.text()));
    let worth = match (&name, sure) {
        (Some(_), true) => 1.5,
        (Some(_), false) => 0.7,
        (None, _) => 0.0,
    } + f64::from(u8::from(street))
        + f64::from(u8::from(postal > 0)) * 0.5
        + 0.5
        + f64::from(u8::from(end > postal + 1)) * 0.2;
    Some(Block { lines: lines[..end].to_vec(), name, worth })
}

/// The latest date that is not in the future and has no other caption. A due date is later, and a period begins
/// earlier.
fn likely_issue(segments: &[Segment], today: Date) -> Option<(Date, &Segment)> {
    segments
        .iter()
        .filter(|segment| {
            !segment.text().contains(':') || caption(segment.text().split(':').next().unwrap_or("")).is_none()
        })
        .filter(|segment| !announced_otherwise(segments, segment))
        .filter_map(|segment| dates::find(&segment.text()).map(|found| (found.date, segment)))
        .filter(|(date, _)| *date <= today)
        .max_by_key(|(date, _)| *date)
}

/// Whether the nearest caption to the left or above announces another value.
fn announced_otherwise(segments: &[Segment], value: &Segment) -> bool {
    let height = value.height();
    let nearest = segments
        .iter()
        .filter_map(|other| {
            let (gap, drop) = (value.left() - other.right(), value.top() - other.bottom());
            let beside = (other.bottom() - value.bottom()).abs() < height * 0.6 && gap > 0.0 && gap < height * 14.0;
            let above =
                drop > -height * 0.5 && drop < height * 2.5 && (other.left() - value.left()).abs() < height * 2.0;
            let found = caption(&other.text()).filter(|_| beside || above)?;
            Some((if beside { gap } else { drop.max(0.0) }, found))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0));
    matches!(nearest, Some((_, Caption::Other)))
}

/// The issuer and its confidence: the topmost large line, preferably with the name of a company.
fn issuer<'a>(segments: &'a [Segment], block: Option<&Block<'_>>) -> Option<(&'a Segment, f64)> {
    let bottom = segments.iter().map(Segment::bottom).fold(0.0, f32::max);
    let within = |segment: &&Segment| {
        let text = segment.text();
        let in_block = block.is_some_and(|block| block.lines.iter().any(|line| line.top() == segment.top()));
        segment.top() < bottom * 0.35
            && text.chars().filter(|c| c.is_alphabetic()).count() >= 3
            && caption(&text).is_none()
            && !text.contains(':')
            && !in_block
    };
    let uppermost = |all: Vec<&'a Segment>| {
        let largest = all.iter().map(|segment| segment.height()).fold(0.0, f32::max);
        // Descenders make a line seem larger.
        let mut large = all.into_iter().filter(|segment| segment.height() >= largest * 0.8);
        large.next()
    };
    let company = uppermost(segments.iter().filter(within).filter(|segment| is_company(&segment.text())).collect());
    let chosen = company.or_else(|| uppermost(segments.iter().filter(within).collect()))?;
    let sure = if company.is_some() { 1.0 } else { 0.7 };
    Some((chosen, sure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(rows: &[(f32, f32, &str)]) -> BTreeMap<FieldName, String> {
        let mut words = Vec::new();
        for (x, y, row) in rows {
            let mut left = *x;
            for text in row.split_whitespace() {
                let right = left + 7.0 * text.chars().count() as f32;
                words.push(Word { text: text.into(), confidence: 0.95, left, top: *y, right, bottom: y + 12.0 });
                left = right + 5.0;
            }
        }
        let page = super::super::PageText { words: words.clone(), width: 800.0, height: 1000.0 };
        let today = Date::constant(2026, 11, 21);
        let fields = super::super::fields_in(
            domain::document::DocumentKind::ProofOfAddress,
            &[page],
            FieldSource::TextLayer,
            today,
        );
        fields.into_iter().map(|(name, field)| (name, field.value)).collect()
    }

    #[test]
    fn text_around_an_address_is_excluded() {
        let fields = letter(&[
            (0.0, 0.0, "Volksbank Ahornstadt eG"),
            (0.0, 100.0, "Frau"),
            (0.0, 118.0, "Charlotte Patel"),
            (0.0, 136.0, "Hinterhaus"),
            (0.0, 154.0, "Am Mühlbach 67a"),
            (0.0, 172.0, "37073 Göttingen"),
            (400.0, 100.0, "Fällig am"),
            (500.0, 100.0, "01.11.2026"),
            (400.0, 118.0, "Rechnungsdatum"),
            (520.0, 118.0, "15.10.2026"),
            (0.0, 300.0, "Kontoauszug"),
        ]);
        assert_eq!(fields[&FieldName::FullName], "Charlotte Patel");
        assert_eq!(fields[&FieldName::Address], "Hinterhaus, Am Mühlbach 67a, 37073 Göttingen");
        assert_eq!(fields[&FieldName::IssueDate], "2026-10-15");
        assert_eq!(fields[&FieldName::Issuer], "Volksbank Ahornstadt eG");
    }

    #[test]
    fn single_name_with_house_name_is_read() {
        let fields = letter(&[
            (0.0, 100.0, "Wulandari"),
            (0.0, 118.0, "Rose Cottage"),
            (0.0, 136.0, "49 St Mary's Road"),
            (0.0, 154.0, "Edinburgh"),
            (0.0, 172.0, "EH3 9QN"),
        ]);
        let titled = letter(&[
            (0.0, 100.0, "Mme Wulandari"),
            (0.0, 118.0, "Apt5"),
            (0.0, 136.0, "12 Main Street"),
            (0.0, 154.0, "Dublin 1"),
            (0.0, 172.0, "D01 F5P2"),
        ]);
        assert_eq!(titled[&FieldName::FullName], "Wulandari");
        assert_eq!(titled[&FieldName::Address], "Apt 5, 12 Main Street, Dublin 1, D01 F5P2");
        assert_eq!(fields[&FieldName::FullName], "Wulandari");
        assert_eq!(fields[&FieldName::Address], "Rose Cottage, 49 St Mary's Road, Edinburgh, EH3 9QN");
    }

    #[test]
    fn raised_letter_does_not_end_an_address() {
        let word = |text: &str, left: f32, top: f32, bottom: f32| Word {
            text: text.into(),
            confidence: 0.95,
            left,
            top,
            right: left + 10.0 * text.chars().count() as f32,
            bottom,
        };
        let words = [
            word("Elsa", 0.0, 100.0, 122.0),
            word("Lindqvist", 50.0, 100.0, 122.0),
            word("C/", 0.0, 140.0, 162.0),
            word("Peñón", 30.0, 140.0, 162.0),
            word("24", 90.0, 140.0, 162.0),
            word("3°", 0.0, 180.0, 202.0),
            // The box of the raised letter reaches into the line below.
            word("B", 28.0, 176.0, 214.0),
            word("15003", 0.0, 220.0, 242.0),
            word("Toledo", 60.0, 220.0, 242.0),
        ];
        let fields = fields(&words, FieldSource::TextLayer, Date::constant(2026, 11, 21), &PageStack::default());
        assert_eq!(fields[&FieldName::Address].value, "C/ Peñón 24, 3º B, 15003 Toledo");
    }
}
