//! The 37 characters of an MRZ, rendered in OCR-B as templates.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};

/// Width of a cell, in canonical pixels: the distance of two characters.
pub(super) const PITCH: usize = 20;
/// Height of the compared window, in canonical pixels.
pub(super) const HEIGHT: usize = 28;

const CHARS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<";

/// One character's picture: mean 0, norm 1.
pub(super) struct Glyph {
    pub char: char,
    pub pixels: Vec<f32>,
}

/// All characters.
pub(crate) struct Glyphs {
    pub(super) all: Vec<Glyph>,
}

impl Glyphs {
    /// Renders the characters so that capitals are centred in the window, dark ink as negative values.
    pub fn render(font: &FontVec) -> Self {
        let unit = font.as_scaled(100.0).h_advance(font.glyph_id('0'));
        let scale = PxScale::from(100.0 * PITCH as f32 / unit);
        let bounds = |c: char| font.outline_glyph(font.glyph_id(c).with_scale(scale)).map(|o| o.px_bounds());
        let cap = bounds('H').map_or(PITCH as f32, |b| b.height());
        let baseline = HEIGHT as f32 / 2.0 + cap / 2.0;
        let all = CHARS
            .chars()
            .map(|char| {
                let mut pixels = vec![0.0_f32; PITCH * HEIGHT];
                let glyph = font.glyph_id(char).with_scale_and_position(scale, point(0.0, baseline));
                if let Some(outline) = font.outline_glyph(glyph) {
                    let origin = outline.px_bounds().min;
                    outline.draw(|dx, dy, cover| {
                        let (x, y) = (origin.x as i32 + dx as i32, origin.y as i32 + dy as i32);
                        if (0..PITCH as i32).contains(&x) && (0..HEIGHT as i32).contains(&y) {
                            pixels[y as usize * PITCH + x as usize] = -cover;
                        }
                    });
                }
                // Cameras soften edges.
                let mut pixels = soften(&soften(&pixels));
                normalise(&mut pixels);
                Glyph { char, pixels }
            })
            .collect();
        Self { all }
    }
}

fn soften(pixels: &[f32]) -> Vec<f32> {
    let at = |x: i32, y: i32| {
        let inside = (0..PITCH as i32).contains(&x) && (0..HEIGHT as i32).contains(&y);
        if inside { pixels[y as usize * PITCH + x as usize] } else { 0.0 }
    };
    let mut out = Vec::with_capacity(pixels.len());
    for y in 0..HEIGHT as i32 {
        for x in 0..PITCH as i32 {
            let mut sum = 0.0;
            for (dy, wy) in [(-1, 1.0), (0, 2.0), (1, 1.0)] {
                for (dx, wx) in [(-1, 1.0), (0, 2.0), (1, 1.0)] {
                    sum += at(x + dx, y + dy) * wx * wy;
                }
            }
            out.push(sum / 16.0);
        }
    }
    out
}

/// Scales to mean 0 and norm 1. Returns the standard deviation before.
pub(super) fn normalise(pixels: &mut [f32]) -> f32 {
    let count = pixels.len() as f32;
    let mean = pixels.iter().sum::<f32>() / count;
    let mut square = 0.0;
    for p in pixels.iter_mut() {
        *p -= mean;
        square += *p * *p;
    }
    let norm = square.sqrt().max(1e-6);
    pixels.iter_mut().for_each(|p| *p /= norm);
    norm / count.sqrt()
}
