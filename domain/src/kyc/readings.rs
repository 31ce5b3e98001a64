//! Disagreements between two readings of a document: of page and zone or barcode, or of two readers.

use super::evidence::FieldEvidence;
use crate::agreement::agree;
use crate::date::parse_iso;
use crate::document::{Document, Field, FieldName, FieldSource};
use crate::mrz::{Mrz, agrees};

/// Fields that establish the identity: where their readings disagree, a person decides.
pub(super) const CRITICAL: [FieldName; 8] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::DateOfBirth,
    FieldName::DocumentNumber,
    FieldName::ExpiryDate,
    FieldName::Nationality,
    FieldName::IssuingCountry,
    FieldName::Sex,
];

/// The readings that disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    PageAndZone,
    PageAndBarcode,
    Readers,
}

/// The fields whose readings disagree, each with the kind of disagreement. A date of the machine-readable `zone` may
/// mean several days, and its names may be shorter than the printed ones.
pub(super) fn disputed(document: &Document, names: &[FieldName], zone: Option<&Mrz>) -> Vec<(Between, FieldName)> {
    let fields = names.iter().filter_map(|name| Some((*name, document.extracted_fields.get(name)?)));
    fields.filter_map(|(name, field)| Some((between(document, name, field, zone)?, name))).collect()
}

fn between(document: &Document, name: FieldName, field: &Field, zone: Option<&Mrz>) -> Option<Between> {
    let read = FieldEvidence::of(document, name).as_read()?;
    let cut = zone.is_some_and(|zone| zone.names_cut);
    // The source of the reading, also where the applicant corrected it.
    let source = field.read_source.unwrap_or(field.source);
    let other = field.other_readings.iter().find(|other| {
        // Whether a value of the page agrees with a value that was derived from the zone.
        let spelt = |print: &str, coded: &str| match (name, zone, parse_iso(print)) {
            (FieldName::GivenNames | FieldName::FamilyName, ..) => agrees(print, coded, cut),
            (FieldName::DateOfBirth, Some(zone), Some(born)) => zone.may_be_born(born),
            (FieldName::ExpiryDate, Some(zone), Some(ends)) => zone.may_expire(ends),
            _ => false,
        };
        let coded = (other.source == FieldSource::Mrz && spelt(read, &other.value))
            || (source == FieldSource::Mrz && spelt(&other.value, read));
        !coded && !agree(name, read, &other.value)
    })?;
    let sources = [source, other.source];
    Some(if sources.contains(&FieldSource::Mrz) {
        Between::PageAndZone
    } else if sources.contains(&FieldSource::Barcode) {
        Between::PageAndBarcode
    } else {
        Between::Readers
    })
}

/// A sentence for each kind of disagreement, naming its fields.
pub(super) fn sentences(disputed: &[(Between, FieldName)], what: &str) -> Vec<String> {
    let sentence = |between, begins: String| {
        let fields = disputed.iter().filter(|(other, _)| *other == between);
        let fields: Vec<_> = fields.map(|(_, name)| name.label().to_lowercase()).collect();
        (!fields.is_empty()).then(|| format!("{begins} disagree: {}.", fields.join(", ")))
    };
    [
        sentence(Between::PageAndZone, format!("The page and the coded lines of {what}")),
        sentence(Between::PageAndBarcode, format!("The page and the barcode of {what}")),
        sentence(Between::Readers, format!("Two readings of {what}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}
