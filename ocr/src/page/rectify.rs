//! Rectifies a page for OCR: crop, perspective correction, deskew, sharpening, even illumination, scaling.

use image::{GrayImage, Luma, imageops};
use imageproc::contrast::{ThresholdType, otsu_level, threshold};
use imageproc::filter::sharpen_gaussian;
use imageproc::geometric_transformations::Projection;
use imageproc::region_labelling::{Connectivity, connected_components};

use super::deskew::{self, Skew};
use super::geometry::Frame;

/// Pitch of MRZ characters in the rectified page, in pixels: 300 dots per inch.
const PITCH: f32 = 30.0;
/// Maximum longer side of the rectified page, in pixels.
const LONGEST_SIDE: f32 = 2400.0;
/// Maximum skew that a wrong edge explains. If the skew is larger, the whole page is rotated.
const MAX_EDGE_ERROR: f32 = 0.12;
/// Minimum tilt that is corrected beside an MRZ. The MRZ fixes the rotation, but the camera may be tilted.
const MIN_TILT: f32 = 0.025;
/// Longer side, in pixels, of the picture in which the page is searched.
const SEARCH_SIDE: f32 = 320.0;

/// Radius of the blur for sharpening, in pixels of the rectified page.
const SOFTNESS: f32 = 3.0;
/// Weight of the difference from the blurred page that sharpening adds.
const SHARPER: f32 = 1.0;

type Point = (f32, f32);

/// A page that is ready for OCR.
pub(crate) struct RectifiedPage {
    pub picture: GrayImage,
    /// From its pixels to those of the source picture.
    pub to_source: Projection,
}

/// The printed page that belongs to an MRZ, without the MRZ.
pub(crate) fn page_around_mrz(picture: &GrayImage, frame: &Frame) -> RectifiedPage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let ((ux, uy), pitch) = (frame.along, frame.pitch);
    let place = |x: f32, y: f32| (frame.origin.0 + x * ux - y * uy, frame.origin.1 + x * uy + y * ux);
    // Distances from the first character, along the lines and across, in pixels.
    let (left, top, right, bottom) = if frame.columns == 44 {
        // Doc 9303-4: the page is 125 by 88 mm, and the MRZ is 112 mm long in its lowest 23 mm.
        (-3.2 * pitch, -28.5 * pitch, 47.0 * pitch, -1.6 * pitch)
    } else {
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|(x, y)| {
            let (dx, dy) = (x - frame.origin.0, y - frame.origin.1);
            (dx * ux + dy * uy, dy * ux - dx * uy)
        });
        let bound =
            |of: fn(&Point) -> f32, pick: fn(f32, f32) -> f32| corners.iter().map(of).reduce(pick).unwrap_or(0.0);
        (bound(|p| p.0, f32::min), bound(|p| p.1, f32::min), bound(|p| p.0, f32::max), bound(|p| p.1, f32::max))
    };
    let scale = (PITCH / pitch).min(LONGEST_SIDE / (right - left)).min(LONGEST_SIDE / (bottom - top));
    let size = (((right - left) * scale) as u32, ((bottom - top) * scale) as u32);
    let mut page = warp(picture, size, 1.0 / scale, |x, y| place(left + x / scale, top + y / scale));
    page = enhance(&page);
    if frame.columns != 44 {
        let row = |y: f32| ((y - top) * scale).max(0.0) as u32;
        let column = |x: f32| ((x - left) * scale).max(0.0) as u32;
        let (from, to) = (row(-0.8 * pitch), row(frame.depth + 0.8 * pitch).min(page.height()));
        let (first, last) = (column(-1.5 * pitch), column((frame.columns as f32 + 0.5) * pitch).min(page.width()));
        for y in from..to {
            for x in first..last {
                page.put_pixel(x, y, Luma([255]));
            }
        }
    }
    let Some(to_source) = affine([
        [ux / scale, -uy / scale, frame.origin.0 + left * ux - top * uy],
        [uy / scale, ux / scale, frame.origin.1 + left * uy + top * ux],
    ]) else {
        return unchanged(picture);
    };
    let made = RectifiedPage { picture: page, to_source };
    let tilted = deskew::estimate_skew(&made.picture).filter(|skew| skew.steepest() > MIN_TILT);
    tilted.and_then(|skew| deskewed(&made, skew)).unwrap_or(made)
}

