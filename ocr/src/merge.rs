//! Merges MRZ or barcode with the printed page: the sources confirm or contradict each other.

use std::collections::BTreeMap;

use domain::aamva::Aamva;
use domain::agreement::agree;
use domain::document::{DOUBTFUL_BELOW, Field, FieldName, FieldSource, Region};
use domain::mrz::{CheckDigit, Element, Mrz, agrees};
use jiff::civil::Date;

use crate::mrz::MrzMatch;
use crate::page::cross_check::restore_diacritics;
use crate::page::{plain, title_case};

/// Confidence if the field's check digit and the composite check digit hold without corrections.
const PROVED: f64 = 0.99;
/// Confidence if both hold after a correction, in an MRZ that was read well. One wrong correction in ten passes as well,
/// so more confidence needs a second source.
const CORRECTED: f64 = 0.9;
/// Confidence if the field's check digit holds, but another one does not, or a correction was made in an MRZ that was
/// read badly. A check digit holds by chance for one wrong reading in ten, and such an MRZ has several.
const UNPROVED: f64 = 0.75;
/// Confidence if the field's check digit does not hold.
const DISPROVED: f64 = 0.5;
/// Confidence of the whole MRZ if a check digit does not hold.
const BROKEN: f64 = 0.6;
/// Confidence if MRZ and print agree.
const AGREED: f64 = 0.98;
/// Confidence if the names agree, but only the print shows the diacritics.
const AGREED_WITHOUT_DIACRITICS: f64 = 0.9;
/// Confidence if MRZ and print agree, but the check digit does not hold.
const AGREED_DESPITE_CHECK_DIGIT: f64 = 0.92;
/// Confidence without check digit and second source, in an MRZ that was read well.
const ALONE: f64 = 0.85;
/// Confidence without check digit and second source, in an MRZ that was read badly.
const ALONE_UNCLEAR: f64 = 0.72;
/// Maximum confidence if MRZ and print differ. The applicant is asked, and a reviewer sees both values.
const CONTRADICTED: f64 = 0.7;
/// Maximum confidence of a date of which the MRZ leaves the century open and the print does not show it.
const GUESSED_CENTURY: f64 = 0.7;
/// Minimum confidence of a printed value that replaces a contradicting MRZ value that its check digits prove.
const MIN_PREFERRED_PRINT: f64 = 0.88;
/// The same for an MRZ value that they do not prove.
const MIN_PREFERRED_TO_UNPROVED: f64 = DOUBTFUL_BELOW;
/// Minimum similarity of an MRZ character to OCR-B; below it the character is a guess.
const MIN_SIMILARITY: f32 = 0.6;
/// Minimum mean similarity of an MRZ that was read well.
const MIN_CLEAR_SIMILARITY: f32 = 0.85;
/// Minimum confidence of a printed value that counts as a contradiction.
const MIN_LEGIBLE: f64 = 0.6;

