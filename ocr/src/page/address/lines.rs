//! What the lines of letters look like: names of people and of companies, streets, towns, countries.

use super::super::captions::caption;
use super::super::identity::person;
use super::super::plain;

/// Words in names of companies, banks and offices, which people have not.
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
    "eg",
    "sa",
    "sas",
    "sarl",
    "spa",
    "srl",
    "sl",
    "bv",
    "nv",
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

/// Ends of such words, where they are one with a place or a trade.
const COMPANY_ENDS: &[&str] =
    &["bank", "banken", "werke", "werk", "kommune", "kontoret", "amt", "kasse", "verket", "telecom"];

/// What people are called before their names; on some letters on a line of its own.
pub(super) const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "herrn", "frau", "fru", "m", "mme", "mlle", "monsieur",
    "madame", "d", "dna", "don", "dona", "sr", "sra", "sig",
];

/// What a flat, a floor or a house's part is called.
const ANNEX: &[&str] = &[
    "flat",
    "apartment",
    "apt",
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

/// Those that stand before a number.
const UNITS: &[&str] = &["flat", "apartment", "apt", "unit", "suite"];

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

/// A name without what its bearer is called before it.
pub(super) fn without_title(text: &str) -> &str {
    match text.split_once(' ') {
        Some((first, rest)) if rest.contains(' ') && TITLES.contains(&plain(first).as_str()) => rest.trim_start(),
        _ => text,
    }
}

pub(super) fn is_company(text: &str) -> bool {
    plain(text).split(' ').any(|word| {
        COMPANY.contains(&word) || COMPANY_ENDS.iter().any(|end| word.len() > end.len() && word.ends_with(end))
    })
}

/// Two to eight words, capitalised but for particles, none of them a company's or a part of a house.
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

/// A street with a house number, or one that is known as a street.
pub(super) fn is_street(text: &str) -> bool {
    let plain = plain(text);
    let digits = plain.split(' ').any(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 5);
    let letters = plain.chars().filter(char::is_ascii_alphabetic).count() >= 3;
    let known = plain.split(' ').any(|word| STREET.iter().any(|street| word.ends_with(street)));
    letters && (digits || known)
}

/// A postal code with a town: `0184 Oslo`, `10115 Berlin`, `1012 AB Amsterdam`, `London SW1A 1AA`, `Springfield, IL 62704`.
pub(super) fn is_postal(text: &str) -> bool {
    let words: Vec<String> = plain(text).split(' ').map(str::to_owned).collect();
    let letters = |word: &String| word.bytes().all(|b| b.is_ascii_alphabetic());
    let digits = |word: &String| (4..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    // `1100 Main Street` begins with a house number.
    let street = words.iter().any(|word| STREET.contains(&word.as_str()));
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
    // `H91 E2K3`
    let irish = words.windows(2).any(|two| {
        let (routing, unique) = (two[0].as_bytes(), two[1].as_bytes());
        matches!(routing, [a, b, c] if a.is_ascii_alphabetic() && b.is_ascii_digit() && (c.is_ascii_digit() || *c == b'w'))
            && unique.len() == 4
            && unique.iter().any(u8::is_ascii_digit)
            && unique.iter().any(u8::is_ascii_alphabetic)
    });
    british || irish || (town && !street && (first || prefixed)) || last
}

pub(super) fn is_country(text: &str) -> bool {
    let words = text.split_whitespace().count();
    words <= 4
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 4
        && person(text).is_some()
        && caption(text).is_none()
}

/// A line without the marks that speckles leave at its ends.
pub(super) fn tidy(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').to_owned()
}

/// The sender's name, without the address that follows it in an envelope's window.
pub(super) fn sender(text: &str) -> String {
    let first = [" · ", " • ", " | ", " - "].iter().find_map(|mark| text.split_once(mark).map(|(first, _)| first));
    tidy(first.filter(|first| is_company(first)).unwrap_or(text))
}

/// What readers make of letters that they do not know: `ß` in the German word for street, and the raised `o` of Spanish floors.
pub(super) fn spelt(line: &str) -> String {
    let mut line = line.to_owned();
    for (wrong, right) in
        [("straBe", "straße"), ("straRe", "straße"), ("stra8e", "straße"), ("strafBe", "straße"), ("strae ", "straße ")]
    {
        line = line.replace(wrong, right);
        line = line.replace(&wrong.replacen('s', "S", 1), &right.replacen('s', "S", 1));
    }
    let line = line.replace("º°", "º").split(' ').map(parted).collect::<Vec<_>>().join(" ");
    let chars: Vec<char> = line.chars().collect();
    let floor = |i: usize| {
        matches!(chars[i], '°' | '?' | '*')
            && i > 0
            && chars[i - 1].is_ascii_digit()
            && chars.get(i + 1).is_none_or(|next| *next == ' ')
    };
    (0..chars.len()).map(|i| if floor(i) { 'º' } else { chars[i] }).collect()
}

/// `Apt5` as two words: readers lose the narrow space before a figure.
fn parted(word: &str) -> String {
    let is_unit = |name: &str| UNITS.iter().any(|unit| name.eq_ignore_ascii_case(unit));
    match word.find(|c: char| c.is_ascii_digit()).filter(|at| is_unit(&word[..*at])) {
        Some(at) => format!("{} {}", &word[..at], &word[at..]),
        None => word.to_owned(),
    }
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
            "15003 A Coruña",
            "H91 E2K3",
        ] {
            assert!(is_postal(text), "{text}");
        }
        for text in [
            "198 Abbey Road",
            "1100 Main Street",
            "Storgata 14",
            "Energy 612 kWh",
            "Due date: 15 November 2026",
            "Ingrid Brandvold",
            "612 kWh 734.40",
        ] {
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
        assert!(!looks_personal("Volksbank Ahornstadt"));
        assert!(!looks_personal("Bâtiment C"));
        assert!(!looks_personal("Rose Cottage"));
        assert!(looks_personal("Inês Beatriz Simões de Vasconcelos e Sousa"));
        assert_eq!(without_title("Herr Lars Erik Åsheim"), "Lars Erik Åsheim");
        assert_eq!(without_title("M. Gaël Lefèvre"), "Gaël Lefèvre");
        assert_eq!(without_title("Ms Smith"), "Ms Smith");
    }

    #[test]
    fn letters_that_readers_lack_are_put_right_where_they_must_stand() {
        assert_eq!(spelt("Mariahilfer StraBe 22"), "Mariahilfer Straße 22");
        assert_eq!(spelt("LindenstraRe 5"), "Lindenstraße 5");
        assert_eq!(spelt("3? B"), "3º B");
        assert_eq!(spelt("3º° B"), "3º B");
        assert_eq!(spelt("APT5, Apt 12B, B5 Aptos"), "APT 5, Apt 12B, B5 Aptos");
        assert_eq!(spelt("Storgata 14"), "Storgata 14");
    }
}
