//! Where things stand on a page, from the boxes that services draw.

use std::io::Cursor;

use domain::document::Region;
use image::ImageDecoder as _;
use image::codecs::jpeg::JpegDecoder;
use ocr::{Page, PageText, Word};

/// A box in fractions of the page's width and height; `page` is counted from 0. What is no box is no region.
pub(crate) fn region(page: usize, [left, top, right, bottom]: [f64; 4]) -> Option<Region> {
    let thousandths = |part: f64| part.is_finite().then(|| (part.clamp(0.0, 1.0) * 1000.0).round() as u16);
    let (left, top, right, bottom) = (thousandths(left)?, thousandths(top)?, thousandths(right)?, thousandths(bottom)?);
    let page = u8::try_from(page + 1).ok()?;
    (left < right && top < bottom).then_some(Region { page, left, top, right, bottom })
}

/// The box around the corners of a polygon, given as x, y, x, y and so on: left, top, right, bottom.
pub(crate) fn around(corners: impl IntoIterator<Item = (f64, f64)>) -> Option<[f64; 4]> {
    corners.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).fold(None, |sides, (x, y)| {
        let [left, top, right, bottom] = sides.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
    })
}

/// Where a text stands, if it stands in one place only.
pub(crate) fn of_text(pages: &[PageText], text: &str) -> Option<Region> {
    let wanted: Vec<String> = text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return None;
    }
    let mut found = None;
    for (index, page) in pages.iter().enumerate() {
        let words: Vec<String> = page.words.iter().map(|word| bare(&word.text)).collect();
        for start in 0..(words.len() + 1).saturating_sub(wanted.len()) {
            if words[start..start + wanted.len()] != wanted[..] {
                continue;
            }
            let place = of(index, page, page.words[start..start + wanted.len()].iter())?;
            if found.replace(place).is_some() {
                return None;
            }
        }
    }
    found
}

/// The box around some words of a page, which is counted from 0.
pub(crate) fn of<'a>(index: usize, page: &PageText, words: impl Iterator<Item = &'a Word>) -> Option<Region> {
    let corners = words.flat_map(|word| {
        [(f64::from(word.left), f64::from(word.top)), (f64::from(word.right), f64::from(word.bottom))]
    });
    let [left, top, right, bottom] = around(corners)?;
    let (width, height) = (f64::from(page.width), f64::from(page.height));
    region(index, [left / width, top / height, right / width, bottom / height])
}

/// Width and height of a page's picture; of a square where it does not tell.
pub(crate) fn size(page: &Page) -> (f32, f32) {
    let size = JpegDecoder::new(Cursor::new(&page.jpeg)).map(|picture| picture.dimensions());
    size.map_or((1000.0, 1000.0), |(width, height)| (width as f32, height as f32))
}

fn bare(word: &str) -> String {
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
    fn a_text_is_found_where_it_stands_once() {
        let pages = [page(&[("Name", 0.0)]), page(&[("14", 10.0), ("MAR", 30.0), ("1987,", 50.0), ("MAR", 80.0)])];
        let expected = Region { page: 2, left: 100, top: 200, right: 600, bottom: 400 };
        assert_eq!(of_text(&pages, "14 Mar 1987"), Some(expected));
        assert_eq!(of_text(&pages, "MAR"), None, "twice");
        assert_eq!(of_text(&pages, "15"), None);
        assert_eq!(of_text(&pages, " - "), None);
    }

    #[test]
    fn what_is_no_box_is_no_region() {
        assert_eq!(region(0, [0.1, 0.2, 0.1, 0.4]), None);
        assert_eq!(region(0, [f64::NAN, 0.2, 0.3, 0.4]), None);
        assert_eq!(region(300, [0.1, 0.2, 0.3, 0.4]), None);
        let whole = Region { page: 1, left: 0, top: 0, right: 1000, bottom: 1000 };
        assert_eq!(region(0, [-0.1, 0.0, 1.2, 7.0]), Some(whole));
        assert_eq!(around([]), None);
    }
}
