//! The zone and the printed page of one document, put together: each is the other's witness.

use std::collections::BTreeMap;

use domain::agreement::agree;
use domain::document::{Field, FieldName, FieldSource, Region};
use domain::mrz::{Mrz, agrees};
use jiff::civil::Date;

use crate::page::{plain, title_case};
use crate::zone::Found;

/// The value's own check digit and the composite hold, and nothing was corrected.
const PROVED: f64 = 0.99;
/// They hold, but with a character that a check digit corrected: one wrong digit in ten would pass as well.
const CORRECTED: f64 = 0.93;
/// Its own check digit holds, the composite does not.
const LIKELY: f64 = 0.88;
/// Its check digit does not hold.
const DISPROVED: f64 = 0.5;
/// Zone and printed page say the same.
const AGREED: f64 = 0.98;
/// They say the same, though the check digit does not hold.
const AGREED_ALL_THE_SAME: f64 = 0.92;
/// No check digit covers it and nothing else witnesses it, but the zone was read well.
const ALONE: f64 = 0.85;
/// The same in a zone that was read badly.
const ALONE_UNCLEAR: f64 = 0.72;
/// Zone and printed page differ. Which of them is in use is never silent: the applicant is asked, and whoever judges the
/// document sees both.
const CONTRADICTED: f64 = 0.7;
/// How sure a printed value must be to be used instead of what a check digit proves.
const WITNESS: f64 = 0.88;
/// A printed value that contradicts the zone and was read less surely than this was not read.
const LEGIBLE: f64 = 0.6;

/// The fields of a document with a zone. `place` says where the zone has a field.
pub(crate) fn merge(
    mrz: &Mrz,
    found: &Found,
    mut printed: BTreeMap<FieldName, Field>,
    place: impl Fn(FieldName) -> Option<Region>,
) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    let whole = mrz.checks_pass();
    // How like the letters are to OCR-B speaks for what no check digit covers: a clean scan has 0.9, a poor photo 0.65.
    let clear = f64::from(found.likeness.clamp(0.0, 1.0)) >= 0.62;
    let alone = if clear { ALONE } else { ALONE_UNCLEAR };
    let judged = |holds: bool| match (holds, mrz.checks.composite, found.corrected) {
        (true, true, 0) => PROVED,
        (true, true, _) => CORRECTED,
        (true, false, _) => LIKELY,
        (false, ..) => DISPROVED,
    };
    let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    // A name that fills its line may go on beyond it.
    let cut = mrz.format.place(FieldName::FamilyName).is_some_and(|span| {
        let line = found.text.lines().nth(span.line).and_then(|line| line.get(span.start..span.end));
        line.is_some_and(|names| !names.ends_with('<'))
    });
    let read = [
        (FieldName::DocumentNumber, mrz.document_number.clone(), judged(mrz.checks.document_number)),
        (FieldName::DateOfBirth, date(mrz.date_of_birth), judged(mrz.checks.date_of_birth)),
        (FieldName::ExpiryDate, date(mrz.expiry_date), judged(mrz.checks.expiry_date)),
        (FieldName::DocumentType, mrz.document_type.clone(), alone),
        (FieldName::IssuingCountry, mrz.issuing_state.clone(), alone),
        (FieldName::Nationality, mrz.nationality.clone(), alone),
        (FieldName::Sex, mrz.sex.map(String::from).unwrap_or_default(), alone),
        (FieldName::FamilyName, title_case(&mrz.family_name), alone),
        (FieldName::GivenNames, title_case(&mrz.given_names), alone),
        (FieldName::Mrz, found.text.clone(), if whole { judged(true) } else { 0.6 }),
    ];
    for (name, value, confidence) in read {
        if !value.is_empty() {
            let zone = Field::read(value, confidence, FieldSource::Mrz).at(place(name));
            let field = together(name, zone, printed.remove(&name), cut);
            fields.insert(name, field);
        }
    }
    // What the zone lacks altogether.
    for (name, field) in printed {
        fields.entry(name).or_insert(field);
    }
    fields
}

/// Two readings of one field as one.
fn together(name: FieldName, zone: Field, printed: Option<Field>, cut: bool) -> Field {
    let Some(printed) = printed else { return zone };
    let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
    if agree(name, &zone.value, &printed.value) || is_name && agrees(&printed.value, &zone.value, cut) {
        let confidence = if zone.confidence <= DISPROVED { AGREED_ALL_THE_SAME } else { zone.confidence.max(AGREED) };
        // The zone has neither accents nor case, and no room for long names.
        return if is_name {
            let spelt = Field { value: title_case(&printed.value), ..printed.clone() };
            Field { confidence, ..spelt.beside(&zone) }
        } else {
            Field { confidence, ..zone.beside(&printed) }
        };
    }
    if printed.confidence < LEGIBLE {
        return zone;
    }
    let (mut used, other) = if printed.confidence >= WITNESS && contradicts(name, &zone.value, &printed.value) {
        (printed, zone)
    } else {
        (zone, printed)
    };
    if is_name {
        used.value = title_case(&used.value);
    }
    Field { confidence: used.confidence.min(CONTRADICTED), ..used.beside(&other) }
}

