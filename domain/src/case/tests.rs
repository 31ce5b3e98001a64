#![allow(clippy::unwrap_used)]

use jiff::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::document::Proof;
use crate::event::{Ask, AskCode, Check, CheckType, KycStatus, KycVerified};
use crate::watchlist::{Agreement, BirthDateAgreement, Explanation, Hit, ListUsed, Screening, ScreeningOutcome};

const RATIONALE: &str = "Born in another year, in another country.";

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_hours(hours)
}

fn actor(id: &str, roles: &[Role]) -> Actor {
    Actor { id: id.to_owned(), roles: roles.to_vec() }
}

fn rita() -> Actor {
    actor("rita", &[Role::Reviewer])
}

fn anton() -> Actor {
    actor("anton", &[Role::Approver])
}

fn hit(id: &str) -> Hit {
    Hit {
        source: "UN".into(),
        id: id.into(),
        entry_hash: format!("hash of {id}"),
        date_of_birth: BirthDateAgreement::Compatible,
        points: 40,
        ..Hit::default()
    }
}

fn screening(hits: Vec<Hit>) -> Screening {
    let outcome = if hits.is_empty() { ScreeningOutcome::Clear } else { ScreeningOutcome::Possible { hits } };
    let published = jiff::civil::date(2026, 11, 1);
    let list = ListUsed { source: "UN".into(), published, entries: 1, sha256: "ab".into(), checked: None };
    Screening {
        outcome,
        score: 0.9,
        namesakes: Vec::new(),
        list_version: "UN 2026-11-01".into(),
        published,
        lists: vec![list],
        fresh: Some(true),
        unread_name: false,
    }
}

fn decision(failed: &[CheckType]) -> KycVerified {
    let check = |check_type| Check {
        check_type,
        passed: !failed.contains(&check_type),
        score: 0.0,
        reason: "A reason.".into(),
    };
    KycVerified {
        status: KycStatus::Review,
        risk_level: RiskLevel::Medium,
        checks: CheckType::ALL.map(check).to_vec(),
        list_version: "UN 2026-11-01".into(),
        rules_version: "2026-11.6".into(),
        evidence: Vec::new(),
        reviewed: false,
        asks: Vec::new(),
    }
}

fn evidence(hits: Vec<Hit>, based_on: u64) -> CaseEvidence {
    CaseEvidence::of(&decision(&[CheckType::WatchlistScreening]), Some(&screening(hits)), based_on)
}

/// An open case with these hits.
fn open(hits: Vec<Hit>) -> Case {
    let id = ApplicationId::new(Uuid::from_u128(7), at(0));
    Case::open(id, evidence(hits, 4), RiskLevel::Medium, &SlaHours::default(), at(0)).0
}

fn act(case: &Case, actor: &Actor, action: &Action) -> Result<Decided, Refusal> {
    case.act(actor, action, FourEyes::WatchlistAndHigh, at(1))
}

fn done(case: &Case, actor: &Actor, action: Action) -> Case {
    act(case, actor, &action).unwrap().case
}

fn judge(id: &str, verdict: Verdict) -> Action {
    let reasons = vec![VerdictReason::BirthDateDiffers];
    Action::Judge { hit: HitKey::of(&hit(id)), verdict, reasons, note: String::new() }
}

fn ask() -> Action {
    Action::Ask { asks: vec![Ask { proof: Proof::Address, code: AskCode::TooOld.into() }] }
}

fn propose(decision: Decision) -> Action {
    let reason = match decision {
        Decision::Approve => DecisionReason::NotTheListedPerson,
        Decision::Reject => DecisionReason::ListedPerson,
    };
    Action::Propose { decision, reasons: vec![reason], rationale: RATIONALE.into() }
}

fn digest(case: &Case) -> String {
    case.proposal.as_ref().unwrap().digest.clone()
}

