//! AGE_VERIFICATION: an adult on the day, and the typed and the read date of birth agree.
//!
//! A rejection is final, so one uncorroborated reading under 18 is not enough: a misread digit must not end an
//! application. A rejection needs one of
//!
//! - the date of birth that the applicant typed,
//! - a machine-readable zone whose check digits all hold, or a barcode (it carries its own error correction),
//! - two independent readings that agree: of two parts of the document, or by two providers.
//!
//! A machine-readable zone has no century. Where the rest of the document does not settle it, a zone proves no age:
//! 2024 is then as possible as 1924.

use jiff::civil::Date;

use super::evidence::FieldEvidence;
use super::{Finding, Inputs, Severity, day, document};
use crate::date::{age_on, parse_iso};
use crate::document::{Document, FieldName, FieldSource, Proof};
use crate::mrz::Mrz;

/// The least age at which a policy can be taken out, in years.
pub const ADULT_FROM: i16 = 18;

/// The first day on which a person is an adult.
fn adult_on(born: Date) -> Option<Date> {
    let year = born.year().checked_add(ADULT_FROM)?;
    Date::new(year, born.month(), born.day()).or_else(|_| Date::new(year, 3, 1)).ok()
}

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    let typed = inputs.applicant.date_of_birth();
    if let Some(refusal) = too_young(typed, "By the date of birth you typed", inputs.today) {
        return refusal;
    }
    let Some(identity) = inputs.proof(Proof::Identity) else {
        return Finding::needs_review(0.0, "There is no proof of identity that shows your date of birth.");
    };
    let evidence = FieldEvidence::of(identity, FieldName::DateOfBirth);
    let Some(read) = evidence.value().and_then(parse_iso) else {
        return Finding::needs_review(
            0.0,
            "The date of birth could not be read from your document. A colleague will look at it.",
        );
    };
    let zone = document::zone(identity, inputs.today).and_then(Result::ok);
    let guessed = zone.as_ref().is_some_and(Mrz::birth_is_guessed);
    let of_zone = |date| zone.as_ref().is_some_and(|zone| zone.may_be_born(date));
    let proven = zone.as_ref().filter(|zone| zone.checks_pass() && !guessed).and_then(|zone| zone.date_of_birth);
    let is_read = matches!(evidence, FieldEvidence::Read(_));
    let corroborated = (is_read && is_corroborated(identity, read) && !(guessed && of_zone(read))).then_some(read);
    for born in [corroborated, proven].into_iter().flatten() {
        if let Some(refusal) = too_young(born, "By the date of birth in your document", inputs.today) {
            return refusal;
        }
    }
    if guessed && of_zone(typed) && of_zone(read) {
        return Finding::needs_review(
            0.5,
            "The coded lines of your document do not show the century of your birth, and the printed date could not be \
             read. A colleague will look at it.",
        );
    }
    if read != typed {
        let reason = format!("The document says {}, you typed {}. A colleague will look at it.", day(read), day(typed));
        return Finding::needs_review(alike(read, typed), reason);
    }
    match evidence {
        FieldEvidence::Corrected { read, .. } => {
            let read = parse_iso(read).map_or_else(|| "something else".to_owned(), day);
            let reason = format!(
                "We read {read} in your document, you corrected it to {}. A colleague will look at it.",
                day(typed)
            );
            Finding::needs_review(0.5, reason)
        }
        FieldEvidence::Typed(_) => Finding::needs_review(
            0.5,
            "The date of birth could not be read from your document, you typed it. A colleague will look at it.",
        ),
        _ => Finding::passed(
            1.0,
            format!("You are {ADULT_FROM} or over, and your document says {}, as you typed.", day(typed)),
        ),
    }
}

/// Whether `born`, the reading in use, is from a barcode, or an independent reading agrees with it.
fn is_corroborated(identity: &Document, born: Date) -> bool {
    let Some(field) = identity.extracted_fields.get(&FieldName::DateOfBirth) else { return false };
    let source = field.read_source.unwrap_or(field.source);
    let mut independent =
        field.other_readings.iter().filter(|other| (other.source, other.provider) != (source, field.provider));
    source == FieldSource::Barcode || independent.any(|other| parse_iso(&other.value) == Some(born))
}

fn too_young(born: Date, by: &str, today: Date) -> Option<Finding> {
    let age = age_on(born, today);
    if age >= ADULT_FROM {
        return None;
    }
    let from = adult_on(born).map_or_else(String::new, |date| format!(" You can apply from {}.", day(date)));
    let reason = if age < 0 {
        format!("{by}, {}, you are not born yet.", day(born))
    } else {
        format!("{by}, {}, you are {age} years old. You must be {ADULT_FROM} or over.{from}", day(born))
    };
    Some(Finding::needs_review(0.0, reason).with_severity(Severity::Rejected))
}

/// The share of year, month and day that agree, from 0 to 1. Swapped day and month count as a typing slip.
fn alike(a: Date, b: Date) -> f64 {
    if a.year() == b.year() && a.month() == b.day() && a.day() == b.month() {
        return 0.67;
    }
    let same = [a.year() == b.year(), a.month() == b.month(), a.day() == b.day()];
    same.iter().filter(|same| **same).count() as f64 / 3.0
}
