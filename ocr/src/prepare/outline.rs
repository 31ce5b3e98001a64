//! Outline detection: the quadrilateral of a document in a picture, on any background.
//!
//! Edges vote for lines (Hough transform). The chosen quadrilateral has sides that are edges along their whole length
//! but not beyond the corners. Without a clear winner there is no outline: reading the whole picture costs little, and
//! reading the wrong part loses the document.

use std::f32::consts::PI;
use std::ops::RangeInclusive;

use image::RgbImage;

use super::perspective::{Point, Quad};

/// Longer side, in pixels, of the picture in which edges are searched.
pub(crate) const SEARCH_SIDE: u32 = 480;
/// Maximum number of lines that are combined into quadrilaterals.
const MAX_LINES: usize = 36;
/// Maximum number of quadrilaterals that are examined closely, the best first.
const MAX_CANDIDATES: usize = 150;
/// Minimum step of grey of an edge.
const MIN_EDGE: f32 = 9.0;
/// Number of distinct angles of lines in half a turn.
const ANGLES: usize = 180;
/// Minimum area of a document, as a fraction of the picture.
const MIN_AREA: f32 = 0.08;
/// Minimum fraction of each side that is an edge, and minimum mean over all sides.
const MIN_SIDE: f32 = 0.55;
const MIN_MEAN: f32 = 0.72;

/// The outline of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    /// Clockwise, from the corner that is nearest to the upper left of the picture.
    pub quad: Quad,
    /// Whether one of its sides is the border of the picture, so that the document extends beyond it.
    pub cut: bool,
}

/// A line `x cos + y sin = rho`, and the parts of it that are edges.
struct Line {
    cos: f32,
    sin: f32,
    rho: f32,
    /// Running total of the positions along the line that are edges, from one end of the picture to the other.
    sums: Vec<u32>,
    /// Whether it is a border of the picture.
    frame: bool,
}

/// Edge pixels: local maxima of the colour gradient.
struct Edges {
    width: usize,
    height: usize,
    /// Strength; 0 without an edge.
    strength: Vec<f32>,
    /// Direction of the change, as a unit vector.
    direction: Vec<Point>,
}

/// Finds the document in a small picture. `ratios` are the allowed ratios of its longer to its shorter side.
pub(crate) fn find(picture: &RgbImage, ratios: &[RangeInclusive<f32>]) -> Option<Outline> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    if picture.width() < 40 || picture.height() < 40 {
        return None;
    }
    let edges = Edges::of(picture);
    let lines = edges.lines();
    let mut all: Vec<(f32, [usize; 4], Quad)> = Vec::new();
    let pairs = parallels(&lines, width.min(height) * 0.18);
    for (i, first) in pairs.iter().enumerate() {
        for second in &pairs[i + 1..] {
            let across = lines[first.0].angle_to(&lines[second.0]);
            if (across - PI / 2.0).abs() > 0.5 {
                continue;
            }
            let around = [first.0, second.0, first.1, second.1];
            let Some(quad) = corners(&lines, around) else { continue };
            let Some(score) = score(&lines, around, &quad, (width, height), ratios) else { continue };
            all.push((score, around, quad));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.truncate(MAX_CANDIDATES);
    let places = edges.places();
    all.retain(|(_, around, quad)| {
        let own = around.map(|line| lines[line].frame);
        differs(picture, quad, own) && contains_enough_edges(quad, &places)
    });
    let (score, around, quad) = *all.first()?;
    // Two sides of a card, or two papers: edges do not show which one is the document.
    let beside = |other: &Quad| !contains(&quad, middle(other)) && !contains(other, middle(&quad));
    if all.iter().any(|(other, lines, place)| *other > score - 0.3 && beside(place) && lines != &around) {
        return None;
    }
    let cut = around.iter().any(|line| lines[*line].frame);
    let fitted: Vec<Line> =
        around.iter().zip(sides(&quad)).map(|(line, (from, to))| edges.fitted(&lines[*line], from, to)).collect();
    let quad = corners(&fitted, [0, 1, 2, 3]).filter(|fitted| near(fitted, &quad)).unwrap_or(quad);
    Some(Outline { quad: clockwise(quad), cut })
}

/// Whether the colours inside and outside of each side differ. A rule or frame on a page has paper on both sides.
fn differs(picture: &RgbImage, quad: &Quad, own: [bool; 4]) -> bool {
    const PLACES: usize = 24;
    const LEAST: i32 = 9;
    let at = |x: f32, y: f32| -> Option<[i32; 3]> {
        let inside = x >= 0.0 && y >= 0.0 && x < picture.width() as f32 && y < picture.height() as f32;
        inside.then(|| picture.get_pixel(x as u32, y as u32).0.map(i32::from))
    };
    let centre = middle(quad);
    sides(quad).iter().zip(own).filter(|(_, own)| !own).all(|((from, to), _)| {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1.0);
        let (mut nx, mut ny) = (dy / length, -dx / length);
        if (centre.0 - from.0) * nx + (centre.1 - from.1) * ny > 0.0 {
            (nx, ny) = (-nx, -ny);
        }
        let (mut seen, mut other) = (0, 0);
        for i in 0..PLACES {
            let t = 0.08 + 0.84 * i as f32 / (PLACES - 1) as f32;
            let (x, y) = (from.0 + dx * t, from.1 + dy * t);
            let pair = |d: f32| Some((at(x - nx * d, y - ny * d)?, at(x + nx * d, y + ny * d)?));
            let (Some(near), Some(far)) = (pair(4.0), pair(6.5)) else { continue };
            let step = (0..3).map(|c| (near.0[c] + far.0[c] - near.1[c] - far.1[c]).abs() / 2).max().unwrap_or(0);
            seen += 1;
            other += usize::from(step >= LEAST);
        }
        // A side at the border of the picture has nothing outside to compare with.
        seen * 3 >= PLACES && other * 10 >= seen * 6
    })
}

