//! The printed side of passports and identity cards: captions with their values.

use std::collections::BTreeMap;

use domain::country::document_state;
use domain::document::{Field, FieldName, FieldSource};

use super::captions::{Caption, Value, caption, values_of_card};
use super::geometry::PageStack;
use super::units::split_units;
use super::{Word, dates, diacritics, legible, segments};

/// Maximum confidence of a value without check digit.
const MAX_CONFIDENCE: f64 = 0.9;

/// Maximum confidence of a name that has probably lost a diacritic.
pub(crate) const DIACRITIC_LOST: f64 = 0.75;

/// Lower-case particles before a family name.
const PARTICLES: &[&str] = &["las", "les", "los"];

/// The fields that have captions.
pub(crate) fn fields(words: &[Word], source: FieldSource, stack: &PageStack) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    let words = &legible(words);
    let fits = |value: &Value| matches!(value.caption, Caption::Of(name) if clean(name, &value.text).is_some());
    for value in values_of_card(&segments(words, 1.3), fits) {
        let Caption::Of(name) = value.caption else { continue };
        // A partial reading of `Name / Surname`: no card has the whole name in one field.
        if name == FieldName::FullName {
            continue;
        }
        if let Some((text, sure)) = clean(name, &value.text) {
            let confidence = if sure { value.confidence.min(MAX_CONFIDENCE) } else { value.confidence.min(0.6) };
            let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
            let confidence = if is_name && diacritics::is_lost(&value.words, words) {
                confidence.min(DIACRITIC_LOST)
            } else {
                confidence
            };
            // The likelier value of a caption comes first.
            let read = || Field::read(text, confidence, source).at(stack.region(&value.words));
            fields.entry(name).or_insert_with(read);
        }
    }
    fields
}

/// Normalises the value to the form of its field, and says whether it is unambiguous. `None` if it cannot be such a
/// value.
pub(crate) fn clean(name: FieldName, text: &str) -> Option<(String, bool)> {
    match name {
        FieldName::FamilyName | FieldName::GivenNames | FieldName::FullName => {
            person(text).filter(|name| caption(name).is_none()).map(|name| (name, true))
        }
        FieldName::ExpiryDate if dates::is_without_end(text) => Some((dates::NO_EXPIRY.to_owned(), true)),
        FieldName::DateOfBirth | FieldName::ExpiryDate | FieldName::IssueDate => {
            dates::find(text).map(|found| (found.date.to_string(), found.sure))
        }
        FieldName::DocumentNumber => number(text).map(|number| (number, true)),
        FieldName::Nationality | FieldName::IssuingCountry => {
            // A word of a country's name may have three letters in either language.
            let code = text.split([' ', '/']).find(|word| {
                word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase()) && document_state(word).is_some()
            });
            code.map(|code| (code.to_owned(), true))
        }
        FieldName::Sex => {
            // `K/F` in Norwegian and English: the last language is the one that all travel documents have.
            let last = text.split([' ', '/']).rfind(|word| !word.is_empty())?;
            matches!(last, "M" | "F" | "X").then(|| (last.to_owned(), true))
        }
        FieldName::Address => named(text).map(|text| (split_units(text), true)),
        FieldName::Issuer | FieldName::PlaceOfBirth | FieldName::IssuingAuthority => {
            named(text).map(|text| (text.to_owned(), true))
        }
        FieldName::PersonalNumber => number(text).map(|number| (number, true)),
        FieldName::DocumentType | FieldName::Mrz | FieldName::Categories => None,
    }
}

/// A text with letters that is not a caption, without stray marks at its ends.
fn named(text: &str) -> Option<&str> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
    (text.chars().filter(|c| c.is_alphabetic()).count() >= 3 && caption(text).is_none()).then_some(text)
}

/// A name, without stray marks at its ends.
pub(crate) fn person(text: &str) -> Option<String> {
    // OCR sees gaps around hyphens, specks in the gaps, and a figure in `O'Brien`.
    let text = text.replace(". -", "-").replace(" -", "-").replace("- ", "-").replace("0'", "O'").replace("0’", "O’");
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let fits = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.');
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 2 && text.chars().all(fits)).then(|| {
        text.split(' ').map(|word| restore_sharp_s(&restore_ring(&restore_initial(word)))).collect::<Vec<_>>().join(" ")
    })
}

