//! Degradations of readable pictures: a single one, or the mixture that a phone produces.

use image::RgbImage;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::background::Background;
use crate::capture::{Capture, Glare, Shadow};
use crate::specimen::Specimen;
use crate::{jpeg, pick};

/// A degradation of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Degradation {
    /// No degradation: a scan at 300 dots per inch.
    Clean,
    /// An ordinary scan: the page slightly rotated under a white lid, slightly soft.
    Scan,
    /// A photograph at arm's length on a table, with all effects combined.
    PhoneLike,
    /// A rotation by up to 10 degrees.
    Turn,
    /// A rotation by 90, 180 or 270 degrees.
    Quarter,
    /// A tilted camera.
    Perspective,
    /// Out of focus.
    Focus,
    /// A moving camera.
    Motion,
    /// Little light, amplified.
    Noise,
    /// A lamp's reflection.
    Glare,
    /// The shadow of a hand or the phone.
    Shadow,
    /// Heavy compression.
    Jpeg,
    /// Few pixels.
    Resolution,
    /// On a table, on a cloth or among other objects.
    Background,
}

impl Degradation {
    /// All degradations; the quality targets refer to the first three.
    pub const ALL: [Self; 14] = [
        Self::Clean,
        Self::Scan,
        Self::PhoneLike,
        Self::Turn,
        Self::Quarter,
        Self::Perspective,
        Self::Focus,
        Self::Motion,
        Self::Noise,
        Self::Glare,
        Self::Shadow,
        Self::Jpeg,
        Self::Resolution,
        Self::Background,
    ];

    /// The name in tables and options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Scan => "scan",
            Self::PhoneLike => "phone-like",
            Self::Turn => "turn",
            Self::Quarter => "quarter",
            Self::Perspective => "perspective",
            Self::Focus => "focus",
            Self::Motion => "motion",
            Self::Noise => "noise",
            Self::Glare => "glare",
            Self::Shadow => "shadow",
            Self::Jpeg => "jpeg",
            Self::Resolution => "resolution",
            Self::Background => "background",
        }
    }

    /// The picture of a specimen as JPEG. `strength` goes from 0 (hardly any) to 1 (the worst that applicants upload);
    /// it has no effect on the first three. The same arguments give the same bytes.
    ///
    /// # Errors
    /// Errors of the JPEG encoder.
    pub fn jpeg(self, specimen: &Specimen, strength: f32, seed: u64) -> Result<Vec<u8>, image::ImageError> {
        let capture = self.capture(specimen, strength, seed);
        jpeg(&capture.take(&specimen.picture, seed), capture.jpeg)
    }

    /// The picture before compression.
    pub fn picture(self, specimen: &Specimen, strength: f32, seed: u64) -> RgbImage {
        self.capture(specimen, strength, seed).take(&specimen.picture, seed)
    }

    fn capture(self, specimen: &Specimen, strength: f32, seed: u64) -> Capture {
        let rng =
            &mut StdRng::seed_from_u64(seed.wrapping_mul(1009).wrapping_add(self as u64 * 32 + specimen.paper as u64));
        let s = strength.clamp(0.0, 1.0);
        let sign = |rng: &mut StdRng| if rng.random() { 1.0 } else { -1.0 };
        let around = |rng: &mut StdRng| rng.random_range(0.0..std::f32::consts::TAU);
        let mut capture = Capture::plain(&specimen.picture, specimen.paper.at_300_dpi());
        match self {
            Self::Clean => {}
            Self::Scan => {
                capture = on_table(&specimen.picture, capture.size, 1.12);
                capture.background = Background::Lid;
                capture.turn = rng.random_range(-2.0..2.0);
                capture.offset = (rng.random_range(-0.02..0.02), rng.random_range(-0.02..0.02));
                capture.focus = rng.random_range(0.3..0.8);
                capture.noise = rng.random_range(1.5..4.0);
                capture.light = rng.random_range(0.94..1.02);
                capture.jpeg = rng.random_range(75..92);
            }
            Self::PhoneLike => capture = phone_like(&specimen.picture, rng),
            Self::Turn => {
                capture = on_table(&specimen.picture, capture.size, 1.25);
                capture.turn = sign(rng) * s * 10.0;
            }
            Self::Quarter => capture.quarters = rng.random_range(1..4),
            Self::Perspective => {
                capture = on_table(&specimen.picture, capture.size, 1.2);
                capture.tilt = (sign(rng) * s * 0.22, sign(rng) * s * rng.random_range(0.0..0.22));
            }
            Self::Focus => capture.focus = s * 3.2,
            Self::Motion => capture.motion = (s * 11.0, around(rng)),
            Self::Noise => capture.noise = s * 34.0,
            Self::Glare => capture.glare = Some(glare(0.6 + 0.4 * s, 0.05 + 0.12 * s, rng)),
            Self::Shadow => capture.shadow = Some(shadow(0.3 + 0.4 * s, rng)),
            Self::Jpeg => capture.jpeg = (70.0 - 55.0 * s) as u8,
            Self::Resolution => {
                let part = 1.0 - 0.6 * s;
                capture.size = ((capture.size.0 as f32 * part) as u32, (capture.size.1 as f32 * part) as u32);
            }
            Self::Background => {
                capture = on_table(&specimen.picture, capture.size, 1.3 + 0.3 * s);
                capture.background =
                    *pick(rng, &[Background::DarkWood, Background::White, Background::Cloth, Background::Clutter]);
                capture.turn = rng.random_range(-2.0..2.0);
            }
        }
        capture
    }
}

