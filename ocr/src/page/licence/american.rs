//! North American fronts: abbreviations with numbers as in the AAMVA's DL/ID Card Design Standard, beside or above what they
//! announce. Their dates have the month first.

use domain::document::FieldName;
use jiff::civil::Date;

use super::super::identity::{number, person};
use super::super::{Segment, Word, plain};
use super::{Found, categories, lines, text};

/// What an abbreviation announces; nothing for what is not read.
fn caption(words: &[Word]) -> Option<(Option<FieldName>, usize)> {
    const CAPTIONS: [(&[&str], Option<FieldName>); 27] = [
        (&["family", "name"], Some(FieldName::FamilyName)),
        (&["last", "name"], Some(FieldName::FamilyName)),
        (&["surname"], Some(FieldName::FamilyName)),
        (&["ln"], Some(FieldName::FamilyName)),
        (&["given", "names"], Some(FieldName::GivenNames)),
        (&["given", "name"], Some(FieldName::GivenNames)),
        (&["first", "name"], Some(FieldName::GivenNames)),
        (&["fn"], Some(FieldName::GivenNames)),
        (&["date", "of", "birth"], Some(FieldName::DateOfBirth)),
        (&["birth", "date"], Some(FieldName::DateOfBirth)),
        (&["dob"], Some(FieldName::DateOfBirth)),
        (&["dl", "no"], Some(FieldName::DocumentNumber)),
        (&["lic", "no"], Some(FieldName::DocumentNumber)),
        (&["dln"], Some(FieldName::DocumentNumber)),
        (&["dl"], Some(FieldName::DocumentNumber)),
        (&["iss"], Some(FieldName::IssueDate)),
        (&["issued"], Some(FieldName::IssueDate)),
        (&["exp"], Some(FieldName::ExpiryDate)),
        (&["expires"], Some(FieldName::ExpiryDate)),
        (&["address"], Some(FieldName::Address)),
        (&["sex"], Some(FieldName::Sex)),
        (&["class"], Some(FieldName::Categories)),
        (&["hgt"], None),
        (&["wgt"], None),
        (&["eyes"], None),
        (&["end"], None),
        (&["rest"], None),
    ];
    let mut skip = 0;
    let first = plain(&words.first()?.text);
    // `15-SEX` is one word to some readers.
    let glued = first.split_once(' ').filter(|(tag, _)| is_number(tag)).map(|(_, rest)| rest.to_owned());
    if glued.is_none() && is_number(&first) && words.len() > 1 {
        skip = 1;
    }
    let mut plains: Vec<String> = words[skip..].iter().take(3).map(|word| plain(&word.text)).collect();
    if let Some(glued) = glued {
        plains[0] = glued;
    }
    let (names, field) = CAPTIONS
        .iter()
        .find(|(names, _)| names.len() <= plains.len() && names.iter().zip(&plains).all(|(name, word)| name == word))?;
    Some((*field, skip + names.len()))
}

/// `4d`, `15`: a field's number.
fn is_number(text: &str) -> bool {
    let digits = text.trim_end_matches(['a', 'b', 'c', 'd']);
    !digits.is_empty()
        && digits.len() <= 2
        && text.len() <= digits.len() + 1
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A caption, or a number alone, with what follows it before the next one.
struct Part {
    /// `None`: no caption; a value that belongs to something else.
    caption: Option<Option<FieldName>>,
    head: Segment,
    rest: Vec<Word>,
}

/// The fields of the front.
pub(super) fn find(words: &[Word]) -> Vec<Found> {
    let mut parts: Vec<Part> = lines(words, 1.8).into_iter().flat_map(|line| split(&line)).collect();
    // Names have numbers only, on some.
    for (tag, name) in [("1", FieldName::FamilyName), ("2", FieldName::GivenNames), ("8", FieldName::Address)] {
        if parts.iter().any(|part| part.caption == Some(Some(name))) {
            continue;
        }
        let numbered = parts
            .iter_mut()
            .find(|part| part.caption.is_none() && part.rest.len() >= 2 && plain(&part.rest[0].text) == tag);
        if let Some(part) = numbered {
            part.caption = Some(Some(name));
            part.head = Segment { words: part.rest.drain(..1).collect() };
        }
    }
    let mut found = Vec::new();
    for part in &parts {
        let Some(Some(name)) = part.caption else { continue };
        let value = if part.rest.is_empty() { below(&parts, &part.head, 0.0) } else { Some(part.rest.clone()) };
        let Some(mut words) = value else { continue };
        if name == FieldName::Address
            && let Some(town) = below(&parts, &Segment { words: words.clone() }, words[0].left)
        {
            words.extend(town);
        }
        found.extend(read(name, &words).map(|(value, sure)| Found { name, value, sure, words }));
    }
    found
}

/// A line in parts that begin with captions.
fn split(line: &Segment) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while at < line.words.len() {
        match caption(&line.words[at..]) {
            Some((field, count)) => {
                let head = Segment { words: line.words[at..at + count].to_vec() };
                parts.push(Part { caption: Some(field), head, rest: Vec::new() });
                at += count;
            }
            None => {
                let word = line.words[at].clone();
                match parts.last_mut() {
                    Some(part) => part.rest.push(word),
                    None => parts.push(Part { caption: None, head: Segment::default(), rest: vec![word] }),
                }
                at += 1;
            }
        }
    }
    parts
}

/// What stands right below, beginning about where it begins, or at `left`.
fn below(parts: &[Part], head: &Segment, left: f32) -> Option<Vec<Word>> {
    let left = if left > 0.0 { left } else { head.left() };
    let height = head.height();
    parts
        .iter()
        .filter(|part| part.caption.is_none())
        .filter_map(|part| {
            let segment = Segment { words: part.rest.clone() };
            let drop = segment.top() - head.bottom();
            let shift = (segment.left() - left).abs();
            let near = drop > -height * 0.4 && drop < height * 2.2 && shift < height.max(segment.height()) * 1.6;
            near.then_some((drop + shift, part))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, part)| part.rest.clone())
}

