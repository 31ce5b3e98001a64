//! Proofs of address: who it is addressed to, when it was issued and by whom.

use std::collections::BTreeMap;

use domain::document::{Field, FieldName, FieldSource};
use jiff::civil::Date;

use super::captions::{Caption, caption, values};
use super::identity::{clean, person};
use super::place::Places;
use super::{Segment, Word, dates, plain, segments};

/// Nothing on a bill has a check digit.
const SUREST: f64 = 0.95;

/// Ends of names that companies have and people have not.
const COMPANY: &[&str] = &[
    "as",
    "asa",
    "ab",
    "oy",
    "aps",
    "ltd",
    "limited",
    "plc",
    "llp",
    "inc",
    "llc",
    "gmbh",
    "ag",
    "kg",
    "sa",
    "sas",
    "sarl",
    "spa",
    "srl",
    "bv",
    "nv",
    "bank",
    "energi",
    "energy",
    "power",
    "water",
    "gas",
    "electric",
    "telecom",
    "council",
    "kommune",
    "sparebank",
];

/// Words that streets end in or begin with, where a house number may stand on another line.
const STREET: &[&str] = &[
    "street",
    "road",
    "lane",
    "avenue",
    "drive",
    "close",
    "square",
    "place",
    "way",
    "gata",
    "gate",
    "gaten",
    "vei",
    "veien",
    "plass",
    "strasse",
    "weg",
    "platz",
    "rue",
    "boulevard",
    "calle",
    "via",
    "piazza",
    "straat",
    "laan",
    "vag",
    "vagen",
    "gatan",
    "vej",
];

/// The fields of a bill, statement or letter.
pub(crate) fn fields(words: &[Word], source: FieldSource, today: Date, places: &Places) -> BTreeMap<FieldName, Field> {
    let segments = segments(words, 1.3);
    let mut fields = BTreeMap::new();
    let block =
        blocks(&segments).into_iter().max_by(|a, b| a.worth.total_cmp(&b.worth)).filter(|block| block.worth >= 2.0);
    if let Some(block) = &block {
        let confidence = |lines: &[&Segment]| {
            let sum: f64 = lines.iter().map(|line| line.confidence()).sum();
            // A block that lacks the marks of an address is less sure, however well its letters were read.
            let shape = if block.worth >= 3.0 { SUREST } else { 0.75 };
            (sum / lines.len().max(1) as f64).min(shape)
        };
        if let Some(name) = &block.name {
            let region = places.region(&block.lines[0].words);
            fields.insert(FieldName::FullName, Field::read(name, confidence(&block.lines[..1]), source).at(region));
        }
        let lines = &block.lines[usize::from(block.name.is_some())..];
        let address = lines.iter().map(|line| tidy(&line.text())).collect::<Vec<_>>().join(", ");
        let region = places.region(lines.iter().flat_map(|line| &line.words));
        fields.insert(FieldName::Address, Field::read(address, confidence(lines), source).at(region));
    }
    for value in values(&segments) {
        let Caption::Of(name @ (FieldName::FullName | FieldName::Address | FieldName::IssueDate | FieldName::Issuer)) =
            value.caption
        else {
            continue;
        };
        if let Some((text, sure)) = clean(name, &value.text) {
            let confidence = if sure { value.confidence.min(SUREST) } else { value.confidence.min(0.6) };
            let read = || Field::read(text, confidence, source).at(places.region(&value.words));
            fields.entry(name).or_insert_with(read);
        }
    }
    if !fields.contains_key(&FieldName::IssueDate)
        && let Some((date, segment)) = likely_issue(&segments, today)
    {
        let confidence = segment.confidence().min(0.6);
        let read = Field::read(date.to_string(), confidence, source).at(places.region(&segment.words));
        fields.insert(FieldName::IssueDate, read);
    }
    if !fields.contains_key(&FieldName::Issuer)
        && let Some((segment, sure)) = issuer(&segments, block.as_ref())
    {
        let read = Field::read(tidy(&segment.text()), segment.confidence().min(sure), source);
        fields.insert(FieldName::Issuer, read.at(places.region(&segment.words)));
    }
    fields
}

/// Lines that stand below each other with the same left edge, and how much they look like a person's address.
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
            && lines.len() < 6
        {
            lines.push(next);
        }
        blocks.extend(block(&lines));
    }
    blocks
}

/// The line right below, with the same left edge and height of letters.
fn following<'a>(segments: &'a [Segment], line: &Segment) -> Option<&'a Segment> {
    let height = line.height();
    segments
        .iter()
        .filter(|other| {
            let drop = other.top() - line.top();
            let ratio = other.height() / height;
            (other.left() - line.left()).abs() < height * 0.9
                && drop > height * 0.8
                && drop < height * 3.0
                && (0.6..=1.6).contains(&ratio)
        })
        .min_by(|a, b| a.top().total_cmp(&b.top()))
}

