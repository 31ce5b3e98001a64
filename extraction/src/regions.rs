//! Regions of a page, from the bounding boxes of services.

use std::io::Cursor;

use domain::document::Region;
use image::ImageDecoder as _;
use image::codecs::jpeg::JpegDecoder;
use ocr::{Page, PageText, Word};

/// The region of a box in fractions of the page's width and height; `None` for an empty or invalid box. `page` is
/// counted from 0.
pub(crate) fn from_fractions(page: usize, [left, top, right, bottom]: [f64; 4]) -> Option<Region> {
    let thousandths = |part: f64| part.is_finite().then(|| (part.clamp(0.0, 1.0) * 1000.0).round() as u16);
    let (left, top, right, bottom) = (thousandths(left)?, thousandths(top)?, thousandths(right)?, thousandths(bottom)?);
    let page = u8::try_from(page + 1).ok()?;
    (left < right && top < bottom).then_some(Region { page, left, top, right, bottom })
}

/// The bounding box of the corners of a polygon: left, top, right, bottom.
pub(crate) fn bounding_box(corners: impl IntoIterator<Item = (f64, f64)>) -> Option<[f64; 4]> {
    corners.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).fold(None, |sides, (x, y)| {
        let [left, top, right, bottom] = sides.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
    })
}

/// The region of a text, if it occurs exactly once.
pub(crate) fn of_text(pages: &[PageText], text: &str) -> Option<Region> {
    let wanted: Vec<String> = text.split_whitespace().map(letters_and_digits).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return None;
    }
    let mut found = None;
    for (index, page) in pages.iter().enumerate() {
        let words: Vec<String> = page.words.iter().map(|word| letters_and_digits(&word.text)).collect();
        for start in 0..(words.len() + 1).saturating_sub(wanted.len()) {
            if words[start..start + wanted.len()] != wanted[..] {
                continue;
            }
            let region = of_words(index, page, page.words[start..start + wanted.len()].iter())?;
            if found.replace(region).is_some() {
                return None;
            }
        }
    }
    found
}

/// The region of some words of a page, which is counted from 0.
pub(crate) fn of_words<'a>(index: usize, page: &PageText, words: impl Iterator<Item = &'a Word>) -> Option<Region> {
    let corners = words.flat_map(|word| {
        [(f64::from(word.left), f64::from(word.top)), (f64::from(word.right), f64::from(word.bottom))]
    });
    let [left, top, right, bottom] = bounding_box(corners)?;
    let (width, height) = (f64::from(page.width), f64::from(page.height));
    from_fractions(index, [left / width, top / height, right / width, bottom / height])
}

/// Width and height of a page's picture; those of a square if it has no valid header.
pub(crate) fn page_size(page: &Page) -> (f32, f32) {
    let size = JpegDecoder::new(Cursor::new(&page.jpeg)).map(|picture| picture.dimensions());
    size.map_or((1000.0, 1000.0), |(width, height)| (width as f32, height as f32))
}

fn letters_and_digits(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn page(words: &[(&str, f32)]) -> PageText {
        let word = |&(text, left): &(&str, f32)| Word {
            text: text.into(),
            confidence: 0.9,
            left,
            top: 10.0,
            right: left + 10.0,
            bottom: 20.0,
        };
        PageText { words: words.iter().map(word).collect(), width: 100.0, height: 50.0 }
    }

    #[test]
    fn text_has_a_region_only_if_it_occurs_once() {
        let pages = [page(&[("Name", 0.0)]), page(&[("14", 10.0), ("MAR", 30.0), ("1987,", 50.0), ("MAR", 80.0)])];
        let expected = Region { page: 2, left: 100, top: 200, right: 600, bottom: 400 };
        assert_eq!(of_text(&pages, "14 Mar 1987"), Some(expected));
        assert_eq!(of_text(&pages, "MAR"), None, "twice");
        assert_eq!(of_text(&pages, "15"), None);
        assert_eq!(of_text(&pages, " - "), None);
    }

    #[test]
    fn invalid_box_has_no_region() {
        assert_eq!(from_fractions(0, [0.1, 0.2, 0.1, 0.4]), None);
        assert_eq!(from_fractions(0, [f64::NAN, 0.2, 0.3, 0.4]), None);
        assert_eq!(from_fractions(300, [0.1, 0.2, 0.3, 0.4]), None);
        let whole = Region { page: 1, left: 0, top: 0, right: 1000, bottom: 1000 };
        assert_eq!(from_fractions(0, [-0.1, 0.0, 1.2, 7.0]), Some(whole));
        assert_eq!(bounding_box([]), None);
    }
}
