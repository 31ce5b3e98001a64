//! Delimited text with bounds, by the crate `csv`. Bytes that are not UTF-8 lose an accent and no more: OFAC's files
//! contain some Windows-1252.

use csv::{ByteRecord, ReaderBuilder};

use super::{ListError, MAX_BYTES};

/// One record and the line on which it begins, from 1.
pub(super) struct Row {
    pub(super) line: usize,
    fields: Vec<String>,
}

impl Row {
    /// The text of a column, from 0; `None` where it is absent, blank or OFAC's null, `-0-`.
    pub(super) fn get(&self, column: usize) -> Option<&str> {
        self.fields.get(column).map(|field| field.trim()).filter(|field| !field.is_empty() && *field != "-0-")
    }

    /// The number of columns.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }
}

/// Divides `bytes` by commas into records and gives each to the caller. Blank lines and a final control-Z are left out.
///
/// # Errors
/// [`ListError::Malformed`] for an unclosed quote, because one field would swallow all later entries;
/// [`ListError::TooLarge`]; or the caller's own.
pub(super) fn read(
    file: &'static str,
    bytes: &[u8],
    mut each: impl FnMut(Row) -> Result<(), ListError>,
) -> Result<(), ListError> {
    read_within(file, bytes, MAX_BYTES, &mut each)
}

/// As [`read`], with another bound.
pub(super) fn read_within(
    file: &'static str,
    bytes: &[u8],
    most: usize,
    each: &mut dyn FnMut(Row) -> Result<(), ListError>,
) -> Result<(), ListError> {
    if bytes.len() > most {
        return Err(ListError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let malformed =
        |line, problem: &str| ListError::Malformed { file: file.to_owned(), line, problem: problem.to_owned() };
    loop {
        let line = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        let more = reader.read_byte_record(&mut record).map_err(|_| malformed(line, "not readable"))?;
        if !more {
            return Ok(());
        }
        let (line, from) = record.position().map_or((line, 0), |at| (at.line() as usize, at.byte() as usize));
        // The position is before the line break that ended the last record, and before blank lines.
        let breaks = bytes.get(from..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let line = line + breaks.filter(|byte| **byte == b'\n').count();
        let to = usize::try_from(reader.position().byte()).unwrap_or(bytes.len()).min(bytes.len());
        // A quote that is never closed swallows the rest of the file, so only the last record can have one.
        if to == bytes.len() {
            let quotes = bytes.get(from..to).map_or(0, |raw| raw.iter().filter(|byte| **byte == b'"').count());
            if quotes % 2 == 1 {
                return Err(malformed(line, "unclosed quote"));
            }
        }
        let fields: Vec<String> =
            record.iter().map(|field| String::from_utf8_lossy(field).replace(['\u{1A}', '\u{FEFF}'], "")).collect();
        if fields.iter().any(|field| !field.trim().is_empty()) {
            each(Row { line, fields })?;
        }
    }
}

/// The columns of a table with a header, by name.
pub(super) struct Columns(Vec<String>);

impl Columns {
    /// The header, if it has all the columns that are needed.
    ///
    /// # Errors
    /// [`ListError::OtherRoot`].
    pub(super) fn of(header: &Row, needed: &[&str]) -> Result<Self, ListError> {
        let names: Vec<String> = header.fields.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let missing = needed.iter().find(|needed| !names.contains(&needed.to_ascii_lowercase()));
        match missing {
            None => Ok(Self(names)),
            Some(missing) => Err(ListError::OtherRoot { expected: format!("a header with the column '{missing}'") }),
        }
    }

    /// The value of a column in a row; `None` if it is absent or blank.
    pub(super) fn get<'a>(&self, row: &'a Row, name: &str) -> Option<&'a str> {
        row.get(self.0.iter().position(|known| known.eq_ignore_ascii_case(name))?)
    }

    /// The number of columns.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Result<Vec<Row>, ListError> {
        let mut found = Vec::new();
        read("SDN.CSV", text.as_bytes(), |row| {
            found.push(row);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn quotes_commas_line_breaks_and_nulls_are_parsed() {
        let rows = rows("1,\"A, \"\"b\"\"\",-0- ,x\r\n\r\n2 ,\"two\nlines\" , ,\"-0- \"\r\n\u{1A}").unwrap();
        assert_eq!(rows.len(), 2);
        let columns = |row: &Row| (0..5).map(|at| row.get(at).map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(columns(&rows[0]), [Some("1".into()), Some("A, \"b\"".into()), None, Some("x".into()), None]);
        assert_eq!(columns(&rows[1]), [Some("2".into()), Some("two\nlines".into()), None, None, None]);
        assert_eq!((rows[0].line, rows[1].line), (1, 3));
    }

    #[test]
    fn unclosed_quote_is_an_error_with_its_line() {
        let error = rows("1,\"a\"\n2,\"b\n3,c").err().unwrap();
        let unclosed = ListError::Malformed { file: "SDN.CSV".into(), line: 2, problem: "unclosed quote".into() };
        assert_eq!(error, unclosed);
    }

    #[test]
    fn windows_1252_loses_an_accent_and_no_entry() {
        let mut found = Vec::new();
        read("SDN.CSV", b"1,\"NU\xD1EZ\"\r\n2,b\r\n", |row| {
            found.push(row);
            Ok(())
        })
        .unwrap();
        assert_eq!((found.len(), found[0].get(1)), (2, Some("NU\u{FFFD}EZ")));
    }

    #[test]
    fn columns_are_found_by_name() {
        let rows = rows("\u{FEFF}Unique ID,D.O.B\nX1, 1/2/1970 \n").unwrap();
        let columns = Columns::of(&rows[0], &["unique id"]).unwrap();
        assert_eq!(columns.get(&rows[1], "d.o.b"), Some("1/2/1970"));
        assert_eq!((columns.get(&rows[1], "other"), columns.len()), (None, 2));
        assert!(Columns::of(&rows[0], &["Name 6"]).is_err());
    }

    proptest! {
        #[test]
        fn quoted_field_round_trips(fields in prop::collection::vec("[^\u{1A}\u{FEFF}]{0,12}", 2..5)) {
            let row: Vec<_> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            let read = rows(&format!("{}\r\n", row.join(","))).unwrap();
            if fields.iter().any(|field| !field.trim().is_empty()) {
                prop_assert_eq!(&read[0].fields, &fields);
            }
        }
    }
}
