//! Normalises the fields that a service names to the spelling of [`domain::field_value`].

use domain::date::NO_EXPIRY;
use domain::document::{DocumentKind, Field, FieldName, FieldSource, Provider, Region};
use domain::field_value::normalise;
use jiff::civil::Date;
use ocr::{date_in, is_without_end, title_case};

/// The highest confidence of a date whose day and month could be swapped, so that the applicant is asked.
pub(crate) const AMBIGUOUS_DATE: f64 = 0.5;

/// The value of one field as a service returns it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawValue<'a> {
    /// The text as printed on the document.
    pub text: &'a str,
    /// The service's own normalisation of a date: `YYYY-MM-DD`, possibly with a time.
    pub date: Option<&'a str>,
    /// From 0 to 1.
    pub confidence: f64,
    /// Its place on the page.
    pub region: Option<Region>,
}

/// Converts raw values to fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldNormaliser {
    pub kind: DocumentKind,
    pub provider: Provider,
    pub today: Date,
    /// Whether the document prints the month before the day, as documents of the United States do.
    pub month_first: bool,
}

impl FieldNormaliser {
    /// The field; `None` if the value is empty or invalid, whatever its confidence.
    pub fn field(self, name: FieldName, raw: RawValue<'_>) -> Option<Field> {
        let text = raw.text.trim();
        if text.is_empty() {
            return None;
        }
        let mut confidence = raw.confidence;
        let spelling = match name {
            FieldName::ExpiryDate if is_without_end(text) => NO_EXPIRY.to_string(),
            _ if name.is_date() => {
                let parsed = date_in(text);
                if parsed.is_some_and(|(_, sure)| !sure) && !self.month_first {
                    confidence = confidence.min(AMBIGUOUS_DATE);
                }
                let normalised = raw.date.and_then(|date| date.get(..10)).and_then(|date| date.parse().ok());
                normalised.or(parsed.map(|(date, _)| date))?.to_string()
            }
            FieldName::Mrz => return None,
            FieldName::Sex => sex(text)?.to_owned(),
            FieldName::GivenNames | FieldName::FamilyName | FieldName::FullName => title_case(&one_line(text, " ")),
            FieldName::Address | FieldName::Issuer => one_line(text, ", "),
            _ => one_line(text, " "),
        };
        let value = normalise(self.kind, name, &spelling, self.today).ok()?;
        Some(Field::read(value, confidence, FieldSource::Provider).by(self.provider).at(raw.region))
    }
}

/// Joins the lines of a text.
fn one_line(text: &str, between: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(between)
}

/// `F`, `M` or `X` from `F`, `Female` or `K/F`; `None` if the text names two of them.
fn sex(text: &str) -> Option<&'static str> {
    let words = text.split(|c: char| !c.is_alphabetic()).filter_map(|word| match word.to_uppercase().as_str() {
        "M" | "MALE" => Some("M"),
        "F" | "FEMALE" => Some("F"),
        "X" | "UNSPECIFIED" => Some("X"),
        _ => None,
    });
    let mut found = None;
    for word in words {
        if found.replace(word).is_some_and(|before| before != word) {
            return None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;

    fn read(name: FieldName, text: &str, made: Option<&str>) -> Option<(String, f64)> {
        let kind = if name == FieldName::FullName { DocumentKind::ProofOfAddress } else { DocumentKind::Passport };
        let normaliser =
            FieldNormaliser { kind, provider: Provider::Textract, today: date(2026, 11, 21), month_first: false };
        let field = normaliser.field(name, RawValue { text, date: made, confidence: 0.99, region: None })?;
        assert_eq!((field.provider, field.source), (Provider::Textract, FieldSource::Provider));
        Some((field.value, field.confidence))
    }

    #[test]
    fn values_are_normalised_to_the_spelling_of_the_local_reader() {
        for (name, text, value) in [
            (FieldName::DateOfBirth, "14 MAR 1987", "1987-03-14"),
            (FieldName::DocumentNumber, "nb 482 1937", "NB4821937"),
            (FieldName::Nationality, "NO", "NOR"),
            (FieldName::IssuingCountry, "Germany", "D"),
            (FieldName::Sex, "K/F", "F"),
            (FieldName::Sex, "Male", "M"),
            (FieldName::FamilyName, "BRANDVOLD-ÅS", "Brandvold-Ås"),
            (FieldName::FullName, "INGRID\nBRANDVOLD", "Ingrid Brandvold"),
            (FieldName::Address, "Storgata 14,\n0184 Oslo\n", "Storgata 14, 0184 Oslo"),
        ] {
            assert_eq!(read(name, text, None), Some((value.to_owned(), 0.99)), "{text}");
        }
        assert_eq!(read(FieldName::ExpiryDate, "UNLIMITED", None), Some(("9999-12-31".to_owned(), 0.99)));
        let normalised = read(FieldName::ExpiryDate, "18.02.36", Some("2036-02-18T00:00:00"));
        assert_eq!(normalised, Some(("2036-02-18".to_owned(), 0.99)));
    }

    #[test]
    fn invalid_values_are_left_out_whatever_their_confidence() {
        for (name, text) in [
            (FieldName::GivenNames, ""),
            (FieldName::DateOfBirth, "  "),
            (FieldName::DateOfBirth, "14 MAR 2031"),
            (FieldName::DateOfBirth, "unknown"),
            (FieldName::Sex, "M/F"),
            (FieldName::Sex, "Kvinne"),
            (FieldName::Nationality, "Elbonian"),
            (FieldName::DocumentNumber, "№ ?"),
            (FieldName::Mrz, "P<NOR"),
            (FieldName::Issuer, "Nordkraft"),
        ] {
            assert_eq!(read(name, text, None), None, "{name:?} {text}");
        }
    }

    #[test]
    fn ambiguous_date_is_doubtful() {
        let (value, confidence) = read(FieldName::IssueDate, "03/04/2026", Some("2026-03-04")).unwrap();
        assert_eq!((value.as_str(), confidence), ("2026-03-04", AMBIGUOUS_DATE));
    }
}
