//! Draws identity documents and letters of invented people, for tests, demonstrations and measuring how well documents
//! are read.
//!
//! Every document shows SPECIMEN across its face and follows no state's design. [`Specimen::invent`] draws a random
//! document with its true values. A [`Degradation`] simulates a scanner or a phone, and a [`Defect`] makes a picture
//! unusable. [`draw_passport`] and its siblings draw the documents of a given [`Person`] in one layout each; a
//! [`Theme`] selects a clean, lightly scanned, photographed or unreadable rendering. The same arguments always give the
//! same picture.

mod aamva;
mod background;
mod bill;
mod blur;
mod booklet;
mod canvas;
mod capture;
mod card;
mod defect;
mod degradation;
mod fonts;
mod form;
mod letter;
mod letter_words;
mod licence;
mod passport;
mod pdf;
mod people;
mod permit;
mod person;
mod places;
mod small_card;
mod specimen;
mod style;
mod theme;
mod words;
mod world;

pub use bill::{Bill, draw_utility_bill};
pub use card::draw_identity_card;
pub use defect::Defect;
pub use degradation::Degradation;
pub use fonts::{FontError, ZoneFont};
pub use form::{FormLayout, certificate_form};
pub use image::RgbImage;
pub use licence::draw_driving_licence;
pub use passport::{draw_passport, draw_passport_in};
pub use pdf::{image_pdf, long_text_pdf, stamped_pdf, text_pdf};
pub use person::Person;
pub use specimen::{Paper, Specimen};
pub use theme::{CaptureQuality, Theme};
pub use world::WorldHome;

/// A random element; `from` must not be empty.
pub(crate) fn pick<'a, T>(rng: &mut rand::rngs::StdRng, from: &'a [T]) -> &'a T {
    &from[rand::Rng::random_range(rng, 0..from.len())]
}

/// A picture as JPEG.
///
/// # Errors
/// Errors of the encoder, for instance for a picture of more than 65535 pixels on a side.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, image::ImageError> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality).encode_image(picture)?;
    Ok(out)
}

/// A picture as PNG.
///
/// # Errors
/// Errors of the encoder.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>, image::ImageError> {
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png)?;
    Ok(out.into_inner())
}
