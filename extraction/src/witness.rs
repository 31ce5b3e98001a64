//! What a service says of fields, the words it read, and the machine-readable zone, put together: each is the others' witness.

use std::collections::BTreeMap;

use domain::agreement::agree;
use domain::document::{DocumentKind, Field, FieldName, FieldSource, PictureIssue, Proof, Provider};
use domain::field_value::normalise;
use domain::mrz::{self, Format, agrees};
use jiff::civil::Date;
use ocr::{PageText, Reading, title_case};

use crate::zone::{self, Zone};
use crate::{ProviderError, place};

/// The value's own check digit and the composite hold, and nothing was corrected.
const PROVED: f64 = 0.99;
/// They hold, but with a character that a check digit corrected.
const CORRECTED: f64 = 0.93;
/// Its own check digit holds, the composite does not.
const LIKELY: f64 = 0.88;
/// Its check digit does not hold.
const DISPROVED: f64 = 0.5;
/// No check digit covers it.
const LETTERED: f64 = 0.95;
/// The zone says one thing, the page another: both stay, and the applicant is asked.
const CONTRADICTED: f64 = 0.7;
/// Fewer required fields than this are no document of that kind.
const LEAST_FIELDS: usize = 2;
/// Fewer words than this are no document.
const LEAST_WORDS: usize = 5;

pub(crate) type Fields = BTreeMap<FieldName, Field>;

/// All that a service has to say of one document.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub kind: DocumentKind,
    pub provider: Provider,
    pub today: Date,
    /// What it names itself.
    pub said: Fields,
    /// The words it read, by page.
    pub pages: Vec<PageText>,
    /// The zone, where it names one; else it is looked for among the words.
    pub zone: Option<Zone>,
    /// What kind of document it takes it for, if it says.
    pub taken_for: Option<DocumentKind>,
}

impl Evidence {
    /// Nothing yet.
    pub fn new(kind: DocumentKind, provider: Provider, today: Date) -> Self {
        Self { kind, provider, today, said: Fields::new(), pages: Vec::new(), zone: None, taken_for: None }
    }

    /// What one page adds: where pages say different things, the first is right.
    pub fn add(&mut self, said: Fields, zone: Option<Zone>, taken_for: Option<DocumentKind>) {
        for (name, field) in said {
            self.said.entry(name).or_insert(field);
        }
        self.zone = self.zone.take().or(zone);
        self.taken_for = self.taken_for.or(taken_for);
    }

    /// What it comes to so far, found out away from other tasks: a crowded page takes its time.
    pub async fn read(&self) -> Result<Reading, ProviderError> {
        let evidence = self.clone();
        let task = tokio::task::spawn_blocking(move || evidence.reading());
        task.await.map_err(|_| ProviderError::Malformed("words in which no fields could be looked for".to_owned()))
    }

    /// The fields, and what is to blame where there are too few.
    fn reading(self) -> Reading {
        let Self { kind, provider, today, said, pages, zone, taken_for } = self;
        let mut fields = said;
        let seen = (kind.proves() == Proof::Identity).then(|| zone::in_words(&pages, today)).flatten();
        let zone = match (zone, seen) {
            (Some(zone), Some(seen)) => Some(Zone { region: zone.region.or(seen.region), ..zone }),
            (zone, seen) => zone.or(seen),
        };
        // The words are what the service has its own fields from: they fill gaps, and witness nothing.
        for (name, mut field) in ocr::fields_in(kind, &pages, FieldSource::PrintedZone, today) {
            let region = field.region.or_else(|| place::of_text(&pages, &field.value));
            if matches!(name, FieldName::GivenNames | FieldName::FamilyName | FieldName::FullName) {
                field.value = title_case(&field.value);
            }
            fields.entry(name).or_insert_with(|| field.by(provider).at(region));
        }
        // What the zone is, is proved by its check digits; the service guesses.
        let is_visa = zone.as_ref().is_some_and(|zone| zone.mrz.format.is_visa());
        let taken_for = zone.as_ref().and_then(zone_kind).or(taken_for);
        if let Some(zone) = zone.as_ref().filter(|_| kind.has_mrz() && !is_visa) {
            beside_zone(&mut fields, zone, kind, provider, today);
        }
        let found = kind.required_fields().iter().filter(|name| fields.contains_key(name)).count();
        let words: usize = pages.iter().map(|page| page.words.len()).sum();
        let issue = if is_visa || taken_for.is_some_and(|taken| taken != kind) {
            Some(PictureIssue::OtherDocument)
        } else if found >= LEAST_FIELDS {
            None
        } else if found > 0 || words >= LEAST_WORDS {
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
        Format::Td1 | Format::Td2 => Some(DocumentKind::IdentityCard),
        // Visas are stuck into passports, and prove nothing.
        Format::MrvA | Format::MrvB => None,
    }
}

/// Adds what the zone says to what the page says.
fn beside_zone(fields: &mut Fields, zone: &Zone, kind: DocumentKind, provider: Provider, today: Date) {
    let says = &zone.mrz;
    let sure = |proof| match (proof, says.checks.composite, zone.corrected) {
        (mrz::Proof::Holds, true, false) => PROVED,
        (mrz::Proof::Holds, true, true) => CORRECTED,
        (mrz::Proof::Holds, false, _) => LIKELY,
        (mrz::Proof::Fails, ..) => DISPROVED,
        (mrz::Proof::Uncovered, ..) => zone.confidence.min(LETTERED),
    };
    for (name, element) in says.elements() {
        let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
        let value = if is_name { title_case(&element.value) } else { element.value };
        let Ok(value) = normalise(kind, name, &value, today) else { continue };
        let read = Field::read(value, sure(element.proof), FieldSource::Mrz).by(provider).at(zone.region);
        let both = match fields.remove(&name) {
            Some(printed) => together(name, printed, read, says.names_cut),
            None => read,
        };
        fields.insert(name, both);
    }
    let whole = if says.checks_pass() { sure(mrz::Proof::Holds) } else { DISPROVED };
    let text = Field::read(zone.text.clone(), whole, FieldSource::Mrz).by(provider).at(zone.region);
    fields.insert(FieldName::Mrz, text);
}

/// One field of two readings, both of which stay.
fn together(name: FieldName, printed: Field, zone: Field, cut: bool) -> Field {
    let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
    let same = agree(name, &printed.value, &zone.value) || (is_name && agrees(&printed.value, &zone.value, cut));
    let sure = printed.confidence.max(zone.confidence);
    // The zone has neither accents nor case, and no check digit over names.
    let (mut used, other) =
        if is_name || zone.confidence < printed.confidence.min(LIKELY) { (printed, zone) } else { (zone, printed) };
    if used.region.is_none() {
        used.region = other.region;
    }
    used.confidence = if same { sure } else { used.confidence.min(CONTRADICTED) };
    used.beside(&other)
}

#[cfg(test)]
mod tests;
