//! Normalisation of typed text (composed, trimmed, single-spaced, without invisible characters), and the characters that
//! no value may have.

use crate::field_error::FieldError;
use crate::invisible::{is_joined, is_joiner, without_invisible};

mod compatibility;
mod names;

pub(crate) use names::{clean_name, in_names};

/// A fault of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFault {
    /// It is empty or has only spaces.
    Empty,
    /// It has more characters than allowed.
    TooLong,
    /// It has a character that is not allowed.
    Character,
    /// A word of a name has letters of two alphabets that look alike.
    Alphabets,
}

impl TextFault {
    /// The error for the applicant. `what` begins a sentence: `Your first name`.
    pub(crate) fn explain(self, field: &str, what: &str, max: usize) -> FieldError {
        match self {
            Self::Empty => FieldError::new(field, "required", format!("{what} is missing. Please fill it in.")),
            Self::TooLong => {
                FieldError::new(field, "too_long", format!("{what} is too long. Please use {max} characters or fewer."))
            }
            Self::Character => FieldError::new(
                field,
                "invalid_character",
                format!(
                    "{what} has a character that cannot be used here. Please leave out symbols, pictures and line \
                     breaks."
                ),
            ),
            Self::Alphabets => FieldError::new(
                field,
                "invalid",
                format!(
                    "{what} mixes letters of two alphabets that look alike in one word. Please type it again with one \
                     keyboard."
                ),
            ),
        }
    }
}

/// Normalises a text with [`tidy`] and checks it: at most `max` characters, each accepted by `allowed`, at least one of
/// them a letter or a digit.
///
/// Control characters, line breaks and brackets of markup are refused even if `allowed` accepts them.
pub(crate) fn clean(text: &str, max: usize, allowed: fn(char) -> bool) -> Result<String, TextFault> {
    // Checked first, so that a value of megabytes costs nothing. A decomposed letter has up to four characters.
    if text.chars().nth(max * 4).is_some() {
        return Err(TextFault::TooLong);
    }
    let tidy = tidy(text);
    if tidy.is_empty() {
        return Err(TextFault::Empty);
    }
    if tidy.chars().nth(max).is_some() {
        return Err(TextFault::TooLong);
    }
    let mut previous = ' ';
    let mut marks = 0;
    for c in tidy.chars() {
        if is_mark(c) {
            marks += 1;
            // Vietnamese needs two marks on a letter, more than any other language. More than three indicate an attack.
            if previous == ' ' || marks > 3 {
                return Err(TextFault::Character);
            }
        } else {
            marks = 0;
        }
        // `tidy` leaves a joiner only where it is part of the spelling.
        let joins = is_joiner(c) && is_joined(previous);
        if !joins && (is_hostile(c) || !(c == ' ' || is_mark(c) || allowed(c))) {
            return Err(TextFault::Character);
        }
        previous = c;
    }
    if !tidy.chars().any(char::is_alphanumeric) {
        return Err(TextFault::Character);
    }
    Ok(tidy)
}

/// Leaves out invisible characters, composes accents, folds full-width forms and typographic apostrophes and hyphens,
/// trims, and makes every run of spaces one.
pub(crate) fn tidy(text: &str) -> String {
    let mut out: String = String::with_capacity(text.len());
    for c in without_invisible(text).chars() {
        compatibility::fold(c, |c| match fold_mark(c) {
            ' ' if out.is_empty() || out.ends_with(' ') => {}
            c => match out.pop() {
                None => out.push(c),
                Some(base) => match compose(base, c) {
                    Some(composed) => out.push(composed),
                    None => out.extend([base, c]),
                },
            },
        });
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Whether a character may occur in addresses: quotation marks around names of streets (`бул. „Витоша“`), and signs that
/// belong to names of places (`Westward Ho!`) or divide parts of an address.
pub(crate) fn in_addresses(c: char) -> bool {
    in_names(c)
        || matches!(c, '#' | '&' | '(' | ')' | '[' | ']' | '*' | '!' | ';' | ':' | '+' | 'º' | 'ª' | '°' | '№' | '_')
        || matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '‚' | '「' | '」' | '、' | '〒')
}

fn is_letter(c: char) -> bool {
    // Alphabetic by Unicode, except ornaments (mathematical, enclosed and letter-like symbols, emoji) and phrases in one
    // character.
    c.is_alphabetic()
        && !matches!(c, '\u{1D400}'..='\u{1D7FF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{2460}'..='\u{24FF}'
            | '\u{2100}'..='\u{214F}' | '\u{FDF0}'..='\u{FDFF}')
}

fn is_digit(c: char) -> bool {
    c.is_numeric() && !matches!(c, '\u{2460}'..='\u{24FF}' | '\u{2776}'..='\u{2793}' | '\u{1F100}'..='\u{1F10C}')
}

/// Whether a character is a combining mark.
pub(crate) fn is_mark(c: char) -> bool {
    match c {
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5C7}' => true,
        '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}' => true,
        // Signs of the scripts of South and South-East Asia that Unicode does not count as letters: virama, nukta,
        // tone.
        '\u{900}'..='\u{DFF}' => !c.is_alphanumeric() && !matches!(c, '\u{964}' | '\u{965}' | '\u{970}'),
        '\u{E47}'..='\u{E4E}'
        | '\u{EC8}'..='\u{ECE}'
        | '\u{F39}'
        | '\u{F84}'
        | '\u{1037}'..='\u{103A}'
        | '\u{17C6}'..='\u{17D3}' => true,
        '\u{3099}' | '\u{309A}' => true,
        _ => false,
    }
}

