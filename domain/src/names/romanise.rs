//! Latin spellings of Cyrillic and Greek names, by the tables that states use for their passports. A person who types
//! the name in its own letters has a document with the spelling of the issuing state, which is not known here: so all
//! are tried.
//!
//! | state | source |
//! |---|---|
//! | Ukraine | resolution 55 of the cabinet of ministers, 2010 |
//! | Bulgaria | law on transliteration, 2009 |
//! | Greece | ELOT 743, type 2 |
//! | Serbia, Bosnia and Herzegovina, Montenegro | the Latin alphabet of the language, without marks |
//! | North Macedonia | passport rules, 2007: the zone's table |
//! | Belarus | instruction on transliteration, 2008 |
//! | Russia | the passports' tables of 1997, 2010 and 2013 (the last is ICAO's) |

/// The spellings of a word, upper-case A-Z; none if it has no Cyrillic or Greek letter.
pub(crate) fn spellings(word: &str) -> Vec<String> {
    let upper: Vec<char> = word.chars().flat_map(char::to_uppercase).collect();
    let is_cyrillic = upper.iter().any(|c| ('\u{400}'..='\u{52F}').contains(c));
    let is_greek = upper.iter().any(|c| ('\u{370}'..='\u{3FF}').contains(c) || ('\u{1F00}'..='\u{1FFF}').contains(c));
    let mut found = Vec::new();
    let tables: &[fn(&[char]) -> String] = match (is_cyrillic, is_greek) {
        (true, _) => &[ukrainian, bulgarian, serbian, macedonian, belarusian, russian_1997, russian_2010],
        (false, true) => &[greek],
        (false, false) => &[],
    };
    for table in tables {
        let spelling = table(&upper);
        if !spelling.is_empty() && !found.contains(&spelling) {
            found.push(spelling);
        }
    }
    found
}

/// Spells letter by letter. `special` has the letters in which a state differs from the common table; it is given the
/// letter, whether it is the first, and the letter before.
fn cyrillic(word: &[char], special: impl Fn(char, bool, Option<char>) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(word.len() * 2);
    for (at, &c) in word.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| word.get(at)).copied();
        match special(c, at == 0, before).or_else(|| common(c)) {
            Some(spelling) => out.push_str(spelling),
            None => out.extend(c.is_ascii_alphanumeric().then_some(c)),
        }
    }
    out
}

/// The letters that all tables spell alike, and the most usual spelling of others.
fn common(c: char) -> Option<&'static str> {
    Some(match c {
        'А' => "A",
        'Б' => "B",
        'В' => "V",
        'Г' | 'Ґ' => "G",
        'Д' => "D",
        'Е' | 'Ё' | 'Э' => "E",
        'Ж' => "ZH",
        'З' => "Z",
        'И' | 'І' | 'Ї' | 'Й' => "I",
        'К' => "K",
        'Л' => "L",
        'М' => "M",
        'Н' => "N",
        'О' => "O",
        'П' => "P",
        'Р' => "R",
        'С' => "S",
        'Т' => "T",
        'У' | 'Ў' => "U",
        'Ф' => "F",
        'Х' => "KH",
        'Ц' => "TS",
        'Ч' => "CH",
        'Ш' => "SH",
        'Щ' => "SHCH",
        'Ы' => "Y",
        'Ю' => "IU",
        'Я' => "IA",
        'Є' => "IE",
        'Ь' | 'Ъ' | '\'' | '’' | 'ʼ' => "",
        'Ј' => "J",
        'Љ' => "LJ",
        'Њ' => "NJ",
        'Ђ' => "DJ",
        'Ћ' => "C",
        'Џ' => "DZ",
        'Ѓ' => "GJ",
        'Ќ' => "KJ",
        'Ѕ' => "DZ",
        _ => return None,
    })
}

fn ukrainian(word: &[char]) -> String {
    cyrillic(word, |c, first, before| {
        Some(match c {
            // `зг` is told apart from `ж`.
            'Г' if before == Some('З') => "GH",
            'Г' => "H",
            'Є' if first => "YE",
            'Ї' if first => "YI",
            'Й' if first => "Y",
            'Ю' if first => "YU",
            'Я' if first => "YA",
            'И' => "Y",
            _ => return None,
        })
    })
}

fn bulgarian(word: &[char]) -> String {
    // The ending `ия` is `ia`; elsewhere `я` is `ya`.
    let ends_in_ia = word.ends_with(&['И', 'Я']);
    let (stem, ending) = if ends_in_ia { (&word[..word.len() - 2], "IA") } else { (word, "") };
    let spelt = cyrillic(stem, |c, _, _| {
        Some(match c {
            'Й' | 'Ь' => "Y",
            'Х' => "H",
            'Щ' => "SHT",
            'Ъ' => "A",
            'Ю' => "YU",
            'Я' => "YA",
            _ => return None,
        })
    });
    spelt + ending
}

fn serbian(word: &[char]) -> String {
    cyrillic(word, |c, _, _| {
        Some(match c {
            'Ж' => "Z",
            'Х' => "H",
            'Ц' | 'Ч' => "C",
            'Ш' => "S",
            'Ђ' => "DJ",
            _ => return None,
        })
    })
}

fn macedonian(word: &[char]) -> String {
    cyrillic(word, |c, _, _| {
        Some(match c {
            'Х' => "H",
            'Ц' => "C",
            'Џ' => "DJ",
            _ => return None,
        })
    })
}

