//! The zone and the printed page of one document, put together: each is the other's witness.

use std::collections::BTreeMap;

use domain::document::{Field, FieldName, FieldSource};
use domain::mrz::{Format, Mrz, agrees};

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
/// A check digit says one thing, the printed page clearly another. The field then has the page's value: the zone is a
/// field of its own, so whoever judges the document sees that they differ, and a person decides.
const CONTRADICTED: f64 = 0.7;
/// Zone and printed page have the same name.
const AGREED: f64 = 0.98;
/// Nothing witnesses the name, but the zone was read well.
const ALONE: f64 = 0.85;
/// The printed page has nearly the name of the zone; its reading of accents and worn letters is the weaker one.
const NEARLY: f64 = 0.82;
/// How sure a printed value must be to speak against a check digit.
const WITNESS: f64 = 0.88;

/// The fields of a document with a zone.
pub(crate) fn merge(mrz: &Mrz, found: &Found, printed: BTreeMap<FieldName, Field>) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    let mut put_field = |name: FieldName, field: Field| {
        if !field.value.is_empty() {
            fields.insert(name, field);
        }
    };
    let whole = mrz.checks_pass();
    // How like the letters are to OCR-B speaks for what no check digit covers: a clean scan has 0.9, a poor photo 0.65.
    let clear = f64::from(found.likeness.clamp(0.0, 1.0)) >= 0.62;
    let judged = |name: FieldName, value: String, holds: bool| {
        let base = match (holds, mrz.checks.composite, found.corrected) {
            (true, true, 0) => PROVED,
            (true, true, _) => CORRECTED,
            (true, false, _) => LIKELY,
            (false, ..) => DISPROVED,
        };
        match printed.get(&name) {
            Some(other) if other.value == value => {
                Field::read(value, base.max(if holds { PROVED } else { 0.75 }), FieldSource::Mrz)
            }
            Some(other) if other.confidence >= WITNESS && contradicts(name, &value, &other.value) => {
                Field::read(other.value.clone(), base.min(CONTRADICTED), other.source)
            }
            _ => Field::read(value, base, FieldSource::Mrz),
        }
    };
    let number = judged(FieldName::DocumentNumber, mrz.document_number.clone(), mrz.checks.document_number);
    put_field(FieldName::DocumentNumber, number);
    for (name, date, holds) in [
        (FieldName::DateOfBirth, mrz.date_of_birth, mrz.checks.date_of_birth),
        (FieldName::ExpiryDate, mrz.expiry_date, mrz.checks.expiry_date),
    ] {
        if let Some(date) = date {
            put_field(name, judged(name, date.to_string(), holds));
        }
    }
    let mut put = |name, value: String, confidence| put_field(name, Field::read(value, confidence, FieldSource::Mrz));
    let lettered = if clear { 0.95 } else { 0.75 };
    let agreed = |name: FieldName, value: &str| printed.get(&name).is_some_and(|other| other.value == value);
    put(FieldName::DocumentType, mrz.document_type.clone(), lettered);
    put(FieldName::IssuingCountry, mrz.issuing_state.clone(), lettered);
    let sure = if agreed(FieldName::Nationality, &mrz.nationality) { AGREED } else { lettered };
    put(FieldName::Nationality, mrz.nationality.clone(), sure);
    if let Some(sex) = mrz.sex.map(String::from) {
        let sure = if agreed(FieldName::Sex, &sex) { AGREED } else { lettered };
        put(FieldName::Sex, sex, sure);
    }
    put(FieldName::Mrz, found.text.clone(), if whole { PROVED } else { 0.6 });
    let room = if mrz.format == Format::Td3 { 39 } else { 30 };
    let cut = found
        .text
        .lines()
        .nth(if mrz.format == Format::Td1 { 2 } else { 0 })
        .is_some_and(|line| line.len() >= room && !line.ends_with('<'));
    for (name, zone) in [(FieldName::FamilyName, &mrz.family_name), (FieldName::GivenNames, &mrz.given_names)] {
        let field = person(zone, printed.get(&name), clear, cut);
        if !field.value.is_empty() {
            fields.insert(name, field);
        }
    }
    // What the zone lacks altogether.
    for (name, field) in printed {
        fields.entry(name).or_insert(field);
    }
    fields
}

/// Whether the printed value speaks against the zone's, rather than being read badly.
fn contradicts(name: FieldName, zone: &str, printed: &str) -> bool {
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

/// A name: spelt as printed where zone and page agree, since the zone has neither accents nor case.
fn person(zone: &str, printed: Option<&Field>, clear: bool, cut: bool) -> Field {
    let from_zone = |confidence: f64| Field::read(title_case(zone), confidence, FieldSource::Mrz);
    let weight = if clear { 1.0 } else { 0.85 };
    let Some(printed) = printed else { return from_zone(ALONE * weight) };
    if agrees(&printed.value, zone, cut) {
        return Field::read(title_case(&printed.value), AGREED, FieldSource::PrintedZone);
    }
    let likeness = strsim::normalized_levenshtein(&plain(&printed.value), &plain(zone));
    // A page that says something else altogether is a reason to ask; one that was read badly is not.
    if likeness < 0.6 && printed.confidence >= WITNESS {
        return Field::read(title_case(&printed.value), CONTRADICTED, FieldSource::PrintedZone);
    }
    from_zone(if likeness >= 0.6 { NEARLY * weight } else { 0.8 * weight })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::document::DOUBTFUL_BELOW;

    fn printed(value: &str) -> Field {
        Field::read(value, 0.9, FieldSource::PrintedZone)
    }

    #[test]
    fn names_keep_their_printed_spelling_where_both_agree() {
        let name = person("OERSTED", Some(&printed("ØRSTED")), true, false);
        assert_eq!((name.value.as_str(), name.source), ("Ørsted", FieldSource::PrintedZone));
        assert!(name.confidence >= 0.95);
    }

    #[test]
    fn a_name_that_the_page_clearly_has_otherwise_is_the_pages_and_doubtful() {
        let name = person("BRANDVOLD", Some(&printed("ZARENKO")), true, false);
        assert_eq!((name.value.as_str(), name.source), ("Zarenko", FieldSource::PrintedZone));
        assert!(name.confidence < DOUBTFUL_BELOW);
        let misread = person("BRANDVOLD", Some(&printed("BRANDVQLD")), true, false);
        assert_eq!(misread.value, "Brandvold");
        assert!(misread.confidence >= DOUBTFUL_BELOW);
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
        let found = Found { text: text.to_owned(), likeness: 0.9, corrected: 0, frame };
        let page = BTreeMap::from([(FieldName::DateOfBirth, printed("2009-03-14"))]);
        let fields = merge(&mrz, &found, page);
        let born = &fields[&FieldName::DateOfBirth];
        assert_eq!((born.value.as_str(), born.source), ("2009-03-14", FieldSource::PrintedZone));
        assert!(born.confidence < DOUBTFUL_BELOW);
        assert_eq!(fields[&FieldName::Mrz].value, text);
    }
}
