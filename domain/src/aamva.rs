//! Parses the PDF417 barcode on the back of North American driving licences and identity cards: AAMVA's DL/ID Card
//! Design Standard, annex D, versions 1 (2000) to 10 (2020) and later.
//!
//! A header has the issuer, the version and the subfiles. A subfile is a sequence of elements, each an identifier of
//! three letters with its value, ended by a line feed. Offsets and lengths in the header are wrong on many cards, so
//! the parser finds the elements by their identifiers and ignores most of the header.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::document::FieldName;
use crate::text::tidy;

/// The longest text that is parsed. A PDF417 holds at most 1,850 characters.
const LONGEST: usize = 4000;

/// Whether a name is truncated on the card, by the elements DDE, DDF and DDG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truncation {
    /// `T`.
    Truncated,
    /// `N`.
    Whole,
    /// `U`, or absent.
    #[default]
    Unknown,
}

/// The content of a barcode. Values are normalised; an empty one, or one marked as unavailable, is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aamva {
    /// Issuer identification number, six digits.
    pub iin: String,
    /// Version of the standard, from 1.
    pub version: u8,
    /// `DL` for a licence, `ID` for an identity card.
    pub subfile: String,
    /// The elements of that subfile by their identifiers, for instance `DAQ`.
    pub elements: BTreeMap<String, String>,
}

/// Parses the text of a barcode; `None` for a text of another kind.
pub fn parse(text: &str) -> Option<Aamva> {
    let text: String = text.chars().take(LONGEST).collect();
    // `@`, LF, RS, CR precede it, unless the scanner drops them.
    let (_, header) = ["ANSI ", "AAMVA"].into_iter().find_map(|mark| text.split_once(mark))?;
    let header = with_separators(header);
    let header = header.as_ref();
    let iin = digits(header, 0, 6)?;
    let version: u8 = digits(header, 6, 8)?.parse().ok().filter(|version| *version > 0)?;
    // Version 1 has no number for the jurisdiction's own version.
    let entries_at = if version == 1 { 8 } else { 10 };
    // The number of entries is wrong on some cards, so it is ignored.
    digits(header, entries_at, entries_at + 2)?;
    let mut body = header.get(entries_at + 2..)?;
    let mut types = Vec::new();
    // Type, offset, length. Some issuers write letters for offset and length.
    while let Some(kind) = body.get(..2).filter(|kind| kind.bytes().all(|b| b.is_ascii_uppercase()))
        && is_entry(body, &types)
    {
        types.push(kind);
        body = body.get(10..)?;
    }
    let subfile = types.into_iter().find(|kind| matches!(*kind, "DL" | "ID"))?;
    let elements = elements(body);
    elements.contains_key("DAQ").then(|| Aamva { iin: iin.to_owned(), version, subfile: subfile.to_owned(), elements })
}

/// Whether an entry of the header begins here, and not the first subfile. An entry of which offset and length are no
/// digits is taken for the first one only, and only where a subfile of its kind follows.
fn is_entry(body: &str, before: &[&str]) -> bool {
    let Some(kind) = body.get(..2) else { return false };
    let value = |c: char| c.is_ascii_alphanumeric();
    digits(body, 2, 10).is_some()
        || (before.is_empty()
            && body.get(2..10).is_some_and(|text| text.chars().all(value))
            && body.get(10..).and_then(|rest| identifier(&rest[rest.find(kind)? + 2..])).is_some())
}

fn digits(text: &str, from: usize, to: usize) -> Option<&str> {
    text.get(from..to).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The text with line feeds where the scanner wrote bars for its separators. A text with line feeds keeps its bars.
fn with_separators(text: &str) -> Cow<'_, str> {
    let elements = text.split('|').filter(|part| identifier(part).is_some()).count();
    if text.contains('\n') || elements < LEAST_ELEMENTS { Cow::Borrowed(text) } else { text.replace('|', "\n").into() }
}

/// The fewest elements after bars that prove that bars are separators.
const LEAST_ELEMENTS: usize = 3;

/// The elements of the standard's subfile. Elements of jurisdiction-specific subfiles begin with `Z` and are skipped.
fn elements(body: &str) -> BTreeMap<String, String> {
    let mut elements = BTreeMap::new();
    for line in body.split(['\n', '\r', '\u{1e}']) {
        let line = line.trim_start();
        // A subfile's first element follows the subfile's type without a separator.
        let line = ["DL", "ID"]
            .into_iter()
            .find_map(|kind| line.strip_prefix(kind).filter(|rest| identifier(rest).is_some()))
            .unwrap_or(line);
        let Some(identifier) = identifier(line) else { continue };
        let value = tidy(&line[3..]);
        let absent =
            value.is_empty() || ["NONE", "UNAVL", "UNAVAILABLE", "N/A"].contains(&value.to_uppercase().as_str());
        if !absent {
            // The standard's own subfile comes first, so the first value of a repeated element counts.
            elements.entry(identifier.to_owned()).or_insert(value);
        }
    }
    elements
}

fn identifier(line: &str) -> Option<&str> {
    line.get(..3).filter(|id| id.starts_with('D') && id.bytes().all(|b| b.is_ascii_uppercase()))
}

impl Aamva {
    /// The value of an element.
    pub fn element(&self, identifier: &str) -> Option<&str> {
        self.elements.get(identifier).map(String::as_str)
    }

    /// First and middle names. Versions 2 and 3 have one element for both; version 1 has one for the whole name.
    pub fn given_names(&self) -> Option<String> {
        let parted = [self.element("DAC"), self.element("DAD")];
        let given = if parted[0].is_some() {
            parted.into_iter().flatten().collect::<Vec<_>>().join(" ")
        } else {
            self.combined_names()?.1
        };
        let given = tidy(&given.replace([',', '@'], " "));
        (!given.is_empty()).then_some(given)
    }

