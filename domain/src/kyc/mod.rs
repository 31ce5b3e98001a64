//! The identity check: five checks, and the decision that follows from them.
//!
//! | status | when |
//! |---|---|
//! | REJECTED | the applicant is under [`ADULT_FROM`], by the typed or a corroborated date of birth (`age` module) |
//! | REVIEW | any other check did not pass: a person decides |
//! | APPROVED | all five passed |
//!
//! A rejection is final. An expired document therefore means REVIEW: the applicant may be waiting for a new one, or the
//! date may be misread.
//!
//! | risk | when |
//! |---|---|
//! | HIGH | rejected |
//! | HIGH | another name on the document |
//! | HIGH | a zone with valid check digits contradicts the page in number or dates |
//! | HIGH | three or more checks did not pass |
//! | MEDIUM | any other check did not pass |
//! | LOW | all five passed |
//!
//! The risk level decides how closely a person must look. It never rates, prices or excludes: it is no input of
//! [`crate::policy`].
//!
//! A match on a sanctions list has the same severity as a possible match or a stale list. The applicant sees the
//! decision, and a risk level that only a match causes would disclose the match. The stored screening has the strength
//! of a hit, for reviewers.
//!
//! The decision depends on its inputs only, so a later run gives the same answer.

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
pub use age::ADULT_FROM;
pub use watchlist::STALE_AFTER_DAYS;

/// Stamped on every decision. Must change with every change of a rule or a threshold here, in [`crate::names`], in
/// [`crate::mrz`], in [`crate::agreement`] or in [`crate::watchlist`]; the test `kyc::tests::golden` enforces it for a
/// fixed set of cases.
pub const RULES_VERSION: &str = "2026-11.6";

/// The number of failed checks from which on the risk is HIGH.
const HIGH_RISK_FROM: usize = 3;

/// The inputs of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The typed details.
    pub applicant: &'a Applicant,
    /// The current documents. Only the first of each proof counts.
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

/// How a check affects the decision, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Passed,
    /// A person must look.
    NeedsReview,
    /// A person must look, and the risk is HIGH.
    HighRisk,
    /// The application is rejected.
    Rejected,
}

/// The result of one check, with its severity.
struct Finding {
    severity: Severity,
    score: f64,
    reason: String,
}

impl Finding {
    fn passed(score: f64, reason: impl Into<String>) -> Self {
        Self { severity: Severity::Passed, score, reason: reason.into() }
    }

    fn needs_review(score: f64, reason: impl Into<String>) -> Self {
        Self { severity: Severity::NeedsReview, score, reason: reason.into() }
    }

    fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Decides. The result has all five checks, in the order of [`CheckType::ALL`], each with its reason in words for the
/// applicant. The reason of the sanctions screening never discloses a hit.
pub fn decide(inputs: &Inputs<'_>) -> KycVerified {
    let found = CheckType::ALL.map(|check| (check, examine(check, inputs)));
    let worst = found.iter().map(|(_, finding)| finding.severity).max().unwrap_or(Severity::Rejected);
    let failed = found.iter().filter(|(_, finding)| finding.severity != Severity::Passed).count();
    KycVerified {
        status: match worst {
            Severity::Passed => KycStatus::Approved,
            Severity::NeedsReview | Severity::HighRisk => KycStatus::Review,
            Severity::Rejected => KycStatus::Rejected,
        },
        risk_level: match worst {
            Severity::HighRisk | Severity::Rejected => RiskLevel::High,
            Severity::NeedsReview if failed >= HIGH_RISK_FROM => RiskLevel::High,
            Severity::NeedsReview => RiskLevel::Medium,
            Severity::Passed => RiskLevel::Low,
        },
        checks: found
            .into_iter()
            .map(|(check_type, Finding { severity, score, reason })| Check {
                check_type,
                passed: severity == Severity::Passed,
                score: (score.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
                reason,
            })
            .collect(),
        list_version: inputs.screening.list_version.clone(),
        rules_version: RULES_VERSION.to_owned(),
        evidence: inputs.documents.iter().map(Evidence::from).collect(),
        reviewed: false,
        asks: Vec::new(),
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
