//! Restores the raised `o` and `a` of Spanish, Portuguese and Italian floors. OCR reads them as figures, but figures
//! stand on the base line.

use image::GrayImage;

use super::Word;

/// Maximum grey of ink. Rectified pages have white paper.
const INK: u8 = 140;
/// Minimum distance of a raised letter from the base line, as a fraction of a figure's height.
const RAISED: f32 = 0.25;
/// A floor has at most two figures.
const MAX_FIGURES: usize = 2;

/// Corrects the reading of a raised letter after a figure: `32` becomes `3º` if the `2` does not stand on the base
/// line.
pub(crate) fn restore(words: &mut [Word], picture: &GrayImage) {
    for word in words {
        let chars: Vec<char> = word.text.trim_end_matches([',', '.']).chars().collect();
        let Some(raised) = raised(&chars, word, picture) else { continue };
        let mark = if matches!(chars.get(raised), Some('a' | 'ª')) { 'ª' } else { 'º' };
        let (before, after) = (word.text.chars().take(raised), word.text.chars().skip(raised + 1));
        word.text = before.chain([mark]).chain(after).collect();
    }
}

/// The index of the raised character of a word: the one after its figures, which OCR may not have read at all.
fn raised(chars: &[char], word: &Word, picture: &GrayImage) -> Option<usize> {
    let figures = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    // A raised letter that was read as a figure is the last figure; any other reading follows the figures. A door's
    // letter may follow.
    let candidates = [figures.checked_sub(1), Some(figures)].into_iter().flatten();
    let candidates = candidates.filter(|at| (1..=MAX_FIGURES).contains(at));
    let glyphs = glyphs(word, picture, chars)?;
    let (first_top, first_bottom) = glyphs[0];
    let height = first_bottom.saturating_sub(first_top) as f32;
    let confused = |at: &usize| chars.get(*at).is_none_or(|c| !c.is_ascii_alphabetic() || "aeo".contains(*c));
    candidates.filter(|at| chars.len() <= at + 2).filter(confused).find(|at| {
        let Some((top, bottom)) = glyphs.get(*at).copied() else { return false };
        let above_line = first_bottom as f32 - bottom as f32;
        let from_top = (top as f32 - first_top as f32).abs();
        height > 0.0 && above_line > height * RAISED && from_top < height * RAISED
    })
}

/// The upper and lower edge of each character's ink. `None` unless there is one piece of ink per character.
fn glyphs(word: &Word, picture: &GrayImage, chars: &[char]) -> Option<Vec<(u32, u32)>> {
    let edge = |n: f32, most: u32| n.clamp(0.0, most as f32) as u32;
    let (left, right) = (edge(word.left - 1.0, picture.width()), edge(word.right + 1.0, picture.width()));
    let (top, bottom) = (edge(word.top - 1.0, picture.height()), edge(word.bottom + 1.0, picture.height()));
    let column = |x: u32| {
        let mut ink = (top..bottom).filter(|y| picture.get_pixel(x, *y).0[0] < INK);
        let first = ink.next()?;
        Some((first, ink.next_back().unwrap_or(first)))
    };
    let mut glyphs: Vec<(u32, u32)> = Vec::new();
    let mut before = false;
    for x in left..right {
        let Some((first, last)) = column(x) else {
            before = false;
            continue;
        };
        match glyphs.last_mut() {
            Some(glyph) if before => *glyph = (glyph.0.min(first), glyph.1.max(last)),
            _ => glyphs.push((first, last)),
        }
        before = true;
    }
    (glyphs.len() >= chars.len() && !chars.is_empty()).then_some(glyphs)
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use imageproc::drawing::draw_filled_rect_mut;
    use imageproc::rect::Rect;

    use super::*;

    /// Draws pieces of ink, each 10 wide and 5 apart, with the given upper and lower edges.
    fn read(text: &str, pieces: &[(i32, u32)]) -> String {
        let mut picture = GrayImage::from_pixel(200, 60, Luma([255]));
        for (i, (top, height)) in pieces.iter().enumerate() {
            draw_filled_rect_mut(&mut picture, Rect::at(20 + 15 * i as i32, *top).of_size(10, *height), Luma([20]));
        }
        let right = 15.0 + 15.0 * pieces.len() as f32;
        let mut words = [Word { text: text.into(), confidence: 0.9, left: 20.0, top: 10.0, right, bottom: 40.0 }];
        restore(&mut words, &picture);
        let [word] = words;
        word.text
    }

    #[test]
    fn raised_digit_becomes_an_ordinal_mark() {
        let (figure, raised, comma) = ((10, 30), (10, 16), (36, 8));
        assert_eq!(read("32", &[figure, raised]), "3º");
        assert_eq!(read("32,", &[figure, raised, comma]), "3º,");
        assert_eq!(read("120", &[figure, figure, raised]), "12º");
        assert_eq!(read("32B", &[figure, raised, figure]), "3ºB");
        assert_eq!(read("3a", &[figure, raised]), "3ª");
        assert_eq!(read("3°", &[figure, raised]), "3º");
        assert_eq!(read("3", &[figure, raised]), "3º", "not read at all");
        assert_eq!(read("32", &[figure, figure]), "32");
        assert_eq!(read("3,5", &[figure, comma, figure]), "3,5");
        assert_eq!(read("2026", &[figure, figure, figure, raised]), "2026", "too many figures for a floor");
        assert_eq!(read("2AA", &[figure, raised, figure]), "2AA", "a raised letter is not read as a capital");
        assert_eq!(read("32", &[figure]), "32", "too few pieces of ink");
    }
}
