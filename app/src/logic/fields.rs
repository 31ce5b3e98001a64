//! The fields of a document: their display, the questions about them, and the validation before sending. The server
//! validates their values.

use std::collections::BTreeMap;

use domain::api::FieldError;
use domain::country::document_state;
use domain::date::{never_expires, parse_iso};
use domain::document::{Document, Field, FieldName, FieldSource, Proof};
use domain::event::KycStatus;
use domain::invisible::without_invisible;
use domain::journey::Journey;
use domain::kyc::BILL_MONTHS;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::readings::{self, Offer};
use super::text;

/// The display order.
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

/// The fields that were read, in display order.
pub fn in_display_order(document: &Document) -> Vec<(FieldName, Field)> {
    ORDER.iter().filter_map(|name| document.extracted_fields.get(name).map(|field| (*name, field.clone()))).collect()
}

/// The value of an expiry date for a document that does not expire ([`domain::date::NO_EXPIRY`]).
pub const NO_EXPIRY: &str = "9999-12-31";

/// Whether an expiry date says that the document does not expire.
pub fn does_not_expire(value: &str) -> bool {
    parse_iso(value.trim()).is_some_and(never_expires)
}

/// A value as shown: dates written out, codes with their meaning.
pub fn shown(name: FieldName, value: &str) -> String {
    match (name, value) {
        (FieldName::ExpiryDate, value) if does_not_expire(value) => "Does not expire".to_owned(),
        (name, value) if name.is_date() => text::date(value),
        (FieldName::Sex, "F") => "Female".to_owned(),
        (FieldName::Sex, "M") => "Male".to_owned(),
        (FieldName::Sex, "X") => "Unspecified".to_owned(),
        (FieldName::IssuingCountry | FieldName::Nationality, code) => {
            document_state(code).map_or_else(|| code.to_owned(), |state| format!("{} ({code})", state.name))
        }
        (_, value) => value.to_owned(),
    }
}

/// The label of a field of a document: a person with one name has neither a family name nor given names.
pub fn label_in(document: &Document, name: FieldName) -> &'static str {
    match name {
        FieldName::GivenNames | FieldName::FamilyName if document.has_one_name() => FieldName::FullName.label(),
        name => name.label(),
    }
}

/// The question about a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The reading is shown, to be confirmed or corrected; with its hint.
    Check(String),
    /// Nothing was read, so it must be typed; with its hint.
    Find(String),
    /// Readings differ: the applicant must choose one of these or type another value. None is preselected.
    Choose(Vec<Offer>),
}

/// The question about a field that must be confirmed.
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
            text::percent(field.confidence)
        ),
    })
}

/// The notice before corrections are sent: who checks them, and how long that takes.
pub fn correction_notice(proof: Proof, choosing: bool) -> &'static str {
    match (proof, choosing) {
        (_, true) => {
            "Where our readings differ, a colleague compares them with your document, whichever you choose. That \
             usually takes less than one working day, and you can go on meanwhile."
        }
        (Proof::Identity, false) => {
            "If you change a name, a date or the number, a colleague compares it with your document. That usually \
             takes less than one working day, and you can go on meanwhile."
        }
        (Proof::Address, false) => {
            "If you change the name, the address or the date, a colleague may compare it with your document. That \
             usually takes less than one working day, and you can go on meanwhile."
        }
    }
}

/// The reason why a document is outdated. It is reported at once, before the identity check finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outdated {
    /// A proof of address with this issue date, as shown, is too old.
    TooOld(String),
    /// A proof of identity expired on this date, as shown.
    Expired(String),
}

/// Whether a document is outdated on `day`.
pub fn outdated(document: &Document, day: Date) -> Option<Outdated> {
    let date = |name| document.value(name).and_then(parse_iso);
    match document.kind.proves() {
        Proof::Address => {
            let issued = date(FieldName::IssueDate)?;
            let last = issued.checked_add(BILL_MONTHS.months()).ok()?;
            (last < day).then(|| Outdated::TooOld(text::date(&issued.to_string())))
        }
        Proof::Identity => {
            let until = date(FieldName::ExpiryDate)?;
            (until < day).then(|| Outdated::Expired(text::date(&until.to_string())))
        }
    }
}

/// The outdated documents of a journey; none after an approval. They are compared with the day of the last event, which
/// is the same on the server and in the browser, and close to today while the applicant is active.
pub fn outdated_documents(journey: &Journey) -> Vec<(Proof, Outdated)> {
    let settled = journey.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Approved);
    let day = journey.history.last().and_then(|line| parse_iso(line.at.get(..10)?));
    let Some(day) = day.filter(|_| !settled) else { return Vec::new() };
    journey.documents.iter().filter_map(|document| Some((document.kind.proves(), outdated(document, day)?))).collect()
}

