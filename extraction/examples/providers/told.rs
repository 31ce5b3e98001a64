//! The person whose documents the services read.

use domain::document::DocumentKind;
use domain::mrz::{Holder, write_td1, write_td3};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use specimens::Person;

/// The values on the documents. Fields that are missing in JSON are Ingrid's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Profile {
    pub given_names: String,
    pub family_name: String,
    pub date_of_birth: Date,
    pub place_of_birth: String,
    pub nationality: String,
    pub sex: char,
    pub document_number: String,
    pub issue_date: Date,
    pub expiry_date: Date,
    pub line1: String,
    pub postal_code: String,
    pub city: String,
    pub country: String,
    /// Issuer and date of the proof of address. Without a date, three weeks ago.
    pub issuer: String,
    pub bill_date: Option<Date>,
}

impl Default for Profile {
    fn default() -> Self {
        let person = Person::ingrid();
        Self {
            given_names: person.given_names,
            family_name: person.family_name,
            date_of_birth: person.date_of_birth,
            place_of_birth: person.city.clone(),
            nationality: person.nationality,
            sex: person.sex,
            document_number: person.document_number,
            issue_date: person.issue_date,
            expiry_date: person.expiry_date,
            line1: person.line1,
            postal_code: person.postal_code,
            city: person.city,
            country: person.country,
            issuer: "Nordlys Energi AS".to_owned(),
            bill_date: None,
        }
    }
}

impl Profile {
    /// The machine-readable zone of a kind of document that has one.
    pub fn zone(&self, kind: DocumentKind) -> Option<String> {
        let holder = |document_type: &str| Holder {
            document_type: document_type.to_owned(),
            issuing_state: self.nationality.clone(),
            family_name: self.family_name.clone(),
            given_names: self.given_names.clone(),
            document_number: self.document_number.clone(),
            nationality: self.nationality.clone(),
            date_of_birth: self.date_of_birth,
            sex: Some(self.sex),
            expiry_date: self.expiry_date,
            optional_data: String::new(),
        };
        match kind {
            DocumentKind::Passport => Some(write_td3(&holder("P"))),
            DocumentKind::IdentityCard => Some(write_td1(&holder("ID"))),
            _ => None,
        }
    }

    /// The date of the proof of address.
    pub fn billed(&self) -> Date {
        let then = || jiff::Zoned::now().date().saturating_sub(jiff::Span::new().days(21));
        self.bill_date.unwrap_or_else(then)
    }
}

/// `14 MAR 1987`.
pub fn letters(date: Date) -> String {
    date.strftime("%d %b %Y").to_string().to_uppercase()
}

/// `14.03.1987`.
pub fn points(date: Date) -> String {
    date.strftime("%d.%m.%Y").to_string()
}
