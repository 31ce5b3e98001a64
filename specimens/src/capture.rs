//! Simulates one photograph or scan of a page: position, light, lens, sensor and JPEG compression.

use image::{Rgb, RgbImage, imageops};
use imageproc::geometric_transformations::Projection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::background::{Background, BackgroundTexture};
use crate::blur::blur;
use crate::specimen::GAP;

/// A bright spot with a soft edge, in fractions of the picture's width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glare {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
    /// Ratio of its width to its height.
    pub stretch: f32,
    /// At 1 its centre is white and hides everything.
    pub strength: f32,
}

/// The edge of a shadow of a hand or the phone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shadow {
    /// A point on its edge, in fractions of width and height.
    pub x: f32,
    pub y: f32,
    /// The direction of the dark side, in radians.
    pub towards: f32,
    /// Width of the soft edge, in fractions of the picture's width.
    pub soft: f32,
    /// The fraction of light that it removes.
    pub depth: f32,
}

/// The parameters of one capture.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    /// Pixels of the picture.
    pub size: (u32, u32),
    /// The fraction of the picture that the page fills, in the direction in which it is tighter.
    pub fill: f32,
    /// Offset of the page's centre from the picture's, as fractions of its size.
    pub offset: (f32, f32),
    /// Rotation of the page in degrees, clockwise.
    pub turn: f32,
    /// Quarter turns of the whole picture, clockwise.
    pub quarters: u8,
    /// Perspective: relative difference of the upper and lower edge, and of the left and right edge.
    pub tilt: (f32, f32),
    pub background: Background,
    /// Standard deviation of the defocus blur, in pixels.
    pub focus: f32,
    /// Motion blur: length in pixels and direction in radians.
    pub motion: (f32, f32),
    /// Exposure; 1 makes paper white.
    pub light: f32,
    /// Illumination gradient across and down the picture.
    pub slope: (f32, f32),
    /// White balance: added to red and subtracted from blue.
    pub warmth: f32,
    pub glare: Option<Glare>,
    pub shadow: Option<Shadow>,
    /// Standard deviation of the noise, of 255.
    pub noise: f32,
    /// JPEG quality from 1 to 100.
    pub jpeg: u8,
}

impl Capture {
    /// The page without changes, at `scale` times its pixels.
    pub fn plain(page: &RgbImage, scale: f32) -> Self {
        let side = |n: u32| ((n as f32 * scale).round() as u32).max(1);
        Self {
            size: (side(page.width()), side(page.height())),
            fill: 1.0,
            offset: (0.0, 0.0),
            turn: 0.0,
            quarters: 0,
            tilt: (0.0, 0.0),
            background: Background::Lid,
            focus: 0.0,
            motion: (0.0, 0.0),
            light: 1.0,
            slope: (0.0, 0.0),
            warmth: 0.0,
            glare: None,
            shadow: None,
            noise: 0.0,
            jpeg: 92,
        }
    }

    /// The picture before compression. `seed` determines the noise and the background.
    pub fn take(&self, page: &RgbImage, seed: u64) -> RgbImage {
        let rng = &mut StdRng::seed_from_u64(seed);
        let mut picture = self.place(page, rng);
        if self.focus > 0.05 {
            picture = blur(&picture, self.focus);
        }
        if self.motion.0 >= 1.0 {
            picture = shake(&picture, self.motion);
        }
        self.expose(&mut picture, rng);
        match self.quarters % 4 {
            1 => imageops::rotate90(&picture),
            2 => imageops::rotate180(&picture),
            3 => imageops::rotate270(&picture),
            _ => picture,
        }
    }

    fn place(&self, page: &RgbImage, rng: &mut StdRng) -> RgbImage {
        let (width, height) = self.size;
        let (w, h) = (width as f32, height as f32);
        let (pw, ph) = (page.width() as f32, page.height() as f32);
        let scale = (w / pw).min(h / ph) * self.fill;
        let (sin, cos) = self.turn.to_radians().sin_cos();
        let corners = [(0.0, 0.0), (pw, 0.0), (pw, ph), (0.0, ph)];
        let targets = corners.map(|(x, y)| {
            let (u, v) = (x / pw - 0.5, y / ph - 0.5);
            // Parts farther from the camera are smaller: towards the top, and towards the left.
            let far = 1.0 - self.tilt.0 * (0.5 - v) - self.tilt.1 * (0.5 - u);
            let (dx, dy) = (u * pw * scale * far, v * ph * scale * far);
            (w * (0.5 + self.offset.0) + dx * cos - dy * sin, h * (0.5 + self.offset.1) + dx * sin + dy * cos)
        });
        // The four corners of a page are never collinear.
        let Some(to_page) = Projection::from_control_points(targets, corners) else { return page.clone() };
        let texture = BackgroundTexture::new(self.background, self.size, rng);
        // If the picture is reduced, the mean of several samples avoids aliasing.
        let offsets: &[f32] = match 1.0 / scale {
            step if step > 2.2 => &[-0.33, 0.0, 0.33],
            step if step > 1.2 => &[-0.25, 0.25],
            _ => &[0.0],
        };
        let share = 1.0 / (offsets.len() * offsets.len()) as f32;
        RgbImage::from_fn(width, height, |x, y| {
            let mut sum = [0.0_f32; 3];
            for dy in offsets {
                for dx in offsets {
                    let (x, y) = (x as f32 + dx, y as f32 + dy);
                    let (px, py) = to_page * (x + 0.5, y + 0.5);
                    let colour = sample(page, px - 0.5, py - 0.5).unwrap_or_else(|| texture.at(x, y));
                    for (sum, value) in sum.iter_mut().zip(colour) {
                        *sum += value;
                    }
                }
            }
            Rgb(sum.map(|value| (value * share).round() as u8))
        })
    }

