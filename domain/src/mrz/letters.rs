//! Transliteration to the letters of a zone by Doc 9303-3, section 6: table A for Latin letters with marks, table B for
//! Cyrillic. Other scripts are transliterated letter by letter, as far as possible; in the browser they vanish.

pub(crate) use super::plain_letters::plain;

/// The spelling that the tables recommend for an upper-case letter, where it is not the letter without its mark.
pub(crate) fn recommended(c: char) -> Option<&'static str> {
    Some(match c {
        'Ä' | 'Æ' | 'Ǽ' => "AE",
        'Ö' | 'Ø' | 'Œ' | 'Ǿ' => "OE",
        'Ü' => "UE",
        'Å' => "AA",
        'ß' | 'ẞ' => "SS",
        'Þ' => "TH",
        'Ð' | 'Đ' => "D",
        'Ĳ' => "IJ",
        'Ŋ' => "N",
        'ı' => "I",
        // Table B.
        'Ё' | 'Э' => "E",
        'Ж' => "ZH",
        'Й' | 'И' | 'І' | 'Ї' => "I",
        'Х' => "KH",
        'Ц' => "TS",
        'Ч' => "CH",
        'Ш' => "SH",
        'Щ' => "SHCH",
        'Ъ' => "IE",
        'Ы' => "Y",
        'Ь' => "",
        'Ю' => "IU",
        'Я' => "IA",
        'Є' => "IE",
        'Ґ' | 'Ѓ' => "G",
        'Ђ' => "D",
        'Ѕ' => "DZ",
        'Ј' => "J",
        'Љ' => "LJ",
        'Њ' => "NJ",
        'Ћ' => "C",
        'Ќ' => "K",
        'Џ' => "DZ",
        'Ў' => "U",
        _ => return None,
    })
}

/// The other spellings that the tables permit for an upper-case letter, beside the letter without its mark.
pub(crate) const fn permitted(c: char) -> &'static [&'static str] {
    match c {
        'Ñ' => &["NXX"],
        'Ü' => &["UXX"],
        // Table B, the notes: by language.
        'Г' | 'Х' => &["H"],
        'Ж' => &["Z"],
        'И' => &["Y"],
        'Ц' | 'Ч' => &["C"],
        'Ш' => &["S"],
        'Щ' => &["SHT"],
        'Ѓ' => &["GJ"],
        'Ќ' => &["KJ"],
        'Џ' => &["DJ"],
        _ => &[],
    }
}

/// Whether a character separates two words, so that a zone has filler for it.
pub(super) const fn divides(c: char) -> bool {
    matches!(c, ' ' | '-' | '<' | ',' | '\u{a0}' | '\u{2010}' | '\u{2011}' | '\u{2013}')
}

/// A text as the zone spells it: `A`-`Z`, `0`-`9`, and `<` for spaces and hyphens, none at either end. Letters with
/// marks and Cyrillic letters follow the tables (`Å` = `AA`, `Ø` = `OE`, `ß` = `SS`, `Ж` = `ZH`). Apostrophes and full
/// stops vanish.
pub fn transliterate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_uppercase) {
        match c {
            'A'..='Z' | '0'..='9' => out.push(c),
            c if divides(c) => out.push('<'),
            c => match recommended(c) {
                Some(spelling) => out.push_str(spelling),
                None => out.push_str(&plain(c)),
            },
        }
    }
    // A pair of fillers separates the two names, so none may occur within a name.
    out.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("<")
}

/// Whether a printed name agrees with the one in a zone (filler or spaces between its words), in any transliteration
/// that the tables permit: `Ä` as `AE` or `A`, `Ñ` as `N` or `NXX`. `cut`: the zone is full, so its name may be
/// truncated.
pub fn agrees(printed: &str, zone: &str, cut: bool) -> bool {
    let zone = transliterate(zone);
    if zone.is_empty() {
        return false;
    }
    // The positions in the zone at which the letters so far may end.
    let mut ends = vec![0];
    let mut between = true;
    let mut pending = false;
    for c in printed.chars().flat_map(char::to_uppercase) {
        if divides(c) {
            pending = !between;
            continue;
        }
        let spellings = spellings(c);
        if spellings.iter().all(String::is_empty) {
            continue;
        }
        if std::mem::take(&mut pending) && advance(&zone, &mut ends, &["<".to_owned()], cut) {
            return true;
        }
        between = false;
        if advance(&zone, &mut ends, &spellings, cut) {
            return true;
        }
        if ends.is_empty() {
            return false;
        }
    }
    !between && ends.contains(&zone.len())
}

/// Moves every end past each spelling found there. True where a truncated zone ends within one of them.
fn advance(zone: &str, ends: &mut Vec<usize>, spellings: &[String], cut: bool) -> bool {
    let mut next = Vec::new();
    for (end, spelling) in ends.iter().flat_map(|end| spellings.iter().map(move |spelling| (*end, spelling))) {
        let Some(rest) = zone.get(end..) else { continue };
        if cut && spelling.starts_with(rest) {
            return true;
        }
        let behind = end + spelling.len();
        if rest.starts_with(spelling.as_str()) && !next.contains(&behind) {
            next.push(behind);
        }
    }
    *ends = next;
    false
}

fn spellings(c: char) -> Vec<String> {
    let mut all = vec![plain(c)];
    for other in recommended(c).into_iter().chain(permitted(c).iter().copied()) {
        if !all.iter().any(|known| known == other) {
            all.push(other.to_owned());
        }
    }
    all
}