/// Levels the lines of a rectified page.
fn deskewed(made: &RectifiedPage, skew: Skew) -> Option<RectifiedPage> {
    let itself = RectifiedPage { picture: made.picture.clone(), to_source: Projection::scale(1.0, 1.0) };
    let corners = deskewed_corners(&itself, skew, Sides::Straight);
    let level = correct_perspective(&made.picture, corners)?;
    Some(RectifiedPage { picture: level.picture, to_source: level.to_source.and_then(made.to_source) })
}

fn affine([[a, b, c], [d, e, f]]: [[f32; 3]; 2]) -> Option<Projection> {
    Projection::from_matrix([a, b, c, d, e, f, 0.0, 0.0, 1.0])
}

/// The picture without changes.
fn unchanged(picture: &GrayImage) -> RectifiedPage {
    RectifiedPage { picture: picture.clone(), to_source: Projection::scale(1.0, 1.0) }
}

/// Rotates a picture clockwise by quarter turns, with the projection back.
pub(crate) fn rotate_quarters(picture: &GrayImage, quarters: usize) -> RectifiedPage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (picture, back) = match quarters % 4 {
        1 => (imageops::rotate90(picture), [[0.0, 1.0, 0.0], [-1.0, 0.0, height]]),
        2 => (imageops::rotate180(picture), [[-1.0, 0.0, width], [0.0, -1.0, height]]),
        3 => (imageops::rotate270(picture), [[0.0, -1.0, width], [1.0, 0.0, 0.0]]),
        _ => return unchanged(picture),
    };
    match affine(back) {
        Some(to_source) => RectifiedPage { picture, to_source },
        None => unchanged(&picture),
    }
}

/// Rectifies the bright sheet on a darker background, or else the whole picture.
pub(crate) fn bright_sheet(picture: &GrayImage) -> RectifiedPage {
    match sheet(picture) {
        Some(corners) => cut(picture, corners, Sides::Straight),
        None => rotated_in_frame(picture),
    }
}

/// Rectifies a picture that was cropped by its outline, so that all of it is the page.
pub(crate) fn whole_frame(picture: &GrayImage) -> RectifiedPage {
    cut(picture, frame(picture), Sides::Straight)
}

/// Rectifies a picture in which the page may be anywhere and rotated.
pub(crate) fn rotated_in_frame(picture: &GrayImage) -> RectifiedPage {
    cut(picture, frame(picture), Sides::Turned)
}

fn frame(picture: &GrayImage) -> [Point; 4] {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
}

/// How the sides of a page relate to its skewed lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    /// The sides are right, and the upper or lower edge is wrong.
    Straight,
    /// The sides are rotated like the lines.
    Turned,
}

fn cut(picture: &GrayImage, corners: [Point; 4], sides: Sides) -> RectifiedPage {
    let made = correct_perspective(picture, corners);
    match made.as_ref().and_then(|made| Some((made, deskew::estimate_skew(&made.picture)?))) {
        Some((made, skew)) => correct_perspective(picture, deskewed_corners(made, skew, sides)),
        None => made,
    }
    .map_or_else(|| unchanged(picture), |made| RectifiedPage { picture: enhance(&made.picture), ..made })
}

/// The corners, in the source, of a page with skewed lines. Rectifying again with these corners levels the lines.
fn deskewed_corners(made: &RectifiedPage, skew: Skew, sides: Sides) -> [Point; 4] {
    let (width, height) = (made.picture.width() as f32, made.picture.height() as f32);
    let Skew { upper, lower } = skew;
    // The new corners include everything above and below.
    let (rise, fall) = (upper.abs() * width / 2.0, lower.abs() * width / 2.0);
    let (above, below) = (upper * width / 2.0, lower * width / 2.0);
    let turned = sides == Sides::Turned || skew.mean().abs() > MAX_EDGE_ERROR;
    let lean = if turned { skew.mean() * height / 2.0 } else { 0.0 };
    [
        (lean, -rise - above),
        (width + lean, -rise + above),
        (width - lean, height + fall + below),
        (-lean, height + fall - below),
    ]
    .map(|corner| made.to_source * corner)
}

