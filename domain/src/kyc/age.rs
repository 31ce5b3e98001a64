//! AGE_VERIFICATION: an adult on the day, and the typed and the read date of birth agree.

use jiff::civil::Date;

use super::evidence::Evidence;
use super::{Finding, Inputs, Weight, day, document};
use crate::applicant::parse_iso;
use crate::document::{FieldName, Proof};

/// The least age at which a policy can be taken out, in years.
pub const ADULT_FROM: i16 = 18;

/// The age on a day, in whole years; negative before birth. Who was born on 29 February is a year older on 1 March where
/// a year has no such day: the later of the two days that countries use, so that nobody is taken for an adult too early.
pub fn age_on(born: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had_birthday)
}

/// The day from which on somebody is an adult.
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
        return Finding::look(0.0, "There is no proof of identity that shows your date of birth.");
    };
    let evidence = Evidence::of(identity, FieldName::DateOfBirth);
    let Some(read) = evidence.value().and_then(parse_iso) else {
        return Finding::look(
            0.0,
            "The date of birth could not be read from your document. A colleague will look at it.",
        );
    };
    let coded = document::zone(identity, inputs.today)
        .and_then(Result::ok)
        .filter(|zone| zone.checks.date_of_birth)
        .and_then(|zone| zone.date_of_birth);
    for born in [Some(read), coded].into_iter().flatten() {
        if let Some(refusal) = too_young(born, "By the date of birth in your document", inputs.today) {
            return refusal;
        }
    }
    if read != typed {
        let reason = format!("The document says {}, you typed {}. A colleague will look at it.", day(read), day(typed));
        return Finding::look(alike(read, typed), reason);
    }
    match evidence {
        Evidence::Corrected { read, .. } => {
            let read = parse_iso(read).map_or_else(|| "something else".to_owned(), day);
            let reason = format!(
                "We read {read} in your document, you corrected it to {}. A colleague will look at it.",
                day(typed)
            );
            Finding::look(0.5, reason)
        }
        Evidence::Typed(_) => Finding::look(
            0.5,
            "The date of birth could not be read from your document, you typed it. A colleague will look at it.",
        ),
        _ => Finding::passed(
            1.0,
            format!("You are {ADULT_FROM} or over, and your document says {}, as you typed.", day(typed)),
        ),
    }
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
    Some(Finding::look(0.0, reason).with(Weight::Refused))
}

/// From 0 to 1: how many of year, month and day agree; day and month that changed places count as a slip, too.
fn alike(a: Date, b: Date) -> f64 {
    if a.year() == b.year() && a.month() == b.day() && a.day() == b.month() {
        return 0.67;
    }
    let same = [a.year() == b.year(), a.month() == b.month(), a.day() == b.day()];
    same.iter().filter(|same| **same).count() as f64 / 3.0
}
