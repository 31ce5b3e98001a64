//! Compatibility characters of Unicode: forms of letters that documents, fonts and keyboards produce instead of the
//! letters themselves. They are folded to the letters, so that one name has one spelling.

/// Half-width Katakana from U+FF65 to U+FF9F, in the letters that they stand for. The last two are voice marks, which
/// join the letter before them.
const KATAKANA: &str = "・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\
     \u{3099}\u{309A}";

/// Latin ligatures from U+FB00 to U+FB06.
const LIGATURES: [&str; 7] = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"];

/// Roman numerals from U+2160 (`Ⅰ`) to U+216F. Those from U+2170 are the small ones, in the same order.
const ROMAN: [&str; 16] =
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "L", "C", "D", "M"];

/// Appends `c` to `out`, folded if it is a compatibility form of letters.
///
/// The tables here have the forms that keyboards type. The server also folds what only fonts and copied documents
/// contain (Arabic and Hebrew presentation forms, for instance), by Unicode's compatibility decomposition; its tables
/// are too large for the page, which accepts such letters as they are.
pub(super) fn fold(c: char, mut push: impl FnMut(char)) {
    let at = |first: char| (c as usize).checked_sub(first as usize);
    let found = match c {
        // Full-width forms from Japanese keyboards.
        '\u{FF01}'..='\u{FF5E}' => return push(char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)),
        '\u{FF65}'..='\u{FF9F}' => {
            return push(at('\u{FF65}').and_then(|at| KATAKANA.chars().nth(at)).unwrap_or(c));
        }
        // Letters that Unicode has twice: ohm, kelvin, angstrom.
        '\u{2126}' => return push('Ω'),
        '\u{212A}' => return push('K'),
        '\u{212B}' => return push('Å'),
        '\u{FB00}'..='\u{FB06}' => at('\u{FB00}').and_then(|at| LIGATURES.get(at)),
        '\u{2160}'..='\u{217F}' => at('\u{2160}').and_then(|at| ROMAN.get(at % ROMAN.len())),
        _ => return other(c, push),
    };
    let small = matches!(c, '\u{2170}'..='\u{217F}');
    for letter in found.copied().unwrap_or_default().chars() {
        push(if small { letter.to_ascii_lowercase() } else { letter });
    }
}

/// Presentation forms of Hebrew and Arabic letters. The ligatures of whole phrases (`ﷺ`) are refused elsewhere.
#[cfg(feature = "full-validation")]
fn other(c: char, mut push: impl FnMut(char)) {
    match c {
        '\u{FB13}'..='\u{FB17}'
        | '\u{FB1D}'..='\u{FDCF}'
        | '\u{FE70}'..='\u{FEFC}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{1C4}'..='\u{1CC}'
        | '\u{1F1}'..='\u{1F3}' => {
            unicode_normalization::char::decompose_compatible(c, &mut push);
        }
        c => push(c),
    }
}

#[cfg(not(feature = "full-validation"))]
fn other(c: char, mut push: impl FnMut(char)) {
    push(c);
}

#[cfg(test)]
mod tests {
    use crate::text::tidy;

    #[test]
    fn keyboard_forms_are_folded() {
        for (typed, wanted) in [
            ("ﾏｲｹﾙ･ｼﾞｮｰﾀﾞﾝ", "マイケル・ジョーダン"),
            ("Ⅷ", "VIII"),
            ("Henry ⅷ", "Henry viii"),
            ("ﬁona", "fiona"),
            ("Ｊｏｈｎ", "John"),
            ("\u{212B}se", "Åse"),
        ] {
            assert_eq!(tidy(typed), wanted, "{typed}");
        }
        assert_eq!(super::KATAKANA.chars().count(), 0xFF9F - 0xFF65 + 1);
    }

    #[cfg(feature = "full-validation")]
    #[test]
    fn presentation_forms_are_folded_on_the_server() {
        for (typed, wanted) in [("ﻣﺤﻤﺪ", "محمد"), ("\u{FB2A}", "ש\u{5C1}"), ("ǆ", "dž"), ("\u{F900}", "豈")]
        {
            assert_eq!(tidy(typed), wanted, "{typed}");
        }
    }

    /// Half-width Katakana and ligatures against Unicode's own decomposition.
    #[test]
    fn tables_are_those_of_unicode() {
        for c in ('\u{FF65}'..='\u{FF9D}').chain('\u{FB00}'..='\u{FB06}').chain('\u{2160}'..='\u{217F}') {
            let mut wanted = String::new();
            unicode_normalization::char::decompose_compatible(c, |part| wanted.push(part));
            assert_eq!(tidy(&c.to_string()), wanted, "{c:?}");
        }
    }
}
