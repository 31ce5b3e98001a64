//! Fields of a document, as the page shows and judges them. The server has the last word on their values.

use std::collections::BTreeMap;

use domain::api::FieldError;
use domain::country::document_state;
use domain::document::{Document, Field, FieldName, FieldSource, Proof};
use domain::event::KycStatus;
use domain::journey::Journey;
use domain::kyc::BILL_MONTHS;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::readings::{self, Offer};
use super::words;

/// The order in which people look for them on a document.
const ORDER: [FieldName; 18] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::FullName,
    FieldName::DateOfBirth,
    FieldName::PlaceOfBirth,
    FieldName::Sex,
    FieldName::Nationality,
    FieldName::DocumentNumber,
    FieldName::PersonalNumber,
    FieldName::DocumentType,
    FieldName::IssuingCountry,
    FieldName::IssuingAuthority,
    FieldName::IssueDate,
    FieldName::ExpiryDate,
    FieldName::Categories,
    FieldName::Address,
    FieldName::Issuer,
    FieldName::Mrz,
];

/// What was read, in the order of a document.
pub fn in_display_order(document: &Document) -> Vec<(FieldName, Field)> {
    ORDER.iter().filter_map(|name| document.extracted_fields.get(name).map(|field| (*name, field.clone()))).collect()
}

/// A value in words: dates written out, codes with their meaning.
pub fn shown(name: FieldName, value: &str) -> String {
    match (name, value) {
        (name, value) if name.is_date() => words::date(value),
        (FieldName::Sex, "F") => "Female".to_owned(),
        (FieldName::Sex, "M") => "Male".to_owned(),
        (FieldName::Sex, "X") => "Unspecified".to_owned(),
        (FieldName::IssuingCountry | FieldName::Nationality, code) => {
            document_state(code).map_or_else(|| code.to_owned(), |state| format!("{} ({code})", state.name))
        }
        (_, value) => value.to_owned(),
    }
}

/// What is asked of the applicant about a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// What was read is shown, to be confirmed or corrected. What stands above it.
    Check(String),
    /// Nothing was read: it is to be typed. What stands above it.
    Find(String),
    /// Readings differ: one of these is to be chosen, or another value typed. None is chosen beforehand.
    Choose(Vec<Offer>),
}

/// What to ask about a field that is to be confirmed.
pub fn question(name: FieldName, field: Option<&Field>) -> Question {
    let Some(field) = field else {
        return Question::Find("We could not find this. Type it as it is printed.".to_owned());
    };
    let offers = readings::offers(name, field);
    if offers.len() > 1 && !field.confirmed {
        return Question::Choose(offers);
    }
    Question::Check(match field.source {
        FieldSource::Applicant => "Please check what you typed.".to_owned(),
        source => format!(
            "We read this from {}, but are only {} sure.",
            readings::place(source),
            words::percent(field.confidence)
        ),
    })
}

/// What the applicant should know before sending corrections: who looks at them, and how long that takes.
pub fn before_sending(proof: Proof, choosing: bool) -> &'static str {
    match (proof, choosing) {
        (_, true) => {
            "Where our readings differ, a colleague compares them with your document, whichever you choose. That usually \
             takes less than one working day, and you can go on meanwhile."
        }
        (Proof::Identity, false) => {
            "If you change a name, a date or the number, a colleague compares it with your document. That usually takes \
             less than one working day, and you can go on meanwhile."
        }
        (Proof::Address, false) => {
            "If you change the name, the address or the date, a colleague may compare it with your document. That usually \
             takes less than one working day, and you can go on meanwhile."
        }
    }
}

/// A document whose time is over: it is better told when it was read than by the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// A proof of address of this day, in words, is too old.
    Old(String),
    /// A proof of identity that ran out on this day, in words.
    Expired(String),
}

/// Whether the time of a document is over on `day`.
pub fn late(document: &Document, day: Date) -> Option<Late> {
    let date = |name| document.value(name).and_then(|value| value.parse::<Date>().ok());
    match document.kind.proves() {
        Proof::Address => {
            let issued = date(FieldName::IssueDate)?;
            let last = issued.checked_add(BILL_MONTHS.months()).ok()?;
            (last < day).then(|| Late::Old(words::date(&issued.to_string())))
        }
        Proof::Identity => {
            let until = date(FieldName::ExpiryDate)?;
            (until < day).then(|| Late::Expired(words::date(&until.to_string())))
        }
    }
}

