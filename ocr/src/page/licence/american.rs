//! North American fronts: numbered abbreviations as in the AAMVA's DL/ID Card Design Standard, beside or above their
//! values. Dates have the month first.

use domain::document::FieldName;
use jiff::civil::Date;

use super::super::dates::{figure, split_at_strokes};
use super::super::identity::{number, person};
use super::super::units::split_units;
use super::super::{Segment, Word, plain};
use super::{Found, categories, lines, text};

/// The field of an abbreviation at the beginning of words, and its number of words. The field is `None` if it is not
/// read.
fn caption(words: &[Word]) -> Option<(Option<FieldName>, usize)> {
    const CAPTIONS: [(&[&str], Option<FieldName>); 28] = [
        (&["family", "name"], Some(FieldName::FamilyName)),
        (&["last", "name"], Some(FieldName::FamilyName)),
        (&["surname"], Some(FieldName::FamilyName)),
        (&["ln"], Some(FieldName::FamilyName)),
        (&["given", "names"], Some(FieldName::GivenNames)),
        (&["given", "name"], Some(FieldName::GivenNames)),
        (&["first", "name"], Some(FieldName::GivenNames)),
        (&["names"], Some(FieldName::GivenNames)),
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
    // OCR may read `15-SEX` as one word.
    let glued = first.split_once(' ').filter(|(tag, _)| is_number(tag)).map(|(_, rest)| rest.to_owned());
    if glued.is_none() && is_number(&first) && words.len() > 1 {
        skip = 1;
    }
    let mut plains: Vec<String> = words[skip..].iter().take(3).map(|word| plain(&word.text)).collect();
    if let Some(glued) = glued {
        plains[0] = glued;
    }
    let exact = CAPTIONS
        .iter()
        .find(|(names, _)| names.len() <= plains.len() && names.iter().zip(&plains).all(|(name, word)| name == word));
    if let Some((names, field)) = exact {
        return Some((*field, skip + names.len()));
    }
    glued_caption(&plains[0]).map(|field| (field, skip + 1))
}

/// A number and its abbreviation that were read as one word: `sapLN` for `4d DLN`.
fn glued_caption(word: &str) -> Option<Option<FieldName>> {
    const ENDS: [(&[&str], Option<FieldName>); 7] = [
        (&["dob", "pob", "oob", "d0b"], Some(FieldName::DateOfBirth)),
        (&["iss"], Some(FieldName::IssueDate)),
        (&["exp"], Some(FieldName::ExpiryDate)),
        (&["sex", "5ex"], Some(FieldName::Sex)),
        (&["dln", "pln", "oln"], Some(FieldName::DocumentNumber)),
        (&["hgt"], None),
        (&["9class"], Some(FieldName::Categories)),
    ];
    let short = (4..=6).contains(&word.len());
    ENDS.iter().find(|(ends, _)| short && ends.iter().any(|end| word.ends_with(end))).map(|(_, field)| *field)
}

/// Whether a text is the number of a field: `4d`, `15`.
fn is_number(text: &str) -> bool {
    let digits = text.trim_end_matches(['a', 'b', 'c', 'd']);
    !digits.is_empty()
        && digits.len() <= 2
        && text.len() <= digits.len() + 1
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A caption, or a number alone, with the words before the next one.
struct Part {
    /// `None` without a caption: the value belongs to something else.
    caption: Option<Option<FieldName>>,
    head: Segment,
    rest: Vec<Word>,
}

/// The fields of the front.
pub(super) fn find(words: &[Word]) -> Vec<Found> {
    let mut parts: Vec<Part> = lines(words, 1.8).into_iter().flat_map(|line| split(&line)).collect();
    // Some licences have numbers only before names, or the captions were not read.
    for (tag, name) in [("1", FieldName::FamilyName), ("2", FieldName::GivenNames), ("8", FieldName::Address)] {
        if parts.iter().any(|part| part.caption == Some(Some(name))) {
            continue;
        }
        let numbered = parts
            .iter_mut()
            .find(|part| part.caption.is_none() && part.rest.first().is_some_and(|word| is_tag(&word.text, tag)));
        if let Some(part) = numbered {
            part.caption = Some(Some(name));
            part.head = Segment { words: part.rest.drain(..1).collect() };
        }
    }
    let mut found = Vec::new();
    for part in &parts {
        let Some(Some(name)) = part.caption else { continue };
        let value = if part.rest.is_empty() { below(&parts, &part.head) } else { Some(part.rest.clone()) };
        let Some(words) = value else { continue };
        if name == FieldName::Address {
            // The address has two lines and is read below.
            continue;
        }
        found.extend(read(name, &words).map(|(value, sure)| Found { name, value, sure, words }));
    }
    let has = |name: FieldName| found.iter().find(|found| found.name == name);
    if has(FieldName::FamilyName).is_none()
        && let Some(given) = has(FieldName::GivenNames)
        && let Some(words) = above(&parts, &given.words).map(|words| match &words[..] {
            [tag, name @ ..] if !name.is_empty() && is_tag(&tag.text, "1") => name.to_vec(),
            _ => words,
        })
        && let Some(value) = person(&text(&words))
    {
        found.push(Found { name: FieldName::FamilyName, value, sure: false, words });
    }
    found.extend(address(words));
    in_order(&mut found, words);
    found
}

/// Splits a line into parts that begin with captions.
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

/// The words directly below a part, with about the same left edge.
fn below(parts: &[Part], head: &Segment) -> Option<Vec<Word>> {
    let left = head.left();
    let height = head.height();
    parts
        .iter()
        .filter(|part| part.caption.is_none())
        .filter_map(|part| {
            let segment = Segment { words: part.rest.clone() };
            let drop = segment.top() - head.bottom();
            let shift = (segment.left() - left).abs();
            let near = drop > -height * 0.4 && drop < height * 2.2 && shift < height.max(segment.height()) * 2.0;
            near.then_some((drop + shift, part))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, part)| part.rest.clone())
}

/// Whether a word is the number of a field or a likely misreading of it.
fn is_tag(word: &str, tag: &str) -> bool {
    let plain = plain(word);
    plain == tag || (tag == "1" && ["i", "l"].contains(&plain.as_str())) || (tag == "2" && plain == "z")
}

/// The line that ends with state and ZIP code, and the one above it.
fn address(words: &[Word]) -> Option<Found> {
    let lines = lines(words, 3.0);
    let is_town = |line: &Segment| {
        let tokens: Vec<String> = plain(&line.text()).split(' ').map(str::to_owned).collect();
        let zip = tokens.iter().rposition(|token| token.len() == 5 && token.bytes().all(|b| b.is_ascii_digit()));
        zip.is_some_and(|at| at >= 2 && at + 2 >= tokens.len() && tokens[at - 1].len() <= 2)
    };
    let town = lines.iter().find(|line| is_town(line))?;
    let height = town.height();
    let street = lines
        .iter()
        .filter_map(|line| {
            let first = line.words.iter().position(|word| (word.left - town.left()).abs() < height * 0.6)?;
            let line = Segment { words: line.words[first..].to_vec() };
            let drop = town.top() - line.bottom();
            (drop > -height * 0.3 && drop < height * 2.0).then_some((drop, line))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, line)| line)?;
    // A complete street line begins with a house number.
    let sure = street.text().starts_with(|c: char| c.is_ascii_digit()) && street.words.len() >= 3;
    let tidy = |line: &Segment| line.text().trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let value = split_units(&format!("{}, {}", tidy(&street), tidy(town)));
    let words = street.words.iter().chain(&town.words).cloned().collect();
    Some(Found { name: FieldName::Address, value, sure, words })
}

/// Assigns three dates by their order in time: birth, issue and expiry. Captions may be misread.
fn in_order(found: &mut Vec<Found>, words: &[Word]) {
    let mut all: Vec<(String, &Word)> = words
        .iter()
        .filter(|word| word.text.chars().filter(char::is_ascii_digit).count() == 8 && word.text.contains(['/', '-']))
        .filter_map(|word| Some((date(&word.text).filter(|(_, sure)| *sure)?.0, word)))
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|a, b| a.0 == b.0);
    if all.len() != 3 {
        return;
    }
    for (name, (value, word)) in
        [FieldName::DateOfBirth, FieldName::IssueDate, FieldName::ExpiryDate].into_iter().zip(all)
    {
        let known = found.iter_mut().find(|found| found.name == name);
        match known {
            Some(known) if known.value == value => {}
            Some(known) => *known = Found { name, value, sure: false, words: vec![word.clone()] },
            None => found.push(Found { name, value, sure: false, words: vec![word.clone()] }),
        }
    }
}

/// The words on the line above with the same left edge.
fn above(parts: &[Part], words: &[Word]) -> Option<Vec<Word>> {
    let line = Segment { words: words.to_vec() };
    let height = line.height();
    let near = parts.iter().filter(|part| part.caption.is_none()).filter_map(|part| {
        let first = part.rest.iter().position(|word| (word.left - line.left()).abs() < height)?;
        let words: Vec<Word> = part.rest[first..].to_vec();
        let drop = line.top() - Segment { words: words.clone() }.bottom();
        (drop > 0.0 && drop < height * 3.0).then_some((drop, words))
    });
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, words)| words)
}

