//! Two readings of one document as one: a second opinion by field.

use std::collections::BTreeMap;

use super::agree;
use crate::document::{DOUBTFUL_BELOW, Field, FieldName};

/// What was read from a document.
pub type Fields = BTreeMap<FieldName, Field>;

/// Two readers who agree may both err: a reading is never surer than this,
const SUREST: f64 = 0.99;
/// nor surer than the surer of the two by more than this.
const GAIN: f64 = 0.1;
/// Of a value that another reading contradicts: less than [`DOUBTFUL_BELOW`], so that the applicant is asked.
const DISPUTED: f64 = 0.6;
const _: () = assert!(DISPUTED < DOUBTFUL_BELOW);

/// Puts a second reading beside the first. The value of the first stays in use, the second's stands beside it; where the two
/// agree, the confidence rises to what both together give (at most by a tenth, and to 0.99), where they do not, it falls below
/// [`DOUBTFUL_BELOW`], so that neither is chosen silently. What only one of them has read is taken as it was read.
pub fn combine(first: Fields, mut second: Fields) -> Fields {
    let mut fields: Fields = first
        .into_iter()
        .map(|(name, field)| match second.remove(&name) {
            Some(other) => (name, together(name, field, &other)),
            None => (name, field),
        })
        .collect();
    fields.extend(second);
    fields
}

fn together(name: FieldName, field: Field, other: &Field) -> Field {
    let confidence = if agree(name, &field.value, &other.value) {
        let both = 1.0 - (1.0 - field.confidence) * (1.0 - other.confidence);
        let most = (field.confidence.max(other.confidence) + GAIN).min(SUREST);
        both.min(most).max(field.confidence)
    } else {
        field.confidence.min(DISPUTED)
    };
    let mut field = Field { confidence: (confidence * 1000.0).round() / 1000.0, ..field };
    // Where on the page it stands, if only the second knows.
    field.region = field.region.or(other.region);
    let mut field = field.beside(other);
    field.other_readings.extend(other.other_readings.iter().cloned());
    field
}
