//! Any text as a field of a document, typed by an applicant or printed on a licence.
#![no_main]

use std::str::FromStr;

use domain::date::age_on;
use domain::document::{DocumentKind, FieldName};
use domain::event::ApplicationId;
use domain::field_value::{belongs, max_length, normalise};
use domain::licence::{birth, categories, day, number_as_issued, personal_number};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;

const TODAY: Date = date(2026, 11, 26);
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
const CODES: [&str; 9] = [
    "required",
    "too_long",
    "invalid_character",
    "invalid",
    "in_the_future",
    "too_long_ago",
    "too_far_ahead",
    "not_editable",
    "unknown_field",
];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for name in NAMES {
        for kind in DocumentKind::ALL {
            typed(kind, name, &text);
        }
    }
    printed(&text);
    if let Ok(id) = ApplicationId::from_str(&text) {
        assert_eq!(id.to_string(), text, "an identifier has one spelling");
    }
});

fn typed(kind: DocumentKind, name: FieldName, text: &str) {
    match normalise(kind, name, text, TODAY) {
        Ok(value) => {
            assert!(belongs(kind, name));
            assert_eq!(normalise(kind, name, &value, TODAY).as_ref(), Ok(&value), "{name:?}: {text:?}");
            assert!(!value.is_empty() && value.chars().count() <= max_length(name), "{name:?}: {value:?}");
            assert!(!value.chars().any(|c| c.is_control() || matches!(c, '<' | '>')), "{name:?}: {value:?}");
        }
        Err(error) => {
            assert_eq!(error.field, format!("fields.{}", name.as_str()));
            assert!(CODES.contains(&error.code.as_str()), "{}", error.code);
            assert_eq!(error.code == "unknown_field", !belongs(kind, name), "{kind:?} {name:?}");
        }
    }
}

fn printed(text: &str) {
    if let Some(found) = categories(text) {
        assert_eq!(categories(&found).as_ref(), Some(&found));
    }
    if let Some(number) = personal_number(text) {
        assert_eq!(personal_number(&number).as_ref(), Some(&number));
    }
    let number = number_as_issued(text);
    assert_eq!(number.chars().count(), text.chars().count());
    assert_eq!(number_as_issued(&number), number);
    if let Some(found) = day(text, TODAY) {
        assert_eq!(day(&found.to_string(), TODAY), Some(found));
    }
    let (born, place) = birth(text, TODAY);
    assert!(place.is_none_or(|place| place.chars().any(char::is_alphabetic)));
    if let Some(born) = born {
        let age = age_on(born, TODAY);
        assert!(born > TODAY || age >= 0);
        assert_eq!(age_on(born, born), 0);
        assert!((age..=age + 1).contains(&age_on(born, TODAY.tomorrow().expect("a day"))));
    }
}
