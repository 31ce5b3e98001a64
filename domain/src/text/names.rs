//! Personal names: which characters they may have, and which combinations are slips or deceit.

use super::{TextFault, clean, is_digit, is_letter};

/// Whether a character may occur in personal names, of any script.
///
/// Beside letters: marks of relation and of other names in Malaysia and Singapore (`A/L`, `s/o`, `@`), a comma before a
/// suffix (`Smith, Jr.`), a figure (`Jennifer 8.`), the middle dots of Catalan, Chinese and Japanese, the Tibetan
/// tsheg, and the Hebrew geresh.
pub(crate) fn in_names(c: char) -> bool {
    matches!(c, '\'' | '-' | '.' | ',' | '/' | '@' | '·' | '‧' | '・' | '\u{F0B}' | '\u{F0C}' | '\u{5F3}' | '\u{5F4}')
        || is_letter(c)
        || is_digit(c)
}

/// Normalises a personal name and checks it: [`clean`] with [`in_names`], with a letter in it, a figure only as a word
/// of its own, and the letters of one alphabet in each word.
pub(crate) fn clean_name(text: &str, max: usize) -> Result<String, TextFault> {
    let name = clean(text, max, in_names)?;
    if !name.chars().any(is_of_a_word) || has_figure_in_word(&name) {
        return Err(TextFault::Character);
    }
    if mixes_alphabets(&name) {
        return Err(TextFault::Alphabets);
    }
    Ok(name)
}

/// Letters that make a word. Signs of length, repetition and aspiration only follow other letters.
fn is_of_a_word(c: char) -> bool {
    let sign = matches!(c, 'ª' | 'º' | '\u{2B0}'..='\u{2FF}' | '\u{640}' | '々' | 'ゝ' | 'ゞ' | 'ー' | 'ヽ' | 'ヾ');
    c.is_alphabetic() && !sign
}

/// Whether a figure touches a letter, as in `Ingrid2` and `0skar`. An ordinal (`3rd`) is a word.
fn has_figure_in_word(name: &str) -> bool {
    name.split([' ', '-', '.', ',', '/', '@', '\'']).any(|word| {
        let rest = word.trim_start_matches(is_digit);
        let ordinal = ["", "st", "nd", "rd", "th"].iter().any(|end| rest.eq_ignore_ascii_case(end));
        word.chars().any(is_digit) && !ordinal
    })
}

/// Whether a word has letters of two of the alphabets that look alike: Latin, Greek, Cyrillic.
fn mixes_alphabets(name: &str) -> bool {
    let alphabet = |c: char| match c {
        'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => 1,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => 2,
        '\u{400}'..='\u{52F}' => 4,
        _ => 0,
    };
    name.split(|c: char| !c.is_alphabetic() && !super::is_mark(c))
        .any(|word| word.chars().fold(0_u8, |seen, c| seen | alphabet(c)).count_ones() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_conventions_pass_unchanged() {
        for name in [
            "Muthu s/o Raman",
            "Devi d/o Krishnan",
            "Arun A/L Kumar",
            "Siti A/P Raju",
            "Tan Ah Kow @ John Tan",
            "マイケル・ジョーダン",
            "ג׳ורג׳",
            "བསྟན་འཛིན་རྒྱ་མཚོ",
            "Smith, Jr.",
            "Jennifer 8.",
            "X Æ A-12",
            "John Smith 3rd",
            "Mª Carmen",
            "Kahalepuna ʻŌnaona",
            "Ng",
            "佐々木",
            "Ъ Иван",
        ] {
            assert_eq!(clean_name(name, 100).as_deref(), Ok(name), "{name}");
        }
    }

    #[test]
    fn name_without_a_letter_is_refused() {
        for name in ["8.", "123", "@", "- . '", "ー", "ʻ", "々", "・", "'"] {
            assert_eq!(clean_name(name, 100), Err(TextFault::Character), "{name}");
        }
    }

    #[test]
    fn figure_inside_a_word_is_refused() {
        for name in ["Ingrid2", "0skar", "An8a", "8th8"] {
            assert_eq!(clean_name(name, 100), Err(TextFault::Character), "{name}");
        }
    }

    #[test]
    fn letters_of_two_alphabets_in_one_word_are_refused() {
        // A Cyrillic `а` in a Latin word, a Latin `o` in a Greek one, a Latin `i` in a Ukrainian one.
        for name in ["Ivаn", "Γιώργoς", "Вiктор", "Анна Mаria"] {
            assert_eq!(clean_name(name, 100), Err(TextFault::Alphabets), "{name}");
        }
        for name in ["Иван Ivan", "Иван-Ivan", "Γιώργος (Giorgos)".trim_end_matches(" (Giorgos)"), "Anna王"]
        {
            assert!(clean_name(name, 100).is_ok(), "{name}");
        }
    }

    #[test]
    fn phrases_in_one_character_are_refused() {
        for name in ["\u{FDFA}", "محمد \u{FDFA}", "ℌans", "ℓ"] {
            assert_eq!(clean_name(name, 100), Err(TextFault::Character), "{name}");
        }
    }
}