/// Maps the area between four corners to a page, at the size that Tesseract reads best.
fn correct_perspective(picture: &GrayImage, corners: [Point; 4]) -> Option<RectifiedPage> {
    let side = |a: usize, b: usize| (corners[a].0 - corners[b].0).hypot(corners[a].1 - corners[b].1);
    let (width, height) = (side(0, 1).max(side(3, 2)), side(0, 3).max(side(1, 2)));
    let longer = width.max(height);
    // Enlarging helps with small print, up to twice its size.
    let scale = if longer < 1500.0 { (1500.0 / longer).min(2.0) } else { (LONGEST_SIDE / longer).min(1.0) };
    let size = (((width * scale) as u32).max(1), ((height * scale) as u32).max(1));
    let (w, h) = (size.0 as f32, size.1 as f32);
    let to_source = Projection::from_control_points([(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)], corners)?;
    let page = warp(picture, size, 1.0 / scale, |x, y| to_source * (x, y));
    Some(RectifiedPage { picture: page, to_source })
}

/// The page at half its size.
pub(crate) fn halved(page: &GrayImage) -> GrayImage {
    imageops::thumbnail(page, (page.width() / 2).max(1), (page.height() / 2).max(1))
}

/// The corners of a bright sheet, clockwise from the upper left; `None` without a darker background around it.
fn sheet(picture: &GrayImage) -> Option<[Point; 4]> {
    let scale = SEARCH_SIDE / picture.width().max(picture.height()) as f32;
    if scale >= 1.0 {
        return None;
    }
    let side = |n: u32| ((n as f32 * scale).round() as u32).max(1);
    let small = imageops::thumbnail(picture, side(picture.width()), side(picture.height()));
    let small = imageproc::filter::box_filter(&small, 1, 1);
    let level = otsu_level(&small);
    let bright = threshold(&small, level, ThresholdType::Binary);
    // Print and portraits make holes in a sheet, which do not affect its outline.
    let labels = connected_components(&bright, Connectivity::Four, Luma([0]));
    let mut sizes = std::collections::BTreeMap::new();
    labels.pixels().filter(|p| p.0[0] > 0).for_each(|p| *sizes.entry(p.0[0]).or_insert(0_u32) += 1);
    let (label, size) = sizes.into_iter().max_by_key(|(_, size)| *size)?;
    let area = small.width() * small.height();
    if size * 6 < area {
        return None;
    }
    let mut corners = [(0.0, 0.0); 4];
    let mut best = [f32::MAX; 4];
    let (mut sum_in, mut sum_out, mut count_out) = (0_u64, 0_u64, 0_u64);
    for (x, y, p) in labels.enumerate_pixels() {
        let grey = u64::from(small.get_pixel(x, y).0[0]);
        if p.0[0] != label {
            sum_out += grey;
            count_out += 1;
            continue;
        }
        sum_in += grey;
        let (x, y) = (x as f32, y as f32);
        for (i, distance) in [x + y, y - x, -x - y, x - y].into_iter().enumerate() {
            if distance < best[i] {
                best[i] = distance;
                corners[i] = (x, y);
            }
        }
    }
    let quad =
        corners.iter().zip(corners.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f32>() / 2.0;
    let inside = sum_in as f32 / size as f32;
    let outside = sum_out as f32 / count_out.max(1) as f32;
    // The sheet must fill its four corners, have a darker background, and not fill the whole picture.
    let filled = size as f32 / quad.max(1.0);
    let is_sheet = (0.72..=1.12).contains(&filled) && inside - outside > 40.0 && quad < area as f32 * 0.95;
    // A pixel of the small picture covers many pixels of the large one, so the corners stay inside the sheet.
    is_sheet.then(|| corners.map(|(x, y)| ((x + 0.5) / scale, (y + 0.5) / scale)))
}

/// Resamples to a picture of `size`; `from` gives the source of each pixel, and `step` the distance of two pixels
/// there.
fn warp(picture: &GrayImage, (width, height): (u32, u32), step: f32, from: impl Fn(f32, f32) -> Point) -> GrayImage {
    // If the picture is reduced, the mean of four samples avoids aliasing.
    let offsets: &[f32] = if step > 1.3 { &[0.25, 0.75] } else { &[0.5] };
    let count = (offsets.len() * offsets.len()) as f32;
    GrayImage::from_fn(width.max(1), height.max(1), |x, y| {
        let mut sum = 0.0;
        for dy in offsets {
            for dx in offsets {
                let (px, py) = from(x as f32 + dx, y as f32 + dy);
                sum += sample(picture, px - 0.5, py - 0.5);
            }
        }
        Luma([(sum / count).round() as u8])
    })
}

/// Interpolated grey at a position. Outside of the picture, the border's grey.
pub(crate) fn sample(picture: &GrayImage, x: f32, y: f32) -> f32 {
    let (width, height) = picture.dimensions();
    let (x, y) = (x.clamp(0.0, width as f32 - 1.0), y.clamp(0.0, height as f32 - 1.0));
    let (left, top) = (x as u32, y as u32);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let at = |x: u32, y: u32| f32::from(picture.get_pixel(x.min(width - 1), y.min(height - 1)).0[0]);
    let upper = at(left, top) * (1.0 - fx) + at(left + 1, top) * fx;
    let lower = at(left, top + 1) * (1.0 - fx) + at(left + 1, top + 1) * fx;
    upper * (1.0 - fy) + lower * fy
}

/// Sharpens and evenly lights a page. Tesseract distinguishes small print from a pattern by its edges.
fn enhance(page: &GrayImage) -> GrayImage {
    normalise_illumination(&sharpen_gaussian(page, SOFTNESS, SHARPER))
}

/// Normalises illumination: each pixel relative to the brightest pixels near it.
pub(crate) fn normalise_illumination(page: &GrayImage) -> GrayImage {
    const COARSE: u32 = 16;
    // Pale security patterns become paper, because Tesseract would read dashes and hyphens in them.
    const WHITE: f32 = 0.84;
    const BLACK: f32 = 0.1;
    let (width, height) = page.dimensions();
    let (cw, ch) = ((width / COARSE).max(1), (height / COARSE).max(1));
    let coarse = imageops::thumbnail(page, cw, ch);
    let coarse = imageproc::morphology::grayscale_dilate(&coarse, &imageproc::morphology::Mask::square(2));
    let coarse = imageproc::filter::box_filter(&coarse, 2, 2);
    let darkest = coarse.pixels().map(|p| p.0[0]).max().unwrap_or(255) / 3;
    GrayImage::from_fn(width, height, |x, y| {
        let at = |v: u32, full: u32, small: u32| (v as f32 + 0.5) * small as f32 / full as f32 - 0.5;
        let paper = sample(&coarse, at(x, width, cw), at(y, height, ch)).max(f32::from(darkest.max(1)));
        let light = f32::from(page.get_pixel(x, y).0[0]) / paper;
        Luma([((light - BLACK) / (WHITE - BLACK) * 255.0).clamp(0.0, 255.0) as u8])
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::page::deskew::tests::page;

    #[test]
    fn skewed_lines_are_levelled_and_regions_mapped_back() {
        let level: [fn(&GrayImage) -> RectifiedPage; 2] = [whole_frame, rotated_in_frame];
        for make in level {
            for slope in [|_: f32| -0.06, |y: f32| 0.08 * (1.0 - y)] {
                let picture = page(slope);
                assert!(deskew::estimate_skew(&picture).is_some());
                let made = make(&picture);
                assert_eq!(deskew::estimate_skew(&made.picture), None);
                // Regions still refer to the original position.
                let (width, height) = (made.picture.width() as f32, made.picture.height() as f32);
                let (x, y) = made.to_source * (width / 2.0, height / 2.0);
                assert!((x - 450.0).abs() < 20.0 && (y - 600.0).abs() < 30.0, "{x} {y}");
            }
        }
    }
}
