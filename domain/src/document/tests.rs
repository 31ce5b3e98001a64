#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

fn document(kind: DocumentKind, fields: &[(FieldName, &str, f64)]) -> Document {
    let fields = fields
        .iter()
        .map(|(name, value, confidence)| (*name, Field::read(*value, *confidence, FieldSource::PrintedZone)));
    Document::new(Uuid::nil(), "scan.jpg".into(), kind, fields.collect())
}

fn bill(confidence: f64) -> Document {
    document(
        DocumentKind::ProofOfAddress,
        &[
            (FieldName::FullName, "Ingrid Brandvold", confidence),
            (FieldName::Address, "Storgata 14, 0184 Oslo", confidence),
            (FieldName::IssueDate, "2026-02-09", confidence),
        ],
    )
}

#[test]
fn field_just_below_the_threshold_is_doubtful() {
    assert_eq!(bill(DOUBTFUL_BELOW).to_confirm(), []);
    assert_eq!(bill(0.799).to_confirm(), [FieldName::FullName, FieldName::IssueDate, FieldName::Address]);
}

#[test]
fn missing_required_field_needs_confirmation() {
    let empty = document(DocumentKind::ProofOfAddress, &[]);
    assert_eq!(empty.to_confirm(), [FieldName::FullName, FieldName::Address, FieldName::IssueDate]);
    assert_eq!(empty.confidence, 0.0);
    for kind in DocumentKind::ALL {
        assert_eq!(document(kind, &[]).to_confirm(), kind.required_fields());
    }
}

#[test]
fn doubtful_optional_field_needs_confirmation_and_the_zone_never() {
    let mut bill = bill(0.9);
    bill.extracted_fields.insert(FieldName::Issuer, Field::read("N0rdlys", 0.4, FieldSource::PrintedZone));
    bill.extracted_fields.insert(FieldName::Mrz, Field::read("P<<<", 0.1, FieldSource::Mrz));
    assert_eq!(bill.to_confirm(), [FieldName::Issuer]);
    assert_eq!(bill.confidence, 0.9);
}

#[test]
fn disputed_required_field_needs_confirmation_once() {
    let other = |value: &str| Field::read(value, 0.99, FieldSource::Mrz);
    let mut bill = bill(0.99);
    let beside = |bill: &mut Document, name: FieldName, value: &str| {
        let field = bill.extracted_fields[&name].clone().beside(&other(value));
        bill.extracted_fields.insert(name, field);
    };
    beside(&mut bill, FieldName::FullName, "INGRID BRANDVOLD");
    assert_eq!(bill.to_confirm(), [], "they say the same");
    beside(&mut bill, FieldName::IssueDate, "2026-02-08");
    bill.extracted_fields.insert(FieldName::Issuer, other("Nordlys").beside(&other("Hafslund")));
    assert_eq!(bill.to_confirm(), [FieldName::IssueDate], "what is not required is no question");
    bill.confirm(FieldName::IssueDate, "2026-02-08");
    assert_eq!(bill.to_confirm(), []);
}

#[test]
fn document_confidence_is_the_mean_of_required_fields() {
    let two_of_three =
        document(DocumentKind::ProofOfAddress, &[(FieldName::FullName, "I", 0.9), (FieldName::Address, "S", 0.8)]);
    assert_eq!(two_of_three.confidence, 0.567);
    let extra = document(DocumentKind::ProofOfAddress, &[(FieldName::Issuer, "N", 1.0)]);
    assert_eq!(extra.confidence, 0.0);
    assert_eq!(bill(1.0).confidence, 1.0);
}

