//! Draws identity documents and bills of invented people, for tests and demonstrations.
//!
//! Every document says SPECIMEN across its face and follows no state's design. A [`Look`] decides whether it comes out
//! clean, lightly scanned, as a phone photographs it on a table, or so that nothing can be read. The same person and
//! look give the same picture.

mod bill;
mod canvas;
mod card;
mod fonts;
mod licence;
mod look;
mod passport;
mod pdf;
mod person;

pub use bill::{Bill, draw_utility_bill};
pub use card::draw_identity_card;
pub use fonts::FontError;
pub use image::RgbImage;
pub use licence::draw_driving_licence;
pub use look::{Degrade, Look};
pub use passport::draw_passport;
pub use pdf::{image_pdf, text_pdf};
pub use person::Person;

/// A picture as JPEG.
///
/// # Errors
/// As the encoder says; for instance a picture of more than 65535 pixels on a side.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, image::ImageError> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality).encode_image(picture)?;
    Ok(out)
}

/// A picture as PNG.
///
/// # Errors
/// As the encoder says.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>, image::ImageError> {
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png)?;
    Ok(out.into_inner())
}
