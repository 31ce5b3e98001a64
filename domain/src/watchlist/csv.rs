//! Delimited text as OFAC publishes it: commas, double quotes, no header, a control-Z at the end.

use super::ListError;

/// One record and the line on which it begins, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) line: usize,
    fields: Vec<String>,
}

impl Record {
    /// The text of a column, from 0; `None` where it is absent, blank or OFAC's null, `-0-`.
    pub(super) fn get(&self, column: usize) -> Option<&str> {
        self.fields.get(column).map(|field| field.trim()).filter(|field| !field.is_empty() && *field != "-0-")
    }

    /// The number of columns.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }
}

/// Divides `text` into records. A quoted field may hold commas, line breaks and doubled quotes.
///
/// # Errors
/// [`ListError::Malformed`] for an unclosed quote, because one field would swallow all later entries.
pub(super) fn records(file: &'static str, text: &str) -> Result<Vec<Record>, ListError> {
    let mut records = Vec::new();
    let mut chars = text.chars().peekable();
    let (mut line, mut began) = (1, 1);
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut quoted_from = None;
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match (c, quoted_from) {
            ('"', Some(_)) if chars.next_if_eq(&'"').is_some() => field.push('"'),
            ('"', Some(_)) => quoted_from = None,
            (c, Some(_)) => field.push(c),
            // In a field that does not begin with a quote, a quote is an ordinary character.
            ('"', None) if field.trim().is_empty() => {
                field.clear();
                quoted_from = Some(line);
            }
            (',', None) => fields.push(std::mem::take(&mut field)),
            ('\n', None) => {
                finish(&mut records, &mut fields, &mut field, began);
                began = line;
            }
            ('\u{1A}' | '\u{FEFF}' | '\r', None) => {}
            (c, None) => field.push(c),
        }
    }
    if let Some(line) = quoted_from {
        return Err(ListError::Malformed { file, line, problem: "unclosed quote" });
    }
    finish(&mut records, &mut fields, &mut field, began);
    Ok(records)
}

fn finish(records: &mut Vec<Record>, fields: &mut Vec<String>, field: &mut String, line: usize) {
    if fields.is_empty() && field.trim().is_empty() {
        field.clear();
        return;
    }
    fields.push(std::mem::take(field));
    records.push(Record { line, fields: std::mem::take(fields) });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_commas_line_breaks_and_nulls_are_parsed() {
        let text = "1,\"A, \"\"b\"\"\",-0- ,x\r\n\r\n2 , \"two\nlines\" , ,\"-0- \"\r\n\u{1A}";
        let records = records("SDN.CSV", text).unwrap();
        assert_eq!(records.len(), 2);
        let columns = |record: &Record| (0..5).map(|at| record.get(at).map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(columns(&records[0]), [Some("1".into()), Some("A, \"b\"".into()), None, Some("x".into()), None]);
        assert_eq!(columns(&records[1]), [Some("2".into()), Some("two\nlines".into()), None, None, None]);
        assert_eq!((records[0].line, records[1].line), (1, 3));
    }

    #[test]
    fn unclosed_quote_is_an_error_with_its_line() {
        let error = records("SDN.CSV", "1,\"a\"\n2,\"b\n3,c").unwrap_err();
        assert_eq!(error, ListError::Malformed { file: "SDN.CSV", line: 2, problem: "unclosed quote" });
    }

    proptest! {
        #[test]
        fn quoted_field_round_trips(fields in prop::collection::vec("[^\u{1A}\u{FEFF}]{0,12}", 2..5)) {
            let row: Vec<_> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            let read = records("SDN.CSV", &format!("{}\r\n", row.join(","))).unwrap();
            prop_assert_eq!(&read[0].fields, &fields);
        }
    }
}