/// The value in its spelling, and whether it can be read in one way only.
fn read(name: FieldName, words: &[Word]) -> Option<(String, bool)> {
    let text = text(words);
    match name {
        FieldName::FamilyName | FieldName::GivenNames => person(&text).map(|name| (name, true)),
        FieldName::DateOfBirth | FieldName::IssueDate | FieldName::ExpiryDate => date(&text),
        FieldName::DocumentNumber => number(&text).map(|number| (number, true)),
        FieldName::Sex => {
            let letter = plain(words.first()?.text.as_str()).to_uppercase();
            ["M", "F", "X"].contains(&letter.as_str()).then_some((letter, true))
        }
        FieldName::Categories => categories(&text).map(|classes| (classes, true)),
        FieldName::Address => {
            let lines: Vec<String> = lines(words, 8.0)
                .iter()
                .map(|line| line.text().trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
                .collect();
            // A line alone lacks either the street or the town.
            Some((lines.join(", "), lines.len() > 1))
        }
        _ => None,
    }
}

/// A date with the month first; one that cannot be is read the other way about, and doubtful.
fn date(text: &str) -> Option<(String, bool)> {
    let digits: String = text
        .chars()
        .map(|c| match c {
            'O' | 'o' => '0',
            'l' | 'I' | '|' => '1',
            c => c,
        })
        .filter(char::is_ascii_digit)
        .take(8)
        .collect();
    if digits.len() < 8 {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let (first, second, year) = (part(0..2)?, part(2..4)?, part(4..8)?);
    let of = |month: i16, day: i16| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        (1900..=2100).contains(&year).then(|| date.to_string())
    };
    of(first, second).map(|date| (date, true)).or_else(|| of(second, first).map(|date| (date, false)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn words(rows: &[(f32, f32, &str)]) -> Vec<Word> {
        let mut words = Vec::new();
        for (x, y, row) in rows {
            let mut left = *x;
            for text in row.split_whitespace() {
                let right = left + 8.0 * text.chars().count() as f32;
                words.push(Word { text: text.into(), confidence: 0.95, left, top: *y, right, bottom: y + 14.0 });
                left = right + 6.0;
            }
        }
        words
    }

    fn read(rows: &[(f32, f32, &str)]) -> BTreeMap<FieldName, String> {
        find(&words(rows)).into_iter().map(|found| (found.name, found.value)).collect()
    }

    #[test]
    fn captions_stand_beside_or_above() {
        let beside = read(&[
            (0.0, 0.0, "4d DLN D1234567"),
            (300.0, 0.0, "9 CLASS D"),
            (0.0, 30.0, "1 SAMPLE"),
            (0.0, 60.0, "2 JANICE ANN"),
            (0.0, 90.0, "8 123 N MAIN ST APT 4"),
            (14.0, 114.0, "SPRINGFIELD, XX 12345"),
            (0.0, 150.0, "3 DOB 03/14/1987"),
            (250.0, 150.0, "15 SEX F"),
            (0.0, 180.0, "4a ISS 02/18/2026"),
            (250.0, 180.0, "4b EXP 02/18/2034"),
        ]);
        let above = read(&[
            (0.0, 0.0, "4d. DL NO."),
            (300.0, 0.0, "9 CLASS"),
            (0.0, 20.0, "D1234567"),
            (300.0, 20.0, "D"),
            (0.0, 60.0, "1. FAMILY NAME"),
            (0.0, 80.0, "SAMPLE"),
            (0.0, 120.0, "2. GIVEN NAMES"),
            (0.0, 140.0, "JANICE ANN"),
            (0.0, 180.0, "8. ADDRESS"),
            (0.0, 200.0, "123 N MAIN ST APT 4"),
            (0.0, 222.0, "SPRINGFIELD, XX 12345"),
            (0.0, 260.0, "3. DATE OF BIRTH"),
            (250.0, 260.0, "15-SEX"),
            (0.0, 280.0, "03/14/1987"),
            (250.0, 280.0, "F"),
            (0.0, 320.0, "4a. ISS"),
            (250.0, 320.0, "4b. EXP"),
            (0.0, 340.0, "02/18/2026"),
            (250.0, 340.0, "02/18/2034"),
        ]);
        for read in [beside, above] {
            let value = |name| read.get(&name).map(String::as_str);
            assert_eq!(value(FieldName::DocumentNumber), Some("D1234567"));
            assert_eq!(value(FieldName::FamilyName), Some("SAMPLE"));
            assert_eq!(value(FieldName::GivenNames), Some("JANICE ANN"));
            assert_eq!(value(FieldName::Address), Some("123 N MAIN ST APT 4, SPRINGFIELD, XX 12345"));
            assert_eq!(value(FieldName::DateOfBirth), Some("1987-03-14"));
            assert_eq!(value(FieldName::Sex), Some("F"));
            assert_eq!(value(FieldName::IssueDate), Some("2026-02-18"));
            assert_eq!(value(FieldName::ExpiryDate), Some("2034-02-18"));
            assert_eq!(value(FieldName::Categories), Some("D"));
        }
    }

    #[test]
    fn months_come_first() {
        assert_eq!(date("03/04/2026"), Some(("2026-03-04".into(), true)));
        assert_eq!(date("14/03/2026"), Some(("2026-03-14".into(), false)));
        assert_eq!(date("14/33/2026"), None);
        assert_eq!(date("03/04"), None);
    }
}
