//! Unreadable pictures, for tests of refusals.

use image::{Rgb, RgbImage, imageops};
use jiff::civil::Date;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::canvas::{CAPTION, INK, Sheet, shade};
use crate::capture::{Capture, Glare};
use crate::degradation::phone_like;
use crate::fonts::Fonts;
use crate::specimen::{Paper, Specimen};
use crate::{FontError, Person};

/// A defect that makes a picture unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Defect {
    /// Hardly any light.
    TooDark,
    /// Far out of focus, or moved.
    Blurred,
    /// A reflection over most of the fields.
    Glare,
    /// A large part of the document is outside of the frame.
    CutOff,
    /// The document is tiny in the frame, or the picture is a thumbnail.
    TooSmall,
    /// A background without a document.
    NoDocument,
    /// The side without the fields: a passport's cover, a card's other side, general terms.
    WrongSide,
}

impl Defect {
    /// All defects.
    pub const ALL: [Self; 7] =
        [Self::TooDark, Self::Blurred, Self::Glare, Self::CutOff, Self::TooSmall, Self::NoDocument, Self::WrongSide];

    /// The name in tables and options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooDark => "too-dark",
            Self::Blurred => "blurred",
            Self::Glare => "glare",
            Self::CutOff => "cut-off",
            Self::TooSmall => "too-small",
            Self::NoDocument => "no-document",
            Self::WrongSide => "wrong-side",
        }
    }

    /// A photograph of a specimen with this defect, otherwise of a phone's quality. The same arguments give the same
    /// picture.
    ///
    /// # Errors
    /// [`FontError`], if a font is not installed.
    pub fn draw(self, paper: Paper, seed: u64, today: Date) -> Result<RgbImage, FontError> {
        let page = match self {
            Self::WrongSide => other_side(paper, &Person::invent(seed, today))?,
            _ => Specimen::invent(paper, seed, today)?.picture,
        };
        let rng = &mut StdRng::seed_from_u64(seed.wrapping_mul(977).wrapping_add(self as u64 * 32 + paper as u64));
        let mut capture = Capture { glare: None, shadow: None, quarters: 0, ..phone_like(&page, rng) };
        let unit = capture.size.0 as f32 / 2400.0;
        match self {
            Self::TooDark => {
                capture.light = rng.random_range(0.02..0.06);
                capture.slope = (0.0, 0.0);
                capture.noise = rng.random_range(4.0..9.0);
            }
            Self::Blurred if rng.random() => capture.focus = rng.random_range(11.0..20.0) * unit,
            Self::Blurred => capture.motion = (rng.random_range(45.0..80.0) * unit, rng.random_range(0.0..6.2)),
            Self::Glare => {
                capture.glare = Some(Glare {
                    x: 0.5 + rng.random_range(-0.1..0.15),
                    y: 0.5 + rng.random_range(-0.08..0.08),
                    radius: capture.fill * rng.random_range(0.45..0.6),
                    stretch: 1.3,
                    strength: 1.0,
                });
            }
            Self::CutOff => {
                capture.fill = rng.random_range(0.85..1.1);
                let off = rng.random_range(0.32..0.5) * if rng.random() { 1.0 } else { -1.0 };
                capture.offset = if rng.random() { (off, 0.0) } else { (0.0, off) };
            }
            Self::TooSmall => {
                capture.fill = rng.random_range(0.07..0.12);
            }
            Self::NoDocument => {
                // The page is outside of the frame.
                capture.offset = (3.0, 3.0);
            }
            Self::WrongSide => {}
        }
        let picture = capture.take(&page, seed);
        Ok(if self == Self::TooSmall && seed % 2 == 1 {
            imageops::thumbnail(&picture, picture.width() / 4, picture.height() / 4)
        } else {
            picture
        })
    }
}

/// The side of a document without the holder's data.
fn other_side(paper: Paper, person: &Person) -> Result<RgbImage, FontError> {
    let fonts = Fonts::find()?;
    let sheet = match paper {
        Paper::Passport => {
            let mut sheet = Sheet::new(88.0, 125.0, 16.0, shade(person.sex as u32 as f32 % 6.0, 0.7, 0.25));
            let gold = Rgb([196, 168, 96]);
            sheet.text(&fonts.bold, 20.0, 25.0, 6.0, gold, "SPECIMEN");
            sheet.fill([28.0, 42.0, 60.0, 74.0], gold, |x, y| {
                let r = (x - 44.0).hypot(y - 58.0);
                (14.0..15.0).contains(&r) || (r < 10.0 && ((x - 44.0).atan2(y - 58.0) * 6.0).sin() > 0.3)
            });
            sheet.text(&fonts.bold, 24.0, 95.0, 5.6, gold, "PASSPORT");
            sheet
        }
        Paper::UtilityBill | Paper::BankStatement | Paper::TaxLetter => {
            let mut sheet = Sheet::new(210.0, 297.0, 10.0, Rgb([252, 252, 252]));
            sheet.text(&fonts.bold, 20.0, 24.0, 5.0, INK, "General terms and conditions (specimen)");
            for i in 0..60 {
                let text =
                    "The supplier may change these terms as the law allows, and shall tell the customer in good time.";
                sheet.text(&fonts.plain, 20.0, 36.0 + 4.0 * i as f32, 2.9, INK, &text[i % 30..]);
            }
            sheet
        }
        _ => {
            let mut sheet = Sheet::new(85.6, 54.0, 20.0, Rgb([238, 240, 244]));
            sheet.guilloche(Rgb([214, 220, 232]), 0.7);
            sheet.fill([0.0, 5.0, 85.6, 15.0], Rgb([30, 28, 28]), |_, _| true);
            sheet.text(&fonts.plain, 5.0, 24.0, 2.4, CAPTION, "This card remains the property of its issuer.");
            sheet.text(&fonts.plain, 5.0, 29.0, 2.4, CAPTION, "If found, please hand it in at any police station.");
            sheet.text(&fonts.bold, 20.0, 46.0, 8.0, Rgb([205, 210, 222]), "SPECIMEN");
            sheet
        }
    };
    Ok(sheet.image)
}
