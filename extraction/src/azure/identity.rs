//! The fields that `prebuilt-idDocument` names.

use std::collections::BTreeMap;

use domain::document::{DocumentKind, FieldName, Provider};
use jiff::civil::Date;

use super::answer::{Result as Analysis, Value};
use crate::values::{Said, Values};
use crate::witness::Fields;
use crate::zone::{self, Zone};

/// Its fields that hold one of ours, by its schema of 2024-11-30. Given names come in parts, and the machine-readable zone is for
/// [`zone`].
const FIELDS: [(&str, FieldName); 13] = [
    ("LastName", FieldName::FamilyName),
    ("DateOfBirth", FieldName::DateOfBirth),
    ("DocumentNumber", FieldName::DocumentNumber),
    ("DocumentType", FieldName::DocumentType),
    ("CountryRegion", FieldName::IssuingCountry),
    ("Nationality", FieldName::Nationality),
    ("Sex", FieldName::Sex),
    ("DateOfExpiration", FieldName::ExpiryDate),
    ("DateOfIssue", FieldName::IssueDate),
    ("Address", FieldName::Address),
    ("PlaceOfBirth", FieldName::PlaceOfBirth),
    ("IssuingAuthority", FieldName::IssuingAuthority),
    ("PersonalNumber", FieldName::PersonalNumber),
];

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub fields: Fields,
    pub zone: Option<Zone>,
    pub taken_for: Option<DocumentKind>,
}

/// What the service says of the document on a page, which is page `index` of ours, counted from 0.
pub(super) fn found(kind: DocumentKind, analysis: &Analysis, index: usize, today: Date) -> Found {
    let Some(document) = analysis.documents.first() else { return Found::default() };
    let of = |name: &str| document.fields.get(name).filter(|value| !text(value).is_empty());
    let month_first = of("CountryRegion").is_some_and(|country| matches!(text(country), "USA" | "US"));
    let values = Values { kind, provider: Provider::AzureDocumentIntelligence, today, month_first };
    let mut fields = Fields::new();
    let mut put = |name, text: &str, value: &Value, confidence| {
        let region = analysis.region(value, index);
        let said = Said { text, date: value.value_date.as_deref(), confidence, region };
        if let Some(field) = values.field(name, said) {
            fields.insert(name, field);
        }
    };
    for (of_theirs, name) in FIELDS {
        if let Some(value) = of(of_theirs) {
            put(name, text(value), value, sure(value));
        }
    }
    if let Some(value) = of("VehicleClassifications") {
        put(FieldName::Categories, text(value), value, sure(value));
    }
    if let Some(first) = of("FirstName") {
        let middle = of("MiddleName");
        let whole = [Some(first), middle].into_iter().flatten().map(text).collect::<Vec<_>>().join(" ");
        put(FieldName::GivenNames, &whole, first, middle.map_or(1.0, sure).min(sure(first)));
    }
    let zone = of("MachineReadableZone").and_then(|value| {
        let found = zone::in_text(value.content.as_deref()?, zone_sure(value), today)?;
        Some(Zone { region: analysis.region(value, index), ..found })
    });
    Found { fields, zone, taken_for: kind_of(&document.doc_type) }
}

/// As it stands on the document, where a date or a country has a spelling of its own beside it.
fn text(value: &Value) -> &str {
    let spelt = value.value_country_region.as_deref().or(value.value_string.as_deref());
    // A machine-readable zone is an object, and an address one of parts: their content is the whole.
    spelt.or(value.content.as_deref()).or(value.value_date.as_deref()).unwrap_or_default().trim()
}

fn sure(value: &Value) -> f64 {
    value.confidence.unwrap_or_default()
}

/// A zone has the confidence of its parts where it has none of its own.
fn zone_sure(value: &Value) -> f64 {
    let parts = || {
        let parts: &BTreeMap<String, Value> = value.value_object.as_ref()?;
        parts.values().filter_map(|part| part.confidence).reduce(f64::min)
    };
    value.confidence.or_else(parts).unwrap_or_default()
}

fn kind_of(doc_type: &str) -> Option<DocumentKind> {
    match doc_type {
        "idDocument.passport" => Some(DocumentKind::Passport),
        "idDocument.driverLicense" => Some(DocumentKind::DrivingLicence),
        "idDocument.nationalIdentityCard" | "idDocument.residencePermit" => Some(DocumentKind::IdentityCard),
        _ => None,
    }
}
