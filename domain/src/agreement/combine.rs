//! Combines two readings of one document, field by field.

use std::collections::BTreeMap;

use super::agree;
use crate::document::{DOUBTFUL_BELOW, Field, FieldName};

/// The fields that were read from a document.
pub type Fields = BTreeMap<FieldName, Field>;

/// The highest confidence of two agreeing readings: both may be wrong.
const SUREST: f64 = 0.99;
/// The most by which agreement raises the higher of the two confidences.
const GAIN: f64 = 0.1;
/// The highest confidence of a value that another reading contradicts: below [`DOUBTFUL_BELOW`], so that the applicant
/// confirms it.
const DISPUTED: f64 = 0.6;
const _: () = assert!(DISPUTED < DOUBTFUL_BELOW);

/// Combines a second reading with the first. The first value stays in use, and the second is kept as another reading.
/// Agreement raises the confidence to the joint one (by at most 0.1, to at most 0.99). Disagreement lowers it below
/// [`DOUBTFUL_BELOW`], so that neither value is chosen silently. A field that only one reading has is unchanged.
pub fn combine(first: Fields, mut second: Fields) -> Fields {
    let mut fields: Fields = first
        .into_iter()
        .map(|(name, field)| match second.remove(&name) {
            Some(other) => (name, combine_field(name, field, &other)),
            None => (name, field),
        })
        .collect();
    fields.extend(second);
    fields
}

fn combine_field(name: FieldName, field: Field, other: &Field) -> Field {
    let confidence = if agree(name, &field.value, &other.value) {
        let both = 1.0 - (1.0 - field.confidence) * (1.0 - other.confidence);
        let most = (field.confidence.max(other.confidence) + GAIN).min(SUREST);
        both.min(most).max(field.confidence)
    } else {
        field.confidence.min(DISPUTED)
    };
    let mut field = Field { confidence: (confidence * 1000.0).round() / 1000.0, ..field };
    // Perhaps only the second reading has a region.
    field.region = field.region.or(other.region);
    let mut field = field.beside(other);
    field.other_readings.extend(other.other_readings.iter().cloned());
    field
}