/// Normalises a value, and says whether it is unambiguous.
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
        _ => None,
    }
}

/// A date with the month first. If that is impossible, it is read with the day first and is doubtful.
fn date(text: &str) -> Option<(String, bool)> {
    let figures =
        |text: &str| -> String { text.chars().map(|c| figure(c).unwrap_or(c)).filter(char::is_ascii_digit).collect() };
    // A date whose strokes were read as figures has too many figures: `0411712022`.
    let (digits, struck) = match text.split(' ').find_map(split_at_strokes).filter(|_| figures(text).len() != 8) {
        Some(parts) => (figures(&parts.concat()), true),
        None => (figures(text), false),
    };
    if digits.len() < 8 {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let (first, second, year) = (part(0..2)?, part(2..4)?, part(4..8)?);
    let of = |month: i16, day: i16| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        (1900..=2100).contains(&year).then(|| date.to_string())
    };
    of(first, second).map(|date| (date, !struck)).or_else(|| of(second, first).map(|date| (date, false)))
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
    fn american_date_with_misread_strokes_is_doubtful() {
        let doubtful = |day: &str| Some((day.to_owned(), false));
        assert_eq!(date("02/27/2007"), Some(("2007-02-27".into(), true)));
        assert_eq!(date("02/2712007"), doubtful("2007-02-27"));
        assert_eq!(date("0411712022"), doubtful("2022-04-17"));
        assert_eq!(date("041172022"), None);
    }

    #[test]
    fn american_captions_are_read_beside_or_above_values() {
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
    fn american_dates_have_the_month_first() {
        assert_eq!(date("03/04/2026"), Some(("2026-03-04".into(), true)));
        assert_eq!(date("14/03/2026"), Some(("2026-03-14".into(), false)));
        assert_eq!(date("14/33/2026"), None);
        assert_eq!(date("03/04"), None);
    }
}