/// Characters that can deceive a person or a program: controls, markup, line separators, private use.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '<' | '>' | '\u{2028}' | '\u{2029}' | '\u{FFFC}'..='\u{FFFF}' | '\u{E000}'..='\u{F8FF}')
}

/// Spaces, apostrophes and hyphens in the one spelling of each.
fn fold_mark(c: char) -> char {
    match c {
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        '\u{2018}' | '\u{2019}' | '\u{2B9}' | '\u{2BC}' | '\u{2B0}' | '\u{60}' | '\u{B4}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

/// Joins a letter and a mark where Unicode has one character for the two: canonical composition, for the scripts in
/// which keyboards and file systems divide letters (Latin, Greek, Cyrillic, Kana). A table, because the page validates
/// with the same code, and `unicode-normalization` adds 125 kB of WebAssembly (62 kB compressed) to it. A test compares
/// the two.
fn compose(base: char, mark: char) -> Option<char> {
    let (_, pairs) = COMPOSED.iter().find(|(known, _)| *known == mark)?;
    let mut pairs = pairs.chars();
    while let (Some(letter), Some(composed)) = (pairs.next(), pairs.next()) {
        if letter == base {
            return Some(composed);
        }
    }
    None
}

/// A composed letter without the mark that was added last: `ế` gives `ê`.
pub(crate) fn without_mark(composed: char) -> Option<char> {
    COMPOSED.iter().find_map(|(_, pairs)| {
        let mut pairs = pairs.chars();
        while let (Some(letter), Some(joined)) = (pairs.next(), pairs.next()) {
            if joined == composed {
                return Some(letter);
            }
        }
        None
    })
}

/// A mark, and the letters that it joins: letter, composed, letter, composed... (Unicode character database).
#[rustfmt::skip]
const COMPOSED: [(char, &str); 27] = [
    ('\u{300}', "AÀEÈIÌOÒUÙaàeèiìoòuùÜǛüǜNǸnǹĒḔēḕŌṐōṑWẀwẁÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳЕЀИЍеѐиѝ"),
    ('\u{301}', "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÜǗüǘGǴgǵÅǺåǻÆǼæǽØǾøǿÇḈçḉĒḖēḗÏḮïḯKḰk\
                 ḱMḾmḿÕṌõṍŌṒōṓPṔpṕŨṸũṹWẂwẃÂẤâấĂẮăắÊẾêếÔỐôốƠỚơớƯỨưứΑΆΕΈΗΉΙΊΟΌΥΎΩΏϊΐαάεέηήιίϋΰοόυύωώГЃКЌгѓкќ¨΅ϒϓ"),
    ('\u{302}', "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷZẐzẑẠẬạậẸỆẹệỌỘọộ"),
    ('\u{303}', "AÃNÑOÕaãnñoõIĨiĩUŨuũVṼvṽÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ"),
    ('\u{304}', "AĀaāEĒeēIĪiīOŌoōUŪuūÜǕüǖÄǞäǟȦǠȧǡÆǢæǣǪǬǫǭÖȪöȫÕȬõȭȮȰȯȱYȲyȳGḠgḡḶḸḷḹṚṜṛṝИӢиӣУӮуӯ"),
    ('\u{306}', "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭȨḜȩḝẠẶạặУЎИЙийуўЖӁжӂАӐаӑЕӖеӗ"),
    ('\u{307}', "CĊcċEĖeėGĠgġIİZŻzżAȦaȧOȮoȯBḂbḃDḊdḋFḞfḟHḢhḣMṀmṁNṄnṅPṖpṗRṘrṙSṠsṡŚṤśṥŠṦšṧṢṨṣṩTṪtṫWẆwẇXẊxẋYẎyẏſẛ"),
    ('\u{308}', "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸHḦhḧÕṎõṏŪṺūṻWẄwẅXẌxẍtẗΙΪΥΫιϊυϋЕЁІЇеёіїϒϔАӒаӓӘӚәӛЖӜжӝЗӞзӟИӤиӥОӦоӧӨӪөӫЭӬэӭУӰуӱЧӴчӵЫӸыӹ"),
    ('\u{309}', "AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ"),
    ('\u{30A}', "AÅaåUŮuůwẘyẙ"),
    ('\u{30B}', "OŐoőUŰuűУӲуӳ"),
    ('\u{30C}', "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzžAǍaǎIǏiǐOǑoǒUǓuǔÜǙüǚGǦgǧKǨkǩƷǮʒǯjǰHȞhȟ"),
    ('\u{30F}', "AȀaȁEȄeȅIȈiȉOȌoȍRȐrȑUȔuȕѴѶѵѷ"),
    ('\u{311}', "AȂaȃEȆeȇIȊiȋOȎoȏRȒrȓUȖuȗ"),
    ('\u{31B}', "OƠoơUƯuư"),
    ('\u{323}', "BḄbḅDḌdḍHḤhḥKḲkḳLḶlḷMṂmṃNṆnṇRṚrṛSṢsṣTṬtṭVṾvṿWẈwẉZẒzẓAẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ"),
    ('\u{324}', "UṲuṳ"),
    ('\u{325}', "AḀaḁ"),
    ('\u{326}', "SȘsșTȚtț"),
    ('\u{327}', "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţEȨeȩDḐdḑHḨhḩ"),
    ('\u{328}', "AĄaąEĘeęIĮiįUŲuųOǪoǫ"),
    ('\u{32D}', "DḒdḓEḘeḙLḼlḽNṊnṋTṰtṱUṶuṷ"),
    ('\u{32E}', "HḪhḫ"),
    ('\u{330}', "EḚeḛIḬiḭUṴuṵ"),
    ('\u{331}', "BḆbḇDḎdḏKḴkḵLḺlḻNṈnṉRṞrṟTṮtṯZẔzẕhẖ"),
    ('\u{3099}', "かがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべほぼうゔゝゞカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトドハバヒビフブヘベホボウヴワヷヰヸヱヹヲヺヽヾ"),
    ('\u{309A}', "はぱひぴふぷへぺほぽハパヒピフプヘペホポ"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::invisible::tests::AROUND;

    #[test]
    fn text_is_composed_and_single_spaced() {
        assert_eq!(tidy("  Jose\u{301}   Nu\u{303}n\u{303}ez "), "José Nũñez");
        assert_eq!(tidy("A\u{30A}se"), "Åse");
        // Two marks on one letter, one after the other.
        assert_eq!(tidy("Nguye\u{302}\u{303}n"), "Nguyễn");
        assert_eq!(tidy("O\u{2019}Neill\u{2010}Ⅹ"), "O'Neill-X");
        assert_eq!(tidy("\u{FF11}\u{FF12}\u{3000}Ａ"), "12 A");
        // A full-width form of a character that is folded as well.
        assert_eq!(tidy("O\u{FF40}Neill"), "O'Neill");
    }

    /// The table against the Unicode character database, both ways.
    #[test]
    fn composition_is_that_of_unicode() {
        use unicode_normalization::char::{compose as nfc, decompose_canonical};

        for (mark, pairs) in COMPOSED {
            let pairs: Vec<char> = pairs.chars().collect();
            for pair in pairs.chunks(2) {
                assert_eq!(nfc(pair[0], mark), Some(pair[1]), "{pair:?} {mark:?}");
            }
        }
        // Latin, Greek (without the polytonic signs of old texts), Cyrillic and Kana.
        let composed = ('\u{C0}'..='\u{52F}').chain('\u{1E00}'..='\u{1EFF}').chain('\u{3040}'..='\u{30FF}');
        let missing: Vec<(char, Vec<char>)> = composed
            .filter_map(|c| {
                let mut parts = Vec::new();
                decompose_canonical(c, |part| parts.push(part));
                // The last mark joins the result of the others.
                let joined = parts[1..].iter().try_fold(parts[0], |base, mark| nfc(base, *mark));
                let is_composed = parts.len() > 1 && joined == Some(c);
                (is_composed && tidy(&parts.iter().collect::<String>()) != c.to_string()).then_some((c, parts))
            })
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn names_of_many_scripts_are_accepted() {
        for name in [
            "O'Brien",
            "Anne-Marie",
            "Åse Ødegård",
            "José",
            "Müller",
            "Þórir",
            "Nguyễn",
            "J. R. R.",
            "Иван",
            "Γιώργος",
            "محمد",
            "مُحَمَّد",
            "王小明",
            "山田",
            "김민준",
            "प्रिया",
            "ศักดิ์",
            "נועה",
            "d'Été",
            "Gal·la",
            "'t Hooft",
            "می\u{200C}خواهم",
        ] {
            assert_eq!(clean(name, 100, in_names).as_deref(), Ok(name), "{name}");
        }
    }

    #[test]
    fn hostile_text_is_refused_in_names_and_addresses() {
        for text in [
            "<script>",
            "a\0b",
            "a\nb",
            "a\tb",
            "a😀",
            "🅰b",
            "𝓘ngrid",
            "x'; DROP TABLE users=",
            "{{7*7}}",
            "a\\b",
            "$x",
            "\u{301}a",
            "a\u{301}\u{301}\u{301}\u{301}\u{301}",
            "=cmd|x",
            "a\u{E000}",
        ] {
            assert_eq!(clean(text, 100, in_names), Err(TextFault::Character), "{text:?}");
            assert_eq!(clean(text, 100, in_addresses), Err(TextFault::Character), "{text:?}");
        }
        for text in ["'", "- -", "."] {
            assert_eq!(clean(text, 100, in_names), Err(TextFault::Character), "{text:?}");
        }
        for line in [
            "Storgata 12B, 3. etg. (c/o Berg)",
            "бул. „Витоша“ 12",
            "ул. \"Шипка\" №3; ет. 2",
            "Westward Ho!",
            "SQS 308 Bloco \"C\" [fundos]",
            "Flat 3 @ The Mill *",
        ] {
            assert_eq!(clean(line, 100, in_addresses).as_deref(), Ok(line));
        }
    }

    #[test]
    fn invisible_characters_are_left_out_of_names_and_addresses() {
        for (before, after) in AROUND {
            let typed = format!("{before}Ingrid{after} {before}");
            assert_eq!(clean(&typed, 100, in_names).as_deref(), Ok("Ingrid"), "{typed:?}");
            assert_eq!(clean(&format!("Stor{before}gata"), 100, in_addresses).as_deref(), Ok("Storgata"), "{before:?}");
            assert_eq!(clean(&format!("{before} {after}"), 100, in_names), Err(TextFault::Empty), "{before:?}");
        }
        // A letter and its mark are composed also where an invisible character stands between them.
        assert_eq!(tidy("Jose\u{2060}\u{301}"), "José");
    }

    #[test]
    fn length_limit_counts_characters() {
        assert_eq!(clean(&"å".repeat(5), 5, in_names).as_deref(), Ok("ååååå"));
        assert_eq!(clean(&"a\u{30A}".repeat(5), 5, in_names).as_deref(), Ok("ååååå"));
        assert_eq!(clean(&"å".repeat(6), 5, in_names), Err(TextFault::TooLong));
        assert_eq!(clean(&"a".repeat(10_000), 5, in_names), Err(TextFault::TooLong));
        assert_eq!(clean("   ", 5, in_names), Err(TextFault::Empty));
        assert_eq!(clean("", 5, in_names), Err(TextFault::Empty));
    }

    proptest! {
        #[test]
        fn tidy_is_idempotent(text in any::<String>()) {
            let once = tidy(&text);
            prop_assert_eq!(tidy(&once), once);
        }

        #[test]
        fn clean_is_idempotent(text in "\\PC{0,40}") {
            if let Ok(once) = clean(&text, 60, in_addresses) {
                prop_assert_eq!(clean(&once, 60, in_addresses), Ok(once.clone()));
                prop_assert!(!once.contains(['<', '>', '\n']));
            }
        }
    }
}
