#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const TODAY: Date = date(2026, 3, 1);

const NAMES: [FieldName; 18] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::FullName,
    FieldName::DateOfBirth,
    FieldName::DocumentNumber,
    FieldName::DocumentType,
    FieldName::IssuingCountry,
    FieldName::Nationality,
    FieldName::Sex,
    FieldName::ExpiryDate,
    FieldName::IssueDate,
    FieldName::Issuer,
    FieldName::Address,
    FieldName::Mrz,
    FieldName::PlaceOfBirth,
    FieldName::IssuingAuthority,
    FieldName::PersonalNumber,
    FieldName::Categories,
];

fn kind_with(name: FieldName) -> DocumentKind {
    DocumentKind::ALL.into_iter().find(|kind| belongs(*kind, name)).unwrap()
}

fn taken(name: FieldName, value: &str) -> String {
    normalise(kind_with(name), name, value, TODAY).unwrap_or_else(|error| panic!("{value:?}: {error:?}"))
}

fn code(name: FieldName, value: &str) -> String {
    let error = normalise(kind_with(name), name, value, TODAY).unwrap_err();
    assert_eq!(error.field, format!("fields.{}", name.as_str()));
    error.code
}

#[test]
fn values_are_normalised_to_the_readers_spelling() {
    use FieldName::*;
    for (name, typed, wanted) in [
        (GivenNames, " Ingrid  Marie ", "Ingrid Marie"),
        (FamilyName, "A\u{30A}s-Ødegård", "Ås-Ødegård"),
        (FamilyName, "BRANDVOLD", "BRANDVOLD"),
        (FullName, "Ms I Brandvold & Mr P. Berg", "Ms I Brandvold & Mr P. Berg"),
        (DateOfBirth, " 1987-03-14 ", "1987-03-14"),
        (DateOfBirth, "1988-02-29", "1988-02-29"),
        (DocumentNumber, "ab 123-456", "AB123-456"),
        (DocumentNumber, "1", "1"),
        (DocumentType, "p", "P"),
        (DocumentType, "ID", "ID"),
        (IssuingCountry, "nor", "NOR"),
        (IssuingCountry, "NO", "NOR"),
        (Nationality, "Norway", "NOR"),
        (Nationality, "D", "D"),
        (Nationality, "DEU", "DEU"),
        (Nationality, "Germany", "D"),
        (Nationality, "XXA", "XXA"),
        (Nationality, "uto", "UTO"),
        (Sex, "f", "F"),
        (Sex, "M", "M"),
        (Sex, " x ", "X"),
        (Issuer, "Nordlys Energi AS (avd. 3)", "Nordlys Energi AS (avd. 3)"),
        (Address, "Storgata 12B, 0155  Oslo", "Storgata 12B, 0155 Oslo"),
    ] {
        assert_eq!(taken(name, typed), wanted, "{name:?}");
    }
}

#[test]
fn invisible_characters_around_every_value_are_left_out() {
    use FieldName::*;
    for (name, value) in [
        (GivenNames, "Ingrid"),
        (DateOfBirth, "1987-03-14"),
        (ExpiryDate, "2031-05-02"),
        (IssueDate, "2021-05-02"),
        (DocumentNumber, "C01X00T47"),
        (DocumentType, "P"),
        (IssuingCountry, "NOR"),
        (Sex, "F"),
        (Address, "Storgata 12B, 0155 Oslo"),
    ] {
        for (before, after) in crate::invisible::tests::AROUND {
            assert_eq!(taken(name, &format!("{before}{value}{after}")), value, "{name:?} {before:?}");
        }
    }
}

#[test]
fn invalid_values_have_their_code() {
    use FieldName::*;
    for (name, typed, wanted) in [
        (GivenNames, "", "required"),
        (GivenNames, "  ", "required"),
        (GivenNames, "Ingrid2", "invalid_character"),
        (FamilyName, "Brand<vold", "invalid_character"),
        (FullName, "I Brandvold\0", "invalid_character"),
        (Address, "Storgata 12\nOslo", "invalid_character"),
        (Issuer, "=HYPERLINK()", "invalid_character"),
        (DateOfBirth, "", "required"),
        (DateOfBirth, "14.03.1987", "invalid"),
        (DateOfBirth, "1987-02-29", "invalid"),
        (DateOfBirth, "1987-3-14", "invalid"),
        (DocumentNumber, "", "required"),
        (DocumentNumber, "   ", "required"),
        (DocumentNumber, "---", "invalid_character"),
        (DocumentNumber, "12/34", "invalid_character"),
        (DocumentNumber, "Å1234", "invalid_character"),
        (DocumentType, "", "required"),
        (DocumentType, "PAS", "invalid"),
        (DocumentType, "1", "invalid"),
        (IssuingCountry, "", "required"),
        (IssuingCountry, "ZZZ", "invalid"),
        (Nationality, "Norwegian", "invalid"),
        (Sex, "", "required"),
        (Sex, "K", "invalid"),
        (Sex, "MF", "invalid"),
        (Mrz, "P<NORBRANDVOLD<<INGRID", "not_editable"),
        (Mrz, "", "not_editable"),
    ] {
        assert_eq!(code(name, typed), wanted, "{name:?} {typed:?}");
    }
}