    fn expose(&self, picture: &mut RgbImage, rng: &mut StdRng) {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let tint = [1.0 + self.warmth, 1.0, 1.0 - self.warmth];
        let mut state: u64 = rng.random();
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (u, v) = (x as f32 / width, y as f32 / height);
            let mut light = self.light + self.slope.0 * (u - 0.5) + self.slope.1 * (v - 0.5);
            if let Some(shadow) = self.shadow {
                let (sin, cos) = shadow.towards.sin_cos();
                let inside = ((u - shadow.x) * cos + (v - shadow.y) * height / width * sin) / shadow.soft.max(0.001);
                light *= 1.0 - shadow.depth * smooth(inside + 0.5);
            }
            let white = self.glare.map_or(0.0, |glare| {
                let (dx, dy) = ((u - glare.x) / glare.stretch, (v - glare.y) * height / width);
                glare.strength * smooth((1.0 - dx.hypot(dy) / glare.radius) * 1.6)
            });
            let random = if self.noise > 0.0 { [next_random(&mut state), next_random(&mut state)] } else { [0; 2] };
            let [first, second] = random.map(u64::to_le_bytes);
            let bytes = [
                [first[0], first[1], first[2], first[3]],
                [first[4], first[5], first[6], first[7]],
                [second[0], second[1], second[2], second[3]],
            ];
            for ((value, tint), bytes) in pixel.0.iter_mut().zip(tint).zip(bytes) {
                // The sum of four uniform values approximates a normal distribution.
                let sum: i32 = bytes.into_iter().map(|b| i32::from(b) - 128).sum();
                let noise = if self.noise > 0.0 { sum as f32 / 148.0 * self.noise } else { 0.0 };
                let lit = f32::from(*value) * light * tint;
                *value = (lit + (255.0 - lit) * white + noise).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// Random numbers for noise, fast enough for millions of pixels (SplitMix64 by Steele, Lea and Flood).
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Smoothstep from 0 to 1.
fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The interpolated colour; `None` outside of the paper.
fn sample(page: &RgbImage, x: f32, y: f32) -> Option<[f32; 3]> {
    let (width, height) = (page.width() as f32, page.height() as f32);
    if x < -0.5 || y < -0.5 || x >= width - 0.5 || y >= height - 0.5 {
        return None;
    }
    let (x, y) = (x.clamp(0.0, width - 1.001), y.clamp(0.0, height - 1.001));
    let (left, top) = (x as u32, y as u32);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let at = |dx: u32, dy: u32| *page.get_pixel((left + dx).min(page.width() - 1), (top + dy).min(page.height() - 1));
    let (a, b, c, d) = (at(0, 0), at(1, 0), at(0, 1), at(1, 1));
    if [a, b, c, d].contains(&GAP) {
        return None;
    }
    Some(std::array::from_fn(|i| {
        let upper = f32::from(a.0[i]) * (1.0 - fx) + f32::from(b.0[i]) * fx;
        let lower = f32::from(c.0[i]) * (1.0 - fx) + f32::from(d.0[i]) * fx;
        upper * (1.0 - fy) + lower * fy
    }))
}

/// Motion blur: the mean along a line.
fn shake(picture: &RgbImage, (length, direction): (f32, f32)) -> RgbImage {
    let (width, height) = (picture.width() as i32, picture.height() as i32);
    let (sin, cos) = direction.sin_cos();
    let steps = (length.ceil() as i32).max(2);
    let way: Vec<(i32, i32)> = (0..steps)
        .map(|i| {
            let along = (i as f32 / (steps - 1) as f32 - 0.5) * length;
            ((along * cos).round() as i32, (along * sin).round() as i32)
        })
        .collect();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let mut sum = [0_u32; 3];
        for (dx, dy) in &way {
            let (x, y) = ((x as i32 + dx).clamp(0, width - 1), (y as i32 + dy).clamp(0, height - 1));
            for (sum, value) in sum.iter_mut().zip(picture.get_pixel(x as u32, y as u32).0) {
                *sum += u32::from(value);
            }
        }
        Rgb(sum.map(|sum| (sum / way.len() as u32) as u8))
    })
}