/// A case with one hit in each state, with the work of Rita.
fn in_state(state: CaseState) -> Case {
    let case = open(vec![hit("1")]);
    if state == CaseState::Open {
        return case;
    }
    let case = done(&done(&case, &rita(), Action::Claim), &rita(), judge("1", Verdict::FalsePositive));
    if state == CaseState::Assigned {
        return case;
    }
    if state == CaseState::Waiting {
        return done(&case, &rita(), ask());
    }
    let case = done(&case, &rita(), propose(Decision::Reject));
    if state == CaseState::Proposed {
        return case;
    }
    let digest = digest(&case);
    done(&case, &anton(), Action::Approve { digest })
}

const STATES: [CaseState; 5] =
    [CaseState::Open, CaseState::Assigned, CaseState::Waiting, CaseState::Proposed, CaseState::Closed];

/// Every action, with valid contents for `case`.
fn actions(case: &Case) -> Vec<(&'static str, Action)> {
    let digest = case.proposal.as_ref().map(|proposal| proposal.digest.clone()).unwrap_or_default();
    vec![
        ("claim", Action::Claim),
        ("release", Action::Release),
        ("assign", Action::Assign { to: rita() }),
        ("snooze", Action::Snooze { until: at(9) }),
        ("note", Action::Note { text: "Called.".into() }),
        ("judge", judge("1", Verdict::FalsePositive)),
        ("ask", ask()),
        ("resume", Action::Resume),
        ("propose", propose(Decision::Approve)),
        ("approve", Action::Approve { digest }),
        ("return", Action::Return { note: "Which year?".into() }),
        ("reopen", Action::Reopen { reason: RATIONALE.into() }),
    ]
}

/// What is permitted, and the state that follows. All else is refused.
fn permitted(state: CaseState, action: &str, role: Role, own: bool) -> Option<CaseState> {
    use CaseState::{Assigned, Closed, Open, Proposed, Waiting};
    let worker = matches!(role, Role::Reviewer | Role::Approver);
    let approver = role == Role::Approver;
    match (state, action) {
        (Open, "claim") if worker => Some(Assigned),
        (Open | Assigned | Waiting, "assign") if approver => Some(Assigned),
        (Assigned, "release") if own && worker || approver => Some(Open),
        (Assigned, "snooze" | "note" | "judge") if own && worker => Some(Assigned),
        (Assigned, "ask") if own && worker => Some(Waiting),
        (Waiting, "resume") if own && worker => Some(Assigned),
        (Assigned, "propose") if own && worker => Some(Proposed),
        (Proposed, "approve") if approver && !own => Some(Closed),
        (Proposed, "return") if approver && !own => Some(Assigned),
        (Closed, "reopen") if approver => Some(Open),
        _ => None,
    }
}

#[test]
fn every_state_action_and_role_is_permitted_or_refused_as_in_the_table() {
    for state in STATES {
        let case = in_state(state);
        assert_eq!(case.state, state);
        for (name, action) in actions(&case) {
            for role in Role::ALL {
                // The own case is Rita's, whatever her role is.
                for (id, own) in [("rita", true), ("other", false)] {
                    let result = act(&case, &actor(id, &[role]), &action).map(|decided| decided.case.state);
                    let place = format!("{state:?} {name} {role:?} own: {own}");
                    assert_eq!(result.as_ref().ok().copied(), permitted(state, name, role, own), "{place}: {result:?}");
                }
            }
        }
    }
}

#[test]
fn person_without_a_role_is_refused_everything() {
    for state in STATES {
        let case = in_state(state);
        for (name, action) in actions(&case) {
            assert_eq!(act(&case, &actor("rita", &[]), &action), Err(Refusal::RoleMissing), "{state:?} {name}");
        }
    }
}

#[test]
fn hits_are_shown_to_those_who_decide_and_to_auditors() {
    let may = Role::ALL.map(|role| Case::may_be_viewed_by(&actor("a", &[role])).is_ok());
    assert_eq!(may, [true, true, false, false, true]);
}

#[test]
fn second_claim_is_refused() {
    let case = done(&open(vec![]), &rita(), Action::Claim);
    assert_eq!(act(&case, &anton(), &Action::Claim), Err(Refusal::ClaimedByAnother));
}

