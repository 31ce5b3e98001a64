//! OFAC's SDN.XML and CONSOLIDATED.XML.

use jiff::civil::Date;

use super::remarks::{birth_place, document_kind};
use super::xml::{self, Element, Format};
use super::{Collected, List, ListError, countries, dates};
use crate::watchlist::entry::{Entry, ListedDocument, ListedName, NameKind, NameStrength, Sex, Source};

const FORMAT: Format<'_> = Format { root: "sdnList", records: &["publshInformation", "sdnEntry"] };

pub(super) fn read(source: Source, bytes: &[u8]) -> Result<List, ListError> {
    let mut collected = Collected::new(source, FORMAT.root);
    let (mut published, mut stated) = (None, None);
    xml::read(bytes, &FORMAT, |element| {
        match element.name.as_str() {
            // The publisher's own spelling.
            "publshInformation" => {
                published = element.child("Publish_Date").and_then(|day| Date::strptime("%m/%d/%Y", day).ok());
                stated = element.child("Record_Count").and_then(|count| count.parse().ok());
            }
            "sdnEntry" => {
                let id = element.child("uid").ok_or_else(|| ListError::Malformed {
                    file: FORMAT.root.to_owned(),
                    line: 1,
                    problem: "an entry has no uid".to_owned(),
                })?;
                collected.note(id)?;
                if element.child("sdnType").is_some_and(|kind| kind.eq_ignore_ascii_case("individual")) {
                    let entry = person(source, id, &element);
                    if entry.names.is_empty() {
                        return Err(ListError::Malformed {
                            file: FORMAT.root.to_owned(),
                            line: 1,
                            problem: format!("entry {id} has no name"),
                        });
                    }
                    collected.people.push(entry);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    let found = collected.known.len();
    if let Some(stated) = stated
        && stated != found
    {
        return Err(ListError::OtherCount { stated, found });
    }
    collected.finish(published, &[bytes])
}

fn person(source: Source, id: &str, element: &Element) -> Entry {
    let mut entry = Entry::new(source, id);
    entry.add_name(name(element, NameKind::Primary, NameStrength::Strong));
    for alias in element.descendants("aka") {
        let is_weak = alias.child("category").is_some_and(|category| category.eq_ignore_ascii_case("weak"));
        let is_former = alias.child("type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with('f'));
        entry.add_name(name(
            alias,
            if is_former { NameKind::Former } else { NameKind::Alias },
            if is_weak { NameStrength::Weak } else { NameStrength::Strong },
        ));
    }
    for programme in element.descendants("program").iter().filter_map(|programme| programme.text()) {
        entry.add_programme(programme);
    }
    for birth in element.texts("dateOfBirth") {
        entry.add_birth(dates::ofac(birth));
    }
    for place in element.texts("placeOfBirth") {
        entry.add_birth_place(birth_place(place));
    }
    for list in ["nationality", "citizenship"] {
        for country in element.descendants(list).iter().filter_map(|one| one.child("country")) {
            entry.add_nationality(countries::by_name(country));
        }
    }
    let mut sexes = Vec::new();
    for document in element.descendants("id") {
        let (Some(kind), Some(number)) = (document.child("idType"), document.child("idNumber")) else { continue };
        if kind == "Gender" {
            sexes.extend(Sex::parse(number));
        } else if let Some(kind) = document_kind(kind) {
            let country = document.child("idCountry").and_then(countries::by_name).map(str::to_owned);
            entry.add_document(ListedDocument { kind, number: number.to_owned(), country });
        }
    }
    sexes.dedup();
    entry.sex = if let [sex] = sexes.as_slice() { Some(*sex) } else { None };
    entry
}

fn name(element: &Element, kind: NameKind, strength: NameStrength) -> ListedName {
    let half = |name| element.child(name).unwrap_or_default();
    ListedName::divided(half("firstName"), half("lastName"), kind, strength)
}
