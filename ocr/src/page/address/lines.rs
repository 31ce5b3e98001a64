//! Recognises lines of letters: names of people and companies, streets, countries. Corrects misread letters.

use super::super::captions::caption;
use super::super::identity::person;
use super::super::plain;
use super::super::units::split_units;
use super::postal::coded;

/// Legal forms of companies, after their names.
const LEGAL: &[&str] = &[
    "as", "asa", "ab", "oy", "aps", "ltd", "limited", "plc", "llp", "inc", "llc", "gmbh", "ag", "kg", "eg", "sa",
    "sas", "sarl", "spa", "srl", "sl", "bv", "nv",
];

/// Words in names of companies, banks and offices that names of people do not have.
const COMPANY: &[&str] = &[
    "energi",
    "energy",
    "energie",
    "energia",
    "power",
    "water",
    "gas",
    "gaz",
    "electric",
    "telecom",
    "telekom",
    "telefonia",
    "eaux",
    "aguas",
    "council",
    "sparebanken",
    "banque",
    "banco",
    "caja",
    "caisse",
    "credit",
    "mairie",
    "commune",
    "kommune",
    "kommun",
    "ville",
    "gemeinde",
    "stadt",
    "finanzamt",
    "stadtwerke",
    "ayuntamiento",
    "diputacion",
    "agencia",
    "tributaria",
    "impots",
    "tresor",
    "department",
    "ministry",
    "office",
    "authority",
    "mutual",
    "building",
    "society",
];

/// Endings of such words in compounds with a place or a trade.
const COMPANY_ENDS: &[&str] =
    &["bank", "banken", "werke", "werk", "kommune", "kontoret", "amt", "kasse", "verket", "telecom"];

/// Titles before names of people; some letters have them on a separate line.
pub(super) const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "herrn", "frau", "fru", "m", "mme", "mlle", "monsieur",
    "madame", "d", "dna", "don", "dona", "sr", "sra", "sig",
];

/// Words for flats, floors and parts of houses.
const ANNEX: &[&str] = &[
    "flat",
    "apartment",
    "apt",
    "apts",
    "unit",
    "suite",
    "floor",
    "cottage",
    "house",
    "batiment",
    "appartement",
    "escalier",
    "etage",
    "piso",
    "puerta",
    "planta",
    "hinterhaus",
    "vorderhaus",
    "bei",
    "bolignr",
    "leilighet",
    "lgh",
    "c/o",
];

/// First or last words of street names. With these a house number may be on another line.
pub(super) const STREET: &[&str] = &[
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

/// A name without the title before it.
pub(super) fn without_title(text: &str) -> &str {
    titled(text).filter(|name| name.contains(' ')).unwrap_or(text)
}

/// The text after a title in a line.
pub(super) fn titled(text: &str) -> Option<&str> {
    text.split_once(' ').filter(|(first, _)| TITLES.contains(&plain(first).as_str())).map(|(_, rest)| rest.trim_start())
}

pub(super) fn is_company(text: &str) -> bool {
    // `Åsa` is a name.
    plain(text).split(' ').enumerate().any(|(i, word)| {
        (i > 0 && LEGAL.contains(&word))
            || COMPANY.contains(&word)
            || COMPANY_ENDS.iter().any(|end| word.len() > end.len() && word.ends_with(end))
    })
}

/// Two to eight words, capitalised except for particles, without words of companies or parts of houses.
pub(super) fn looks_personal(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let long = |word: &&&str| word.starts_with(char::is_uppercase) && word.chars().count() >= 2;
    (2..=8).contains(&words.len())
        && words.iter().filter(long).count() >= 2
        && !is_company(name)
        && !is_annex(name)
        && caption(name).is_none()
}

/// One capitalised word.
pub(super) fn looks_lone(name: &str) -> bool {
    !name.contains(' ')
        && name.starts_with(char::is_uppercase)
        && name.chars().count() >= 4
        && !is_company(name)
        && !is_annex(name)
        && caption(name).is_none()
}

pub(super) fn is_annex(text: &str) -> bool {
    plain(text).split(' ').any(|word| ANNEX.contains(&word))
}

/// A street with a house number, or a known word for a street.
pub(super) fn is_street(text: &str) -> bool {
    let plain = plain(text);
    let digits = plain.split(' ').any(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 5);
    let letters = plain.chars().filter(char::is_ascii_alphabetic).count() >= 3;
    let known = plain.split(' ').any(|word| STREET.iter().any(|street| word.ends_with(street)));
    letters && (digits || known)
}

pub(super) fn is_country(text: &str) -> bool {
    let words = text.split_whitespace().count();
    words <= 4
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 4
        && person(text).is_some()
        && caption(text).is_none()
}

/// Removes marks that speckles cause at the ends of a line.
pub(super) fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').to_owned()
}

