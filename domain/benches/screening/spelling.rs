//! Romanisations by the tables of languages and states: the same name as several clerks write it. They are independent
//! of the tables in `domain::names`, which they measure.

/// Latin spellings of a Cyrillic word: ICAO's, and those customary in English, German, French and Polish.
pub fn cyrillic(word: &str) -> Vec<String> {
    (0..5).map(|system| word.chars().map(|c| letter(c, system)).collect::<String>()).collect()
}

fn letter(c: char, system: usize) -> &'static str {
    let row: [&str; 5] = match c.to_lowercase().next().unwrap_or(c) {
        'а' => ["a"; 5],
        'б' => ["b"; 5],
        'в' => ["v", "v", "w", "v", "w"],
        'г' => ["g", "g", "g", "g", "g"],
        'д' => ["d"; 5],
        'е' => ["e", "e", "e", "e", "e"],
        'ж' => ["zh", "zh", "sch", "j", "z"],
        'з' => ["z", "z", "s", "z", "z"],
        'и' => ["i", "i", "i", "i", "i"],
        'й' => ["i", "y", "j", "i", "j"],
        'к' => ["k"; 5],
        'л' => ["l"; 5],
        'м' => ["m"; 5],
        'н' => ["n"; 5],
        'о' => ["o"; 5],
        'п' => ["p"; 5],
        'р' => ["r"; 5],
        'с' => ["s"; 5],
        'т' => ["t"; 5],
        'у' => ["u", "u", "u", "ou", "u"],
        'ф' => ["f"; 5],
        'х' => ["kh", "kh", "ch", "kh", "ch"],
        'ц' => ["ts", "ts", "z", "ts", "c"],
        'ч' => ["ch", "ch", "tsch", "tch", "cz"],
        'ш' => ["sh", "sh", "sch", "ch", "sz"],
        'щ' => ["shch", "shch", "schtsch", "chtch", "szcz"],
        'ы' => ["y"; 5],
        'э' => ["e"; 5],
        'ю' => ["iu", "yu", "ju", "iou", "ju"],
        'я' => ["ia", "ya", "ja", "ia", "ja"],
        _ => [""; 5],
    };
    row[system]
}

/// Latin spellings of an Arabic word in the scheme below: as English, French, German, Egyptian and Persian clerks write.
///
/// `H x v $ * g 3 S D T Z q` are ḥ kh th sh dh gh ʿ ṣ ḍ ṭ ẓ q; doubled vowels are long.
pub fn arabic(word: &str) -> Vec<String> {
    (0..5).map(|system| arabic_by(word, system)).collect()
}

fn arabic_by(word: &str, system: usize) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let (length, row): (usize, [&str; 5]) = if rest.starts_with("aa") {
            (2, ["a"; 5])
        } else if rest.starts_with("ii") {
            (2, ["i", "i", "i", "i", "i"])
        } else if rest.starts_with("uu") {
            (2, ["u", "ou", "u", "u", "u"])
        } else if rest.starts_with("ay") {
            (2, ["ay", "ai", "ai", "ei", "ey"])
        } else if rest.starts_with("aw") {
            (2, ["aw", "aou", "au", "o", "o"])
        } else {
            let row = match first {
                'H' => ["h"; 5],
                'x' => ["kh", "kh", "ch", "kh", "kh"],
                'v' => ["th", "th", "th", "s", "s"],
                '$' => ["sh", "ch", "sch", "sh", "sh"],
                '*' => ["dh", "dh", "dh", "z", "z"],
                'g' => ["gh"; 5],
                '3' => [""; 5],
                'S' => ["s"; 5],
                'D' => ["d", "d", "d", "d", "z"],
                'T' => ["t"; 5],
                'Z' => ["z", "dh", "z", "z", "z"],
                'q' => ["q", "k", "q", "q", "gh"],
                'j' => ["j", "dj", "dsch", "g", "j"],
                'u' => ["u", "ou", "u", "o", "o"],
                'i' => ["i", "i", "i", "e", "e"],
                'w' => ["w", "ou", "w", "w", "v"],
                'y' => ["y", "y", "j", "y", "y"],
                'z' => ["z", "z", "s", "z", "z"],
                _ => [""; 5],
            };
            (first.len_utf8(), row)
        };
        match row[system] {
            "" if first != '3' => out.push(first),
            spelling => out.push_str(spelling),
        }
        rest = &rest[length..];
    }
    out
}

