//! Estimates the skew of text lines, because Tesseract reads skewed lines badly. An outline may have a wrong side, and
//! a page without outline is as skewed as its photograph.

use image::{GrayImage, imageops};

use super::components::{chains, components};

/// Longer side, in pixels, of the picture in which letters are searched: enough for small print.
const SEARCH_SIDE: u32 = 1800;
/// Minimum number of letters of a line, because the slope of a shorter one is unreliable.
const MIN_LETTERS: usize = 8;
/// Minimum number of lines that agree.
const MIN_LINES: usize = 4;
/// Adaptive threshold of ink, as a fraction of the picture's contrast.
const STRICTNESS: f32 = 0.12;
/// Maximum difference between equal slopes.
const TOLERANCE: f32 = 0.015;
/// Minimum skew that is corrected. Less does not affect Tesseract.
const MIN_SKEW: f32 = 0.007;
/// Maximum slope of text.
const MAX_SLOPE: f32 = 0.33;

/// The slope of lines at a page's upper and lower edge; positive if they fall to the right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Skew {
    pub upper: f32,
    pub lower: f32,
}

impl Skew {
    /// The slope in the middle of the page.
    pub fn mean(self) -> f32 {
        (self.upper + self.lower) / 2.0
    }

    /// The larger absolute slope.
    pub fn steepest(self) -> f32 {
        self.upper.abs().max(self.lower.abs())
    }
}

/// A line of letters: its vertical position as a fraction of the page, its slope and its length.
#[derive(Clone, Copy)]
struct Line {
    at: f32,
    slope: f32,
    length: f32,
}

/// Estimates the skew of a page's print. `None` if it is level, or if too few lines agree.
pub(super) fn estimate_skew(page: &GrayImage) -> Option<Skew> {
    let longer = page.width().max(page.height());
    let small = (longer > SEARCH_SIDE).then(|| {
        let side = |n: u32| (n * SEARCH_SIDE / longer).max(1);
        imageops::thumbnail(page, side(page.width()), side(page.height()))
    });
    agreed(&lines(small.as_ref().unwrap_or(page)))
}

fn lines(page: &GrayImage) -> Vec<Line> {
    let components = components(page, STRICTNESS);
    let line = |chain: &Vec<usize>| {
        let feet: Vec<(f32, f32)> = chain.iter().map(|i| (components[*i].x(), components[*i].bottom as f32)).collect();
        let half = feet.len() / 2;
        // The median ignores descenders, because they are a minority.
        let steps = (0..feet.len() - half).map(|i| (feet[i], feet[i + half]));
        let slope = median(steps.map(|(a, b)| ((b.1 - a.1) / (b.0 - a.0).max(1.0), 1.0)).collect())?;
        let (first, last) = (feet[0], feet[feet.len() - 1]);
        Some(Line { at: (first.1 + last.1) / 2.0 / page.height() as f32, slope, length: last.0 - first.0 })
    };
    chains(&components, MIN_LETTERS).iter().filter_map(line).filter(|line| line.slope.abs() < MAX_SLOPE).collect()
}

/// The skew of most lines: constant over the page, or changing linearly from top to bottom.
fn agreed(lines: &[Line]) -> Option<Skew> {
    if lines.len() < MIN_LINES {
        return None;
    }
    let mut changes = Vec::new();
    for (i, a) in lines.iter().enumerate() {
        let apart = lines[i + 1..].iter().filter(|b| (b.at - a.at).abs() > 0.2);
        changes.extend(apart.map(|b| ((b.slope - a.slope) / (b.at - a.at), a.length.min(b.length))));
    }
    let change = median(changes).unwrap_or(0.0);
    let upper = median(lines.iter().map(|line| (line.slope - change * line.at, line.length)).collect())?;
    let same = |line: &&Line| (line.slope - upper - change * line.at).abs() < TOLERANCE;
    let length = |lines: &mut dyn Iterator<Item = &Line>| lines.map(|line| line.length).sum::<f32>();
    let (agreeing, all) = (length(&mut lines.iter().filter(same)), length(&mut lines.iter()));
    let skew = Skew { upper, lower: upper + change };
    (lines.iter().filter(same).count() >= MIN_LINES
        && agreeing > all * 0.6
        && (MIN_SKEW..MAX_SLOPE).contains(&skew.steepest()))
    .then_some(skew)
}

/// The weighted median.
fn median(mut values: Vec<(f32, f32)>) -> Option<f32> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
    let mut sum = 0.0;
    values
        .iter()
        .find(|(_, weight)| {
            sum += weight;
            sum >= half
        })
        .map(|(value, _)| *value)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use image::Luma;

    use super::*;

    /// A page with small boxes as letters, in lines whose slope depends on their height.
    pub(in crate::page) fn page(slope: impl Fn(f32) -> f32) -> GrayImage {
        let mut page = GrayImage::from_pixel(900, 1200, Luma([230]));
        for row in 0..18 {
            let y = 100.0 + 60.0 * row as f32;
            for column in (0..40).filter(|column| column % 7 != 0) {
                let x = 80.0 + 18.0 * column as f32;
                let foot = y + slope(y / 1200.0) * (x - 450.0);
                for dy in 0..14 {
                    for dx in 0..9 {
                        page.put_pixel(x as u32 + dx, (foot - 14.0) as u32 + dy, Luma([40]));
                    }
                }
            }
        }
        page
    }

    #[test]
    fn skew_is_estimated_and_level_lines_give_none() {
        assert_eq!(estimate_skew(&page(|_| 0.0)), None);
        let skew = estimate_skew(&page(|_| -0.06)).unwrap();
        assert!((skew.upper + 0.06).abs() < 0.006 && (skew.lower + 0.06).abs() < 0.006, "{skew:?}");
        let skew = estimate_skew(&page(|y| -0.08 * (1.0 - y))).unwrap();
        assert!((skew.upper + 0.08).abs() < 0.01 && skew.lower.abs() < 0.01, "{skew:?}");
    }

    #[test]
    fn disagreeing_lines_give_no_skew() {
        let line = |at, slope| Line { at, slope, length: 200.0 };
        assert_eq!(agreed(&[line(0.1, 0.05), line(0.5, 0.05)]), None);
        let all = [0.1, -0.1, 0.02, -0.03, 0.15, -0.15, 0.06, -0.07];
        let scattered: Vec<Line> = all.iter().enumerate().map(|(i, slope)| line(0.1 * i as f32, *slope)).collect();
        assert_eq!(agreed(&scattered), None);
    }
}
