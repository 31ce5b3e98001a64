//! Documents that can be read: every required field, exactly.

#![allow(clippy::unwrap_used)]

mod common;

use common::{ISSUED, draw, jpeg, read, reader, value};
use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName, FieldSource};
use image::imageops;
use jiff::civil::date;
use ocr::Reading;
use specimens::{Bill, Degrade, Look, Person};

fn viktor() -> Person {
    Person {
        given_names: "Viktor Oleg".into(),
        family_name: "Zarenko-Holm".into(),
        date_of_birth: date(1971, 8, 12),
        sex: 'M',
        document_number: "G0Q8B5S2Z".into(),
        ..Person::ingrid()
    }
}

fn assert_person(reading: &Reading, person: &Person, note: &str) {
    let expected = [
        (FieldName::GivenNames, person.given_names.clone()),
        (FieldName::FamilyName, person.family_name.clone()),
        (FieldName::DateOfBirth, person.date_of_birth.to_string()),
        (FieldName::DocumentNumber, person.document_number.clone()),
        (FieldName::ExpiryDate, person.expiry_date.to_string()),
    ];
    for (name, expected) in expected {
        assert_eq!(value(reading, name), expected, "{note}: {name:?}");
    }
}

fn assert_bill(reading: &Reading, person: &Person, note: &str) {
    let address = format!("{}, {} {}, {}", person.line1, person.postal_code, person.city, person.country);
    assert_eq!(value(reading, FieldName::FullName), person.full_name(), "{note}");
    assert_eq!(value(reading, FieldName::Address), address, "{note}");
    assert_eq!(value(reading, FieldName::IssueDate), ISSUED.to_string(), "{note}");
    assert_eq!(value(reading, FieldName::Issuer), "Nordlys Energi AS", "{note}");
}

#[tokio::test]
async fn passports_are_read_clean_scanned_and_photographed() {
    let reader = reader();
    for (person, first) in [(Person::ingrid(), 0), (viktor(), 10)] {
        for (degrade, seeds) in [(Degrade::None, 0..1), (Degrade::Light, 0..1), (Degrade::Phone, first..first + 2)] {
            for seed in seeds {
                let note = format!("{degrade:?} {seed}");
                let picture = draw(DocumentKind::Passport, &person, &Look::new(degrade, seed));
                let reading = read(&reader, DocumentKind::Passport, jpeg(&picture)).await.unwrap();
                assert_eq!(value(&reading, FieldName::Mrz), person.passport_mrz(), "{note}");
                assert_person(&reading, &person, &note);
                assert_eq!(value(&reading, FieldName::Nationality), "NOR", "{note}");
                assert_eq!(value(&reading, FieldName::IssuingCountry), "NOR", "{note}");
                assert_eq!(value(&reading, FieldName::DocumentType), "P", "{note}");
                assert_eq!(value(&reading, FieldName::Sex), person.sex.to_string(), "{note}");
                // What a check digit proves is nobody's to confirm.
                for name in [FieldName::DateOfBirth, FieldName::DocumentNumber, FieldName::ExpiryDate] {
                    let field = &reading.fields[&name];
                    assert_eq!(field.source, FieldSource::Mrz);
                    assert!(field.confidence >= 0.9, "{note}: {name:?} {}", field.confidence);
                }
            }
        }
    }
}

#[tokio::test]
async fn identity_cards_are_read_clean_and_photographed() {
    let (reader, person) = (reader(), viktor());
    for (degrade, seeds) in [(Degrade::None, 0..1), (Degrade::Phone, 0..2)] {
        for seed in seeds {
            let note = format!("{degrade:?} {seed}");
            let picture = draw(DocumentKind::IdentityCard, &person, &Look::new(degrade, seed));
            let reading = read(&reader, DocumentKind::IdentityCard, jpeg(&picture)).await.unwrap();
            assert_eq!(value(&reading, FieldName::Mrz), person.card_mrz(), "{note}");
            assert_eq!(value(&reading, FieldName::Address), "Storgata 14, 0184 Oslo", "{note}");
            assert_person(&reading, &person, &note);
        }
    }
}

#[tokio::test]
async fn driving_licences_are_read_by_their_numbers() {
    let (reader, person) = (reader(), Person::ingrid());
    for (degrade, seed) in [(Degrade::None, 0), (Degrade::Light, 1), (Degrade::Phone, 2)] {
        let note = format!("{degrade:?} {seed}");
        let picture = draw(DocumentKind::DrivingLicence, &person, &Look::new(degrade, seed));
        let reading = read(&reader, DocumentKind::DrivingLicence, jpeg(&picture)).await.unwrap();
        assert_person(&reading, &person, &note);
        assert_eq!(value(&reading, FieldName::IssueDate), person.issue_date.to_string(), "{note}");
        assert!(reading.fields.values().all(|field| field.source == FieldSource::PrintedZone));
    }
}

