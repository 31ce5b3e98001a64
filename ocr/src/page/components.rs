//! Connected components of the size of characters, and chains of them that may be lines of text.

use image::{GrayImage, Luma};
use imageproc::contrast::adaptive_threshold;
use imageproc::region_labelling::{Connectivity, connected_components};

/// Maximum number of components. A page of small print has some four thousand; more are texture such as gravel or
/// cloth.
const MAX_COMPONENTS: usize = 15_000;

/// The bounding box of a connected component of dark pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Component {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

impl Component {
    pub fn x(&self) -> f32 {
        (self.left + self.right) as f32 / 2.0
    }

    pub fn y(&self) -> f32 {
        (self.top + self.bottom) as f32 / 2.0
    }

    pub fn height(&self) -> f32 {
        (self.bottom - self.top + 1) as f32
    }
}

/// Connected components of the height of characters, from left to right. `strictness` is the adaptive threshold as a
/// fraction of the picture's contrast.
pub(crate) fn components(grey: &GrayImage, strictness: f32) -> Vec<Component> {
    let radius = (grey.width().max(grey.height()) / 90).max(8);
    let ink = adaptive_threshold(grey, radius, (contrast(grey) * strictness).max(4.0) as i32);
    let labels = connected_components(&ink, Connectivity::Eight, Luma([255]));
    let mut boxes: Vec<Option<Component>> = Vec::new();
    for (x, y, label) in labels.enumerate_pixels() {
        let label = label.0[0] as usize;
        if label == 0 {
            continue;
        }
        if boxes.len() <= label {
            boxes.resize(label + 1, None);
        }
        let component = boxes[label].get_or_insert(Component { left: x, top: y, right: x, bottom: y });
        component.left = component.left.min(x);
        component.right = component.right.max(x);
        component.bottom = y;
    }
    let tallest = grey.height() as f32 / 12.0;
    let mut components: Vec<Component> = boxes
        .into_iter()
        .flatten()
        .filter(|component| {
            let (width, height) = ((component.right - component.left + 1) as f32, component.height());
            height >= 7.0 && height <= tallest && width <= height * 1.7 && width >= 2.0
        })
        .collect();
    if components.len() > MAX_COMPONENTS {
        return Vec::new();
    }
    components.sort_by(|a, b| a.x().total_cmp(&b.x()));
    components
}

/// The range of grey between nearly the darkest and nearly the lightest pixels.
fn contrast(grey: &GrayImage) -> f32 {
    let mut counts = [0_u32; 256];
    grey.pixels().for_each(|p| counts[usize::from(p.0[0])] += 1);
    let total = grey.width() * grey.height();
    let level = |part: f32| {
        let mut sum = 0;
        counts.iter().position(|n| {
            sum += n;
            sum as f32 >= total as f32 * part
        })
    };
    level(0.95).unwrap_or(255) as f32 - level(0.02).unwrap_or(0) as f32
}

/// Chains of components that follow each other closely on a nearly level line. Each has the indices from left to right.
pub(crate) fn chains(components: &[Component], shortest: usize) -> Vec<Vec<usize>> {
    let mut used = vec![false; components.len()];
    let mut chains = Vec::new();
    for seed in 0..components.len() {
        if used[seed] {
            continue;
        }
        let chain = follow(components, seed, &used);
        if chain.len() >= shortest {
            chain.iter().for_each(|i| used[*i] = true);
            chains.push(chain);
        }
    }
    chains
}

fn follow(components: &[Component], seed: usize, used: &[bool]) -> Vec<usize> {
    let mut chain = vec![seed];
    let mut height = components[seed].height();
    loop {
        let last = chain[chain.len() - 1];
        let from = components[last];
        // The slope so far, once the chain is long enough to have one.
        let slope = (chain.len() >= 5).then(|| {
            let back = components[chain[chain.len().saturating_sub(12)]];
            (from.y() - back.y()) / (from.x() - back.x()).max(1.0)
        });
        let next =
            (last + 1..components.len()).take_while(|i| components[*i].x() - from.x() < height * 2.6).find(|i| {
                let to = components[*i];
                let (dx, dy) = (to.x() - from.x(), to.y() - from.y());
                let ratio = to.height() / height;
                let level = match slope {
                    Some(slope) => (dy - slope * dx).abs() < height * 0.4,
                    None => dy.abs() < dx * 0.35 + height * 0.2,
                };
                !used[*i] && dx > height * 0.3 && (0.5..=1.7).contains(&ratio) && level
            });
        let Some(next) = next else { return chain };
        // The height grows to that of the capitals, because fillers are lower.
        height = if chain.len() < 4 {
            height.max(components[next].height())
        } else {
            height * 0.9 + components[next].height().max(height * 0.9) * 0.1
        };
        chain.push(next);
    }
}