#[test]
fn proposer_and_writer_of_a_verdict_do_not_approve() {
    let both = actor("rita", &[Role::Reviewer, Role::Approver]);
    let case = in_state(CaseState::Proposed);
    let approve = Action::Approve { digest: digest(&case) };
    assert_eq!(act(&case, &both, &approve), Err(Refusal::OwnProposal));
    assert_eq!(act(&case, &both, &Action::Return { note: "No.".into() }), Err(Refusal::OwnProposal));

    // Anton writes a verdict, and Rita proposes on it.
    let case = done(&open(vec![hit("1")]), &anton(), Action::Claim);
    let case = done(&case, &anton(), judge("1", Verdict::FalsePositive));
    let case = done(&case, &anton(), Action::Assign { to: rita() });
    let case = done(&case, &rita(), propose(Decision::Approve));
    let approve = Action::Approve { digest: digest(&case) };
    assert_eq!(act(&case, &anton(), &approve), Err(Refusal::OwnVerdict));
    let decided = act(&case, &actor("agnes", &[Role::Approver]), &approve).unwrap();
    assert_eq!(
        (decided.published, decided.case.outcome),
        (Some(Published::Decided(Decision::Approve)), Some(Outcome::FalsePositive))
    );
}

#[test]
fn approval_is_of_what_was_seen() {
    let case = in_state(CaseState::Proposed);
    let other = Action::Approve { digest: "00".into() };
    assert_eq!(act(&case, &anton(), &other), Err(Refusal::EvidenceChanged));
}

