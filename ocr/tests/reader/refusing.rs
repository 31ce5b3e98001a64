//! Files that cannot be read are refused soon, with a reason and advice for the applicant.

use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::document::{DocumentKind, FieldName, PictureIssue};
use image::{Rgb, RgbImage};
use ocr::{MediaType, ReadError, Reader, ReaderConfig, media_type};
use specimens::{Bill, CaptureQuality, Person, Theme};

use crate::support::{TODAY, draw, jpeg, pdf, read, reader};

// Generous, because other tests may keep all cores busy. The reader's own limit is five minutes.
const SOON: Duration = Duration::from_secs(120);

async fn refusal(kind: DocumentKind, file: impl Into<Bytes>) -> ReadError {
    let start = Instant::now();
    let error = read(&reader(), kind, file.into()).await.unwrap_err();
    assert!(start.elapsed() < SOON, "{error} after {:?}", start.elapsed());
    let advice = error.advice().unwrap();
    assert!(advice.contains("Please"), "{advice}");
    error
}

async fn reason(kind: DocumentKind, picture: &RgbImage) -> PictureIssue {
    issue_of(kind, jpeg(picture)).await
}

/// The issue of a picture, which must have advice for the applicant.
async fn issue_of(kind: DocumentKind, file: Bytes) -> PictureIssue {
    let reading = read(&reader(), kind, file).await.unwrap();
    let Some(issue) = reading.issue else { panic!("no issue, fields: {:?}", reading.fields) };
    assert!(issue.advice(kind).contains("lease"), "{issue:?}");
    issue
}

#[tokio::test]
async fn unusable_pictures_are_refused_with_their_defect() {
    let person = Person::ingrid();
    for (kind, degrade, expected) in [
        (DocumentKind::Passport, CaptureQuality::Unreadable, PictureIssue::Blurred),
        (DocumentKind::ProofOfAddress, CaptureQuality::Unreadable, PictureIssue::Blurred),
        (DocumentKind::IdentityCard, CaptureQuality::Dark, PictureIssue::TooDark),
        (DocumentKind::DrivingLicence, CaptureQuality::Dark, PictureIssue::TooDark),
    ] {
        assert_eq!(reason(kind, &draw(kind, &person, &Theme::new(degrade, 1))).await, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn tiny_picture_is_refused_as_too_small() {
    let passport = draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN);
    let tiny = image::imageops::thumbnail(&passport, 320, 225);
    assert_eq!(reason(DocumentKind::Passport, &tiny).await, PictureIssue::TooSmall);
}

#[tokio::test]
async fn wrong_document_is_distinguished_from_no_document() {
    let bill = draw(DocumentKind::ProofOfAddress, &Person::ingrid(), &Theme::CLEAN);
    assert_eq!(reason(DocumentKind::DrivingLicence, &bill).await, PictureIssue::OtherDocument);
    // Sharp edges, but no text.
    let board =
        RgbImage::from_fn(1200, 900, |x, y| if (x / 40 + y / 40) % 2 == 0 { Rgb([230; 3]) } else { Rgb([40; 3]) });
    assert_eq!(reason(DocumentKind::Passport, &board).await, PictureIssue::NoDocument);
}

#[tokio::test]
async fn texture_without_text_is_no_document() {
    // Blocks of the size of letters, randomly dark or light.
    let gravel = RgbImage::from_fn(2000, 1500, |x, y| {
        let mut hash = (x / 8).wrapping_mul(0x9e37_79b1) ^ (y / 8).wrapping_mul(0x85eb_ca77);
        hash ^= hash >> 15;
        hash = hash.wrapping_mul(0x2c1b_3c6d);
        Rgb([if (hash >> 16) % 3 == 0 { 60 } else { 200 }; 3])
    });
    assert_eq!(reason(DocumentKind::IdentityCard, &gravel).await, PictureIssue::NoDocument);
}

#[tokio::test]
async fn empty_foreign_and_truncated_files_are_malformed() {
    let whole = jpeg(&draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN));
    let png = specimens::png(&RgbImage::new(600, 600)).unwrap();
    let pdf = specimens::text_pdf(&Person::ingrid(), &Bill::issued(TODAY));
    let files: [(&str, Bytes); 8] = [
        ("empty", Bytes::new()),
        ("text", Bytes::from_static(b"Dear all, please find my passport attached.")),
        ("a JPEG's first bytes", whole.slice(..3)),
        ("a JPEG's header", whole.slice(..200)),
        ("half a PNG", Bytes::copy_from_slice(&png[..png.len() / 2])),
        ("half a PDF", Bytes::copy_from_slice(&pdf[..pdf.len() / 3])),
        ("a PDF's header", Bytes::from_static(b"%PDF-1.7\n")),
        ("a web page", Bytes::from_static(b"<html><script>alert(1)</script></html>")),
    ];
    for (what, file) in files {
        let error = refusal(DocumentKind::ProofOfAddress, file).await;
        assert!(matches!(error, ReadError::Malformed), "{what}: {error}");
    }
}

#[tokio::test]
async fn damaged_picture_never_panics() {
    let whole = jpeg(&draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN));
    let reader = reader();
    for part in [2, 3, 5] {
        let mut damaged = whole.to_vec();
        let at = damaged.len() / part;
        damaged[at..at + 64].fill(0xff);
        match read(&reader, DocumentKind::Passport, damaged.into()).await {
            // The rest may be enough for a reading, which must then be right.
            Ok(reading) => {
                let number = reading.fields.get(&FieldName::DocumentNumber).filter(|field| field.confidence > 0.9);
                assert!(number.is_none_or(|field| field.value == Person::ingrid().document_number));
            }
            Err(error) => assert!(matches!(error, ReadError::Malformed), "{error}"),
        }
    }
}

