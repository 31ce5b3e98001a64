//! A sheet to draw on, measured in millimetres from its upper left corner.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use domain::date::never_expires;
use image::{Rgb, RgbImage};
use jiff::civil::Date;

/// The colour of ink, nearly black.
pub(crate) const INK: Rgb<u8> = Rgb([28, 28, 34]);
/// The colour of captions.
pub(crate) const CAPTION: Rgb<u8> = Rgb([70, 80, 110]);

pub(crate) struct Sheet {
    pub image: RgbImage,
    /// Pixels per millimetre.
    scale: f32,
}

impl Sheet {
    pub fn new(width_mm: f32, height_mm: f32, scale: f32, colour: Rgb<u8>) -> Self {
        let size = |mm: f32| (mm * scale).round() as u32;
        Self { image: RgbImage::from_pixel(size(width_mm), size(height_mm), colour), scale }
    }

    /// Writes text with its left end and baseline at `x`, `y`; `size` is the font's em in millimetres.
    pub fn text(&mut self, font: &FontVec, x: f32, y: f32, size: f32, colour: Rgb<u8>, text: &str) {
        self.set(font, (x, y), em(font, size * self.scale), colour, text);
    }

    fn set(&mut self, font: &FontVec, (x, y): (f32, f32), scale: PxScale, colour: Rgb<u8>, text: &str) {
        let mut pen = x * self.scale;
        for c in text.chars() {
            let id = font.glyph_id(c);
            self.glyph(font, scale, c, pen, y * self.scale, colour);
            pen += font.as_scaled(scale).h_advance(id);
        }
    }

    /// The width of a text in millimetres.
    pub fn width(&self, font: &FontVec, size: f32, text: &str) -> f32 {
        let scale = em(font, size * self.scale);
        text.chars().map(|c| font.as_scaled(scale).h_advance(font.glyph_id(c))).sum::<f32>() / self.scale
    }

    /// Writes text. If it exceeds `room`, it is reduced to at least three fifths of its size, and then compressed
    /// horizontally.
    pub fn text_within(&mut self, font: &FontVec, at: (f32, f32), size: f32, room: f32, colour: Rgb<u8>, text: &str) {
        let fit = room / self.width(font, size, text).max(room);
        let mut scale = em(font, size * fit.max(0.6) * self.scale);
        scale.x *= (fit / 0.6).min(1.0);
        self.set(font, at, scale, colour, text);
    }

    /// Writes a line of a machine-readable zone, with a pitch of 2.54 mm (Doc 9303-3, 4.4).
    pub fn zone_line(&mut self, font: &FontVec, x: f32, y: f32, text: &str) {
        const PITCH: f32 = 2.54;
        let unit = font.as_scaled(100.0).h_advance(font.glyph_id('0'));
        let scale = PxScale::from(100.0 * PITCH * self.scale / unit);
        for (i, c) in text.chars().enumerate() {
            self.glyph(font, scale, c, (x + PITCH * i as f32) * self.scale, y * self.scale, INK);
        }
    }

    fn glyph(&mut self, font: &FontVec, scale: PxScale, c: char, x: f32, y: f32, colour: Rgb<u8>) {
        let glyph = font.glyph_id(c).with_scale_and_position(scale, point(x, y));
        let Some(outline) = font.outline_glyph(glyph) else { return };
        let origin = outline.px_bounds().min;
        let image = &mut self.image;
        outline.draw(|dx, dy, cover| {
            let (x, y) = (origin.x as i64 + i64::from(dx), origin.y as i64 + i64::from(dy));
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && let Some(pixel) = image.get_pixel_mut_checked(x, y)
            {
                blend(pixel, colour, cover);
            }
        });
    }

    /// Fills the area for which `inside` is true, within a box in millimetres.
    pub fn fill(&mut self, [left, top, right, bottom]: [f32; 4], colour: Rgb<u8>, inside: impl Fn(f32, f32) -> bool) {
        let px = |mm: f32, limit: u32| ((mm * self.scale).max(0.0) as u32).min(limit);
        let (width, height) = self.image.dimensions();
        for y in px(top, height)..px(bottom, height) {
            for x in px(left, width)..px(right, width) {
                if inside(x as f32 / self.scale, y as f32 / self.scale) {
                    self.image.put_pixel(x, y, colour);
                }
            }
        }
    }

