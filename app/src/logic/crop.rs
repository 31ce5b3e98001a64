//! The part of a page's image that is shown for a field.

use domain::document::Region;

/// The aspect ratio of a crop. It is fixed, so that the space is reserved before the image is loaded.
const ASPECT_RATIO: f64 = 4.0;

/// The margin around a value, as a multiple of its height: enough to recognise the place.
const MARGIN: f64 = 0.6;

/// A rectangle on an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Rect {
    /// As a `viewBox`.
    pub fn view_box(&self) -> String {
        format!("{:.1} {:.1} {:.1} {:.1}", self.x, self.y, self.width, self.height)
    }
}

/// `region` in pixels of an image of `width` times `height`. `None` if it has no area.
pub fn region_rect(region: Region, width: u32, height: u32) -> Option<Rect> {
    let (width, height) = (f64::from(width), f64::from(height));
    let (left, right) = (f64::from(region.left.min(1000)), f64::from(region.right.min(1000)));
    let (top, bottom) = (f64::from(region.top.min(1000)), f64::from(region.bottom.min(1000)));
    let frame = Rect {
        x: left / 1000.0 * width,
        y: top / 1000.0 * height,
        width: (right - left) / 1000.0 * width,
        height: (bottom - top) / 1000.0 * height,
    };
    (frame.width > 0.0 && frame.height > 0.0).then_some(frame)
}

/// The crop around `value`, with a margin and within the image's edges. Four times as wide as high if the image is
/// large enough.
pub fn crop_around(value: Rect, width: u32, height: u32) -> Rect {
    let margin = value.height * MARGIN;
    let wanted_width = (value.width + 2.0 * margin).max((value.height + 2.0 * margin) * ASPECT_RATIO);
    let shown_width = wanted_width.min(f64::from(width));
    let shown_height = (wanted_width / ASPECT_RATIO).min(f64::from(height));
    let centred = |start: f64, length: f64, shown: f64, all: u32| {
        (start + length / 2.0 - shown / 2.0).clamp(0.0, (f64::from(all) - shown).max(0.0))
    };
    Rect {
        x: centred(value.x, value.width, shown_width, width),
        y: centred(value.y, value.height, shown_height, height),
        width: shown_width,
        height: shown_height,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const fn region(left: u16, top: u16, right: u16, bottom: u16) -> Region {
        Region { page: 1, left, top, right, bottom }
    }

    fn contains(outer: Rect, inner: Rect) -> bool {
        outer.x <= inner.x
            && outer.y <= inner.y
            && outer.x + outer.width >= inner.x + inner.width
            && outer.y + outer.height >= inner.y + inner.height
    }

    #[test]
    fn region_in_thousandths_becomes_pixels() {
        let frame = region_rect(region(100, 250, 300, 500), 2000, 800).unwrap();
        assert_eq!(frame, Rect { x: 200.0, y: 200.0, width: 400.0, height: 200.0 });
        assert_eq!(frame.view_box(), "200.0 200.0 400.0 200.0");
    }

    #[test]
    fn region_without_an_area_has_no_rectangle() {
        assert_eq!(region_rect(region(300, 250, 300, 500), 2000, 800), None);
        assert_eq!(region_rect(region(400, 250, 300, 500), 2000, 800), None);
        assert_eq!(region_rect(region(1200, 0, 1300, 10), 2000, 800), None);
    }

    #[test]
    fn crop_contains_the_value_and_stays_within_the_image() {
        for (left, top, right, bottom) in
            [(0, 0, 20, 20), (980, 980, 1000, 1000), (10, 900, 990, 990), (400, 300, 600, 900)]
        {
            let value = region_rect(region(left, top, right, bottom), 1600, 1100).unwrap();
            let shown = crop_around(value, 1600, 1100);
            assert!(contains(shown, value), "{shown:?} {value:?}");
            assert!(contains(Rect { x: 0.0, y: 0.0, width: 1600.0, height: 1100.0 }, shown), "{shown:?}");
        }
    }

    #[test]
    fn crop_of_a_line_has_the_fixed_aspect_ratio() {
        let value = region_rect(region(300, 400, 450, 430), 1600, 1100).unwrap();
        let shown = crop_around(value, 1600, 1100);
        assert!((shown.width / shown.height - ASPECT_RATIO).abs() < 1e-9);
        assert!(shown.height > value.height * 2.0);
    }
}
