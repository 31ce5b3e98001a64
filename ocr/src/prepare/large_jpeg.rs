//! Decodes JPEG pictures with more pixels than are read, as phones with 48 megapixels and more take them. The cosine
//! transform of JPEG gives a picture of half, a quarter or an eighth of the size without the whole one in memory.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};

use super::picture::MOST_PIXELS;
use crate::ReadError;

/// The most pixels of a baseline picture, which is decoded row by row: the largest sensors of phones have 200 million.
const MOST_BASELINE: u64 = 205_000_000;

/// The most pixels of a progressive picture, whose coefficients are all in memory: two bytes for each of up to three
/// components of a pixel.
const MOST_PROGRESSIVE: u64 = 66_000_000;

/// The picture, reduced until it has at most [`MOST_PIXELS`].
///
/// # Errors
/// [`ReadError::TooLarge`], by the header alone; [`ReadError::Malformed`], also for pictures in the colours of print
/// (CMYK), which no camera makes.
pub(super) fn decode(file: &[u8]) -> Result<RgbImage, ReadError> {
    let malformed = |_| ReadError::Malformed;
    let mut decoder = Decoder::new(file);
    decoder.read_info().map_err(malformed)?;
    let info = decoder.info().ok_or(ReadError::Malformed)?;
    let pixels = u64::from(info.width) * u64::from(info.height);
    let limit = match info.coding_process {
        CodingProcess::DctSequential => MOST_BASELINE,
        CodingProcess::DctProgressive => MOST_PROGRESSIVE,
        CodingProcess::Lossless => MOST_PIXELS,
    };
    let divisor = [1, 2, 4, 8].into_iter().find(|by| pixels / u64::from(by * by) <= MOST_PIXELS);
    let Some(divisor) = divisor.filter(|_| pixels <= limit) else {
        return Err(ReadError::TooLarge { pixels, limit });
    };
    let smaller = (info.width.div_ceil(divisor), info.height.div_ceil(divisor));
    let (width, height) = decoder.scale(smaller.0, smaller.1).map_err(malformed)?;
    let (width, height) = (u32::from(width), u32::from(height));
    let bytes = decoder.decode().map_err(malformed)?;
    let picture = match info.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, bytes),
        PixelFormat::L8 => {
            GrayImage::from_raw(width, height, bytes).map(|grey| DynamicImage::ImageLuma8(grey).into_rgb8())
        }
        PixelFormat::L16 | PixelFormat::CMYK32 => None,
    };
    picture.ok_or(ReadError::Malformed)
}