/// The sender's name, without the address that follows it in an envelope's window.
pub(super) fn sender(text: &str) -> String {
    let first = [" · ", " • ", " | ", " - "].iter().find_map(|mark| text.split_once(mark).map(|(first, _)| first));
    tidy(first.filter(|first| is_company(first)).unwrap_or(text))
}

/// Corrects letters that OCR does not know: `ß` in the German word for street, and the raised `o` of Spanish floors.
pub(super) fn spelt(line: &str) -> String {
    let mut line = line.to_owned();
    for (wrong, right) in
        [("straBe", "straße"), ("straRe", "straße"), ("stra8e", "straße"), ("strafBe", "straße"), ("strae ", "straße ")]
    {
        line = line.replace(wrong, right);
        line = line.replace(&wrong.replacen('s', "S", 1), &right.replacen('s', "S", 1));
    }
    let line = split_units(&coded(&line.replace("º°", "º")));
    let chars: Vec<char> = line.chars().collect();
    let floor = |i: usize| {
        matches!(chars[i], '°' | '?' | '*')
            && i > 0
            && chars[i - 1].is_ascii_digit()
            && chars.get(i + 1).is_none_or(|next| *next == ' ')
    };
    (0..chars.len()).map(|i| if floor(i) { 'º' } else { chars[i] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_companies_are_distinguished() {
        assert!(looks_personal("Ingrid Brandvold"));
        assert!(looks_personal("Ana María García-López"));
        assert!(!looks_personal("Nordlys Energi AS"));
        assert!(!looks_personal("Bekkestrøm ASA"));
        assert!(looks_personal("Åsa Lindqvist"));
        assert!(!looks_personal("Electricity bill"));
        assert!(!looks_personal("Oslo"));
        assert!(!looks_personal("Volksbank Ahornstadt"));
        assert!(!looks_personal("Bâtiment C"));
        assert!(!looks_personal("Rose Cottage"));
        assert!(looks_personal("Inês Beatriz Simões de Vasconcelos e Sousa"));
        assert_eq!(without_title("Herr Lars Erik Åsheim"), "Lars Erik Åsheim");
        assert_eq!(without_title("M. Gaël Lefèvre"), "Gaël Lefèvre");
        assert_eq!(without_title("Ms Smith"), "Ms Smith");
    }

    #[test]
    fn misread_letters_are_corrected_by_position() {
        assert_eq!(spelt("Mariahilfer StraBe 22"), "Mariahilfer Straße 22");
        assert_eq!(spelt("LindenstraRe 5"), "Lindenstraße 5");
        assert_eq!(spelt("3? B"), "3º B");
        assert_eq!(spelt("3º° B"), "3º B");
        assert_eq!(spelt("APT5, Apt 12B, B5 Aptos"), "APT 5, Apt 12B, B5 Aptos");
        assert_eq!(spelt("1845 OAK RIDGE DRAPT 4"), "1845 OAK RIDGE DR APT 4");
        assert_eq!(spelt("APTS"), "APT 5");
        assert_eq!(spelt("12 DRAPT Lane, STAPT"), "12 DRAPT Lane, STAPT");
        assert_eq!(spelt("London SWIA 2AA"), "London SW1A 2AA");
        assert_eq!(spelt("C/PEÑÓN 36"), "C/ PEÑÓN 36");
        assert_eq!(spelt("C/I Peñón 160"), "C/ Peñón 160");
        assert_eq!(spelt("C/ Indalecio 3"), "C/ Indalecio 3");
        assert_eq!(spelt("C/O Schröder"), "C/O Schröder");
        assert_eq!(spelt("Storgata 14"), "Storgata 14");
    }
}
