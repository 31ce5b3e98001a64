//! Invented people.

use domain::mrz::Holder;
use jiff::civil::{Date, date};

/// An invented person, with all that their documents say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// As printed, with accents.
    pub given_names: String,
    /// As printed, with accents.
    pub family_name: String,
    /// Date of birth.
    pub date_of_birth: Date,
    /// ICAO 9303-3 code of the nationality, which also issues the documents.
    pub nationality: String,
    /// `M`, `F` or `X`.
    pub sex: char,
    /// Of the identity document; letters and digits.
    pub document_number: String,
    /// When the identity document was issued.
    pub issue_date: Date,
    /// When the identity document expires.
    pub expiry_date: Date,
    /// Street and house number.
    pub line1: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Country, as a letter has it.
    pub country: String,
}

impl Person {
    /// The person of all the examples: Ingrid Brandvold of Oslo, born on 14 March 1987.
    pub fn ingrid() -> Self {
        Self {
            given_names: "Ingrid".into(),
            family_name: "Brandvold".into(),
            date_of_birth: date(1987, 3, 14),
            nationality: "NOR".into(),
            sex: 'F',
            document_number: "NB4821937".into(),
            issue_date: date(2026, 2, 18),
            expiry_date: date(2036, 2, 18),
            line1: "Storgata 14".into(),
            postal_code: "0184".into(),
            city: "Oslo".into(),
            country: "Norway".into(),
        }
    }

    /// Given and family names, parted by a space.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_names, self.family_name)
    }

    pub(crate) fn holder(&self, document_type: &str) -> Holder {
        Holder {
            document_type: document_type.into(),
            issuing_state: self.nationality.clone(),
            family_name: self.family_name.clone(),
            given_names: self.given_names.clone(),
            document_number: self.document_number.clone(),
            nationality: self.nationality.clone(),
            date_of_birth: self.date_of_birth,
            sex: Some(self.sex),
            expiry_date: self.expiry_date,
            optional_data: String::new(),
        }
    }

    /// The zone of their passport, as it is printed.
    pub fn passport_mrz(&self) -> String {
        domain::mrz::write_td3(&self.holder("P"))
    }

    /// The zone of their identity card, as it is printed.
    pub fn card_mrz(&self) -> String {
        domain::mrz::write_td1(&self.holder("ID"))
    }
}