/// The same word in Arabic letters: short vowels are not written.
pub fn arabic_letters(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    let mut first_letter = true;
    while let Some(first) = rest.chars().next() {
        let (length, letter) = if rest.starts_with("aa") {
            (2, "ا")
        } else if rest.starts_with("ii") || rest.starts_with("ay") {
            (2, "ي")
        } else if rest.starts_with("uu") || rest.starts_with("aw") {
            (2, "و")
        } else {
            let letter = match first {
                'a' | 'i' | 'u' if first_letter => "ا",
                'a' if rest.len() == 1 => "ة",
                'a' | 'i' | 'u' => "",
                'b' => "ب",
                't' => "ت",
                'v' => "ث",
                'j' => "ج",
                'H' => "ح",
                'x' => "خ",
                'd' => "د",
                '*' => "ذ",
                'r' => "ر",
                'z' => "ز",
                's' => "س",
                '$' => "ش",
                'S' => "ص",
                'D' => "ض",
                'T' => "ط",
                'Z' => "ظ",
                '3' => "ع",
                'g' => "غ",
                'f' => "ف",
                'q' => "ق",
                'k' => "ك",
                'l' => "ل",
                'm' => "م",
                'n' => "ن",
                'h' => "ه",
                'w' => "و",
                'y' => "ي",
                _ => "",
            };
            (first.len_utf8(), letter)
        };
        out.push_str(letter);
        rest = &rest[length..];
        first_letter = false;
    }
    out
}

/// A syllable of Pinyin by the system of Wade and Giles, without its apostrophes.
pub fn wade_giles(pinyin: &str) -> String {
    let whole = match pinyin {
        "zi" => "tzu",
        "ci" => "tzu",
        "si" => "ssu",
        "zhi" => "chih",
        "chi" => "chih",
        "shi" => "shih",
        "ri" => "jih",
        "you" => "yu",
        "yan" => "yen",
        "yong" => "yung",
        "he" => "ho",
        "ge" => "ko",
        "ke" => "ko",
        "er" => "erh",
        "gui" => "kuei",
        "kui" => "kuei",
        "ye" => "yeh",
        _ => "",
    };
    if !whole.is_empty() {
        return whole.to_owned();
    }
    let initials = [
        ("zh", "ch"),
        ("ch", "ch"),
        ("sh", "sh"),
        ("b", "p"),
        ("p", "p"),
        ("d", "t"),
        ("t", "t"),
        ("g", "k"),
        ("k", "k"),
        ("j", "ch"),
        ("q", "ch"),
        ("x", "hs"),
        ("z", "ts"),
        ("c", "ts"),
        ("r", "j"),
    ];
    let found = initials.iter().find_map(|(from, to)| pinyin.strip_prefix(from).map(|rest| (*to, rest)));
    let (initial, end) = found.unwrap_or_else(|| {
        let at = pinyin.find(['a', 'e', 'i', 'o', 'u']).unwrap_or(0);
        pinyin.split_at(at)
    });
    let end = match end {
        "ong" => "ung",
        "iong" => "iung",
        "ian" => "ien",
        "ie" => "ieh",
        "ue" => "ueh",
        "uo" if !matches!(initial, "k" | "h" | "sh") => "o",
        end => end,
    };
    format!("{initial}{end}")
}

