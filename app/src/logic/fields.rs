//! Fields of a document, as the page shows and judges them. The server has the last word on their values.

use std::collections::BTreeMap;

use domain::api::FieldError;
use domain::country::document_state;
use domain::document::{Document, Field, FieldName, FieldSource};

use super::words;

/// The order in which people look for them on a document.
const ORDER: [FieldName; 18] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::FullName,
    FieldName::DateOfBirth,
    FieldName::PlaceOfBirth,
    FieldName::Sex,
    FieldName::Nationality,
    FieldName::DocumentNumber,
    FieldName::PersonalNumber,
    FieldName::DocumentType,
    FieldName::IssuingCountry,
    FieldName::IssuingAuthority,
    FieldName::IssueDate,
    FieldName::ExpiryDate,
    FieldName::Categories,
    FieldName::Address,
    FieldName::Issuer,
    FieldName::Mrz,
];

/// What was read, in the order of a document.
pub fn in_display_order(document: &Document) -> Vec<(FieldName, Field)> {
    ORDER.iter().filter_map(|name| document.extracted_fields.get(name).map(|field| (*name, field.clone()))).collect()
}

/// A value in words: dates written out, codes with their meaning.
pub fn shown(name: FieldName, value: &str) -> String {
    match (name, value) {
        (name, value) if name.is_date() => words::date(value),
        (FieldName::Sex, "F") => "Female".to_owned(),
        (FieldName::Sex, "M") => "Male".to_owned(),
        (FieldName::Sex, "X") => "Unspecified".to_owned(),
        (FieldName::IssuingCountry | FieldName::Nationality, code) => {
            document_state(code).map_or_else(|| code.to_owned(), |state| format!("{} ({code})", state.name))
        }
        (_, value) => value.to_owned(),
    }
}

/// What stands above a field in doubt: what was read, from where, how surely.
pub fn doubt(field: Option<&Field>) -> String {
    match field {
        Some(field) if field.source != FieldSource::Applicant => {
            format!("We read this {}, but are only {} sure.", field.source.label(), words::percent(field.confidence))
        }
        Some(_) => "Please check what you typed.".to_owned(),
        None => "We could not find this. Type it as it is printed.".to_owned(),
    }
}

/// Judges what can be judged before sending: that nothing is left empty.
pub fn judge(fields: &BTreeMap<FieldName, String>) -> Vec<FieldError> {
    ORDER
        .iter()
        .filter(|name| fields.get(name).is_some_and(|value| value.trim().is_empty()))
        .map(|name| {
            let label = name.label().to_lowercase();
            let message = format!("Enter the {label} as it is on your document.");
            FieldError::new(format!("fields.{}", name.as_str()), "required", message)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::document::DocumentKind;
    use uuid::Uuid;

    #[test]
    fn values_are_shown_in_words() {
        assert_eq!(shown(FieldName::ExpiryDate, "2031-02-01"), "1 February 2031");
        assert_eq!(shown(FieldName::Sex, "X"), "Unspecified");
        assert_eq!(shown(FieldName::Nationality, "NOR"), "Norway (NOR)");
        assert_eq!(shown(FieldName::IssuingCountry, "QQQ"), "QQQ");
        assert_eq!(shown(FieldName::DocumentNumber, "F1"), "F1");
    }

    #[test]
    fn fields_come_in_the_order_of_a_document_and_none_is_left_out() {
        let fields = ORDER.iter().map(|name| (*name, Field::read("x", 1.0, FieldSource::Mrz))).collect();
        let document = Document::new(Uuid::nil(), "f".into(), DocumentKind::Passport, fields);
        let names: Vec<_> = in_display_order(&document).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ORDER);
    }

    #[test]
    fn a_doubt_says_whether_something_was_read() {
        let read = Field::read("x", 0.625, FieldSource::PrintedZone);
        assert_eq!(doubt(Some(&read)), "We read this from the printed page, but are only 62\u{a0}% sure.");
        assert!(doubt(None).starts_with("We could not find this"));
    }

    #[test]
    fn empty_answers_are_named_and_given_ones_are_left_to_the_server() {
        let fields = [(FieldName::ExpiryDate, " ".to_owned()), (FieldName::DocumentNumber, "F1".to_owned())];
        let errors = judge(&fields.into_iter().collect());
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].field, "fields.expiryDate");
    }
}
