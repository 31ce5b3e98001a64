//! Compares addresses word by word, with abbreviations, omissions and changes of order.

use crate::names::fold::{self, Token};
use crate::text::tidy;

/// The least similarity, from 0 to 1 by edit distance, at which two words count as one that was misread.
const WORD_ALIKE: f64 = 0.8;

/// Kinds of streets and dwellings, each with its abbreviations. They distinguish addresses poorly.
const GENERIC: [&[&str]; 21] = [
    &["ST", "STREET", "STR", "SAINT"],
    &["RD", "ROAD"],
    &["AVE", "AV", "AVENUE", "AVENIDA"],
    &["LN", "LANE"],
    &["DR", "DRIVE"],
    &["CT", "COURT"],
    &["SQ", "SQUARE"],
    &["PL", "PLACE", "PLATZ", "PLASS"],
    &["BLVD", "BD", "BOULEVARD"],
    &["TER", "TCE", "TERRACE"],
    &["CL", "CLOSE"],
    &["CRES", "CRESCENT"],
    &["HWY", "HIGHWAY"],
    &["GDNS", "GARDENS"],
    &["GR", "GRV", "GROVE"],
    &["FLAT", "APT", "APARTMENT", "UNIT", "LEILIGHET", "LGH"],
    &["HSE", "HOUSE"],
    &["BLDG", "BUILDING"],
    &["GATE", "GATA", "GATEN", "GT", "GATAN"],
    &["VEI", "VEIEN", "VEG", "VEGEN", "VN", "VAGEN"],
    &["RUE", "CALLE", "VIA", "RUA"],
];

/// Words that are often left out.
const FILLERS: [&str; 16] =
    ["THE", "OF", "NO", "NR", "NUMBER", "DE", "DU", "DES", "LA", "LE", "LES", "DEL", "DELLA", "DA", "DO", "AND"];

/// Endings of compound street names, each with its canonical spelling: Storgata, Storgaten, Storgt.
const ENDINGS: [(&str, &str); 13] = [
    ("GATEN", "GATE"),
    ("GATAN", "GATE"),
    ("GATA", "GATE"),
    ("GT", "GATE"),
    ("VEIEN", "VEI"),
    ("VEGEN", "VEI"),
    ("VAGEN", "VEI"),
    ("VEG", "VEI"),
    ("VN", "VEI"),
    ("STRASSE", "STR"),
    ("STRAAT", "STR"),
    ("PLASSEN", "PLASS"),
    ("PLATZ", "PL"),
];

/// The shortest stem of a compound street name, in bytes.
const STEM: usize = 3;

/// A word of an address in its possible spellings.
#[derive(Clone, Debug)]
struct Word {
    spellings: Vec<String>,
    generic: bool,
}

