//! Finds candidate MRZ lines: long rows of connected components of similar size at even distances.

use crate::page::components::Component;

/// Minimum height of an outlier, as a multiple of the row's median height.
const OUTLIER_HEIGHT: f32 = 1.5;
/// Minimum distance of an outlier at an end, in characters.
const OUTLIER_DISTANCE: f32 = 2.4;

/// An evenly spaced row of components, with its fitted line and columns.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// `y = slope * x + rise`.
    pub slope: f32,
    rise: f32,
    /// `x` of a column: `a + b * column + c * column^2`, column 0 being the first component.
    columns: [f64; 3],
    /// The last column with a component.
    pub last: usize,
    /// Distance of two columns in the middle, in pixels.
    pub pitch: f32,
}

impl Row {
    /// Centre of a column; columns before the first are negative.
    pub fn at(&self, column: f32) -> (f32, f32) {
        let column = f64::from(column);
        let [a, b, c] = self.columns;
        let x = (a + b * column + c * column * column) as f32;
        (x, self.slope * x + self.rise)
    }

    /// Where the row is at an `x`.
    pub fn y_at(&self, x: f32) -> f32 {
        self.slope * x + self.rise
    }

    /// The column that is perpendicularly above or below a point of a row with the given slope.
    pub fn column_beside(&self, x: f32, y: f32, slope: f32) -> i32 {
        // Follows the perpendicular of that row to this row.
        let depth = self.y_at(x) - y;
        let target = f64::from(x - slope * depth);
        let [a, b, c] = self.columns;
        let mut column = (target - a) / b;
        for _ in 0..4 {
            let slope = b + 2.0 * c * column;
            if slope.abs() < 1e-6 {
                break;
            }
            column -= (a + b * column + c * column * column - target) / slope;
        }
        column.round().clamp(-1e6, 1e6) as i32
    }
}

/// A chain without outliers at its ends, such as other print or a textile pattern.
fn without_outliers<'a>(components: &[Component], chain: &'a [usize]) -> Option<&'a [usize]> {
    let middle = |mut values: Vec<f32>| {
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let height = middle(chain.iter().map(|i| components[*i].height()).collect())?;
    let pitch = middle(chain.windows(2).map(|two| components[two[1]].x() - components[two[0]].x()).collect())?;
    // Fillers are lower than letters, and no character is much higher.
    let alike = |at: usize| components[chain[at]].height() < height * OUTLIER_HEIGHT;
    let near = |a: usize, b: usize| (components[chain[b]].x() - components[chain[a]].x()) < pitch * OUTLIER_DISTANCE;
    let (mut first, mut last) = (0, chain.len() - 1);
    while first + 1 < last && !(alike(first) && near(first, first + 1)) {
        first += 1;
    }
    while first + 1 < last && !(alike(last) && near(last - 1, last)) {
        last -= 1;
    }
    Some(&chain[first..=last])
}

/// The chain as a row of evenly spaced columns, if it is one.
pub(super) fn row(components: &[Component], chain: &[usize]) -> Option<Row> {
    let centres: Vec<(f32, f32)> =
        without_outliers(components, chain)?.iter().map(|i| (components[*i].x(), components[*i].y())).collect();
    let mut steps: Vec<f32> = centres.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    steps.sort_by(f32::total_cmp);
    let pitch = *steps.get(steps.len() / 2)?;
    // Printed words have steps of all sizes. An MRZ has one.
    let even = steps.iter().filter(|step| ((**step / pitch) - (**step / pitch).round().max(1.0)).abs() < 0.3).count();
    if even * 10 < steps.len() * 8 {
        return None;
    }
    let mut column = 0;
    let mut places = vec![(0.0, f64::from(centres[0].0))];
    for pair in centres.windows(2) {
        column += (((pair[1].0 - pair[0].0) / pitch).round() as usize).max(1);
        places.push((column as f64, f64::from(pair[1].0)));
    }
    let columns = quadratic(&places)?;
    let (slope, rise) = line(&centres)?;
    let middle = column as f64 / 2.0;
    Some(Row { slope, rise, columns, last: column, pitch: (columns[1] + 2.0 * columns[2] * middle) as f32 })
}

/// Least-squares fit, repeated without outliers.
fn line(points: &[(f32, f32)]) -> Option<(f32, f32)> {
    let fit = |points: &[(f32, f32)]| {
        let n = points.len() as f32;
        let (mx, my) = (points.iter().map(|p| p.0).sum::<f32>() / n, points.iter().map(|p| p.1).sum::<f32>() / n);
        let var: f32 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
        let cov: f32 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
        (var > 0.0).then(|| (cov / var, my - cov / var * mx))
    };
    let (slope, rise) = fit(points)?;
    let mut errors: Vec<f32> = points.iter().map(|p| (p.1 - slope * p.0 - rise).abs()).collect();
    errors.sort_by(f32::total_cmp);
    let limit = (errors[errors.len() / 2] * 3.0).max(1.0);
    let near: Vec<_> = points.iter().copied().filter(|p| (p.1 - slope * p.0 - rise).abs() <= limit).collect();
    fit(&near)
}

/// Least-squares fit of `y = a + b x + c x^2`.
fn quadratic(points: &[(f64, f64)]) -> Option<[f64; 3]> {
    let mut m = [[0.0; 4]; 3];
    for (x, y) in points {
        let powers = [1.0, *x, x * x];
        for (row, p) in m.iter_mut().zip(powers) {
            for (cell, q) in row.iter_mut().zip(powers) {
                *cell += p * q;
            }
            row[3] += p * y;
        }
    }
    for i in 0..3 {
        let pivot = (i..3).max_by(|a, b| m[*a][i].abs().total_cmp(&m[*b][i].abs()))?;
        m.swap(i, pivot);
        if m[i][i].abs() < 1e-9 {
            return None;
        }
        let head = m[i];
        for (j, row) in m.iter_mut().enumerate() {
            if j != i {
                let factor = row[i] / head[i];
                row.iter_mut().zip(head).for_each(|(cell, h)| *cell -= factor * h);
            }
        }
    }
    Some([m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn component(x: u32, height: u32) -> Component {
        Component { left: x, top: 100 - height / 2, right: x + 10, bottom: 99 + height / 2 }
    }

    #[test]
    fn outliers_at_row_ends_are_removed() {
        let letters: Vec<Component> =
            (0..30).map(|i| component(200 + 20 * i, if i % 3 == 0 { 14 } else { 20 })).collect();
        let alone = row(&letters, &(0..30).collect::<Vec<_>>()).unwrap();
        let beside = [component(100, 40), component(145, 20)].into_iter().chain(letters).chain([component(805, 36)]);
        let joined = row(&beside.collect::<Vec<_>>(), &(0..33).collect::<Vec<_>>()).unwrap();
        assert_eq!((joined.last, joined.at(0.0).0.round()), (alone.last, 205.0));
        assert!((joined.pitch - 20.0).abs() < 0.01, "{}", joined.pitch);
    }
}
