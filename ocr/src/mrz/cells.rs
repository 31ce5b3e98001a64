//! Template matching: each cell of a row is compared with all characters.

use std::ops::Range;

use image::GrayImage;

use crate::page::rectify::sample;

use super::detect::Row;
use super::glyphs::{Glyphs, HEIGHT, PITCH, normalise};
use super::normalise_contrast;

/// Extra columns at both ends of a row, because the component of the first or last character may be missing.
const EXTRA_COLUMNS: i32 = 6;
/// Maximum offset of a character from its cell, in canonical pixels.
const REACH: i32 = 6;
/// Maximum contrast of an empty cell, as a fraction of the row's contrast.
const EMPTY: f32 = 0.25;
/// Similarity that is evidence neither for nor against a character.
const NEUTRAL: f32 = 0.6;

/// Similarity of a cell to every character, in the order of [`Glyphs::all`].
pub(super) struct Cell {
    /// From -1 to 1.
    pub similarity: Vec<f32>,
    empty: bool,
}

/// The cells of a row.
pub(super) struct Cells {
    first: i32,
    cells: Vec<Cell>,
    /// The characters, in the order of the cells' similarities.
    pub chars: Vec<char>,
}

impl Cells {
    /// Compares the cells of a row that was found in a picture smaller by `scale`.
    pub fn compare(picture: &GrayImage, row: &Row, scale: f32, glyphs: &Glyphs) -> Self {
        let columns = -EXTRA_COLUMNS..row.last as i32 + EXTRA_COLUMNS + 1;
        // A camera that is held low makes characters appear shorter than they are.
        let strips = [1.0, 0.9, 1.1].map(|stretch| Strip::take(picture, row, scale, columns.clone(), stretch));
        let best = strips
            .into_iter()
            .map(|strip| {
                let places = strip.match_coarsely(glyphs);
                (strip, places)
            })
            .max_by(|a, b| total_similarity(&a.1).total_cmp(&total_similarity(&b.1)));
        let cells = best.map_or_else(Vec::new, |(strip, places)| strip.match_finely(&places, glyphs));
        Self { first: columns.start, cells, chars: glyphs.all.iter().map(|glyph| glyph.char).collect() }
    }

    /// Candidates for the first column of a line.
    pub fn range(&self) -> Range<i32> {
        self.first..self.first + EXTRA_COLUMNS * 2
    }

    /// The cell in a column.
    pub fn get(&self, column: i32) -> Option<&Cell> {
        self.cells.get(usize::try_from(column - self.first).ok()?)
    }

    /// Evidence that these columns contain characters and that the columns just outside contain none.
    pub fn evidence(&self, start: i32, columns: usize) -> f32 {
        let vote = |column: i32| match self.get(column) {
            Some(cell) if !cell.empty => cell.best() - NEUTRAL,
            _ => -NEUTRAL,
        };
        let end = start + columns as i32;
        let inside: f32 = (start..end).map(vote).sum();
        let outside: f32 = [start - 1, end].into_iter().map(|column| vote(column).max(0.0)).sum();
        inside - outside
    }
}

impl Cell {
    fn best(&self) -> f32 {
        self.similarity.iter().copied().fold(-1.0, f32::max)
    }
}

/// The best offset of a cell's character, and its similarity.
#[derive(Clone, Copy)]
struct Alignment {
    dx: i32,
    dy: i32,
    similarity: f32,
}

fn total_similarity(places: &[Alignment]) -> f32 {
    places.iter().map(|place| place.similarity).sum()
}

/// A row, rectified and scaled to the templates.
struct Strip {
    pixels: Vec<f32>,
    width: usize,
    columns: usize,
    contrast: f32,
}

