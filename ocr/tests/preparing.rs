//! From files to upright pages, whatever the format.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Cursor;
use std::process::Command;

use bytes::Bytes;
use common::{draw, jpeg, reader};
use domain::document::DocumentKind;
use image::{DynamicImage, ImageFormat, RgbImage, imageops};
use ocr::{MediaType, Prepared, media_type};
use specimens::{Degrade, Look, Person};

async fn prepare(kind: DocumentKind, file: impl Into<Bytes>) -> Prepared {
    reader().prepare(kind, file.into(), &|_| {}).await.unwrap()
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// As a phone would write it.
fn heic(picture: &RgbImage) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.png"), folder.path().join("out.heic"));
    picture.save(&from).unwrap();
    let made = Command::new("heif-enc").args(["-q", "80", "-o"]).arg(&to).arg(&from).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(to).unwrap()
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
    let picture = draw(DocumentKind::Passport, &Person::ingrid(), &Look::CLEAN);
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
async fn pages_come_upright_whichever_way_they_were_taken() {
    for kind in DocumentKind::ALL {
        let upright = draw(kind, &Person::ingrid(), &Look::new(Degrade::Light, 2));
        for turned in [
            upright.clone(),
            imageops::rotate90(&upright),
            imageops::rotate180(&upright),
            imageops::rotate270(&upright),
        ] {
            let shown = shown(&prepare(kind, jpeg(&turned)).await);
            assert_eq!(shown.width() > shown.height(), upright.width() > upright.height(), "{kind:?}");
            assert!(difference(&shown, &upright) < 6.0, "{kind:?}: {}", difference(&shown, &upright));
        }
    }
}
