//! Dates of which the zone shows a part only: no century, no expiry.

use domain::date::NO_EXPIRY;
use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName};
use image::imageops;
use jiff::civil::date;
use specimens::{Person, RgbImage, Theme};

use crate::support::{draw, jpeg, read, reader, value};

fn old() -> Person {
    Person { date_of_birth: date(1924, 3, 14), ..Person::ingrid() }
}

#[tokio::test]
async fn birth_year_of_two_digits_is_in_the_century_of_the_print() {
    let person = old();
    let picture = draw(DocumentKind::Passport, &person, &Theme::CLEAN);
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&picture)).await.unwrap();
    assert!(person.passport_mrz().contains("240314"));
    let born = &reading.fields[&FieldName::DateOfBirth];
    assert_eq!(born.value, "1924-03-14");
    assert!(born.confidence >= 0.9, "{born:?}");
}

#[tokio::test]
async fn guessed_century_is_doubtful() {
    // A child's passport, issued in 2026, so that the date of issue excludes no century. The print above is covered.
    let mut picture = draw(DocumentKind::Passport, &old(), &Theme::CLEAN);
    let cover = RgbImage::from_pixel(picture.width(), picture.height() * 7 / 10, image::Rgb([246, 243, 240]));
    imageops::replace(&mut picture, &cover, 0, 0);
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&picture)).await.unwrap();
    let born = &reading.fields[&FieldName::DateOfBirth];
    assert_eq!(born.value, "2024-03-14");
    assert!(born.confidence < DOUBTFUL_BELOW, "{born:?}");
    assert!(reading.fields[&FieldName::DocumentNumber].confidence >= DOUBTFUL_BELOW);
}

#[tokio::test]
async fn document_without_expiry_is_read_as_such() {
    let person = Person { date_of_birth: date(1941, 3, 14), expiry_date: NO_EXPIRY, ..Person::ingrid() };
    for kind in [DocumentKind::IdentityCard, DocumentKind::Passport] {
        let reading = read(&reader(), kind, jpeg(&draw(kind, &person, &Theme::CLEAN))).await.unwrap();
        assert_eq!(value(&reading, FieldName::ExpiryDate), "9999-12-31", "{kind:?}");
        assert!(reading.fields[&FieldName::ExpiryDate].confidence >= 0.9, "{kind:?}");
    }
}
