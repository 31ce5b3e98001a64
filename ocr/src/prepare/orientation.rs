//! Detects the orientation of a page by its text lines.

use image::{GrayImage, imageops};
use imageproc::contrast::adaptive_threshold;
use imageproc::region_labelling::{Connectivity, connected_components};

/// Longer side, in pixels, of the picture in which components are searched.
const LETTERS_SIDE: u32 = 1200;
/// Maximum number of components. More are texture such as cloth or gravel, not text.
const MAX_COMPONENTS: usize = 12_000;
/// Minimum number of neighbouring pairs for a decision.
const MIN_PAIRS: usize = 24;

/// Rotates the page clockwise by `quarters` quarter turns.
pub(crate) fn rotate(picture: &GrayImage, quarters: usize) -> GrayImage {
    match quarters % 4 {
        1 => imageops::rotate90(picture),
        2 => imageops::rotate180(picture),
        3 => imageops::rotate270(picture),
        _ => picture.clone(),
    }
}

/// The quarter turns to try, the most likely first, and whether the page has text. Lines of an upright page are
/// horizontal.
pub(crate) fn candidates(picture: &GrayImage) -> (&'static [usize], bool) {
    match lines(picture) {
        Some((across, down)) if down > across * 2 => (&[1, 3], true),
        Some((across, down)) if across > down * 2 => (&[0, 2], true),
        Some(_) => (&[0, 1, 3, 2], true),
        None => (&[0, 1, 3, 2], false),
    }
}

/// The number of components whose nearest neighbour is beside them, and of those whose nearest neighbour is above or
/// below. In text it is beside, because letters are closer than lines. `None` without enough text.
fn lines(picture: &GrayImage) -> Option<(usize, usize)> {
    let longer = picture.width().max(picture.height());
    let small = (longer > LETTERS_SIDE).then(|| {
        let side = |n: u32| (n * LETTERS_SIDE / longer).max(1);
        imageops::thumbnail(picture, side(picture.width()), side(picture.height()))
    });
    let picture = small.as_ref().unwrap_or(picture);
    let ink = adaptive_threshold(picture, 12, 14);
    let labels = connected_components(&ink, Connectivity::Eight, image::Luma([255]));
    // Left, top, right, bottom.
    let mut boxes: Vec<[u32; 4]> = Vec::new();
    for (x, y, label) in labels.enumerate_pixels() {
        let label = label.0[0] as usize;
        if label == 0 {
            continue;
        }
        if boxes.len() < label {
            boxes.resize(label, [u32::MAX, u32::MAX, 0, 0]);
        }
        let [left, top, right, bottom] = boxes[label - 1];
        boxes[label - 1] = [left.min(x), top.min(y), right.max(x), bottom.max(y)];
    }
    // Centre and size.
    let mut marks: Vec<(f32, f32, f32)> = boxes
        .iter()
        .filter(|b| b[0] <= b[2])
        .map(|b| ((b[0] + b[2]) as f32 / 2.0, (b[1] + b[3]) as f32 / 2.0, (b[2] - b[0]).max(b[3] - b[1]) as f32 + 1.0))
        .filter(|(.., size)| (5.0..60.0).contains(size))
        .collect();
    if marks.len() > MAX_COMPONENTS {
        return None;
    }
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut across, mut down) = (0, 0);
    for (i, (x, y, size)) in marks.iter().enumerate() {
        let near =
            |other: &&(f32, f32, f32)| (0.5..2.0).contains(&(other.2 / size)) && (other.1 - y).abs() < size * 2.5;
        let distance = |other: &(f32, f32, f32)| (other.0 - x).hypot(other.1 - y);
        let right = marks[i + 1..].iter().take_while(|other| other.0 - x < size * 2.5).filter(near);
        let left = marks[..i].iter().rev().take_while(|other| x - other.0 < size * 2.5).filter(near);
        let Some(next) = right.chain(left).min_by(|a, b| distance(a).total_cmp(&distance(b))) else { continue };
        if distance(next) > size * 2.5 {
            continue;
        }
        if (next.0 - x).abs() > (next.1 - y).abs() { across += 1 } else { down += 1 }
    }
    (across + down >= MIN_PAIRS).then_some((across, down))
}