/// A page in the centre of a picture `room` times its size, on plain grey.
fn on_table(page: &RgbImage, size: (u32, u32), room: f32) -> Capture {
    let larger = |side: u32| (side as f32 * room) as u32;
    Capture {
        size: (larger(size.0), larger(size.1)),
        fill: 1.0 / room,
        background: Background::Grey,
        ..Capture::plain(page, 1.0)
    }
}

fn glare(strength: f32, radius: f32, rng: &mut StdRng) -> Glare {
    Glare {
        x: rng.random_range(0.12..0.88),
        y: rng.random_range(0.12..0.88),
        radius,
        stretch: rng.random_range(0.8..1.8),
        strength,
    }
}

fn shadow(depth: f32, rng: &mut StdRng) -> Shadow {
    Shadow {
        x: rng.random_range(0.2..0.8),
        y: rng.random_range(0.2..0.8),
        towards: rng.random_range(0.0..std::f32::consts::TAU),
        soft: rng.random_range(0.01..0.12),
        depth,
    }
}

/// A photograph of a document as people take it: at arm's length, from nearly above, in available light.
///
/// A third of the pictures have twelve megapixels; the others are reduced to 2400 by 1800, as phones do for uploads. A
/// page fills 60 to 88 per cent of the frame's tighter side; a letter fills 70 to 92, because people move closer. One
/// in twelve is on its side, one in four has glare (in half of the cases so bright that it hides the print), and one in
/// three a shadow.
pub(crate) fn phone_like(page: &RgbImage, rng: &mut StdRng) -> Capture {
    let large = rng.random_bool(0.33);
    let (long, short) = if large { (4032, 3024) } else { (2400, 1800) };
    let upright = page.height() > page.width();
    // Blur comes from lens and hand, so it covers more pixels in a larger picture.
    let zoom = if large { 1.6 } else { 1.0 };
    Capture {
        size: if upright { (short, long) } else { (long, short) },
        fill: if upright && page.height() > 3000 { rng.random_range(0.70..0.92) } else { rng.random_range(0.60..0.88) },
        offset: (rng.random_range(-0.04..0.04), rng.random_range(-0.04..0.04)),
        turn: rng.random_range(-6.0..6.0),
        quarters: if rng.random_bool(0.08) { rng.random_range(1..4) } else { 0 },
        tilt: (rng.random_range(-0.03..0.12), rng.random_range(-0.06..0.06)),
        background: *pick(
            rng,
            &[
                Background::DarkWood,
                Background::DarkWood,
                Background::White,
                Background::White,
                Background::Cloth,
                Background::Clutter,
                Background::Grey,
            ],
        ),
        focus: rng.random_range(0.5..1.15) * zoom,
        motion: if rng.random_bool(0.3) {
            (rng.random_range(1.0..3.5) * zoom, rng.random_range(0.0..std::f32::consts::TAU))
        } else {
            (0.0, 0.0)
        },
        light: rng.random_range(0.62..1.04),
        slope: (rng.random_range(-0.22..0.22), rng.random_range(-0.22..0.22)),
        warmth: rng.random_range(-0.05..0.12),
        glare: rng.random_bool(0.25).then(|| glare(rng.random_range(0.45..1.0), rng.random_range(0.03..0.10), rng)),
        shadow: rng.random_bool(0.33).then(|| shadow(rng.random_range(0.2..0.5), rng)),
        noise: rng.random_range(2.5..8.0),
        jpeg: rng.random_range(72..92),
    }
}