/// Whether the quadrilateral contains enough of all edges. A document contains most print, a portrait in a page little.
fn contains_enough_edges(quad: &Quad, places: &[Point]) -> bool {
    let inside = places.iter().filter(|place| contains(quad, **place)).count();
    inside * 100 >= places.len() * 38
}

fn middle(quad: &Quad) -> Point {
    let sum = quad.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    (sum.0 / 4.0, sum.1 / 4.0)
}

fn contains(quad: &Quad, (x, y): Point) -> bool {
    let sides = (0..4).map(|i| {
        let (a, b) = (quad[i], quad[(i + 1) % 4]);
        (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0) > 0.0
    });
    let left = sides.filter(|left| *left).count();
    left == 0 || left == 4
}

fn near(a: &Quad, b: &Quad) -> bool {
    a.iter().zip(b).all(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1) < 12.0)
}

fn sides(quad: &Quad) -> [(Point, Point); 4] {
    // Each corner is the intersection of a line and the next, so the side of line `i` runs from corner `i - 1` to
    // corner `i`.
    std::array::from_fn(|i| (quad[(i + 3) % 4], quad[i]))
}

/// The intersection of each line and the next.
fn corners(lines: &[Line], around: [usize; 4]) -> Option<Quad> {
    let mut quad = [(0.0, 0.0); 4];
    for (i, corner) in quad.iter_mut().enumerate() {
        let (a, b) = (&lines[around[i]], &lines[around[(i + 1) % 4]]);
        let det = a.cos * b.sin - b.cos * a.sin;
        if det.abs() < 0.2 {
            return None;
        }
        *corner = ((a.rho * b.sin - b.rho * a.sin) / det, (a.cos * b.rho - b.cos * a.rho) / det);
    }
    Some(quad)
}

/// Reorders clockwise, from the corner that is the upper left one if the page is rotated by less than an eighth of a
/// turn.
fn clockwise(mut quad: Quad) -> Quad {
    let area: f32 = (0..4).map(|i| quad[i].0 * quad[(i + 1) % 4].1 - quad[(i + 1) % 4].0 * quad[i].1).sum();
    if area < 0.0 {
        quad.reverse();
    }
    let level = |from: Point, to: Point| (to.0 - from.0) - (to.1 - from.1).abs();
    let start = (0..4).max_by(|a, b| level(quad[*a], quad[(a + 1) % 4]).total_cmp(&level(quad[*b], quad[(b + 1) % 4])));
    quad.rotate_left(start.unwrap_or(0));
    quad
}

