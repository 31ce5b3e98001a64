//! Bounding boxes of words, and their regions on the page's picture.

use domain::document::Region;
use imageproc::geometric_transformations::Projection;

use super::{MAX_WORDS, PageText, Word};

/// An axis-aligned bounding box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BoundingBox {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl BoundingBox {
    /// The box around words; `None` without words.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a Word>) -> Option<Self> {
        let each = words.into_iter().map(|word| Self {
            left: word.left,
            top: word.top,
            right: word.right,
            bottom: word.bottom,
        });
        each.reduce(Self::and)
    }

    /// The box around points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = (f32, f32)>) -> Option<Self> {
        points.into_iter().map(|(x, y)| Self { left: x, top: y, right: x, bottom: y }).reduce(Self::and)
    }

    /// The box around both.
    pub fn and(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The box, expanded on all sides.
    pub fn grown(self, by: f32) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// The region on a page. `to_page` maps points to fractions of the page's width and height.
    pub fn region(self, page: u8, to_page: &Projection) -> Option<Region> {
        let Self { left, top, right, bottom } = self;
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)].map(|corner| *to_page * corner);
        let around = Self::around(corners)?;
        if [around.left, around.top, around.right, around.bottom].iter().any(|n| !n.is_finite()) {
            return None;
        }
        // Rounds outwards, with a tolerance for floating-point errors.
        let before = |part: f32| (part * 1000.0 + 0.02).floor().clamp(0.0, 1000.0) as u16;
        let behind = |part: f32| (part * 1000.0 - 0.02).ceil().clamp(0.0, 1000.0) as u16;
        Some(Region {
            page,
            left: before(around.left),
            top: before(around.top),
            right: behind(around.right),
            bottom: behind(around.bottom),
        })
    }
}

/// From pixels of a picture to fractions of its width and height; `None` for an empty picture.
pub(crate) fn to_parts(width: f32, height: f32) -> Option<Projection> {
    let sound = |side: f32| side.is_finite() && side > 0.0;
    (sound(width) && sound(height)).then(|| Projection::scale(1.0 / width, 1.0 / height))
}

/// The position of an MRZ in a picture, in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Centre of the first character of the first line.
    pub origin: (f32, f32),
    /// Unit vector along the lines.
    pub along: (f32, f32),
    /// Distance of two characters.
    pub pitch: f32,
    /// Characters in a line.
    pub columns: usize,
    /// Distance from the first line to the last.
    pub depth: f32,
}

/// The words of a page, and the position of their picture on the page.
#[derive(Clone, Debug)]
pub(crate) struct OcrPage {
    pub text: PageText,
    /// Number of the page in the document, from 1.
    pub page: u8,
    /// From the unit of its words to fractions of the page's width and height; `None` without a picture.
    pub to_page: Option<Projection>,
}

impl OcrPage {
    /// Pages whose words refer to the whole page, numbered from 1.
    pub fn whole(pages: &[PageText]) -> Vec<Self> {
        let ocr_page = |(text, page): (&PageText, u8)| {
            let to_page = to_parts(text.width, text.height);
            Self { text: text.clone(), page, to_page }
        };
        pages.iter().zip(1..=u8::MAX).map(ocr_page).collect()
    }
}

/// Maps positions in the vertical stack of all pages back to single pages.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageStack {
    /// Upper edge, number and projection of each page.
    pages: Vec<(f32, u8, Option<Projection>)>,
}

impl PageStack {
    /// Stacks the pages. Returns all words and the map back to the pages.
    pub fn stack(ocr_pages: &[OcrPage]) -> (Vec<Word>, Self) {
        let mut above = 0.0;
        let (mut words, mut pages) = (Vec::new(), Vec::new());
        for ocr_page in ocr_pages {
            words.extend(ocr_page.text.words.iter().take(MAX_WORDS).cloned().map(|word| Word {
                top: word.top + above,
                bottom: word.bottom + above,
                ..word
            }));
            pages.push((above, ocr_page.page, ocr_page.to_page));
            above += ocr_page.text.height;
        }
        (words, Self { pages })
    }

    /// The region of these words. Words on later pages than the first word's are ignored.
    pub fn region<'a>(&self, words: impl IntoIterator<Item = &'a Word>) -> Option<Region> {
        let words: Vec<&Word> = words.into_iter().collect();
        let of = |word: &Word| {
            let middle = (word.top + word.bottom) / 2.0;
            self.pages.iter().rposition(|(above, ..)| *above <= middle).unwrap_or(0)
        };
        let index = of(words.first()?);
        let (above, page, to_page) = self.pages.get(index)?;
        let bounds = BoundingBox::of(words.into_iter().filter(|word| of(word) == index))?;
        let on_page = BoundingBox { top: bounds.top - above, bottom: bounds.bottom - above, ..bounds };
        on_page.region(*page, to_page.as_ref()?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn word(text: &str, left: f32, top: f32) -> Word {
        Word { text: text.into(), confidence: 0.9, left, top, right: left + 20.0, bottom: top + 10.0 }
    }

    fn page(words: Vec<Word>) -> PageText {
        PageText { words, width: 200.0, height: 400.0 }
    }

    #[test]
    fn region_has_page_and_position_of_its_words() {
        let pages = [page(vec![word("a", 20.0, 40.0)]), page(vec![word("b", 20.0, 40.0), word("c", 100.0, 200.0)])];
        let (words, stack) = PageStack::stack(&OcrPage::whole(&pages));
        let first = Region { page: 1, left: 100, top: 100, right: 200, bottom: 125 };
        assert_eq!(stack.region(&words[..1]), Some(first));
        assert_eq!(stack.region(&words[1..2]), Some(Region { page: 2, ..first }));
        let both = Region { page: 2, left: 100, top: 100, right: 600, bottom: 525 };
        assert_eq!(stack.region(&words[1..]), Some(both));
        assert_eq!(stack.region(&words), Some(first), "a region is on one page");
        assert_eq!(stack.region(&words[..0]), None);
    }

    #[test]
    fn page_without_size_gives_no_region() {
        for (width, height) in [(0.0, 400.0), (200.0, f32::NAN), (f32::INFINITY, 400.0), (200.0, -1.0)] {
            let pages = [PageText { words: vec![word("a", 20.0, 40.0)], width, height }];
            let (words, stack) = PageStack::stack(&OcrPage::whole(&pages));
            assert_eq!(stack.region(&words), None, "{width} {height}");
        }
        let beyond = [page(vec![word("a", -50.0, 395.0), word("b", 1e30, f32::MAX)])];
        let (words, stack) = PageStack::stack(&OcrPage::whole(&beyond));
        assert_eq!(stack.region(&words), Some(Region { page: 1, left: 0, top: 987, right: 1000, bottom: 1000 }));
    }
}
