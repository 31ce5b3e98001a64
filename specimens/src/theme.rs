//! Simple simulation of a scanner or camera for the drawings of one given person.

use image::{Rgb, RgbImage, imageops};
use imageproc::geometric_transformations::Projection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The quality of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum CaptureQuality {
    /// Without changes.
    None,
    /// A scan: slightly rotated, slightly soft, some noise.
    Light,
    /// A photograph of a phone: dark table, rotated, uneven light, soft, noisy.
    Phone,
    /// So blurred that nothing can be read.
    Unreadable,
    /// So dark that nothing can be read.
    Dark,
}

/// The rendering of a document; the same theme renders the same page identically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Quality of the capture.
    pub quality: CaptureQuality,
    /// Seed of the random effects.
    pub seed: u64,
}

impl Theme {
    /// Without changes.
    pub const CLEAN: Self = Self { quality: CaptureQuality::None, seed: 0 };

    /// A theme with the given quality and seed.
    pub const fn new(quality: CaptureQuality, seed: u64) -> Self {
        Self { quality, seed }
    }

    pub(crate) fn apply(&self, page: RgbImage) -> RgbImage {
        let rng = &mut StdRng::seed_from_u64(self.seed);
        let upright = page.height() > page.width();
        match self.quality {
            CaptureQuality::None => page,
            CaptureQuality::Light => {
                let size = (page.width() * 21 / 20, page.height() * 21 / 20);
                let placed = place(&page, size, 0.93, 2.0, 0.006, rng);
                expose(compress(soften(placed, rng.random_range(0.4..0.9)), 88), 0.95, 0.04, 5.0, rng)
            }
            CaptureQuality::Phone => {
                let placed = place(&page, photo(upright), 0.86, 5.0, 0.02, rng);
                let exposed = expose(soften(placed, rng.random_range(0.6..1.2)), 0.85, 0.12, 7.0, rng);
                compress(exposed, rng.random_range(70..88))
            }
            CaptureQuality::Unreadable => {
                let placed = place(&page, photo(upright), 0.86, 5.0, 0.02, rng);
                let (width, height) = placed.dimensions();
                let coarse = imageops::thumbnail(&placed, width / 50, height / 50);
                let blurred = imageops::resize(&coarse, width, height, imageops::FilterType::Triangle);
                expose(blurred, 0.8, 0.1, 7.0, rng)
            }
            CaptureQuality::Dark => {
                let placed = place(&page, photo(upright), 0.86, 5.0, 0.02, rng);
                expose(placed, 0.03, 0.01, 6.0, rng)
            }
        }
    }
}

fn photo(upright: bool) -> (u32, u32) {
    if upright { (1800, 2400) } else { (2400, 1800) }
}

/// Places the page on a table: `fill` is the fraction of the picture that it fills, `turn` the maximum rotation in
/// degrees, and `skew` the maximum shift of its corners, as a fraction of its width.
fn place(page: &RgbImage, (width, height): (u32, u32), fill: f32, turn: f32, skew: f32, rng: &mut StdRng) -> RgbImage {
    let (pw, ph) = (page.width() as f32, page.height() as f32);
    let scale = (width as f32 / pw).min(height as f32 / ph) * fill;
    let angle = rng.random_range(-turn..=turn).to_radians();
    let (sin, cos) = angle.sin_cos();
    let corners = [(0.0, 0.0), (pw, 0.0), (pw, ph), (0.0, ph)];
    let mut targets = corners;
    for (x, y) in &mut targets {
        let (dx, dy) = ((*x - pw / 2.0) * scale, (*y - ph / 2.0) * scale);
        let moved = skew * pw * scale;
        *x = width as f32 / 2.0 + dx * cos - dy * sin + rng.random_range(-moved..=moved);
        *y = height as f32 / 2.0 + dx * sin + dy * cos + rng.random_range(-moved..=moved);
    }
    // Four slightly moved corners of a page are never collinear.
    let Some(to_page) = Projection::from_control_points(targets, corners) else { return page.clone() };
    let table: [f32; 3] = [rng.random_range(40.0..75.0), rng.random_range(34.0..60.0), rng.random_range(28.0..50.0)];
    let phase: f32 = rng.random_range(0.0..6.0);
    RgbImage::from_fn(width, height, |x, y| {
        let (px, py) = to_page * (x as f32, y as f32);
        if px < 0.0 || py < 0.0 || px >= pw - 1.0 || py >= ph - 1.0 {
            let grain = ((y as f32) * 0.05 + 3.0 * ((x as f32) * 0.004 + phase).sin()).sin() * 7.0;
            return Rgb(table.map(|c| (c + grain).clamp(0.0, 255.0) as u8));
        }
        sample(page, px, py)
    })
}

fn sample(page: &RgbImage, x: f32, y: f32) -> Rgb<u8> {
    let (left, top) = (x as u32, y as u32);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let at = |dx, dy| page.get_pixel(left + dx, top + dy).0;
    let (a, b, c, d) = (at(0, 0), at(1, 0), at(0, 1), at(1, 1));
    Rgb(std::array::from_fn(|i| {
        let upper = f32::from(a[i]) * (1.0 - fx) + f32::from(b[i]) * fx;
        let lower = f32::from(c[i]) * (1.0 - fx) + f32::from(d[i]) * fx;
        (upper * (1.0 - fy) + lower * fy).round() as u8
    }))
}

fn soften(picture: RgbImage, sigma: f32) -> RgbImage {
    imageproc::filter::gaussian_blur_f32(&picture, sigma)
}

/// Applies a brightness around `level` that decreases by up to `slope` across the picture, and noise of the given
/// standard deviation.
fn expose(mut picture: RgbImage, level: f32, slope: f32, noise: f32, rng: &mut StdRng) -> RgbImage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let level = level * rng.random_range(0.92..1.05);
    let (across, down) = (rng.random_range(-slope..=slope), rng.random_range(-slope..=slope));
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let light = level + across * (x as f32 / width - 0.5) + down * (y as f32 / height - 0.5);
        for value in &mut pixel.0 {
            // The sum of four uniform values approximates a normal distribution.
            let bits: u32 = rng.random();
            let noise_sum: i32 = bits.to_le_bytes().into_iter().map(|b| i32::from(b) - 128).sum();
            *value = (f32::from(*value) * light + noise_sum as f32 / 148.0 * noise).clamp(0.0, 255.0) as u8;
        }
    }
    picture
}

/// Compresses and decompresses as JPEG.
fn compress(picture: RgbImage, quality: u8) -> RgbImage {
    crate::jpeg(&picture, quality)
        .and_then(|bytes| image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg))
        .map_or(picture, |decoded| decoded.to_rgb8())
}