    /// The family name, without a suffix such as `JR`.
    pub fn family_name(&self) -> Option<String> {
        let own = ["DCS", "DAB"].into_iter().find_map(|id| self.element(id)).map(str::to_owned);
        let family = own.or_else(|| self.combined_names().map(|(family, _)| family))?;
        let family = tidy(family.trim_end_matches(','));
        (!family.is_empty()).then_some(family)
    }

    /// Family and given names from a combined element: `DAA` (`FAMILY,GIVEN,MIDDLE,SUFFIX`; some issuers divide the
    /// names by spaces, the given names first), or `DCT`, which has the given names only.
    fn combined_names(&self) -> Option<(String, String)> {
        if let Some(given) = self.element("DCT") {
            return Some((String::new(), given.to_owned()));
        }
        let whole = self.element("DAA")?;
        if !whole.contains([',', '@']) {
            return Some(divided_by_spaces(whole));
        }
        let mut parts = whole.split([',', '@']).map(str::trim);
        let family = parts.next()?.to_owned();
        Some((family, parts.take(2).collect::<Vec<_>>().join(" ")))
    }

    /// Whether family, first and middle name are truncated, in this order.
    pub fn truncation(&self) -> [Truncation; 3] {
        ["DDE", "DDF", "DDG"].map(|id| match self.element(id) {
            Some("T") => Truncation::Truncated,
            Some("N") => Truncation::Whole,
            _ => Truncation::Unknown,
        })
    }

    /// The fields of a document, in the spelling of [`crate::field_value`].
    pub fn fields(&self) -> BTreeMap<FieldName, String> {
        let element = |id: &str| self.element(id).map(str::to_owned);
        let date = |id: &str| self.element(id).and_then(date).map(|date| date.to_string());
        let number = element("DAQ").map(|number| number.replace(' ', "").to_ascii_uppercase());
        let country = self.element("DCG").filter(|code| matches!(*code, "USA" | "CAN")).map(str::to_owned);
        [
            (FieldName::GivenNames, self.given_names()),
            (FieldName::FamilyName, self.family_name()),
            (FieldName::DateOfBirth, date("DBB")),
            (FieldName::DocumentNumber, number),
            (FieldName::IssueDate, date("DBD")),
            (FieldName::ExpiryDate, date("DBA")),
            (FieldName::Sex, self.element("DBC").and_then(sex).map(str::to_owned)),
            (FieldName::IssuingCountry, country),
            (FieldName::Address, self.address()),
            // Version 1 has another element for it.
            (
                FieldName::Categories,
                if self.subfile == "DL" { element("DCA").or_else(|| element("DAR")) } else { None },
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// Street, then town, then state and postal code.
    fn address(&self) -> Option<String> {
        let element = |ids: [&str; 2]| ids.into_iter().find_map(|id| self.element(id));
        // Version 1 has elements for the residence and for the mailing address.
        let street = element(["DAG", "DAL"])?;
        let second = element(["DAH", "DAM"]);
        let town = element(["DAI", "DAN"])?;
        let state = element(["DAJ", "DAO"]);
        let code = element(["DAK", "DAP"]).map(postal_code);
        let last = [state.map(str::to_owned), code].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let lines = [Some(street), second, Some(town), Some(last.as_str()).filter(|last| !last.is_empty())];
        Some(lines.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Family and given names of `GIVEN MIDDLE FAMILY SUFFIX`, as Pennsylvania writes them. One word is a family name.
fn divided_by_spaces(whole: &str) -> (String, String) {
    const SUFFIXES: [&str; 7] = ["JR", "SR", "I", "II", "III", "IV", "V"];
    let mut words: Vec<&str> = whole.split_whitespace().collect();
    if words.len() > 2 && words.last().is_some_and(|last| SUFFIXES.contains(&last.trim_end_matches('.'))) {
        words.pop();
    }
    let family = words.pop().unwrap_or_default().to_owned();
    (family, words.join(" "))
}

/// A date: `MMDDCCYY` in the United States, `CCYYMMDD` in Canada and in version 1. The first two digits decide, since
/// no month is 19 or 20.
fn date(text: &str) -> Option<Date> {
    let text: String = text.chars().filter(|c| !matches!(c, '-' | '/' | ' ')).collect();
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<i16>().ok();
    let [year, month, day] = if part(0, 2)? > 12 {
        [part(0, 4)?, part(4, 6)?, part(6, 8)?]
    } else {
        [part(4, 8)?, part(0, 2)?, part(2, 4)?]
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (1900..=2200).contains(&year).then_some(date)
}

/// ANSI D20: 1 male, 2 female, 9 not specified; version 1 and some issuers write letters.
fn sex(code: &str) -> Option<&'static str> {
    match code {
        "1" | "M" => Some("M"),
        "2" | "F" => Some("F"),
        "9" | "X" => Some("X"),
        _ => None,
    }
}

/// `123450000` is `12345`; `123456789` is `12345-6789`; `K1A0B1` is `K1A 0B1`.
fn postal_code(code: &str) -> String {
    let digits = code.bytes().all(|b| b.is_ascii_digit());
    match (digits, code.len()) {
        (true, 9) if code.ends_with("0000") => code[..5].to_owned(),
        (true, 9) => format!("{}-{}", &code[..5], &code[5..]),
        (false, 6) if code.is_ascii() => format!("{} {}", &code[..3], &code[3..]),
        _ => code.trim_end_matches("-0000").to_owned(),
    }
}
