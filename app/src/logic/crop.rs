//! Which part of a page's picture is shown for a field.

use domain::document::Region;

/// How wide a cut-out is for its height. It is known before the picture is there, so that nothing moves when it comes.
const SHAPE: f64 = 4.0;

/// So much of what stands around a value is shown, for one height of the value: enough to recognise the place.
const MARGIN: f64 = 0.6;

/// A box on a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Frame {
    /// As `viewBox` wants it.
    pub fn view_box(&self) -> String {
        format!("{:.1} {:.1} {:.1} {:.1}", self.x, self.y, self.width, self.height)
    }
}

/// Where `region` is on a picture of `width` times `height` pixels; none where it is no area of the picture.
pub fn marked(region: Region, width: u32, height: u32) -> Option<Frame> {
    let (width, height) = (f64::from(width), f64::from(height));
    let (left, right) = (f64::from(region.left.min(1000)), f64::from(region.right.min(1000)));
    let (top, bottom) = (f64::from(region.top.min(1000)), f64::from(region.bottom.min(1000)));
    let frame = Frame {
        x: left / 1000.0 * width,
        y: top / 1000.0 * height,
        width: (right - left) / 1000.0 * width,
        height: (bottom - top) / 1000.0 * height,
    };
    (frame.width > 0.0 && frame.height > 0.0).then_some(frame)
}

/// What is shown of a picture around `marked`: with a margin, four times as wide as high where the picture is large
/// enough, and never beyond its edges.
pub fn around(marked: Frame, width: u32, height: u32) -> Frame {
    let margin = marked.height * MARGIN;
    let wanted_width = (marked.width + 2.0 * margin).max((marked.height + 2.0 * margin) * SHAPE);
    let shown_width = wanted_width.min(f64::from(width));
    let shown_height = (wanted_width / SHAPE).min(f64::from(height));
    let centred = |start: f64, length: f64, shown: f64, all: u32| {
        (start + length / 2.0 - shown / 2.0).clamp(0.0, (f64::from(all) - shown).max(0.0))
    };
    Frame {
        x: centred(marked.x, marked.width, shown_width, width),
        y: centred(marked.y, marked.height, shown_height, height),
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

    fn holds(outer: Frame, inner: Frame) -> bool {
        outer.x <= inner.x
            && outer.y <= inner.y
            && outer.x + outer.width >= inner.x + inner.width
            && outer.y + outer.height >= inner.y + inner.height
    }

    #[test]
    fn thousandths_become_pixels() {
        let frame = marked(region(100, 250, 300, 500), 2000, 800).unwrap();
        assert_eq!(frame, Frame { x: 200.0, y: 200.0, width: 400.0, height: 200.0 });
        assert_eq!(frame.view_box(), "200.0 200.0 400.0 200.0");
    }

    #[test]
    fn a_region_without_an_area_is_not_shown() {
        assert_eq!(marked(region(300, 250, 300, 500), 2000, 800), None);
        assert_eq!(marked(region(400, 250, 300, 500), 2000, 800), None);
        assert_eq!(marked(region(1200, 0, 1300, 10), 2000, 800), None);
    }

    #[test]
    fn what_is_shown_holds_the_value_and_stays_on_the_picture() {
        for (left, top, right, bottom) in
            [(0, 0, 20, 20), (980, 980, 1000, 1000), (10, 900, 990, 990), (400, 300, 600, 900)]
        {
            let value = marked(region(left, top, right, bottom), 1600, 1100).unwrap();
            let shown = around(value, 1600, 1100);
            assert!(holds(shown, value), "{shown:?} {value:?}");
            assert!(holds(Frame { x: 0.0, y: 0.0, width: 1600.0, height: 1100.0 }, shown), "{shown:?}");
        }
    }

    #[test]
    fn a_line_of_print_is_shown_in_the_shape_that_its_place_has() {
        let value = marked(region(300, 400, 450, 430), 1600, 1100).unwrap();
        let shown = around(value, 1600, 1100);
        assert!((shown.width / shown.height - SHAPE).abs() < 1e-9);
        assert!(shown.height > value.height * 2.0);
    }
}