#[test]
fn digest_depends_on_everything_that_was_seen() {
    let case = in_state(CaseState::Assigned);
    let of = |case: &Case, decision, reasons: &[DecisionReason]| {
        case.evidence.digest(case, &case.verdicts, decision, reasons)
    };
    let base = of(&case, Decision::Reject, &[DecisionReason::Other]);
    assert_eq!(base, of(&case, Decision::Reject, &[DecisionReason::Other]));
    type Change = (&'static str, fn(&mut Case));
    let changes: [Change; 8] = [
        ("application", |case| case.application_id = ApplicationId::new(Uuid::from_u128(8), at(0))),
        ("sequence", |case| case.evidence.based_on += 1),
        ("rules", |case| case.evidence.rules_version.push('x')),
        ("lists", |case| case.evidence.lists[0].push('x')),
        ("entry", |case| case.evidence.hits[0].entry_hash.push('x')),
        ("document", |case| case.evidence.documents.push("ab".into())),
        ("verdict", |case| case.verdicts[0].verdict = Verdict::CannotTell),
        ("reasons of a verdict", |case| case.verdicts[0].reasons.clear()),
    ];
    for (name, change) in changes {
        let mut changed = case.clone();
        change(&mut changed);
        assert_ne!(of(&changed, Decision::Reject, &[DecisionReason::Other]), base, "{name}");
    }
    assert_ne!(of(&case, Decision::Approve, &[DecisionReason::Other]), base);
    assert_ne!(of(&case, Decision::Reject, &[DecisionReason::NoAnswer]), base);
}

#[test]
fn every_hit_needs_a_verdict_before_a_decision() {
    let case = done(&open(vec![hit("1"), hit("2")]), &rita(), Action::Claim);
    let case = done(&case, &rita(), judge("1", Verdict::FalsePositive));
    assert_eq!(act(&case, &rita(), &propose(Decision::Approve)), Err(Refusal::HitsWithoutVerdict));
    assert_eq!(act(&case, &rita(), &judge("3", Verdict::FalsePositive)), Err(Refusal::NoSuchHit));
    let unsure = done(&case, &rita(), judge("2", Verdict::CannotTell));
    assert_eq!(act(&unsure, &rita(), &propose(Decision::Approve)), Err(Refusal::VerdictContradicts));
    // The newest verdict on a hit counts.
    let sure = done(&unsure, &rita(), judge("2", Verdict::FalsePositive));
    assert_eq!(sure.verdicts.len(), 2);
    assert!(act(&sure, &rita(), &propose(Decision::Approve)).is_ok());
}

#[test]
fn decision_needs_supporting_reasons_and_a_rationale() {
    let case = in_state(CaseState::Assigned);
    let with = |reasons: &[DecisionReason], rationale: &str| {
        let (decision, reasons, rationale) = (Decision::Approve, reasons.to_vec(), rationale.to_owned());
        act(&case, &rita(), &Action::Propose { decision, reasons, rationale }).map(|_| ())
    };
    assert_eq!(with(&[], RATIONALE), Err(Refusal::ReasonMissing));
    assert_eq!(with(&[DecisionReason::ListedPerson], RATIONALE), Err(Refusal::ReasonMissing));
    assert_eq!(with(&[DecisionReason::NotTheListedPerson], "Fine.              "), Err(Refusal::TextTooShort));
    assert_eq!(with(&[DecisionReason::Other], &"x".repeat(4_001)), Err(Refusal::TextTooLong));
    assert_eq!(with(&[DecisionReason::Other], RATIONALE), Ok(()));
}

#[test]
fn second_person_is_needed_by_policy() {
    let claimed = |case: &Case| done(case, &rita(), Action::Claim);
    let plain = claimed(&open(vec![]));
    let mut high = plain.clone();
    high.risk_level = RiskLevel::High;
    let listed = in_state(CaseState::Assigned);
    let propose = Action::Propose {
        decision: Decision::Approve,
        reasons: vec![DecisionReason::Other],
        rationale: RATIONALE.into(),
    };
    for (case, policy, expected) in [
        (&plain, FourEyes::WatchlistAndHigh, CaseState::Closed),
        (&high, FourEyes::WatchlistAndHigh, CaseState::Proposed),
        (&listed, FourEyes::WatchlistAndHigh, CaseState::Proposed),
        (&plain, FourEyes::Always, CaseState::Proposed),
        (&listed, FourEyes::Never, CaseState::Closed),
    ] {
        let decided = case.act(&rita(), &propose, policy, at(1)).unwrap();
        assert_eq!(decided.case.state, expected, "{policy:?}");
        assert_eq!(decided.published.is_some(), expected == CaseState::Closed, "{policy:?}");
        let alone = decided.record.kind == "decided_by_one_person";
        assert_eq!(alone, expected == CaseState::Closed, "{policy:?}");
    }
}

#[test]
fn proposal_falls_when_the_evidence_changes() {
    let mut case = in_state(CaseState::Proposed);
    let seen = digest(&case);
    case.renew(evidence(vec![hit("1")], 9), RiskLevel::High, &SlaHours::default(), at(30));
    assert_eq!((case.state, case.assignee.as_deref()), (CaseState::Assigned, Some("rita")));
    assert!(case.proposal.is_none() && case.verdicts.is_empty() && case.new_evidence);
    assert_eq!(case.due_at, at(38));
    assert_eq!(act(&case, &anton(), &Action::Approve { digest: seen }), Err(Refusal::WrongState));
    // Before the rules have decided again, it falls when somebody tries to approve it.
    let mut case = in_state(CaseState::Proposed);
    assert_eq!(case.drop_proposal(at(5)).map(|record| record.kind).as_deref(), Some("proposal_fell"));
    assert_eq!((case.state, case.assignee.as_deref()), (CaseState::Assigned, Some("rita")));
    assert!(case.drop_proposal(at(5)).is_none());
    // An open case stays in the queue.
    let mut case = in_state(CaseState::Open);
    case.renew(evidence(vec![], 9), RiskLevel::Medium, &SlaHours::default(), at(30));
    assert_eq!((case.state, case.assignee.is_none()), (CaseState::Open, true));
}

#[test]
fn time_does_not_run_while_the_applicant_is_asked() {
    let asked = in_state(CaseState::Waiting);
    assert_eq!((asked.waiting_since, asked.due_at), (Some(at(1)), at(8)));
    let later = |action| asked.act(&rita(), &action, FourEyes::default(), at(31)).unwrap().case;
    let resumed = later(Action::Resume);
    assert_eq!((resumed.state, resumed.due_at, resumed.waiting_since), (CaseState::Assigned, at(38), None));
    assert!(asked.rank() > open(vec![]).rank(), "nobody can do anything for it");
    // What is handed in brings it back to its assignee.
    let mut answered = asked.clone();
    answered.renew(evidence(vec![hit("1")], 9), RiskLevel::Medium, &SlaHours::default(), at(31));
    assert_eq!((answered.state, answered.assignee.as_deref()), (CaseState::Assigned, Some("rita")));
    assert!(answered.new_evidence && answered.waiting_since.is_none());
}

#[test]
fn applicant_is_asked_for_each_proof_once() {
    let case = in_state(CaseState::Assigned);
    let ask = |proof| Ask { proof, code: AskCode::TooOld.into() };
    for asks in [vec![], vec![ask(Proof::Address), ask(Proof::Address)]] {
        assert_eq!(act(&case, &rita(), &Action::Ask { asks }), Err(Refusal::ReasonMissing));
    }
    let asks = vec![ask(Proof::Address), ask(Proof::Identity)];
    let asked = act(&case, &rita(), &Action::Ask { asks: asks.clone() }).unwrap();
    assert_eq!(asked.published, Some(Published::Asked(asks)));
}

#[test]
fn decision_of_the_rules_supersedes_an_undecided_case_once() {
    for state in STATES {
        let mut case = in_state(state);
        let record = case.supersede(9, at(5));
        assert_eq!(record.is_some(), state != CaseState::Closed, "{state:?}");
        assert_eq!(case.state, CaseState::Closed);
        if record.is_some() {
            assert_eq!((case.outcome, case.closed_at), (Some(Outcome::Superseded), Some(at(5))));
        }
    }
}

#[test]
fn only_a_rejection_is_reopened() {
    let reopen = Action::Reopen { reason: RATIONALE.into() };
    let rejected = in_state(CaseState::Closed);
    assert_eq!(rejected.outcome, Some(Outcome::ConfirmedMatch));
    let reopened = done(&rejected, &anton(), reopen.clone());
    assert!(reopened.outcome.is_none() && reopened.verdicts.is_empty());
    let mut superseded = in_state(CaseState::Open);
    superseded.supersede(9, at(5)).unwrap();
    assert_eq!(act(&superseded, &anton(), &reopen), Err(Refusal::WrongState));
}

#[test]
fn lane_follows_from_the_strongest_hit_and_the_risk() {
    let same = Hit { date_of_birth: BirthDateAgreement::Same, ..hit("1") };
    let document = Explanation { document_number: Agreement::Equal, ..Explanation::default() };
    let document =
        Hit { explanation: document, date_of_birth: BirthDateAgreement::Unknown, source: "PEP".into(), ..hit("1") };
    let undated = Hit { date_of_birth: BirthDateAgreement::Unknown, ..hit("1") };
    let exposed = Hit { source: "PEP".into(), ..hit("1") };
    let (medium, high) = (RiskLevel::Medium, RiskLevel::High);
    for (hits, risk, priority) in [
        (vec![undated.clone(), same.clone()], medium, Priority::Identical),
        (vec![document], medium, Priority::Identical),
        (vec![hit("1"), undated.clone()], high, Priority::CompatibleDate),
        (vec![undated.clone()], high, Priority::HighRisk),
        (vec![], high, Priority::HighRisk),
        (vec![undated, exposed.clone()], medium, Priority::NameOnly),
        (vec![exposed], medium, Priority::Exposed),
        (vec![], medium, Priority::StaleList),
    ] {
        assert_eq!(evidence(hits.clone(), 4).priority(risk), priority, "{hits:?}");
    }
    let other_check = CaseEvidence::of(&decision(&[CheckType::NameMatch]), Some(&screening(vec![])), 4);
    assert_eq!(other_check.priority(medium), Priority::MediumRisk);
    let without_screening = CaseEvidence::of(&decision(&[CheckType::WatchlistScreening]), None, 4);
    assert_eq!(without_screening.priority(medium), Priority::MediumRisk);
}

#[test]
fn queue_is_ordered_by_lane_then_due_time_then_agreement() {
    let case = |priority, due, points| Case { priority, due_at: at(due), points, ..open(vec![]) };
    let ordered = [
        case(Priority::Identical, 50, 1),
        case(Priority::NameOnly, 10, 90),
        case(Priority::NameOnly, 10, 20),
        case(Priority::NameOnly, 11, 90),
        case(Priority::StaleList, 1, 0),
    ]
    .map(|case| case.rank());
    assert!(ordered.is_sorted(), "{ordered:?}");
}

#[test]
fn hit_of_version_0_1_has_a_key() {
    let old = Hit { entry: 900_101, ..Hit::default() };
    assert_eq!(HitKey::of(&old).name(), "OFAC-SDN/900101");
}

#[test]
fn changed_removed_and_swapped_records_are_found() {
    let id = ApplicationId::new(Uuid::from_u128(7), at(0));
    let (mut case, first) = Case::open(id, evidence(vec![], 4), RiskLevel::Medium, &SlaHours::default(), at(0));
    let mut records = vec![first];
    for action in [Action::Claim, Action::Note { text: "Called.".into() }, Action::Release] {
        let decided = act(&case, &rita(), &action).unwrap();
        case = decided.case;
        records.push(decided.record);
    }
    assert_eq!(case.revision, 4);
    assert_eq!(verify_records(&records), Ok(()));
    let broken = |change: fn(&mut Vec<CaseRecord>)| {
        let mut records = records.clone();
        change(&mut records);
        verify_records(&records)
    };
    assert_eq!(broken(|records| records[2].detail = r#"{"text":"Did not call."}"#.into()), Err(3));
    assert_eq!(broken(|records| records[1].by = Some("anton".into())), Err(2));
    assert_eq!(broken(|records| drop(records.remove(1))), Err(2));
    assert_eq!(broken(|records| records.swap(1, 2)), Err(2));
}

#[test]
fn fields_of_newer_versions_are_kept_and_unknown_states_are_refused() {
    let case = in_state(CaseState::Proposed);
    let mut json = serde_json::to_value(&case).unwrap();
    json["escalated"] = true.into();
    let read: Case = serde_json::from_value(json.clone()).unwrap();
    let released = done(&read, &anton(), Action::Return { note: "No.".into() });
    assert_eq!(serde_json::to_value(&released).unwrap()["escalated"], true);
    json["state"] = "escalated".into();
    assert!(crate::versions::read::<Case>(json.to_string().as_bytes()).is_err_and(|error| error.is_newer()));
}

proptest! {
    /// Whatever people do, the records stay a chain, a refused action changes nothing, and nothing is decided without a
    /// second person where the policy asks for one.
    #[test]
    fn records_stay_a_chain_whatever_people_do(steps in prop::collection::vec((0..12_usize, 0..3_usize), 0..60)) {
        let people = [rita(), anton(), actor("both", &[Role::Reviewer, Role::Approver])];
        let id = ApplicationId::new(Uuid::from_u128(7), at(0));
        let evidence = evidence(vec![hit("1")], 4);
        let (mut case, first) = Case::open(id, evidence, RiskLevel::High, &SlaHours::default(), at(0));
        let mut records = vec![first];
        for (action, person) in steps {
            let (_, action) = actions(&case).remove(action);
            let proposer = case.proposal.as_ref().map(|proposal| proposal.by.clone());
            if let Ok(decided) = act(&case, &people[person], &action) {
                if matches!(decided.published, Some(Published::Decided(_))) {
                    prop_assert!(proposer.is_some_and(|proposer| proposer != people[person].id));
                }
                prop_assert_eq!(decided.case.revision, case.revision + 1);
                case = decided.case;
                records.push(decided.record);
            }
        }
        prop_assert_eq!(verify_records(&records), Ok(()));
        prop_assert_eq!(&case.record_hash, &records.last().unwrap().hash);
    }
}