#[test]
fn confidence_is_clamped_and_rounded() {
    let read = |confidence| Field::read("x", confidence, FieldSource::PrintedZone).confidence;
    assert_eq!(
        [0.97519, 0.7994, 0.0, 1.0, 1.2, -0.1, f64::NAN, f64::INFINITY].map(read),
        [0.975, 0.799, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    );
}

#[test]
fn correction_keeps_the_reading() {
    let mut bill = bill(0.5);
    bill.confirm(FieldName::FullName, "Ingrid Brandvold");
    let field = &bill.extracted_fields[&FieldName::FullName];
    assert_eq!((field.confirmed, field.source, &field.read_value), (true, FieldSource::PrintedZone, &None));

    bill.confirm(FieldName::Address, "Storgata 15, 0184 Oslo");
    bill.confirm(FieldName::Address, "Storgata 16, 0184 Oslo");
    let field = &bill.extracted_fields[&FieldName::Address];
    assert_eq!(field.value, "Storgata 16, 0184 Oslo");
    assert_eq!(field.read_value.as_deref(), Some("Storgata 14, 0184 Oslo"));
    assert_eq!((field.confirmed, field.source, field.confidence), (true, FieldSource::Applicant, 0.5));
    assert_eq!(field.read_source, Some(FieldSource::PrintedZone));
    assert_eq!(bill.to_confirm(), [FieldName::IssueDate]);
}

#[test]
fn typed_field_has_no_confidence() {
    let mut empty = document(DocumentKind::ProofOfAddress, &[]);
    empty.confirm(FieldName::FullName, "Ingrid Brandvold");
    let field = &empty.extracted_fields[&FieldName::FullName];
    assert_eq!((field.source, field.confidence, &field.read_value), (FieldSource::Applicant, 0.0, &None));
    empty.confirm(FieldName::FullName, "Ingrid Brandvold-Ås");
    assert_eq!(empty.extracted_fields[&FieldName::FullName].read_source, None, "nothing was read");
    empty.confirm(FieldName::FullName, "Ingrid Brandvold");
    assert_eq!(empty.value(FieldName::FullName), Some("Ingrid Brandvold"));
    assert_eq!(empty.to_confirm(), [FieldName::Address, FieldName::IssueDate]);
}

#[test]
fn kinds_and_field_names_have_one_spelling() {
    for kind in DocumentKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    for wrong in ["", "Passport", "passport ", "visa"] {
        assert_eq!(wrong.parse::<DocumentKind>(), Err(()), "{wrong}");
    }
    for kind in DocumentKind::ALL {
        for name in kind.required_fields() {
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
    }
    assert_eq!(serde_json::to_value(FieldName::Mrz).unwrap(), FieldName::Mrz.as_str());
    assert_eq!(DocumentKind::ALL.map(DocumentKind::has_mrz), [true, true, false, false]);
    assert_eq!(DocumentKind::ALL.map(|kind| kind.proves() == Proof::Address), [false, false, false, true]);
}

proptest! {
    #[test]
    fn confirmed_field_needs_no_confirmation_and_keeps_its_reading(
        confidence in 0.0f64..=1.0,
        typed in prop::collection::vec("[A-Z]{1,4}", 1..4),
    ) {
        let mut document = bill(confidence);
        for value in &typed {
            document.confirm(FieldName::FullName, value);
        }
        prop_assert!(!document.to_confirm().contains(&FieldName::FullName));
        let field = &document.extracted_fields[&FieldName::FullName];
        prop_assert_eq!(&field.value, typed.last().unwrap());
        prop_assert_eq!(field.read_value.as_deref(), Some("Ingrid Brandvold"));
        prop_assert_eq!(field.confidence, bill(confidence).extracted_fields[&FieldName::FullName].confidence);
    }

    #[test]
    fn mean_confidence_is_within_its_inputs(values in prop::collection::vec(0.0f64..=1.0, 3)) {
        let read = DocumentKind::ProofOfAddress.required_fields().iter().zip(&values);
        let fields: Vec<_> = read.map(|(name, confidence)| (*name, "x", *confidence)).collect();
        let confidence = document(DocumentKind::ProofOfAddress, &fields).confidence;
        let (least, most) = values.iter().fold((1.0f64, 0.0f64), |(a, b), v| (a.min(*v), b.max(*v)));
        prop_assert!(confidence >= least - 0.0005 && confidence <= most + 0.0005);
    }
}

#[test]
fn half_of_the_name_that_its_holder_lacks_is_not_asked_for() {
    let read = [
        (FieldName::FamilyName, "SUHARTO", 0.9),
        (FieldName::DateOfBirth, "1987-03-14", 0.9),
        (FieldName::DocumentNumber, "X1234567", 0.9),
        (FieldName::ExpiryDate, "2031-06-30", 0.9),
    ];
    let plain = document(DocumentKind::Passport, &read);
    assert_eq!(plain.to_confirm(), [FieldName::GivenNames]);
    // By the applicant's word.
    let said = plain.clone().of_one_name(true);
    assert_eq!((said.to_confirm(), said.confidence), (vec![], 0.9));
    // By the zone.
    let with_zone = |names: &str| {
        let zone = format!("{names:<<44}\nX1234567<4IDN8703147M3106301<<<<<<<<<<<<<<02");
        document(DocumentKind::Passport, &[&read[..], &[(FieldName::Mrz, zone.as_str(), 0.9)]].concat())
    };
    let zone = with_zone("P<IDNSUHARTO");
    assert!(zone.has_one_name() && zone.to_confirm().is_empty() && zone.confidence == 0.9);
    let two = with_zone("P<IDNSUHARTO<<HAJI");
    assert!(!two.has_one_name() && two.to_confirm() == [FieldName::GivenNames]);
    // Only one of the two is asked for where none was read.
    let nothing = document(DocumentKind::Passport, &read[1..]).of_one_name(true);
    assert_eq!(nothing.to_confirm(), [FieldName::FamilyName]);
}

#[test]
fn document_of_an_earlier_version_has_no_word_about_one_name() {
    let json = serde_json::to_value(bill(0.9)).unwrap();
    assert!(json.get("oneName").is_none());
    assert_eq!(serde_json::from_value::<Document>(json).unwrap(), bill(0.9));
}
