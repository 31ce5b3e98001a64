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
use crate::date::parse_iso;
use crate::document::{FieldName, Proof};
use crate::names::{SAME_FROM, family_name_in};

/// The number of months for which a proof of address is accepted after its issue, to the same day of the month.
pub const BILL_MONTHS: i32 = 3;

/// The least share of the words of street and town that must be found on the proof, from 0 to 1.
const WORDS_AGREE: f64 = 0.8;

/// Compares the values as read, never as corrected: the person who uploads a bill must not decide whose address it
/// shows. A correction changes nothing if the reading itself agrees.
pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    let Some(bill) = inputs.proof(Proof::Address) else {
        return Finding::needs_review(0.0, "There is no proof of address.");
    };
    let read = |name| FieldEvidence::of(bill, name).as_read();
    let mut wrong = Vec::new();
    let mut score = address(inputs, read(FieldName::Address), &mut wrong);
    score = score.min(addressee(inputs.applicant.last_name(), read(FieldName::FullName), &mut wrong));
    for issue in &bill.issues {
        wrong.push(format!("We took your proof of address although {issue}."));
    }
    let disputed = readings::disputed(bill, &[FieldName::FullName, FieldName::Address, FieldName::IssueDate], false);
    wrong.extend(readings::sentences(&disputed, "your proof of address"));
    let issued = read(FieldName::IssueDate).and_then(parse_iso);
    match issued {
        None => wrong.push("The date on your proof of address could not be read.".to_owned()),
        Some(issued) if issued > inputs.today => {
            wrong.push(format!("Your proof of address is dated {}, which is in the future.", day(issued)));
        }
        Some(issued) if is_old(issued, inputs.today) => wrong.push(format!(
            "Your proof of address is dated {}, which is more than {BILL_MONTHS} months ago.",
            day(issued)
        )),
        Some(_) => {}
    }
    match issued {
        Some(issued) if wrong.is_empty() => {
            Finding::passed(score, format!("Your address is the one on your proof of address of {}.", day(issued)))
        }
        _ => {
            wrong.push("A colleague will look at it.".to_owned());
            Finding::needs_review(score, wrong.join(" "))
        }
    }
}

fn is_old(issued: Date, today: Date) -> bool {
    issued.checked_add(BILL_MONTHS.months()).is_ok_and(|last| last < today)
}

/// The score of the address, from 0 to 1.
fn address(inputs: &Inputs<'_>, read: Option<&str>, wrong: &mut Vec<String>) -> f64 {
    let Some(read) = read else {
        wrong.push("The address could not be read from your proof of address.".to_owned());
        return 0.0;
    };
    let typed = inputs.applicant.address();
    let printed = Printed::new(read);
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
    (words + f64::from(u8::from(number)) + f64::from(u8::from(code))) / 3.0
}

/// The score of the name, from 0 to 1. The last name is enough: bills are addressed to a household.
fn addressee(last_name: &str, read: Option<&str>, wrong: &mut Vec<String>) -> f64 {
    let Some(read) = read else {
        wrong.push("The name could not be read from your proof of address.".to_owned());
        return 0.0;
    };
    let score = family_name_in(last_name, read);
    if score < SAME_FROM {
        wrong.push(format!("Your proof of address is made out to {read}, not to {last_name}."));
    }
    score
}
