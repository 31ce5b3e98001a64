//! DOCUMENT_VALIDITY: type, number, expiry, check digits, the picture, and the agreement of the readings (page with
//! machine-readable zone or barcode, one reader with another).

use jiff::civil::Date;

use super::evidence::FieldEvidence;
use super::readings::{self, Between};
use super::{Finding, Inputs, Severity, day};
use crate::country;
use crate::date::parse_iso;
use crate::document::{DOUBTFUL_BELOW, Document, DocumentKind, FieldName, FieldSource, Proof};
use crate::mrz::{self, Format, Mrz, MrzError};
use crate::names::{FullName, agrees_with_mrz};

/// The machine-readable zone of a document as it was read. A typed zone is ignored. The century of its birth is settled
/// by the rest of the document.
pub(super) fn zone(document: &Document, today: Date) -> Option<Result<Mrz, MrzError>> {
    let text = FieldEvidence::of(document, FieldName::Mrz).as_read()?;
    Some(mrz::parse(text, today).map(|mut zone| {
        let issued = FieldEvidence::of(document, FieldName::IssueDate).as_read().and_then(parse_iso);
        zone.settle_birth(&births_with_century(document), issued);
        zone
    }))
}

/// The dates of birth that were read from a part of the document that shows the century.
pub(super) fn births_with_century(document: &Document) -> Vec<Date> {
    let Some(field) = document.extracted_fields.get(&FieldName::DateOfBirth) else { return Vec::new() };
    let read = FieldEvidence::of(document, FieldName::DateOfBirth).as_read();
    let first = read.map(|value| (field.read_source.unwrap_or(field.source), value));
    let others = field.other_readings.iter().map(|other| (other.source, other.value.as_str()));
    let shows_century = |source| !matches!(source, FieldSource::Mrz | FieldSource::Applicant);
    first
        .into_iter()
        .chain(others)
        .filter(|(source, _)| shows_century(*source))
        .filter_map(|(_, v)| parse_iso(v))
        .collect()
}

/// The number of examined points, and the faults found.
#[derive(Default)]
struct PointTally {
    examined: u32,
    held: u32,
    wrong: Vec<String>,
    high_risk: bool,
}

impl PointTally {
    fn point(&mut self, holds: bool, wrong: impl FnOnce() -> String) {
        self.examined += 1;
        if holds {
            self.held += 1;
        } else {
            self.wrong.push(wrong());
        }
    }

    fn score(&self) -> f64 {
        f64::from(self.held) / f64::from(self.examined.max(1))
    }
}

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    let Some(identity) = inputs.proof(Proof::Identity) else {
        return Finding::needs_review(0.0, "There is no proof of identity.");
    };
    let mut points = PointTally::default();
    number(identity, &mut points);
    expiry(identity, inputs.today, &mut points);
    states(identity, &mut points);
    corrections(identity, &mut points);
    picture(identity, &mut points);
    let zone = zone(identity, inputs.today).and_then(Result::ok);
    let mut score_at_most = 1.0;
    if identity.kind.has_mrz() {
        machine_readable(identity, zone.as_ref(), &mut points);
    } else {
        // No check digit proves the reading, so its confidence decides.
        score_at_most = identity.confidence;
        points.point(identity.confidence >= DOUBTFUL_BELOW, || "The document could not be read clearly enough.".into());
    }
    disagreements(identity, zone.as_ref(), &mut points);
    let score = points.score().min(score_at_most);
    if points.wrong.is_empty() {
        let what = if identity.kind.has_mrz() { ", its coded lines are in order and agree with the page" } else { "" };
        return Finding::passed(score, format!("The document is valid{what}."));
    }
    points.wrong.push("A colleague will look at it.".to_owned());
    let finding = Finding::needs_review(score, points.wrong.join(" "));
    if points.high_risk { finding.with_severity(Severity::HighRisk) } else { finding }
}

fn number(identity: &Document, points: &mut PointTally) {
    let number = FieldEvidence::of(identity, FieldName::DocumentNumber);
    points.point(number.value().is_some(), || "The document number could not be read.".into());
    points.point(!number.is_applicant_supplied(), || "You typed or corrected the document number.".into());
}

fn expiry(identity: &Document, today: Date, points: &mut PointTally) {
    let evidence = FieldEvidence::of(identity, FieldName::ExpiryDate);
    points.point(!evidence.is_applicant_supplied(), || "You typed or corrected the expiry date.".into());
    let date = evidence.value().and_then(parse_iso);
    points.point(date.is_some(), || "The expiry date could not be read.".into());
    if let Some(date) = date {
        // Valid on its last day.
        points.point(date >= today, || format!("The document expired on {}.", day(date)));
    }
}

/// Issuer and nationality, if read, must be states that issue documents. ICAO's specimen state does not.
fn states(identity: &Document, points: &mut PointTally) {
    for name in [FieldName::IssuingCountry, FieldName::Nationality] {
        if let Some(code) = identity.value(name) {
            let known = country::document_state(code).is_some_and(|state| !state.is_specimen());
            points.point(known, || format!("The field '{}' names no country that we know.", name.label()));
        }
    }
}

/// Reports corrections of the fields that no other examination covers: number and expiry are above, name and date of
/// birth have their own checks.
fn corrections(identity: &Document, points: &mut PointTally) {
    for name in [FieldName::Nationality, FieldName::IssuingCountry, FieldName::Sex] {
        if matches!(FieldEvidence::of(identity, name), FieldEvidence::Corrected { .. }) {
            points.point(false, || format!("You corrected the field '{}'.", name.label()));
        }
    }
}

