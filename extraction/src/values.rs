//! What services name themselves, in the spelling of [`domain::field_value`].

use domain::document::{DocumentKind, Field, FieldName, FieldSource, Provider, Region};
use domain::field_value::normalise;
use jiff::civil::Date;
use ocr::{date_in, title_case};

/// A date that can be read as one day or another is asked of the applicant, however sure the service is of its characters.
const TWO_WAYS: f64 = 0.5;

/// What a service says of one field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    /// As on the document.
    pub text: &'a str,
    /// `YYYY-MM-DD`, perhaps with a time, where the service has made one of the text.
    pub date: Option<&'a str>,
    /// From 0 to 1.
    pub confidence: f64,
    /// Where it stands.
    pub region: Option<Region>,
}

/// Brings what a service says into fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values {
    pub kind: DocumentKind,
    pub provider: Provider,
    pub today: Date,
    /// Whether the document writes the month before the day, as those of the United States do.
    pub month_first: bool,
}

impl Values {
    /// The field, unless there is nothing in what was said that it could hold: emptiness is absence, whatever confidence came with it.
    pub fn field(self, name: FieldName, said: Said<'_>) -> Option<Field> {
        let text = said.text.trim();
        if text.is_empty() {
            return None;
        }
        let mut confidence = said.confidence;
        let spelt = match name {
            _ if name.is_date() => {
                let own = date_in(text);
                if own.is_some_and(|(_, sure)| !sure) && !self.month_first {
                    confidence = confidence.min(TWO_WAYS);
                }
                let made = said.date.and_then(|date| date.get(..10)).and_then(|date| date.parse().ok());
                made.or(own.map(|(date, _)| date))?.to_string()
            }
            FieldName::Mrz => return None,
            FieldName::Sex => sex(text)?.to_owned(),
            FieldName::GivenNames | FieldName::FamilyName | FieldName::FullName => title_case(&one_line(text, " ")),
            FieldName::Address | FieldName::Issuer => one_line(text, ", "),
            _ => one_line(text, " "),
        };
        let value = normalise(self.kind, name, &spelt, self.today).ok()?;
        Some(Field::read(value, confidence, FieldSource::Provider).by(self.provider).at(said.region))
    }
}

/// The lines of a text, joined.
fn one_line(text: &str, between: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(between)
}

/// `F`, `M` or `X` in `F`, `Female`, `K/F`; nothing where it says two things.
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
        let values = Values { kind, provider: Provider::Textract, today: date(2026, 11, 21), month_first: false };
        let field = values.field(name, Said { text, date: made, confidence: 0.99, region: None })?;
        assert_eq!((field.provider, field.source), (Provider::Textract, FieldSource::Provider));
        Some((field.value, field.confidence))
    }

    #[test]
    fn values_get_the_spelling_of_our_own_reader() {
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
        let made = read(FieldName::ExpiryDate, "18.02.36", Some("2036-02-18T00:00:00"));
        assert_eq!(made, Some(("2036-02-18".to_owned(), 0.99)));
    }

    #[test]
    fn what_cannot_be_is_absent_however_sure_the_service_is() {
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
    fn a_date_with_two_readings_is_asked_of_the_applicant() {
        let (value, confidence) = read(FieldName::IssueDate, "03/04/2026", Some("2026-03-04")).unwrap();
        assert_eq!((value.as_str(), confidence), ("2026-03-04", TWO_WAYS));
    }
}
