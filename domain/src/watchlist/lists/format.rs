//! The published formats by name, so that the stored bytes of a list can be read again.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{List, ListError, OfacFiles};
use crate::watchlist::entry::Source;

/// A published format. The name is stored with the bytes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListFormat {
    /// SDN.XML, CONSOLIDATED.XML.
    OfacXml,
    /// Three files of comma-separated values: entries, aliases, comments.
    OfacCsv,
    /// The United Nations' consolidated.xml.
    UnXml,
    /// The European Union's xmlFullSanctionsList_1_1.
    EuXml,
    /// UK-Sanctions-List.xml.
    UkXml,
    /// UK-Sanctions-List.csv.
    UkCsv,
    /// targets.simple.csv of OpenSanctions.
    OpenSanctions,
}

impl ListFormat {
    /// The format of a single file of `source`, by its beginning where there are two. `None` for the sample, which is
    /// no file.
    pub fn of_file(source: Source, bytes: &[u8]) -> Option<Self> {
        Some(match source {
            Source::OfacSdn | Source::OfacConsolidated => Self::OfacXml,
            Source::Un => Self::UnXml,
            Source::Eu => Self::EuXml,
            Source::Uk if beginning(bytes).starts_with('<') => Self::UkXml,
            Source::Uk => Self::UkCsv,
            Source::Pep => Self::OpenSanctions,
            Source::Sample => return None,
        })
    }

    /// Whether the format does not state its day of publication.
    pub const fn is_undated(self) -> bool {
        matches!(self, Self::OfacCsv | Self::OpenSanctions)
    }
}

impl List {
    /// Reads the bytes of a list in `format`: the three files of [`ListFormat::OfacCsv`] in their order (a missing one
    /// is empty), else one file. `published` is the day of a list that does not state it.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn read(
        source: Source,
        format: ListFormat,
        files: &[&[u8]],
        published: Option<Date>,
    ) -> Result<Self, ListError> {
        let file = |at: usize| files.get(at).copied().unwrap_or_default();
        let bytes = file(0);
        // Publishers answer with a page where a list should be; such a page often has a document type.
        if is_html(bytes) {
            return Err(ListError::OtherRoot { expected: "a list, not a page of HTML".to_owned() });
        }
        let day = || published.ok_or(ListError::NoDate);
        match format {
            ListFormat::OfacXml => Self::from_ofac_xml(source, bytes),
            ListFormat::OfacCsv => {
                let files = OfacFiles { entries: bytes, aliases: file(1), comments: file(2) };
                Self::from_ofac_csv(source, &files, day()?)
            }
            ListFormat::UnXml => Self::from_un(bytes),
            ListFormat::EuXml => Self::from_eu(bytes),
            ListFormat::UkXml => Self::from_uk_xml(bytes),
            ListFormat::UkCsv => Self::from_uk_csv(bytes),
            ListFormat::OpenSanctions => Self::from_open_sanctions(bytes, day()?),
        }
    }
}

/// The first characters, without byte order mark and blanks.
fn beginning(bytes: &[u8]) -> String {
    let start = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    String::from_utf8_lossy(start).trim_start_matches('\u{FEFF}').trim_start().to_ascii_lowercase()
}

fn is_html(bytes: &[u8]) -> bool {
    let start = beginning(bytes);
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;

    const UK_CSV: &str = include_str!("../../../tests/fixtures/lists/uk.csv");
    const UK_XML: &str = include_str!("../../../tests/fixtures/lists/uk.xml");

    #[test]
    fn format_of_a_uk_file_is_told_by_its_beginning() {
        for (text, format) in [(UK_CSV, ListFormat::UkCsv), (UK_XML, ListFormat::UkXml)] {
            assert_eq!(ListFormat::of_file(Source::Uk, text.as_bytes()), Some(format));
            assert_eq!(List::read(Source::Uk, format, &[text.as_bytes()], None).unwrap().source, Source::Uk);
        }
        assert_eq!(ListFormat::of_file(Source::Uk, b"\xEF\xBB\xBF\n <Designations"), Some(ListFormat::UkXml));
        assert_eq!(ListFormat::of_file(Source::Sample, b""), None);
    }

    #[test]
    fn page_of_html_is_another_file_whatever_its_document_type() {
        for page in ["<!DOCTYPE html><html></html>", "  <html>try again</html>"] {
            for source in Source::ALL {
                let Some(format) = ListFormat::of_file(source, page.as_bytes()) else { continue };
                let read = List::read(source, format, &[page.as_bytes()], Some(date(2026, 11, 20)));
                assert!(matches!(read, Err(ListError::OtherRoot { .. })), "{source:?}: {read:?}");
            }
        }
    }

    #[test]
    fn undated_format_needs_a_day() {
        let peps = include_bytes!("../../../tests/fixtures/lists/peps.csv");
        let read = |day| List::read(Source::Pep, ListFormat::OpenSanctions, &[peps], day);
        assert_eq!(read(None).unwrap_err(), ListError::NoDate);
        assert_eq!(read(Some(date(2026, 11, 20))).unwrap().published, date(2026, 11, 20));
    }
}