impl Strip {
    fn take(picture: &GrayImage, row: &Row, scale: f32, columns: Range<i32>, stretch: f32) -> Self {
        let margin = REACH as usize;
        let count = columns.len();
        let (width, height) = (count * PITCH + 2 * margin, HEIGHT + 2 * margin);
        let norm = (1.0 + row.slope * row.slope).sqrt();
        let down = (-row.slope / norm, 1.0 / norm);
        let step = row.pitch / PITCH as f32 * stretch;
        // Four samples per pixel average the noise.
        let mut pixels = vec![0.0; width * height];
        for x in 0..width {
            for sub in [-0.25_f32, 0.25] {
                let column = columns.start as f32 - 0.5 + (x as f32 + 0.5 + sub - margin as f32) / PITCH as f32;
                let (cx, cy) = row.at(column);
                for y in 0..height {
                    for sub in [-0.25_f32, 0.25] {
                        let v = (y as f32 + 0.5 + sub - height as f32 / 2.0) * step;
                        let value = sample(picture, (cx + v * down.0) / scale, (cy + v * down.1) / scale);
                        pixels[y * width + x] += value / 4.0;
                    }
                }
            }
        }
        let mut strip =
            Self { pixels: normalise_contrast::apply(&pixels, width), width, columns: count, contrast: 1.0 };
        let mut contrasts: Vec<f32> = (0..count).map(|column| strip.window(column, 0, 0, &mut Vec::new())).collect();
        contrasts.sort_by(f32::total_cmp);
        strip.contrast = contrasts[count * 3 / 4].max(1.0);
        strip
    }

    /// Writes the normalised pixels of a cell to `out`. Returns their standard deviation before.
    fn window(&self, column: usize, dx: i32, dy: i32, out: &mut Vec<f32>) -> f32 {
        out.clear();
        let left = (column * PITCH) as i32 + REACH + dx;
        for y in 0..HEIGHT as i32 {
            let from = ((y + REACH + dy) * self.width as i32 + left) as usize;
            out.extend_from_slice(&self.pixels[from..from + PITCH]);
        }
        normalise(out)
    }

    /// The best offset of every cell's character, independently of its neighbours.
    fn match_coarsely(&self, glyphs: &Glyphs) -> Vec<Alignment> {
        let mut pixels = Vec::with_capacity(PITCH * HEIGHT);
        (0..self.columns)
            .map(|column| {
                let mut best = Alignment { dx: 0, dy: 0, similarity: 0.0 };
                for dy in (-REACH..=REACH).step_by(3) {
                    for dx in (-4..=4).step_by(2) {
                        if self.window(column, dx, dy, &mut pixels) < self.contrast * EMPTY {
                            continue;
                        }
                        for glyph in &glyphs.all {
                            let similarity = dot(&pixels, &glyph.pixels);
                            if similarity > best.similarity {
                                best = Alignment { dx, dy, similarity };
                            }
                        }
                    }
                }
                best
            })
            .collect()
    }

    /// The similarities of every cell, at offsets near those of its neighbours.
    fn match_finely(&self, places: &[Alignment], glyphs: &Glyphs) -> Vec<Cell> {
        let mut pixels = Vec::with_capacity(PITCH * HEIGHT);
        (0..self.columns)
            .map(|column| {
                let around = &places[column.saturating_sub(5)..(column + 6).min(places.len())];
                let (cx, cy) = (median_offset(around, |place| place.dx), median_offset(around, |place| place.dy));
                let mut similarity = vec![-1.0_f32; glyphs.all.len()];
                let mut empty = true;
                for dy in (cy - 2).max(-REACH)..=(cy + 2).min(REACH) {
                    for dx in (cx - 2).max(-REACH)..=(cx + 2).min(REACH) {
                        empty &= self.window(column, dx, dy, &mut pixels) < self.contrast * EMPTY;
                        for (best, glyph) in similarity.iter_mut().zip(&glyphs.all) {
                            *best = best.max(dot(&pixels, &glyph.pixels));
                        }
                    }
                }
                Cell { similarity, empty }
            })
            .collect()
    }
}

/// The median over the cells that contain a character.
fn median_offset(places: &[Alignment], of: impl Fn(&Alignment) -> i32) -> i32 {
    let mut values: Vec<i32> = places.iter().filter(|place| place.similarity > 0.7).map(of).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight partial sums, because the compiler may not reorder floating-point additions.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum()
}
