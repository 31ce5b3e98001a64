//! How the same person is written otherwise, by kind: one row of the table in docs/benchmarks.md each.

use domain::names::FullName;
use domain::watchlist::ScreenedPerson;
use jiff::ToSpan as _;
use rand::Rng as _;
use rand::rngs::StdRng;

use super::people::{Origin, Person, Word};
use super::publish::{DateForm, Listed};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Unchanged,
    Order,
    MissingMiddle,
    Joined,
    Divided,
    SlipLong,
    SlipShort,
    Romanised,
    OwnScript,
    DayMonth,
    YearOff,
}

impl Fault {
    pub const ALL: [Self; 11] = [
        Self::Unchanged,
        Self::Order,
        Self::MissingMiddle,
        Self::Joined,
        Self::Divided,
        Self::SlipLong,
        Self::SlipShort,
        Self::Romanised,
        Self::OwnScript,
        Self::DayMonth,
        Self::YearOff,
    ];

    pub const fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "as listed",
            Self::Order => "given and family name exchanged",
            Self::MissingMiddle => "a middle name missing",
            Self::Joined => "two parts written as one",
            Self::Divided => "one part written as two",
            Self::SlipLong => "a letter wrong in a part of five letters and more",
            Self::SlipShort => "a letter wrong in a part of four letters and fewer",
            Self::Romanised => "another romanisation",
            Self::OwnScript => "in its own script, where the list has it",
            Self::DayMonth => "day and month exchanged",
            Self::YearOff => "list has a year, and is one off",
        }
    }

    /// The share that must be found, with a compatible date of birth; `None` for rows without a target.
    pub const fn wanted(self) -> f64 {
        match self {
            Self::Unchanged | Self::Order | Self::DayMonth | Self::YearOff => 0.99,
            Self::MissingMiddle | Self::Romanised => 0.97,
            Self::Joined | Self::Divided => 0.98,
            Self::SlipLong => 0.90,
            Self::SlipShort => 0.90,
            Self::OwnScript => 0.85,
        }
    }

    /// The listed person as an applicant writes the name; `None` where the fault is not possible.
    pub fn apply(self, rng: &mut StdRng, listed: &Listed) -> Option<ScreenedPerson> {
        let person = &listed.person;
        let mut given: Vec<String> = person.given.iter().map(|word| word.usual.clone()).collect();
        let mut family: Vec<String> = person.family.iter().map(|word| word.usual.clone()).collect();
        let mut born = person.born;
        match self {
            Self::Unchanged => {}
            Self::Order => std::mem::swap(&mut given, &mut family),
            Self::MissingMiddle => {
                // A Chinese or Korean name without a syllable is another name.
                if given.len() < 2 || matches!(person.origin, Origin::Chinese | Origin::Korean) {
                    return None;
                }
                given.pop();
            }
            Self::Joined => {
                if given.len() >= 2 {
                    given = vec![capital(&given.concat())];
                } else if person.origin == Origin::Arabic {
                    family = vec![family.concat().replace('-', "")];
                } else {
                    return None;
                }
            }
            Self::Divided => {
                if given.len() != 1 || person.origin != Origin::Indonesian {
                    return None;
                }
                // Only names of syllables are divided by those who know them.
                let at = given[0].len() / 2;
                if !given[0].is_ascii() || given[0].len() < 5 {
                    return None;
                }
                let (first, second) = given[0].split_at(at);
                given = vec![first.to_owned(), capital(second)];
            }
            Self::SlipLong => slip(rng, &mut family, |length| length >= 5)?,
            Self::SlipShort => {
                let words = if rng.random_bool(0.5) { &mut family } else { &mut given };
                slip(rng, words, |length| (3..=4).contains(&length))?;
            }
            Self::Romanised => {
                if !respell(rng, &person.given, &mut given) & !respell(rng, &person.family, &mut family) {
                    return None;
                }
            }
            Self::OwnScript => {
                if !matches!(person.origin, Origin::Arabic | Origin::Chinese | Origin::Korean) {
                    return None;
                }
                given = person.given.iter().map(|word| own(rng, word)).collect();
                family = person.family.iter().map(|word| own(rng, word)).collect();
                if person.origin != Origin::Arabic {
                    (given, family) = (vec![given.concat()], vec![family.concat()]);
                }
            }
            Self::DayMonth => {
                let swapped = jiff::civil::Date::new(born.year(), born.day(), born.month()).ok()?;
                if listed.form != DateForm::Day || born.day() == born.month() {
                    return None;
                }
                born = swapped;
            }
            Self::YearOff => {
                if !matches!(listed.form, DateForm::Year | DateForm::FirstOfJanuary) {
                    return None;
                }
                born = born.checked_add(if rng.random_bool(0.5) { 1 } else { -1 }.years()).ok()?;
            }
        }
        Some(ScreenedPerson {
            names: vec![FullName::new(given.join(" "), family.join(" "))],
            dates_of_birth: vec![born],
            countries: vec![person.country.to_owned()],
            ..ScreenedPerson::default()
        })
    }
}

fn capital(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut chars = lower.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

/// A letter for another, one left out, or two exchanged.
fn slip(rng: &mut StdRng, words: &mut [String], fits: impl Fn(usize) -> bool) -> Option<()> {
    let word = words.iter_mut().find(|word| word.is_ascii() && fits(word.len()))?;
    let mut letters: Vec<u8> = word.to_ascii_lowercase().into_bytes();
    let at = rng.random_range(1..letters.len());
    match rng.random_range(0..3) {
        0 => letters[at] = rng.random_range(b'a'..=b'z'),
        1 => drop(letters.remove(at)),
        _ => letters.swap(at - 1, at),
    }
    let slipped = capital(&String::from_utf8(letters).ok()?);
    if slipped.eq_ignore_ascii_case(word) {
        return None;
    }
    *word = slipped;
    Some(())
}

fn respell(rng: &mut StdRng, words: &[Word], out: &mut [String]) -> bool {
    let mut changed = false;
    for (word, out) in words.iter().zip(out) {
        if !word.others.is_empty() {
            let other = &word.others[rng.random_range(0..word.others.len())];
            changed |= !other.eq_ignore_ascii_case(out);
            out.clone_from(other);
        }
    }
    changed
}

/// The word in its own letters, as people write it: with or without the article and the signs of hamza.
fn own(rng: &mut StdRng, word: &Word) -> String {
    let mut text = word.own.clone();
    if rng.random_bool(0.3) {
        text = text.trim_start_matches("ال").to_owned();
    }
    if rng.random_bool(0.3) {
        text = text.replace('ة', "ه");
    }
    if rng.random_bool(0.3) && text.starts_with('ا') {
        text = text.replacen('ا', "أ", 1);
    }
    text
}

/// Another person of a similar name, who must not be found by the name: the other sex, another generation, other
/// characters of one reading.
pub fn other_person(person: &Person, kind: usize) -> Option<(FullName, FullName)> {
    let name = FullName::new(person.usual_given(), person.usual_family());
    match (kind, person.origin) {
        (0, Origin::Western | Origin::Spanish) => {
            let first = person.given.first()?.usual.clone();
            let other = match first.strip_suffix(['a', 'e', 'o']) {
                Some(stem) => stem.to_owned(),
                None => format!("{first}a"),
            };
            Some((name, FullName::new(other, person.usual_family())))
        }
        (1, Origin::Arabic) => {
            let (one, two) = (person.given.first()?.usual.clone(), person.family.first()?.usual.replace("al-", ""));
            Some((FullName::new(format!("{one} bin"), two.clone()), FullName::new(format!("{two} bin"), one)))
        }
        _ => None,
    }
}
