//! Second OCR pass over the lines that hold fields. On a whole page Tesseract guesses where lines end and loses
//! diacritics on capitals. Cropped lines with a margin keep them.

use domain::document::Region;
use image::{GrayImage, Luma, imageops};
use imageproc::region_labelling::{Connectivity, connected_components};

use super::geometry::OcrPage;
use super::{PageText, Segment, Word, ordinal, plain, segments};

/// Maximum gap between words of one cropped line, as a multiple of their height.
const GAP: f32 = 1.3;
/// Maximum number of lines that are read again. No document has so many fields.
const MAX_LINES: usize = 24;
/// Maximum height, in pixels, of a line that is read again. Large print is read well, and many such lines would make a
/// huge picture.
const MAX_HEIGHT: f32 = 160.0;
/// Margins of a cropped line, as multiples of its height: room for diacritics and for letters that the first pass cut
/// off.
const ABOVE: f32 = 0.45;
const BELOW: f32 = 0.3;
const BESIDE: f32 = 0.6;
/// White space around each line, in pixels.
const APART: u32 = 30;
/// Maximum grey of ink. Rectified pages have white paper.
const INK: u8 = 140;
/// Minimum horizontal overlap of two words, as a fraction of the narrower one's width.
const MIN_OVERLAP: f32 = 0.3;
/// Minimum similarity of two readings of the same word.
const MIN_SIMILARITY: f64 = 0.7;
/// Minimum gain in confidence if the second pass read a different word.
const MIN_GAIN: f64 = 0.2;

/// Cropped lines of a page, stacked in one picture.
pub(crate) struct LineImages {
    /// The picture to read.
    pub picture: GrayImage,
    lines: Vec<Line>,
}

struct Line {
    /// The words of the first pass.
    words: Vec<Word>,
    /// The same words with raised letters restored from the picture.
    restored: Vec<Word>,
    /// Offset from the picture of lines to the page.
    shift: (f32, f32),
    /// Upper edge in the picture of lines.
    top: f32,
    bottom: f32,
}

impl LineImages {
    /// Crops the lines of a page that contain `regions`; `None` without such lines.
    pub fn crop(ocr_page: &OcrPage, page: &GrayImage, regions: &[Region]) -> Option<Self> {
        let to_page = ocr_page.to_page?;
        let regions: Vec<&Region> = regions.iter().filter(|region| region.page == ocr_page.page).collect();
        let within = |word: &&Word| {
            let (x, y) = to_page * ((word.left + word.right) / 2.0, word.middle());
            let (x, y) = (x * 1000.0, y * 1000.0);
            let inside = |from: u16, n: f32, to: u16| n >= f32::from(from) && n <= f32::from(to);
            regions.iter().any(|region| inside(region.left, x, region.right) && inside(region.top, y, region.bottom))
        };
        let words: Vec<Word> = ocr_page.text.words.iter().filter(within).cloned().collect();
        let cuts: Vec<(Segment, GrayImage, (f32, f32))> = segments(&words, GAP)
            .into_iter()
            .filter(|line| line.height() <= MAX_HEIGHT)
            .take(MAX_LINES)
            .filter_map(|line| {
                let (cut, corner) = crop_line(page, &line)?;
                Some((line, cut, corner))
            })
            .collect();
        let width = cuts.iter().map(|(_, cut, _)| cut.width()).max()? + 2 * APART;
        let height = cuts.iter().map(|(_, cut, _)| cut.height() + 2 * APART).sum();
        let mut picture = GrayImage::from_pixel(width, height, Luma([255]));
        let (mut lines, mut above) = (Vec::with_capacity(cuts.len()), 0);
        for (line, cut, (left, top)) in cuts {
            imageops::replace(&mut picture, &cut, i64::from(APART), i64::from(above + APART));
            let next = above + cut.height() + 2 * APART;
            let shift = (left - APART as f32, top - (above + APART) as f32);
            let mut restored = line.words.clone();
            ordinal::restore(&mut restored, page);
            lines.push(Line { words: line.words, restored, shift, top: above as f32, bottom: next as f32 });
            above = next;
        }
        Some(Self { picture, lines })
    }

    /// Replaces words of the page by better ones of the second pass. Only words that both passes have are compared,
    /// because each pass may lose words and split or join them differently.
    pub fn merge_into(self, mut read: Vec<Word>, page: &mut PageText) {
        ordinal::restore(&mut read, &self.picture);
        for line in self.lines {
            let (dx, dy) = line.shift;
            let seen: Vec<Word> = read
                .iter()
                .filter(|word| (line.top..line.bottom).contains(&word.middle()))
                .map(|word| Word {
                    left: word.left + dx,
                    right: word.right + dx,
                    top: word.top + dy,
                    bottom: word.bottom + dy,
                    ..word.clone()
                })
                .collect();
            for (first, restored) in line.words.iter().zip(&line.restored) {
                let second =
                    sole_overlap(&seen, first).filter(|second| sole_overlap(&line.words, second) == Some(first));
                let best = second.filter(|second| is_better(restored, second)).unwrap_or(restored);
                if let Some(word) = page.words.iter_mut().find(|word| *word == first) {
                    *word = best.clone();
                }
            }
        }
    }
}

