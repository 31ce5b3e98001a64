//! The UK Sanctions List as XML, and what its two forms share.

use super::xml::{self, Element, Format};
use super::{Collected, List, ListError, countries, dates};
use crate::watchlist::entry::{
    Entry, ListedDocument, ListedDocumentKind, ListedName, NameKind, NameStrength, Place, Sex, Source,
};

const FORMAT: Format<'_> = Format { root: "Designations", records: &["DateGenerated", "Designation"] };

pub(super) fn read(bytes: &[u8]) -> Result<List, ListError> {
    let mut collected = Collected::new(Source::Uk, FORMAT.root);
    let mut published = None;
    xml::read(bytes, &FORMAT, |element| {
        match element.name.as_str() {
            "DateGenerated" => {
                let text = element.text().unwrap_or_default();
                let day = text.get(..10).and_then(dates::uk).filter(|birth| birth.from == birth.to);
                published = dates::iso_day(text).or_else(|| day.map(|day| day.from));
            }
            "Designation" => {
                let problem = |problem: String| ListError::Malformed { file: FORMAT.root.to_owned(), line: 1, problem };
                let id = element.child("UniqueID").ok_or_else(|| problem("an entry has no UniqueID".to_owned()))?;
                collected.note(id)?;
                let kind = element.child("IndividualEntityShip");
                let kind = kind.ok_or_else(|| problem(format!("entry {id} has no IndividualEntityShip")))?;
                if kind.eq_ignore_ascii_case("individual") {
                    let mut entry = person(id, &element);
                    finish(&mut entry)?;
                    collected.people.push(entry);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    collected.finish(published, &[bytes])
}

fn person(id: &str, element: &Element) -> Entry {
    let mut entry = Entry::new(Source::Uk, id);
    for name in element.all("Names").flat_map(|names| names.all("Name")) {
        let given: Vec<&str> =
            ["Name1", "Name2", "Name3", "Name4", "Name5"].iter().filter_map(|part| name.child(part)).collect();
        add_name(
            &mut entry,
            &given.join(" "),
            name.child("Name6").unwrap_or_default(),
            name.child("NameType").unwrap_or_default(),
            name.child("AliasStrength").unwrap_or_default(),
        );
    }
    for own in element.texts("NameNonLatinScript") {
        add_own_script(&mut entry, own);
    }
    entry.add_programme(element.child("RegimeName").unwrap_or_default());
    for birth in element.texts("DOB") {
        add_birth(&mut entry, birth);
    }
    for place in element.descendants("Location") {
        add_birth_place(&mut entry, place.child("TownOfBirth"), place.child("CountryOfBirth"));
    }
    for nationality in element.texts("Nationality") {
        add_nationalities(&mut entry, nationality);
    }
    for sex in element.texts("Gender") {
        add_sex(&mut entry, sex);
    }
    for (each, number, about, kind) in [
        ("Passport", "PassportNumber", "PassportAdditionalInformation", ListedDocumentKind::Passport),
        (
            "NationalIdentifier",
            "NationalIdentifierNumber",
            "NationalIdentifierAdditionalInformation",
            ListedDocumentKind::NationalId,
        ),
    ] {
        for document in element.descendants(each) {
            let text = |name| document.child(name).unwrap_or_default();
            add_document(&mut entry, kind, text(number), text(about));
        }
    }
    entry
}

/// `Name 6` is the family name; the others are given names, patronymics and more. Kinds come in varying capitals, and
/// some names have none.
pub(super) fn add_name(entry: &mut Entry, given: &str, family: &str, kind: &str, strength: &str) {
    let kind = match kind.trim().to_ascii_lowercase().as_str() {
        "primary name" => NameKind::Primary,
        _ => NameKind::Alias,
    };
    let is_weak = strength.trim().to_ascii_lowercase().starts_with("low");
    let strength = if is_weak { NameStrength::Weak } else { NameStrength::Strong };
    entry.add_name(ListedName::divided(given, family, kind, strength));
}

pub(super) fn add_own_script(entry: &mut Entry, name: &str) {
    entry.add_name(ListedName::whole(name, NameKind::Alias, NameStrength::Strong));
}

/// Several dates of a cell are numbered: `(1) 12/08/1971 (2) dd/mm/1972`.
pub(super) fn add_birth(entry: &mut Entry, text: &str) {
    for part in numbered(text) {
        entry.add_birth(dates::uk(part));
    }
}

pub(super) fn add_birth_place(entry: &mut Entry, town: Option<&str>, country: Option<&str>) {
    let country = country.and_then(|text| numbered(text).find_map(countries::by_name));
    entry.add_birth_place(Place { town: town.map(str::to_owned), country: country.map(str::to_owned) });
}

pub(super) fn add_nationalities(entry: &mut Entry, text: &str) {
    for part in numbered(text).flat_map(|part| part.split(['|', ';', '/'])) {
        entry.add_nationality(countries::by_name(part));
    }
}

pub(super) fn add_sex(entry: &mut Entry, text: &str) {
    entry.sex = entry.sex.or_else(|| Sex::parse(text));
}

/// The issuing country stands in words beside the number, for instance `Syria. Issued 2015`.
pub(super) fn add_document(entry: &mut Entry, kind: ListedDocumentKind, number: &str, about: &str) {
    let mut words = about.split(['.', ',', ';', '(', ')']).map(str::trim);
    let country =
        words.find_map(|part| countries::by_name(part.trim_end_matches(" passport").trim_end_matches(" number")));
    for number in numbered(number) {
        entry.add_document(ListedDocument {
            kind,
            number: number.trim_matches(['\'', '’']).to_owned(),
            country: country.map(str::to_owned),
        });
    }
}

/// The parts of `(1) one (2) two`, or the text itself.
fn numbered(text: &str) -> impl Iterator<Item = &str> {
    text.split('(')
        .map(|part| match part.split_once(')') {
            Some((number, rest)) if number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
            _ => part,
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// Puts the primary name first.
///
/// # Errors
/// [`ListError::Malformed`] without any name.
pub(super) fn finish(entry: &mut Entry) -> Result<(), ListError> {
    entry.names.sort_by_key(|name| u8::from(name.kind != NameKind::Primary));
    if entry.names.is_empty() {
        let problem = format!("entry {} has no name", entry.id);
        return Err(ListError::Malformed { file: FORMAT.root.to_owned(), line: 1, problem });
    }
    Ok(())
}
