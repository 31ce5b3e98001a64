//! The person who is screened.

use jiff::civil::Date;

use super::entry::{ListedDocumentKind, Sex};
use crate::applicant::Applicant;
use crate::country;
use crate::date::parse_iso;
use crate::document::{Document, DocumentKind, FieldName, Proof};
use crate::names::FullName;
use crate::names::own_script::is_readable;

/// A document of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDocument {
    /// What it is.
    pub kind: ListedDocumentKind,
    /// Its number as typed or read.
    pub number: String,
    /// The issuing country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// A person as they are screened against lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenedPerson {
    /// Every known spelling of the name: as typed, as read.
    pub names: Vec<FullName>,
    /// Every known date of birth: as typed, as read.
    pub dates_of_birth: Vec<Date>,
    /// Nationality, issuer of the document, residence: ISO 3166-1 alpha-2, or the codes of travel documents.
    pub countries: Vec<String>,
    /// Nationalities alone, ISO 3166-1 alpha-2.
    pub nationalities: Vec<String>,
    /// Male or female; `None` if unknown, or if documents differ.
    pub sex: Option<Sex>,
    /// Numbers of documents.
    pub documents: Vec<PersonDocument>,
}

impl ScreenedPerson {
    /// The applicant, with every typed or read name, date of birth and number. Corrected readings are included, so that
    /// a correction cannot evade the list.
    pub fn of(applicant: &Applicant, documents: &[Document]) -> Self {
        let mut person = Self {
            names: vec![FullName::new(applicant.first_name(), applicant.last_name())],
            dates_of_birth: vec![applicant.date_of_birth()],
            ..Self::default()
        };
        let mut sexes: Vec<Sex> = Vec::new();
        for document in documents.iter().filter(|document| document.kind.proves() == Proof::Identity) {
            let read = |name: FieldName| {
                let field = document.extracted_fields.get(&name)?;
                Some(field.read_value.as_deref().unwrap_or(&field.value))
            };
            person.add(document.kind, |name| document.value(name));
            person.add(document.kind, read);
            sexes.extend(read(FieldName::Sex).and_then(Sex::parse));
        }
        sexes.dedup();
        person.sex = if let [sex] = sexes.as_slice() { Some(*sex) } else { None };
        person.add_country(&applicant.address().country);
        person
    }

    /// Adds a document's values, without duplicates.
    fn add<'a>(&mut self, kind: DocumentKind, value: impl Fn(FieldName) -> Option<&'a str>) {
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
        if let Some(code) = value(FieldName::Nationality).and_then(alpha2)
            && !self.nationalities.iter().any(|known| known == code)
        {
            self.nationalities.push(code.to_owned());
        }
        for code in [FieldName::Nationality, FieldName::IssuingCountry].into_iter().filter_map(&value) {
            if let Some(code) = alpha2(code) {
                self.add_country(code);
            }
        }
        if let Some(number) = value(FieldName::DocumentNumber) {
            let kind = match kind {
                DocumentKind::Passport => ListedDocumentKind::Passport,
                DocumentKind::IdentityCard => ListedDocumentKind::NationalId,
                DocumentKind::DrivingLicence => ListedDocumentKind::Licence,
                _ => ListedDocumentKind::Other,
            };
            let country = value(FieldName::IssuingCountry).and_then(alpha2).map(str::to_owned);
            let document = PersonDocument { kind, number: number.to_owned(), country };
            if !self.documents.contains(&document) {
                self.documents.push(document);
            }
        }
    }

    fn add_country(&mut self, code: &str) {
        if !self.countries.iter().any(|known| known == code) {
            self.countries.push(code.to_owned());
        }
    }

    /// Whether a name of the person is in letters that are read: Latin, or others whose transliteration is the name as
    /// documents spell it. If none is, the lists' Latin names were not compared.
    pub(super) fn has_readable_name(&self) -> bool {
        let is_read = |name: &FullName| {
            let whole = name.whole();
            let mut letters = whole.chars().filter(|c| c.is_alphabetic()).peekable();
            letters.peek().is_some() && letters.all(is_readable)
        };
        self.names.is_empty() || self.names.iter().any(is_read)
    }
}

/// The alpha-2 code of a country's code, whether of ISO 3166-1 or of a travel document.
pub(super) fn alpha2(code: &str) -> Option<&'static str> {
    let country = country::by_alpha2(code).or_else(|| country::document_state(code)?.country)?;
    Some(country.alpha2)
}
