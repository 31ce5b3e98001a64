//! Taking a photo: what to aim at, what helps, and what to say where there is no camera.

use domain::document::DocumentKind;

/// The outline that a document is laid into, in its proportions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// A page of a passport, ISO/IEC 7810 ID-3: 125 by 88 mm.
    Page,
    /// A card, ISO/IEC 7810 ID-1: 85.6 by 54 mm.
    Card,
    /// A sheet, A4 upright: 210 by 297 mm.
    Sheet,
}

impl Aim {
    /// What a document of this kind is laid into.
    pub const fn of(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::Passport => Self::Page,
            DocumentKind::IdentityCard | DocumentKind::DrivingLicence => Self::Card,
            DocumentKind::ProofOfAddress => Self::Sheet,
        }
    }

    /// Its style.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Page => "camera-frame camera-frame-page",
            Self::Card => "camera-frame camera-frame-card",
            Self::Sheet => "camera-frame camera-frame-sheet",
        }
    }
}

/// What the dialogue is called.
pub const fn title(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Passport => "Photo of your passport",
        DocumentKind::IdentityCard => "Photo of your identity card",
        DocumentKind::DrivingLicence => "Photo of your driving licence",
        DocumentKind::ProofOfAddress => "Photo of your proof of address",
    }
}

/// How to take it.
pub const fn how(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Passport => {
            "Lay the page with your photo flat, so that it fills the frame. The lines with <<< must be in it."
        }
        DocumentKind::IdentityCard => {
            "Lay the card flat, so that it fills the frame: the side with the lines with <<<, if it has such lines."
        }
        DocumentKind::DrivingLicence => "Lay the side with your photo up, so that it fills the frame.",
        DocumentKind::ProofOfAddress => "Lay the first page flat, so that it fills the frame, with all four corners.",
    }
}

/// Why no picture comes from a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The applicant, or a rule of the device, does not allow it.
    Denied,
    /// There is none.
    None,
    /// Something else uses it, or it failed.
    Busy,
    /// It was there, and is gone.
    Lost,
}

impl Trouble {
    /// By the name of the browser's exception (W3C Media Capture and Streams, `getUserMedia`).
    pub fn of(exception: &str) -> Self {
        match exception {
            "NotAllowedError" | "SecurityError" => Self::Denied,
            "NotFoundError" | "OverconstrainedError" | "TypeError" => Self::None,
            _ => Self::Busy,
        }
    }

    /// What happened.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Denied => "This page may not use the camera",
            Self::None => "No camera was found",
            Self::Busy => "The camera does not start",
            Self::Lost => "The camera was switched off",
        }
    }

    /// What it means, and what to do.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Denied => {
                "Allow it in your browser’s settings for this page and try again, or choose a photo that you take with the \
                 device’s own camera."
            }
            Self::None => "Choose a photo that you took with another device.",
            Self::Busy => "Another program may be using it. Close that and try again, or choose a photo.",
            Self::Lost => "Try again, or choose a photo.",
        }
    }

    /// Whether trying again may help.
    pub const fn may_pass(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// What would make the photo better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// More light.
    TooDark,
    /// Less motion.
    HoldStill,
}

impl Hint {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::TooDark => "It is very dark. Go to a window, or switch on a lamp.",
            Self::HoldStill => "Hold still.",
        }
    }
}

/// Width of the small picture that hints come from, in pixels.
pub const SMALL_WIDTH: u32 = 64;
/// Its height.
pub const SMALL_HEIGHT: u32 = 48;

/// Mean lightness, of 255, below which print cannot be told from noise.
const DARK: u32 = 40;
/// Mean difference of lightness, of 255, between two looks above which the picture moves. A still camera's noise, averaged
/// over the small picture's pixels, stays below 3.
const MOVING: u32 = 14;
/// How many looks in a row must agree before anything is said, or taken back.
const LOOKS: u8 = 3;

/// Looks at small pictures, one after the other, and says what would help: seldom, and not for a moment's sake.
#[derive(Debug, Default)]
pub struct Watch {
    before: Vec<u8>,
    said: Option<Hint>,
    next: Option<Hint>,
    looks: u8,
}

impl Watch {
    /// Takes a look at a picture, four bytes a pixel (red, green, blue, opacity).
    pub fn look(&mut self, rgba: &[u8]) -> Option<Hint> {
        // Rec. 601 luma, in 256ths.
        let luma: Vec<u8> = rgba
            .as_chunks::<4>()
            .0
            .iter()
            .map(|p| ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8)
            .collect();
        let mean = mean(luma.iter().map(|l| u32::from(*l)));
        let comparable = self.before.len() == luma.len();
        let moved = match comparable {
            true => self::mean(luma.iter().zip(&self.before).map(|(a, b)| u32::from(a.abs_diff(*b)))),
            false => 0,
        };
        self.before = luma;
        let now = if mean < DARK {
            Some(Hint::TooDark)
        } else if moved > MOVING {
            Some(Hint::HoldStill)
        } else {
            None
        };
        if now == self.next {
            self.looks = self.looks.saturating_add(1);
        } else {
            (self.next, self.looks) = (now, 1);
        }
        if self.looks >= LOOKS {
            self.said = now;
        }
        self.said
    }
}

fn mean(values: impl Iterator<Item = u32>) -> u32 {
    let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value, count + 1));
    sum.checked_div(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(light: u8) -> Vec<u8> {
        [light, light, light, 255].repeat((SMALL_WIDTH * SMALL_HEIGHT) as usize)
    }

    #[test]
    fn a_still_and_light_picture_needs_no_hint() {
        let mut watch = Watch::default();
        for light in [180, 182, 179, 181, 180] {
            assert_eq!(watch.look(&grey(light)), None);
        }
    }

    #[test]
    fn darkness_is_told_when_it_stays_and_taken_back_when_it_goes() {
        let mut watch = Watch::default();
        assert_eq!([1, 2, 3].map(|_| watch.look(&grey(20))), [None, None, Some(Hint::TooDark)]);
        // A passing hand is no light.
        assert_eq!(watch.look(&grey(120)), Some(Hint::TooDark));
        assert_eq!(watch.look(&grey(20)), Some(Hint::TooDark));
        let after = [1, 2, 3, 4].map(|_| watch.look(&grey(120)));
        assert_eq!(after[3], None);
    }

    #[test]
    fn motion_is_told_when_it_goes_on() {
        let mut watch = Watch::default();
        let told: Vec<_> = [100, 160, 100, 160].map(|light| watch.look(&grey(light))).to_vec();
        assert_eq!(told, [None, None, None, Some(Hint::HoldStill)]);
        assert_eq!(Watch::default().look(&[]), None, "a camera that shows nothing yet");
    }

    #[test]
    fn every_exception_has_words_and_only_no_camera_is_final() {
        assert_eq!(Trouble::of("NotAllowedError"), Trouble::Denied);
        assert_eq!(Trouble::of("NotFoundError"), Trouble::None);
        assert_eq!(Trouble::of("NotReadableError"), Trouble::Busy);
        assert_eq!(Trouble::of("whatever"), Trouble::Busy);
        assert!(!Trouble::None.may_pass() && Trouble::Denied.may_pass());
    }

    #[test]
    fn every_document_has_its_outline() {
        assert_eq!(DocumentKind::ALL.map(Aim::of), [Aim::Page, Aim::Card, Aim::Card, Aim::Sheet]);
    }
}
