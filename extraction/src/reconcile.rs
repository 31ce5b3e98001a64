//! Reconciles the fields that a service names, the words that it read and the machine-readable zone: their agreement or
//! contradiction sets the confidence of each field.

use std::collections::BTreeMap;

use domain::agreement::agree;
use domain::document::{DocumentKind, Field, FieldName, FieldSource, PictureIssue, Proof, Provider};
use domain::field_value::normalise;
use domain::mrz::{self, Format, agrees};
use jiff::civil::Date;
use ocr::{PageText, Reading, title_case};

use crate::extractor::ProviderError;
use crate::regions;
use crate::values::AMBIGUOUS_DATE;
use crate::zone::{self, Zone};

/// The field's check digit and the composite check digit are valid, and no character was corrected.
const CHECKED: f64 = 0.99;
/// Both are valid after a character was corrected.
const CORRECTED: f64 = 0.93;
/// The field's check digit is valid, another one is not. A wrong reading in ten passes its check digit, so the page must
/// agree.
const FIELD_CHECKED: f64 = 0.75;
/// Minimum confidence of a printed value that replaces a zone's value of less confidence.
const PREFERRED_PAGE: f64 = 0.88;
/// The field's check digit is invalid.
const CHECK_FAILED: f64 = 0.5;
/// Maximum confidence of a field that no check digit covers.
const UNCHECKED: f64 = 0.95;
/// Maximum confidence of a date of which the zone leaves the century open and the page does not show it.
const GUESSED_CENTURY: f64 = 0.7;
/// The zone and the page contradict each other: both values are kept, and the applicant is asked.
const CONTRADICTED: f64 = 0.7;
/// Minimum number of required fields of a document of the kind.
const MIN_FIELDS: usize = 2;
/// Minimum number of words of a document without fields.
const MIN_WORDS: usize = 5;

pub(crate) type Fields = BTreeMap<FieldName, Field>;

/// Everything that a service returned for one document.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub kind: DocumentKind,
    pub provider: Provider,
    pub today: Date,
    /// The fields that it names.
    pub named: Fields,
    /// The words it read, by page.
    pub pages: Vec<PageText>,
    /// The machine-readable zone, if it names one; else the zone is searched among the words.
    pub zone: Option<Zone>,
    /// The kind of document that it detected, if it says so.
    pub detected_kind: Option<DocumentKind>,
}

impl Evidence {
    /// Empty evidence.
    pub fn new(kind: DocumentKind, provider: Provider, today: Date) -> Self {
        Self { kind, provider, today, named: Fields::new(), pages: Vec::new(), zone: None, detected_kind: None }
    }

    /// Adds the answer for one page. If pages contradict each other, the first one counts.
    pub fn add(&mut self, named: Fields, zone: Option<Zone>, detected_kind: Option<DocumentKind>) {
        for (name, field) in named {
            self.named.entry(name).or_insert(field);
        }
        self.zone = self.zone.take().or(zone);
        self.detected_kind = self.detected_kind.or(detected_kind);
    }

    /// The reading of the evidence so far. It runs on a blocking thread, since a page with many words takes long.
    pub async fn read(&self) -> Result<Reading, ProviderError> {
        let evidence = self.clone();
        let task = tokio::task::spawn_blocking(move || evidence.reading());
        task.await.map_err(|_| ProviderError::Malformed("the search for fields failed".to_owned()))
    }

