//! Fixtures of the reader tests.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::api::ReadingStep;
use domain::document::{DocumentKind, FieldName};
use image::{DynamicImage, ImageFormat};
use jiff::civil::{Date, date};
use ocr::{Prepared, ReadError, Reader, ReaderConfig, Reading};
use specimens::{Bill, Person, RgbImage, Theme};

pub const TODAY: Date = date(2026, 11, 21);
pub const ISSUED: Date = date(2026, 11, 1);

/// The reader that all tests share, as all requests of a server do.
pub fn reader() -> Reader {
    static READER: LazyLock<Reader> = LazyLock::new(|| {
        // Other tests may keep all cores busy for long. The benchmark measures reading times.
        let limit = Duration::from_secs(300);
        Reader::new(ReaderConfig { timeout: limit, queue_timeout: limit, ..ReaderConfig::default() })
            .expect("tesseract-ocr, poppler-utils and fonts-ocr-b are installed")
    });
    READER.clone()
}

pub fn draw(kind: DocumentKind, person: &Person, theme: &Theme) -> RgbImage {
    match kind {
        DocumentKind::Passport => specimens::draw_passport(person, theme),
        DocumentKind::IdentityCard => specimens::draw_identity_card(person, theme),
        DocumentKind::DrivingLicence => specimens::draw_driving_licence(person, theme),
        DocumentKind::ProofOfAddress => specimens::draw_utility_bill(person, &Bill::issued(ISSUED), theme),
    }
    .unwrap()
}

pub fn jpeg(picture: &RgbImage) -> Bytes {
    specimens::jpeg(picture, 88).unwrap().into()
}

/// A picture as a file of a format that the `image` crate writes.
pub fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A picture as HEIC, the format of phones.
pub fn heic(picture: &RgbImage) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.png"), folder.path().join("out.heic"));
    picture.save(&from).unwrap();
    let made = Command::new("heif-enc").args(["-q", "80", "-o"]).arg(&to).arg(&from).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(to).unwrap()
}

/// Reads, and checks the invariants of every reading: order of steps, no empty values, confidences within bounds.
pub async fn read(reader: &Reader, kind: DocumentKind, file: Bytes) -> Result<Reading, ReadError> {
    let steps = Mutex::new(Vec::new());
    let progress = |step| steps.lock().unwrap().push(step);
    let reading = match reader.prepare(kind, file, &progress).await {
        Ok(Prepared { issue: Some(issue), .. }) => return Ok(Reading { fields: BTreeMap::new(), issue: Some(issue) }),
        Ok(document) => reader.read(&document, TODAY, &progress).await,
        Err(error) => Err(error),
    };
    let steps = steps.into_inner().unwrap();
    assert_eq!(steps.first(), Some(&ReadingStep::Queued));
    assert!(steps.is_sorted(), "{steps:?}");
    if let Ok(reading) = &reading {
        assert_eq!(steps.last(), Some(&ReadingStep::Comparing));
        for (name, field) in &reading.fields {
            assert!(!field.value.trim().is_empty(), "{name:?} is empty");
            assert!((0.0..=1.0).contains(&field.confidence), "{name:?}: {}", field.confidence);
            assert!(!field.confirmed && field.read_value.is_none());
        }
    }
    reading
}

pub fn value(reading: &Reading, name: FieldName) -> &str {
    reading.fields.get(&name).map_or("", |field| field.value.as_str())
}

/// A PDF of one page with these entries. The content writes in Helvetica as `/F1`.
pub fn page_pdf(entries: &str, content: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R {entries} /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>"),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    pdf(&objects, "")
}

/// A PDF of these objects, numbered from 1, the first its catalogue.
pub fn pdf(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut out = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(out.len());
        out += &format!("{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let table = out.len();
    out += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        out += &format!("{place:010} 00000 n \n");
    }
    out += &format!("trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    out.into_bytes()
}
