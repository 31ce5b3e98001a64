//! Locates the machine-readable zone (MRZ) by rows of connected components with an even pitch, and reads it by template
//! matching against OCR-B.
//!
//! General OCR misreads the filler `<` as K, S or E. The font, the pitch and the check digits of an MRZ are known, so
//! template matching is faster and more reliable here.

mod cells;
mod decode;
mod detect;
mod glyphs;
mod locate;
mod normalise_contrast;

use domain::mrz::{Format, Span};
use image::{GrayImage, imageops};

use crate::page::components::{chains, components};
use crate::page::geometry::{BoundingBox, Frame};
pub(crate) use glyphs::Glyphs;
pub(crate) use locate::{find_in_orientations, is_plausible, locate};

use cells::Cells;
use detect::Row;

/// Longer side, in pixels, of the picture in which rows are searched first. The second search uses the whole picture.
const SEARCH_SIDE: u32 = 1500;
/// Adaptive thresholds as fractions of the picture's contrast: usual, busy background, under a reflection.
const STRICTNESSES: [f32; 3] = [0.12, 0.22, 0.05];
/// Minimum number of components in a line; the shortest MRZ line has 30 characters.
const MIN_COMPONENTS: usize = 18;
/// Maximum number of row groups that are decoded.
const MAX_GROUPS: usize = 4;

/// An MRZ that was located and decoded.
#[derive(Clone, Debug)]
pub(crate) struct MrzMatch {
    /// The lines, joined by `\n`.
    pub text: String,
    /// Mean similarity of the characters to those of OCR-B, from 0 to 1.
    pub similarity: f32,
    /// How many characters a check digit had to correct.
    pub corrected: usize,
    /// Score for comparison with other candidates: check digits that hold, then similarity.
    pub score: u32,
    /// Position in the picture.
    pub frame: Frame,
    /// Similarity of each character to its OCR-B template, by line.
    pub similarities: Vec<Vec<f32>>,
    /// The centres of its characters, by line, in the picture's pixels.
    pub places: Vec<Vec<(f32, f32)>>,
}

impl MrzMatch {
    /// Whether all check digits hold and the issuing state is known.
    pub const fn is_verified(&self) -> bool {
        self.score >= decode::ALL_HOLD
    }

    /// The lowest similarity in a span; filler after the last letter does not count.
    pub fn lowest_similarity(&self, span: Span) -> f32 {
        let text = self.text.lines().nth(span.line).and_then(|line| line.get(span.start..span.end)).unwrap_or("");
        let length = text.trim_end_matches('<').len();
        let line = self.similarities.get(span.line).and_then(|line| line.get(span.start..span.start + length));
        line.unwrap_or_default().iter().copied().fold(1.0, f32::min)
    }

    /// The box around some characters of a line.
    pub fn bounds(&self, line: usize, columns: std::ops::Range<usize>) -> Option<BoundingBox> {
        let places = self.places.get(line)?;
        let places = places.get(columns.start.min(places.len())..columns.end.min(places.len()))?;
        // A character takes no more of its pitch across than down (Doc 9303-3, 4.4).
        Some(BoundingBox::around(places.iter().copied())?.grown(self.frame.pitch * 0.6))
    }
}

/// Finds and reads an MRZ in an upright, possibly slightly rotated picture.
pub(crate) fn find(picture: &GrayImage, glyphs: &Glyphs) -> Option<MrzMatch> {
    let longer = picture.width().max(picture.height());
    let scale = (SEARCH_SIDE as f32 / longer as f32).min(1.0);
    let small = (scale < 1.0).then(|| {
        let side = |n: u32| ((n as f32 * scale).round() as u32).max(1);
        imageops::thumbnail(picture, side(picture.width()), side(picture.height()))
    });
    let first = find_at(small.as_ref().unwrap_or(picture), picture, scale, glyphs);
    // A small MRZ loses too much detail in the reduced picture.
    if first.is_none() && scale < 0.75 { find_at(picture, picture, 1.0, glyphs) } else { first }
}