/// Merges the fields of a document with an MRZ: `printed` by captions, `in_print` by MRZ values found without captions.
/// `place` gives the region of a field in the MRZ.
pub(crate) fn merge(
    mrz: &Mrz,
    found: &MrzMatch,
    mut printed: BTreeMap<FieldName, Field>,
    mut in_print: BTreeMap<FieldName, Field>,
    place: impl Fn(FieldName) -> Option<Region>,
) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    let mut mrz = mrz.clone();
    let date = |fields: &BTreeMap<FieldName, Field>, name| -> Option<Date> {
        fields.get(&name).filter(|field| field.confidence >= MIN_LEGIBLE)?.value.parse().ok()
    };
    let births: Vec<Date> =
        [&in_print, &printed].into_iter().filter_map(|fields| date(fields, FieldName::DateOfBirth)).collect();
    mrz.settle_birth(&births, date(&printed, FieldName::IssueDate));
    // Similarity to OCR-B is the only evidence for fields without check digits.
    let clear = found.similarity >= MIN_CLEAR_SIMILARITY;
    // A letter with low similarity is a guess, however well the others match.
    let legible =
        |name: FieldName| mrz.format.place(name).is_none_or(|span| found.lowest_similarity(span) >= MIN_SIMILARITY);
    let all_hold = mrz.checks_pass();
    let judged = |check: CheckDigit| match (check, found.corrected) {
        (CheckDigit::Holds, 0) if all_hold => PROVED,
        (CheckDigit::Holds, _) if all_hold && clear => CORRECTED,
        (CheckDigit::Holds, _) => UNPROVED,
        (CheckDigit::Fails, ..) => DISPROVED,
        (CheckDigit::Uncovered, ..) if clear => ALONE,
        (CheckDigit::Uncovered, ..) => ALONE_UNCLEAR,
    };
    let mut whole = if mrz.checks_pass() { judged(CheckDigit::Holds) } else { BROKEN };
    let elements = mrz.elements();
    for (name, element) in &elements {
        let name = *name;
        let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
        // Of several meanings the one that the page prints is right.
        let printed_as = |value: &str| {
            let said = [printed.get(&name), in_print.get(&name)].into_iter().flatten();
            said.into_iter().any(|field| agree(name, value, &field.value))
        };
        let meaning = element.meaning(printed_as).unwrap_or(&element.value);
        let value = if is_name { title_case(meaning) } else { meaning.to_owned() };
        let guessed = element.check == CheckDigit::Uncovered && !legible(name);
        let confidence = if guessed { DISPROVED } else { judged(element.check) };
        let confidence =
            if element.others.is_empty() || printed_as(meaning) { confidence } else { confidence.min(GUESSED_CENTURY) };
        let zone = Field::read(value, confidence, FieldSource::Mrz).at(place(name));
        // A misplaced or hardly legible value is no second reading if the MRZ value is printed elsewhere.
        let of_another = |field: &Field| {
            let same = |other: &(&FieldName, &Element)| agree(name, &field.value, &other.1.value);
            elements.iter().filter(|(other, _)| **other != name).any(|other| same(&other))
        };
        // Print does not outweigh a check digit.
        let proved = judged(element.check) >= CORRECTED;
        let confused = |field: &Field| {
            let same_length = zone.value.len() == field.value.len();
            proved && same_length && name == FieldName::DocumentNumber && !contradicts(name, &zone.value, &field.value)
        };
        let by_caption = printed.remove(&name);
        let agreed = by_caption.as_ref().is_some_and(|field| matches_print(name, &zone, field, mrz.names_cut));
        let by_caption = by_caption.filter(|field| agreed || !(of_another(field) || confused(field)));
        let other = match in_print.remove(&name) {
            Some(witness)
                if !agreed && by_caption.as_ref().is_none_or(|field| field.confidence < MIN_PREFERRED_PRINT) =>
            {
                Some(witness)
            }
            _ => by_caption,
        };
        let restored =
            |field: &Field| if is_name { restore_diacritics(field, &element.value, &mrz.nationality) } else { None };
        let field = match other.as_ref().and_then(restored) {
            Some(restored) if !agreed => restored.beside(&zone),
            _ => merge_field(name, zone, other, mrz.names_cut),
        };
        // A reflection can turn one letter into another, and no check digit covers names.
        if guessed || (is_name && !agreed) {
            whole = whole.min(field.confidence);
        }
        fields.insert(name, field);
    }
    let zone = Field::read(found.text.clone(), whole, FieldSource::Mrz).at(place(FieldName::Mrz));
    fields.insert(FieldName::Mrz, zone);
    // Fields that the MRZ does not have.
    for (name, field) in printed {
        // A date of the MRZ under a misread caption is not the date of issue.
        let another = name == FieldName::IssueDate
            && elements.iter().any(|(other, element)| other.is_date() && agree(name, &field.value, &element.value));
        if !another {
            fields.entry(name).or_insert(field);
        }
    }
    fields
}

/// The fields of a barcode at `region`. The error correction of PDF417 verifies every character.
pub(crate) fn barcode(says: &Aamva, region: Option<Region>) -> BTreeMap<FieldName, Field> {
    let read = |(name, value): (FieldName, String)| (name, Field::read(value, PROVED, FieldSource::Barcode).at(region));
    says.fields().into_iter().filter(|(_, value)| !value.is_empty()).map(read).collect()
}

/// Merges the fields of a licence's barcode with those of its print.
pub(crate) fn with_barcode(
    coded: BTreeMap<FieldName, Field>,
    mut printed: BTreeMap<FieldName, Field>,
) -> BTreeMap<FieldName, Field> {
    let mut fields = BTreeMap::new();
    for (name, field) in coded {
        let field = match printed.remove(&name) {
            Some(other) if agree(name, &field.value, &other.value) => field.beside(&other),
            Some(other) if other.confidence >= MIN_LEGIBLE => {
                Field { confidence: field.confidence.min(CONTRADICTED), ..field.beside(&other) }
            }
            _ => field,
        };
        fields.insert(name, field);
    }
    for (name, field) in printed {
        fields.entry(name).or_insert(field);
    }
    fields
}

/// Whether MRZ and print agree. With `cut` the MRZ truncates the names.
fn matches_print(name: FieldName, zone: &Field, printed: &Field, cut: bool) -> bool {
    // A partial match does not make the printed spelling valid for the whole name.
    match name {
        FieldName::FamilyName | FieldName::GivenNames => agrees(&printed.value, &zone.value, cut),
        _ => agree(name, &zone.value, &printed.value),
    }
}

