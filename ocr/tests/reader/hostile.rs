//! Hostile files. Each is refused with advice for the applicant, or read safely, within bounded memory and time and
//! without leaving temporary files.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::document::DocumentKind;
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use ocr::{MediaType, ReadError, Reader, ReaderConfig, media_type};
use specimens::{Bill, Person, Theme};

use crate::support::{TODAY, draw, encoded, heic, jpeg, pdf, reader};

/// Maximum peak memory of the reading process, in KiB. Forty megapixels in colour are 120 MB, and three times that if
/// they are decoded with eight bytes per pixel.
const MAX_MEMORY: u64 = 700 * 1024;
/// Twice the time limit of a reading, because other tests may keep all cores busy.
const MAX_TIME: Duration = Duration::from_secs(240);
/// The environment variable that names the file for the child process.
const FILE: &str = "ONBOARD_HOSTILE_FILE";

/// The result of reading a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Pages were produced.
    Read,
    /// The error has advice for the applicant.
    Refused,
}

async fn outcome(file: Vec<u8>) -> Result<Outcome, ReadError> {
    let limit = MAX_TIME / 2;
    let reader = Reader::new(ReaderConfig { timeout: limit, ..ReaderConfig::default() }).unwrap();
    let kind =
        if media_type(&file) == Some(MediaType::Pdf) { DocumentKind::ProofOfAddress } else { DocumentKind::Passport };
    let read = match reader.prepare(kind, file.into(), &|_| {}).await {
        Ok(document) if document.issue.is_none() => reader.read(&document, TODAY, &|_| {}).await.map(|_| ()),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    match read {
        Ok(()) => Ok(Outcome::Read),
        Err(error) if error.advice().is_some() => Ok(Outcome::Refused),
        Err(error) => Err(error),
    }
}

/// Not a test by itself: [`read_apart`] runs it in a child process.
#[tokio::test]
#[ignore = "run by the others, one process for each file"]
async fn one_file() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let outcome = outcome(std::fs::read(path).unwrap()).await.unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().to_owned();
    println!("\noutcome {outcome:?} {peak}");
}

/// Reads a file in a child process, to measure its memory.
fn read_apart(path: &Path) -> Outcome {
    let began = Instant::now();
    // The folder for temporary files, which must be empty afterwards.
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::one_file", "--ignored", "--nocapture"])
        .env(FILE, path)
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let (name, took) = (path.file_name().unwrap().to_string_lossy(), began.elapsed());
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    let Some(line) = said.lines().find_map(|line| line.strip_prefix("outcome ")) else {
        panic!("{name}: {}\n{said}\n{}", child.status, String::from_utf8_lossy(&child.stderr));
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let peak: u64 = words[1].parse().unwrap();
    println!("{name}: {} at most {} MB, {took:?}", words[0], peak / 1024);
    assert!(peak < MAX_MEMORY, "{name}: {peak} KiB");
    assert!(took < MAX_TIME, "{name}: {took:?}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{name} left {left:?}");
    if words[0] == "Read" { Outcome::Read } else { Outcome::Refused }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

/// Files that are readable despite their hostile content and must not be refused.
const READABLE: [&str; 14] = [
    "bomb-in-profile.png",
    "bomb.png",
    "bomb.tif",
    "embedded.pdf",
    "external.pdf",
    "huge-page.pdf",
    "javascript.pdf",
    "jpeg-and-pdf.jpg",
    "launch.pdf",
    "looping-exif.jpg",
    "lost-exif.jpg",
    "more-data-than-pixels.png",
    "pdf-and-zip.pdf",
    "png-and-page.png",
];

/// Files that tools may or may not convert in time. Both results are safe.
const EITHER: [&str; 7] = [
    "claims-forty-megapixels.jpg",
    "endless-page.pdf",
    "flate-bomb.pdf",
    "huge-image.pdf",
    "looping-form.pdf",
    "looping-pages.pdf",
    "nested.pdf",
];

/// All files of the folder except its README.
fn files() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "md"));
    paths.sort();
    assert!(paths.len() > 50, "{}", paths.len());
    paths
}

fn is_pdf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "pdf")
}

#[test]
fn every_hostile_pdf_is_refused_or_read_safely() {
    assert_safe(files().into_iter().filter(|path| is_pdf(path)));
}

#[test]
fn every_other_hostile_file_is_refused_or_read_safely() {
    assert_safe(files().into_iter().filter(|path| !is_pdf(path)));
}