/// A Korean syllable in the revised romanisation, as McCune and Reischauer write it without marks, and as people do.
pub fn korean(revised: &str) -> Vec<String> {
    let older = {
        let initials = [("g", "k"), ("d", "t"), ("b", "p"), ("j", "ch")];
        let found = initials.iter().find_map(|(from, to)| revised.strip_prefix(from).map(|rest| format!("{to}{rest}")));
        found.unwrap_or_else(|| revised.to_owned()).replace("eo", "o").replace("eu", "u")
    };
    let popular = revised.replace("yeong", "young").replace("eon", "un").replace("eong", "ung").replace("eu", "u");
    vec![revised.to_owned(), older, popular]
}

/// Russian, Ukrainian and Bulgarian letters by the table of the state, and Greek ones: what the passport says of the
/// name that a person types in its own letters.
pub fn state(word: &str, state: &str) -> String {
    let lower: Vec<char> = word.to_lowercase().chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(&c) = lower.get(at) {
        let (spelling, length) = match state {
            "UA" => ukrainian(&lower, at),
            "BG" => bulgarian(&lower, at),
            "GR" => greek(&lower, at),
            _ => (russian(c), 1),
        };
        out.push_str(spelling);
        at += length;
    }
    out
}

fn russian(c: char) -> &'static str {
    match c {
        'ё' => "e",
        'ъ' => "ie",
        'ь' => "",
        'й' => "i",
        c => letter(c, 0),
    }
}

fn ukrainian(word: &[char], at: usize) -> (&'static str, usize) {
    let first = at == 0;
    let spelling = match word[at] {
        'з' if word.get(at + 1) == Some(&'г') => return ("zgh", 2),
        'г' => "h",
        'ґ' => "g",
        'и' => "y",
        'і' => "i",
        'є' => {
            if first {
                "ye"
            } else {
                "ie"
            }
        }
        'ї' => {
            if first {
                "yi"
            } else {
                "i"
            }
        }
        'й' => {
            if first {
                "y"
            } else {
                "i"
            }
        }
        'ю' => {
            if first {
                "yu"
            } else {
                "iu"
            }
        }
        'я' => {
            if first {
                "ya"
            } else {
                "ia"
            }
        }
        'ь' | '\'' => "",
        c => letter(c, 0),
    };
    (spelling, 1)
}

fn bulgarian(word: &[char], at: usize) -> (&'static str, usize) {
    let spelling = match word[at] {
        'и' if at + 2 == word.len() && word[at + 1] == 'я' => return ("ia", 2),
        'й' | 'ь' => "y",
        'х' => "h",
        'щ' => "sht",
        'ъ' => "a",
        'ю' => "yu",
        'я' => "ya",
        c => letter(c, 0),
    };
    (spelling, 1)
}

fn greek(word: &[char], at: usize) -> (&'static str, usize) {
    let next = word.get(at + 1).copied().unwrap_or(' ');
    let after = word.get(at + 2).copied().unwrap_or(' ');
    let voiceless = "θκξπστφχψς ".contains(after);
    let pair = match (word[at], next) {
        ('ο', 'υ' | 'ύ') => "ou",
        ('α', 'υ' | 'ύ') => {
            if voiceless {
                "af"
            } else {
                "av"
            }
        }
        ('ε', 'υ' | 'ύ') => {
            if voiceless {
                "ef"
            } else {
                "ev"
            }
        }
        ('γ', 'γ') => "ng",
        ('γ', 'χ') => "nch",
        ('μ', 'π') => {
            if at == 0 || after == ' ' {
                "b"
            } else {
                "mp"
            }
        }
        _ => "",
    };
    if !pair.is_empty() {
        return (pair, 2);
    }
    let one = match word[at] {
        'α' | 'ά' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' | 'έ' => "e",
        'ζ' => "z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'υ' | 'ύ' => "y",
        'φ' => "f",
        'χ' => "ch",
        'ψ' => "ps",
        _ => "",
    };
    (one, 1)
}