/// Merges two readings of one field.
fn merge_field(name: FieldName, zone: Field, printed: Option<Field>, cut: bool) -> Field {
    let Some(printed) = printed else { return zone };
    let is_name = matches!(name, FieldName::FamilyName | FieldName::GivenNames);
    if matches_print(name, &zone, &printed, cut) {
        let confidence = match zone.confidence {
            zone if zone <= DISPROVED => AGREED_DESPITE_CHECK_DIGIT,
            // The MRZ has no diacritics, so it cannot confirm them.
            _ if is_name => AGREED_WITHOUT_DIACRITICS,
            zone => zone.max(AGREED),
        };
        // The MRZ has neither diacritics nor case and truncates long names.
        return if is_name {
            let spelt = Field { value: title_case(&printed.value), ..printed.clone() };
            Field { confidence, ..spelt.beside(&zone) }
        } else {
            Field { confidence, ..zone.beside(&printed) }
        };
    }
    if printed.confidence < MIN_LEGIBLE {
        return zone;
    }
    let least = if zone.confidence >= CORRECTED { MIN_PREFERRED_PRINT } else { MIN_PREFERRED_TO_UNPROVED };
    let (mut used, other) = if printed.confidence >= least && contradicts(name, &zone.value, &printed.value) {
        (printed, zone)
    } else {
        (zone, printed)
    };
    if is_name {
        used.value = title_case(&used.value);
    }
    Field { confidence: used.confidence.min(CONTRADICTED), ..used.beside(&other) }
}

