//! A zone field by field, each with the result of its check digit, so that a wrong field does not affect the others.

use std::collections::BTreeMap;

use super::{Format, Mrz};
use crate::date::NO_EXPIRY;
use crate::document::FieldName;

/// The result of the check digit of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
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
    /// The result of its check digit.
    pub check: CheckDigit,
    /// Other values that the characters may mean: dates in another century, or no expiry.
    pub others: Vec<String>,
}

impl Element {
    /// The value or the other value for which `is` holds.
    pub fn meaning(&self, is: impl Fn(&str) -> bool) -> Option<&str> {
        std::iter::once(&self.value).chain(&self.others).map(String::as_str).find(|value| is(value))
    }
}

impl Mrz {
    /// The values of the zone, each with its own result. An absent value or an invalid date is left out.
    pub fn elements(&self) -> BTreeMap<FieldName, Element> {
        use FieldName::*;
        let covered = |holds: bool| if holds { CheckDigit::Holds } else { CheckDigit::Fails };
        let text = |value: &String| (!value.is_empty()).then(|| value.clone());
        let date = |value: Option<jiff::civil::Date>| value.map(|date| date.to_string());
        // The content of a card's optional element is up to its issuer.
        let personal = (self.format == Format::Td3).then(|| text(&self.optional_data)).flatten();
        let personal = personal.filter(|number| !number.contains(' '));
        let others = |name| match name {
            DateOfBirth => self.births.iter().skip(1).filter_map(|born| date(born.whole())).collect(),
            ExpiryDate if self.expiry_date.is_some_and(|date| date != NO_EXPIRY) && self.may_expire(NO_EXPIRY) => {
                vec![NO_EXPIRY.to_string()]
            }
            _ => Vec::new(),
        };
        [
            (DocumentType, text(&self.document_type), CheckDigit::Uncovered),
            (IssuingCountry, text(&self.issuing_state), CheckDigit::Uncovered),
            (FamilyName, text(&self.family_name), CheckDigit::Uncovered),
            (GivenNames, text(&self.given_names), CheckDigit::Uncovered),
            (DocumentNumber, text(&self.document_number), covered(self.checks.document_number)),
            (Nationality, text(&self.nationality), CheckDigit::Uncovered),
            (DateOfBirth, date(self.date_of_birth), covered(self.checks.date_of_birth)),
            (Sex, self.sex.map(String::from), CheckDigit::Uncovered),
            (ExpiryDate, date(self.expiry_date), covered(self.checks.expiry_date)),
            (PersonalNumber, personal, covered(self.checks.optional)),
        ]
        .into_iter()
        .filter_map(|(name, value, check)| Some((name, Element { value: value?, check, others: others(name) })))
        .collect()
    }
}
