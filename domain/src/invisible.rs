//! Characters without a shape, which contact lists and web pages put around a value: controls of writing direction,
//! zero-width characters, tags, selectors of variants. A person does not see them and cannot remove them.

/// The text without invisible characters, for a value of any field.
///
/// A joiner (U+200C, U+200D) stays inside words of Persian and the scripts of India, whose spelling needs it. Controls
/// (Unicode category Cc), line breaks and spaces stay, because they are not characters without a shape. A second pass
/// changes nothing.
pub fn without_invisible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let stays = match out.chars().next_back() {
            Some(before) if is_joiner(c) => joins(before, rest.peek().copied()),
            _ => !is_joiner(c) && !is_invisible(c),
        };
        if stays {
            out.push(c);
        }
    }
    out
}

/// Whether a joiner between these characters is part of the spelling. After a virama it shapes the letter before it,
/// also at the end of a word.
fn joins(before: char, after: Option<char>) -> bool {
    is_joined(before) && (is_virama(before) || after.is_some_and(is_joined))
}

/// Letters and signs of Persian and the scripts of India, which some names join or divide with an invisible character.
pub(crate) fn is_joined(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{DFF}')
}

/// The sign that removes a consonant's vowel: at the same place in the blocks from Devanagari to Malayalam, and in
/// Sinhala.
fn is_virama(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{D7F}') && c as u32 % 0x80 == 0x4D || c == '\u{DCA}'
}

/// The zero-width non-joiner and joiner.
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// The characters that Unicode calls default-ignorable (`DerivedCoreProperties.txt`, `Default_Ignorable_Code_Point`),
/// and the marks of annotations, without the joiners.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One of each kind, as they occur around values that were copied.
    pub(crate) const AROUND: [(&str, &str); 8] = [
        ("\u{202D}", "\u{202C}"),
        ("\u{2068}", "\u{2069}"),
        ("\u{200E}", "\u{200F}"),
        ("\u{61C}", "\u{200B}"),
        ("\u{FEFF}", "\u{2060}"),
        ("\u{AD}", "\u{FE0F}"),
        ("\u{E0001}", "\u{E007F}"),
        ("\u{200D}", "\u{200C}"),
    ];

    #[test]
    fn invisible_characters_are_left_out_wherever_they_stand() {
        for (before, after) in AROUND {
            let typed = format!("{before}+47 {after}412{before} 34 567{after}");
            assert_eq!(without_invisible(&typed), "+47 412 34 567", "{typed:?}");
        }
        assert_eq!(without_invisible("\u{202D} \u{202C}"), " ");
        assert_eq!(without_invisible("a\tb\n"), "a\tb\n");
    }

    #[test]
    fn joiner_stays_inside_words_that_need_it() {
        for word in ["می\u{200C}خواهم", "ක්\u{200D}ෂ", "ന്\u{200D}", "क्\u{200C}ष"] {
            assert_eq!(without_invisible(word), word);
            assert_eq!(without_invisible(&format!("\u{200D}\u{2068}{word}\u{2069}")), word);
        }
        assert_eq!(without_invisible("می\u{200C}"), "می");
        assert_eq!(without_invisible("a\u{200D}b"), "ab");
    }

    proptest! {
        #[test]
        fn second_pass_changes_nothing(text in any::<String>(), noise in "[\u{200C}\u{200D}\u{202D}م\u{94D} a]{0,12}") {
            for text in [text, noise] {
                let once = without_invisible(&text);
                prop_assert_eq!(without_invisible(&once), once);
            }
        }
    }
}
