//! What people do with a case, and when it is refused.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Actor, Case, CaseRecord, CaseState, Decision, DecisionReason, FourEyes, HitKey, HitVerdict, Outcome, Proposal,
    Role, Verdict, VerdictReason,
};
use crate::event::{Ask, RiskLevel};

/// The least number of characters of a rationale: a reader years later must understand the decision.
pub const MIN_RATIONALE_CHARS: usize = 20;
/// The greatest number of characters of a note, a rationale or the reason of a return.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// What a member of staff does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes an open case.
    Claim,
    /// Puts the own case back into the queue. An approver may put back anybody's.
    Release,
    /// Gives a case that nobody has proposed a decision for to a person.
    Assign {
        /// Who works on it next.
        to: Actor,
    },
    /// Leaves the own case for a later time.
    Snooze {
        /// Until when.
        until: Timestamp,
    },
    /// Adds a note.
    Note {
        /// Its text.
        text: String,
    },
    /// Says of one hit whether it is the applicant.
    Judge {
        /// The hit.
        hit: HitKey,
        /// What was found.
        verdict: Verdict,
        /// Why.
        reasons: Vec<VerdictReason>,
        /// Why, in words.
        note: String,
    },
    /// Asks the applicant for documents. The case waits for them.
    Ask {
        /// What is asked for, at most one for each proof.
        asks: Vec<Ask>,
    },
    /// Goes on without the documents that the applicant was asked for.
    Resume,
    /// Decides: at once where one person may, else as a proposal to a second person.
    Propose {
        /// The decision.
        decision: Decision,
        /// Why.
        reasons: Vec<DecisionReason>,
        /// Why, in words.
        rationale: String,
    },
    /// Approves another person's proposal.
    Approve {
        /// The digest of what was seen.
        digest: String,
    },
    /// Gives another person's proposal back.
    Return {
        /// Why.
        note: String,
    },
    /// Takes a rejection up again.
    Reopen {
        /// Why.
        reason: String,
    },
}

/// Why an action is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The person has no role for it.
    #[error("your role does not permit this")]
    RoleMissing,
    /// The state does not permit it.
    #[error("the case is not in a state that permits this; look at it again")]
    WrongState,
    /// Another person works on the case.
    #[error("another person works on this case")]
    ClaimedByAnother,
    /// The person who proposed must not decide.
    #[error("a second person must decide: you made this proposal")]
    OwnProposal,
    /// A person whose verdicts the proposal rests on must not decide.
    #[error("a second person must decide: you wrote a verdict in this case")]
    OwnVerdict,
    /// Every hit needs a verdict before a decision.
    #[error("every hit needs a verdict first")]
    HitsWithoutVerdict,
    /// An approval contradicts a verdict.
    #[error("a hit that is the applicant, or may be, does not go with an approval")]
    VerdictContradicts,
    /// No such hit in this case.
    #[error("the case has no such hit")]
    NoSuchHit,
    /// A verdict or a decision needs a reason, and one that supports it.
    #[error("a reason is missing, or does not support the decision")]
    ReasonMissing,
    /// The text is missing or too short.
    #[error("the text is too short: give at least {MIN_RATIONALE_CHARS} characters")]
    TextTooShort,
    /// The text is too long.
    #[error("the text is too long: {MAX_TEXT_CHARS} characters at most")]
    TextTooLong,
    /// The time lies in the past.
    #[error("the time must be in the future")]
    TimePassed,
    /// The proposal is not the one that was seen.
    #[error("the evidence changed since you looked; look at the case again")]
    EvidenceChanged,
}

impl Refusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RoleMissing => "role_missing",
            Self::WrongState => "wrong_state",
            Self::ClaimedByAnother => "claimed_by_another",
            Self::OwnProposal => "own_proposal",
            Self::OwnVerdict => "own_verdict",
            Self::HitsWithoutVerdict => "hits_without_verdict",
            Self::VerdictContradicts => "verdict_contradicts",
            Self::NoSuchHit => "no_such_hit",
            Self::ReasonMissing => "reason_missing",
            Self::TextTooShort => "text_too_short",
            Self::TextTooLong => "text_too_long",
            Self::TimePassed => "time_passed",
            Self::EvidenceChanged => "evidence_changed",
        }
    }

    /// Whether it is refused because of who asks, not because of what is asked.
    pub const fn is_denial(self) -> bool {
        matches!(self, Self::RoleMissing | Self::OwnProposal | Self::OwnVerdict)
    }
}

/// The result of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The case after it.
    pub case: Case,
    /// Its record.
    pub record: CaseRecord,
    /// What the applicant's event says, if there is one.
    pub published: Option<Published>,
}

/// What reaches the applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// The decision.
    Decided(Decision),
    /// The documents that are asked for.
    Asked(Vec<Ask>),
}

/// The roles that work on cases.
const WORKERS: [Role; 2] = [Role::Reviewer, Role::Approver];

impl Case {
    /// Whether a decision needs a second person.
    pub fn needs_second_person(&self, policy: FourEyes) -> bool {
        match policy {
            FourEyes::Always => true,
            FourEyes::WatchlistAndHigh => !self.evidence.hits.is_empty() || self.risk_level == RiskLevel::High,
            FourEyes::Never => false,
        }
    }

