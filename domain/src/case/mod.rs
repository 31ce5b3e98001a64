//! A case: what a REVIEW of the identity check is to the people who decide it. A pure state machine.
//!
//! ```text
//! open --claim--> assigned --propose--> proposed --approve--> closed
//!   ^               | | ^ ^                |
//!   +----release----+ | | +----return------+
//!                 ask v | new document, resume
//!                  waiting
//! ```
//!
//! | file | what |
//! |---|---|
//! | [`staff`](Role) | who may do what |
//! | `evidence` | what a decision rests on, and its digest |
//! | `priority` | the order of the queue |
//! | `action` | what people do, and when it is refused |
//! | `record` | the chained record of all that happened to a case |
//!
//! An application has one case. New documents renew it; a decision of the rules that needs nobody closes it. A proposal
//! falls when its evidence changes, so that what a second person approves is what the first one saw.
//!
//! Nothing of a case is in an event, a frame or a page of the applicant.

mod action;
mod evidence;
mod priority;
mod record;
mod staff;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{ApplicationId, KycStatus, RiskLevel};

pub use action::{Action, Decided, MIN_RATIONALE_CHARS, Published, Refusal};
pub use evidence::{CaseEvidence, HitKey};
pub use priority::{Priority, SlaHours};
pub use record::{CaseRecord, verify_records};
pub use staff::{Actor, Role, may_be_combined};

/// The state of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// In the queue.
    Open,
    /// One person works on it.
    Assigned,
    /// The applicant was asked for documents. Its time does not run.
    Waiting,
    /// A decision waits for a second person.
    Proposed,
    /// Decided, or superseded.
    Closed,
}

impl CaseState {
    /// The spelling in stored cases and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Waiting => "waiting",
            Self::Proposed => "proposed",
            Self::Closed => "closed",
        }
    }
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Approved: the evidence is good enough, and there was no hit.
    EvidenceAccepted,
    /// Approved: every hit is another person.
    FalsePositive,
    /// Rejected: the applicant is a listed person.
    ConfirmedMatch,
    /// Rejected for another reason.
    RejectedOther,
    /// The rules decided on newer evidence, before a person did.
    Superseded,
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The applicant may continue.
    Approve,
    /// The applicant cannot continue.
    Reject,
}

impl Decision {
    /// The outcome of the identity check that it means.
    pub const fn status(self) -> KycStatus {
        match self {
            Self::Approve => KycStatus::Approved,
            Self::Reject => KycStatus::Rejected,
        }
    }
}

/// What the person who worked on the case proposes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// The decision.
    pub decision: Decision,
    /// Why, as codes.
    pub reasons: Vec<DecisionReason>,
    /// Why, in words. May contain personal data.
    pub rationale: String,
    /// The identifier of the person.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// See [`CaseEvidence::digest`].
    pub digest: String,
}

/// Why a person decides as they do. The applicant gets none of these codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionReason {
    /// For an approval: the evidence is good enough.
    EvidenceSufficient,
    /// For an approval: every hit is another person.
    NotTheListedPerson,
    /// For a rejection: the applicant is a listed person.
    ListedPerson,
    /// For a rejection: a document is likely to be forged.
    SuspectedForgery,
    /// For a rejection: the documents are another person's.
    NotTheApplicant,
    /// For a rejection: somebody uses another person's identity.
    IdentityTheft,
    /// For a rejection: the applicant did not answer.
    NoAnswer,
    /// Another reason, which the rationale gives.
    Other,
}

impl DecisionReason {
    /// Whether the reason supports `decision`.
    pub const fn supports(self, decision: Decision) -> bool {
        match self {
            Self::EvidenceSufficient | Self::NotTheListedPerson => matches!(decision, Decision::Approve),
            Self::ListedPerson
            | Self::SuspectedForgery
            | Self::NotTheApplicant
            | Self::IdentityTheft
            | Self::NoAnswer => matches!(decision, Decision::Reject),
            Self::Other => true,
        }
    }
}

/// What a person found of one hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Another person.
    FalsePositive,
    /// The listed person.
    TrueMatch,
    /// What is known does not tell.
    CannotTell,
}

/// Why a hit is another person, by the steps of OFAC's FAQ 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictReason {
    /// The entry is no person.
    OtherKind,
    /// One of several names agrees.
    OneNamePartOnly,
    /// The dates of birth differ.
    BirthDateDiffers,
    /// The places of birth differ.
    BirthPlaceDiffers,
    /// The nationalities differ.
    NationalityDiffers,
    /// The sexes differ.
    SexDiffers,
    /// The numbers of the documents differ.
    DocumentNumberDiffers,
    /// The listed person is dead.
    Deceased,
    /// Another reason, which the note gives.
    Other,
}

/// The verdict on one hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HitVerdict {
    /// The hit.
    pub hit: HitKey,
    /// What was found.
    pub verdict: Verdict,
    /// Why, as codes.
    pub reasons: Vec<VerdictReason>,
    /// Why, in words. May contain personal data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The identifier of the person.
    pub by: String,
}

/// When a decision needs a second person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FourEyes {
    /// Always.
    Always,
    /// For a case with a hit on a list, and for HIGH risk.
    #[default]
    WatchlistAndHigh,
    /// Never.
    Never,
}

/// The rules of the review that an operator sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewPolicy {
    /// When a decision needs a second person.
    pub four_eyes: FourEyes,
    /// How soon a case should be decided.
    pub sla: SlaHours,
}

