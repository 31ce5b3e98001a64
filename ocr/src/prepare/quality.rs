//! Picture quality. Before reading, only unusable pictures are refused, so that no applicant must repeat a readable
//! one. Other defects are reported after too little was read.

use domain::document::{DocumentKind, PictureIssue};
use image::{GrayImage, RgbImage, imageops};

use crate::page::{PageText, plain};

/// Measurements of a picture before it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    kind: DocumentKind,
    /// Grey of the paper: nearly no pixel of the page is brighter.
    light: u8,
    /// Difference between paper and ink or table: 19 of 20 pixels are brighter than the latter.
    range: u8,
    /// Steepest steps between neighbouring pixels, as a fraction of the range of grey.
    sharpness: f32,
    /// Fraction of the page that a reflection hides.
    glare: f32,
    /// Pixels of the picture's longer side.
    picture: u32,
    /// Pixels of the document's longer side, an estimate without outline.
    document: u32,
    /// Whether its outline was found.
    outlined: bool,
    /// Whether the document extends beyond the picture.
    cut: bool,
    /// Whether the page has something that looks like print.
    pub print: bool,
    /// Whether the print belongs to a side without the holder's data.
    pub other_side: bool,
}

/// The document's position in its picture, by outline detection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Framing {
    pub outlined: bool,
    pub cut: bool,
    /// The document's longer side as a fraction of the picture's. Without outline, that of the area with strong edges.
    pub part: f32,
}

impl Quality {
    /// Measures a page that was cropped from a picture with `picture` pixels on its longer side.
    pub fn of(kind: DocumentKind, page: &GrayImage, picture: u32, framing: Framing) -> Self {
        let longer_side = page.width().max(page.height());
        // The picture is reduced, so that averaged noise does not count as sharpness.
        let small = shrunk(page, (900.0 / longer_side as f32).min(1.0));
        let mut levels: Vec<u8> = small.pixels().map(|p| p.0[0]).collect();
        levels.sort_unstable();
        // A small document on a dark table does not make the picture too dark.
        let brightest = if framing.outlined { 950 } else { 995 };
        let (light, dark) = (levels[levels.len() * brightest / 1000], levels[levels.len() / 20]);
        let mut steps: Vec<u8> = small
            .rows()
            .flat_map(|row| {
                let row: Vec<u8> = row.map(|p| p.0[0]).collect();
                row.windows(2).map(|two| two[0].abs_diff(two[1])).collect::<Vec<_>>()
            })
            .collect();
        steps.sort_unstable();
        // The steepest steps are those of print. A page with few words has few of them.
        let step = steps.get(steps.len() * 998 / 1000).copied().unwrap_or(0);
        let range = light.saturating_sub(dark);
        Self {
            kind,
            light,
            range,
            sharpness: f32::from(step) / f32::from(range).max(12.0),
            glare: glare(&small),
            picture,
            document: (picture as f32 * framing.part) as u32,
            outlined: framing.outlined,
            cut: framing.cut,
            print: true,
            other_side: false,
        }
    }

    /// The defect that makes reading hopeless, if there is one.
    pub fn blocking_issue(&self) -> Option<PictureIssue> {
        // A line of an MRZ has up to 44 characters, a line of a letter twice as many.
        let least = if self.kind == DocumentKind::ProofOfAddress { 500 } else { 360 };
        if self.picture < least || self.outlined && self.document < least / 2 {
            Some(PictureIssue::TooSmall)
        } else if self.light < 30 {
            Some(PictureIssue::TooDark)
        } else if self.sharpness < 0.10 {
            Some(if self.range < 40 && !self.outlined { PictureIssue::NoDocument } else { PictureIssue::Blurred })
        } else {
            None
        }
    }

    /// The defect to report after too little was read; `text` says whether there was any text.
    pub fn diagnose(&self, text: bool) -> PictureIssue {
        let small = if self.kind == DocumentKind::ProofOfAddress { 900 } else { 600 };
        match self.blocking_issue() {
            Some(reason) => reason,
            None if !text && self.document < small / 2 => PictureIssue::TooSmall,
            None if self.light < 70 => PictureIssue::TooDark,
            None if self.glare > 0.06 => PictureIssue::Glare,
            None if self.other_side => PictureIssue::WrongSide,
            None if self.cut && (text || self.print) => PictureIssue::CutOff,
            None if text => PictureIssue::OtherDocument,
            None if self.document < small => PictureIssue::TooSmall,
            None if !self.print && !self.outlined => PictureIssue::NoDocument,
            // If the document was found, even a small reflection may hide its data.
            None if self.outlined && self.glare > 0.015 => PictureIssue::Glare,
            None if self.outlined && self.print || self.sharpness < 0.25 => PictureIssue::Blurred,
            None => PictureIssue::NoDocument,
        }
    }
}

fn shrunk(picture: &GrayImage, scale: f32) -> GrayImage {
    let side = |n: u32| ((n as f32 * scale).round() as u32).max(2);
    imageops::thumbnail(picture, side(picture.width()), side(picture.height()))
}

/// The fraction of a page that a reflection hides: areas of maximum brightness without print on darker paper.
fn glare(page: &GrayImage) -> f32 {
    const BLOWN: u8 = 251;
    let small = shrunk(page, 160.0 / page.width().max(page.height()) as f32);
    let mut levels: Vec<u8> = small.pixels().map(|p| p.0[0]).collect();
    levels.sort_unstable();
    // On paper that is white everywhere, no reflection is detectable.
    if levels[levels.len() / 2] > 238 {
        return 0.0;
    }
    let level = |x: u32, y: u32| small.get_pixel(x, y).0[0];
    let (width, height) = small.dimensions();
    let mut blown = 0;
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            // All neighbours must be overexposed as well, which white paper between lines of print is not.
            let around = (y - 1..=y + 1).all(|y| (x - 1..=x + 1).all(|x| level(x, y) >= BLOWN));
            blown += u32::from(around);
        }
    }
    blown as f32 / (width * height) as f32
}

