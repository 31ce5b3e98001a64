//! The fields that `AnalyzeID` names.

use std::collections::BTreeMap;

use aws_sdk_textract::types::IdentityDocument;
use domain::document::{DocumentKind, FieldName};
use ocr::PageText;

use crate::place;
use crate::values::{Said, Values};
use crate::witness::Fields;
use crate::zone::{self, Zone};

/// The types of its fields that hold one of ours as it is. Names and addresses come in parts, and `MRZ_CODE` is for
/// [`zone`]. The state of a licence (`STATE_NAME`) and its county are none of ours.
const FIELDS: [(&str, FieldName); 6] = [
    ("DATE_OF_BIRTH", FieldName::DateOfBirth),
    ("DOCUMENT_NUMBER", FieldName::DocumentNumber),
    ("EXPIRATION_DATE", FieldName::ExpiryDate),
    ("DATE_OF_ISSUE", FieldName::IssueDate),
    ("PLACE_OF_BIRTH", FieldName::PlaceOfBirth),
    ("CLASS", FieldName::Categories),
];

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub fields: Fields,
    pub zone: Option<Zone>,
    pub taken_for: Option<DocumentKind>,
}

/// A value of one type; a date also as `YYYY-MM-DDThh:mm:ss`.
struct Value<'a> {
    text: &'a str,
    date: Option<&'a str>,
    confidence: f64,
}

/// What `AnalyzeID` says of the sides of one document. An empty value is none, though it comes with a confidence of 99 %.
pub(super) fn found(values: Values, documents: &[IdentityDocument], pages: &[PageText]) -> Found {
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
    let taken_for = by_type.get("ID_TYPE").and_then(|value| kind_of(value.text));
    // Licences of which it knows the state are American, and so are their dates.
    let month_first = by_type.contains_key("STATE_NAME");
    let values = Values { month_first, ..values };
    let mut fields = Fields::new();
    let mut put = |name, text: &str, date, confidence| {
        let region = place::of_text(pages, text);
        if let Some(field) = values.field(name, Said { text, date, confidence, region }) {
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
        // The whole address may stand in its first part already.
        let rest = parts[1..].iter().filter(|part| name != FieldName::Address || !first.text.contains(part.text));
        let text = std::iter::once(first.text).chain(rest.map(|part| part.text)).collect::<Vec<_>>().join(between);
        put(name, &text, None, parts.iter().map(|part| part.confidence).fold(1.0, f64::min));
    }
    let mrz = by_type.get("MRZ_CODE");
    let zone = mrz.and_then(|value| zone::in_text(value.text, value.confidence, values.today));
    Found { fields, zone, taken_for }
}

/// What `ID_TYPE` says, for instance `DRIVER LICENSE FRONT` or `PASSPORT`; nothing where it says `UNKNOWN`.
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
