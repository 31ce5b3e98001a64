//! ADDRESS_VERIFICATION: the typed address against the proof of address, which must be recent and name the applicant.
//!
//! The issuer is shown to reviewers and decides nothing: a letterhead is often a picture that cannot be read.
//!
//! Whether the typed address is well-formed for its country is decided when it is parsed ([`Applicant::parse`]).
//!
//! [`Applicant::parse`]: crate::applicant::Applicant::parse

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::address_words::Printed;
use super::evidence::FieldEvidence;
use super::{Finding, Inputs, day, readings};
use crate::country::{DateOrder, date_order};
use crate::date::parse_iso;
use crate::document::{FieldName, Proof};
use crate::names::{SAME_FROM, family_name_in};

/// The number of months for which a proof of address is accepted after its issue, to the same day of the month.
pub const BILL_MONTHS: i32 = 3;

/// The least share of the words of street and town that must be found on the proof, from 0 to 1.
const WORDS_AGREE: f64 = 0.8;

/// Every rule and every reason looks at the value in use. A correction is no evidence: the person who uploads a bill
/// must not decide whose address it shows. It therefore needs a review, unless the reading passes as well.
pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    let Some(bill) = inputs.proof(Proof::Address) else {
        return Finding::needs_review(0.0, "There is no proof of address.");
    };
    let mut wrong = Vec::new();
    let address = FieldEvidence::of(bill, FieldName::Address);
    let unread = "The address could not be read from your proof of address.";
    let mut score = judge(address, "address", unread, |printed| compare_address(inputs, printed), &mut wrong);
    let name = FieldEvidence::of(bill, FieldName::FullName);
    let unread = "The name could not be read from your proof of address.";
    let own = inputs.applicant.name_on_letters();
    score = score.min(judge(name, "name", unread, |printed| compare_name(own, printed), &mut wrong));
    for issue in &bill.issues {
        wrong.push(format!("We took your proof of address although {issue}."));
    }
    let disputed = readings::disputed(bill, &[FieldName::FullName, FieldName::Address, FieldName::IssueDate], None);
    wrong.extend(readings::sentences(&disputed, "your proof of address"));
    let issued = in_order(FieldEvidence::of(bill, FieldName::IssueDate), &inputs.applicant.address().country);
    judge(issued, "date", UNDATED, |date| compare_date(inputs.today, date), &mut wrong);
    match issued.value().and_then(parse_iso) {
        Some(issued) if wrong.is_empty() => {
            Finding::passed(score, format!("Your address is the one on your proof of address of {}.", day(issued)))
        }
        _ => {
            wrong.push("A colleague will look at it.".to_owned());
            Finding::needs_review(score, wrong.join(" "))
        }
    }
}

/// Applies a rule to the value in use and to the reading. A rule returns a score from 0 to 1 and its objections; the
/// result is the lower score of the two. `unread` is the objection to a value that was not read.
fn judge(
    evidence: FieldEvidence<'_>,
    what: &str,
    unread: &str,
    rule: impl Fn(&str) -> (f64, Vec<String>),
    wrong: &mut Vec<String>,
) -> f64 {
    match evidence {
        FieldEvidence::Missing => {
            wrong.push(unread.to_owned());
            0.0
        }
        FieldEvidence::Typed(value) => {
            wrong.push(unread.to_owned());
            wrong.extend(rule(value).1);
            0.0
        }
        FieldEvidence::Read(value) => {
            let (score, objections) = rule(value);
            wrong.extend(objections);
            score
        }
        FieldEvidence::Corrected { read, value } => {
            let ((score_as_read, objections_as_read), (score, objections)) = (rule(read), rule(value));
            if !(objections.is_empty() && objections_as_read.is_empty()) {
                let shown = |value: &str| parse_iso(value).map_or_else(|| value.to_owned(), day);
                wrong.push(format!(
                    "We read the {what} {} on your proof of address, you corrected it to {}.",
                    shown(read),
                    shown(value)
                ));
            }
            wrong.extend(objections);
            score.min(score_as_read)
        }
    }
}

/// The date of issue as evidence. A correction that only exchanges day and month chooses between two readings of the
/// same figures, `11/05/2026`, so it counts as read where the country does not write the day first.
fn in_order<'a>(evidence: FieldEvidence<'a>, country: &str) -> FieldEvidence<'a> {
    let exchanged = |read: &str, value: &str| {
        let (read, value) = (parse_iso(read)?, parse_iso(value)?);
        Some(read.year() == value.year() && read.month() == value.day() && read.day() == value.month())
    };
    match evidence {
        FieldEvidence::Corrected { read, value }
            if date_order(country) != DateOrder::DayFirst && exchanged(read, value) == Some(true) =>
        {
            FieldEvidence::Read(value)
        }
        evidence => evidence,
    }
}

/// A proof of address without a date.
const UNDATED: &str = "The date on your proof of address could not be read.";

/// A proof of address must be recent.
fn compare_date(today: Date, issued: &str) -> (f64, Vec<String>) {
    let objection = match parse_iso(issued) {
        None => UNDATED.to_owned(),
        Some(issued) if issued > today => {
            format!("Your proof of address is dated {}, which is in the future.", day(issued))
        }
        Some(issued) if is_old(issued, today) => {
            format!("Your proof of address is dated {}, which is more than {BILL_MONTHS} months ago.", day(issued))
        }
        Some(_) => return (1.0, Vec::new()),
    };
    (0.0, vec![objection])
}

fn is_old(issued: Date, today: Date) -> bool {
    issued.checked_add(BILL_MONTHS.months()).is_ok_and(|last| last < today)
}

/// The printed address must be the typed one.
fn compare_address(inputs: &Inputs<'_>, printed: &str) -> (f64, Vec<String>) {
    let mut wrong = Vec::new();
    let typed = inputs.applicant.address();
    let printed = Printed::new(printed);
    let number = printed.has_number_of(&typed.line1);
    let code = printed.has_postal_code(&typed.postal_code, &typed.country);
    let words = printed.overlap(&typed.line1, &typed.city);
    if !number {
        wrong.push(format!("The street number on your proof of address is not the one you typed ({}).", typed.line1));
    }
    if !code {
        wrong.push(format!("The postal code on your proof of address is not {}.", typed.postal_code));
    }
    if words < WORDS_AGREE {
        wrong.push(format!(
            "Street and town on your proof of address are not those you typed ({}, {}).",
            typed.line1, typed.city
        ));
    }
    ((words + f64::from(u8::from(number)) + f64::from(u8::from(code))) / 3.0, wrong)
}

/// The last name, or the only one, is enough: bills are addressed to a household.
fn compare_name(own: &str, printed: &str) -> (f64, Vec<String>) {
    let score = family_name_in(own, printed);
    let wrong = format!("Your proof of address is made out to {printed}, not to {own}.");
    (score, if score < SAME_FROM { vec![wrong] } else { Vec::new() })
}
