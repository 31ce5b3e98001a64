//! Readings: every provider returns the same fields.

use domain::document::{Agreement, DocumentKind, FieldName, FieldSource, PictureIssue, Provider};
use extraction::{Custom, Extractor as _};
use ocr::Reading;

use crate::documents::{self, TODAY, document, reader};
use crate::services::{Service, Step};

crate::of_every_service![
    passport,
    identity_card,
    driving_licence,
    proof_of_address,
    no_document,
    other_document,
    empty_value_is_left_out,
    readings_of_zone_and_page_are_both_kept,
    values_have_regions,
];

/// Checks the values, and the invariants of every reading.
fn expect(reading: &Reading, provider: Provider, values: &[(FieldName, &str)]) {
    assert_eq!(reading.issue, None);
    for (name, value) in values {
        let read = reading.fields.get(name).map(|field| field.value.as_str());
        assert_eq!(read, Some(*value), "{name:?} of {:?}", reading.fields);
    }
    for (name, field) in &reading.fields {
        assert_eq!(field.provider, provider, "{name:?}");
        assert!(!field.value.trim().is_empty(), "{name:?}");
        assert!((0.0..=1.0).contains(&field.confidence), "{name:?}: {}", field.confidence);
        assert!(!field.confirmed && field.read_value.is_none() && field.source != FieldSource::Applicant);
        if let Some(region) = field.region {
            assert!(region.left < region.right && region.right <= 1000, "{name:?}: {region:?}");
            assert!(region.top < region.bottom && region.bottom <= 1000, "{name:?}: {region:?}");
            assert_eq!(region.page, 1);
        }
    }
    for name in values.iter().map(|(name, _)| name).filter(|name| **name != FieldName::Issuer) {
        assert!(reading.fields[name].confidence >= 0.8, "{name:?}: {}", reading.fields[name].confidence);
    }
}

const NAME_AND_BIRTH: [(FieldName, &str); 3] =
    [(FieldName::GivenNames, "Ingrid"), (FieldName::FamilyName, "Brandvold"), (FieldName::DateOfBirth, "1987-03-14")];

fn expect_zone(reading: &Reading, provider: Provider, zone: &str) {
    let values = [
        (FieldName::DocumentNumber, "NB4821937"),
        (FieldName::ExpiryDate, "2036-02-18"),
        (FieldName::IssuingCountry, "NOR"),
        (FieldName::Nationality, "NOR"),
        (FieldName::Sex, "F"),
        (FieldName::Mrz, zone),
    ];
    expect(reading, provider, &[&NAME_AND_BIRTH[..], &values].concat());
}

fn expect_passport(reading: &Reading, provider: Provider) {
    let zone = "P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219370NOR8703145F3602184<<<<<<<<<<<<<<06";
    expect_zone(reading, provider, zone);
}

fn expect_card(reading: &Reading, provider: Provider) {
    let zone = "IDNORNB48219370<<<<<<<<<<<<<<<\n8703145F3602184NOR<<<<<<<<<<<6\nBRANDVOLD<<INGRID<<<<<<<<<<<<<";
    expect_zone(reading, provider, zone);
}

fn expect_licence(reading: &Reading, provider: Provider) {
    let values = [
        (FieldName::DocumentNumber, "NB4821937"),
        (FieldName::IssueDate, "2026-02-18"),
        (FieldName::ExpiryDate, "2036-02-18"),
    ];
    expect(reading, provider, &[&NAME_AND_BIRTH[..], &values].concat());
}

fn expect_bill(reading: &Reading, provider: Provider) {
    let values = [
        (FieldName::FullName, "Ingrid Brandvold"),
        (FieldName::Address, "Storgata 14, 0184 Oslo, Norway"),
        (FieldName::IssueDate, "2026-11-01"),
        (FieldName::Issuer, "Nordlys Energi AS"),
    ];
    expect(reading, provider, &values);
}

async fn passport(service: Service) {
    let reading = service.setup(&[Step::Reads("passport")]).await.read(DocumentKind::Passport).await.unwrap();
    expect_passport(&reading, service.provider());
}

async fn identity_card(service: Service) {
    let reading = service.setup(&[Step::Reads("identity_card")]).await.read(DocumentKind::IdentityCard).await.unwrap();
    expect_card(&reading, service.provider());
}