#[test]
fn date_limits_hold_on_both_sides() {
    use FieldName::*;
    for (name, value, wanted) in [
        (DateOfBirth, "2026-03-01", None),
        (DateOfBirth, "2026-03-02", Some("in_the_future")),
        (DateOfBirth, "1906-03-01", None),
        (DateOfBirth, "1906-02-28", Some("too_long_ago")),
        (IssueDate, "2026-03-01", None),
        (IssueDate, "2026-03-02", Some("in_the_future")),
        (IssueDate, "1926-03-01", None),
        (IssueDate, "1926-02-28", Some("too_long_ago")),
        (ExpiryDate, "2020-01-01", None),
        (ExpiryDate, "2086-03-01", None),
        (ExpiryDate, "2086-03-02", Some("too_far_ahead")),
        (ExpiryDate, "9998-12-31", Some("too_far_ahead")),
        (ExpiryDate, "1926-03-01", None),
        (ExpiryDate, "1926-02-28", Some("too_long_ago")),
    ] {
        let result = normalise(kind_with(name), name, value, TODAY);
        match wanted {
            None => assert_eq!(result.as_deref(), Ok(value), "{name:?}"),
            Some(wanted) => assert_eq!(result.unwrap_err().code, wanted, "{name:?} {value}"),
        }
    }
}

#[test]
fn every_day_of_the_year_9999_means_that_the_document_does_not_expire() {
    for typed in ["9999-01-01", "9999-12-31"] {
        assert_eq!(taken(FieldName::ExpiryDate, typed), crate::date::NO_EXPIRY.to_string());
    }
    assert_eq!(code(FieldName::IssueDate, "9999-12-31"), "in_the_future");
}

#[test]
fn field_length_limits_hold_on_both_sides() {
    use FieldName::*;
    for name in [GivenNames, FamilyName, FullName, Issuer, Address, DocumentNumber] {
        let full = "A".repeat(max_length(name));
        assert_eq!(taken(name, &full), full, "{name:?}");
        assert_eq!(code(name, &format!("{full}A")), "too_long", "{name:?}");
        assert_eq!(code(name, &"A".repeat(10_000)), "too_long", "{name:?}");
    }
    assert_eq!(DOCUMENT_NUMBER, 20);
    assert!(country::all().iter().all(|country| country.name.chars().count() <= COUNTRY));
}

#[test]
fn document_kind_refuses_foreign_fields() {
    for kind in DocumentKind::ALL {
        for name in kind.required_fields() {
            assert!(belongs(kind, *name), "{kind:?} {name:?}");
        }
        for name in NAMES.into_iter().filter(|name| !belongs(kind, *name)) {
            let error = normalise(kind, name, "1987-03-14", TODAY).unwrap_err();
            assert_eq!((error.code.as_str(), error.field), ("unknown_field", format!("fields.{}", name.as_str())));
        }
    }
    let has = |kind| NAMES.into_iter().filter(|name| belongs(kind, *name)).count();
    assert_eq!(DocumentKind::ALL.map(has), [15, 15, 15, 4]);
}

#[test]
fn country_is_accepted_by_code_and_name() {
    for country in country::all() {
        let wanted = if country.alpha2 == "DE" { "D" } else { country.alpha3 };
        for typed in [country.alpha2, country.name] {
            assert_eq!(taken(FieldName::Nationality, typed), wanted, "{typed}");
        }
        assert_eq!(taken(FieldName::Nationality, country.alpha3), country.alpha3);
    }
}

#[test]
fn field_messages_never_repeat_the_value() {
    for name in NAMES {
        let error = normalise(kind_with(name), name, "<Zxqvj>", TODAY).unwrap_err();
        assert!(!error.message.contains("Zxqvj"), "{error:?}");
    }
}

proptest! {
    #[test]
    fn normalised_value_normalises_to_itself(
        kind in prop::sample::select(DocumentKind::ALL.to_vec()),
        name in prop::sample::select(NAMES.to_vec()),
        value in "(\\PC{0,30}|[A-Za-z]{1,3}|[12][09][0-9]{2}-[01][0-9]-[0-3][0-9]|[a-z0-9 -]{1,22})",
    ) {
        if let Ok(once) = normalise(kind, name, &value, TODAY) {
            prop_assert_eq!(normalise(kind, name, &once, TODAY), Ok(once.clone()));
            prop_assert!(!once.is_empty() && once.chars().count() <= max_length(name));
        }
    }
}

#[test]
fn number_messages_name_their_field() {
    for (name, wanted) in [
        (FieldName::DocumentNumber, "A document number has the letters A to Z, digits and hyphens only."),
        (FieldName::PersonalNumber, "A personal number has the letters A to Z, digits and hyphens only."),
    ] {
        let error = normalise(DocumentKind::DrivingLicence, name, "12/34", TODAY).unwrap_err();
        assert_eq!((error.code.as_str(), error.message.as_str()), ("invalid_character", wanted));
    }
}