fn belarusian(word: &[char]) -> String {
    cyrillic(word, |c, first, before| {
        let opens = first || before.is_some_and(|before| "АЕЁІИОУЎЫЭЮЯЬ'’".contains(before));
        Some(match c {
            'Г' => "H",
            'Е' if opens => "YE",
            'Е' => "IE",
            'Ё' if opens => "YO",
            'Ё' => "IO",
            'Ю' if opens => "YU",
            'Я' if opens => "YA",
            _ => return None,
        })
    })
}

fn russian_1997(word: &[char]) -> String {
    // The endings `ий` and `ый` were one letter.
    let ends_short = word.ends_with(&['И', 'Й']) || word.ends_with(&['Ы', 'Й']);
    let (stem, ending) = if ends_short { (&word[..word.len() - 2], "Y") } else { (word, "") };
    let spelt = cyrillic(stem, |c, first, before| {
        let opens = first || before.is_some_and(|before| "АЕЁИОУЫЭЮЯЬЪ".contains(before));
        Some(match c {
            'Е' | 'Ё' if opens => "YE",
            'Й' => "Y",
            'Ю' => "YU",
            'Я' => "YA",
            _ => return None,
        })
    });
    spelt + ending
}

fn russian_2010(word: &[char]) -> String {
    cyrillic(word, |c, _, _| (c == 'Ц').then_some("TC"))
}

fn greek(word: &[char]) -> String {
    // Accents do not change a spelling, except that a diaeresis keeps two vowels apart.
    let letters: Vec<(char, bool)> =
        word.iter().map(|c| (without_accent(*c), matches!(c, 'Ϊ' | 'Ϋ' | 'ΐ' | 'ΰ'))).collect();
    let mut out = String::with_capacity(word.len() * 2);
    let mut at = 0;
    while let Some(&(c, _)) = letters.get(at) {
        let next = letters.get(at + 1).filter(|(_, apart)| !apart).map(|(next, _)| *next);
        let after = letters.get(at + 2).map(|(after, _)| *after);
        let is_edge = at == 0 || after.is_none();
        let voiceless = after.is_none_or(|after| "ΘΚΞΠΣΤΦΧΨ".contains(after));
        let (spelling, length) = match (c, next) {
            ('Ο', Some('Υ')) => ("OU", 2),
            ('Α', Some('Υ')) => (if voiceless { "AF" } else { "AV" }, 2),
            ('Ε', Some('Υ')) => (if voiceless { "EF" } else { "EV" }, 2),
            ('Η', Some('Υ')) => (if voiceless { "IF" } else { "IV" }, 2),
            ('Γ', Some('Γ')) => ("NG", 2),
            ('Γ', Some('Ξ')) => ("NX", 2),
            ('Γ', Some('Χ')) => ("NCH", 2),
            ('Μ', Some('Π')) => (if is_edge { "B" } else { "MP" }, 2),
            _ => (greek_letter(c), 1),
        };
        out.push_str(spelling);
        at += length;
    }
    out
}

fn without_accent(c: char) -> char {
    match c {
        'Ά' => 'Α',
        'Έ' => 'Ε',
        'Ή' => 'Η',
        'Ί' | 'Ϊ' | 'ΐ' => 'Ι',
        'Ό' => 'Ο',
        'Ύ' | 'Ϋ' | 'ΰ' => 'Υ',
        'Ώ' => 'Ω',
        'ς' => 'Σ',
        c => c,
    }
}

fn greek_letter(c: char) -> &'static str {
    match c {
        'Α' => "A",
        'Β' => "V",
        'Γ' => "G",
        'Δ' => "D",
        'Ε' => "E",
        'Ζ' => "Z",
        'Η' | 'Ι' => "I",
        'Θ' => "TH",
        'Κ' => "K",
        'Λ' => "L",
        'Μ' => "M",
        'Ν' => "N",
        'Ξ' => "X",
        'Ο' | 'Ω' => "O",
        'Π' => "P",
        'Ρ' => "R",
        'Σ' => "S",
        'Τ' => "T",
        'Υ' => "Y",
        'Φ' => "F",
        'Χ' => "CH",
        'Ψ' => "PS",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_states_are_those_of_their_tables() {
        for (name, spelling) in [
            ("Згурський", "ZGHURSKYI"),
            ("Євгенія", "YEVHENIIA"),
            ("Їжакевич", "YIZHAKEVYCH"),
            ("Щербак", "SHCHERBAK"),
            ("Юрій", "YURII"),
            ("Ганна", "HANNA"),
            ("Мария", "MARIA"),
            ("Щерев", "SHTEREV"),
            ("Христов", "HRISTOV"),
            ("Ъгълов", "AGALOV"),
            ("Янко", "YANKO"),
            ("Γιώργος", "GIORGOS"),
            ("Ευάγγελος", "EVANGELOS"),
            ("Παπαδόπουλος", "PAPADOPOULOS"),
            ("Μπάμπης", "BAMPIS"),
            ("Σταύρος", "STAVROS"),
            ("Ευθύμιος", "EFTHYMIOS"),
            ("Χρήστος", "CHRISTOS"),
            ("Жељко", "ZELJKO"),
            ("Ђорђевић", "DJORDJEVIC"),
            ("Ѓорѓи", "GJORGJI"),
            ("Рыгор", "RYHOR"),
            ("Юрий", "YURY"),
            ("Цветаев", "TCVETAEV"),
        ] {
            assert!(spellings(name).iter().any(|known| known == spelling), "{name}: {:?}", spellings(name));
        }
        assert!(spellings("Zarenko").is_empty());
    }
}
