//! Backgrounds on which documents are photographed.

use rand::Rng;
use rand::rngs::StdRng;

use crate::canvas::shade;

/// A kind of background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Background {
    /// A scanner's white lid.
    Lid,
    /// Plain grey.
    Grey,
    /// Dark wood.
    DarkWood,
    /// A white table, hardly darker than paper.
    White,
    /// A cloth with a pattern.
    Cloth,
    /// Papers, pens and other objects.
    Clutter,
}

/// A rectangular object on the background.
struct Thing {
    x: f32,
    y: f32,
    half: (f32, f32),
    turn: (f32, f32),
    colour: [f32; 3],
    /// Whether it has lines that look like print.
    printed: bool,
}

/// A background with its random parameters.
pub(crate) struct BackgroundTexture {
    background: Background,
    base: [f32; 3],
    other: [f32; 3],
    phase: f32,
    pitch: f32,
    things: Vec<Thing>,
}

impl BackgroundTexture {
    /// A random background for a picture of `width` by `height` pixels.
    pub fn new(background: Background, (width, height): (u32, u32), rng: &mut StdRng) -> Self {
        let (hue, phase) = (rng.random_range(0.0..6.0), rng.random_range(0.0..6.0));
        let (width, height) = (width as f32, height as f32);
        let float = |colour: image::Rgb<u8>| colour.0.map(f32::from);
        let (base, other) = match background {
            Background::Lid => ([248.0; 3], [250.0; 3]),
            Background::Grey => ([120.0; 3], [128.0; 3]),
            Background::DarkWood => {
                let value = rng.random_range(0.2..0.38);
                (float(shade(0.5, 0.45, value)), float(shade(0.5, 0.5, value * 0.7)))
            }
            Background::White => (float(shade(hue, 0.03, rng.random_range(0.80..0.92))), [215.0; 3]),
            Background::Cloth => (
                float(shade(hue, rng.random_range(0.2..0.7), rng.random_range(0.3..0.8))),
                float(shade(hue + 2.0, rng.random_range(0.1..0.5), rng.random_range(0.4..0.9))),
            ),
            Background::Clutter => {
                let value = rng.random_range(0.25..0.7);
                (float(shade(hue, 0.2, value)), float(shade(hue, 0.2, value * 0.85)))
            }
        };
        let count = if background == Background::Clutter { rng.random_range(5..10) } else { 0 };
        let things = (0..count)
            .map(|_| {
                let printed = rng.random_bool(0.4);
                let half = if printed {
                    (rng.random_range(0.12..0.3) * width, rng.random_range(0.12..0.3) * width)
                } else {
                    (rng.random_range(0.02..0.2) * width, rng.random_range(0.008..0.05) * width)
                };
                let colour = if printed {
                    [232.0, 230.0, 226.0]
                } else {
                    float(shade(rng.random_range(0.0..6.0), 0.5, rng.random_range(0.1..0.8)))
                };
                let (sin, cos) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
                Thing {
                    x: rng.random_range(0.0..width),
                    y: rng.random_range(0.0..height),
                    half,
                    turn: (sin, cos),
                    colour,
                    printed,
                }
            })
            .collect();
        Self { background, base, other, phase, pitch: rng.random_range(30.0..90.0) * width / 2400.0, things }
    }

    pub fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let mix =
            |part: f32| std::array::from_fn(|i| self.base[i] + (self.other[i] - self.base[i]) * part.clamp(0.0, 1.0));
        match self.background {
            Background::Lid | Background::Grey => self.base,
            Background::DarkWood => {
                let grain = (y * 0.045 + 4.0 * (x * 0.0035 + self.phase).sin() + (y * 0.31 + x * 0.004).sin()).sin();
                mix(grain * 0.5 + 0.5)
            }
            Background::White => mix(0.3 + 0.2 * (x * 0.0013 + y * 0.0009 + self.phase).sin()),
            Background::Cloth => {
                let (u, v) = ((x + y * 0.4) / self.pitch, (y - x * 0.3) / self.pitch);
                mix(if (u.floor() + v.floor()).rem_euclid(2.0) < 1.0 { 0.15 } else { 0.85 }
                    + 0.1 * (x * 0.9).sin() * (y * 0.9).sin())
            }
            Background::Clutter => {
                for thing in self.things.iter().rev() {
                    let (dx, dy) = (x - thing.x, y - thing.y);
                    let (sin, cos) = thing.turn;
                    let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
                    if u.abs() < thing.half.0 && v.abs() < thing.half.1 {
                        let line = (v / self.pitch * 3.0).rem_euclid(1.0) < 0.35;
                        let gap = (u * 0.04 + v.div_euclid(self.pitch / 3.0) * 1.7).sin() > -0.3;
                        let margin = u.abs() < thing.half.0 * 0.85 && v.abs() < thing.half.1 * 0.85;
                        return if thing.printed && line && gap && margin { [90.0; 3] } else { thing.colour };
                    }
                }
                mix(0.5 + 0.5 * (y * 0.05 + 3.0 * (x * 0.004).sin()).sin())
            }
        }
    }
}