/// Restores the `ů` of Czech names, which OCR reads as `û`. No language has `û` beside letters with a caron.
fn restore_ring(word: &str) -> String {
    if word.contains(['ž', 'š', 'č', 'ř', 'ě', 'Ž', 'Š', 'Č', 'Ř', 'Ě']) {
        word.replace('û', "ů").replace('Û', "Ů")
    } else {
        word.to_owned()
    }
}

/// Restores the `ß` of German names, which OCR reads twice, or as a capital within a word: `WeißRgerber`, `StrauB`.
fn restore_sharp_s(word: &str) -> String {
    let mut word = word.to_owned();
    for before in ["ei", "au", "eu", "äu", "ß"] {
        for capital in ['R', 'B'] {
            let Some(at) = word.find(&format!("{before}{capital}")) else { continue };
            let end = at + before.len() + 1;
            if at > 0 && word[end..].chars().all(char::is_lowercase) {
                word = format!("{}ß{}", word[..end - 1].trim_end_matches('ß'), &word[end..]);
            }
        }
    }
    word
}

/// Restores the capital at the beginning of a name: OCR often reads the `I` of `Iyer` as a lower-case `l`.
fn restore_initial(word: &str) -> String {
    match word.strip_prefix('l') {
        Some(rest) if rest.len() >= 2 && !PARTICLES.contains(&word) && rest.starts_with(char::is_lowercase) => {
            format!("I{rest}")
        }
        _ => word.to_owned(),
    }
}

/// A document's number: letters and digits, with at least one digit.
pub(crate) fn number(text: &str) -> Option<String> {
    let joined: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let digits = joined.chars().filter(char::is_ascii_digit).count();
    let foreign = text.chars().any(|c| !c.is_ascii_alphanumeric() && !matches!(c, ' ' | '-' | '.' | '/'));
    (!foreign && (5..=22).contains(&joined.len()) && digits >= 2).then_some(joined)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn values_must_have_the_form_of_their_field() {
        let value = |name, text| clean(name, text).map(|(value, _)| value);
        assert_eq!(value(FieldName::FamilyName, "BRANDVOLD ,").unwrap(), "BRANDVOLD");
        assert_eq!(value(FieldName::FamilyName, "Owusu. -Ansah").unwrap(), "Owusu-Ansah");
        assert_eq!(value(FieldName::FamilyName, "Krishnamurthy lyer").unwrap(), "Krishnamurthy Iyer");
        assert_eq!(value(FieldName::FamilyName, "de la Cruz").unwrap(), "de la Cruz");
        assert_eq!(value(FieldName::FamilyName, "Rûžička").unwrap(), "Růžička");
        assert_eq!(value(FieldName::FamilyName, "Brûlé").unwrap(), "Brûlé");
        assert_eq!(value(FieldName::FamilyName, "WeißRgerber").unwrap(), "Weißgerber");
        assert_eq!(value(FieldName::FamilyName, "StrauB").unwrap(), "Strauß");
        assert_eq!(
            value(FieldName::FamilyName, "LaBelle-LeRoy MacBeth WEIBEL").unwrap(),
            "LaBelle-LeRoy MacBeth WEIBEL"
        );
        assert_eq!(value(FieldName::FamilyName, "0'Brien").unwrap(), "O'Brien");
        assert_eq!(value(FieldName::FamilyName, "NB48219"), None);
        assert_eq!(value(FieldName::DocumentNumber, "NB 4821937").unwrap(), "NB4821937");
        assert_eq!(value(FieldName::DocumentNumber, "BRANDVOLD"), None);
        assert_eq!(value(FieldName::Sex, "K/F").unwrap(), "F");
        assert_eq!(value(FieldName::Sex, "NOR"), None);
        assert_eq!(value(FieldName::Nationality, "NORSK/NOR").unwrap(), "NOR");
        assert_eq!(value(FieldName::Nationality, "UNITED STATES OF AME"), None);
        assert_eq!(value(FieldName::ExpiryDate, "18 FEB 2036").unwrap(), "2036-02-18");
        assert_eq!(value(FieldName::ExpiryDate, "UNLIMITED").unwrap(), "9999-12-31");
        assert_eq!(value(FieldName::ExpiryDate, "01 01 9999").unwrap(), "9999-12-31");
        assert_eq!(value(FieldName::DateOfBirth, "UNLIMITED"), None);
        assert_eq!(value(FieldName::Mrz, "P<NOR"), None);
    }
}
