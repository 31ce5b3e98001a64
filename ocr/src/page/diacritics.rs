//! Detects diacritics on capitals that OCR has lost, because the bounding box of the word is still higher.

use super::Word;

/// Minimum height of a word with a diacritic, as a multiple of the height of capitals.
const DIACRITIC_HEIGHT: f32 = 1.13;
/// Range of relative heights of words that are compared.
const SIMILAR_HEIGHT: std::ops::RangeInclusive<f32> = 0.72..=1.0;
/// Minimum number of words to compare with.
const MIN_WORDS: usize = 3;

/// Whether one of these words was read without diacritic but is higher than capitals on its page: `Å` read as `A`.
pub(crate) fn is_lost(words: &[Word], page: &[Word]) -> bool {
    words.iter().filter(|word| is_plain(&word.text)).any(|word| {
        // A word of the same print without diacritics has a height in this range.
        let mut heights: Vec<f32> = page
            .iter()
            .filter(|other| is_plain(&other.text) && other.text.len() >= 2 && other.confidence > 0.8)
            .map(Word::height)
            .filter(|height| SIMILAR_HEIGHT.contains(&(height / word.height())))
            .collect();
        heights.sort_by(f32::total_cmp);
        heights.len() >= MIN_WORDS && word.height() > heights[heights.len() / 2] * DIACRITIC_HEIGHT
    })
}

/// Whether a text has only capitals without diacritics and figures, none of which has a descender.
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
        assert!(!is_lost(&[word("ÅSHEIM", 37.0)], &page), "the diacritic was read");
        assert!(!is_lost(&[word("Asheim", 37.0)], &page), "lower-case letters have ascenders and descenders");
        assert!(!is_lost(&[word("ASHEIM", 37.0)], &page[..2]), "too few words to compare with");
    }
}
