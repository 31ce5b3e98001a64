//! A zone field by field, each with what its check digit says of it, so that one bad field does not spoil the good ones.

use std::collections::BTreeMap;

use super::{Format, Mrz};
use crate::document::FieldName;

/// What the check digits say of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its check digit holds.
    Holds,
    /// Its check digit does not hold.
    Fails,
    /// No check digit covers it.
    Uncovered,
}

/// One value of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// In the spelling of [`crate::field_value`]; names in the letters of the zone, upper case.
    pub value: String,
    /// What its check digit says.
    pub proof: Proof,
}

impl Mrz {
    /// The values that the zone gives, each judged by itself. What is absent, or no possible date, is left out.
    pub fn elements(&self) -> BTreeMap<FieldName, Element> {
        use FieldName::*;
        let covered = |holds: bool| if holds { Proof::Holds } else { Proof::Fails };
        let text = |value: &String| (!value.is_empty()).then(|| value.clone());
        let date = |value: Option<jiff::civil::Date>| value.map(|date| date.to_string());
        // What stands there in a card is each issuer's own affair.
        let personal = (self.format == Format::Td3).then(|| text(&self.optional_data)).flatten();
        let personal = personal.filter(|number| !number.contains(' '));
        [
            (DocumentType, text(&self.document_type), Proof::Uncovered),
            (IssuingCountry, text(&self.issuing_state), Proof::Uncovered),
            (FamilyName, text(&self.family_name), Proof::Uncovered),
            (GivenNames, text(&self.given_names), Proof::Uncovered),
            (DocumentNumber, text(&self.document_number), covered(self.checks.document_number)),
            (Nationality, text(&self.nationality), Proof::Uncovered),
            (DateOfBirth, date(self.date_of_birth), covered(self.checks.date_of_birth)),
            (Sex, self.sex.map(String::from), Proof::Uncovered),
            (ExpiryDate, date(self.expiry_date), covered(self.checks.expiry_date)),
            (PersonalNumber, personal, covered(self.checks.optional)),
        ]
        .into_iter()
        .filter_map(|(name, value, proof)| Some((name, Element { value: value?, proof })))
        .collect()
    }
}