/// The only one of `words` that overlaps a word by [`MIN_OVERLAP`]; `None` if there are several.
fn sole_overlap<'a>(words: &'a [Word], word: &Word) -> Option<&'a Word> {
    let shared = |other: &&Word| {
        let width = (other.right - other.left).min(word.right - word.left);
        other.right.min(word.right) - other.left.max(word.left) > width * MIN_OVERLAP
    };
    let mut shared = words.iter().filter(shared);
    shared.next().filter(|_| shared.next().is_none())
}

/// Whether the second pass read a word better than the first.
fn is_better(first: &Word, second: &Word) -> bool {
    let raised = |word: &Word| word.text.contains(['º', 'ª']);
    if raised(first) != raised(second) {
        return raised(second);
    }
    let gain = second.confidence - first.confidence;
    // On a whole page, OCR loses a capital with a diacritic at the beginning of a line as a speck.
    if second
        .text
        .strip_suffix(&first.text)
        .is_some_and(|more| more.chars().all(|c| !c.is_ascii() && c.is_uppercase()) && !more.is_empty())
    {
        return true;
    }
    let (old, new) = (plain(&first.text), plain(&second.text));
    if old == new {
        // If only one pass read a diacritic, that pass is right.
        let marks = |word: &Word| word.text.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count();
        return marks(second) > marks(first) || (marks(second) == marks(first) && gain > MIN_GAIN);
    }
    gain > if strsim::normalized_levenshtein(&old, &new) >= MIN_SIMILARITY { 0.0 } else { MIN_GAIN }
}

/// Crops a line without parts of neighbouring lines. Also returns the position of its upper left corner on the page.
fn crop_line(page: &GrayImage, line: &Segment) -> Option<(GrayImage, (f32, f32))> {
    let height = line.height();
    let edge = |n: f32, most: u32| n.round().clamp(0.0, most as f32) as u32;
    let (left, right) =
        (edge(line.left() - height * BESIDE, page.width()), edge(line.right() + height * BESIDE, page.width()));
    let (top, bottom) =
        (edge(line.top() - height * ABOVE, page.height()), edge(line.bottom() + height * BELOW, page.height()));
    if right <= left || bottom <= top {
        return None;
    }
    let mut cut = imageops::crop_imm(page, left, top, right - left, bottom - top).to_image();
    let within = (line.top() - top as f32, line.bottom() - top as f32);
    erase_neighbouring_lines(&mut cut, within);
    Some((cut, (left as f32, top as f32)))
}

