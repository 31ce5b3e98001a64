#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::document::{Agreement, DOUBTFUL_BELOW, Field, FieldSource, Provider};

/// Checks the agreement in both orders.
#[track_caller]
fn expect_agreement(name: FieldName, a: &str, b: &str, wanted: bool) {
    assert_eq!(agree(name, a, b), wanted, "{name:?}: {a} / {b}");
    assert_eq!(agree(name, b, a), wanted, "{name:?}: {b} / {a}");
}

#[test]
fn spelling_variants_agree() {
    for (name, a, b) in [
        (FieldName::FamilyName, "Ørsted", "OERSTED"),
        (FieldName::FamilyName, "Ørsted", "ORSTED"),
        (FieldName::FamilyName, "Müller-Ñandú", "MUXXLLER NANDU"),
        (FieldName::DocumentNumber, "NB 4821937", "nb4821937"),
        (FieldName::Nationality, "D", "DEU"),
        (FieldName::DateOfBirth, "1987-03-14", "1987-03-14"),
        (FieldName::Sex, "F", "f"),
        (FieldName::DocumentType, "P", "PN"),
        (FieldName::Categories, "AM B", "B, AM"),
        (FieldName::Mrz, "AB\nCD", "AB CD"),
        (FieldName::Issuer, "Nordlys Energi AS", "NORDLYS ENERGI"),
    ] {
        expect_agreement(name, a, b, true);
    }
    for (name, a, b) in [
        (FieldName::DateOfBirth, "1987-03-14", "1987-03-15"),
        (FieldName::DocumentNumber, "NB4821937", "N84821937"),
        (FieldName::DocumentNumber, "NB4821O37", "NB4821037"),
        (FieldName::Nationality, "NOR", "SWE"),
        (FieldName::Nationality, "XXA", "XXB"),
        (FieldName::Sex, "F", "M"),
        (FieldName::DocumentType, "P", "ID"),
        (FieldName::Categories, "AM B", "B"),
        (FieldName::Mrz, "AB<\nCD", "AB\nCD"),
        (FieldName::Issuer, "Nordlys Energi", "Hafslund"),
        (FieldName::FamilyName, "", ""),
        (FieldName::Address, "", ""),
    ] {
        expect_agreement(name, a, b, false);
    }
}

#[test]
fn missing_middle_names_agree() {
    for (a, b, wanted) in [
        ("Ingrid Marie", "Marie Ingrid", true),
        ("Ingrid Marie", "Ingrid", true),
        ("Ingrid Marie", "Ingrid M", true),
        ("Ingrid Marie", "Ingrid M.", true),
        ("Anne-Marie", "Annemarie", true),
        ("Anne-Marie", "ANNE MARIE", true),
        ("Ingrid Marie", "Marie", false),
        ("Ingrid", "Inger", false),
        ("Ingrid", "I", false),
        ("Ingrid Marie", "Ingrid Marte", false),
    ] {
        expect_agreement(FieldName::GivenNames, a, b, wanted);
    }
    expect_agreement(FieldName::FamilyName, "García Márquez", "Marquez Garcia", true);
    expect_agreement(FieldName::FamilyName, "García Márquez", "García", false);
    expect_agreement(FieldName::FullName, "Mr Per Hansen", "HANSEN PER", true);
    expect_agreement(FieldName::FullName, "Per Olav Hansen", "Per Hansen", true);
    expect_agreement(FieldName::FullName, "Per Hansen", "Hansen", false);
}

#[test]
fn addresses_agree_by_all_numbers_and_most_words() {
    let home = "Storgata 14, 0184 Oslo";
    for (other, wanted) in [
        ("STORGATA 14, 0184 OSLO, NORWAY", true),
        ("0184 Oslo, Storqata 14", true),
        ("Storgata 15, 0184 Oslo", false),
        ("Storgata 14, 0185 Oslo", false),
        ("Storgata 14 B 301, 0184 Oslo", false),
        ("Havnegata 14, 0184 Bergen", false),
        ("Storgata, Oslo", false),
    ] {
        expect_agreement(FieldName::Address, home, other, wanted);
    }
}

fn read(value: &str, confidence: f64, provider: Provider) -> Field {
    Field::read(value, confidence, FieldSource::Provider).by(provider)
}

fn one(first: &str, sure: f64, second: &str, also: f64) -> Field {
    let first = Fields::from([(FieldName::FamilyName, read(first, sure, Provider::Custom))]);
    let second = Fields::from([(FieldName::FamilyName, read(second, also, Provider::Textract))]);
    combine(first, second).remove(&FieldName::FamilyName).unwrap()
}

#[test]
fn agreeing_second_reading_raises_confidence() {
    let field = one("Ørsted", 0.7, "OERSTED", 0.75);
    assert_eq!((field.value.as_str(), field.provider), ("Ørsted", Provider::Custom));
    assert_eq!(field.confidence, 0.85);
    assert_eq!(field.agreement(FieldName::FamilyName), Agreement::Agrees);
    assert_eq!(
        (field.other_readings[0].value.as_str(), field.other_readings[0].provider),
        ("OERSTED", Provider::Textract)
    );
    // The confidence never exceeds 1 and never falls.
    assert_eq!(one("Ørsted", 0.95, "Ørsted", 0.99).confidence, 0.99);
    assert_eq!(one("Ørsted", 1.0, "Ørsted", 0.2).confidence, 1.0);
    // Two doubtful readings stay doubtful.
    assert_eq!(one("Ørsted", 0.1, "Ørsted", 0.1).confidence, 0.19);
}

#[test]
fn disagreeing_readings_are_doubtful() {
    let field = one("Brandvold", 0.99, "Brandvoll", 0.5);
    assert_eq!(field.value, "Brandvold");
    assert!(field.confidence < DOUBTFUL_BELOW);
    assert_eq!(field.agreement(FieldName::FamilyName), Agreement::Disagrees);
    assert_eq!(one("Brandvold", 0.3, "Brandvoll", 0.99).confidence, 0.3);
}

#[test]
fn single_reading_keeps_its_confidence() {
    let sex = || read("F", 0.9, Provider::Custom);
    let place = || read("Oslo", 0.4, Provider::Textract);
    let both = combine([(FieldName::Sex, sex())].into(), [(FieldName::PlaceOfBirth, place())].into());
    assert_eq!(both, [(FieldName::Sex, sex()), (FieldName::PlaceOfBirth, place())].into());
}

proptest! {
    #[test]
    fn agreement_is_symmetric_and_reflexive(a in "[\\p{L}0-9 ,.-]{1,16}", b in "[\\p{L}0-9 ,.-]{1,16}") {
        use FieldName::*;
        for name in [
            GivenNames, FamilyName, FullName, DocumentNumber, Address, Issuer, DocumentType, Categories, Sex,
            Nationality,
        ] {
            prop_assert_eq!(agree(name, &a, &b), agree(name, &b, &a), "{:?}", name);
            prop_assert_eq!(agree(name, &a, &a), !letters_and_digits(&a).is_empty());
        }
    }

    #[test]
    fn disputed_value_is_always_doubtful(sure in 0.0_f64..=1.0, also in 0.0_f64..=1.0) {
        prop_assert!(one("Brandvold", sure, "Hansen", also).confidence < DOUBTFUL_BELOW);
        let agreed = one("Brandvold", sure, "Brandvold", also).confidence;
        prop_assert!(agreed >= (sure * 1000.0).round() / 1000.0 - 1e-9 && agreed <= 1.0);
    }
}
