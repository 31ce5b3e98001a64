#![allow(clippy::unwrap_used)]

use domain::document::{Agreement, DOUBTFUL_BELOW};
use jiff::civil::date;

use super::*;

const ZONE: &str = "P<NOROERSTED<<INGRID<<<<<<<<<<<<<<<<<<<<<<<<\nNB48219370NOR8703145F3602184<<<<<<<<<<<<<<06";

fn today() -> Date {
    date(2026, 11, 21)
}

fn named(name: FieldName, value: &str, confidence: f64) -> (FieldName, Field) {
    (name, Field::read(value, confidence, FieldSource::Provider).by(Provider::Textract))
}

fn evidence(fields: impl IntoIterator<Item = (FieldName, Field)>, zone: Option<&str>) -> Evidence {
    Evidence {
        kind: DocumentKind::Passport,
        provider: Provider::Textract,
        today: today(),
        named: fields.into_iter().collect(),
        pages: Vec::new(),
        zone: zone.map(|text| zone::in_text(text, 0.97, today()).unwrap()),
        detected_kind: None,
    }
}

#[test]
fn agreement_of_page_and_zone_raises_the_confidence() {
    let fields = [named(FieldName::FamilyName, "Ørsted", 0.9), named(FieldName::DateOfBirth, "1987-03-14", 0.8)];
    let reading = evidence(fields, Some(ZONE)).reading();
    assert_eq!(reading.issue, None);
    let family = &reading.fields[&FieldName::FamilyName];
    assert_eq!((family.value.as_str(), family.confidence), ("Ørsted", 0.95));
    assert_eq!(family.agreement(FieldName::FamilyName), Agreement::Agrees);
    let born = &reading.fields[&FieldName::DateOfBirth];
    assert_eq!((born.confidence, born.source), (CHECKED, FieldSource::Mrz));
    assert_eq!(born.other_readings[0].source, FieldSource::Provider);
    assert_eq!(reading.fields[&FieldName::Mrz].value, ZONE);
    assert!(reading.fields.values().all(|field| field.provider == Provider::Textract));
}

#[test]
fn contradiction_keeps_both_values_and_is_doubtful() {
    let fields = [named(FieldName::DateOfBirth, "2009-03-14", 0.99), named(FieldName::GivenNames, "Astrid", 0.99)];
    let reading = evidence(fields, Some(ZONE)).reading();
    for (name, used, other) in
        [(FieldName::DateOfBirth, "1987-03-14", "2009-03-14"), (FieldName::GivenNames, "Astrid", "Ingrid")]
    {
        let field = &reading.fields[&name];
        assert_eq!((field.value.as_str(), field.other_readings[0].value.as_str()), (used, other));
        assert_eq!(field.agreement(name), Agreement::Disagrees);
        assert!(field.confidence < DOUBTFUL_BELOW);
    }
}

#[test]
fn page_wins_over_a_zone_with_an_invalid_check_digit() {
    let broken = ZONE.replace("8703145F", "8703155F");
    let fields = [named(FieldName::DateOfBirth, "1987-03-14", 0.96), named(FieldName::FamilyName, "Ørsted", 0.9)];
    let reading = evidence(fields, Some(&broken)).reading();
    let born = &reading.fields[&FieldName::DateOfBirth];
    assert_eq!((born.value.as_str(), born.source), ("1987-03-14", FieldSource::Provider));
    assert!(reading.fields[&FieldName::Mrz].confidence < DOUBTFUL_BELOW);
}

#[test]
fn too_few_fields_are_a_picture_issue() {
    let nothing = evidence([], None).reading();
    assert_eq!((nothing.issue, nothing.fields.len()), (Some(PictureIssue::NoDocument), 0));
    let little = evidence([named(FieldName::DocumentNumber, "NB4821937", 0.9)], None).reading();
    assert_eq!((little.issue, little.fields.len()), (Some(PictureIssue::OtherDocument), 1));
    let card = Evidence { kind: DocumentKind::IdentityCard, ..evidence([], Some(ZONE)) }.reading();
    assert_eq!(card.issue, Some(PictureIssue::OtherDocument));
    let guessed = Evidence { detected_kind: Some(DocumentKind::DrivingLicence), ..evidence([], Some(ZONE)) }.reading();
    assert_eq!(guessed.issue, None, "the zone proves the kind");
}

/// The zone with another date of birth, of which all check digits hold.
fn zone_born(yymmdd: &str) -> String {
    let holder = mrz::Holder {
        document_type: "P".into(),
        issuing_state: "NOR".into(),
        family_name: "Oersted".into(),
        given_names: "Ingrid".into(),
        document_number: "NB4821937".into(),
        nationality: "NOR".into(),
        date_of_birth: Date::strptime("%y%m%d", yymmdd).unwrap(),
        sex: Some('F'),
        expiry_date: date(2036, 2, 18),
        optional_data: String::new(),
    };
    mrz::write_td3(&holder)
}

#[test]
fn century_of_the_birth_is_the_one_that_the_page_shows() {
    let zone = zone_born("240314");
    let born = |fields: Vec<(FieldName, Field)>| {
        let field = evidence(fields, Some(&zone)).reading().fields.remove(&FieldName::DateOfBirth).unwrap();
        (field.value.clone(), field.confidence >= DOUBTFUL_BELOW)
    };
    assert_eq!(born(vec![named(FieldName::DateOfBirth, "1924-03-14", 0.9)]), ("1924-03-14".to_owned(), true));
    assert_eq!(born(vec![named(FieldName::IssueDate, "2021-03-14", 0.9)]), ("1924-03-14".to_owned(), true));
    assert_eq!(born(Vec::new()), ("2024-03-14".to_owned(), false), "nothing settles the century");
}

#[test]
fn no_field_is_surer_than_what_proves_it() {
    let broken = ZONE.replace("8703145F", "8703155F");
    let alone = evidence([], Some(&broken)).reading();
    for name in [FieldName::DocumentNumber, FieldName::ExpiryDate, FieldName::DateOfBirth] {
        assert!(alone.fields[&name].confidence < DOUBTFUL_BELOW, "{name:?}");
    }
    let printed = evidence([named(FieldName::ExpiryDate, "2036-02-18", 0.9)], Some(&broken)).reading();
    assert!(printed.fields[&FieldName::ExpiryDate].confidence >= DOUBTFUL_BELOW);
}
