//! Fields of proofs of address: addressee, date of issue and issuer.

mod lines;
mod postal;
mod town;

use std::collections::BTreeMap;

use domain::country::DateOrder;
use domain::document::{Field, FieldName, FieldSource};
use jiff::civil::Date;

use super::captions::{AddressPart, Caption, Value, caption, form_caption, split_captions, values};
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
    let order = block.as_ref().map_or(DateOrder::Either, |block| {
        let lines: Vec<String> = block.lines.iter().map(|line| line.text()).collect();
        town::order_of_dates(lines.iter().map(String::as_str))
    });
    let surest = if source == FieldSource::TextLayer { MAX_CONFIDENCE_TEXT_LAYER } else { MAX_CONFIDENCE_OCR };
    if let Some(block) = &block {
        // An incomplete address block has less confidence, however well its letters were read.
        let shape = |complete: bool| if complete { surest } else { INCOMPLETE };
        let confidence = |lines: &[&Segment], complete: bool| {
            let sum: f64 = lines.iter().map(|line| line.confidence()).sum();
            (sum / lines.len().max(1) as f64).min(shape(complete))
        };
        if let Some(name) = &block.name {
            let region = stack.region(&block.lines[0].words);
            let sure = confidence(&block.lines[..1], block.is_named);
            fields.insert(FieldName::FullName, Field::read(name, sure, source).at(region));
        }
        let lines = &block.lines[usize::from(block.name.is_some())..];
        let address = lines.iter().map(|line| spelt(&tidy(&line.text()))).collect::<Vec<_>>().join(", ");
        let region = stack.region(lines.iter().flat_map(|line| &line.words));
        fields.insert(FieldName::Address, Field::read(address, confidence(lines, block.complete), source).at(region));
    }
    let parted = split_captions(&segments);
    let captioned = values(&parted);
    if !fields.contains_key(&FieldName::Address)
        && let Some((address, words)) = assembled(&captioned)
    {
        let confidence = words.iter().map(|word| word.confidence).sum::<f64>() / words.len().max(1) as f64;
        let read = Field::read(address, confidence.min(surest), source).at(stack.region(&words));
        fields.insert(FieldName::Address, read);
    }
    for value in captioned {
        let Caption::Of(name @ (FieldName::FullName | FieldName::Address | FieldName::IssueDate | FieldName::Issuer)) =
            value.caption
        else {
            continue;
        };
        let read = if name.is_date() {
            dates::find_in(&value.text, order).map(|found| (found.date.to_string(), found.sure))
        } else {
            clean(name, &value.text)
        };
        if let Some((text, sure)) = read {
            let confidence = if sure { value.confidence.min(surest) } else { value.confidence.min(0.6) };
            // A street alone is no whole address.
            let whole = name != FieldName::Address || value.text.split(", ").any(is_town);
            let confidence = if whole { confidence } else { confidence.min(INCOMPLETE) };
            let read = || Field::read(text, confidence, source).at(stack.region(&value.words));
            fields.entry(name).or_insert_with(read);
        }
    }
    if !fields.contains_key(&FieldName::IssueDate)
        && let Some((date, segment)) = likely_issue(&parted, order, today)
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

/// The worth of an address block whose town has no telling code: less than of any other block with a name and a town.
const FOREIGN: f64 = 2.4;

/// Maximum confidence of an address of which a part is missing: the applicant is asked.
const INCOMPLETE: f64 = 0.75;

/// Whether a line has a town with its postal code.
fn is_town(line: &str) -> bool {
    is_postal(line) || town::has_code(line)
}

/// The address of a form that asks for its parts one by one, with the words of all parts; `None` without a street and a
/// town.
fn assembled(values: &[Value]) -> Option<(String, Vec<Word>)> {
    let part = |wanted: AddressPart| {
        values.iter().find(|value| value.caption == Caption::Part(wanted) && form_caption(&value.text).is_none())
    };
    let whole = values.iter().find(|value| value.caption == Caption::Of(FieldName::Address));
    let street = part(AddressPart::Street).or(whole)?;
    let (code, town) = (part(AddressPart::PostalCode), part(AddressPart::Town)?);
    let text = |value: &Value| spelt(&tidy(&value.text));
    // A street that has the town already is the whole address.
    if street.text.split(", ").any(is_town) {
        return None;
    }
    let place = match code {
        Some(code) if !town.text.contains(code.text.trim()) => format!("{} {}", text(code), text(town)),
        _ => text(town),
    };
    let country = part(AddressPart::Country);
    let lines: Vec<String> = [Some(text(street)), Some(place), country.map(text)].into_iter().flatten().collect();
    let used = [Some(street), code, Some(town), country].into_iter().flatten();
    Some((lines.join(", "), used.flat_map(|value| value.words.clone()).collect()))
}

