//! Detects diacritics on capitals that OCR has lost: the bounding box of the word is still higher.

use super::Word;

/// A word this many times higher than capitals has a diacritic.
const HIGHER: f32 = 1.13;
/// Only words of a similar size are compared.
const ALIKE: std::ops::RangeInclusive<f32> = 0.72..=1.0;
/// Minimum number of words for comparison.
const LEAST_WORDS: usize = 3;

/// Whether one of these words, as read without any mark, is higher than capitals on its page are: `Å` read as `A`.
pub(crate) fn is_lost(words: &[Word], page: &[Word]) -> bool {
    words.iter().filter(|word| is_plain(&word.text)).any(|word| {
        // As high as it is without marks, a word of the same print is between these.
        let mut heights: Vec<f32> = page
            .iter()
            .filter(|other| is_plain(&other.text) && other.text.len() >= 2 && other.confidence > 0.8)
            .map(Word::height)
            .filter(|height| ALIKE.contains(&(height / word.height())))
            .collect();
        heights.sort_by(f32::total_cmp);
        heights.len() >= LEAST_WORDS && word.height() > heights[heights.len() / 2] * HIGHER
    })
}

/// Capitals without marks, and figures, none of which goes below the line.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || (b.is_ascii_uppercase() && b != b'Q' && b != b'J'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, height: f32) -> Word {
        Word { text: text.into(), confidence: 0.95, left: 0.0, top: 0.0, right: 60.0, bottom: height }
    }

    #[test]
    fn lost_diacritic_shows_in_word_height() {
        let page =
            [word("PASSPORT", 45.0), word("NOR", 30.0), word("1987", 29.0), word("OSLO", 30.0), word("Sex", 16.0)];
        assert!(is_lost(&[word("ASHEIM", 37.0)], &page));
        assert!(!is_lost(&[word("BRUUN", 30.0)], &page));
        assert!(!is_lost(&[word("ÅSHEIM", 37.0)], &page), "it was read");
        assert!(!is_lost(&[word("Asheim", 37.0)], &page), "small letters go up and down");
        assert!(!is_lost(&[word("ASHEIM", 37.0)], &page[..2]), "nothing to measure by");
    }
}
