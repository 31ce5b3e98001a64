//! Prepared documents of Ingrid Brandvold.

use bytes::Bytes;
use domain::document::DocumentKind;
use jiff::civil::{Date, date};
use ocr::{Prepared, Reader, ReaderConfig};
use specimens::{Bill, Person, Theme};
use tokio::sync::OnceCell;

pub const TODAY: Date = date(2026, 11, 21);

pub fn reader() -> Reader {
    Reader::new(ReaderConfig::default()).expect("tesseract-ocr, poppler-utils and fonts-ocr-b are installed")
}

/// A clean scan. It is drawn only once.
pub async fn document(kind: DocumentKind) -> Prepared {
    static DRAWN: [OnceCell<Prepared>; 4] = [const { OnceCell::const_new() }; 4];
    DRAWN[kind as usize].get_or_init(|| draw(kind)).await.clone()
}

async fn draw(kind: DocumentKind) -> Prepared {
    let (person, theme) = (Person::ingrid(), Theme::CLEAN);
    let picture = match kind {
        DocumentKind::Passport => specimens::draw_passport(&person, &theme),
        DocumentKind::IdentityCard => specimens::draw_identity_card(&person, &theme),
        DocumentKind::DrivingLicence => specimens::draw_driving_licence(&person, &theme),
        DocumentKind::ProofOfAddress => specimens::draw_utility_bill(&person, &Bill::issued(date(2026, 11, 1)), &theme),
    };
    let file: Bytes = specimens::jpeg(&picture.unwrap(), 90).unwrap().into();
    reader().prepare(kind, file, &|_| ()).await.unwrap()
}

/// A picture without a document.
pub async fn without_document(kind: DocumentKind) -> Prepared {
    let picture = specimens::RgbImage::from_fn(1400, 1000, |x, y| {
        // A table top: bright enough, and with some structure.
        let grain = ((x / 7 + y / 3) % 9) as u8 * 4;
        [180 + grain, 150 + grain, 120 + grain].into()
    });
    let file: Bytes = specimens::jpeg(&picture, 90).unwrap().into();
    reader().prepare(kind, file, &|_| ()).await.unwrap()
}
