//! Local contrast normalisation. Reflections make characters pale, and edges of shadows cross them.

/// Radius of the neighbourhood in canonical pixels, less than a character.
const REACH: usize = 8;
/// Ink below this fraction of the median contrast is not amplified further, because it would be noise.
const MIN_CONTRAST: f32 = 0.1;

/// Normalises a strip of `width` pixels a line: paper becomes 0, ink negative and about equally dark everywhere.
pub(super) fn apply(pixels: &[f32], width: usize) -> Vec<f32> {
    let paper = mean(&most(pixels, width), width);
    let ink: Vec<f32> = pixels.iter().zip(&paper).map(|(pixel, paper)| paper - pixel).collect();
    let depth = mean(&most(&ink, width), width);
    let mut all = depth.clone();
    all.sort_by(f32::total_cmp);
    let usual = all.get(all.len() / 2).copied().unwrap_or(1.0).max(1.0);
    ink.iter().zip(&depth).map(|(ink, depth)| -ink * usual / depth.max(usual * MIN_CONTRAST)).collect()
}

fn most(pixels: &[f32], width: usize) -> Vec<f32> {
    around(pixels, width, |near| near.fold(0.0, f32::max))
}

fn mean(pixels: &[f32], width: usize) -> Vec<f32> {
    around(pixels, width, |near| {
        let (count, sum) = near.fold((0.0, 0.0), |(count, sum), pixel| (count + 1.0, sum + pixel));
        sum / f32::max(count, 1.0)
    })
}

/// Applies a separable filter: over the neighbours in the line, then in the column.
fn around(pixels: &[f32], width: usize, of: impl Fn(&mut dyn Iterator<Item = f32>) -> f32) -> Vec<f32> {
    let height = pixels.len() / width;
    let near = |at: usize, end: usize| at.saturating_sub(REACH)..(at + REACH + 1).min(end);
    let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let lines: Vec<f32> = places().map(|(x, y)| of(&mut near(x, width).map(|x| pixels[y * width + x]))).collect();
    places().map(|(x, y)| of(&mut near(y, height).map(|y| lines[y * width + x]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars of ink on paper. A reflection removes nine tenths of the contrast at one end, a shadow half of the light at
    /// the other.
    #[test]
    fn contrast_is_even_under_reflection_and_shadow() {
        let (width, height) = (600, 40);
        let bar = |x: usize| x % 10 < 3;
        let light = |x: usize| if x > 400 { 0.5 } else { 1.0 };
        let veil = |x: usize| (1.0 - x as f32 / 100.0).clamp(0.0, 0.9);
        let pixel = |x: usize| (if bar(x) { 40.0 } else { 200.0 }) * light(x) * (1.0 - veil(x)) + 255.0 * veil(x);
        let pixels: Vec<f32> = (0..width * height).map(|at| pixel(at % width)).collect();
        let even = apply(&pixels, width);
        let line = &even[width * height / 2..][..width];
        let inked: Vec<f32> = (0..width).filter(|x| x % 10 == 1).map(|x| -line[x]).collect();
        // The edge of the shadow itself remains.
        let bare = (0..width).filter(|x| x % 10 == 6 && x.abs_diff(400) > REACH);
        let bare: Vec<f32> = bare.map(|x| -line[x]).collect();
        let (palest, darkest) =
            (inked.iter().copied().fold(f32::MAX, f32::min), inked.iter().copied().fold(0.0, f32::max));
        assert!(palest > darkest * 0.5, "{palest} {darkest}");
        assert!(bare.iter().all(|ink| *ink < palest * 0.5), "{bare:?}");
    }
}
