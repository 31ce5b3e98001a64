//! What changed from one issue of a list to the next, by the hash of each entry's content.

use std::collections::HashMap;

use super::entry::Entry;
use super::lists::List;

/// A person of a list, as a change names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedEntry {
    /// The publisher's identifier.
    pub id: String,
    /// The name under which the person is listed.
    pub name: String,
}

impl From<&Entry> for ChangedEntry {
    fn from(entry: &Entry) -> Self {
        Self { id: entry.id.clone(), name: entry.primary_name().to_owned() }
    }
}

/// The persons that an issue adds, changes and removes, each by identifier. Companies and ships are not compared with
/// anybody, and so not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChanges {
    /// Not in the issue before.
    pub added: Vec<ChangedEntry>,
    /// In both, with another content.
    pub changed: Vec<ChangedEntry>,
    /// Not in the new issue.
    pub removed: Vec<ChangedEntry>,
}

impl ListChanges {
    /// Compares two issues; `None` before the first one, which adds everybody.
    pub fn between(before: Option<&List>, after: &List) -> Self {
        let people = before.map_or(&[][..], |list| &list.people);
        let mut old: HashMap<&str, &Entry> = people.iter().map(|entry| (entry.id.as_str(), entry)).collect();
        let mut changes = Self::default();
        for entry in &after.people {
            match old.remove(entry.id.as_str()) {
                None => changes.added.push(entry.into()),
                Some(known) if known.hash() != entry.hash() => changes.changed.push(entry.into()),
                Some(_) => {}
            }
        }
        changes.removed = old.into_values().map(ChangedEntry::from).collect();
        for group in [&mut changes.added, &mut changes.changed, &mut changes.removed] {
            group.sort();
        }
        changes
    }

    /// Whether nobody was added, changed or removed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::super::entry::Source;
    use super::super::lists::OfacFiles;
    use super::*;

    fn list(entries: &[(u32, &str, &str)]) -> List {
        let nothing = "-0- ,".repeat(7);
        let rows: String = entries
            .iter()
            .map(|(id, name, born)| format!("{id},\"{name}\",\"individual\",\"X\",{nothing}\"DOB {born}.\"\r\n"))
            .collect();
        let files = OfacFiles { entries: rows.as_bytes(), aliases: b"", comments: b"" };
        List::from_ofac_csv(Source::OfacSdn, &files, date(2026, 11, 20)).unwrap()
    }

    fn ids(group: &[ChangedEntry]) -> Vec<&str> {
        group.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn added_changed_and_removed_entries_are_told_apart() {
        let before = list(&[(1, "A, A", "1950"), (2, "B, B", "1951"), (3, "C, C", "1952")]);
        let after = list(&[(3, "C, C", "1952"), (2, "B, B", "12 Aug 1951"), (4, "D, D", "1953")]);
        let changes = ListChanges::between(Some(&before), &after);
        assert_eq!(
            (ids(&changes.added), ids(&changes.changed), ids(&changes.removed)),
            (vec!["4"], vec!["2"], vec!["1"])
        );
        assert_eq!(changes.removed[0].name, "A, A");
        assert!(ListChanges::between(Some(&after), &after).is_empty());
        assert_eq!(ids(&ListChanges::between(None, &before).added), ["1", "2", "3"]);
    }
}
