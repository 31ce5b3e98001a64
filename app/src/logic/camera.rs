//! Taking a photo: the guide frame, the instructions, the hints and the errors.

use domain::document::DocumentKind;

/// The frame for the document in the camera's picture, with the proportions of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuideFrame {
    /// A page of a passport, ISO/IEC 7810 ID-3: 125 by 88 mm.
    Page,
    /// A card, ISO/IEC 7810 ID-1: 85.6 by 54 mm.
    Card,
    /// A sheet, A4 upright: 210 by 297 mm.
    Sheet,
}

impl GuideFrame {
    /// The frame for a kind of document.
    pub const fn of(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::Passport => Self::Page,
            DocumentKind::IdentityCard | DocumentKind::DrivingLicence => Self::Card,
            DocumentKind::ProofOfAddress => Self::Sheet,
        }
    }

    /// Its CSS classes.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Page => "camera-frame camera-frame-page",
            Self::Card => "camera-frame camera-frame-card",
            Self::Sheet => "camera-frame camera-frame-sheet",
        }
    }
}

/// The title of the dialogue.
pub const fn title(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Passport => "Photo of your passport",
        DocumentKind::IdentityCard => "Photo of your identity card",
        DocumentKind::DrivingLicence => "Photo of your driving licence",
        DocumentKind::ProofOfAddress => "Photo of your proof of address",
    }
}

/// How to take the photo.
pub const fn instructions(kind: DocumentKind) -> &'static str {
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

/// The reason why the camera gives no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraError {
    /// The applicant or a policy of the device does not allow it.
    Denied,
    /// There is no camera.
    None,
    /// Another program uses it, or it failed.
    Busy,
    /// It stopped while it was in use.
    Lost,
}

impl CameraError {
    /// From the name of the browser's exception (W3C Media Capture and Streams, `getUserMedia`).
    pub fn of(exception: &str) -> Self {
        match exception {
            "NotAllowedError" | "SecurityError" => Self::Denied,
            "NotFoundError" | "OverconstrainedError" | "TypeError" => Self::None,
            _ => Self::Busy,
        }
    }

    /// The error, for the applicant.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Denied => "This page may not use the camera",
            Self::None => "No camera was found",
            Self::Busy => "The camera does not start",
            Self::Lost => "The camera was switched off",
        }
    }

    /// The remedy, for the applicant.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Denied => {
                "Allow it in your browser’s settings for this page and try again, or choose a photo that you take with \
                 the device’s own camera."
            }
            Self::None => "Choose a photo that you took with another device.",
            Self::Busy => "Another program may be using it. Close that and try again, or choose a photo.",
            Self::Lost => "Try again, or choose a photo.",
        }
    }

    /// Whether a retry may help.
    pub const fn retryable(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// A hint that would improve the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// It is too dark.
    TooDark,
    /// The picture moves.
    HoldStill,
}

impl Hint {
    /// The text for the applicant.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooDark => "It is very dark. Go to a window, or switch on a lamp.",
            Self::HoldStill => "Hold still.",
        }
    }
}

/// Width of the thumbnails that hints are derived from, in pixels.
pub const THUMBNAIL_WIDTH: u32 = 64;
/// Their height, in pixels.
pub const THUMBNAIL_HEIGHT: u32 = 48;

/// Mean luma, of 255, below which print cannot be distinguished from noise.
const DARK: u32 = 40;
/// Mean difference of luma, of 255, between two thumbnails above which the picture moves. The noise of a still camera,
/// averaged over a thumbnail, is below 3.
const MOVING: u32 = 14;
/// How many thumbnails in a row must agree before a hint appears or disappears.
const LOOKS: u8 = 3;

/// Derives hints from a series of thumbnails, debounced so that a hint does not flicker.
#[derive(Debug, Default)]
pub struct HintTracker {
    before: Vec<u8>,
    said: Option<Hint>,
    next: Option<Hint>,
    looks: u8,
}

impl HintTracker {
    /// Examines the next thumbnail (RGBA, four bytes a pixel), and returns the current hint.
    pub fn observe(&mut self, rgba: &[u8]) -> Option<Hint> {
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
        [light, light, light, 255].repeat((THUMBNAIL_WIDTH * THUMBNAIL_HEIGHT) as usize)
    }

    #[test]
    fn still_and_bright_picture_gives_no_hint() {
        let mut watch = HintTracker::default();
        for light in [180, 182, 179, 181, 180] {
            assert_eq!(watch.observe(&grey(light)), None);
        }
    }

    #[test]
    fn darkness_hint_appears_and_disappears_after_three_thumbnails() {
        let mut watch = HintTracker::default();
        assert_eq!([1, 2, 3].map(|_| watch.observe(&grey(20))), [None, None, Some(Hint::TooDark)]);
        // One bright thumbnail is not enough.
        assert_eq!(watch.observe(&grey(120)), Some(Hint::TooDark));
        assert_eq!(watch.observe(&grey(20)), Some(Hint::TooDark));
        let after = [1, 2, 3, 4].map(|_| watch.observe(&grey(120)));
        assert_eq!(after[3], None);
    }

    #[test]
    fn motion_hint_appears_after_three_thumbnails() {
        let mut watch = HintTracker::default();
        let hints: Vec<_> = [100, 160, 100, 160].map(|light| watch.observe(&grey(light))).to_vec();
        assert_eq!(hints, [None, None, None, Some(Hint::HoldStill)]);
        assert_eq!(HintTracker::default().observe(&[]), None, "no picture yet");
    }

    #[test]
    fn every_exception_maps_to_an_error_and_only_not_found_is_final() {
        assert_eq!(CameraError::of("NotAllowedError"), CameraError::Denied);
        assert_eq!(CameraError::of("NotFoundError"), CameraError::None);
        assert_eq!(CameraError::of("NotReadableError"), CameraError::Busy);
        assert_eq!(CameraError::of("whatever"), CameraError::Busy);
        assert!(!CameraError::None.retryable() && CameraError::Denied.retryable());
    }

    #[test]
    fn every_kind_of_document_has_a_guide_frame() {
        assert_eq!(
            DocumentKind::ALL.map(GuideFrame::of),
            [GuideFrame::Page, GuideFrame::Card, GuideFrame::Card, GuideFrame::Sheet]
        );
    }
}
