//! The European Union's consolidated list, FSF version 1.1.

use super::xml::{self, Element, Format};
use super::{Collected, List, ListError, countries, dates};
use crate::watchlist::entry::{
    BirthDate, Entry, ListedDocument, ListedDocumentKind, ListedName, NameKind, NameStrength, Place, Sex, Source,
};

const FORMAT: Format<'_> = Format { root: "export", records: &["sanctionEntity"] };

pub(super) fn read(bytes: &[u8]) -> Result<List, ListError> {
    let mut collected = Collected::new(Source::Eu, FORMAT.root);
    let mut published = None;
    xml::read(bytes, &FORMAT, |element| {
        if element.name == FORMAT.root {
            published = element.attribute("generationDate").and_then(dates::iso_day);
            return Ok(());
        }
        let problem = |problem: String| ListError::Malformed { file: FORMAT.root.to_owned(), line: 1, problem };
        let id = element.attribute("logicalId").or_else(|| element.attribute("euReferenceNumber"));
        let id = id.ok_or_else(|| problem("an entry has no logicalId".to_owned()))?;
        collected.note(id)?;
        let is_person = element.all("subjectType").any(|kind| kind.attribute("code") == Some("person"));
        if is_person {
            let entry = person(id, &element);
            if entry.names.is_empty() {
                return Err(problem(format!("entry {id} has no name")));
            }
            collected.people.push(entry);
        }
        Ok(())
    })?;
    collected.finish(published, &[bytes])
}

fn person(id: &str, element: &Element) -> Entry {
    let mut entry = Entry::new(Source::Eu, id);
    let mut sexes = Vec::new();
    for alias in element.all("nameAlias") {
        add_name(&mut entry, alias);
        sexes.extend(alias.attribute("gender").and_then(Sex::parse));
    }
    sexes.dedup();
    entry.sex = if let [sex] = sexes.as_slice() { Some(*sex) } else { None };
    for regulation in element.all("regulation") {
        entry.add_programme(regulation.attribute("programme").unwrap_or_default());
    }
    for birth in element.all("birthdate") {
        if let Some(date) = birth_date(birth) {
            entry.add_birth(date);
        }
        let town = birth.attribute("city").or_else(|| birth.attribute("place"));
        let country = birth.attribute("countryIso2Code").and_then(countries::by_code);
        entry.add_birth_place(Place { town: town.map(str::to_owned), country: country.map(str::to_owned) });
    }
    for citizenship in element.all("citizenship") {
        entry.add_nationality(citizenship.attribute("countryIso2Code").and_then(countries::by_code));
    }
    for identification in element.all("identification") {
        add_document(&mut entry, identification);
    }
    entry
}

fn add_name(entry: &mut Entry, alias: &Element) {
    // Remarks of the list mark some aliases that the attribute does not.
    let mut remarks = alias.texts("remark").map(str::to_ascii_lowercase);
    let low = remarks.any(|remark| remark.contains("low quality"));
    let is_weak = low || alias.attribute("strong").is_some_and(|strong| strong.eq_ignore_ascii_case("false"));
    let strength = if is_weak { NameStrength::Weak } else { NameStrength::Strong };
    let kind = if entry.names.is_empty() { NameKind::Primary } else { NameKind::Alias };
    let part = |name| alias.attribute(name).unwrap_or_default();
    let given = [part("firstName"), part("middleName")].join(" ");
    let mut name = match alias.attribute("wholeName") {
        Some(whole) => ListedName::whole(whole, kind, strength),
        None => ListedName::divided(&given, part("lastName"), kind, strength),
    };
    let half = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    if half(part("lastName")).is_some() && half(&given).is_some() {
        (name.given, name.family) = (half(&given), half(part("lastName")));
    }
    entry.add_name(name);
}

/// `None` for an element that is only a place; `Some(None)` for a date that cannot be compared: an Islamic year beside a
/// Gregorian one is another way to write the same birth.
fn birth_date(element: &Element) -> Option<Option<BirthDate>> {
    let number = |name| element.attribute(name).and_then(|text| text.parse::<i16>().ok()).filter(|number| *number > 0);
    let calendar = element.attribute("calendarType").unwrap_or("GREGORIAN");
    let has_any =
        ["birthdate", "year", "yearRangeFrom", "yearRangeTo"].iter().any(|name| element.attribute(name).is_some());
    if !has_any {
        return None;
    }
    let stated = match calendar {
        calendar if !calendar.eq_ignore_ascii_case("GREGORIAN") => islamic(number("year")),
        _ => {
            if let Some(day) = element.attribute("birthdate") {
                dates::iso(day)
            } else if let (Some(from), Some(to)) = (number("yearRangeFrom"), number("yearRangeTo")) {
                BirthDate::year(from).zip(BirthDate::year(to)).and_then(|(from, to)| BirthDate::range(from, to))
            } else if let Some(year) = number("year") {
                match number("month").and_then(|month| i8::try_from(month).ok()) {
                    Some(month) => BirthDate::month(year, month),
                    None => BirthDate::year(year),
                }
            } else {
                // A range that is open at one end, or 0 for no year.
                None
            }
        }
    };
    let is_circa = element.attribute("circa").is_some_and(|circa| circa.eq_ignore_ascii_case("true"));
    Some(if is_circa { stated.and_then(BirthDate::circa) } else { stated })
}

/// The Gregorian years in which a year of the Islamic calendar lies. It has 354 or 355 days, and began in July 622.
fn islamic(year: Option<i16>) -> Option<BirthDate> {
    let year = i32::from(year.filter(|year| (1200..1500).contains(year))?);
    let begins = |year: i32| 622.54 + f64::from(year - 1) * 0.970_224;
    let gregorian = |at: f64| BirthDate::year(at.floor() as i16);
    BirthDate::range(gregorian(begins(year))?, gregorian(begins(year + 1))?)
}

fn add_document(entry: &mut Entry, identification: &Element) {
    let is_true = |name| identification.attribute(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // A false document proves nothing about the person; one that expired or was lost still does.
    if is_true("knownFalse") {
        return;
    }
    let kind = match identification.attribute("identificationTypeCode").unwrap_or_default() {
        "passport" | "diplomaticpassport" | "servicepassport" | "traveldoc" => ListedDocumentKind::Passport,
        "id" | "nationalid" | "ssn" | "electionid" => ListedDocumentKind::NationalId,
        "driverlicense" | "drivinglicence" => ListedDocumentKind::Licence,
        _ => ListedDocumentKind::Other,
    };
    let number = identification.attribute("number").or_else(|| identification.attribute("latinNumber"));
    let country = identification.attribute("countryIso2Code").and_then(countries::by_code);
    entry.add_document(ListedDocument {
        kind,
        number: number.unwrap_or_default().to_owned(),
        country: country.map(str::to_owned),
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn islamic_years_are_two_gregorian_ones() {
        let years = |year| islamic(Some(year)).map(|birth| (birth.from.year(), birth.to.year()));
        assert_eq!(years(1343), Some((1924, 1925)));
        assert_eq!(years(1384), Some((1964, 1965)));
        assert_eq!(years(1400), Some((1979, 1980)));
        // A Gregorian year under the wrong label is not comparable.
        assert_eq!(years(1964), None);
    }
}
