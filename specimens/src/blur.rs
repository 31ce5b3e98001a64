//! Defocus: a Gaussian blur that is fast enough for pictures of twelve megapixels.

use image::{RgbImage, imageops};

/// Blurs with a standard deviation in pixels.
pub(crate) fn blur(picture: &RgbImage, sigma: f32) -> RgbImage {
    // A strong blur is computed on a reduced picture, without visible loss.
    let coarse = (sigma / 3.0) as u32;
    if coarse >= 2 {
        let (width, height) = picture.dimensions();
        let small = imageops::thumbnail(picture, (width / coarse).max(1), (height / coarse).max(1));
        let small = blur(&small, sigma / coarse as f32);
        return imageops::resize(&small, width, height, imageops::FilterType::Triangle);
    }
    let radius = (sigma * 3.0).ceil().max(1.0) as usize;
    let mut kernel: Vec<f32> =
        (0..=2 * radius).map(|i| (-0.5 * ((i as f32 - radius as f32) / sigma).powi(2)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);

    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let row = width * 3;
    let source = picture.as_raw();
    // Horizontally, with the border pixels repeated.
    let mut across = vec![0.0_f32; row * height];
    let mut padded = vec![0.0_f32; row + 6 * radius];
    for (line, out) in source.chunks_exact(row).zip(across.chunks_exact_mut(row)) {
        for (i, value) in padded.iter_mut().enumerate() {
            let pixel = (i / 3).saturating_sub(radius).min(width - 1);
            *value = f32::from(line[pixel * 3 + i % 3]);
        }
        for (j, k) in kernel.iter().enumerate() {
            let shifted = &padded[3 * j..3 * j + row];
            out.iter_mut().zip(shifted).for_each(|(out, value)| *out += value * k);
        }
    }
    // Vertically, a whole row at a time.
    let mut down = vec![0_u8; row * height];
    let mut sums = vec![0.0_f32; row];
    for (y, out) in down.chunks_exact_mut(row).enumerate() {
        sums.fill(0.5);
        for (j, k) in kernel.iter().enumerate() {
            let y = (y + j).saturating_sub(radius).min(height - 1);
            let line = &across[y * row..(y + 1) * row];
            sums.iter_mut().zip(line).for_each(|(sum, value)| *sum += value * k);
        }
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = *sum as u8);
    }
    // The buffer has three bytes per pixel by construction.
    RgbImage::from_raw(picture.width(), picture.height(), down).unwrap_or_else(|| picture.clone())
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn blur_keeps_flat_colour_and_spreads_an_edge() {
        let flat = RgbImage::from_pixel(40, 30, Rgb([10, 120, 250]));
        assert!(blur(&flat, 1.7) == flat);
        let edge = RgbImage::from_fn(60, 20, |x, _| Rgb([if x < 30 { 0 } else { 200 }; 3]));
        for sigma in [1.0, 8.0] {
            let soft = blur(&edge, sigma);
            let at = |x: u32| i32::from(soft.get_pixel(x, 10).0[0]);
            assert!((at(30) - 100).abs() < 45 && at(30) > at(28), "sigma {sigma}: {}", at(30));
            assert!(at(0) < 12 && at(59) > 188, "sigma {sigma}: {} {}", at(0), at(59));
        }
    }
}
