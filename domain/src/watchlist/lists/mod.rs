//! Readers of published lists, one file for each format. Each takes the bytes of a file as published and returns a
//! [`List`], or the reason why the file is not a usable list. A list is taken whole or not at all, because a lost entry
//! could clear a listed person.

mod countries;
mod dates;
mod eu;
mod format;
mod ofac_csv;
mod ofac_xml;
mod open_sanctions;
mod remarks;
mod table;
mod uk_csv;
mod uk_xml;
mod un;
mod xml;

use std::collections::HashSet;

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::entry::{Entry, Source};

pub use format::ListFormat;
pub use ofac_csv::OfacFiles;

/// The largest file that is read, in bytes. The largest published one has 25 MB, a file of all politically exposed
/// persons 200 MB: it is read in another way, see [`List::from_open_sanctions`].
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The reason why a file is not a usable list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A record is not of the published form.
    #[error("{file}, line {line}: {problem}")]
    Malformed {
        /// The file, or the root of an XML file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The problem.
        problem: String,
    },
    /// Another kind of file, for instance a page of HTML that came with status 200.
    #[error("the file does not begin as a list of this kind does: expected {expected}")]
    OtherRoot {
        /// The root of the XML, or the header of the table.
        expected: String,
    },
    /// A document type declaration: no list has one, and it can define entities of any size.
    #[error("the file has a document type declaration")]
    DocumentType,
    /// The file does not say when it was made.
    #[error("the file has no date of publication")]
    NoDate,
    /// Two entries have the same identifier.
    #[error("the identifier {0} occurs twice")]
    DoubledId(String),
    /// No entries: an empty list would clear every applicant.
    #[error("{file} has no entries")]
    Empty {
        /// The file, or the root of an XML file.
        file: String,
    },
    /// Larger than [`MAX_BYTES`].
    #[error("the file is larger than {} MiB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// Not the number of entries that the file itself states.
    #[error("the file states {stated} entries and has {found}")]
    OtherCount {
        /// As stated.
        stated: usize,
        /// As found.
        found: usize,
    },
}

/// A list as it was published on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Which list.
    pub source: Source,
    /// The day of publication, as the file states it.
    pub published: Date,
    /// The number of entries, with companies and ships.
    pub total: usize,
    /// The persons, in the order of the file.
    pub people: Vec<Entry>,
    /// SHA-256 of the files, in hexadecimal digits: the same bytes give the same screening.
    pub sha256: String,
}

impl List {
    /// Reads OFAC's SDN.XML (for [`Source::OfacSdn`]) or CONSOLIDATED.XML (for [`Source::OfacConsolidated`]).
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_ofac_xml(source: Source, bytes: &[u8]) -> Result<Self, ListError> {
        ofac_xml::read(source, bytes)
    }

    /// Reads OFAC's files of comma-separated values, which do not state their day of publication.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_ofac_csv(source: Source, files: &OfacFiles<'_>, published: Date) -> Result<Self, ListError> {
        ofac_csv::read(source, files, published)
    }

    /// Reads the consolidated list of the United Nations Security Council, consolidated.xml.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_un(bytes: &[u8]) -> Result<Self, ListError> {
        un::read(bytes)
    }

    /// Reads the European Union's xmlFullSanctionsList_1_1.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_eu(bytes: &[u8]) -> Result<Self, ListError> {
        eu::read(bytes)
    }

    /// Reads UK-Sanctions-List.csv.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_uk_csv(bytes: &[u8]) -> Result<Self, ListError> {
        uk_csv::read(bytes)
    }

    /// Reads UK-Sanctions-List.xml.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_uk_xml(bytes: &[u8]) -> Result<Self, ListError> {
        uk_xml::read(bytes)
    }

    /// Reads targets.simple.csv of OpenSanctions, a file of politically exposed persons that the operator has licensed.
    /// It does not state its day.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_open_sanctions(bytes: &[u8], published: Date) -> Result<Self, ListError> {
        open_sanctions::read(bytes, published)
    }

    /// Label, date and size of the list, for instance `OFAC-SDN 2026-11-20 (17932 entries)`.
    pub fn version(&self) -> String {
        format!("{} {} ({} entries)", self.source.code(), self.published, self.total)
    }

    /// The list under another label, for a list that its publisher did not make.
    #[must_use]
    pub fn labelled(mut self, source: Source) -> Self {
        self.source = source;
        for entry in &mut self.people {
            entry.source = source;
        }
        self
    }
}

/// Collects the entries of a list that is being read.
struct Collected {
    source: Source,
    file: &'static str,
    known: HashSet<String>,
    people: Vec<Entry>,
}

impl Collected {
    fn new(source: Source, file: &'static str) -> Self {
        Self { source, file, known: HashSet::new(), people: Vec::new() }
    }

    /// Notes that an entry exists, of whatever kind.
    fn note(&mut self, id: &str) -> Result<(), ListError> {
        if self.known.insert(id.to_owned()) { Ok(()) } else { Err(ListError::DoubledId(id.to_owned())) }
    }

    fn finish(self, published: Option<Date>, files: &[&[u8]]) -> Result<List, ListError> {
        if self.known.is_empty() {
            return Err(ListError::Empty { file: self.file.to_owned() });
        }
        let published = published.ok_or(ListError::NoDate)?;
        let mut digest = Sha256::new();
        for file in files {
            digest.update(file);
        }
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(List { source: self.source, published, total: self.known.len(), people: self.people, sha256 })
    }
}

#[cfg(test)]
mod tests;
