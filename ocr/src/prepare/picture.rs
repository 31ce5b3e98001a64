//! Decodes files to pictures in bounded memory.

use std::io::Cursor;

use bytes::Bytes;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use super::perspective::{self, Point, Quad};
use super::{MediaType, large_jpeg, tiff};
use crate::ReadError;

/// Maximum number of pixels that are decoded. Larger JPEG pictures are reduced while they are decoded.
pub(crate) const MOST_PIXELS: u64 = 40_000_000;

/// A decoded picture and its Exif orientation.
pub(crate) struct Picture {
    pub pixels: RgbImage,
    orientation: Orientation,
}

impl Picture {
    /// Width and height of the upright picture.
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

    /// Maps a position in the upright picture to the stored one.
    pub fn to_stored(&self, (x, y): Point) -> Point {
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

    /// The upright picture with at most `longest` pixels on its longer side.
    pub fn small(&self, longest: u32) -> RgbImage {
        let mut small = DynamicImage::ImageRgb8(perspective::shrunk(&self.pixels, longest));
        small.apply_orientation(self.orientation);
        small.into_rgb8()
    }

    /// The corners of the whole upright picture.
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
        MediaType::Tiff => match tiff::decode(file)? {
            Some(pixels) => return Ok(Picture { pixels, orientation: Orientation::NoTransforms }),
            None => ImageFormat::Tiff,
        },
        // Poppler converts pages to PPM.
        MediaType::Pdf => return decode_ppm(file),
        MediaType::WebP | MediaType::Heic => return Err(ReadError::Malformed),
    };
    let mut decoder = ImageReader::with_format(Cursor::new(file), format).into_decoder().map_err(malformed)?;
    let (width, height) = decoder.dimensions();
    if media == MediaType::Jpeg && u64::from(width) * u64::from(height) > MOST_PIXELS {
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        return Ok(Picture { pixels: large_jpeg::decode(file)?, orientation });
    }
    check_pixels(width, height)?;
    let pixels = u64::from(width) * u64::from(height);
    let mut limits = Limits::default();
    // A pixel has three or four bytes, or eight in rare 16-bit pictures. TIFF with floating-point pixels exceeds this
    // and is refused.
    limits.max_alloc = Some(MOST_PIXELS * 8);
    decoder.set_limits(limits).map_err(|_| ReadError::TooLarge { pixels, limit: MOST_PIXELS })?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(malformed)?;
    Ok(Picture { pixels: flatten(picture), orientation })
}

/// Decodes the PPM that Poppler writes: `P6`, width, height and 255 in decimal, then three bytes per pixel.
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
/// [`ReadError::TooLarge`]; [`ReadError::Malformed`] without pixels.
pub(crate) fn check_pixels(width: u32, height: u32) -> Result<(), ReadError> {
    match u64::from(width) * u64::from(height) {
        0 => Err(ReadError::Malformed),
        1..=MOST_PIXELS => Ok(()),
        pixels => Err(ReadError::TooLarge { pixels, limit: MOST_PIXELS }),
    }
}

/// Encodes a page as JPEG.
///
/// # Errors
/// [`ReadError::Tool`], which does not occur at the sizes of pages.
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

/// Converts to colour, with transparency shown as white paper.
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

/// Whether all chunks of a WebP file end within the file. The decoder allocates memory for the length that a chunk
/// claims.
fn chunks_end_within(file: &[u8]) -> bool {
    let mut at = 12;
    while at + 8 <= file.len() {
        let Some(size) = file[at + 4..].first_chunk().map(|four| u32::from_le_bytes(*four) as usize) else {
            return false;
        };
        at += 8 + size + size % 2;
    }
    // Some writers omit the padding byte of a last chunk of odd length.
    at <= file.len() + 1
}

/// The first `limit` pictures of a TIFF file, each as a file that differs only in its first directory.
pub(crate) fn tiff_pages(file: &Bytes, limit: usize) -> Vec<Bytes> {
    let read = |at: usize, count: usize| -> Option<usize> {
        let bytes = file.get(at..at.checked_add(count)?)?;
        let step = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        let little = file.starts_with(b"II");
        Some(if little { bytes.iter().rev().fold(0, step) } else { bytes.iter().fold(0, step) })
    };
    let mut pages = vec![file.clone()];
    // BigTIFF files with 64-bit offsets are rare and too large anyway, so only their first picture is read.
    if read(2, 2) != Some(42) {
        return pages;
    }
    let mut seen = vec![read(4, 4).unwrap_or(0)];
    while pages.len() < limit {
        // TIFF 6.0, section 2: a count, that number of entries of 12 bytes, and the offset of the next directory.
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
