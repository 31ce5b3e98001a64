//! Decodes files to pictures in bounded memory.

use std::io::Cursor;

use bytes::Bytes;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use super::MediaType;
use super::perspective::{self, Point, Quad};
use crate::ReadError;

/// The most pixels that are decoded: no phone's camera gives more unless told to.
pub(crate) const MOST_PIXELS: u64 = 40_000_000;

/// A decoded picture and its Exif orientation.
pub(crate) struct Picture {
    pub pixels: RgbImage,
    orientation: Orientation,
}

impl Picture {
    /// Width and height as it is to be seen.
    pub fn size(&self) -> (u32, u32) {
        let (width, height) = self.pixels.dimensions();
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }

    /// Where a place of the picture that is seen lies in the one that was taken.
    pub fn taken(&self, (x, y): Point) -> Point {
        let (w, h) = (self.pixels.width() as f32, self.pixels.height() as f32);
        match self.orientation {
            Orientation::NoTransforms => (x, y),
            Orientation::Rotate90 => (y, h - x),
            Orientation::Rotate180 => (w - x, h - y),
            Orientation::Rotate270 => (w - y, x),
            Orientation::FlipHorizontal => (w - x, y),
            Orientation::FlipVertical => (x, h - y),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate270FlipH => (w - y, h - x),
        }
    }

    pub fn longer_side(&self) -> u32 {
        self.pixels.width().max(self.pixels.height())
    }

    /// As it is to be seen, with at most so many pixels on its longer side.
    pub fn small(&self, longest: u32) -> RgbImage {
        let mut small = DynamicImage::ImageRgb8(perspective::shrunk(&self.pixels, longest));
        small.apply_orientation(self.orientation);
        small.into_rgb8()
    }

    /// The whole of it, as it is to be seen.
    pub fn frame(&self) -> Quad {
        let (width, height) = self.size();
        let (w, h) = (width as f32, height as f32);
        [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)]
    }
}

/// Decodes a picture.
///
/// # Errors
/// [`ReadError::TooLarge`], by the header alone; [`ReadError::Malformed`].
pub(crate) fn decode(file: &[u8], media: MediaType) -> Result<Picture, ReadError> {
    let format = match media {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::WebP if chunks_end_within(file) => ImageFormat::WebP,
        MediaType::Tiff => ImageFormat::Tiff,
        // What Poppler makes of its pages.
        MediaType::Pdf => return decode_ppm(file),
        MediaType::WebP | MediaType::Heic => return Err(ReadError::Malformed),
    };
    let mut decoder = ImageReader::with_format(Cursor::new(file), format).into_decoder().map_err(malformed)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height)?;
    let pixels = u64::from(width) * u64::from(height);
    let mut limits = Limits::default();
    // Three or four bytes a pixel, eight for the rare 16-bit picture; TIFF may have floating point, and is refused then.
    limits.max_alloc = Some(MOST_PIXELS * 8);
    decoder.set_limits(limits).map_err(|_| ReadError::TooLarge { pixels, limit: MOST_PIXELS })?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(malformed)?;
    Ok(Picture { pixels: flatten(picture), orientation })
}

/// A picture as Poppler writes it: `P6`, width, height and 255 in words, then three bytes a pixel.
///
/// # Errors
/// [`ReadError::TooLarge`]; [`ReadError::Malformed`].
fn decode_ppm(file: &[u8]) -> Result<Picture, ReadError> {
    let mut parts = file.splitn(4, u8::is_ascii_whitespace);
    let mut word = || parts.next().and_then(|word| std::str::from_utf8(word).ok()).ok_or(ReadError::Malformed);
    let (kind, width, height) = (word()?, word()?, word()?);
    let (Ok(width), Ok(height), "P6") = (width.parse(), height.parse(), kind) else { return Err(ReadError::Malformed) };
    check_pixels(width, height)?;
    let pixels = parts.next().and_then(|rest| rest.strip_prefix(b"255\n")).ok_or(ReadError::Malformed)?;
    let pixels = RgbImage::from_raw(width, height, pixels.to_vec()).ok_or(ReadError::Malformed)?;
    Ok(Picture { pixels, orientation: Orientation::NoTransforms })
}

/// # Errors
/// [`ReadError::TooLarge`]; [`ReadError::Malformed`] where there are none.
pub(crate) fn check_pixels(width: u32, height: u32) -> Result<(), ReadError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(ReadError::Malformed),
        1..=MOST_PIXELS => Ok(()),
        pixels => Err(ReadError::TooLarge { pixels, limit: MOST_PIXELS }),
    }
}

/// A page as a service or a person gets it.
///
/// # Errors
/// [`ReadError::Tool`], which does not happen with pictures of the size that pages have.
pub(crate) fn encode(picture: &RgbImage) -> Result<Bytes, ReadError> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 85)
        .encode_image(picture)
        .map_err(|_| ReadError::Tool { program: "JPEG encoder", reason: "it refused a page".to_owned() })?;
    Ok(out.into())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn malformed(error: image::ImageError) -> ReadError {
    match error {
        image::ImageError::Limits(_) => ReadError::TooLarge { pixels: MOST_PIXELS + 1, limit: MOST_PIXELS },
        _ => ReadError::Malformed,
    }
}

/// In colour, with what is transparent shown as white paper.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, alpha] = picture.get_pixel(x, y).0.map(u16::from);
        image::Rgb([r, g, b].map(|c| ((c * alpha + 255 * (255 - alpha)) / 255) as u8))
    })
}

/// Whether no chunk of a WebP file claims to be longer than the file: the decoder would set memory aside for it.
fn chunks_end_within(file: &[u8]) -> bool {
    let mut at = 12;
    while at + 8 <= file.len() {
        let Some(size) = file[at + 4..].first_chunk().map(|four| u32::from_le_bytes(*four) as usize) else {
            return false;
        };
        at += 8 + size + size % 2;
    }
    // The last byte of an odd chunk is padding, which some writers leave out.
    at <= file.len() + 1
}

/// How many pictures a TIFF file holds, at most `limit`; each as a file of its own, which only differs in where it begins.
pub(crate) fn tiff_pages(file: &Bytes, limit: usize) -> Vec<Bytes> {
    let read = |at: usize, count: usize| -> Option<usize> {
        let bytes = file.get(at..at.checked_add(count)?)?;
        let step = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        let little = file.starts_with(b"II");
        Some(if little { bytes.iter().rev().fold(0, step) } else { bytes.iter().fold(0, step) })
    };
    let mut pages = vec![file.clone()];
    // The rare files of 64-bit offsets are large beyond what is taken: only their first picture is read.
    if read(2, 2) != Some(42) {
        return pages;
    }
    let mut seen = vec![read(4, 4).unwrap_or(0)];
    while pages.len() < limit {
        // TIFF 6.0, section 2: a count, so many entries of 12 bytes, and the offset of the next directory.
        let Some(next) = seen.last().and_then(|at| read(at + 2 + 12 * read(*at, 2)?, 4)) else { break };
        if next == 0 || seen.contains(&next) {
            break;
        }
        seen.push(next);
        let mut page = file.to_vec();
        let offset = u32::try_from(next).unwrap_or(0);
        page[4..8].copy_from_slice(&if file.starts_with(b"II") { offset.to_le_bytes() } else { offset.to_be_bytes() });
        pages.push(page.into());
    }
    pages
}
