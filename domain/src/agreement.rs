//! When two readings of a field say the same.

use crate::country;
use crate::document::FieldName;
use crate::mrz::transliterate;

/// Whether two values of a field, in the spelling of [`crate::field_value`], mean the same. Case, accents and the spelling that
/// the machine-readable zone forces on letters do not tell them apart.
pub fn agree(name: FieldName, a: &str, b: &str) -> bool {
    match name {
        FieldName::IssuingCountry | FieldName::Nationality => {
            let country = |code: &str| country::document_state(code).and_then(|state| state.country);
            a.eq_ignore_ascii_case(b) || country(a).is_some_and(|a| country(b) == Some(a))
        }
        _ => bare(a) == bare(b),
    }
}

fn bare(text: &str) -> String {
    transliterate(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_no_disagreement() {
        assert!(agree(FieldName::FamilyName, "Ørsted", "OERSTED"));
        assert!(agree(FieldName::DocumentNumber, "NB 4821937", "nb4821937"));
        assert!(agree(FieldName::Nationality, "D", "DEU"));
        assert!(!agree(FieldName::DateOfBirth, "1987-03-14", "1987-03-15"));
    }
}