fn find_at(small: &GrayImage, picture: &GrayImage, scale: f32, glyphs: &Glyphs) -> Option<MrzMatch> {
    let mut best: Option<MrzMatch> = None;
    for strictness in STRICTNESSES {
        let components = components(small, strictness);
        let rows: Vec<Row> =
            chains(&components, MIN_COMPONENTS).iter().filter_map(|chain| detect::row(&components, chain)).collect();
        for group in row_groups(&rows).into_iter().take(MAX_GROUPS) {
            let cells: Vec<Cells> = group.iter().map(|row| Cells::compare(picture, row, scale, glyphs)).collect();
            let Some((format, starts)) = best_layout(&group, &cells) else { continue };
            let Some(read) = decode::decode(format, &cells, &starts) else { continue };
            let decode::DecodedMrz { text, similarities, similarity, corrected, score } = read;
            let frame = frame(&group, &starts, format, scale);
            if best.as_ref().is_none_or(|other| score > other.score) {
                let places = places(&group, &starts, format, scale);
                best = Some(MrzMatch { text, similarity, corrected, score, frame, similarities, places });
            }
            if best.as_ref().is_some_and(MrzMatch::is_verified) {
                return best;
            }
        }
    }
    best
}

/// Groups of rows that may be the lines of one MRZ, from top to bottom. Groups whose column count is nearest to a
/// format come first, because other rows in the picture may be longer.
fn row_groups(rows: &[Row]) -> Vec<Vec<&Row>> {
    let follows = |upper: &Row, lower: &Row| {
        let (x, _) = upper.at(upper.last as f32 / 2.0);
        let step = (lower.y_at(x) - upper.y_at(x)) / upper.pitch;
        let (start, end) = (lower.at(0.0).0, lower.at(lower.last as f32).0);
        let ratio = lower.pitch / upper.pitch;
        (1.4..=3.8).contains(&step)
            && (0.93..=1.07).contains(&ratio)
            && (lower.slope - upper.slope).abs() < 0.04
            && start < x
            && x < end
    };
    let mut groups = Vec::new();
    for upper in rows {
        for middle in rows.iter().filter(|row| follows(upper, row)) {
            groups.push(vec![upper, middle]);
            for lower in rows.iter().filter(|row| follows(middle, row)) {
                groups.push(vec![upper, middle, lower]);
            }
        }
    }
    groups.sort_by_cached_key(|group| {
        let off =
            |columns: usize| group.iter().map(|row| (row.last + 1).abs_diff(columns)).sum::<usize>() / group.len();
        let shapes = Format::ALL.into_iter().map(Format::shape);
        let least = shapes.filter(|(lines, _)| *lines == group.len()).map(|(_, columns)| off(columns)).min();
        (least, std::cmp::Reverse(group.iter().map(|row| row.last).sum::<usize>()))
    });
    groups
}

/// The layout that fits the rows best, and the first column of each line.
fn best_layout(group: &[&Row], cells: &[Cells]) -> Option<(Format, Vec<i32>)> {
    let first = group.first()?;
    let mut best: Option<(f32, Format, Vec<i32>)> = None;
    for format in Format::ALL {
        let (lines, columns) = format.shape();
        if lines != group.len() || format.is_visa() {
            continue;
        }
        for start in cells[0].range() {
            let (x, y) = first.at(start as f32);
            let starts: Vec<i32> = group.iter().map(|row| row.column_beside(x, y, first.slope)).collect();
            let sum: f32 = cells.iter().zip(&starts).map(|(cells, start)| cells.evidence(*start, columns)).sum();
            if best.as_ref().is_none_or(|(other, ..)| sum > *other) {
                best = Some((sum, format, starts));
            }
        }
    }
    best.filter(|(sum, ..)| *sum > 0.0).map(|(_, format, starts)| (format, starts))
}

fn places(group: &[&Row], starts: &[i32], format: Format, scale: f32) -> Vec<Vec<(f32, f32)>> {
    let (_, columns) = format.shape();
    let place = |row: &Row, column: i32| {
        let (x, y) = row.at(column as f32);
        (x / scale, y / scale)
    };
    let line =
        |(row, start): (&&Row, &i32)| (*start..start + columns as i32).map(|column| place(row, column)).collect();
    group.iter().zip(starts).map(line).collect()
}

fn frame(group: &[&Row], starts: &[i32], format: Format, scale: f32) -> Frame {
    let (_, columns) = format.shape();
    let (first, last) = (group[0], group[group.len() - 1]);
    let origin = first.at(starts[0] as f32);
    let norm = (1.0 + first.slope * first.slope).sqrt();
    let depth = (last.y_at(origin.0) - origin.1) / norm;
    Frame {
        origin: (origin.0 / scale, origin.1 / scale),
        along: (1.0 / norm, first.slope / norm),
        pitch: first.pitch / scale,
        columns,
        depth: depth / scale,
    }
}