    /// The fields, or the issue of the picture if there are too few.
    fn reading(self) -> Reading {
        let Self { kind, provider, today, named: mut fields, pages, zone, detected_kind } = self;
        let seen = (kind.proves() == Proof::Identity).then(|| zone::in_words(&pages, today)).flatten();
        let zone = match (zone, seen) {
            // Among the words of the page, a number is corrected by its print.
            (Some(zone), Some(seen)) if seen.mrz.checks_pass() && !zone.mrz.checks_pass() => Some(seen),
            (Some(zone), Some(seen)) => Some(Zone { region: zone.region.or(seen.region), ..zone }),
            (zone, seen) => zone.or(seen),
        };
        // The service derived its fields from the same words, so these fill gaps but confirm nothing.
        for (name, mut field) in ocr::fields_in(kind, &pages, FieldSource::PrintedZone, today) {
            let region = field.region.or_else(|| regions::of_text(&pages, &field.value));
            if matches!(name, FieldName::GivenNames | FieldName::FamilyName | FieldName::FullName) {
                field.value = title_case(&field.value);
            }
            // The service cannot tell day and month apart, but the country of the address does.
            let settles = name == FieldName::IssueDate && field.confidence > AMBIGUOUS_DATE;
            if settles && fields.get(&name).is_some_and(|named| named.confidence <= AMBIGUOUS_DATE) {
                fields.remove(&name);
            }
            fields.entry(name).or_insert_with(|| field.by(provider).at(region));
        }
        // The check digits prove the kind of the zone; the service only estimates it.
        let is_visa = zone.as_ref().is_some_and(|zone| zone.mrz.format.is_visa());
        let detected_kind = zone.as_ref().and_then(zone_kind).or(detected_kind);
        if let Some(zone) = zone.as_ref().filter(|_| kind.has_mrz() && !is_visa) {
            merge_zone(&mut fields, zone, kind, provider, today);
        }
        let found = kind.required_fields().iter().filter(|name| fields.contains_key(name)).count();
        let words: usize = pages.iter().map(|page| page.words.len()).sum();
        let issue = if is_visa || detected_kind.is_some_and(|detected| detected != kind) {
            Some(PictureIssue::OtherDocument)
        } else if found >= MIN_FIELDS {
            None
        } else if found > 0 || words >= MIN_WORDS {
            Some(PictureIssue::OtherDocument)
        } else {
            Some(PictureIssue::NoDocument)
        };
        if issue == Some(PictureIssue::NoDocument) {
            fields.clear();
        }
        Reading { fields, issue }
    }
}

fn zone_kind(zone: &Zone) -> Option<DocumentKind> {
    match zone.mrz.format {
        Format::Td3 => Some(DocumentKind::Passport),
        Format::Td1 | Format::Td2 | Format::FrenchCard => Some(DocumentKind::IdentityCard),
        // A visa is a page of a passport, and proves no identity.
        Format::MrvA | Format::MrvB => None,
    }
}

/// Merges the fields of the zone into those of the page.
fn merge_zone(fields: &mut Fields, zone: &Zone, kind: DocumentKind, provider: Provider, today: Date) {
    let date = |name| -> Option<Date> { fields.get(&name)?.value.parse().ok() };
    let mut mrz = zone.mrz.clone();
    mrz.settle_birth(&Vec::from_iter(date(FieldName::DateOfBirth)), date(FieldName::IssueDate));
    let confidence = |proof| match (proof, mrz.checks_pass(), zone.corrected) {
        (mrz::CheckDigit::Holds, true, false) => CHECKED,
        (mrz::CheckDigit::Holds, true, true) => CORRECTED,
        (mrz::CheckDigit::Holds, false, _) => FIELD_CHECKED,
        (mrz::CheckDigit::Fails, ..) => CHECK_FAILED,
        (mrz::CheckDigit::Uncovered, ..) => zone.confidence.min(UNCHECKED),
    };
    for (name, element) in mrz.elements() {
        let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
        // Of several meanings the one that the page prints is right.
        let page = fields.get(&name);
        let printed_as = |value: &str| page.is_some_and(|field| agree(name, value, &field.value));
        let meaning = element.meaning(printed_as).unwrap_or(&element.value);
        let proof = confidence(element.check);
        let sure = if element.others.is_empty() || printed_as(meaning) { proof } else { proof.min(GUESSED_CENTURY) };
        let value = if is_name { title_case(meaning) } else { meaning.to_owned() };
        let Ok(value) = normalise(kind, name, &value, today) else { continue };
        let read = Field::read(value, sure, FieldSource::Mrz).by(provider).at(zone.region);
        let merged = match fields.remove(&name) {
            Some(printed) => merge_field(name, printed, read, mrz.names_cut),
            None => read,
        };
        fields.insert(name, merged);
    }
    let whole = if mrz.checks_pass() { confidence(mrz::CheckDigit::Holds) } else { CHECK_FAILED };
    let text = Field::read(zone.text.clone(), whole, FieldSource::Mrz).by(provider).at(zone.region);
    fields.insert(FieldName::Mrz, text);
}

/// Merges two readings of one field. The value that is not used is kept as another reading.
fn merge_field(name: FieldName, printed: Field, zone: Field, cut: bool) -> Field {
    let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
    let same = agree(name, &printed.value, &zone.value) || (is_name && agrees(&printed.value, &zone.value, cut));
    let highest = printed.confidence.max(zone.confidence);
    // In the zone, names have neither accents nor lower case nor a check digit.
    let (mut used, other) = if is_name || zone.confidence < printed.confidence.min(PREFERRED_PAGE) {
        (printed, zone)
    } else {
        (zone, printed)
    };
    if used.region.is_none() {
        used.region = other.region;
    }
    used.confidence = if same { highest } else { used.confidence.min(CONTRADICTED) };
    used.beside(&other)
}

#[cfg(test)]
mod tests;
