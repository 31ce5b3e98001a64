//! The appearance of a document: random, but the same for one seed.

use image::Rgb;
use rand::Rng;
use rand::rngs::StdRng;

use crate::canvas::{Sheet, shade};
use crate::fonts::Family;
use crate::pick;
use crate::words::{DateForm, Item, Tongue};

/// The position of captions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Captions {
    /// Small, above their values.
    Above,
    /// To the left of their values, on the same line.
    Beside,
    /// Above, each with a number: `1. Surname / Nom`.
    Numbered,
}

/// The appearance of one card or passport page.
pub(crate) struct Style {
    pub family: Family,
    pub captions: Captions,
    pub tongues: Vec<Tongue>,
    pub between: &'static str,
    pub dates: DateForm,
    /// Whether names and places are in capitals.
    pub capitals: bool,
    /// Whether values are bold.
    pub strong: bool,
    pub paper: Rgb<u8>,
    pub pattern: Rgb<u8>,
    pub heading: Rgb<u8>,
    pub caption: Rgb<u8>,
    pub ink: Rgb<u8>,
}

impl Style {
    /// A style with captions at the given place.
    pub fn invent(captions: Captions, rng: &mut StdRng) -> Self {
        use Tongue::{English, French, German, Italian, Norwegian, Spanish, Swedish};
        const TONGUES: &[&[Tongue]] = &[
            &[English, French],
            &[German, English, French],
            &[Spanish, English],
            &[Norwegian, English],
            &[French, English],
            &[Swedish, English, French],
            &[Italian, English, French],
            &[English],
        ];
        const DATES: &[DateForm] = &[
            DateForm::Capitals,
            DateForm::TwoTongues,
            DateForm::Points,
            DateForm::Spaces,
            DateForm::Slashes,
            DateForm::Iso,
        ];
        let hue = rng.random_range(0.0..6.0_f32);
        Self {
            family: *pick(rng, Family::CARDS),
            captions,
            tongues: pick(rng, TONGUES).to_vec(),
            between: pick(rng, &[" / ", "/", " · "]),
            dates: *pick(rng, DATES),
            capitals: rng.random_bool(0.7),
            strong: rng.random_bool(0.3),
            paper: shade(hue, 0.04, rng.random_range(0.90..0.97)),
            pattern: shade(hue + rng.random_range(-1.0..1.0), 0.14, rng.random_range(0.80..0.90)),
            heading: shade(hue, 0.6, 0.35),
            caption: shade(hue, 0.35, rng.random_range(0.30..0.48)),
            ink: shade(hue, 0.2, rng.random_range(0.10..0.20)),
        }
    }

    /// A caption, with its number if captions are numbered.
    pub fn caption(&self, item: Item, number: usize) -> String {
        let words = item.caption(&self.tongues, self.between);
        if self.captions == Captions::Numbered { format!("{number}. {words}") } else { words }
    }

    /// Names and places as this document prints them.
    pub fn letters(&self, text: &str) -> String {
        if self.capitals { text.to_uppercase() } else { text.to_owned() }
    }

    /// An empty page with its pattern and the word SPECIMEN across.
    pub fn sheet(&self, size: (f32, f32), scale: f32, bold: &ab_glyph::FontVec, across: (f32, f32, f32)) -> Sheet {
        let mut sheet = Sheet::new(size.0, size.1, scale, self.paper);
        sheet.guilloche(self.pattern, 0.7);
        let pale =
            Rgb(std::array::from_fn(|i| ((u16::from(self.paper.0[i]) * 5 + u16::from(self.pattern.0[i])) / 6) as u8));
        let pale = Rgb(pale.0.map(|c| c.saturating_sub(12)));
        sheet.text(bold, across.0, across.1, across.2, pale, "SPECIMEN");
        sheet
    }
}
