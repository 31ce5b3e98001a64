//! What all tests of reading share.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use domain::api::ReadingStep;
use domain::document::{DocumentKind, FieldName};
use jiff::civil::{Date, date};
use ocr::{Prepared, ReadError, Reader, ReaderConfig, Reading};
use specimens::{Bill, Look, Person, RgbImage};

pub const TODAY: Date = date(2026, 11, 21);
pub const ISSUED: Date = date(2026, 11, 1);

pub fn reader() -> Reader {
    // Other tests may keep all cores busy for long; how long a reading takes is measured by the accuracy example.
    let limit = Duration::from_secs(300);
    Reader::new(ReaderConfig { limit, wait: limit, ..ReaderConfig::default() })
        .expect("tesseract-ocr, poppler-utils and fonts-ocr-b are installed")
}

pub fn draw(kind: DocumentKind, person: &Person, look: &Look) -> RgbImage {
    match kind {
        DocumentKind::Passport => specimens::draw_passport(person, look),
        DocumentKind::IdentityCard => specimens::draw_identity_card(person, look),
        DocumentKind::DrivingLicence => specimens::draw_driving_licence(person, look),
        DocumentKind::ProofOfAddress => specimens::draw_utility_bill(person, &Bill::issued(ISSUED), look),
    }
    .unwrap()
}

pub fn jpeg(picture: &RgbImage) -> Bytes {
    specimens::jpeg(picture, 88).unwrap().into()
}

/// Reads, and checks what holds for every reading: steps in their order, no empty values, confidences within bounds.
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
