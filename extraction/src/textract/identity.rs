//! The fields of `AnalyzeID`.

use std::collections::BTreeMap;

use aws_sdk_textract::types::IdentityDocument;
use domain::document::{DocumentKind, FieldName};
use ocr::PageText;

use crate::reconcile::Fields;
use crate::regions;
use crate::values::{FieldNormaliser, RawValue};
use crate::zone::{self, Zone};

/// Its types that correspond to one of our fields. Names and addresses come in parts, and [`zone`] reads `MRZ_CODE`. No
/// field of ours holds the state of a licence (`STATE_NAME`) or its county.
const FIELDS: [(&str, FieldName); 6] = [
    ("DATE_OF_BIRTH", FieldName::DateOfBirth),
    ("DOCUMENT_NUMBER", FieldName::DocumentNumber),
    ("EXPIRATION_DATE", FieldName::ExpiryDate),
    ("DATE_OF_ISSUE", FieldName::IssueDate),
    ("PLACE_OF_BIRTH", FieldName::PlaceOfBirth),
    ("CLASS", FieldName::Categories),
];

/// The answer's content about the document.
#[derive(Default)]
pub(super) struct Found {
    pub fields: Fields,
    pub zone: Option<Zone>,
    pub detected_kind: Option<DocumentKind>,
}

/// The value of one type. A date also has the form `YYYY-MM-DDThh:mm:ss`.
struct Value<'a> {
    text: &'a str,
    date: Option<&'a str>,
    confidence: f64,
}

/// Extracts the fields from the answer for the sides of one document. `AnalyzeID` returns an empty value with a
/// confidence of 99 % for a missing field; it is left out.
pub(super) fn found(normaliser: FieldNormaliser, documents: &[IdentityDocument], pages: &[PageText]) -> Found {
    let mut by_type: BTreeMap<&str, Value<'_>> = BTreeMap::new();
    for field in documents.iter().flat_map(IdentityDocument::identity_document_fields) {
        let (Some(of), Some(value)) = (field.r#type(), field.value_detection()) else { continue };
        if value.text().trim().is_empty() {
            continue;
        }
        let date = value.normalized_value().and_then(|normalised| normalised.value());
        let confidence = f64::from(value.confidence().unwrap_or_default()) / 100.0;
        by_type.entry(of.text()).or_insert(Value { text: value.text(), date, confidence });
    }
    let detected_kind = by_type.get("ID_TYPE").and_then(|value| kind_of(value.text));
    // A licence with a state is American, and so is the order of day and month in its dates.
    let month_first = by_type.contains_key("STATE_NAME");
    let normaliser = FieldNormaliser { month_first, ..normaliser };
    let mut fields = Fields::new();
    let mut put = |name, text: &str, date, confidence| {
        let region = regions::of_text(pages, text);
        if let Some(field) = normaliser.field(name, RawValue { text, date, confidence, region }) {
            fields.insert(name, field);
        }
    };
    for (of, name) in FIELDS {
        if let Some(value) = by_type.get(of) {
            put(name, value.text, value.date, value.confidence);
        }
    }
    for (name, parts) in [
        (FieldName::GivenNames, &["FIRST_NAME", "MIDDLE_NAME"][..]),
        (FieldName::FamilyName, &["LAST_NAME", "SUFFIX"]),
        (FieldName::Address, &["ADDRESS", "CITY_IN_ADDRESS", "STATE_IN_ADDRESS", "ZIP_CODE_IN_ADDRESS"]),
    ] {
        let Some(first) = by_type.get(parts[0]) else { continue };
        let parts: Vec<&Value<'_>> = parts.iter().filter_map(|part| by_type.get(part)).collect();
        let between = if name == FieldName::Address { "\n" } else { " " };
        // The first part may already contain the whole address.
        let rest = parts[1..].iter().filter(|part| name != FieldName::Address || !first.text.contains(part.text));
        let text = std::iter::once(first.text).chain(rest.map(|part| part.text)).collect::<Vec<_>>().join(between);
        put(name, &text, None, parts.iter().map(|part| part.confidence).fold(1.0, f64::min));
    }
    let mrz = by_type.get("MRZ_CODE");
    let zone = mrz.and_then(|value| zone::in_text(value.text, value.confidence, normaliser.today));
    Found { fields, zone, detected_kind }
}

/// The kind for an `ID_TYPE`, for instance `DRIVER LICENSE FRONT` or `PASSPORT`; `None` for `UNKNOWN`.
fn kind_of(id_type: &str) -> Option<DocumentKind> {
    let id_type = id_type.to_uppercase();
    [
        ("PASSPORT", DocumentKind::Passport),
        ("DRIVER", DocumentKind::DrivingLicence),
        ("IDENTIFICATION", DocumentKind::IdentityCard),
        ("ID CARD", DocumentKind::IdentityCard),
    ]
    .into_iter()
    .find(|(words, _)| id_type.contains(words))
    .map(|(_, kind)| kind)
}
