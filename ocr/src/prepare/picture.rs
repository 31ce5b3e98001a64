//! From a file's bytes to an upright picture in grey, in bounded memory; and what may be wrong with it.

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, imageops};

use domain::document::PictureIssue;

use super::MediaType;
use crate::ReadError;

/// The most pixels that are decoded: no phone's camera gives more unless told to.
pub(crate) const MOST_PIXELS: u64 = 40_000_000;
/// Pictures are worked on with at most this many pixels on their longer side: A4 at 220 dpi.
const LONGEST_SIDE: u32 = 2600;
/// Fewer pixels on the longer side cannot show a document's print.
const LEAST_SIDE: u32 = 500;

/// Decodes a picture, turned as its Exif orientation says, no larger than it is worked on.
///
/// # Errors
/// [`ReadError::TooLarge`], by the header alone; [`ReadError::Malformed`].
pub(crate) fn decode(file: &Bytes, media: MediaType) -> Result<GrayImage, ReadError> {
    let format = match media {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::Pdf => return Err(ReadError::Malformed),
    };
    let mut decoder =
        ImageReader::with_format(Cursor::new(&file[..]), format).into_decoder().map_err(|_| ReadError::Malformed)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(ReadError::TooLarge { pixels, limit: MOST_PIXELS });
    }
    let mut limits = Limits::default();
    // Four bytes a pixel, eight for the rare 16-bit picture.
    limits.max_alloc = Some(MOST_PIXELS * 8);
    decoder.set_limits(limits).map_err(|_| ReadError::TooLarge { pixels, limit: MOST_PIXELS })?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| ReadError::Malformed)?;
    let mut grey = DynamicImage::ImageLuma8(fit(flatten(picture)));
    grey.apply_orientation(orientation);
    Ok(grey.into_luma8())
}

/// A page as JPEG.
///
/// # Errors
/// [`ReadError::Tool`], which does not happen with pictures of the size that [`decode`] gives.
pub(crate) fn encode(picture: &GrayImage) -> Result<Bytes, ReadError> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 88)
        .encode_image(picture)
        .map_err(|_| ReadError::Tool { program: "JPEG encoder", reason: "it refused a page".to_owned() })?;
    Ok(out.into())
}

/// Grey, with what is transparent shown as white paper.
fn flatten(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let picture = picture.into_luma_alpha8();
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [grey, alpha] = picture.get_pixel(x, y).0.map(u16::from);
        image::Luma([((grey * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}

fn fit(picture: GrayImage) -> GrayImage {
    let longer = picture.width().max(picture.height());
    if longer <= LONGEST_SIDE {
        return picture;
    }
    let scale = LONGEST_SIDE as f32 / longer as f32;
    let side = |n: u32| ((n as f32 * scale).round() as u32).max(1);
    imageops::thumbnail(&picture, side(picture.width()), side(picture.height()))
}

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