/// Lines below each other with the same left edge, and how much they look like a person's address.
struct Block<'a> {
    lines: Vec<&'a Segment>,
    name: Option<String>,
    worth: f64,
    /// Whether the name is surely one, whatever is missing below it.
    is_named: bool,
    /// Whether no part is missing, as far as can be seen.
    complete: bool,
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
        blocks.extend(block(&lines).or_else(|| foreign_block(&lines)));
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
    let postal = lines.iter().position(|line| {
        let text = line.text();
        is_postal(&text) || town::has_telling_code(&text)
    })?;
    // A region and a country may follow below the town: letters only.
    let names_country = |at: usize| lines.get(at).is_some_and(|line| town::country_named(&line.text()).is_some());
    let end = match lines.get(postal + 1) {
        Some(line) if is_country(&line.text()) && names_country(postal + 2) => postal + 3,
        Some(line) if is_country(&line.text()) || names_country(postal + 1) => postal + 2,
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
    if address.is_empty() || postal > 5 || address.iter().any(|line| form_caption(&line.text()).is_some()) {
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
    Some(Block { lines: lines[..end].to_vec(), name, worth, is_named: worth >= 3.0, complete: worth >= 3.0 })
}

/// A name and an address whose town has no telling code: the lines below a person's name, evenly spaced, with a street
/// and a town in the format of some country.
fn foreign_block<'a>(lines: &[&'a Segment]) -> Option<Block<'a>> {
    let lines = match lines {
        [title, rest @ ..] if TITLES.contains(&plain(&title.text()).as_str()) => rest,
        lines => lines,
    };
    let text = lines.first()?.text();
    let name = person(without_title(&text)).filter(|name| looks_personal(name))?;
    let texts: Vec<String> = lines.iter().map(|line| spelt(&tidy(&line.text()))).collect();
    let fits = (1..lines.len()).take_while(|i| town::fits_block(&lines[*i].text()) && evenly_spaced(lines, *i)).count();
    let (lines, texts) = (&lines[..=fits], &texts[1..=fits]);
    let street = texts.iter().position(|text| is_street(text))?;
    let country = texts.last().and_then(|text| town::country_named(text));
    let within = &texts[..texts.len() - usize::from(country.is_some())];
    let places = within.iter().enumerate().filter(|(i, text)| *i != street && town::may_be_place(text));
    let all_fit = within.iter().all(|text| is_street(text) || is_annex(text) || town::may_be_place(text));
    // A country alone may be the whole place: Monaco, Singapore.
    if (places.count() == 0 && country.is_none()) || !all_fit || texts.len() > 6 {
        return None;
    }
    let coded = texts.iter().enumerate().any(|(i, text)| i != street && town::has_code(text));
    // Without a code the address is complete only where there are no codes.
    let complete = coded || country.is_some_and(|country| country.postal_code_forms().is_empty());
    Some(Block { lines: lines.to_vec(), name: Some(name), worth: FOREIGN, is_named: true, complete })
}

/// Whether a line is no farther below the line before than the second line is below the first. Ascenders and descenders
/// move one edge of a line, but not both.
fn evenly_spaced(lines: &[&Segment], i: usize) -> bool {
    let drops = |i: usize| [lines[i].top() - lines[i - 1].top(), lines[i].bottom() - lines[i - 1].bottom()];
    let [first, own] = [drops(1), drops(i)];
    i < 2 || own[0].min(own[1]) < first[0].max(first[1]) * 1.3
}

/// The latest date that is not in the future and has no other caption. A due date is later, and a period begins
/// earlier.
fn likely_issue(segments: &[Segment], order: DateOrder, today: Date) -> Option<(Date, &Segment)> {
    segments
        .iter()
        .filter(|segment| {
            !segment.text().contains(':') || caption(segment.text().split(':').next().unwrap_or("")).is_none()
        })
        .filter(|segment| !announced_otherwise(segments, segment))
        .filter_map(|segment| dates::find_in(&segment.text(), order).map(|found| (found.date, segment)))
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
