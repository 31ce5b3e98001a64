//! Limits the length of values to that of the form field which shows them.

use std::collections::BTreeMap;

use domain::document::{Field, FieldName};
use domain::field_value::max_length;

/// Confidence of a truncated value: doubtful, so that the applicant checks it.
const TRUNCATED: f64 = 0.5;

/// Truncates every value to the maximum length of its field, except the MRZ, whose format fixes its length.
pub(crate) fn limit(fields: &mut BTreeMap<FieldName, Field>) {
    for (name, field) in fields.iter_mut().filter(|(name, _)| **name != FieldName::Mrz) {
        if let Some((end, _)) = field.value.char_indices().nth(max_length(*name)) {
            field.value.truncate(end);
            field.value.truncate(field.value.trim_end().len());
            field.confidence = field.confidence.min(TRUNCATED);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::document::{DOUBTFUL_BELOW, FieldSource};

    use super::*;

    fn limited(name: FieldName, value: &str) -> Field {
        let mut fields = BTreeMap::from([(name, Field::read(value, 0.95, FieldSource::TextLayer))]);
        limit(&mut fields);
        fields.remove(&name).unwrap_or_else(|| Field::read("", 0.0, FieldSource::TextLayer))
    }

    #[test]
    fn value_within_limit_is_unchanged() {
        for name in [FieldName::GivenNames, FieldName::Address, FieldName::Issuer, FieldName::DocumentNumber] {
            let value = "ø".repeat(max_length(name));
            assert_eq!(limited(name, &value), Field::read(value, 0.95, FieldSource::TextLayer), "{name:?}");
        }
        assert_eq!(limited(FieldName::ExpiryDate, "2036-02-18").value, "2036-02-18");
    }

    #[test]
    fn overlong_value_is_truncated_and_doubtful() {
        for name in [FieldName::GivenNames, FieldName::Address, FieldName::Issuer, FieldName::DocumentNumber] {
            let field = limited(name, &"ø".repeat(max_length(name) + 1));
            assert_eq!(field.value, "ø".repeat(max_length(name)), "{name:?}");
            assert!(field.confidence < DOUBTFUL_BELOW, "{name:?}");
        }
        let spaced = format!("{} and more", "x".repeat(max_length(FieldName::Issuer) - 1));
        assert_eq!(limited(FieldName::Issuer, &spaced).value, spaced.replace(" and more", ""));
    }

    #[test]
    fn mrz_is_never_truncated() {
        let zone = ["<".repeat(44), "<".repeat(44)].join("\n");
        assert_eq!(limited(FieldName::Mrz, &zone), Field::read(zone, 0.95, FieldSource::TextLayer));
    }
}
