//! Searches the print for MRZ values, with or without captions.

use std::collections::BTreeMap;

use domain::document::{Field, FieldName, FieldSource};
use domain::mrz::{Element, agrees, transliterate};

use super::geometry::{OcrPage, PageStack};
use super::identity::{DIACRITIC_LOST, person};
use super::{Segment, Word, dates, diacritics, segments, title_case};

/// Maximum number of printed words of an MRZ value.
const MAX_WORDS: usize = 8;
/// Maximum gap between words of one value, as a multiple of their height.
const GAP: f32 = 2.5;
/// Minimum number of letters of a truncated name. A shorter one matches the beginning of too many words.
const MIN_TRUNCATED: usize = 5;
/// Minimum number of letters of a name among other words. A shorter one must be a segment alone.
const MIN_LETTERS: usize = 3;
/// Maximum confidence of a name in which the MRZ restored a diacritic.
const RESTORED: f64 = 0.85;

/// The MRZ values that are found in the print. With `cut` the MRZ truncates the names.
pub(crate) fn find_in_print(
    ocr_pages: &[OcrPage],
    zone: &BTreeMap<FieldName, Element>,
    cut: bool,
    source: FieldSource,
) -> BTreeMap<FieldName, Field> {
    let (words, stack) = PageStack::stack(ocr_pages);
    let segments = segments(&words, GAP);
    let runs: Vec<(&[Word], bool)> = segments.iter().flat_map(runs).collect();
    let read = |name: FieldName, element: &Element| {
        let found = runs.iter().filter_map(|(words, whole)| {
            let text = Segment { words: words.to_vec() }.text();
            let text = text.trim_matches(|c: char| !c.is_alphanumeric());
            let said = matching_value(name, text, element, cut, *whole)?;
            Some((said, *words))
        });
        let sure = |words: &[Word]| words.iter().map(|word| word.confidence).sum::<f64>() / words.len().max(1) as f64;
        // A truncated name is longer in print than in the MRZ, so the longest run wins.
        let found = found.max_by(|a, b| {
            (a.0.chars().count(), sure(a.1))
                .partial_cmp(&(b.0.chars().count(), sure(b.1)))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        found.map(|(said, run)| {
            let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
            let most = if is_name && diacritics::is_lost(run, &words) { DIACRITIC_LOST } else { 1.0 };
            Field::read(said, sure(run).min(most), source).at(stack.region(run))
        })
    };
    zone.iter().filter_map(|(name, element)| Some((*name, read(*name, element)?))).collect()
}

/// All runs of neighbouring words, and whether a run is the whole segment.
fn runs(segment: &Segment) -> impl Iterator<Item = (&[Word], bool)> {
    let words = &segment.words;
    (0..words.len()).flat_map(move |start| {
        let longest = (words.len() - start).min(MAX_WORDS);
        (1..=longest).map(move |length| (&words[start..start + length], length == words.len()))
    })
}

/// The text as a value of the field, if it agrees with the MRZ.
fn matching_value(name: FieldName, text: &str, element: &Element, cut: bool, whole: bool) -> Option<String> {
    let zone = element.value.as_str();
    match name {
        FieldName::ExpiryDate if whole && dates::is_without_end(text) => {
            element.meaning(|value| value == dates::NO_EXPIRY).map(str::to_owned)
        }
        FieldName::FamilyName | FieldName::GivenNames => {
            let letters = zone.chars().filter(char::is_ascii_alphabetic).count();
            let enough = letters >= MIN_LETTERS || (whole && letters > 0);
            person(text).filter(|text| enough && agrees(text, zone, cut && letters >= MIN_TRUNCATED))
        }
        FieldName::DateOfBirth | FieldName::ExpiryDate => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let dated = || dates::find(text).map(|found| found.date.to_string());
            (digits >= 5).then(dated).flatten().filter(|date| element.meaning(|value| value == date).is_some())
        }
        FieldName::DocumentNumber => {
            let joined: String = text.chars().filter(|c| *c != ' ').collect();
            (zone.len() >= 5 && joined == zone).then_some(joined)
        }
        _ => None,
    }
}

/// Restores lost diacritics of a printed name by the MRZ: `MARTA` is `MÄRTA` if the MRZ has `MAERTA`.
pub(crate) fn restore_diacritics(printed: &Field, zone: &str, state: &str) -> Option<Field> {
    let target: Vec<char> = transliterate(zone).chars().collect();
    let mut value = String::new();
    let text: Vec<char> = title_case(&printed.value).chars().collect();
    let nordic = matches!(state, "NOR" | "DNK" | "ISL" | "FRO" | "GRL");
    let found = restore(&text, &target, nordic, &mut value) || restore_first_letter(&text, &target, nordic, &mut value);
    (found && value != text.iter().collect::<String>()).then(|| Field {
        value,
        confidence: printed.confidence.min(RESTORED),
        ..printed.clone()
    })
}

/// Restores a first letter with a diacritic that was not read or was read as another one: `sa` and `ÌSA` for `ÅSA`.
fn restore_first_letter(text: &[char], zone: &[char], nordic: bool, out: &mut String) -> bool {
    ['A', 'O', 'U'].into_iter().flat_map(|letter| marked(letter, nordic)).any(|(spelt, letter)| {
        let spelt: Vec<char> = spelt.chars().collect();
        let Some(zone) = zone.strip_prefix(&spelt[..]) else { return false };
        let misread = text.first().is_some_and(|first| !first.is_ascii());
        out.clear();
        out.push(*letter);
        // The letter after a lost first letter becomes lower case.
        let rest: Vec<char> = text.iter().skip(usize::from(misread)).flat_map(|c| c.to_lowercase()).collect();
        !rest.is_empty() && !rest.contains(&' ') && restore(&rest, zone, nordic, out)
    })
}

/// Letters with diacritics that OCR reads as `letter`, and their spelling in the MRZ of a state.
fn marked(letter: char, nordic: bool) -> &'static [(&'static str, char)] {
    match (letter, nordic) {
        ('A', true) => &[("AE", 'Æ'), ("AA", 'Å')],
        ('A', false) => &[("AE", 'Ä'), ("AA", 'Å')],
        ('O', true) => &[("OE", 'Ø')],
        ('O', false) => &[("OE", 'Ö')],
        ('U', _) => &[("UE", 'Ü')],
        _ => &[],
    }
}