fn assert_safe(paths: impl Iterator<Item = PathBuf>) {
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let expected = if READABLE.contains(&&*name) { Outcome::Read } else { Outcome::Refused };
        let outcome = read_apart(&path);
        if outcome != expected && !EITHER.contains(&&*name) {
            wrong.push((name, outcome));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn generated(name: &str, file: &[u8]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, file).unwrap();
    read_apart(&path)
}

#[test]
fn picture_just_below_the_pixel_limit_is_read_within_memory() {
    let picture = RgbImage::from_pixel(7000, 5700, image::Rgb([200, 190, 180]));
    for (name, format) in [("large.webp", ImageFormat::WebP), ("large.jpg", ImageFormat::Jpeg)] {
        assert_eq!(generated(name, &encoded(&picture, format)), Outcome::Read, "{name}");
    }
}

#[test]
fn photographs_of_up_to_200_megapixels_are_read_within_memory() {
    let grey = image::Luma([190]);
    for (name, picture) in [
        ("48.jpg", DynamicImage::ImageRgb8(RgbImage::from_pixel(8000, 6000, image::Rgb([200, 190, 180])))),
        ("108.jpg", DynamicImage::ImageLuma8(GrayImage::from_pixel(12_000, 9000, grey))),
        ("200.jpg", DynamicImage::ImageLuma8(GrayImage::from_pixel(16_320, 12_240, grey))),
    ] {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Jpeg).unwrap();
        drop(picture);
        assert_eq!(generated(name, &file.into_inner()), Outcome::Read, "{name}");
    }
}

#[test]
fn jpeg_that_claims_more_pixels_than_it_has_is_bounded() {
    let small = jpeg(&RgbImage::from_pixel(800, 600, image::Rgb([200; 3]))).to_vec();
    let frame = small.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    // Baseline and progressive: the second marks the frame only, as a hostile file can.
    for (marker, width, height) in
        [(0xc0, 16_000_u16, 12_600_u16), (0xc0, 60_000, 60_000), (0xc2, 10_000, 6600), (0xc2, 12_000, 9000)]
    {
        let mut file = small.clone();
        file[frame + 1] = marker;
        file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        // Read or refused, within the time and memory of all hostile files.
        generated("claims.jpg", &file);
    }
}

#[test]
fn ten_thousand_pages_are_read_no_further_than_the_first() {
    let count = 10_000;
    let kids: String = (0..count).map(|i| format!("{} 0 R ", i + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count {count} /Kids [{kids}] >>"),
    ];
    objects.extend((0..count).map(|_| "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned()));
    assert_eq!(generated("pages.pdf", &pdf(&objects, "")), Outcome::Read);
}

#[test]
fn heic_with_understated_size_is_bounded() {
    let mut file = heic(&RgbImage::from_pixel(1600, 1200, image::Rgb([200; 3])));
    let mut at = 0;
    while let Some(next) = file[at..].windows(4).position(|four| four == b"ispe") {
        at += next + 8;
        file[at..at + 8].copy_from_slice(&[0, 0, 0, 8, 0, 0, 0, 8]);
    }
    assert!(at > 0);
    generated("small.heic", &file);
}

#[tokio::test]
async fn truncated_files_are_refused_or_read() {
    // Too small to be read: this test is about opening files.
    let picture = image::imageops::thumbnail(&draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN), 300, 210);
    let files = [
        ("jpg", jpeg(&picture).to_vec()),
        ("png", encoded(&picture, ImageFormat::Png)),
        ("webp", encoded(&picture, ImageFormat::WebP)),
        ("tif", encoded(&picture, ImageFormat::Tiff)),
        ("heic", heic(&picture)),
        ("pdf", specimens::text_pdf(&Person::ingrid(), &Bill::issued(TODAY))),
    ];
    let reader = reader();
    for (name, file) in files {
        let whole = Bytes::from(file);
        assert!(reader.prepare(DocumentKind::Passport, whole.clone(), &|_| {}).await.is_ok(), "{name}");
        let last = whole.len() - 1;
        let places = [1, 4, 7, 11, 13, 40, last / 16, last / 8, last / 4, last / 2, last * 3 / 4, last * 9 / 10, last];
        for length in places {
            let cut = whole.slice(..length.min(last));
            if let Err(error) = reader.prepare(DocumentKind::Passport, cut, &|_| {}).await {
                assert!(matches!(error, ReadError::Malformed), "{name} of {length} bytes: {error}");
            }
        }
        // Every format must detect this truncation.
        let error = reader.prepare(DocumentKind::Passport, whole.slice(..13), &|_| {}).await.unwrap_err();
        assert!(matches!(error, ReadError::Malformed), "{name}: {error}");
    }
}
