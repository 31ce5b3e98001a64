//! NAME_MATCH: the typed name against the one on the proof of identity.

use super::evidence::FieldEvidence;
use super::{Finding, Inputs, Severity};
use crate::document::{FieldName, Proof};
use crate::names::{FullName, Verdict, compare};

/// The highest score of a name that the applicant corrected.
const CORRECTED_AT_MOST: f64 = 0.5;

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    let Some(identity) = inputs.proof(Proof::Identity) else {
        return Finding::needs_review(0.0, "There is no proof of identity that shows your name.");
    };
    let parts = [FieldName::GivenNames, FieldName::FamilyName].map(|name| FieldEvidence::of(identity, name));
    let [Some(given), Some(family)] = parts.map(FieldEvidence::value) else {
        return Finding::needs_review(
            0.0,
            "Your name could not be read from your document. A colleague will look at it.",
        );
    };
    let typed = FullName::new(inputs.applicant.first_name(), inputs.applicant.last_name());
    let read = FullName::new(given, family);
    let found = compare(&typed, &read);
    let both = || format!("The document says {}, you typed {}.", read.whole(), typed.whole());
    match found.verdict() {
        Verdict::Same if parts.iter().any(|part| part.is_applicant_supplied()) => {
            let reason = match parts.map(FieldEvidence::as_read) {
                [Some(given), Some(family)] => format!(
                    "We read {} in your document, you corrected it to {}. A colleague will look at it.",
                    FullName::new(given, family).whole(),
                    read.whole()
                ),
                _ => {
                    "Part of your name could not be read from your document, you typed it. A colleague will look at it."
                        .to_owned()
                }
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