fn restore(text: &[char], zone: &[char], nordic: bool, out: &mut String) -> bool {
    let Some((first, rest)) = text.split_first() else { return zone.iter().all(|c| *c == '<') };
    let before = out.len();
    // A gap in the print is filler in the MRZ, or nothing.
    if !first.is_alphabetic() {
        let filler = zone.iter().take_while(|c| **c == '<').count().min(1);
        out.push(*first);
        if restore(rest, &zone[filler..], nordic, out) {
            return true;
        }
        out.truncate(before);
        return false;
    }
    let plain: Vec<char> = transliterate(&first.to_string()).chars().collect();
    let marked = match first.to_ascii_uppercase() {
        // OCR for Latin script reads `ß` as one of these letters.
        'B' | 'R' | 'F' if out.ends_with(char::is_lowercase) => &[("SS", 'ß')],
        letter => marked(letter, nordic),
    };
    let as_read = std::iter::once((plain, *first));
    let with_mark = marked.iter().map(|(spelt, letter)| {
        let letter = if first.is_lowercase() { letter.to_lowercase().next().unwrap_or(*letter) } else { *letter };
        (spelt.chars().collect::<Vec<char>>(), letter)
    });
    for (spelt, letter) in as_read.chain(with_mark) {
        if zone.starts_with(&spelt) && !spelt.is_empty() {
            out.push(letter);
            let zone = &zone[spelt.len()..];
            // OCR may read `ß` twice: `WeißRgerber`.
            let twice = letter == 'ß' && matches!(rest.first(), Some('B' | 'R'));
            if restore(rest, zone, nordic, out) || (twice && restore(&rest[1..], zone, nordic, out)) {
                return true;
            }
            out.truncate(before);
        }
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::mrz::CheckDigit;

    use super::super::PageText;
    use super::*;

    fn word(text: &str, left: f32, top: f32) -> Word {
        let right = left + 6.0 * text.len() as f32;
        Word { text: text.into(), confidence: 0.9, left, top, right, bottom: top + 10.0 }
    }

    #[test]
    fn mrz_values_are_found_in_print_without_captions() {
        let words = vec![
            word("NÚÑEZ", 0.0, 0.0),
            word("IBÁÑEZ,", 50.0, 0.0),
            word("K19", 150.0, 0.0),
            word("360085", 172.0, 0.0),
            word("x", 0.0, 20.0),
            word("10", 10.0, 20.0),
            word("MAY", 26.0, 20.0),
            word("2000", 50.0, 20.0),
        ];
        let ocr_pages = OcrPage::whole(&[PageText { words, width: 400.0, height: 100.0 }]);
        let element = |value: &str| Element { value: value.into(), check: CheckDigit::Holds, others: Vec::new() };
        let zone = BTreeMap::from([
            (FieldName::FamilyName, element("NUNEZ IBANEZ")),
            (FieldName::GivenNames, element("MARIA")),
            (FieldName::DocumentNumber, element("K19360085")),
            (FieldName::DateOfBirth, element("2000-05-10")),
            (FieldName::ExpiryDate, element("2030-05-10")),
        ]);
        let found = find_in_print(&ocr_pages, &zone, false, FieldSource::PrintedZone);
        let values: Vec<&str> = found.values().map(|field| field.value.as_str()).collect();
        assert_eq!(values, ["NÚÑEZ IBÁÑEZ", "2000-05-10", "K19360085"]);
        let region = found[&FieldName::DateOfBirth].region.unwrap();
        assert_eq!((region.left, region.top, region.bottom), (25, 200, 300));
    }

    #[test]
    fn diacritics_are_restored_by_the_mrz() {
        let restored = |text: &str, zone: &str, state: &str| {
            restore_diacritics(&Field::read(text, 0.9, FieldSource::PrintedZone), zone, state).map(|field| field.value)
        };
        assert_eq!(restored("MARTA KRISTINA", "MAERTA KRISTINA", "SWE").as_deref(), Some("Märta Kristina"));
        assert_eq!(restored("Ostby", "OESTBY", "NOR").as_deref(), Some("Østby"));
        assert_eq!(restored("ANGSTROM", "AANGSTROEM", "SWE").as_deref(), Some("Ångström"));
        assert_eq!(restored("WeiBgerber", "WEISSGERBER", "D").as_deref(), Some("Weißgerber"));
        assert_eq!(restored("WeißRgerber", "WEISSGERBER", "D").as_deref(), Some("Weißgerber"));
        assert_eq!(restored("SA", "AASA", "SWE").as_deref(), Some("Åsa"));
        assert_eq!(restored("sa", "AASA", "SWE").as_deref(), Some("Åsa"));
        assert_eq!(restored("ÌSA", "AASA", "SWE").as_deref(), Some("Åsa"));
        assert_eq!(restored("stby", "OESTBY", "NOR").as_deref(), Some("Østby"));
        assert_eq!(restored("SA", "ASA", "SWE"), None, "no mark in the zone");
        assert_eq!(restored("BSA", "AASA", "SWE"), None);
        assert_eq!(restored("MARTHA", "MAERTA", "SWE"), None);
        assert_eq!(restored("MARTA", "MARTA", "SWE"), None);
    }
}