/// The fraction of a small picture's longer side that contains nearly all strong edges; 1 without enough of them.
pub(crate) fn extent_of_edges(picture: &RgbImage) -> f32 {
    let grey = super::perspective::grey(picture);
    let (width, height) = grey.dimensions();
    let step = |x: u32, y: u32| {
        let at = |x: u32, y: u32| i32::from(grey.get_pixel(x, y).0[0]);
        (at(x + 2, y) - at(x, y)).abs().max((at(x, y + 2) - at(x, y)).abs())
    };
    let mut steps = Vec::new();
    for y in 0..height.saturating_sub(2) {
        for x in 0..width.saturating_sub(2) {
            steps.push((step(x, y), x, y));
        }
    }
    let most = steps.iter().map(|step| step.0).max().unwrap_or(0);
    let (mut xs, mut ys): (Vec<u32>, Vec<u32>) =
        steps.iter().filter(|step| step.0 * 2 > most).map(|(_, x, y)| (*x, *y)).unzip();
    if most < 30 || xs.len() < 40 {
        return 1.0;
    }
    xs.sort_unstable();
    ys.sort_unstable();
    let span = |places: &[u32]| places[places.len() * 98 / 100] - places[places.len() * 2 / 100];
    span(&xs).max(span(&ys)) as f32 / width.max(height) as f32
}

/// Whether the words belong to a side without the holder's data: a cover, a visa, the back of a card, general terms.
pub(crate) fn other_side(kind: DocumentKind, pages: &[PageText]) -> bool {
    let words = pages.iter().flat_map(|page| &page.words).filter(|word| word.confidence > 0.4);
    let text: Vec<String> = words.map(|word| plain(&word.text)).filter(|text| !text.is_empty()).collect();
    let all = format!(" {} ", text.join(" "));
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| all.contains(&format!(" {phrase} ")));
    match kind {
        DocumentKind::Passport => {
            let cover =
                ["passport", "passeport", "pasaporte", "passaporto", "reisepass", "pass", "paspoort", "passaporte"];
            // OCR reads single letters in background texture.
            let is_word = |text: &&String| text.chars().count() >= 3 && text.chars().all(char::is_alphabetic);
            let few = text.iter().filter(is_word).count() < 8;
            says(&["visa", "visas", "vize", "visum", "sichtvermerke"]) || says(&cover) && few
        }
        DocumentKind::IdentityCard | DocumentKind::DrivingLicence => {
            let notices = ["property of", "if found", "please return", "police station", "remains the property"];
            // Annex I of Directive 2006/126/EC: the categories are listed on the back, one below the other.
            let categories = ["am", "a1", "a2", "b1", "c1", "d1", "be", "c1e", "ce", "d1e", "de"];
            let listed = categories.iter().filter(|category| text.iter().any(|word| word == *category)).count();
            says(&notices) || kind == DocumentKind::DrivingLicence && listed >= 6
        }
        DocumentKind::ProofOfAddress => says(&["terms and conditions", "general terms", "conditions generales"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Word;

    fn page(text: &str) -> Vec<PageText> {
        let word =
            |text: &str| Word { text: text.to_owned(), confidence: 0.9, left: 0.0, top: 0.0, right: 9.0, bottom: 9.0 };
        vec![PageText { words: text.split(' ').map(word).collect(), width: 100.0, height: 100.0 }]
    }

    #[test]
    fn sides_without_holder_data_are_recognised_by_words() {
        use DocumentKind::{DrivingLicence, IdentityCard, Passport, ProofOfAddress};
        for (kind, text, other) in [
            (Passport, "SPECIMEN PASSPORT", true),
            (Passport, "x y z SPECIMEN ai a N g 3 a O a za PASSPORT y 4 a j r d aa", true),
            (Passport, "PASSPORT P NOR BRANDVOLD ANNA 1 JAN 2030 OSLO F 12 MAR 1987 NORWEGIAN X Y", false),
            (Passport, "VISAS", true),
            (IdentityCard, "If found, please hand it in at any police station.", true),
            (IdentityCard, "IDENTITY CARD Brandvold Anna 12.03.1987", false),
            (DrivingLicence, "9. 10. 11. 12. AM A1 A2 A B1 B C1 C D1 D BE", true),
            (DrivingLicence, "1. Brandvold 2. Anna 9. AM B BE", false),
            (ProofOfAddress, "General terms and conditions", true),
            (ProofOfAddress, "Invoice Anna Brandvold Storgata 14 0184 Oslo", false),
        ] {
            assert_eq!(other_side(kind, &page(text)), other, "{text}");
        }
    }

    #[test]
    fn reflection_is_distinguished_from_white_paper() {
        let paper = GrayImage::from_fn(400, 300, |x, _| image::Luma([if x % 7 == 0 { 90 } else { 205 }]));
        assert!(glare(&paper) < 0.01);
        let white = GrayImage::from_pixel(400, 300, image::Luma([255]));
        assert!(glare(&white) < 0.01);
        let mut hit = paper;
        for (x, y, pixel) in hit.enumerate_pixels_mut() {
            let light = 400.0 - (x as f32 - 150.0).hypot(y as f32 - 150.0) * 2.0;
            pixel.0[0] = f32::from(pixel.0[0]).max(light).min(255.0) as u8;
        }
        assert!(glare(&hit) > 0.1, "{}", glare(&hit));
    }
}