async fn driving_licence(service: Service) {
    let setup = service.setup(&[Step::Reads("driving_licence")]).await;
    expect_licence(&setup.read(DocumentKind::DrivingLicence).await.unwrap(), service.provider());
}

async fn proof_of_address(service: Service) {
    let setup = service.setup(&[Step::Reads("proof_of_address")]).await;
    expect_bill(&setup.read(DocumentKind::ProofOfAddress).await.unwrap(), service.provider());
}

async fn no_document(service: Service) {
    let setup = service.setup(&[Step::Reads("no_document")]).await;
    let reading = setup.read(DocumentKind::Passport).await.unwrap();
    assert_eq!((reading.issue, reading.fields.len()), (Some(PictureIssue::NoDocument), 0));
}

async fn other_document(service: Service) {
    let setup = service.setup(&[Step::Reads("identity_card")]).await;
    let reading = setup.read(DocumentKind::Passport).await.unwrap();
    assert_eq!(reading.issue, Some(PictureIssue::OtherDocument));
    let setup = service.setup(&[Step::Reads("proof_of_address")]).await;
    if service != Service::Textract {
        // Amazon's answer to the other operation has another shape.
        let reading = setup.read(DocumentKind::DrivingLicence).await.unwrap();
        assert_eq!(reading.issue, Some(PictureIssue::OtherDocument));
    }
}

async fn empty_value_is_left_out(service: Service) {
    let setup = service.setup(&[Step::Reads("empty_field")]).await;
    let reading = setup.read(DocumentKind::DrivingLicence).await.unwrap();
    assert_eq!(reading.fields.get(&FieldName::DocumentNumber), None);
    expect(&reading, service.provider(), &NAME_AND_BIRTH);
}

async fn readings_of_zone_and_page_are_both_kept(service: Service) {
    let reading = service.setup(&[Step::Reads("passport")]).await.read(DocumentKind::Passport).await.unwrap();
    for name in [FieldName::DateOfBirth, FieldName::DocumentNumber, FieldName::FamilyName, FieldName::ExpiryDate] {
        let field = &reading.fields[&name];
        assert_eq!(field.agreement(name), Agreement::Agrees, "{name:?}: {field:?}");
        let zone_first = field.source == FieldSource::Mrz;
        let other = field.other_readings[0].source;
        assert!(zone_first != (other == FieldSource::Mrz), "{name:?}: {field:?}");
    }
}

async fn values_have_regions(service: Service) {
    let reading = service.setup(&[Step::Reads("passport")]).await.read(DocumentKind::Passport).await.unwrap();
    let zone = reading.fields[&FieldName::Mrz].region.unwrap();
    assert!(zone.top >= 750 && zone.bottom <= 950 && zone.left <= 100 && zone.right >= 900, "{zone:?}");
    let family = reading.fields[&FieldName::FamilyName].region.unwrap();
    assert!(family.left.abs_diff(344) <= 5 && family.top.abs_diff(245) <= 10, "{family:?}");
}

mod custom {
    use super::*;

    async fn read(kind: DocumentKind) -> Reading {
        let custom = Custom::new(reader());
        assert_eq!(custom.provider(), Provider::Custom);
        custom.extract(&document(kind).await, TODAY, &|_| ()).await.unwrap()
    }

    #[tokio::test]
    async fn passport() {
        expect_passport(&read(DocumentKind::Passport).await, Provider::Custom);
    }

    #[tokio::test]
    async fn identity_card() {
        expect_card(&read(DocumentKind::IdentityCard).await, Provider::Custom);
    }

    #[tokio::test]
    async fn driving_licence() {
        expect_licence(&read(DocumentKind::DrivingLicence).await, Provider::Custom);
    }

    #[tokio::test]
    async fn proof_of_address() {
        expect_bill(&read(DocumentKind::ProofOfAddress).await, Provider::Custom);
    }

    #[tokio::test]
    async fn no_document() {
        let nothing = documents::without_document(DocumentKind::Passport).await;
        let reading = Custom::new(reader()).extract(&nothing, TODAY, &|_| ()).await.unwrap();
        assert!(reading.issue.is_some());
        assert!(reading.fields.is_empty(), "{:?}", reading.fields);
    }
}
