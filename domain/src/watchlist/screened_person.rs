//! The person who is screened.

use jiff::civil::Date;

use crate::applicant::Applicant;
use crate::country;
use crate::date::parse_iso;
use crate::document::{Document, FieldName, Proof};
use crate::names::FullName;

/// A person as they are screened against a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenedPerson {
    /// Every known spelling of the name: as typed, as read.
    pub names: Vec<FullName>,
    /// Every known date of birth: as typed, as read.
    pub dates_of_birth: Vec<Date>,
    /// Nationality, issuer of the document, residence: ISO 3166-1 alpha-2, or the codes of travel documents.
    pub countries: Vec<String>,
}

impl ScreenedPerson {
    /// The applicant, with every typed or read name and date of birth. Corrected readings are included, so that a
    /// correction cannot evade the list.
    pub fn of(applicant: &Applicant, documents: &[Document]) -> Self {
        let mut person = Self {
            names: vec![FullName::new(applicant.first_name(), applicant.last_name())],
            dates_of_birth: vec![applicant.date_of_birth()],
            countries: Vec::new(),
        };
        for document in documents.iter().filter(|document| document.kind.proves() == Proof::Identity) {
            person.add(|name| document.value(name));
            person.add(|name| {
                let field = document.extracted_fields.get(&name)?;
                Some(field.read_value.as_deref().unwrap_or(&field.value))
            });
        }
        person.add_country(&applicant.address().country);
        person
    }

    /// Adds a document's values, without duplicates.
    fn add<'a>(&mut self, value: impl Fn(FieldName) -> Option<&'a str>) {
        let part = |name| value(name).unwrap_or_default();
        let name = FullName::new(part(FieldName::GivenNames), part(FieldName::FamilyName));
        if !name.whole().is_empty() && !self.names.contains(&name) {
            self.names.push(name);
        }
        if let Some(born) = value(FieldName::DateOfBirth).and_then(parse_iso)
            && !self.dates_of_birth.contains(&born)
        {
            self.dates_of_birth.push(born);
        }
        for code in [FieldName::Nationality, FieldName::IssuingCountry].into_iter().filter_map(&value) {
            if let Some(code) = alpha2(code) {
                self.add_country(code);
            }
        }
    }

    fn add_country(&mut self, code: &str) {
        if !self.countries.iter().any(|known| known == code) {
            self.countries.push(code.to_owned());
        }
    }
}

/// The alpha-2 code of a country's code, whether of ISO 3166-1 or of a travel document.
pub(super) fn alpha2(code: &str) -> Option<&'static str> {
    let country = country::by_alpha2(code).or_else(|| country::document_state(code)?.country)?;
    Some(country.alpha2)
}
