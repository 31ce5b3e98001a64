//! The fields of `prebuilt-idDocument`.

use std::collections::BTreeMap;

use domain::document::{DocumentKind, FieldName, Provider};
use jiff::civil::Date;

use super::answer::{Result as Analysis, Value};
use crate::reconcile::Fields;
use crate::values::{FieldNormaliser, RawValue};
use crate::zone::{self, Zone};

/// Its fields that correspond to one of ours, by its schema of 2024-11-30. Given names come in parts, and [`zone`]
/// reads the machine-readable zone.
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

/// The answer's content about the document.
#[derive(Default)]
pub(super) struct Found {
    pub fields: Fields,
    pub zone: Option<Zone>,
    pub detected_kind: Option<DocumentKind>,
}

/// Extracts the fields from the answer for one page, which is the document's page `index`, counted from 0.
pub(super) fn found(kind: DocumentKind, analysis: &Analysis, index: usize, today: Date) -> Found {
    let Some(document) = analysis.documents.first() else { return Found::default() };
    let of = |name: &str| document.fields.get(name).filter(|value| !text(value).is_empty());
    let month_first = of("CountryRegion").is_some_and(|country| matches!(text(country), "USA" | "US"));
    let normaliser = FieldNormaliser { kind, provider: Provider::AzureDocumentIntelligence, today, month_first };
    let mut fields = Fields::new();
    let mut put = |name, text: &str, value: &Value, confidence| {
        let region = analysis.region(value, index);
        let raw = RawValue { text, date: value.value_date.as_deref(), confidence, region };
        if let Some(field) = normaliser.field(name, raw) {
            fields.insert(name, field);
        }
    };
    for (theirs, name) in FIELDS {
        if let Some(value) = of(theirs) {
            put(name, text(value), value, confidence(value));
        }
    }
    if let Some(value) = of("VehicleClassifications") {
        put(FieldName::Categories, text(value), value, confidence(value));
    }
    if let Some(first) = of("FirstName") {
        let middle = of("MiddleName");
        let whole = [Some(first), middle].into_iter().flatten().map(text).collect::<Vec<_>>().join(" ");
        put(FieldName::GivenNames, &whole, first, middle.map_or(1.0, confidence).min(confidence(first)));
    }
    let zone = of("MachineReadableZone").and_then(|value| {
        let found = zone::in_text(value.content.as_deref()?, zone_confidence(value), today)?;
        Some(Zone { region: analysis.region(value, index), ..found })
    });
    Found { fields, zone, detected_kind: kind_of(&document.doc_type) }
}

/// The text as printed on the document; a date or a country also has a normalised value.
fn text(value: &Value) -> &str {
    let spelt = value.value_country_region.as_deref().or(value.value_string.as_deref());
    // A machine-readable zone and an address are objects: their content is the whole text.
    spelt.or(value.content.as_deref()).or(value.value_date.as_deref()).unwrap_or_default().trim()
}

fn confidence(value: &Value) -> f64 {
    value.confidence.unwrap_or_default()
}

/// The confidence of a zone, or else the lowest confidence of its parts.
fn zone_confidence(value: &Value) -> f64 {
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
