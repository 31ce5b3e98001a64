//! What may be wrong with a picture.

use domain::document::PictureIssue;
use image::{GrayImage, imageops};

/// Fewer pixels on the longer side cannot show a document's print.
const LEAST_SIDE: u32 = 500;

/// What can be said of a picture before reading it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    /// Grey that 19 of 20 pixels do not exceed.
    light: u8,
    /// Steepest steps between neighbours, as part of the range of grey.
    sharpness: f32,
    longer_side: u32,
}

impl Quality {
    pub fn of(picture: &GrayImage) -> Self {
        let longer_side = picture.width().max(picture.height());
        // Small, so that noise is averaged away and does not pass for sharpness.
        let scale = (900.0 / longer_side as f32).min(1.0);
        let side = |n: u32| ((n as f32 * scale).round() as u32).max(2);
        let small = imageops::thumbnail(picture, side(picture.width()), side(picture.height()));
        let mut levels: Vec<u8> = small.pixels().map(|p| p.0[0]).collect();
        levels.sort_unstable();
        let (light, dark) = (levels[levels.len() * 19 / 20], levels[levels.len() / 20]);
        let mut steps: Vec<u8> = small
            .rows()
            .flat_map(|row| {
                let row: Vec<u8> = row.map(|p| p.0[0]).collect();
                row.windows(2).map(|two| two[0].abs_diff(two[1])).collect::<Vec<_>>()
            })
            .collect();
        steps.sort_unstable();
        // The steepest of all are those of print; a page with few words has few of them.
        let step = steps.get(steps.len() * 998 / 1000).copied().unwrap_or(0);
        let range = f32::from(light.saturating_sub(dark)).max(12.0);
        Self { light, sharpness: f32::from(step) / range, longer_side }
    }

    /// What makes reading hopeless, if anything does.
    pub const fn hopeless(&self) -> Option<PictureIssue> {
        if self.longer_side < LEAST_SIDE {
            Some(PictureIssue::TooSmall)
        } else if self.light < 30 {
            Some(PictureIssue::TooDark)
        } else if self.sharpness < 0.10 {
            Some(PictureIssue::Blurred)
        } else {
            None
        }
    }

    /// What is to blame, once nothing could be read; `text` says whether there was any.
    pub fn blame(&self, text: bool) -> PictureIssue {
        match self.hopeless() {
            Some(reason) => reason,
            None if self.light < 70 => PictureIssue::TooDark,
            None if text => PictureIssue::OtherDocument,
            None if self.sharpness < 0.25 => PictureIssue::Blurred,
            None if self.longer_side < 900 => PictureIssue::TooSmall,
            None => PictureIssue::NoDocument,
        }
    }
}
