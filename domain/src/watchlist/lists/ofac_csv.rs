//! OFAC's comma-separated files: SDN.CSV, ALT.CSV and SDN_COMMENTS.CSV, or CONS_PRIM.CSV, CONS_ALT.CSV and
//! CONS_COMMENTS.CSV. They have no header and do not state their day; `-0- ` is a null, a control-Z ends them.

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Collected, List, ListError, remarks, table};
use crate::watchlist::entry::{Entry, ListedName, NameKind, NameStrength, Source};

/// The bytes of the files.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfacFiles<'a> {
    /// SDN.CSV or CONS_PRIM.CSV.
    pub entries: &'a [u8],
    /// ALT.CSV or CONS_ALT.CSV: strong aliases.
    pub aliases: &'a [u8],
    /// SDN_COMMENTS.CSV or CONS_COMMENTS.CSV: remarks end at 1,000 characters, and go on there in mid-word.
    pub comments: &'a [u8],
}

const ENTRY_COLUMNS: usize = 12;

pub(super) fn read(source: Source, files: &OfacFiles<'_>, published: Date) -> Result<List, ListError> {
    let names = match source {
        Source::OfacConsolidated => ["CONS_PRIM.CSV", "CONS_ALT.CSV", "CONS_COMMENTS.CSV"],
        _ => ["SDN.CSV", "ALT.CSV", "SDN_COMMENTS.CSV"],
    };
    let malformed = |file: &str, row: &table::Row, problem: &str| ListError::Malformed {
        file: file.to_owned(),
        line: row.line,
        problem: problem.to_owned(),
    };
    let number = |row: &table::Row| row.get(0).filter(|number| number.parse::<u32>().is_ok()).map(str::to_owned);

    let mut rest_of_remarks: HashMap<String, String> = HashMap::new();
    table::read(names[2], files.comments, |row| {
        let number =
            number(&row).ok_or_else(|| malformed(names[2], &row, "the first column is not an entry number"))?;
        rest_of_remarks.entry(number).or_default().push_str(row.get(1).unwrap_or_default());
        Ok(())
    })?;

    let mut collected = Collected::new(source, names[0]);
    // Entry number to index in `people`; `None` for an entry that is not a person.
    let mut places: HashMap<String, Option<usize>> = HashMap::new();
    table::read(names[0], files.entries, |row| {
        let malformed = |problem| malformed(names[0], &row, problem);
        if row.len() != ENTRY_COLUMNS {
            return Err(malformed("not twelve columns"));
        }
        let number = number(&row).ok_or_else(|| malformed("the first column is not an entry number"))?;
        let name = row.get(1).ok_or_else(|| malformed("no name"))?;
        collected.note(&number)?;
        let is_person = row.get(2).is_some_and(|kind| kind.eq_ignore_ascii_case("individual"));
        places.insert(number.clone(), is_person.then_some(collected.people.len()));
        if is_person {
            let mut entry = Entry::new(source, &number);
            entry.add_name(published_name(name, NameKind::Primary));
            for programme in row.get(3).unwrap_or_default().split("] [") {
                entry.add_programme(programme.trim_matches(['[', ']', ' ']));
            }
            // Joined without a separator: the first part ends in mid-word.
            let remarks = row.get(11).unwrap_or_default().to_owned();
            let rest = rest_of_remarks.get(&number).map_or("", String::as_str);
            remarks::add(&mut entry, &(remarks + rest));
            collected.people.push(entry);
        }
        Ok(())
    })?;
    if let Some(orphan) = rest_of_remarks.keys().find(|number| !places.contains_key(*number)) {
        return Err(other_day(names[2], orphan, names[0]));
    }

    table::read(names[1], files.aliases, |row| {
        let malformed = |problem| malformed(names[1], &row, problem);
        let number = number(&row).ok_or_else(|| malformed("the first column is not an entry number"))?;
        let name = row.get(3).ok_or_else(|| malformed("no name"))?;
        let place = places.get(&number).ok_or_else(|| other_day(names[1], &number, names[0]))?;
        let kind = if row.get(2) == Some("fka") { NameKind::Former } else { NameKind::Alias };
        if let Some(entry) = place.and_then(|place| collected.people.get_mut(place)) {
            entry.add_name(published_name(name, kind));
        }
        Ok(())
    })?;
    collected.finish(Some(published), &[files.entries, files.aliases, files.comments])
}

fn other_day(file: &str, number: &str, entries: &str) -> ListError {
    let problem = format!("no entry {number} in {entries}; the files are of different days");
    ListError::Malformed { file: file.to_owned(), line: 1, problem }
}

/// `FAMILY, Given`. Every second piece in double quotes is a nickname, which documents do not have.
fn published_name(text: &str, kind: NameKind) -> ListedName {
    let proper: String = text.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let proper = proper.split_whitespace().collect::<Vec<_>>().join(" ");
    let proper = if proper.is_empty() { text.to_owned() } else { proper };
    match proper.split_once(',') {
        Some((family, given)) => ListedName::divided(given, family, kind, NameStrength::Strong),
        None => ListedName::whole(proper, kind, NameStrength::Strong),
    }
}