/// Score of a quadrilateral as a document outline; `None` if it cannot be one.
fn score(
    lines: &[Line],
    around: [usize; 4],
    quad: &Quad,
    (width, height): (f32, f32),
    ratios: &[RangeInclusive<f32>],
) -> Option<f32> {
    let slack = width.max(height) * 0.02;
    let inside = |p: &Point| p.0 > -slack && p.1 > -slack && p.0 < width + slack && p.1 < height + slack;
    if !quad.iter().all(inside) {
        return None;
    }
    let frames = around.iter().filter(|line| lines[**line].frame).count();
    if frames > 1 {
        return None;
    }
    let area: f32 = (0..4).map(|i| quad[i].0 * quad[(i + 1) % 4].1 - quad[(i + 1) % 4].0 * quad[i].1).sum();
    let area = area.abs() / 2.0 / (width * height);
    if area < MIN_AREA {
        return None;
    }
    let lengths = sides(quad).map(|(from, to)| (from.0 - to.0).hypot(from.1 - to.1));
    let opposite = |a: f32, b: f32| a.max(b) / a.min(b).max(1.0);
    if opposite(lengths[0], lengths[2]) > 1.35 || opposite(lengths[1], lengths[3]) > 1.35 {
        return None;
    }
    let (a, b) = ((lengths[0] + lengths[2]) / 2.0, (lengths[1] + lengths[3]) / 2.0);
    if frames == 0 && !ratios.iter().any(|range| range.contains(&(a.max(b) / a.min(b)))) {
        return None;
    }
    let (mut sum, mut beyond) = (0.0, 0.0);
    for (line, (from, to)) in around.iter().zip(sides(quad)) {
        let line = &lines[*line];
        if line.frame {
            continue;
        }
        let support = line.support(from, to);
        if support < MIN_SIDE {
            return None;
        }
        sum += support;
        // An edge that continues beyond the corners belongs to a table, a plank or a stripe.
        let (dx, dy) = ((to.0 - from.0) * 0.25, (to.1 - from.1) * 0.25);
        // Corners are inexact and round.
        let gap = 0.16;
        for (near, far) in [
            ((from.0 - dx * gap, from.1 - dy * gap), (from.0 - dx, from.1 - dy)),
            ((to.0 + dx * gap, to.1 + dy * gap), (to.0 + dx, to.1 + dy)),
        ] {
            let room = |p: Point| p.0 > 2.0 && p.1 > 2.0 && p.0 < width - 3.0 && p.1 < height - 3.0;
            let half = ((near.0 + far.0) / 2.0, (near.1 + far.1) / 2.0);
            // Near the border of the picture the continuation is unknown.
            beyond += if room(far) {
                line.support(near, far)
            } else if room(half) {
                line.support(near, half)
            } else {
                0.4
            };
        }
    }
    let count = (4 - frames) as f32;
    let mean = sum / count;
    let beyond = beyond / (2.0 * count);
    let mean_needed = if frames == 0 { MIN_MEAN } else { 0.85 };
    (mean >= mean_needed && beyond < 0.42).then_some(mean + 0.5 * area - 0.8 * beyond - 0.4 * frames as f32)
}

/// Pairs of lines that may be opposite sides.
fn parallels(lines: &[Line], distance: f32) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (i, a) in lines.iter().enumerate() {
        for (j, b) in lines.iter().enumerate().skip(i + 1) {
            let same = a.cos * b.cos + a.sin * b.sin;
            let apart = if same > 0.0 { (a.rho - b.rho).abs() } else { (a.rho + b.rho).abs() };
            if a.angle_to(b) < 0.35 && apart > distance && !(a.frame && b.frame) {
                pairs.push((i, j));
            }
        }
    }
    pairs
}

impl Line {
    /// The angle between two lines, from 0 to a quarter turn.
    fn angle_to(&self, other: &Self) -> f32 {
        (self.cos * other.cos + self.sin * other.sin).abs().min(1.0).acos()
    }

    /// Position along the line of a point.
    fn along(&self, (x, y): Point) -> f32 {
        y * self.cos - x * self.sin
    }

    /// The fraction of the line between two points that is an edge.
    fn support(&self, from: Point, to: Point) -> f32 {
        let middle = (self.sums.len() / 2) as f32;
        let place = |p: Point| ((self.along(p) + middle).round().max(0.0) as usize).min(self.sums.len() - 1);
        let (a, b) = (place(from), place(to));
        let (a, b) = (a.min(b), a.max(b));
        if a == b { 0.0 } else { (self.sums[b] - self.sums[a]) as f32 / (b - a) as f32 }
    }
}

