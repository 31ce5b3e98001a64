//! Preparation: files of every format become upright pages.

use bytes::Bytes;
use domain::document::DocumentKind;
use image::{ImageFormat, RgbImage, imageops};
use ocr::{MediaType, Prepared, media_type};
use specimens::{CaptureQuality, Degradation, Paper, Person, Specimen, Theme};

use crate::support::{TODAY, draw, encoded, heic, jpeg, page_pdf, reader};

async fn prepare(kind: DocumentKind, file: impl Into<Bytes>) -> Prepared {
    reader().prepare(kind, file.into(), &|_| {}).await.unwrap()
}

fn shown(document: &Prepared) -> RgbImage {
    image::load_from_memory_with_format(&document.pages[0].jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
}

/// Mean difference of two pictures of any sizes, from 0 to 255.
fn difference(a: &RgbImage, b: &RgbImage) -> f32 {
    let small = |picture: &RgbImage| imageops::thumbnail(picture, 60, 60);
    let (a, b) = (small(a), small(b));
    let sum: u32 = a.iter().zip(b.iter()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    sum as f32 / a.len() as f32
}

#[tokio::test]
async fn every_format_gives_the_same_page_in_colour() {
    let picture = draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN);
    let files = [
        (MediaType::Jpeg, jpeg(&picture).to_vec()),
        (MediaType::Png, encoded(&picture, ImageFormat::Png)),
        (MediaType::WebP, encoded(&picture, ImageFormat::WebP)),
        (MediaType::Tiff, encoded(&picture, ImageFormat::Tiff)),
        (MediaType::Heic, heic(&picture)),
        (MediaType::Pdf, specimens::image_pdf(&picture).unwrap()),
    ];
    for (media, file) in files {
        assert_eq!(media_type(&file), Some(media));
        let document = prepare(DocumentKind::Passport, file).await;
        assert_eq!((document.media, document.pages.len(), document.issue), (media, 1, None));
        let shown = shown(&document);
        assert!(difference(&shown, &picture) < 4.0, "{media:?}: {}", difference(&shown, &picture));
        let coloured = shown.pixels().filter(|p| p.0.iter().max().unwrap() - p.0.iter().min().unwrap() > 12).count();
        assert!(coloured * 50 > shown.pixels().len(), "{media:?} lost its colour");
    }
}

#[tokio::test]
async fn pages_are_rotated_upright_from_any_orientation() {
    for kind in DocumentKind::ALL {
        let clean = draw(kind, &Person::ingrid(), &Theme::CLEAN);
        let others = [imageops::rotate90(&clean), imageops::rotate180(&clean), imageops::rotate270(&clean)];
        let taken = draw(kind, &Person::ingrid(), &Theme::new(CaptureQuality::Light, 2));
        for turned in [imageops::rotate90(&taken), imageops::rotate180(&taken), imageops::rotate270(&taken)] {
            let shown = shown(&prepare(kind, jpeg(&turned)).await);
            assert_eq!(shown.width() > shown.height(), clean.width() > clean.height(), "{kind:?}");
            let upright = difference(&shown, &clean);
            assert!(others.iter().all(|other| difference(&shown, other) > upright), "{kind:?}: {upright}");
        }
    }
}

#[tokio::test]
async fn documents_are_cropped_or_kept_whole() {
    let (mut cut, mut all, mut wrong) = (0, 0, Vec::new());
    for paper in [Paper::Passport, Paper::LicenceEu, Paper::UtilityBill] {
        for degradation in [Degradation::Background, Degradation::Perspective, Degradation::Turn] {
            let specimen = Specimen::invent(paper, 2, TODAY).unwrap();
            let file = degradation.jpeg(&specimen, 0.8, 2).unwrap();
            let taken = image::load_from_memory(&file).unwrap().into_rgb8();
            let shown = shown(&prepare(paper.kind(), file).await);
            all += 1;
            if difference(&shown, &specimen.picture) < 20.0 {
                cut += 1;
            } else if difference(&shown, &taken) > 8.0 {
                // The page is neither the document nor the whole picture, so a part may be lost.
                wrong.push((paper, degradation, difference(&shown, &specimen.picture)));
            }
        }
    }
    println!("{cut} of {all} cut out, wrong: {wrong:?}");
    assert!(wrong.len() * 9 <= all && cut * 2 > all, "{cut} of {all} cut out, wrong: {wrong:?}");
}

#[tokio::test]
async fn page_that_fills_its_picture_is_kept_whole() {
    for paper in Paper::ALL {
        let specimen = Specimen::invent(paper, 6, TODAY).unwrap();
        let shown = shown(&prepare(paper.kind(), Degradation::Clean.jpeg(&specimen, 0.0, 6).unwrap()).await);
        assert!(difference(&shown, &specimen.picture) < 5.0, "{paper:?}: {}", difference(&shown, &specimen.picture));
    }
}

#[tokio::test]
async fn metadata_is_removed_from_pages() {
    let picture = draw(DocumentKind::DrivingLicence, &Person::ingrid(), &Theme::CLEAN);
    let mut file = jpeg(&picture).to_vec();
    // A camera's Exif with a wrong orientation and a GPS position.
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS 59.9139 N";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    file.splice(2..2, [&[0xff, 0xe1][..], &length, exif].concat());
    let document = prepare(DocumentKind::DrivingLicence, file).await;
    let seen = |text: &[u8]| document.pages[0].jpeg.windows(text.len()).any(|part| part == text);
    assert!(!seen(b"Exif") && !seen(b"GPS"));
    // The print decides the orientation if Exif is wrong.
    assert!(difference(&shown(&document), &picture) < 6.0);
}

#[tokio::test]
async fn each_picture_of_a_tiff_is_a_page() {
    let (front, back) =
        (RgbImage::from_pixel(700, 500, image::Rgb([200; 3])), RgbImage::from_pixel(640, 480, image::Rgb([90; 3])));
    let mut file = encoded(&front, ImageFormat::Tiff);
    let second = encoded(&back, ImageFormat::Tiff);
    let number = |bytes: &[u8], at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    assert!(file.starts_with(b"II*\0"));
    // The directory of the second file, with shifted offsets, follows that of the first.
    let (moved, directory) = (u32::try_from(file.len()).unwrap(), number(&second, 4) as usize);
    let mut appended = second.clone();
    let count = usize::from(u16::from_le_bytes(*second[directory..].first_chunk().unwrap()));
    for entry in (0..count).map(|i| directory + 2 + 12 * i) {
        let (tag, kind) = (u16::from_le_bytes(*second[entry..].first_chunk().unwrap()), second[entry + 2]);
        let bytes = number(&second, entry + 4)
            * match kind {
                3 => 2,
                4 => 4,
                5 => 8,
                _ => 1,
            };
        if bytes > 4 || tag == 273 {
            let offset = number(&second, entry + 8) + moved;
            appended[entry + 8..entry + 12].copy_from_slice(&offset.to_le_bytes());
            if tag == 273 && bytes > 4 {
                for at in (0..number(&second, entry + 4) as usize).map(|i| number(&second, entry + 8) as usize + 4 * i)
                {
                    let strip = number(&second, at) + moved;
                    appended[at..at + 4].copy_from_slice(&strip.to_le_bytes());
                }
            }
        }
    }
    let own = number(&file, 4) as usize;
    let end = own + 2 + 12 * usize::from(u16::from_le_bytes(*file[own..].first_chunk().unwrap()));
    let next = moved + u32::try_from(directory).unwrap();
    file[end..end + 4].copy_from_slice(&next.to_le_bytes());
    file.extend(appended);
    let document = prepare(DocumentKind::Passport, file).await;
    let sizes: Vec<(u32, u32)> = document
        .pages
        .iter()
        .map(|page| image::load_from_memory(&page.jpeg).unwrap())
        .map(|page| (page.width(), page.height()))
        .collect();
    assert_eq!(sizes, [(700, 500), (640, 480)]);
}

#[tokio::test]
async fn pdf_words_match_their_position_on_the_picture() {
    // A page that is turned to be read, a page of which only a part is shown, and a plain page.
    for (note, page) in [("turned", "/Rotate 90"), ("cropped", "/CropBox [40 300 555 800]"), ("plain", "")] {
        let lines =
            ["Ingrid Brandvold", "Storgata 14", "0184 Oslo", "Invoice date: 1 November 2026", "Nordlys Energi AS"];
        // From the upper left corner of the page as it is shown.
        let content: String = (0_u16..)
            .zip(lines)
            .map(|(i, line)| {
                let (x, y) = (60, 140 + 28 * i);
                let matrix =
                    if note == "turned" { format!("0 1 -1 0 {y} {x}") } else { format!("1 0 0 1 {x} {}", 842 - y) };
                format!("BT /F1 20 Tf {matrix} Tm ({line}) Tj ET ")
            })
            .collect();
        let file = page_pdf(&format!("/MediaBox [0 0 595 842] {page}"), &content);
        let document = prepare(DocumentKind::ProofOfAddress, file).await;
        let picture = shown(&document);
        let text = &document.text.as_ref().unwrap()[0];
        assert!((text.width / text.height - picture.width() as f32 / picture.height() as f32).abs() < 0.01, "{note}");
        for word in &text.words {
            let place = |v: f32, of: f32, pixels: u32| ((v / of * pixels as f32) as u32).min(pixels - 1);
            let (left, right) =
                (place(word.left, text.width, picture.width()), place(word.right, text.width, picture.width()));
            let (top, bottom) =
                (place(word.top, text.height, picture.height()), place(word.bottom, text.height, picture.height()));
            let ink = (left..=right).flat_map(|x| (top..=bottom).map(move |y| (x, y)));
            assert!(
                ink.into_iter().any(|(x, y)| picture.get_pixel(x, y).0[0] < 100),
                "{note}: {} has no ink",
                word.text
            );
        }
    }
}
