//! NAME_MATCH: the typed name against the one on the proof of identity.

use super::evidence::FieldEvidence;
use super::{Finding, Inputs, Severity};
use crate::document::{FieldName, Proof};
use crate::names::{FullName, NameMatch, SAME_FROM, Verdict, compare, family_name_in};

/// The highest score of a name that the applicant corrected.
const CORRECTED_AT_MOST: f64 = 0.5;

/// Words that authorities print where a person has one name: "first name unknown", "last name unknown".
const PLACEHOLDERS: [&str; 2] = ["FNU", "LNU"];

/// The score of names of which one is among the parts of the other, if one person has one name.
const PART_OF_THE_OTHER: f64 = 0.8;

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    let Some(identity) = inputs.proof(Proof::Identity) else {
        return Finding::needs_review(0.0, "There is no proof of identity that shows your name.");
    };
    let parts = [FieldName::GivenNames, FieldName::FamilyName].map(|name| FieldEvidence::of(identity, name));
    let one_name = identity.has_one_name() || inputs.applicant.has_one_name();
    let read = match parts.map(FieldEvidence::value) {
        [Some(given), Some(family)] => FullName::new(given, family),
        [Some(only), None] | [None, Some(only)] if one_name => FullName::new(only, ""),
        _ => {
            return Finding::needs_review(
                0.0,
                "Your name could not be read from your document. A colleague will look at it.",
            );
        }
    };
    let typed = inputs.applicant.full_name();
    let found = compare_names(&typed, &read);
    let both = || format!("The document says {}, you typed {}.", read.whole(), typed.whole());
    match found.verdict() {
        Verdict::Same if parts.iter().any(|part| part.is_applicant_supplied()) => {
            let reason = match parts.map(FieldEvidence::as_read) {
                [None, None] => NOT_READ.to_owned(),
                [None, _] | [_, None] if !one_name => NOT_READ.to_owned(),
                as_read => format!(
                    "We read {} in your document, you corrected it to {}. A colleague will look at it.",
                    FullName::new(as_read[0].unwrap_or_default(), as_read[1].unwrap_or_default()).whole(),
                    read.whole()
                ),
            };
            Finding::needs_review(found.score.min(CORRECTED_AT_MOST), reason)
        }
        Verdict::Same if found.score < 1.0 => Finding::passed(found.score, format!("{} {}", both(), found.reason)),
        Verdict::Same => Finding::passed(found.score, "The name you typed is the one on your document."),
        Verdict::Doubtful => {
            Finding::needs_review(found.score, format!("{} {} A colleague will look at it.", both(), found.reason))
        }
        Verdict::Different => Finding::needs_review(found.score, format!("{} A colleague will look at it.", both()))
            .with_severity(Severity::HighRisk),
    }
}

/// The reason where the applicant typed part of the name.
const NOT_READ: &str =
    "Part of your name could not be read from your document, you typed it. A colleague will look at it.";

/// Compares the names. An only name is neither given nor family name, so it is compared with the whole of the other.
fn compare_names(typed: &FullName, read: &FullName) -> NameMatch {
    let has_one = |name: &FullName| name.given.is_empty() || name.family.is_empty();
    if !has_one(typed) && !has_one(read) {
        return compare(typed, read);
    }
    let (typed, read) = (undivided(typed), undivided(read));
    let found = compare(&typed, &read);
    if found.verdict() != Verdict::Different {
        return found;
    }
    let among = |only: &FullName, other: &FullName| {
        only.given.is_empty() && family_name_in(&only.family, &other.whole()) >= SAME_FROM
    };
    if among(&typed, &read) || among(&read, &typed) {
        let reason = "The names are close, but one of them has more parts.".to_owned();
        return NameMatch { score: PART_OF_THE_OTHER, reason };
    }
    found
}

/// A name of one half in the family name, as a machine-readable zone has it. A placeholder for the other half, or the
/// same name in both halves, is no second name.
fn undivided(name: &FullName) -> FullName {
    let half = |text: &str| if PLACEHOLDERS.contains(&text.to_uppercase().as_str()) { "" } else { text }.to_owned();
    let (given, family) = (half(&name.given), half(&name.family));
    if given.is_empty() || family.is_empty() || given.to_uppercase() == family.to_uppercase() {
        FullName::new("", if family.is_empty() { given } else { family })
    } else {
        FullName::new(given, family)
    }
}