/// The checksum of PNG (ISO 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}

#[tokio::test]
async fn oversized_pictures_are_refused_by_their_header() {
    let mut png = specimens::png(&RgbImage::new(8, 8)).unwrap();
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let sum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());

    let mut jpeg = specimens::jpeg(&RgbImage::new(8, 8), 80).unwrap();
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);

    for file in [png, jpeg] {
        let error = refusal(DocumentKind::Passport, file).await;
        assert!(matches!(error, ReadError::TooLarge { pixels: 3_600_000_000, .. }), "{error}");
    }
}

#[tokio::test]
async fn encrypted_pdfs_are_refused() {
    // No password fits these keys, not even the empty one.
    let key = "00".repeat(32);
    let locked = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned(),
        format!("<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>"),
    ];
    let error =
        refusal(DocumentKind::ProofOfAddress, pdf(&locked, &format!("/Encrypt 4 0 R /ID [<{key}> <{key}>]"))).await;
    assert!(matches!(error, ReadError::Encrypted), "{error}");

    let empty = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned(),
    ];
    let issue = issue_of(DocumentKind::ProofOfAddress, pdf(&empty, "").into()).await;
    assert_ne!(issue, PictureIssue::OtherDocument);
}

#[tokio::test]
async fn reading_fails_after_its_timeout() {
    let file = jpeg(&draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN));
    let reader = Reader::new(ReaderConfig { timeout: Duration::from_millis(5), ..ReaderConfig::default() }).unwrap();
    let error = reader.prepare(DocumentKind::Passport, file, &|_| {}).await.unwrap_err();
    assert!(matches!(error, ReadError::Timeout), "{error}");
    assert!(error.advice().is_some());
}

#[tokio::test]
async fn reading_fails_as_busy_after_the_queue_timeout() {
    let file = jpeg(&draw(DocumentKind::Passport, &Person::ingrid(), &Theme::CLEAN));
    let config = ReaderConfig { max_concurrent: 1, queue_timeout: Duration::from_millis(1), ..ReaderConfig::default() };
    let reader = Reader::new(config).unwrap();
    let one = || reader.prepare(DocumentKind::Passport, file.clone(), &|_| {});
    let (first, second) = tokio::join!(one(), one());
    assert!(first.is_ok());
    let error = second.unwrap_err();
    assert!(matches!(error, ReadError::Busy), "{error}");
    // Another file would not help, so there is no advice.
    assert!(error.advice().is_none());
}

#[test]
fn missing_language_error_names_its_package() {
    let error = Reader::new(ReaderConfig { languages: vec!["tlh".into()], ..ReaderConfig::default() }).unwrap_err();
    assert!(error.to_string().contains("tesseract-ocr-tlh"), "{error}");
}

#[test]
fn media_type_is_detected_by_content() {
    assert_eq!(media_type(b"\xff\xd8\xff\xe0"), Some(MediaType::Jpeg));
    assert_eq!(media_type(b"\x89PNG\r\n\x1a\n"), Some(MediaType::Png));
    assert_eq!(media_type(b"\n%PDF-1.7"), Some(MediaType::Pdf));
    assert_eq!(media_type(b"RIFF....WEBPVP8 "), Some(MediaType::WebP));
    for tiff in [b"II*\0", b"MM\0*"] {
        assert_eq!(media_type(tiff), Some(MediaType::Tiff));
    }
    for heic in [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"] {
        assert_eq!(media_type(heic), Some(MediaType::Heic));
    }
    // Includes the same container with another codec, and a brand that is only the version of another.
    let others = [
        &b""[..],
        b"GIF89a",
        b"BM....",
        b"RIFF....WAVE",
        b"%PD",
        b"\xff\xd8",
        b"<svg/>",
        b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
        b"\0\0\0\x14ftypmif1heicmif1",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    ];
    for other in others {
        assert_eq!(media_type(other), None, "{}", other.escape_ascii());
    }
}