/// Whether the printed value contradicts the MRZ. False if a misreading explains the difference.
fn contradicts(name: FieldName, zone: &str, printed: &str) -> bool {
    if matches!(name, FieldName::FamilyName | FieldName::GivenNames) {
        return strsim::normalized_levenshtein(&plain(printed), &plain(zone)) < 0.6;
    }
    // OCR confuses O and 0 and the like. A number of another length was truncated or joined.
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

    fn printed(value: &str) -> Field {
        Field::read(value, 0.9, FieldSource::PrintedZone)
    }

    fn person(zone: &str, print: &str) -> Field {
        merge_field(FieldName::FamilyName, Field::read(zone, ALONE, FieldSource::Mrz), Some(printed(print)), false)
    }

    #[test]
    fn agreeing_names_keep_printed_spelling() {
        let name = person("Oersted", "ØRSTED");
        assert_eq!((name.value.as_str(), name.source), ("Ørsted", FieldSource::PrintedZone));
        assert_eq!(name.confidence, AGREED_WITHOUT_DIACRITICS, "only the print shows the diacritics");
        assert_eq!(
            (name.other_readings[0].value.as_str(), name.other_readings[0].source),
            ("Oersted", FieldSource::Mrz)
        );
    }

    #[test]
    fn contradicting_names_are_both_kept_and_doubtful() {
        let name = person("Brandvold", "ZARENKO");
        assert_eq!((name.value.as_str(), name.source), ("Zarenko", FieldSource::PrintedZone));
        assert_eq!(name.other_readings[0].value, "Brandvold");
        assert!(name.confidence < DOUBTFUL_BELOW);
        let misread = person("Brandvold", "BRANDVQLD");
        assert_eq!((misread.value.as_str(), misread.other_readings[0].value.as_str()), ("Brandvold", "BRANDVQLD"));
        assert!(misread.confidence < DOUBTFUL_BELOW);
    }

    #[test]
    fn contradicting_barcode_and_front_are_both_kept() {
        let coded = |value: &str| Field::read(value, PROVED, FieldSource::Barcode);
        let fields = with_barcode(
            BTreeMap::from([
                (FieldName::FamilyName, coded("MCALLISTER")),
                (FieldName::DateOfBirth, coded("1990-02-03")),
                (FieldName::Sex, coded("F")),
            ]),
            BTreeMap::from([
                (FieldName::FamilyName, printed("McAllister")),
                (FieldName::DateOfBirth, printed("1980-02-03")),
                (FieldName::Address, printed("9 Main St")),
            ]),
        );
        assert_eq!((fields[&FieldName::FamilyName].confidence, fields[&FieldName::Sex].confidence), (PROVED, PROVED));
        let born = &fields[&FieldName::DateOfBirth];
        assert_eq!((born.value.as_str(), born.other_readings[0].value.as_str()), ("1990-02-03", "1980-02-03"));
        assert!(born.confidence < DOUBTFUL_BELOW);
        assert_eq!(fields[&FieldName::Address].value, "9 Main St");
    }

    #[test]
    fn hardly_legible_print_is_no_second_reading() {
        let blurred = Field::read("BRNDVQD", 0.4, FieldSource::PrintedZone);
        let name =
            merge_field(FieldName::FamilyName, Field::read("Brandvold", ALONE, FieldSource::Mrz), Some(blurred), false);
        assert_eq!((name.confidence, name.other_readings.len()), (ALONE, 0));
    }

    #[test]
    fn confusable_characters_do_not_contradict_a_number() {
        assert!(!contradicts(FieldName::DocumentNumber, "NB4821937", "N84821937"));
        assert!(contradicts(FieldName::DocumentNumber, "NB4821937", "NB4821938"));
        assert!(!contradicts(FieldName::DocumentNumber, "NB4821937", "NB48219"));
        assert!(contradicts(FieldName::DateOfBirth, "1987-03-14", "1987-03-15"));
    }

    const ZONE: &str = "P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219379NOR8703147F3602187<<<<<<<<<<<<<<<0";

    /// Merges an MRZ that was read well with the fields of a page.
    fn beside(zone: &str, page: BTreeMap<FieldName, Field>) -> BTreeMap<FieldName, Field> {
        let mrz = domain::mrz::parse(zone, jiff::civil::date(2026, 11, 21)).unwrap();
        let frame =
            crate::page::geometry::Frame { origin: (0.0, 0.0), along: (0.0, 0.0), pitch: 0.0, columns: 0, depth: 0.0 };
        let found = MrzMatch {
            text: zone.to_owned(),
            similarity: 0.9,
            corrected: 0,
            score: 0,
            frame,
            similarities: Vec::new(),
            places: Vec::new(),
        };
        merge(&mrz, &found, page, BTreeMap::new(), |_| None)
    }

    #[test]
    fn mrz_confidence_is_bounded_by_its_names() {
        let proved = "P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219370NOR8703145F3602184<<<<<<<<<<<<<<<6";
        let sure = |family: &str, given: &str| {
            let page = [(FieldName::FamilyName, family), (FieldName::GivenNames, given)];
            let page = page.into_iter().filter(|(_, name)| !name.is_empty());
            beside(proved, page.map(|(name, value)| (name, printed(value))).collect())[&FieldName::Mrz].confidence
        };
        assert_eq!(sure("Brandvold", "Ingrid"), PROVED);
        assert_eq!(sure("Brandvold", ""), ALONE);
        assert_eq!(sure("Brandvold", "Astrid"), CONTRADICTED);
    }

    #[test]
    fn no_field_is_surer_than_what_proves_it() {
        // The composite check digit does not hold, so that some character is wrong.
        let fields = beside(ZONE, BTreeMap::new());
        assert!(fields[&FieldName::Mrz].confidence <= BROKEN);
        for name in [FieldName::DateOfBirth, FieldName::DocumentNumber, FieldName::ExpiryDate] {
            assert!(fields[&name].confidence < DOUBTFUL_BELOW, "{name:?}");
        }
        // Clear print outweighs such a value, and agreement proves it.
        let print = |value: &str| Field::read(value, 0.82, FieldSource::PrintedZone);
        let fields = beside(
            ZONE,
            BTreeMap::from([
                (FieldName::ExpiryDate, print("2036-02-16")),
                (FieldName::DateOfBirth, print("1987-03-14")),
            ]),
        );
        let expiry = &fields[&FieldName::ExpiryDate];
        assert_eq!((expiry.value.as_str(), expiry.source), ("2036-02-16", FieldSource::PrintedZone));
        assert!(expiry.confidence < DOUBTFUL_BELOW);
        assert!(fields[&FieldName::DateOfBirth].confidence >= DOUBTFUL_BELOW);
    }

    #[test]
    fn forged_print_is_not_hidden_by_the_mrz() {
        let fields = beside(ZONE, BTreeMap::from([(FieldName::DateOfBirth, printed("2009-03-14"))]));
        let born = &fields[&FieldName::DateOfBirth];
        assert_eq!((born.value.as_str(), born.source), ("2009-03-14", FieldSource::PrintedZone));
        assert!(born.confidence < DOUBTFUL_BELOW);
        assert_eq!(born.other_readings[0].value, "1987-03-14");
        assert_eq!(fields[&FieldName::Mrz].value, ZONE);
        // Dates of the MRZ under the caption of the date of issue, and a date that the MRZ does not have.
        for (issued, taken) in [("2036-02-18", false), ("1987-03-14", false), ("2026-02-18", true)] {
            let fields = beside(ZONE, BTreeMap::from([(FieldName::IssueDate, printed(issued))]));
            assert_eq!(fields.contains_key(&FieldName::IssueDate), taken, "{issued}");
        }
    }
}
