//! Disagreements between two readings of a document: of page and zone or barcode, or of two readers.

use super::evidence::FieldEvidence;
use crate::agreement::agree;
use crate::document::{Document, Field, FieldName, FieldSource};
use crate::mrz::agrees;

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

/// The fields whose readings disagree, each with the kind of disagreement. `cut`: the names fill their field in the
/// machine-readable zone, so the printed names may be longer.
pub(super) fn disputed(document: &Document, names: &[FieldName], cut: bool) -> Vec<(Between, FieldName)> {
    let fields = names.iter().filter_map(|name| Some((*name, document.extracted_fields.get(name)?)));
    fields.filter_map(|(name, field)| Some((between(document, name, field, cut)?, name))).collect()
}

fn between(document: &Document, name: FieldName, field: &Field, cut: bool) -> Option<Between> {
    let read = FieldEvidence::of(document, name).as_read()?;
    let is_name = matches!(name, FieldName::GivenNames | FieldName::FamilyName);
    let other = field.other_readings.iter().find(|other| {
        let spelt = |print: &str, zone: &str| is_name && agrees(print, zone, cut);
        let coded = (other.source == FieldSource::Mrz && spelt(read, &other.value))
            || (field.source == FieldSource::Mrz && spelt(&other.value, read));
        !coded && !agree(name, read, &other.value)
    })?;
    let sources = [field.source, other.source];
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