#[tokio::test]
async fn bills_are_read_from_pictures() {
    let (reader, person) = (reader(), Person::ingrid());
    for (degrade, seed) in [(Degrade::None, 0), (Degrade::Light, 1), (Degrade::Phone, 2)] {
        let picture = draw(DocumentKind::ProofOfAddress, &person, &Look::new(degrade, seed));
        let reading = read(&reader, DocumentKind::ProofOfAddress, jpeg(&picture)).await.unwrap();
        assert_bill(&reading, &person, &format!("{degrade:?} {seed}"));
    }
}

#[tokio::test]
async fn bills_are_read_from_a_pdfs_text_with_its_accents() {
    let person = Person { given_names: "Søren Åge".into(), line1: "Østre gate 7B".into(), ..Person::ingrid() };
    let file = specimens::text_pdf(&person, &Bill::issued(ISSUED));
    let reading = read(&reader(), DocumentKind::ProofOfAddress, file.into()).await.unwrap();
    assert_bill(&reading, &person, "text layer");
    for field in reading.fields.values() {
        assert_eq!(field.source, FieldSource::TextLayer);
        assert!(field.confidence >= DOUBTFUL_BELOW);
    }
}

#[tokio::test]
async fn pdfs_without_text_are_read_as_pictures() {
    let (reader, person) = (reader(), Person::ingrid());
    let bill = draw(DocumentKind::ProofOfAddress, &person, &Look::new(Degrade::Light, 5));
    let file = specimens::image_pdf(&bill).unwrap();
    let reading = read(&reader, DocumentKind::ProofOfAddress, file.into()).await.unwrap();
    assert_bill(&reading, &person, "picture of a bill");
    assert!(reading.fields.values().all(|field| field.source == FieldSource::PrintedZone));
}

#[tokio::test]
async fn pictures_may_lie_on_any_side() {
    let (reader, person) = (reader(), Person::ingrid());
    let passport = draw(DocumentKind::Passport, &person, &Look::new(Degrade::Phone, 4));
    for turned in [imageops::rotate90(&passport), imageops::rotate180(&passport), imageops::rotate270(&passport)] {
        let reading = read(&reader, DocumentKind::Passport, jpeg(&turned)).await.unwrap();
        assert_eq!(value(&reading, FieldName::Mrz), person.passport_mrz());
        assert_person(&reading, &person, "turned");
    }
    let bill = draw(DocumentKind::ProofOfAddress, &person, &Look::new(Degrade::Light, 4));
    let reading = read(&reader, DocumentKind::ProofOfAddress, jpeg(&imageops::rotate270(&bill))).await.unwrap();
    assert_bill(&reading, &person, "turned");
}

#[tokio::test]
async fn a_printed_name_that_is_not_the_zones_is_doubtful() {
    let person = Person::ingrid();
    let mut picture = draw(DocumentKind::Passport, &person, &Look::CLEAN);
    let other = draw(DocumentKind::Passport, &Person { family_name: "Zarenko".into(), ..person.clone() }, &Look::CLEAN);
    // The printed part of one passport above the zone of another.
    let printed = imageops::crop_imm(&other, 0, 0, other.width(), other.height() * 7 / 10).to_image();
    imageops::replace(&mut picture, &printed, 0, 0);
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&picture)).await.unwrap();
    let name = &reading.fields[&FieldName::FamilyName];
    // The page's, beside the zone: whoever judges the document sees both.
    assert_eq!((name.value.as_str(), name.source), ("Zarenko", FieldSource::PrintedZone));
    assert!(name.confidence < DOUBTFUL_BELOW);
    assert_eq!(value(&reading, FieldName::Mrz), person.passport_mrz());
    assert!(reading.fields[&FieldName::GivenNames].confidence >= DOUBTFUL_BELOW);
}

#[tokio::test]
async fn readings_at_once_do_not_disturb_each_other() {
    let reader = reader();
    let people = [Person::ingrid(), viktor()];
    let [first, second] = people.each_ref().map(|person| jpeg(&draw(DocumentKind::Passport, person, &Look::CLEAN)));
    let (first, second) =
        tokio::join!(read(&reader, DocumentKind::Passport, first), read(&reader, DocumentKind::Passport, second));
    assert_person(&first.unwrap(), &people[0], "first");
    assert_person(&second.unwrap(), &people[1], "second");
}
