//! The identity check: five checks, and what they come to.
//!
//! | status | when |
//! |---|---|
//! | REJECTED | the applicant is under [`ADULT_FROM`] by the date of birth that was typed, read, or coded in the document |
//! | REVIEW | any other check did not pass: a person decides, and nothing is lost |
//! | APPROVED | all five passed |
//!
//! An expired document means REVIEW, not REJECTED: it may have run out while the applicant waits for the next, the date
//! may be misread, and a rejection is final.
//!
//! | risk | when |
//! |---|---|
//! | HIGH | rejected; or another name on the document; or coded lines whose check digits hold but that contradict the page in number or dates; or three checks or more that did not pass |
//! | MEDIUM | any other check that did not pass |
//! | LOW | all five passed |
//!
//! A match on a sanctions list weighs no more than a possible one or a stale list: the decision goes to the applicant too,
//! and a risk that only a match gives would tell who is on a list. How strong a hit is stands in the stored screening,
//! for those who review.
//!
//! The decision depends on its inputs only, so that it can be run again to the same answer.

mod address;
mod address_words;
mod age;
mod document;
mod evidence;
mod name;
mod readings;
mod watchlist;

use jiff::civil::Date;

use crate::applicant::Applicant;
use crate::document::{Document, Proof};
use crate::event::{Check, CheckType, Evidence, KycStatus, KycVerified, RiskLevel};
use crate::watchlist::Screening;

pub use address::BILL_MONTHS;
pub use age::{ADULT_FROM, age_on};
pub use watchlist::STALE_AFTER_DAYS;

/// Stamped on every decision. Changes with every change of a rule or a threshold here, in [`crate::names`], in
/// [`crate::mrz`], in [`crate::agreement`] or in [`crate::watchlist`].
pub const RULES_VERSION: &str = "2026-11.3";

/// So many checks that did not pass make the risk HIGH.
const MANY: usize = 3;

/// What a decision is made from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What was typed.
    pub applicant: &'a Applicant,
    /// The current documents, at most one for each proof; of more, the first counts.
    pub documents: &'a [Document],
    /// The applicant screened against a sanctions list.
    pub screening: &'a Screening,
    /// The day of the decision.
    pub today: Date,
}

impl<'a> Inputs<'a> {
    fn proof(&self, proof: Proof) -> Option<&'a Document> {
        self.documents.iter().find(|document| document.kind.proves() == proof)
    }
}

/// What a check means for the decision, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Passed,
    /// A person must look.
    Look,
    /// A person must look, and the risk is high.
    Serious,
    /// The applicant cannot go on.
    Refused,
}

/// A check with its weight.
struct Finding {
    weight: Weight,
    score: f64,
    reason: String,
}

impl Finding {
    fn passed(score: f64, reason: impl Into<String>) -> Self {
        Self { weight: Weight::Passed, score, reason: reason.into() }
    }

    fn look(score: f64, reason: impl Into<String>) -> Self {
        Self { weight: Weight::Look, score, reason: reason.into() }
    }

    fn with(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }
}

/// Decides. The checks come in the order of [`CheckType::ALL`], always all five, each with its reason in words for the
/// applicant; those of the sanctions screening say nothing of what was found.
pub fn decide(inputs: &Inputs<'_>) -> KycVerified {
    let found = CheckType::ALL.map(|check| (check, examine(check, inputs)));
    let worst = found.iter().map(|(_, finding)| finding.weight).max().unwrap_or(Weight::Refused);
    let failed = found.iter().filter(|(_, finding)| finding.weight != Weight::Passed).count();
    KycVerified {
        status: match worst {
            Weight::Passed => KycStatus::Approved,
            Weight::Look | Weight::Serious => KycStatus::Review,
            Weight::Refused => KycStatus::Rejected,
        },
        risk_level: match worst {
            Weight::Serious | Weight::Refused => RiskLevel::High,
            Weight::Look if failed >= MANY => RiskLevel::High,
            Weight::Look => RiskLevel::Medium,
            Weight::Passed => RiskLevel::Low,
        },
        checks: found
            .into_iter()
            .map(|(check_type, Finding { weight, score, reason })| Check {
                check_type,
                passed: weight == Weight::Passed,
                score: (score.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
                reason,
            })
            .collect(),
        list_version: inputs.screening.list_version.clone(),
        rules_version: RULES_VERSION.to_owned(),
        evidence: inputs.documents.iter().map(Evidence::from).collect(),
    }
}

fn examine(check: CheckType, inputs: &Inputs<'_>) -> Finding {
    match check {
        CheckType::AgeVerification => age::examine(inputs),
        CheckType::NameMatch => name::examine(inputs),
        CheckType::WatchlistScreening => watchlist::examine(inputs),
        CheckType::DocumentValidity => document::examine(inputs),
        CheckType::AddressVerification => address::examine(inputs),
    }
}

/// A date as the applicant reads it, for instance `14 March 1987`.
fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests;
