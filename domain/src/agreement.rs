//! Decides whether two readings of a field agree, and combines two readings of one document.
//!
//! | field | two values agree if |
//! |---|---|
//! | given names | the longer value has all parts of the shorter one, and its own first part is among them |
//! | family name | the parts are the same, in any order |
//! | whole name | all parts of the shorter value, at least two, are in the longer one; titles are ignored |
//! | dates | it is the same day, or both documents do not expire |
//! | numbers | letters and digits are the same; spaces and hyphens are ignored. O and 0 differ |
//! | countries | it is the same country, as for `D` and `DEU` |
//! | address | the numbers are the same, and at least four of five words of the shorter value are in the longer one |
//! | issuer, places, authority | the words of the shorter value are in the longer one |
//! | document type | the first letter is the same; the second is issuer-specific |
//! | categories | they are the same, in any order |
//!
//! Providers drop middle names or give initials, so given names also agree if the first parts agree and the others
//! agree by part or initial.
//!
//! Case, accents and the transliteration of the machine-readable zone are ignored in every field.

mod combine;
#[cfg(test)]
mod tests;

use crate::country;
use crate::date::{never_expires, parse_iso};
use crate::document::FieldName;
use crate::mrz::{agrees, transliterate};
use crate::names::fold::{Token, tokens};

pub use combine::{Fields, combine};

/// The least share of the words of an address that must be found in the other, from 0 to 1.
const ADDRESS_WORDS: f64 = 0.8;
/// The least similarity, from 0 to 1 by edit distance, at which two words of an address count as one that was misread.
const WORD_ALIKE: f64 = 0.8;
/// Titles, which precede a name and are not part of it.
const TITLES: [&str; 10] = ["MR", "MRS", "MS", "MISS", "DR", "HERR", "FRAU", "MME", "M", "PROF"];

/// Whether two values of a field agree by the table above. Symmetric. Values are in the spelling of
/// [`crate::field_value`]. An empty value agrees with no other.
pub fn agree(name: FieldName, a: &str, b: &str) -> bool {
    if letters_and_digits(a).is_empty() || letters_and_digits(b).is_empty() {
        return false;
    }
    if is_respelling(name, a, b) {
        return true;
    }
    match name {
        FieldName::GivenNames => given_names(a, b),
        FieldName::FamilyName => parts(a, b).is_some_and(|(short, long, _)| short.len() == long.len()),
        FieldName::FullName => whole_name(a, b),
        FieldName::IssuingCountry | FieldName::Nationality => {
            let country = |code: &str| country::document_state(code).and_then(|state| state.country);
            country(a).is_some_and(|a| country(b) == Some(a))
        }
        FieldName::DateOfBirth | FieldName::IssueDate => parse_iso(a).is_some_and(|a| parse_iso(b) == Some(a)),
        FieldName::ExpiryDate => {
            parse_iso(a).zip(parse_iso(b)).is_some_and(|(a, b)| a == b || never_expires(a) && never_expires(b))
        }
        FieldName::Address => addresses(a, b),
        FieldName::Issuer | FieldName::PlaceOfBirth | FieldName::IssuingAuthority => parts(a, b).is_some(),
        FieldName::DocumentType => letters_and_digits(a).chars().next() == letters_and_digits(b).chars().next(),
        FieldName::Categories => {
            let set = |text: &str| {
                let mut all: Vec<String> =
                    text.split([' ', ',', '/']).filter(|c| !c.is_empty()).map(str::to_ascii_uppercase).collect();
                all.sort();
                all.dedup();
                all
            };
            set(a) == set(b)
        }
        FieldName::DocumentNumber | FieldName::PersonalNumber | FieldName::Sex | FieldName::Mrz => false,
    }
}

/// Whether two values have the same letters, ignoring case, accents, spaces and transliteration. Filler of a
/// machine-readable zone is compared too.
pub fn is_respelling(name: FieldName, a: &str, b: &str) -> bool {
    if name == FieldName::Mrz {
        return a.split_whitespace().eq(b.split_whitespace());
    }
    let letter_by_letter = |a: &str, b: &str| agrees(&a.replace([' ', '-'], ""), &letters_and_digits(b), false);
    letters_and_digits(a) == letters_and_digits(b) || letter_by_letter(a, b) || letter_by_letter(b, a)
}

fn letters_and_digits(text: &str) -> String {
    transliterate(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The parts of two names or texts, the shorter first, and whether each part of the longer one has a partner. `None` if
/// a part of the shorter one has no partner.
fn parts(a: &str, b: &str) -> Option<(Vec<Token>, Vec<Token>, Vec<bool>)> {
    let (a, b) = (tokens(a), tokens(b));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut paired = vec![false; long.len()];
    let same = |one: &Token, other: &Token| one.spellings.iter().any(|spelling| other.spellings.contains(spelling));
    for one in &short {
        let partner = long.iter().zip(&paired).position(|(other, taken)| !taken && same(one, other));
        paired[partner?] = true;
    }
    (!short.is_empty()).then_some((short, long, paired))
}

fn given_names(a: &str, b: &str) -> bool {
    if parts(a, b).is_some_and(|(_, _, paired)| paired.first() == Some(&true)) {
        return true;
    }
    // The first given name, then initials.
    let (a, b) = (tokens(a), tokens(b));
    let initial = |one: &Token, other: &Token| {
        (one.is_initial() || other.is_initial()) && one.plain().chars().next() == other.plain().chars().next()
    };
    let same = |one: &Token, other: &Token| one.spellings.iter().any(|spelling| other.spellings.contains(spelling));
    let first = a.first().zip(b.first()).is_some_and(|(a, b)| same(a, b));
    first && a.iter().zip(&b).skip(1).all(|(a, b)| same(a, b) || initial(a, b))
}

fn whole_name(a: &str, b: &str) -> bool {
    let untitled = |text: &str| {
        let words = text.split([' ', '.']).filter(|word| !TITLES.contains(&word.to_uppercase().as_str()));
        words.collect::<Vec<_>>().join(" ")
    };
    parts(&untitled(a), &untitled(b)).is_some_and(|(short, long, _)| short.len() >= 2 || short.len() == long.len())
}

fn addresses(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        parts.flat_map(tokens).map(|token| token.spellings.last().cloned().unwrap_or_default()).collect()
    };
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let is_number = |word: &&String| word.contains(|c: char| c.is_ascii_digit());
    let found = |word: &&String| {
        long.contains(word)
            || (!is_number(word)
                && long.iter().any(|other| strsim::normalized_damerau_levenshtein(word, other) >= WORD_ALIKE))
    };
    let (numbers, texts): (Vec<&String>, Vec<&String>) = short.iter().partition(is_number);
    let agreeing = texts.iter().filter(|word| found(word)).count();
    numbers.iter().all(found)
        && !short.is_empty()
        // An extra number means another house or a flat.
        && long.iter().filter(is_number).count() == numbers.len()
        && agreeing as f64 >= ADDRESS_WORDS * texts.len() as f64
}