/// The documents of a journey whose time is over, and by when. Compared with the day of the last event: the same on both
/// sides, and close enough to today while one is at it. None once the check is passed: then it is settled.
pub fn late_in(journey: &Journey) -> Vec<(Proof, Late)> {
    let settled = journey.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Approved);
    let day = journey.history.last().and_then(|line| line.at.get(..10)?.parse::<Date>().ok());
    let Some(day) = day.filter(|_| !settled) else { return Vec::new() };
    journey.documents.iter().filter_map(|document| Some((document.kind.proves(), late(document, day)?))).collect()
}

/// Judges what can be judged before sending: that nothing is left empty, and that something was chosen where there was
/// a choice (`None`: nothing was).
pub fn judge(fields: &BTreeMap<FieldName, Option<String>>) -> Vec<FieldError> {
    ORDER
        .iter()
        .filter_map(|name| {
            let label = name.label().to_lowercase();
            let message = match fields.get(name)? {
                None => format!("Choose the {label} that is on your document."),
                Some(value) if value.trim().is_empty() => format!("Enter the {label} as it is on your document."),
                Some(_) => return None,
            };
            Some(FieldError::new(format!("fields.{}", name.as_str()), "required", message))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::document::DocumentKind;
    use uuid::Uuid;

    #[test]
    fn values_are_shown_in_words() {
        assert_eq!(shown(FieldName::ExpiryDate, "2031-02-01"), "1 February 2031");
        assert_eq!(shown(FieldName::Sex, "X"), "Unspecified");
        assert_eq!(shown(FieldName::Nationality, "NOR"), "Norway (NOR)");
        assert_eq!(shown(FieldName::IssuingCountry, "QQQ"), "QQQ");
        assert_eq!(shown(FieldName::DocumentNumber, "F1"), "F1");
    }

    #[test]
    fn fields_come_in_the_order_of_a_document_and_none_is_left_out() {
        let fields = ORDER.iter().map(|name| (*name, Field::read("x", 1.0, FieldSource::Mrz))).collect();
        let document = Document::new(Uuid::nil(), "f".into(), DocumentKind::Passport, fields);
        let names: Vec<_> = in_display_order(&document).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ORDER);
    }

    fn read(value: &str, confidence: f64, source: FieldSource) -> Field {
        Field::read(value, confidence, source)
    }

    #[test]
    fn a_doubt_says_whether_something_was_read() {
        let unsure = read("x", 0.625, FieldSource::PrintedZone);
        let text = "We read this from the printed page, but are only 62\u{a0}% sure.";
        assert_eq!(question(FieldName::Issuer, Some(&unsure)), Question::Check(text.to_owned()));
        assert!(
            matches!(question(FieldName::Issuer, None), Question::Find(text) if text.starts_with("We could not find"))
        );
    }

    #[test]
    fn where_readings_differ_they_are_offered_until_the_applicant_has_chosen() {
        let name = FieldName::DocumentNumber;
        let mut field = read("F1", 0.99, FieldSource::PrintedZone).beside(&read("F7", 0.99, FieldSource::Mrz));
        let Question::Choose(offers) = question(name, Some(&field)) else { panic!("no choice") };
        assert_eq!(offers.into_iter().map(|offer| offer.value).collect::<Vec<_>>(), ["F1", "F7"]);
        field.confirmed = true;
        assert!(matches!(question(name, Some(&field)), Question::Check(_)));
    }

    #[test]
    fn a_document_whose_time_is_over_is_told_from_the_day_after() {
        let of = |kind, name, value| {
            let fields = [(name, read(value, 0.99, FieldSource::PrintedZone))].into_iter().collect();
            Document::new(Uuid::nil(), "f".into(), kind, fields)
        };
        let bill = of(DocumentKind::ProofOfAddress, FieldName::IssueDate, "2026-01-15");
        assert_eq!(late(&bill, jiff::civil::date(2026, 4, 15)), None);
        assert_eq!(late(&bill, jiff::civil::date(2026, 4, 16)), Some(Late::Old("15 January 2026".into())));
        let passport = of(DocumentKind::Passport, FieldName::ExpiryDate, "2026-02-01");
        assert_eq!(late(&passport, jiff::civil::date(2026, 2, 1)), None);
        assert_eq!(late(&passport, jiff::civil::date(2026, 2, 2)), Some(Late::Expired("1 February 2026".into())));
    }

    #[test]
    fn empty_answers_are_named_and_given_ones_are_left_to_the_server() {
        let fields = [
            (FieldName::ExpiryDate, Some(" ".to_owned())),
            (FieldName::DocumentNumber, Some("F1".to_owned())),
            (FieldName::DateOfBirth, None),
        ];
        let errors = judge(&fields.into_iter().collect());
        assert_eq!(
            errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(),
            ["fields.dateOfBirth", "fields.expiryDate"]
        );
        assert!(errors[0].message.starts_with("Choose") && errors[1].message.starts_with("Enter"));
    }
}
