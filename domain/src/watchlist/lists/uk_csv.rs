//! The UK Sanctions List as comma-separated values: one row for each name, address and document of an entry.

use std::collections::HashMap;

use jiff::civil::Date;

use super::table::{self, Columns, Row};
use super::{Collected, List, ListError, uk_xml};
use crate::watchlist::entry::{Entry, ListedDocumentKind, Source};

const FILE: &str = "UK-Sanctions-List.csv";
const NEEDED: [&str; 6] = ["Unique ID", "Name 6", "Name 1", "Name type", "Designation Type", "D.O.B"];

pub(super) fn read(bytes: &[u8]) -> Result<List, ListError> {
    let mut collected = Collected::new(Source::Uk, FILE);
    let mut published = None;
    let mut columns: Option<Columns> = None;
    let mut places: HashMap<String, Option<usize>> = HashMap::new();
    table::read(FILE, bytes, |row| {
        let Some(columns) = &columns else {
            let first = row.get(0).unwrap_or_default();
            match first.strip_prefix("Report Date:") {
                Some(day) => published = Date::strptime("%d-%b-%Y", day.trim()).ok(),
                None => columns = Some(Columns::of(&row, &NEEDED)?),
            }
            return Ok(());
        };
        let malformed =
            |problem: &str| ListError::Malformed { file: FILE.to_owned(), line: row.line, problem: problem.to_owned() };
        if row.len() != columns.len() {
            return Err(malformed("not the number of columns of the header"));
        }
        let value = |name: &str| columns.get(&row, name);
        let id = value("Unique ID").ok_or_else(|| malformed("no Unique ID"))?;
        let place = match places.get(id) {
            Some(place) => *place,
            None => {
                collected.note(id)?;
                let kind = value("Designation Type").ok_or_else(|| malformed("no Designation Type"))?;
                let place = kind.eq_ignore_ascii_case("individual").then_some(collected.people.len());
                if place.is_some() {
                    collected.people.push(Entry::new(Source::Uk, id));
                }
                places.insert(id.to_owned(), place);
                place
            }
        };
        if let Some(entry) = place.and_then(|place| collected.people.get_mut(place)) {
            add(entry, columns, &row);
        }
        Ok(())
    })?;
    if columns.is_none() {
        return Err(ListError::OtherRoot { expected: "'Report Date: ...' and a header".to_owned() });
    }
    if let Some(nameless) = collected.people.iter_mut().find_map(|entry| uk_xml::finish(entry).err()) {
        return Err(nameless);
    }
    collected.finish(published, &[bytes])
}

fn add(entry: &mut Entry, columns: &Columns, row: &Row) {
    let value = |name: &str| columns.get(row, name);
    let given: Vec<&str> =
        ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5"].iter().filter_map(|name| value(name)).collect();
    uk_xml::add_name(
        entry,
        &given.join(" "),
        value("Name 6").unwrap_or_default(),
        value("Name type").unwrap_or_default(),
        value("Alias strength").unwrap_or_default(),
    );
    uk_xml::add_own_script(entry, value("Name non-latin script").unwrap_or_default());
    entry.add_programme(value("Regime Name").unwrap_or_default());
    uk_xml::add_birth(entry, value("D.O.B").unwrap_or_default());
    uk_xml::add_birth_place(entry, value("Town of birth"), value("Country of birth"));
    uk_xml::add_nationalities(entry, value("Nationality(/ies)").unwrap_or_default());
    uk_xml::add_sex(entry, value("Gender").unwrap_or_default());
    for (number, about, kind) in [
        ("Passport number", "Passport additional information", ListedDocumentKind::Passport),
        ("National Identifier number", "National Identifier additional information", ListedDocumentKind::NationalId),
    ] {
        uk_xml::add_document(entry, kind, value(number).unwrap_or_default(), value(about).unwrap_or_default());
    }
}