/// Whether the printed value speaks against the zone's, rather than being read badly.
fn contradicts(name: FieldName, zone: &str, printed: &str) -> bool {
    if matches!(name, FieldName::FamilyName | FieldName::GivenNames) {
        return strsim::normalized_levenshtein(&plain(printed), &plain(zone)) < 0.6;
    }
    // Readers confuse O and 0 and the like; a number of another length was cut or joined.
    let alike = |text: &str| {
        text.replace(['O', 'D', 'Q'], "0")
            .replace(['I', 'L'], "1")
            .replace('B', "8")
            .replace('S', "5")
            .replace('Z', "2")
            .replace('G', "6")
    };
    name.is_date() || (zone.len() == printed.len() && alike(zone) != alike(printed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::document::DOUBTFUL_BELOW;

    fn printed(value: &str) -> Field {
        Field::read(value, 0.9, FieldSource::PrintedZone)
    }

    fn person(zone: &str, print: &str) -> Field {
        together(FieldName::FamilyName, Field::read(zone, ALONE, FieldSource::Mrz), Some(printed(print)), false)
    }

    #[test]
    fn names_keep_their_printed_spelling_where_both_agree() {
        let name = person("Oersted", "ØRSTED");
        assert_eq!((name.value.as_str(), name.source), ("Ørsted", FieldSource::PrintedZone));
        assert!(name.confidence >= 0.95);
        assert_eq!(
            (name.other_readings[0].value.as_str(), name.other_readings[0].source),
            ("Oersted", FieldSource::Mrz)
        );
    }

    #[test]
    fn where_the_page_has_another_name_both_stay_and_a_person_decides() {
        let name = person("Brandvold", "ZARENKO");
        assert_eq!((name.value.as_str(), name.source), ("Zarenko", FieldSource::PrintedZone));
        assert_eq!(name.other_readings[0].value, "Brandvold");
        assert!(name.confidence < DOUBTFUL_BELOW);
        let misread = person("Brandvold", "BRANDVQLD");
        assert_eq!((misread.value.as_str(), misread.other_readings[0].value.as_str()), ("Brandvold", "BRANDVQLD"));
        assert!(misread.confidence < DOUBTFUL_BELOW);
    }

    #[test]
    fn what_can_hardly_be_read_is_no_other_reading() {
        let blurred = Field::read("BRNDVQD", 0.4, FieldSource::PrintedZone);
        let name =
            together(FieldName::FamilyName, Field::read("Brandvold", ALONE, FieldSource::Mrz), Some(blurred), false);
        assert_eq!((name.confidence, name.other_readings.len()), (ALONE, 0));
    }

    #[test]
    fn a_page_contradicts_a_number_only_where_readers_do_not_confuse() {
        assert!(!contradicts(FieldName::DocumentNumber, "NB4821937", "N84821937"));
        assert!(contradicts(FieldName::DocumentNumber, "NB4821937", "NB4821938"));
        assert!(!contradicts(FieldName::DocumentNumber, "NB4821937", "NB48219"));
        assert!(contradicts(FieldName::DateOfBirth, "1987-03-14", "1987-03-15"));
    }

    #[test]
    fn a_forged_page_cannot_hide_behind_the_zone() {
        let text = "P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219379NOR8703147F3602187<<<<<<<<<<<<<<<0";
        let mrz = domain::mrz::parse(text, jiff::civil::date(2026, 11, 21)).unwrap();
        let frame = crate::zone::Frame { origin: (0.0, 0.0), along: (0.0, 0.0), pitch: 0.0, columns: 0, depth: 0.0 };
        let found = Found { text: text.to_owned(), likeness: 0.9, corrected: 0, frame, places: Vec::new() };
        let page = BTreeMap::from([(FieldName::DateOfBirth, printed("2009-03-14"))]);
        let fields = merge(&mrz, &found, page, |_| None);
        let born = &fields[&FieldName::DateOfBirth];
        assert_eq!((born.value.as_str(), born.source), ("2009-03-14", FieldSource::PrintedZone));
        assert!(born.confidence < DOUBTFUL_BELOW);
        assert_eq!(born.other_readings[0].value, "1987-03-14");
        assert_eq!(fields[&FieldName::Mrz].value, text);
    }
}
