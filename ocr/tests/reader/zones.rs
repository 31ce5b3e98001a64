//! Zones in other fonts of even pitch than OCR-B: what is read is right, or doubtful.

use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName};
use image::imageops;
use specimens::{CaptureQuality, Person, RgbImage, Theme, ZoneFont};

use crate::support::{jpeg, read, reader};

/// A person whose number has the characters that fonts draw most differently.
fn confusable() -> Person {
    Person { document_number: "T1I7170OZ".into(), optional_data: "1T7I0O8".into(), ..Person::ingrid() }
}

/// The fields that are wrong, though the applicant is not asked.
async fn wrong_and_sure(picture: &RgbImage, person: &Person) -> Vec<(FieldName, String, f64)> {
    let reading = read(&reader(), DocumentKind::Passport, jpeg(picture)).await.unwrap();
    let truth = [
        (FieldName::GivenNames, person.given_names.clone()),
        (FieldName::FamilyName, person.family_name.clone()),
        (FieldName::DateOfBirth, person.date_of_birth.to_string()),
        (FieldName::DocumentNumber, person.document_number.clone()),
        (FieldName::ExpiryDate, person.expiry_date.to_string()),
        (FieldName::Nationality, person.nationality.clone()),
        (FieldName::PersonalNumber, person.optional_data.clone()),
    ];
    let mut wrong = Vec::new();
    for (name, value) in truth {
        if let Some(field) = reading.fields.get(&name)
            // Without a zone names keep the capitals of the page.
            && field.value.to_uppercase() != value.to_uppercase()
            && field.confidence >= DOUBTFUL_BELOW
        {
            wrong.push((name, field.value.clone(), field.confidence));
        }
    }
    wrong
}

#[tokio::test]
async fn zone_in_another_font_is_right_or_doubtful() {
    let person = confusable();
    let mut wrong = Vec::new();
    for font in ZoneFont::ALL {
        for (quality, seed) in [(CaptureQuality::None, 0), (CaptureQuality::Light, 1), (CaptureQuality::Phone, 2)] {
            let picture = specimens::draw_passport_in(&person, &Theme::new(quality, seed), font).unwrap();
            wrong.extend(wrong_and_sure(&picture, &person).await.into_iter().map(|found| (font, quality, found)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn zone_in_another_font_without_print_is_right_or_doubtful() {
    let person = confusable();
    let mut wrong = Vec::new();
    for font in ZoneFont::ALL {
        for quality in [CaptureQuality::None, CaptureQuality::Light] {
            let mut picture = specimens::draw_passport_in(&person, &Theme::new(quality, 1), font).unwrap();
            let cover = RgbImage::from_pixel(picture.width(), picture.height() * 7 / 10, image::Rgb([246, 243, 240]));
            imageops::replace(&mut picture, &cover, 0, 0);
            wrong.extend(wrong_and_sure(&picture, &person).await.into_iter().map(|found| (font, quality, found)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