    /// Whether a member of staff may look at a case with its hits.
    ///
    /// # Errors
    /// [`Refusal::RoleMissing`].
    pub fn may_be_viewed_by(actor: &Actor) -> Result<(), Refusal> {
        permit(actor, &[Role::Reviewer, Role::Approver, Role::Auditor])
    }

    /// Does what `actor` asks at `at`.
    ///
    /// # Errors
    /// [`Refusal`]; the case is unchanged.
    pub fn act(&self, actor: &Actor, action: &Action, policy: FourEyes, at: Timestamp) -> Result<Decided, Refusal> {
        let mut case = self.clone();
        let (kind, detail, published) = case.change(actor, action, policy, at)?;
        let record = case.record(kind, Some(&actor.id), &detail, at);
        Ok(Decided { case, record, published })
    }

    /// Changes the case; the kind and the detail of its record, and what reaches the applicant.
    fn change(
        &mut self,
        actor: &Actor,
        action: &Action,
        policy: FourEyes,
        at: Timestamp,
    ) -> Result<(&'static str, Value, Option<Published>), Refusal> {
        match action {
            Action::Claim => {
                permit(actor, &WORKERS)?;
                match self.state {
                    CaseState::Open => {}
                    CaseState::Assigned | CaseState::Waiting => return Err(Refusal::ClaimedByAnother),
                    CaseState::Proposed | CaseState::Closed => return Err(Refusal::WrongState),
                }
                self.assign(actor);
                Ok(("claimed", json!({}), None))
            }
            Action::Assign { to } => {
                permit(actor, &[Role::Approver])?;
                permit(to, &WORKERS)?;
                self.in_state(&[CaseState::Open, CaseState::Assigned, CaseState::Waiting])?;
                self.stop_waiting(at);
                self.assign(to);
                Ok(("assigned", json!({ "to": to.id }), None))
            }
            Action::Release => {
                permit(actor, &WORKERS)?;
                self.in_state(&[CaseState::Assigned])?;
                if !actor.is_any(&[Role::Approver]) {
                    self.assigned_to(actor)?;
                }
                self.state = CaseState::Open;
                self.assignee = None;
                Ok(("released", json!({}), None))
            }
            Action::Snooze { until } => {
                self.worked_on_by(actor)?;
                if *until <= at {
                    return Err(Refusal::TimePassed);
                }
                self.snoozed_until = Some(*until);
                Ok(("snoozed", json!({ "until": format!("{until:.0}") }), None))
            }
            Action::Note { text } => {
                self.worked_on_by(actor)?;
                let text = text_of(text, 1)?;
                Ok(("noted", json!({ "text": text }), None))
            }
            Action::Judge { hit, verdict, reasons, note } => {
                self.worked_on_by(actor)?;
                let known = self.evidence.hits.iter().find(|known| *known == hit).ok_or(Refusal::NoSuchHit)?.clone();
                let note = text_of(note, 0)?;
                // Why somebody is another person must be said; "other" needs words.
                if *verdict == Verdict::FalsePositive && reasons.is_empty() {
                    return Err(Refusal::ReasonMissing);
                }
                if reasons.contains(&VerdictReason::Other) && note.is_empty() {
                    return Err(Refusal::TextTooShort);
                }
                let detail = json!({
                    "source": known.source, "entry": known.id, "verdict": verdict, "reasons": reasons, "note": note,
                });
                self.verdicts.retain(|verdict| verdict.hit != known);
                let by = actor.id.clone();
                let judged = HitVerdict { hit: known, verdict: *verdict, reasons: reasons.clone(), note, by };
                self.verdicts.push(judged);
                Ok(("judged", detail, None))
            }
            Action::Ask { asks } => {
                self.worked_on_by(actor)?;
                let once = |proof| asks.iter().filter(|ask| ask.proof == proof).count() == 1;
                if asks.is_empty() || !asks.iter().all(|ask| once(ask.proof)) {
                    return Err(Refusal::ReasonMissing);
                }
                self.state = CaseState::Waiting;
                self.waiting_since = Some(at);
                Ok(("asked", json!({ "asks": asks }), Some(Published::Asked(asks.clone()))))
            }
            Action::Resume => {
                permit(actor, &WORKERS)?;
                self.in_state(&[CaseState::Waiting])?;
                self.assigned_to(actor)?;
                self.state = CaseState::Assigned;
                self.stop_waiting(at);
                Ok(("resumed", json!({}), None))
            }
            Action::Propose { decision, reasons, rationale } => {
                self.worked_on_by(actor)?;
                self.propose(actor, *decision, reasons, rationale, policy, at)
            }
            Action::Approve { digest } => {
                let proposal = self.second_person(actor)?;
                if proposal.digest != *digest {
                    return Err(Refusal::EvidenceChanged);
                }
                let detail = json!({ "decision": proposal.decision, "digest": proposal.digest });
                self.decide(proposal.decision, &proposal.reasons, at);
                Ok(("approved", detail, Some(Published::Decided(proposal.decision))))
            }
            Action::Return { note } => {
                let proposal = self.second_person(actor)?;
                let note = text_of(note, 1)?;
                self.state = CaseState::Assigned;
                self.assignee = Some(proposal.by);
                self.proposal = None;
                Ok(("returned", json!({ "note": note }), None))
            }
            Action::Reopen { reason } => {
                permit(actor, &[Role::Approver])?;
                let rejected = matches!(self.outcome, Some(Outcome::ConfirmedMatch | Outcome::RejectedOther));
                if self.state != CaseState::Closed || !rejected {
                    return Err(Refusal::WrongState);
                }
                let reason = text_of(reason, MIN_RATIONALE_CHARS)?;
                self.state = CaseState::Open;
                self.outcome = None;
                self.closed_at = None;
                self.verdicts.clear();
                Ok(("reopened", json!({ "reason": reason }), None))
            }
        }
    }