impl Word {
    fn new(token: Token) -> Self {
        let mut spellings: Vec<String> = Vec::new();
        let mut generic = false;
        for spelling in token.spellings {
            let kind = GENERIC.iter().find(|kind| kind.contains(&spelling.as_str())).and_then(|kind| kind.first());
            generic |= kind.is_some();
            let also = kind.map_or_else(|| end_alike(&spelling), |kind| (*kind).to_owned());
            for spelling in [spelling, also] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        Self { spellings, generic }
    }

    fn plain(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }

    fn is_number(&self) -> bool {
        self.plain().starts_with(|c: char| c.is_ascii_digit())
    }

    /// Numbers must be the same; other words may be misread.
    fn is_like(&self, other: &Self) -> bool {
        let pairs = || self.spellings.iter().flat_map(|a| other.spellings.iter().map(move |b| (a, b)));
        pairs().any(|(a, b)| a == b)
            || (!self.is_number()
                && !other.is_number()
                && pairs().any(|(a, b)| strsim::normalized_damerau_levenshtein(a, b) >= WORD_ALIKE))
    }
}

fn end_alike(word: &str) -> String {
    let found = ENDINGS.iter().find_map(|(end, same)| Some((word.strip_suffix(end)?, same)));
    match found {
        Some((stem, same)) if stem.len() >= STEM => format!("{stem}{same}"),
        _ => word.to_owned(),
    }
}

fn words(text: &str) -> Vec<Word> {
    let text = without_prefix(&tidy(text).replace(['\'', '.'], ""));
    let parts = text.split(|c: char| !c.is_alphanumeric() && !('\u{300}'..='\u{36F}').contains(&c));
    let mut words: Vec<Word> = Vec::new();
    for token in parts.flat_map(fold::tokens) {
        if FILLERS.contains(&token.plain()) {
            continue;
        }
        // "12 B" is "12B".
        match words.last_mut() {
            Some(last) if token.is_initial() && is_letter(token.plain()) && is_bare_number(last.plain()) => {
                last.spellings = vec![format!("{}{}", last.plain(), token.plain())];
            }
            _ => words.push(Word::new(token)),
        }
    }
    words
}

/// The text without the one-letter country prefixes of postal codes (`D-80331`).
fn without_prefix(text: &str) -> String {
    const SHORTEST_CODE: usize = 4;
    let pieces: Vec<&str> = text.split_inclusive([' ', ',']).collect();
    let stripped = pieces.into_iter().map(|piece| match piece.split_once('-') {
        Some((letter, code)) if letter.len() == 1 && is_letter(letter) => {
            let digits = code.bytes().take_while(u8::is_ascii_digit).count();
            if digits >= SHORTEST_CODE { code } else { piece }
        }
        _ => piece,
    });
    stripped.collect()
}

fn is_letter(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn is_bare_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The address on a proof of address.
pub(super) struct Printed {
    words: Vec<Word>,
}

impl Printed {
    pub(super) fn new(read: &str) -> Self {
        Self { words: words(read) }
    }

    /// Whether every number of a typed street line is adjacent to one of the line's words in the printed address. A
    /// number elsewhere is a flat, a floor or a postal code. For a line that is a number only, the number suffices.
    /// True for a line without numbers, because a house may have a name.
    pub(super) fn has_number_of(&self, line: &str) -> bool {
        let line = words(line);
        let beside = |at: Option<usize>| {
            let neighbour = at.and_then(|at| self.words.get(at));
            neighbour.is_some_and(|neighbour| line.iter().any(|word| word.is_like(neighbour)))
        };
        line.iter().filter(|word| word.is_number()).all(|number| {
            let mut places = self.words.iter().enumerate().filter(|(_, word)| word.is_like(number)).map(|(at, _)| at);
            line.len() == 1 && places.next().is_some()
                || places.any(|at| beside(at.checked_sub(1)) || beside(at.checked_add(1)))
        })
    }

    /// Whether the printed address has the postal code, with any spacing, with or without the prefix of its country. Of
    /// a longer American code, the first five digits suffice. True for an empty code.
    pub(super) fn has_postal_code(&self, code: &str, alpha2: &str) -> bool {
        let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        if bare.is_empty() {
            return true;
        }
        let unprefixed = bare.strip_prefix(alpha2).unwrap_or(&bare);
        let short = if alpha2 == "US" { bare.get(..5).unwrap_or(&bare) } else { &bare };
        let wanted = [bare.as_str(), unprefixed, short];
        // A British code may be read as two words, and a prefix is a third one.
        (1..=3).any(|length| {
            self.words.windows(length).any(|run| {
                let joined: String = run.iter().map(Word::plain).collect();
                wanted.contains(&joined.as_str())
            })
        })
    }

    /// The share of the words of street and town that the printed address has, from 0 to 1. Generic words (`Street`)
    /// count only if the line has no other.
    pub(super) fn overlap(&self, line: &str, city: &str) -> f64 {
        let mut typed: Vec<Word> = words(line).into_iter().filter(|word| !word.is_number()).collect();
        if typed.iter().any(|word| !word.generic) {
            typed.retain(|word| !word.generic);
        }
        typed.extend(words(city).into_iter().filter(|word| !word.is_number()));
        if typed.is_empty() {
            return 1.0;
        }
        let found = typed.iter().filter(|word| self.words.iter().any(|other| other.is_like(word))).count();
        found as f64 / typed.len() as f64
    }
}