/// Erases components that touch the upper or lower edge and have less than half of their height in the line.
fn erase_neighbouring_lines(cut: &mut GrayImage, (top, bottom): (f32, f32)) {
    let ink = GrayImage::from_fn(cut.width(), cut.height(), |x, y| {
        Luma([if cut.get_pixel(x, y).0[0] < INK { 255 } else { 0 }])
    });
    let labels = connected_components(&ink, Connectivity::Eight, Luma([0]));
    let count = labels.pixels().map(|label| label.0[0]).max().unwrap_or(0) as usize;
    let mut spans = vec![(u32::MAX, 0); count + 1];
    for (_, y, label) in labels.enumerate_pixels() {
        let span = &mut spans[label.0[0] as usize];
        *span = (span.0.min(y), span.1.max(y));
    }
    let last = cut.height() - 1;
    let foreign: Vec<bool> = spans
        .iter()
        .map(|(from, to)| {
            let inside = (*to as f32 + 1.0).min(bottom) - (*from as f32).max(top);
            (*from == 0 || *to == last) && inside * 2.0 < (to + 1).saturating_sub(*from) as f32
        })
        .collect();
    for (x, y, label) in labels.enumerate_pixels() {
        if label.0[0] != 0 && foreign[label.0[0] as usize] {
            // Includes the soft edge.
            for (nx, ny) in
                (x.saturating_sub(1)..=x + 1).flat_map(|nx| (y.saturating_sub(1)..=y + 1).map(move |ny| (nx, ny)))
            {
                if nx < cut.width() && ny < cut.height() && labels.get_pixel(nx, ny).0[0] == 0 {
                    cut.put_pixel(nx, ny, Luma([255]));
                }
            }
            cut.put_pixel(x, y, Luma([255]));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use imageproc::drawing::draw_filled_rect_mut;
    use imageproc::rect::Rect;

    use super::super::geometry::to_parts;
    use super::*;

    fn word(text: &str, confidence: f64, left: f32, top: f32) -> Word {
        let right = left + 10.0 * text.chars().count() as f32;
        Word { text: text.into(), confidence, left, top, right, bottom: top + 20.0 }
    }

    /// A page of 400 by 200 with a caption and a value below it, both as black bars.
    fn page(words: Vec<Word>) -> (OcrPage, GrayImage) {
        let mut picture = GrayImage::from_pixel(400, 200, Luma([255]));
        for word in &words {
            let (width, height) = ((word.right - word.left) as u32, (word.bottom - word.top) as u32);
            let at = Rect::at(word.left as i32, word.top as i32).of_size(width, height);
            draw_filled_rect_mut(&mut picture, at, Luma([0]));
        }
        let text = PageText { words, width: 400.0, height: 200.0 };
        (OcrPage { text, page: 1, to_page: to_parts(400.0, 200.0) }, picture)
    }

    /// The words of a page after a second pass over its second line read `second`, in positions from the line's left
    /// edge.
    fn reread(first: &[Word], second: &[Word]) -> Vec<String> {
        let words = [&[word("Surname", 0.9, 100.0, 60.0)], first].concat();
        let (mut ocr_page, picture) = page(words);
        let below = Region { page: 1, left: 0, top: 450, right: 1000, bottom: 700 };
        let lines = LineImages::crop(&ocr_page, &picture, &[below]).unwrap();
        let (dx, dy) = lines.lines[0].shift;
        let moved = |word: &Word| Word {
            left: word.left - dx,
            right: word.right - dx,
            top: word.top - dy,
            bottom: word.bottom - dy,
            ..word.clone()
        };
        lines.merge_into(second.iter().map(moved).collect(), &mut ocr_page.text);
        ocr_page.text.words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn second_pass_restores_lost_diacritics() {
        let (first, left) = (word("ELODIE", 0.96, 100.0, 100.0), 101.0);
        assert_eq!(reread(std::slice::from_ref(&first), &[word("ÉLODIE", 0.9, left, 98.0)]), ["Surname", "ÉLODIE"]);
        let marked = word("ÉLODIE", 0.9, 100.0, 100.0);
        assert_eq!(reread(&[marked], &[word("ELODIE", 0.96, left, 98.0)]), ["Surname", "ÉLODIE"]);
        assert_eq!(reread(std::slice::from_ref(&first), &[word("BLODIE", 0.9, left, 98.0)]), ["Surname", "ELODIE"]);
        let rest = word("SA", 0.96, 110.0, 100.0);
        let whole = word("ÅSA", 0.58, 96.0, 98.0);
        assert_eq!(reread(std::slice::from_ref(&rest), &[whole]), ["Surname", "ÅSA"]);
        assert_eq!(reread(&[rest], &[word("ASA", 0.58, 96.0, 98.0)]), ["Surname", "SA"]);
        assert_eq!(reread(&[first], &[]), ["Surname", "ELODIE"], "a word that the second pass lost is kept");
    }

    #[test]
    fn words_split_differently_are_kept() {
        let first = [word("APT", 0.9, 100.0, 100.0), word("5", 0.9, 140.0, 100.0)];
        let both = Word { right: 150.0, ..word("APT5", 0.96, 100.0, 100.0) };
        assert_eq!(reread(&first, &[both]), ["Surname", "APT", "5"]);
        let joined = [word("APT5", 0.5, 100.0, 100.0)];
        let parted = [word("AP", 0.9, 100.0, 100.0), word("15", 0.9, 122.0, 100.0)];
        assert_eq!(reread(&joined, &parted), ["Surname", "APT5"]);
    }

    #[test]
    fn neighbouring_line_is_erased_and_diacritic_kept() {
        let (ocr_page, mut picture) = page(vec![word("Surname", 0.9, 100.0, 60.0), word("ELODIE", 0.9, 100.0, 100.0)]);
        // A letter of the line above reaches into the crop. A diacritic is directly above the value.
        draw_filled_rect_mut(&mut picture, Rect::at(110, 70).of_size(4, 24), Luma([0]));
        draw_filled_rect_mut(&mut picture, Rect::at(130, 95).of_size(4, 3), Luma([0]));
        let below = Region { page: 1, left: 0, top: 450, right: 1000, bottom: 700 };
        let lines = LineImages::crop(&ocr_page, &picture, &[below]).unwrap();
        let (dx, dy) = lines.lines[0].shift;
        let at = |x: f32, y: f32| lines.picture.get_pixel((x - dx) as u32, (y - dy) as u32).0[0];
        assert_eq!((at(112.0, 92.0), at(131.0, 96.0), at(120.0, 110.0)), (255, 0, 0));
    }

    #[test]
    fn page_without_fields_is_not_reread() {
        let (ocr_page, picture) = page(vec![word("Surname", 0.9, 100.0, 60.0)]);
        assert!(LineImages::crop(&ocr_page, &picture, &[]).is_none());
        let elsewhere = Region { page: 2, left: 0, top: 0, right: 1000, bottom: 1000 };
        assert!(LineImages::crop(&ocr_page, &picture, &[elsewhere]).is_none());
    }
}
