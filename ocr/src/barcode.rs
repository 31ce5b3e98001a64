//! The barcode on the back of North American driving licences: PDF417, with the text of AAMVA's standard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use domain::aamva::{Aamva, parse};
use image::{GrayImage, imageops};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use rxing::common::HybridBinarizer;
use rxing::pdf417::PDF417Reader;
use rxing::{BinaryBitmap, Luma8Source, RXingResultMetadataType, RXingResultMetadataValue, Reader};

use crate::page::geometry::BoundingBox;

/// Maximum lengths of the longer side, in pixels, at which a picture is searched in turn.
const SIDES: [u32; 3] = [2600, 1700, 1150];
/// Rotations in degrees that are tried. Deskewing leaves a residual skew, and the decoder must not read across rows.
const TURNS: [f32; 6] = [1.5, -1.5, 3.0, -3.0, 5.0, -5.0];

/// How much time a search for a barcode may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The picture without changes.
    Quick,
    /// Also rotated, sharpened and blurred, up to [`TIME_LIMIT`].
    Thorough,
}

/// Time limit after which no further attempt starts.
const TIME_LIMIT: Duration = Duration::from_millis(2500);

/// Content of a barcode and its bounding box in pixels of the picture.
#[derive(Debug)]
pub(crate) struct Barcode {
    pub says: Aamva,
    pub bounds: Option<BoundingBox>,
}

/// Finds the barcode in a picture, in any orientation.
pub(crate) fn find(picture: &GrayImage, effort: Effort) -> Option<Barcode> {
    let start = Instant::now();
    let sizes: Vec<GrayImage> = sizes(picture);
    let scaled = |found: (Aamva, Option<BoundingBox>), of: &GrayImage| {
        let scale = picture.width() as f32 / of.width().max(1) as f32;
        let bounds = found.1.map(|b| BoundingBox {
            left: b.left * scale,
            top: b.top * scale,
            right: b.right * scale,
            bottom: b.bottom * scale,
        });
        Barcode { says: found.0, bounds }
    };
    if let Some(found) = sizes.iter().find_map(|size| Some(scaled(decode(size)?, size))) {
        return Some(found);
    }
    if effort == Effort::Quick {
        return None;
    }
    for size in &sizes {
        let sharp = imageproc::filter::sharpen_gaussian(size, 1.5, 1.2);
        let soft = imageproc::filter::gaussian_blur_f32(size, 1.0);
        for other in [sharp, soft] {
            if start.elapsed() > TIME_LIMIT {
                return None;
            }
            if let Some(found) = decode(&other) {
                return Some(scaled(found, size));
            }
        }
        for turn in TURNS {
            if start.elapsed() > TIME_LIMIT {
                return None;
            }
            let (turned, to_turned) = turned(size, turn);
            if let Some((says, bounds)) = decode(&turned) {
                let back = to_turned.invert();
                let bounds = bounds.and_then(|b| {
                    let corners = [(b.left, b.top), (b.right, b.top), (b.right, b.bottom), (b.left, b.bottom)];
                    BoundingBox::around(corners.map(|corner| back * corner))
                });
                return Some(scaled((says, bounds), size));
            }
        }
    }
    None
}

/// The picture in the sizes that are searched, the largest first.
fn sizes(picture: &GrayImage) -> Vec<GrayImage> {
    let longer = picture.width().max(picture.height()).max(1);
    let fit = |side: u32| {
        let part = |n: u32| (u64::from(n) * u64::from(side) / u64::from(longer)).max(1) as u32;
        imageops::thumbnail(picture, part(picture.width()), part(picture.height()))
    };
    let smaller = SIDES.into_iter().filter(|side| *side < longer).map(fit);
    if longer <= SIDES[0] { std::iter::once(picture.clone()).chain(smaller).collect() } else { smaller.collect() }
}

fn turned(picture: &GrayImage, degrees: f32) -> (GrayImage, Projection) {
    let (x, y) = (picture.width() as f32 / 2.0, picture.height() as f32 / 2.0);
    let turn = Projection::translate(x, y) * Projection::rotate(degrees.to_radians()) * Projection::translate(-x, -y);
    let mut out = GrayImage::new(picture.width(), picture.height());
    warp_into(picture, turn, Interpolation::Bilinear, Border::Constant(image::Luma([255])), &mut out);
    (out, turn)
}

fn decode(picture: &GrayImage) -> Option<(Aamva, Option<BoundingBox>)> {
    let (width, height) = picture.dimensions();
    // The decoder may panic on unforeseen pictures; a panic must not end the reading.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let source = Luma8Source::new_with_slice(picture.as_raw(), width, height).ok()?;
        PDF417Reader::new().decode(&mut BinaryBitmap::new(HybridBinarizer::new(source))).ok()
    }));
    let read = read.ok().flatten()?;
    let says = parse(read.getText())?;
    let turn = match read.getRXingResultMetadata().get(&RXingResultMetadataType::ORIENTATION) {
        Some(RXingResultMetadataValue::Orientation(turn)) => *turn,
        _ => 0,
    };
    let (w, h) = (width as f32, height as f32);
    let points = read.getPoints().iter().map(|point| (point.x, point.y));
    // Pages are upright. A barcode on its side is read, but gets no region.
    let bounds = match turn {
        0 => BoundingBox::around(points),
        180 => BoundingBox::around(points.map(|(x, y)| (w - x, h - y))),
        _ => None,
    };
    Some((says, bounds))
}
