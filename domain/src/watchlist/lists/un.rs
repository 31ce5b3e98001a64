//! The consolidated list of the United Nations Security Council. No family name is marked: the parts are in the order
//! in which the person has them, and names are compared in any order.

use super::xml::{self, Element, Format};
use super::{Collected, List, ListError, countries, dates};
use crate::watchlist::entry::{
    BirthDate, Entry, ListedDocument, ListedDocumentKind, ListedName, NameKind, NameStrength, Place, Sex, Source,
};

const FORMAT: Format<'_> = Format { root: "CONSOLIDATED_LIST", records: &["INDIVIDUAL", "ENTITY"] };

pub(super) fn read(bytes: &[u8]) -> Result<List, ListError> {
    let mut collected = Collected::new(Source::Un, FORMAT.root);
    let mut published = None;
    xml::read(bytes, &FORMAT, |element| {
        match element.name.as_str() {
            "CONSOLIDATED_LIST" => published = element.attribute("dateGenerated").and_then(dates::iso_day),
            kind => {
                let problem = |problem: String| ListError::Malformed { file: FORMAT.root.to_owned(), line: 1, problem };
                let id = element.child("REFERENCE_NUMBER").or_else(|| element.child("DATAID"));
                let id = id.ok_or_else(|| problem("an entry has no REFERENCE_NUMBER".to_owned()))?;
                collected.note(id)?;
                if kind == "INDIVIDUAL" {
                    let entry = person(id, &element);
                    if entry.names.is_empty() {
                        return Err(problem(format!("entry {id} has no name")));
                    }
                    collected.people.push(entry);
                }
            }
        }
        Ok(())
    })?;
    collected.finish(published, &[bytes])
}

fn person(id: &str, element: &Element) -> Entry {
    let mut entry = Entry::new(Source::Un, id);
    let parts = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"];
    let parts: Vec<&str> = parts.iter().filter_map(|part| element.child(part)).collect();
    entry.add_name(ListedName::whole(parts.join(" "), NameKind::Primary, NameStrength::Strong));
    if let Some(own) = element.child("NAME_ORIGINAL_SCRIPT") {
        entry.add_name(ListedName::whole(own, NameKind::Alias, NameStrength::Strong));
    }
    entry.add_programme(element.child("UN_LIST_TYPE").unwrap_or_default());
    entry.sex = element.child("GENDER").and_then(Sex::parse);
    for nationality in element.all("NATIONALITY").flat_map(|one| one.texts("VALUE")) {
        entry.add_nationality(countries::by_name(nationality));
    }
    for alias in element.all("INDIVIDUAL_ALIAS") {
        add_alias(&mut entry, alias);
    }
    for birth in element.all("INDIVIDUAL_DATE_OF_BIRTH") {
        if let Some(birth) = birth_date(birth) {
            entry.add_birth(birth);
        }
    }
    for place in element.all("INDIVIDUAL_PLACE_OF_BIRTH") {
        entry.add_birth_place(birth_place(place.child("CITY"), place.child("COUNTRY")));
    }
    for document in element.all("INDIVIDUAL_DOCUMENT") {
        add_document(&mut entry, document);
    }
    entry
}

/// An alias element may hold several names, divided by semicolons, and a date and place of birth that go with them.
fn add_alias(entry: &mut Entry, alias: &Element) {
    let quality = alias.child("QUALITY").unwrap_or_default().to_ascii_lowercase();
    let strength = if quality.starts_with("low") { NameStrength::Weak } else { NameStrength::Strong };
    let kind = if quality.starts_with('f') { NameKind::Former } else { NameKind::Alias };
    for name in alias.child("ALIAS_NAME").unwrap_or_default().split(';') {
        entry.add_name(ListedName::whole(name, kind, strength));
    }
    if let Some(birth) = alias.child("DATE_OF_BIRTH") {
        entry.add_birth(dates::iso(birth).or_else(|| dates::ofac(birth)).or_else(|| dates::uk(birth)));
    }
    entry.add_birth_place(birth_place(alias.child("CITY_OF_BIRTH"), alias.child("COUNTRY_OF_BIRTH")));
}

/// `None` for an element without a date; `Some(None)` for a date that cannot be read. `EXACT` with a year only is
/// common, and means the year.
fn birth_date(element: &Element) -> Option<Option<BirthDate>> {
    let year = |name| element.child(name).and_then(dates::four_digits).and_then(BirthDate::year);
    let stated = if let Some(date) = element.child("DATE") {
        dates::iso(date)
    } else if let (Some(from), Some(to)) = (year("FROM_YEAR"), year("TO_YEAR")) {
        BirthDate::range(from, to)
    } else if element.child("YEAR").is_some() {
        year("YEAR")
    } else if element.child("FROM_YEAR").or(element.child("TO_YEAR")).is_some() {
        None
    } else {
        return None;
    };
    let kind = element.child("TYPE_OF_DATE").unwrap_or_default().to_ascii_uppercase();
    Some(if kind.starts_with("APPROX") { stated.and_then(BirthDate::circa) } else { stated })
}

fn birth_place(city: Option<&str>, country: Option<&str>) -> Place {
    let country = country.and_then(countries::by_name);
    Place { town: city.map(str::to_owned), country: country.map(str::to_owned) }
}

fn add_document(entry: &mut Entry, document: &Element) {
    let Some(number) = document.child("NUMBER") else { return };
    let kind = document.child("TYPE_OF_DOCUMENT").unwrap_or_default().to_ascii_lowercase();
    let kind = if kind.contains("passport") || kind.contains("travel") {
        ListedDocumentKind::Passport
    } else if kind.contains("driv") {
        ListedDocumentKind::Licence
    } else if kind.contains("identi") || kind.contains("national") {
        ListedDocumentKind::NationalId
    } else {
        ListedDocumentKind::Other
    };
    let country = document.child("ISSUING_COUNTRY").or_else(|| document.child("COUNTRY_OF_ISSUE"));
    let country = country.and_then(countries::by_name).map(str::to_owned);
    entry.add_document(ListedDocument { kind, number: number.to_owned(), country });
}
