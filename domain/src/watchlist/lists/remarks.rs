//! Parses the remarks of OFAC's comma-separated entries: dates of birth, countries, sex, documents and weak aliases.

use super::{countries, dates};
use crate::watchlist::entry::{
    Entry, ListedDocument, ListedDocumentKind, ListedName, NameKind, NameStrength, Place, Sex,
};

/// Adds to an entry what remarks say, such as `DOB 12 Aug 1971; alt. DOB circa 1972; POB Minsk, Belarus; nationality
/// Belarus; Passport MP1234567 (Belarus); Gender Male; a.k.a. 'VITYA'.` Unknown parts are ignored. A date of birth that
/// cannot be parsed is noted as unclear.
pub(super) fn add(entry: &mut Entry, remarks: &str) {
    for part in remarks.split(';') {
        let part = part.trim().trim_end_matches('.').trim();
        let part = part.strip_prefix("alt. ").unwrap_or(part);
        if let Some(rest) = part.strip_prefix("DOB ") {
            entry.add_birth(dates::ofac(rest));
        } else if let Some(rest) = ["a.k.a. ", "f.k.a. ", "n.k.a. "].iter().find_map(|mark| part.strip_prefix(mark)) {
            let name = rest.trim_matches(['\'', '"', ' ', '‘', '’']);
            entry.add_name(ListedName::whole(name, NameKind::Alias, NameStrength::Weak));
        } else if let Some(place) = part.strip_prefix("nationality ").or_else(|| part.strip_prefix("citizen ")) {
            entry.add_nationality(countries::of_place(place));
        } else if let Some(place) = part.strip_prefix("POB ") {
            entry.add_birth_place(birth_place(place));
        } else if let Some(sex) = part.strip_prefix("Gender ") {
            entry.sex = Sex::parse(sex);
        } else if let Some(document) = document(part) {
            entry.add_document(document);
        }
    }
}

/// A place as OFAC writes it, `Minsk, Belarus`. A place that ends in no country is only a town.
pub(super) fn birth_place(place: &str) -> Place {
    let country = countries::of_place(place);
    let town = match (country, place.rsplit_once(", ")) {
        (Some(_), Some((town, _))) => Some(town),
        (Some(_), None) => None,
        (None, _) => Some(place),
    };
    Place { town: town.map(|town| town.trim().to_owned()), country: country.map(str::to_owned) }
}

/// What a document of OFAC is, by its name there; `None` for what identifies no person, such as a web site.
pub(super) fn document_kind(name: &str) -> Option<ListedDocumentKind> {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["passport", "travel document"]) {
        Some(ListedDocumentKind::Passport)
    } else if has(&["driver"]) {
        Some(ListedDocumentKind::Licence)
    } else if has(&[
        "national id",
        "cedula",
        "d.n.i.",
        "identification number",
        "identity",
        "personal id",
        "national foreign id",
        "citizen's card",
        "kimlik",
        "c.u.r.p.",
        "c.u.i.",
        "ssn",
        "numero de identidad",
        "residency number",
        "refugee id",
    ]) {
        Some(ListedDocumentKind::NationalId)
    } else if has(&["tax id", "r.f.c.", "birth certificate", "military", "seafarer", "stateless"]) {
        Some(ListedDocumentKind::Other)
    } else {
        None
    }
}

/// `Passport MP1234567 (Belarus) expires 01 Jan 2030`, `Cedula No. 12345 (Colombia)`.
fn document(part: &str) -> Option<ListedDocument> {
    let (before, country) = match part.split_once('(') {
        Some((before, rest)) => (before, rest.split_once(')').map(|(country, _)| country)),
        None => (part, None),
    };
    let before = ["expires", "issued"].iter().fold(before, |text, mark| text.split(mark).next().unwrap_or(text)).trim();
    // The number is the rest from the first word with a digit on.
    let from = before.split_inclusive(' ').scan(0, |at, word| {
        let start = *at;
        *at += word.len();
        Some((start, word))
    });
    let (start, _) = from.into_iter().find(|(_, word)| word.bytes().any(|byte| byte.is_ascii_digit()))?;
    let (name, number) = before.split_at_checked(start)?;
    let kind = document_kind(name)?;
    let country = country.and_then(countries::by_name).map(str::to_owned);
    Some(ListedDocument { kind, number: number.trim().to_owned(), country })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::watchlist::entry::Source;

    fn parsed(remarks: &str) -> Entry {
        let mut entry = Entry::new(Source::OfacSdn, "1");
        add(&mut entry, remarks);
        entry
    }

    #[test]
    fn remarks_are_parsed() {
        let entry = parsed(
            "DOB 12 Aug 1971; alt. DOB 1972; POB Minsk, Belarus; nationality Belarus; alt. citizen Korea, North; \
             Passport MP1234567 (Russia) expires 01 Jan 2030 (individual); Cedula No. 71 234 (Colombia); \
             alt. Passport 99 0000001; Gender Male; Additional Sanctions Information - X; a.k.a. 'VITYA'.",
        );
        assert_eq!((entry.births.len(), entry.unclear_birth), (2, false));
        assert_eq!(entry.nationalities, ["BY", "KP"]);
        assert_eq!(entry.birth_places, [Place { town: Some("Minsk".into()), country: Some("BY".into()) }]);
        assert_eq!(entry.sex, Some(Sex::Male));
        let documents: Vec<_> =
            entry.documents.iter().map(|one| (one.kind, one.number.as_str(), one.country.as_deref())).collect();
        assert_eq!(
            documents,
            [
                (ListedDocumentKind::Passport, "MP1234567", Some("RU")),
                (ListedDocumentKind::NationalId, "71 234", Some("CO")),
                (ListedDocumentKind::Passport, "99 0000001", None),
            ]
        );
        assert_eq!((entry.names[0].whole.as_str(), entry.names[0].strength), ("VITYA", NameStrength::Weak));
    }

    #[test]
    fn date_that_cannot_be_parsed_is_unclear() {
        let entry = parsed("DOB 12 Aug 1971; alt. DOB in the nineteen-sixties.");
        assert_eq!((entry.births.len(), entry.unclear_birth), (1, true));
        assert_eq!(parsed("Linked To: SOMEONE ELSE."), Entry::new(Source::OfacSdn, "1"));
    }

    #[test]
    fn place_without_a_country_is_a_town() {
        assert_eq!(birth_place("Vostrelsk"), Place { town: Some("Vostrelsk".into()), country: None });
        assert_eq!(birth_place("Syria"), Place { town: None, country: Some("SY".into()) });
        let region = birth_place("Culiacan, Sinaloa, Mexico");
        assert_eq!(region, Place { town: Some("Culiacan, Sinaloa".into()), country: Some("MX".into()) });
    }

    proptest! {
        #[test]
        fn any_remarks_are_parsed(text in "(DOB |alt. |circa |[0-9]{1,4} |Jan | to |; |Passport |\\(|\\)|\\PC){0,12}") {
            let entry = parsed(&text);
            prop_assert!(entry.births.iter().all(|birth| birth.from <= birth.to));
        }
    }
}