impl Edges {
    fn of(picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let raw = picture.as_raw();
        let at = |x: usize, y: usize, c: usize| f32::from(raw[(y * width + x) * 3 + c]);
        let mut change = vec![(0.0, 0.0); width * height];
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                // Uses the colour channel that changes most, because a blue cover and brown wood can have the same
                // grey.
                let mut most = (0.0_f32, 0.0_f32);
                for c in 0..3 {
                    let dx = at(x + 1, y - 1, c) + 2.0 * at(x + 1, y, c) + at(x + 1, y + 1, c)
                        - at(x - 1, y - 1, c)
                        - 2.0 * at(x - 1, y, c)
                        - at(x - 1, y + 1, c);
                    let dy = at(x - 1, y + 1, c) + 2.0 * at(x, y + 1, c) + at(x + 1, y + 1, c)
                        - at(x - 1, y - 1, c)
                        - 2.0 * at(x, y - 1, c)
                        - at(x + 1, y - 1, c);
                    if dx * dx + dy * dy > most.0 * most.0 + most.1 * most.1 {
                        most = (dx, dy);
                    }
                }
                change[y * width + x] = (most.0 / 4.0, most.1 / 4.0);
            }
        }
        let size = |i: usize| change[i].0.hypot(change[i].1);
        // On cloth and wood only edges stronger than the texture count.
        let mut sizes: Vec<u32> = (0..change.len()).step_by(7).map(|i| size(i) as u32).collect();
        sizes.sort_unstable();
        let ground = sizes.get(sizes.len() * 3 / 4).map_or(0.0, |size| *size as f32);
        let faintest = MIN_EDGE.max((ground * 1.2).min(40.0));
        let mut strength = vec![0.0; width * height];
        let mut direction = vec![(0.0, 0.0); width * height];
        for y in 2..height.saturating_sub(2) {
            for x in 2..width.saturating_sub(2) {
                let i = y * width + x;
                let s = size(i);
                if s < faintest {
                    continue;
                }
                let (dx, dy) = (change[i].0 / s, change[i].1 / s);
                let next = |sign: f32| {
                    let (nx, ny) = (x as f32 + dx * sign, y as f32 + dy * sign);
                    size(ny.round() as usize * width + nx.round() as usize)
                };
                if s >= next(1.0) && s > next(-1.0) {
                    strength[i] = s;
                    direction[i] = (dx, dy);
                }
            }
        }
        Self { width, height, strength, direction }
    }

    /// The positions of all edges.
    fn places(&self) -> Vec<Point> {
        let marked = self.strength.iter().enumerate().filter(|(_, strength)| **strength > 0.0);
        marked.map(|(i, _)| ((i % self.width) as f32, (i / self.width) as f32)).collect()
    }

    /// The strongest lines, and the borders of the picture.
    fn lines(&self) -> Vec<Line> {
        let diagonal = (self.width as f32).hypot(self.height as f32).ceil() as usize;
        let places = 2 * diagonal + 1;
        let mut votes = vec![0.0_f32; ANGLES * places];
        let table: Vec<(f32, f32)> =
            (0..ANGLES).map(|a| a as f32 * PI / ANGLES as f32).map(|a| (a.cos(), a.sin())).collect();
        for y in 0..self.height {
            for x in 0..self.width {
                let i = y * self.width + x;
                if self.strength[i] == 0.0 {
                    continue;
                }
                let (dx, dy) = self.direction[i];
                let angle = (dy.atan2(dx).rem_euclid(PI) / PI * ANGLES as f32).round() as usize;
                // Very strong edges are no more certain than clear ones.
                let vote = (self.strength[i] / 50.0).min(1.0) * 0.7 + 0.3;
                for near in angle + ANGLES - 3..=angle + ANGLES + 3 {
                    let (cos, sin) = table[near % ANGLES];
                    let rho = (x as f32 * cos + y as f32 * sin).round() as i64 + diagonal as i64;
                    if let Some(sum) = votes.get_mut(near % ANGLES * places + rho.max(0) as usize) {
                        *sum += vote;
                    }
                }
            }
        }
        let least = self.width.min(self.height) as f32 * 0.10;
        let mut peaks: Vec<(f32, usize, usize)> = Vec::new();
        for a in 0..ANGLES {
            for r in 0..places {
                // An edge is up to two pixels wide, and lines lie between the counted positions.
                let sum = votes[a * places + r] + votes.get(a * places + r + 1).copied().unwrap_or(0.0);
                if sum > least {
                    peaks.push((sum, a, r));
                }
            }
        }
        peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut lines: Vec<Line> = Vec::new();
        for (_, a, r) in peaks {
            let ((cos, sin), rho) = (table[a], r as f32 + 0.5 - diagonal as f32);
            let new = lines.iter().all(|line| {
                let same = line.cos * cos + line.sin * sin;
                let apart = if same > 0.0 { (line.rho - rho).abs() } else { (line.rho + rho).abs() };
                same.abs() < 0.9945 || apart > 5.0
            });
            if new {
                lines.push(self.line(cos, sin, rho));
            }
            if lines.len() == MAX_LINES {
                break;
            }
        }
        let (w, h) = (self.width as f32, self.height as f32);
        for (cos, sin, rho) in [(1.0, 0.0, 0.0), (1.0, 0.0, w), (0.0, 1.0, 0.0), (0.0, 1.0, h)] {
            lines.push(Line { cos, sin, rho, sums: vec![0; 2], frame: true });
        }
        lines
    }

    /// Makes a line and counts its edges.
    fn line(&self, cos: f32, sin: f32, rho: f32) -> Line {
        let half = (self.width as f32).hypot(self.height as f32).ceil() as i32;
        let mut sum = 0;
        let sums = (-half..=half)
            .map(|t| {
                let (x, y) = (rho * cos - t as f32 * sin, rho * sin + t as f32 * cos);
                sum += u32::from((-2..=2).any(|d| self.runs(x + d as f32 * cos, y + d as f32 * sin, cos, sin)));
                sum
            })
            .collect();
        Line { cos, sin, rho, sums, frame: false }
    }

    /// Whether an edge with that normal is at a point.
    fn runs(&self, x: f32, y: f32, cos: f32, sin: f32) -> bool {
        let (x, y) = (x.round(), y.round());
        if x < 0.0 || y < 0.0 || x >= self.width as f32 || y >= self.height as f32 {
            return false;
        }
        let i = y as usize * self.width + x as usize;
        self.strength[i] > 0.0 && (self.direction[i].0 * cos + self.direction[i].1 * sin).abs() > 0.94
    }

    /// Fits a line to the edges near it between two points.
    fn fitted(&self, line: &Line, from: Point, to: Point) -> Line {
        let same = || Line { sums: vec![0; 2], ..*line };
        if line.frame {
            return same();
        }
        let (a, b) = (line.along(from), line.along(to));
        let length = (b - a).abs();
        // Skips the ends, because corners are round and fingers hold them.
        let (a, b) = (a.min(b) + length * 0.05, a.max(b) - length * 0.05);
        let mut points = Vec::new();
        let mut t = a;
        while t < b {
            let (x, y) = (line.rho * line.cos - t * line.sin, line.rho * line.sin + t * line.cos);
            let offset = (-3_i32..=3)
                .filter(|d| self.runs(x + *d as f32 * line.cos, y + *d as f32 * line.sin, line.cos, line.sin));
            if let Some(offset) = offset.min_by_key(|d| d.abs()) {
                points.push((t, offset as f32));
            }
            t += 1.0;
        }
        let n = points.len() as f32;
        if n < 12.0 {
            return same();
        }
        let (mt, mo) = (points.iter().map(|p| p.0).sum::<f32>() / n, points.iter().map(|p| p.1).sum::<f32>() / n);
        let (cov, var) =
            points.iter().fold((0.0, 0.0), |(cov, var), (t, o)| (cov + (t - mt) * (o - mo), var + (t - mt) * (t - mt)));
        let slope = if var > 0.0 { cov / var } else { 0.0 };
        // Offset along the normal = mo + slope (t - mt): a small rotation and a shift.
        let turn = slope.atan();
        let (cos, sin) = (line.cos * turn.cos() + line.sin * turn.sin(), line.sin * turn.cos() - line.cos * turn.sin());
        let at =
            (line.rho * line.cos - mt * line.sin + mo * line.cos, line.rho * line.sin + mt * line.cos + mo * line.sin);
        Line { cos, sin, rho: at.0 * cos + at.1 * sin, sums: vec![0; 2], frame: false }
    }
}