    /// Draws a pale wave pattern over the whole sheet, as in security printing.
    pub fn guilloche(&mut self, colour: Rgb<u8>, strength: f32) {
        let scale = self.scale;
        for (x, y, pixel) in self.image.enumerate_pixels_mut() {
            let (x, y) = (x as f32 / scale, y as f32 / scale);
            let wave = (y * 2.2 + 2.0 * (x * 0.21).sin() + 1.1 * (x * 0.07 + y * 0.13).cos()).sin();
            let other = (y * 1.7 - 2.4 * (x * 0.16 + 1.0).sin()).sin();
            let cover = (1.0 - wave.abs() * 3.0).max(0.0) + (1.0 - other.abs() * 3.0).max(0.0);
            blend(pixel, colour, (cover * strength).min(1.0));
        }
    }

    /// Draws a silhouette in place of a photograph.
    pub fn portrait(&mut self, x: f32, y: f32, width: f32, height: f32) {
        let frame = [x, y, x + width, y + height];
        self.fill(frame, Rgb([205, 212, 220]), |_, _| true);
        let middle = x + width / 2.0;
        let (head_y, head_rx, head_ry) = (y + height * 0.40, width * 0.21, height * 0.22);
        let (body_y, body_rx, body_ry) = (y + height * 1.02, width * 0.43, height * 0.38);
        self.fill(frame, Rgb([96, 104, 118]), |px, py| {
            let head = ((px - middle) / head_rx).powi(2) + ((py - head_y) / head_ry).powi(2) < 1.0;
            let body = ((px - middle) / body_rx).powi(2) + ((py - body_y) / body_ry).powi(2) < 1.0;
            head || body
        });
    }

    /// Writes a caption with its value below. Returns the y of the next pair.
    pub fn pair(&mut self, plain: &FontVec, x: f32, y: f32, caption: &str, value: &str) -> f32 {
        self.text(plain, x, y, 2.1, CAPTION, caption);
        self.text(plain, x, y + 3.9, 3.6, INK, value);
        y + 7.6
    }
}

/// Printed in place of the date of expiry of a document that does not expire.
pub(crate) const UNLIMITED: &str = "UNLIMITED";

/// `14 MAR 1987`, the form of passports.
pub(crate) fn passport_date(date: Date) -> String {
    if never_expires(date) {
        return UNLIMITED.to_owned();
    }
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month - 1)).unwrap_or(&"");
    format!("{:02} {month} {:04}", date.day(), date.year())
}

/// `14.03.1987`.
pub(crate) fn point_date(date: Date) -> String {
    if never_expires(date) {
        return UNLIMITED.to_owned();
    }
    format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year())
}

/// `14 March 1987`.
pub(crate) fn long_date(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// A colour: `hue` from 0 (red) through 2 (green) and 4 (blue) to 6 (red), saturation and value from 0 to 1.
pub(crate) fn shade(hue: f32, saturation: f32, value: f32) -> Rgb<u8> {
    Rgb([5.0, 3.0, 1.0].map(|turn: f32| {
        let k = (turn + hue).rem_euclid(6.0);
        let dip = k.min(4.0 - k).clamp(0.0, 1.0);
        ((value - value * saturation * dip) * 255.0).round() as u8
    }))
}

/// Converts the em to the scale of `ab_glyph`, which is from ascent to descent.
fn em(font: &FontVec, px: f32) -> PxScale {
    PxScale::from(px * font.height_unscaled() / font.units_per_em().unwrap_or(1000.0))
}

fn blend(pixel: &mut Rgb<u8>, colour: Rgb<u8>, cover: f32) {
    for (old, new) in pixel.0.iter_mut().zip(colour.0) {
        *old = (f32::from(*old) + (f32::from(new) - f32::from(*old)) * cover.clamp(0.0, 1.0)).round() as u8;
    }
}