/// Validates answers before submission: no answer is empty, and every choice was made (`None`: it was not).
pub fn validate(fields: &BTreeMap<FieldName, Option<String>>) -> Vec<FieldError> {
    ORDER
        .iter()
        .filter_map(|name| {
            let label = name.label().to_lowercase();
            let message = match fields.get(name)? {
                None => format!("Choose the {label} that is on your document."),
                Some(value) if without_invisible(value).trim().is_empty() => {
                    format!("Enter the {label} as it is on your document.")
                }
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
    fn values_are_shown_with_their_meaning() {
        assert_eq!(shown(FieldName::ExpiryDate, "2031-02-01"), "1 February 2031");
        assert_eq!(shown(FieldName::ExpiryDate, NO_EXPIRY), "Does not expire");
        assert_eq!(shown(FieldName::Sex, "X"), "Unspecified");
        assert_eq!(shown(FieldName::Nationality, "NOR"), "Norway (NOR)");
        assert_eq!(shown(FieldName::IssuingCountry, "QQQ"), "QQQ");
        assert_eq!(shown(FieldName::DocumentNumber, "F1"), "F1");
    }

    #[test]
    fn fields_are_sorted_and_none_is_omitted() {
        let fields = ORDER.iter().map(|name| (*name, Field::read("x", 1.0, FieldSource::Mrz))).collect();
        let document = Document::new(Uuid::nil(), "f".into(), DocumentKind::Passport, fields);
        let names: Vec<_> = in_display_order(&document).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ORDER);
    }

    fn read(value: &str, confidence: f64, source: FieldSource) -> Field {
        Field::read(value, confidence, source)
    }

    #[test]
    fn question_says_whether_something_was_read() {
        let unsure = read("x", 0.625, FieldSource::PrintedZone);
        let text = "We read this from the printed page, but are only 62\u{a0}% sure.";
        assert_eq!(question(FieldName::Issuer, Some(&unsure)), Question::Check(text.to_owned()));
        assert!(
            matches!(question(FieldName::Issuer, None), Question::Find(text) if text.starts_with("We could not find"))
        );
    }

    #[test]
    fn differing_readings_are_offered_until_one_is_chosen() {
        let name = FieldName::DocumentNumber;
        let mut field = read("F1", 0.99, FieldSource::PrintedZone).beside(&read("F7", 0.99, FieldSource::Mrz));
        let Question::Choose(offers) = question(name, Some(&field)) else { panic!("no choice") };
        assert_eq!(offers.into_iter().map(|offer| offer.value).collect::<Vec<_>>(), ["F1", "F7"]);
        field.confirmed = true;
        assert!(matches!(question(name, Some(&field)), Question::Check(_)));
    }

    #[test]
    fn document_is_outdated_from_the_day_after() {
        let of = |kind, name, value| {
            let fields = [(name, read(value, 0.99, FieldSource::PrintedZone))].into_iter().collect();
            Document::new(Uuid::nil(), "f".into(), kind, fields)
        };
        let bill = of(DocumentKind::ProofOfAddress, FieldName::IssueDate, "2026-01-15");
        assert_eq!(outdated(&bill, jiff::civil::date(2026, 4, 15)), None);
        assert_eq!(outdated(&bill, jiff::civil::date(2026, 4, 16)), Some(Outdated::TooOld("15 January 2026".into())));
        let passport = of(DocumentKind::Passport, FieldName::ExpiryDate, "2026-02-01");
        assert_eq!(outdated(&passport, jiff::civil::date(2026, 2, 1)), None);
        assert_eq!(
            outdated(&passport, jiff::civil::date(2026, 2, 2)),
            Some(Outdated::Expired("1 February 2026".into()))
        );
    }

    #[test]
    fn document_without_expiry_is_never_outdated() {
        assert_eq!(NO_EXPIRY, domain::date::NO_EXPIRY.to_string());
        assert!(does_not_expire(NO_EXPIRY) && !does_not_expire("2031-02-01") && !does_not_expire(""));
        let fields = [(FieldName::ExpiryDate, read(NO_EXPIRY, 0.99, FieldSource::Mrz))].into_iter().collect();
        let card = Document::new(Uuid::nil(), "f".into(), DocumentKind::IdentityCard, fields);
        assert_eq!(outdated(&card, jiff::civil::date(2026, 2, 1)), None);
    }

    #[test]
    fn only_empty_answers_are_refused() {
        let fields = [
            (FieldName::ExpiryDate, Some(" ".to_owned())),
            (FieldName::DocumentNumber, Some("F1".to_owned())),
            (FieldName::DateOfBirth, None),
        ];
        let errors = validate(&fields.into_iter().collect());
        assert_eq!(
            errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(),
            ["fields.dateOfBirth", "fields.expiryDate"]
        );
        assert!(errors[0].message.starts_with("Choose") && errors[1].message.starts_with("Enter"));
    }
}