/// The third attempt is accepted with any picture, so a person must look at it.
fn picture(identity: &Document, points: &mut PointTally) {
    for issue in &identity.issues {
        let kind = identity.kind.label().to_lowercase();
        points.point(false, || format!("We took your {kind} although {issue}."));
    }
}

fn machine_readable(identity: &Document, zone: Option<&Mrz>, points: &mut PointTally) {
    let Some(zone) = zone else {
        points.point(false, || "The coded lines at the bottom of the document could not be read.".into());
        return;
    };
    points.point(zone.checks_pass(), || "The coded lines of the document do not add up.".into());
    points.point(fits(identity.kind, zone), || {
        if zone.format.is_visa() {
            return "By its coded lines this is a visa, and a visa is no proof of identity.".to_owned();
        }
        format!("By its coded lines the document is not what you chose: {}.", identity.kind.label().to_lowercase())
    });
    let state = country::document_state(&zone.issuing_state);
    points.point(state.is_some_and(|state| !state.is_specimen()), || {
        "The coded lines of the document name no issuer that we know.".into()
    });
}

/// Reports fields whose value in use contradicts the zone, and fields whose readings disagree. A person decides between
/// the readings.
fn disagreements(identity: &Document, zone: Option<&Mrz>, points: &mut PointTally) {
    let contradictions = zone.map_or_else(Vec::new, |zone| contradictions(identity, zone));
    // No check digit covers the other fields, so a letter may have been misread there. If check digits fail, the zone
    // was misread or forged; a disagreement then adds little.
    points.high_risk |= zone.is_some_and(Mrz::checks_pass) && contradictions.iter().any(|name| COVERED.contains(name));
    let mut disputed: Vec<(Between, FieldName)> =
        contradictions.into_iter().map(|name| (Between::PageAndZone, name)).collect();
    for (between, name) in readings::disputed(identity, &readings::CRITICAL, zone) {
        // The names are compared with the zone as one value.
        let reported = |other: FieldName| {
            other == name
                || (other == FieldName::FullName && matches!(name, FieldName::GivenNames | FieldName::FamilyName))
        };
        if !disputed.iter().any(|(_, other)| reported(*other)) {
            disputed.push((between, name));
        }
    }
    if zone.is_none() && disputed.is_empty() {
        return;
    }
    points.examined += AGREEMENTS;
    points.held += AGREEMENTS.saturating_sub(u32::try_from(disputed.len()).unwrap_or(AGREEMENTS));
    points.wrong.extend(readings::sentences(&disputed, "the document"));
}

/// Whether the zone belongs to the kind of document that the applicant chose.
fn fits(kind: DocumentKind, zone: &Mrz) -> bool {
    match kind {
        DocumentKind::Passport => zone.format == Format::Td3 && zone.document_type.starts_with('P'),
        DocumentKind::IdentityCard => {
            matches!(zone.format, Format::Td1 | Format::Td2 | Format::FrenchCard)
                && zone.document_type.starts_with(['A', 'C', 'I'])
        }
        DocumentKind::DrivingLicence | DocumentKind::ProofOfAddress => false,
    }
}

/// Fields that check digits cover.
const COVERED: [FieldName; 3] = [FieldName::DocumentNumber, FieldName::DateOfBirth, FieldName::ExpiryDate];

/// The number of comparisons in [`disagreements`].
const AGREEMENTS: u32 = 7;

/// Fields whose value in use contradicts the zone. A field that was not read contradicts nothing; its absence is
/// reported elsewhere.
fn contradictions(identity: &Document, zone: &Mrz) -> Vec<FieldName> {
    let differs =
        |name, agrees: &dyn Fn(&str) -> bool| identity.value(name).filter(|value| !agrees(value)).map(|_| name);
    let value = |name| identity.value(name).unwrap_or_default();
    let read = FullName::new(value(FieldName::GivenNames), value(FieldName::FamilyName));
    let coded = FullName::new(zone.given_names.as_str(), zone.family_name.as_str());
    let name = (!read.whole().is_empty() && !agrees_with_mrz(&read, &coded)).then_some(FieldName::FullName);
    // A part that the zone does not know contradicts nothing; the known parts must agree.
    let born = |value: &str| parse_iso(value).is_some_and(|date| zone.may_be_born(date));
    let expires = |value: &str| parse_iso(value).is_some_and(|date| zone.may_expire(date));
    [
        name,
        differs(FieldName::DocumentNumber, &|number| bare(number) == bare(&zone.document_number)),
        differs(FieldName::DateOfBirth, &born),
        differs(FieldName::ExpiryDate, &expires),
        differs(FieldName::Nationality, &|code| same_state(code, &zone.nationality)),
        differs(FieldName::IssuingCountry, &|code| same_state(code, &zone.issuing_state)),
        differs(FieldName::Sex, &|sex| zone.sex.is_some_and(|coded| sex.chars().eq([coded]))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn bare(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Whether two codes mean the same state, as `D` and `DEU` do.
fn same_state(a: &str, b: &str) -> bool {
    let country = |code: &str| country::document_state(code).and_then(|state| state.country);
    a.eq_ignore_ascii_case(b) || country(a).is_some_and(|a| country(b) == Some(a))
}