    fn propose(
        &mut self,
        actor: &Actor,
        decision: Decision,
        reasons: &[DecisionReason],
        rationale: &str,
        policy: FourEyes,
        at: Timestamp,
    ) -> Result<(&'static str, Value, Option<Published>), Refusal> {
        if self.evidence.hits.iter().any(|hit| self.verdict(hit).is_none()) {
            return Err(Refusal::HitsWithoutVerdict);
        }
        if decision == Decision::Approve && self.verdicts.iter().any(|v| v.verdict != Verdict::FalsePositive) {
            return Err(Refusal::VerdictContradicts);
        }
        if reasons.is_empty() || !reasons.iter().all(|reason| reason.supports(decision)) {
            return Err(Refusal::ReasonMissing);
        }
        let rationale = text_of(rationale, MIN_RATIONALE_CHARS)?;
        let digest = self.evidence.digest(self, &self.verdicts, decision, reasons);
        let detail = json!({ "decision": decision, "reasons": reasons, "rationale": rationale, "digest": digest });
        if !self.needs_second_person(policy) {
            self.decide(decision, reasons, at);
            return Ok(("decided_by_one_person", detail, Some(Published::Decided(decision))));
        }
        let (reasons, by) = (reasons.to_vec(), actor.id.clone());
        self.proposal = Some(Proposal { decision, reasons, rationale, by, at, digest });
        self.state = CaseState::Proposed;
        self.assignee = None;
        Ok(("proposed", detail, None))
    }

    fn decide(&mut self, decision: Decision, reasons: &[DecisionReason], at: Timestamp) {
        let outcome = match decision {
            Decision::Approve if self.evidence.hits.is_empty() => Outcome::EvidenceAccepted,
            Decision::Approve => Outcome::FalsePositive,
            Decision::Reject if reasons.contains(&DecisionReason::ListedPerson) => Outcome::ConfirmedMatch,
            Decision::Reject => Outcome::RejectedOther,
        };
        self.close(outcome, at);
    }

    /// The proposal, if `actor` may decide on it.
    fn second_person(&self, actor: &Actor) -> Result<Proposal, Refusal> {
        permit(actor, &[Role::Approver])?;
        let proposal = self.proposal.as_ref().filter(|_| self.state == CaseState::Proposed);
        let proposal = proposal.ok_or(Refusal::WrongState)?;
        if proposal.by == actor.id {
            return Err(Refusal::OwnProposal);
        }
        if self.verdicts.iter().any(|verdict| verdict.by == actor.id) {
            return Err(Refusal::OwnVerdict);
        }
        Ok(proposal.clone())
    }

    /// The time that the case waited does not count.
    fn stop_waiting(&mut self, at: Timestamp) {
        let waited = self.waiting_since.take().map(|since| at.duration_since(since));
        self.due_at = waited.and_then(|waited| self.due_at.checked_add(waited).ok()).unwrap_or(self.due_at);
    }

    fn assign(&mut self, to: &Actor) {
        self.state = CaseState::Assigned;
        self.assignee = Some(to.id.clone());
        self.snoozed_until = None;
        self.new_evidence = false;
    }

    fn worked_on_by(&self, actor: &Actor) -> Result<(), Refusal> {
        permit(actor, &WORKERS)?;
        self.in_state(&[CaseState::Assigned])?;
        self.assigned_to(actor)
    }

    fn assigned_to(&self, actor: &Actor) -> Result<(), Refusal> {
        if self.assignee.as_deref() == Some(actor.id.as_str()) { Ok(()) } else { Err(Refusal::ClaimedByAnother) }
    }

    fn in_state(&self, states: &[CaseState]) -> Result<(), Refusal> {
        if states.contains(&self.state) { Ok(()) } else { Err(Refusal::WrongState) }
    }
}

fn permit(actor: &Actor, roles: &[Role]) -> Result<(), Refusal> {
    if actor.is_any(roles) { Ok(()) } else { Err(Refusal::RoleMissing) }
}

/// The text without space around it, of at least `least` characters.
fn text_of(text: &str, least: usize) -> Result<String, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        count if count < least => Err(Refusal::TextTooShort),
        count if count > MAX_TEXT_CHARS => Err(Refusal::TextTooLong),
        _ => Ok(text.to_owned()),
    }
}