/// A case. Unknown fields of newer versions are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The application, which identifies the case.
    pub application_id: ApplicationId,
    /// The number of its records: every change makes one.
    pub revision: u64,
    /// Its state.
    pub state: CaseState,
    /// When it was opened, for the first time.
    pub opened_at: Timestamp,
    /// Its place in the queue.
    pub priority: Priority,
    /// How much speaks for the strongest hit, in points: it orders cases of a priority that are due at the same time.
    pub points: u32,
    /// When it should be decided.
    pub due_at: Timestamp,
    /// The risk of the identity check.
    pub risk_level: RiskLevel,
    /// What a decision rests on.
    pub evidence: CaseEvidence,
    /// Whether the evidence changed since the assignee took the case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_evidence: bool,
    /// The identifier of the person who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The verdicts, at most one for each hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<HitVerdict>,
    /// The proposal that waits for a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// When the applicant was asked for documents, while the case waits for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
    /// Before this time it is not the next case to work on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The hash of its newest record.
    pub record_hash: String,
    /// Fields of newer versions.
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

impl Case {
    /// Opens the case of an application, with its first record.
    pub fn open(
        application_id: ApplicationId,
        evidence: CaseEvidence,
        risk_level: RiskLevel,
        sla: &SlaHours,
        at: Timestamp,
    ) -> (Self, CaseRecord) {
        let priority = evidence.priority(risk_level);
        let mut case = Self {
            application_id,
            revision: 0,
            state: CaseState::Open,
            opened_at: at,
            priority,
            points: evidence.points,
            due_at: sla.due(priority, at),
            risk_level,
            evidence,
            new_evidence: false,
            assignee: None,
            verdicts: Vec::new(),
            proposal: None,
            waiting_since: None,
            snoozed_until: None,
            outcome: None,
            closed_at: None,
            record_hash: String::new(),
            other: serde_json::Map::new(),
        };
        let detail = serde_json::json!({ "basedOn": case.evidence.based_on });
        let record = case.record("opened", None, &detail, at);
        (case, record)
    }

    /// Replaces the evidence by that of a newer REVIEW. A proposal falls, and the case goes back to the person who made
    /// it; verdicts on older evidence are void.
    pub fn renew(
        &mut self,
        evidence: CaseEvidence,
        risk_level: RiskLevel,
        sla: &SlaHours,
        at: Timestamp,
    ) -> CaseRecord {
        self.return_to_proposer();
        self.state = if self.assignee.is_some() { CaseState::Assigned } else { CaseState::Open };
        self.priority = evidence.priority(risk_level);
        self.points = evidence.points;
        self.due_at = sla.due(self.priority, at);
        self.risk_level = risk_level;
        self.evidence = evidence;
        self.verdicts.clear();
        self.waiting_since = None;
        self.snoozed_until = None;
        self.new_evidence = true;
        self.outcome = None;
        self.closed_at = None;
        let detail = serde_json::json!({ "basedOn": self.evidence.based_on });
        self.record("evidence_renewed", None, &detail, at)
    }

    /// Gives the case back to the person who made a proposal, because its evidence changed. `None` without a proposal.
    pub fn drop_proposal(&mut self, at: Timestamp) -> Option<CaseRecord> {
        self.return_to_proposer().then(|| {
            self.state = CaseState::Assigned;
            self.new_evidence = true;
            self.record("proposal_fell", None, &serde_json::json!({}), at)
        })
    }

    /// Removes the proposal. Whether there was one.
    fn return_to_proposer(&mut self) -> bool {
        let Some(proposal) = self.proposal.take() else { return false };
        self.assignee = Some(proposal.by);
        true
    }

    /// Closes the case, because the rules decided on newer evidence. `None` if it is closed already.
    pub fn supersede(&mut self, based_on: u64, at: Timestamp) -> Option<CaseRecord> {
        if self.state == CaseState::Closed {
            return None;
        }
        self.close(Outcome::Superseded, at);
        Some(self.record("superseded", None, &serde_json::json!({ "basedOn": based_on }), at))
    }

    /// The key by which the queue is ordered: priority, then the time at which the case is due, then agreement.
    pub fn rank(&self) -> String {
        let less_agreement = 9_999 - self.points.min(9_999);
        // Nobody can do anything for a case that waits.
        let priority = if self.state == CaseState::Waiting { 9 } else { self.priority.number() };
        format!("{priority}#{}#{less_agreement:04}#{}", self.due_at.as_second(), self.application_id)
    }

    /// Whether it should have been decided by now.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due_at <= now && !matches!(self.state, CaseState::Closed | CaseState::Waiting)
    }

    /// The verdict on a hit.
    pub fn verdict(&self, hit: &HitKey) -> Option<&HitVerdict> {
        self.verdicts.iter().find(|verdict| verdict.hit == *hit)
    }

    fn close(&mut self, outcome: Outcome, at: Timestamp) {
        self.state = CaseState::Closed;
        self.assignee = None;
        self.proposal = None;
        self.waiting_since = None;
        self.snoozed_until = None;
        self.outcome = Some(outcome);
        self.closed_at = Some(at);
    }

    /// Counts a change, and returns its record.
    fn record(
        &mut self,
        kind: &'static str,
        by: Option<&str>,
        detail: &serde_json::Value,
        at: Timestamp,
    ) -> CaseRecord {
        self.revision += 1;
        let record = CaseRecord::next(self, kind, by, detail, at);
        self.record_hash.clone_from(&record.hash);
        record
    }
}

#[cfg(test)]
mod tests;
