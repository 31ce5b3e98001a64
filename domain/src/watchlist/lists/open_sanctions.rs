//! `targets.simple.csv` of OpenSanctions, for politically exposed persons. The file is the operator's own: its
//! commercial use needs a licence.

use jiff::civil::Date;

use super::table::{self, Columns};
use super::{Collected, List, ListError, countries, dates};
use crate::watchlist::entry::{Entry, ListedDocument, ListedDocumentKind, ListedName, NameKind, NameStrength, Source};

const FILE: &str = "targets.simple.csv";
const NEEDED: [&str; 5] = ["id", "schema", "name", "aliases", "birth_date"];
/// All politically exposed persons are 200 MB.
const MAX_BYTES: usize = 512 * 1024 * 1024;

pub(super) fn read(bytes: &[u8], published: Date) -> Result<List, ListError> {
    let mut collected = Collected::new(Source::Pep, FILE);
    let mut columns: Option<Columns> = None;
    table::read_within(FILE, bytes, MAX_BYTES, &mut |row| {
        let Some(columns) = &columns else {
            columns = Some(Columns::of(&row, &NEEDED)?);
            return Ok(());
        };
        let malformed =
            |problem: &str| ListError::Malformed { file: FILE.to_owned(), line: row.line, problem: problem.to_owned() };
        if row.len() != columns.len() {
            return Err(malformed("not the number of columns of the header"));
        }
        let value = |name: &str| columns.get(&row, name);
        let id = value("id").ok_or_else(|| malformed("no id"))?;
        collected.note(id)?;
        if value("schema") == Some("Person") {
            let mut entry = Entry::new(Source::Pep, id);
            let name = value("name").ok_or_else(|| malformed("no name"))?;
            entry.add_name(ListedName::whole(name, NameKind::Primary, NameStrength::Strong));
            for alias in cells(value("aliases").unwrap_or_default()) {
                entry.add_name(ListedName::whole(alias, NameKind::Alias, NameStrength::Strong));
            }
            for birth in cells(value("birth_date").unwrap_or_default()) {
                entry.add_birth(dates::iso(&birth));
            }
            for country in cells(value("countries").unwrap_or_default()) {
                entry.add_nationality(countries::by_code(&country));
            }
            for number in cells(value("identifiers").unwrap_or_default()) {
                entry.add_document(ListedDocument { kind: ListedDocumentKind::Other, number, country: None });
            }
            entry.add_programme(value("dataset").unwrap_or_default());
            collected.people.push(entry);
        }
        Ok(())
    })?;
    collected.finish(Some(published), &[bytes])
}

/// The values of a cell: they are divided by semicolons, and quoted where they contain one.
fn cells(text: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_divided_by_semicolons_outside_quotes() {
        assert_eq!(cells("A B;\"C; D\"; ;E"), ["A B", "C; D", "E"]);
        assert!(cells("").is_empty());
    }
}