/// The part of these lines that is a name and an address, if there is one.
fn block<'a>(lines: &[&'a Segment]) -> Option<Block<'a>> {
    let postal = lines.iter().position(|line| is_postal(&line.text()))?;
    // Below the town there may be the country: letters only.
    let end = match lines.get(postal + 1) {
        Some(line) if is_country(&line.text()) => postal + 2,
        _ => postal + 1,
    };
    let name = person(&lines[0].text()).filter(|name| looks_personal(name));
    let address = &lines[usize::from(name.is_some())..end.max(1)];
    if address.is_empty() || postal > 4 || address.iter().any(|line| caption(&line.text()).is_some()) {
        return None;
    }
    let street = lines[..postal].iter().any(|line| is_street(&line.text()));
    let worth = f64::from(u8::from(name.is_some())) * 1.5
        + f64::from(u8::from(street))
        + f64::from(u8::from(postal > 0)) * 0.5
        + 0.5
        + f64::from(u8::from(end > postal + 1)) * 0.2;
    Some(Block { lines: lines[..end].to_vec(), name, worth })
}

/// Two to five capitalised words, none of them a company's.
fn looks_personal(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    (2..=5).contains(&words.len())
        && words.iter().filter(|word| word.starts_with(char::is_uppercase)).count() >= 2
        && !plain(name).split(' ').any(|word| COMPANY.contains(&word))
        && caption(name).is_none()
}

/// A street with a house number, or one that is known as a street.
fn is_street(text: &str) -> bool {
    let plain = plain(text);
    let digits = plain.split(' ').any(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 5);
    let letters = plain.chars().filter(char::is_ascii_alphabetic).count() >= 3;
    let known = plain.split(' ').any(|word| STREET.iter().any(|street| word.ends_with(street)));
    letters && (digits || known)
}

/// A postal code with a town: `0184 Oslo`, `10115 Berlin`, `1012 AB Amsterdam`, `London SW1A 1AA`, `Springfield, IL 62704`.
fn is_postal(text: &str) -> bool {
    let words: Vec<String> = plain(text).split(' ').map(str::to_owned).collect();
    let letters = |word: &String| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let digits = |word: &String| (3..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    if words.len() < 2 || text.contains(':') || text.contains("  ") || caption(text).is_some() {
        return false;
    }
    // Towns have capitals, units of measure have not: `612 kWh`.
    let town = text.split_whitespace().skip(1).any(|word| word.len() >= 3 && word.starts_with(char::is_uppercase));
    let first = digits(&words[0]) && words.len() <= 5 && words[1..].iter().all(letters);
    // `N-0184 Oslo`, `D-10115 Berlin`
    let prefixed = words[0].len() <= 2
        && letters(&format!("{}x", words[0]))
        && words.get(1).is_some_and(digits)
        && words.len() >= 3;
    let last = words.last().is_some_and(digits) && words.len() >= 3 && words[words.len() - 2].len() == 2;
    let british = words.windows(2).any(|two| {
        let (outward, inward) = (two[0].as_bytes(), two[1].as_bytes());
        (2..=4).contains(&outward.len())
            && outward[0].is_ascii_alphabetic()
            && outward.iter().any(u8::is_ascii_digit)
            && matches!(inward, [a, b, c] if a.is_ascii_digit() && b.is_ascii_alphabetic() && c.is_ascii_alphabetic())
    });
    british || (town && (first || prefixed)) || last
}

fn is_country(text: &str) -> bool {
    let words = text.split_whitespace().count();
    words <= 4
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 4
        && person(text).is_some()
        && caption(text).is_none()
}

/// A line without the marks that speckles leave at its ends.
fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').to_owned()
}

/// The latest date that is not in the future, where none has a caption: a due date is later, a period's beginning earlier.
fn likely_issue(segments: &[Segment], today: Date) -> Option<(Date, &Segment)> {
    segments
        .iter()
        .filter(|segment| {
            !segment.text().contains(':') || caption(segment.text().split(':').next().unwrap_or("")).is_none()
        })
        .filter_map(|segment| dates::find(&segment.text()).map(|found| (found.date, segment)))
        .filter(|(date, _)| *date <= today)
        .max_by_key(|(date, _)| *date)
}

/// The largest text near the top, or the first line with a company's name; and how sure that makes it.
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
    let is_company = |segment: &&Segment| plain(&segment.text()).split(' ').any(|word| COMPANY.contains(&word));
    let company = segments.iter().filter(within).filter(is_company).max_by(|a, b| a.height().total_cmp(&b.height()));
    let chosen = company.or_else(|| segments.iter().filter(within).max_by(|a, b| a.height().total_cmp(&b.height())))?;
    let sure = if company.is_some() { SUREST } else { 0.7 };
    Some((chosen, sure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_towns_with_their_codes() {
        for text in [
            "0184 Oslo",
            "N-0184 Oslo",
            "10115 Berlin",
            "1012 AB Amsterdam",
            "London SW1A 1AA",
            "SW1A 1AA",
            "Springfield, IL 62704",
            "75001 Paris",
        ] {
            assert!(is_postal(text), "{text}");
        }
        for text in
            ["Storgata 14", "Energy 612 kWh", "Due date: 15 November 2026", "Ingrid Brandvold", "612 kWh 734.40"]
        {
            assert!(!is_postal(text), "{text}");
        }
    }

    #[test]
    fn tells_people_from_companies() {
        assert!(looks_personal("Ingrid Brandvold"));
        assert!(looks_personal("Ana María García-López"));
        assert!(!looks_personal("Nordlys Energi AS"));
        assert!(!looks_personal("Electricity bill"));
        assert!(!looks_personal("Oslo"));
    }
}
