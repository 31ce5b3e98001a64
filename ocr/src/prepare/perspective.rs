//! Perspective correction: maps a quadrilateral in a picture to an upright rectangle.

use image::{GrayImage, Luma, Rgb, RgbImage};

/// A position in pixels. Integers are the corners of pixels, not their centres.
pub(crate) type Point = (f32, f32);
/// Clockwise from the upper left corner of the upright page.
pub(crate) type Quad = [Point; 4];

/// Width and height: the longer of the upper and lower side, and the longer of the left and right side.
pub(crate) fn sides(quad: &Quad) -> (f32, f32) {
    let side = |a: usize, b: usize| (quad[a].0 - quad[b].0).hypot(quad[a].1 - quad[b].1);
    (side(0, 1).max(side(3, 2)), side(0, 3).max(side(1, 2)))
}

/// The same quadrilateral after `quarters` quarter turns clockwise.
pub(crate) fn rotated(quad: &Quad, quarters: usize) -> Quad {
    std::array::from_fn(|i| quad[(i + 4 - quarters % 4) % 4])
}

/// Expands every side outwards by a fraction of its size.
pub(crate) fn expanded(quad: &Quad, part: f32) -> Quad {
    // Moves each corner along both of its sides, away from their other ends.
    std::array::from_fn(|i| {
        let (at, before, after) = (quad[i], quad[(i + 3) % 4], quad[(i + 1) % 4]);
        (at.0 + part * (2.0 * at.0 - before.0 - after.0), at.1 + part * (2.0 * at.1 - before.1 - after.1))
    })
}

/// The homography from a rectangle to a quadrilateral, corner to corner.
pub(crate) struct PerspectiveTransform {
    /// `(a x + b y + c) / (g x + h y + 1)`, and the like with d, e, f.
    a: [f32; 8],
    /// Distance, in the quadrilateral, of neighbouring pixels of the rectangle.
    step: f32,
}

impl PerspectiveTransform {
    /// Maps a rectangle of this size in pixels. (Heckbert, "Fundamentals of Texture Mapping and Image Warping", 2.2.3.)
    pub fn new((width, height): (u32, u32), quad: &Quad) -> Self {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = *quad;
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let det = dx1 * dy2 - dx2 * dy1;
        let (g, h) =
            if det.abs() < 1e-6 { (0.0, 0.0) } else { ((sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det) };
        let (w, t) = (width as f32, height as f32);
        let (across, down) = sides(quad);
        Self {
            a: [
                (x1 - x0 + g * x1) / w,
                (x3 - x0 + h * x3) / t,
                x0,
                (y1 - y0 + g * y1) / w,
                (y3 - y0 + h * y3) / t,
                y0,
                g / w,
                h / t,
            ],
            step: (across / w).max(down / t),
        }
    }

    fn at(&self, x: f32, y: f32) -> Point {
        let [a, b, c, d, e, f, g, h] = self.a;
        let w = 1.0 / (g * x + h * y + 1.0);
        ((a * x + b * y + c) * w, (d * x + e * y + f) * w)
    }

    /// Sample positions in a pixel. Several if the picture is reduced, to avoid aliasing.
    fn taps(&self) -> &'static [Point] {
        match self.step {
            ..1.25 => &[(0.5, 0.5)],
            ..1.9 => &[(0.25, 0.25), (0.75, 0.75)],
            _ => &[(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)],
        }
    }

    /// Resamples the quadrilateral as the rectangle.
    pub fn colour(&self, from: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
        let raw = from.as_raw();
        let (columns, rows) = (from.width() as usize, from.height() as usize);
        let taps = self.taps();
        let part = 1.0 / taps.len() as f32;
        let mut out = RgbImage::new(width, height);
        for (y, row) in out.rows_mut().enumerate() {
            for (x, pixel) in row.enumerate() {
                let mut sum = [0.0_f32; 3];
                for tap in taps {
                    let (px, py) = self.at(x as f32 + tap.0, y as f32 + tap.1);
                    let (px, py) = inside(px, py, columns, rows);
                    let (left, top) = (px as usize, py as usize);
                    let (fx, fy) = (px - left as f32, py - top as f32);
                    let (right, bottom) = ((left + 1).min(columns - 1), (top + 1).min(rows - 1));
                    let (upper, lower) = (top * columns, bottom * columns);
                    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
                    let places = [upper + left, upper + right, lower + left, lower + right];
                    for (weight, place) in weights.into_iter().zip(places) {
                        let Some(rgb) = raw.get(place * 3..place * 3 + 3) else { continue };
                        for (sum, value) in sum.iter_mut().zip(rgb) {
                            *sum += weight * f32::from(*value);
                        }
                    }
                }
                *pixel = Rgb(sum.map(|sum| (sum * part + 0.5) as u8));
            }
        }
        out
    }
}

/// Clamps a position to the centres of the border pixels.
fn inside(x: f32, y: f32, columns: usize, rows: usize) -> Point {
    ((x - 0.5).clamp(0.0, columns as f32 - 1.0), (y - 0.5).clamp(0.0, rows as f32 - 1.0))
}

/// Converts to grey (ITU-R BT.601).
pub(crate) fn grey(picture: &RgbImage) -> GrayImage {
    let mut out = GrayImage::new(picture.width(), picture.height());
    for (to, from) in out.pixels_mut().zip(picture.pixels()) {
        let [r, g, b] = from.0.map(u32::from);
        *to = Luma([((r * 77 + g * 150 + b * 29) >> 8) as u8]);
    }
    out
}

/// Reduces the longer side to at most `longest` pixels, each the mean of those it replaces.
pub(crate) fn shrunk(picture: &RgbImage, longest: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= longest {
        return picture.clone();
    }
    let side = |n: u32| ((u64::from(n) * u64::from(longest) / u64::from(longer)) as u32).max(1);
    image::imageops::thumbnail(picture, side(width), side(height))
}
