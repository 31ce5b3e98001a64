//! Cases: opened by a REVIEW, decided by people, and never seen by the applicant.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::case::{
    Action, Actor, Case, CaseState, Decision, DecisionReason, FourEyes, Outcome, Refusal, ReviewPolicy, Role,
};
use domain::case::{Verdict, VerdictReason};
use domain::document::Proof;
use domain::event::{
    Ask, AskCode, Check, CheckType, Envelope, EventData, EventType, KycStatus, KycVerified, RiskLevel, SCHEMA_VERSION,
    Stage,
};
use domain::watchlist::{BirthDateAgreement, Hit, Screening, ScreeningOutcome};
use jiff::Timestamp;
use jiff::civil::date;
use reqwest::StatusCode;
use server::clock::SystemClock;
use server::commands::{ReviewError, Reviews};
use server::config::Config;
use server::documents::RetentionPolicy;
use server::outbox::Outbox;
use server::store::{CASE, DENIED, Table, VIEWED, verify_chain};
use specimens::Person as Shown;
use uuid::Uuid;

use super::command_line::{both, refused, run};
use super::decisions::{bill, decided, passport};
use super::support::{Behind, Person, TestServer, details, eventually, needs};

const RATIONALE: &str = "Born in another year, in another country.";

fn actor(id: &str, roles: &[Role]) -> Actor {
    Actor { id: id.to_owned(), roles: roles.to_vec() }
}

fn rita() -> Actor {
    actor("rita", &[Role::Reviewer])
}

fn anton() -> Actor {
    actor("anton", &[Role::Approver])
}

/// The commands on cases, in a process without a relay, as on the command line.
fn reviews(behind: &Behind) -> Reviews {
    Reviews {
        store: behind.store(),
        clock: Arc::new(SystemClock),
        outbox: Outbox::without_relay(),
        retention: RetentionPolicy::new(&Config::with("").unwrap().documents),
        policy: ReviewPolicy::default(),
    }
}

fn hit() -> Hit {
    Hit {
        source: "UN".into(),
        id: "QDi.001".into(),
        entry_hash: "ab".into(),
        name: "ZARENKO, Viktor".into(),
        date_of_birth: BirthDateAgreement::Compatible,
        ..Hit::default()
    }
}

/// Commits a decision of the rules on the application, as the identity check does; with it, the hits.
async fn rules_decide(behind: &Behind, person: &Person, status: KycStatus, hits: Vec<Hit>) -> Envelope {
    let store = behind.store();
    let mut application = store.application(&person.application()).await.unwrap().unwrap();
    let check = |check_type| Check {
        check_type,
        passed: status == KycStatus::Approved || check_type != CheckType::WatchlistScreening,
        score: 0.0,
        reason: "A reason.".into(),
    };
    let kyc = KycVerified {
        status,
        risk_level: RiskLevel::Medium,
        checks: CheckType::ALL.map(check).to_vec(),
        list_version: "UN 2026-11-01".into(),
        rules_version: "2026-11.6".into(),
        evidence: Vec::new(),
        reviewed: false,
        asks: Vec::new(),
    };
    application.last_sequence += 1;
    application.kyc = Some(kyc.clone());
    application.rules_decision = Some(application.last_sequence);
    application.had_review |= status == KycStatus::Review;
    application.screening = Some(Screening {
        outcome: if hits.is_empty() { ScreeningOutcome::Clear } else { ScreeningOutcome::Possible { hits } },
        score: 0.9,
        namesakes: Vec::new(),
        list_version: "UN 2026-11-01".into(),
        published: date(2026, 11, 1),
        lists: Vec::new(),
        fresh: None,
        unread_name: false,
    });
    let event = Envelope {
        event_id: Uuid::now_v7(),
        source: Stage::PerformKyc.into(),
        customer_id: person.customer(),
        application_id: person.application(),
        sequence: application.last_sequence,
        schema_version: SCHEMA_VERSION,
        timestamp: Timestamp::now(),
        data: EventData::KycVerified(kyc),
    };
    store.commit(&application, Some(&event), None).await.unwrap();
    event
}

/// The case of the applicant, once it is about the event of this sequence.
async fn case_about(behind: &Behind, person: &Person, sequence: u64) -> Case {
    eventually("the case is about the event", async || {
        let case = behind.store().case(&person.application()).await.unwrap();
        case.filter(|case| case.evidence.based_on == sequence)
    })
    .await
}

/// An applicant whose case has one hit.
async fn in_review(server: &TestServer, behind: &Behind) -> Person {
    let person = Person::known(server.base()).await;
    let event = rules_decide(behind, &person, KycStatus::Review, vec![hit()]).await;
    case_about(behind, &person, event.sequence).await;
    person
}

/// Rita proposes an approval; the digest.
async fn propose(reviews: &Reviews, person: &Person) -> String {
    let id = person.application();
    reviews.act(&id, &rita(), &Action::Claim, None).await.unwrap();
    let case = reviews.store.case(&id).await.unwrap().unwrap();
    for hit in case.evidence.hits.clone() {
        let reasons = vec![VerdictReason::BirthDateDiffers];
        let judge = Action::Judge { hit, verdict: Verdict::FalsePositive, reasons, note: String::new() };
        reviews.act(&id, &rita(), &judge, None).await.unwrap();
    }
    let case = reviews.act(&id, &rita(), &approval(), None).await.unwrap();
    case.proposal.unwrap().digest
}

fn approval() -> Action {
    Action::Propose {
        decision: Decision::Approve,
        reasons: vec![DecisionReason::NotTheListedPerson],
        rationale: RATIONALE.into(),
    }
}

fn refusal(result: Result<Case, ReviewError>) -> Refusal {
    match result {
        Err(ReviewError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// The topics of the customer's audit lines without an event.
async fn audited(behind: &Behind, person: &Person) -> Vec<String> {
    let entries = behind.store().audit_log(person.customer()).await.unwrap();
    assert!(verify_chain(&entries));
    entries.into_iter().filter(|entry| entry.detail.is_some()).map(|entry| entry.topic).collect()
}

/// The whole way: a hit on the sample list, the commands of two members of staff, and the applicant's open page.
#[tokio::test(flavor = "multi_thread")]
async fn decision_of_two_people_continues_the_journey() {
    let server = TestServer::start().await;
    let (behind, environment) = (server.behind().await, server.environment());
    let mut viktor = server.person();
    let mut info = details();
    (info.first_name, info.last_name, info.date_of_birth) = ("Viktor".into(), "Zarenko".into(), "1971-08-12".into());
    viktor.submit(&info).await;
    let shown = Shown {
        given_names: "Viktor".into(),
        family_name: "Zarenko".into(),
        date_of_birth: date(1971, 8, 12),
        sex: 'M',
        ..Shown::ingrid()
    };
    let review = decided(&viktor, &shown).await;
    assert_eq!(review.status, KycStatus::Review);
    viktor.post(&viktor.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    let before = viktor.events().await;
    let mut socket = viktor.socket(before.last().unwrap().sequence).await;

    for member in [["rita", "reviewer"], ["anton", "approver"]] {
        both_once(&environment, &["staff", "add", member[0], "--role", member[1]]).await;
    }
    let id = viktor.application().to_string();
    let (text, json) = eventually("the case is in the queue", async || {
        let (text, json) = both(&environment, &["cases", "list", "--state", "open"]).await;
        (json["undecided"] == 1).then_some((text, json))
    })
    .await;
    assert!(text.contains(&id), "{text}");
    assert_eq!((&json["cases"][0]["priority"], &json["cases"][0]["hits"]), (&1.into(), &1.into()), "{json}");

    let on = [id.as_str(), "--as", "rita"];
    let shown = run(&environment, &[&["cases", "show"], &on[..]].concat()).await.out;
    assert!(shown.contains("Zarenko") && shown.contains("no verdict yet"), "{shown}");
    let hit = shown.lines().find_map(|line| line.strip_prefix("Hit ")?.split(':').next()).unwrap().to_owned();
    both_once(&environment, &[&["cases", "claim"], &on[..]].concat()).await;
    let verdict = ["--hit", &hit, "--verdict", "false_positive", "--reason", "birth_place_differs"];
    both_once(&environment, &[&["cases", "verdict"], &on[..], &verdict].concat()).await;
    let reasons = ["--decision", "approve", "--reason", "not_the_listed_person", "--rationale", RATIONALE];
    let proposed = both_once(&environment, &[&["cases", "propose"], &on[..], &reasons].concat()).await;
    let digest = proposed["digest"].as_str().unwrap();

    let wrong = refused(&environment, &["cases", "approve", &id, "--as", "rita", "--digest", digest]).await;
    assert!(wrong.contains("role_missing"), "{wrong}");
    let closed = both_once(&environment, &["cases", "approve", &id, "--as", "anton", "--digest", digest]).await;
    assert_eq!((&closed["state"], &closed["outcome"]), (&"closed".into(), &"false_positive".into()), "{closed}");

    // The open page gets the decision and the recommendations that follow from it.
    let decision = socket.event().await;
    assert_eq!((decision.event_type(), decision.source == Stage::ReviewKyc), (EventType::KycVerified, true));
    let EventData::KycVerified(approved) = decision.data else { panic!("{decision:?}") };
    assert_eq!(approved, KycVerified { status: KycStatus::Approved, reviewed: true, ..review });
    assert_eq!(socket.event().await.event_type(), EventType::PolicyRecommended);
    let events = serde_json::to_string(&viktor.events().await).unwrap();
    for secret in ["rita", "anton", "hits", RATIONALE, "not_the_listed_person"] {
        assert!(!events.contains(secret), "{secret} in {events}");
    }

    let message = eventually("a message to the applicant", async || server.messages("applicant").pop()).await;
    assert!(message.contains("your identity is confirmed") && message.contains(&id), "{message}");

    // Every action, the look and the refusal are in the audit log, and the records agree with it.
    let topics = audited(&behind, &viktor).await;
    let count = |topic| topics.iter().filter(|found| *found == topic).count();
    assert_eq!((count(CASE), count(VIEWED), count(DENIED)), (4, 1, 1), "{topics:?}");
    let (text, _) = both(&environment, &["check", "--audit"]).await;
    assert!(text.contains("no differences"), "{text}");
    let (text, json) = both(&environment, &["cases", "list"]).await;
    assert!(text.contains("No case waits.") && json["undecided"] == 0, "{text}");
}

/// Runs a command that changes something, once, and returns its JSON.
async fn both_once(environment: &super::command_line::Environment, arguments: &[&str]) -> serde_json::Value {
    let printed = run(environment, &[arguments, &["--json"]].concat()).await;
    assert_eq!(printed.code, Some(0), "{arguments:?}: {}", printed.err);
    serde_json::from_str(&printed.out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_is_opened_once_and_renewed_by_a_later_review() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = Person::known(server.base()).await;
    let first = rules_decide(&behind, &person, KycStatus::Review, vec![hit()]).await;
    let case = case_about(&behind, &person, first.sequence).await;
    assert_eq!((case.revision, case.state), (1, CaseState::Open));
    // A repeated delivery of the event, and a late one after the next, change nothing.
    let reviews = reviews(&behind);
    let EventData::KycVerified(decision) = &first.data else { unreachable!() };
    assert!(reviews.case_of_review(&first, decision).await.unwrap().is_none());
    propose(&reviews, &person).await;
    let second = rules_decide(&behind, &person, KycStatus::Review, vec![]).await;
    let renewed = case_about(&behind, &person, second.sequence).await;
    assert_eq!((renewed.state, renewed.assignee.as_deref()), (CaseState::Assigned, Some("rita")));
    assert!(renewed.new_evidence && renewed.proposal.is_none() && renewed.evidence.hits.is_empty());
    assert!(reviews.case_of_review(&first, decision).await.unwrap().is_none());
    let records = behind.store().case_records(&person.application()).await.unwrap();
    let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds, ["opened", "claimed", "judged", "proposed", "evidence_renewed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_fifty_claims_succeeds() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let reviews = reviews(&behind);
    let claims = (0..50).map(|number| {
        let (reviews, id) = (reviews.clone(), person.application());
        tokio::spawn(async move {
            reviews.act(&id, &actor(&format!("r{number}"), &[Role::Reviewer]), &Action::Claim, None).await
        })
    });
    let mut claimed = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.unwrap() {
            Ok(case) => claimed.push(case.assignee),
            refused => assert_eq!(refusal(refused), Refusal::ClaimedByAnother),
        }
    }
    let stored = behind.store().case(&person.application()).await.unwrap().unwrap();
    assert_eq!(claimed, [stored.assignee]);
}

#[tokio::test(flavor = "multi_thread")]
async fn proposer_does_not_approve_and_a_second_person_decides_once() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let (reviews, id) = (reviews(&behind), person.application());
    let digest = propose(&reviews, &person).await;
    let both = actor("rita", &[Role::Reviewer, Role::Approver]);
    let approve = Action::Approve { digest };
    assert_eq!(refusal(reviews.act(&id, &both, &approve, None).await), Refusal::OwnProposal);
    let other = Action::Return { note: "No.".into() };
    assert_eq!(refusal(reviews.act(&id, &both, &other, None).await), Refusal::OwnProposal);
    let topics = audited(&behind, &person).await;
    assert_eq!(topics.iter().filter(|topic| *topic == DENIED).count(), 2, "{topics:?}");

    let anton = anton();
    let twice = tokio::join!(reviews.act(&id, &anton, &approve, None), reviews.act(&id, &anton, &approve, None));
    let [done, late] = if twice.0.is_ok() { [twice.0, twice.1] } else { [twice.1, twice.0] };
    assert_eq!(done.unwrap().outcome, Some(Outcome::FalsePositive));
    assert_eq!(refusal(late), Refusal::WrongState);
    let by_people = |events: &[Envelope]| events.iter().filter(|event| event.source == Stage::ReviewKyc).count();
    eventually("the decision is published", async || (by_people(&behind.published().await) == 1).then_some(())).await;
    assert_eq!(by_people(&person.events().await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejection_by_a_person_ends_the_application_and_can_be_reopened() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let (reviews, id) = (reviews(&behind), person.application());
    reviews.act(&id, &rita(), &Action::Claim, None).await.unwrap();
    let hit = behind.store().case(&id).await.unwrap().unwrap().evidence.hits[0].clone();
    let judge = Action::Judge { hit, verdict: Verdict::TrueMatch, reasons: vec![], note: String::new() };
    reviews.act(&id, &rita(), &judge, None).await.unwrap();
    let reject = Action::Propose {
        decision: Decision::Reject,
        reasons: vec![DecisionReason::ListedPerson],
        rationale: RATIONALE.into(),
    };
    let digest = reviews.act(&id, &rita(), &reject, None).await.unwrap().proposal.unwrap().digest;
    reviews.act(&id, &anton(), &Action::Approve { digest }, None).await.unwrap();
    let kyc = person.snapshot().await.journey.kyc.unwrap();
    assert_eq!((kyc.status, kyc.reviewed), (KycStatus::Rejected, true));
    assert!(!serde_json::to_string(&person.events().await).unwrap().contains("listed"));
    let late = person.upload("passport", "p.jpg", passport(&Shown::ingrid())).await;
    assert_eq!(late.codes().1, "identity_check_decided");

    let reopen = Action::Reopen { reason: "The publisher removed the entry today.".into() };
    reviews.act(&id, &anton(), &reopen, None).await.unwrap();
    let digest = propose(&reviews, &person).await;
    reviews.act(&id, &anton(), &Action::Approve { digest }, None).await.unwrap();
    assert_eq!(person.snapshot().await.journey.kyc.unwrap().status, KycStatus::Approved);
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_after_a_new_document_is_refused() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let reviews = reviews(&behind);
    let digest = propose(&reviews, &person).await;
    person.upload("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await.is(StatusCode::ACCEPTED);
    let approve = Action::Approve { digest };
    let id = person.application();
    assert_eq!(refusal(reviews.act(&id, &anton(), &approve, None).await), Refusal::EvidenceChanged);
    let case = behind.store().case(&id).await.unwrap().unwrap();
    assert_eq!((case.state, case.proposal, case.assignee.as_deref()), (CaseState::Assigned, None, Some("rita")));
    // A decision by one person is refused too, while the newest documents wait for the rules.
    eventually("the document is read", async || person.snapshot().await.pending.is_empty().then_some(())).await;
    let alone = Reviews { policy: ReviewPolicy { four_eyes: FourEyes::Never, ..reviews.policy }, ..reviews };
    assert_eq!(refusal(alone.act(&id, &rita(), &approval(), None).await), Refusal::EvidenceChanged);
    assert!(person.events().await.iter().all(|event| event.source != Stage::ReviewKyc));
}

/// The page is asked for a document, and what is handed in brings the case back.
#[tokio::test(flavor = "multi_thread")]
async fn applicant_is_asked_for_a_document_and_the_case_comes_back() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let (reviews, id) = (reviews(&behind), person.application());
    let mut socket = person.socket(person.events().await.last().unwrap().sequence).await;
    reviews.act(&id, &rita(), &Action::Claim, None).await.unwrap();
    let asks = vec![Ask { proof: Proof::Address, code: AskCode::TooOld.into() }];
    let asked = reviews.act(&id, &rita(), &Action::Ask { asks: asks.clone() }, None).await.unwrap();
    assert_eq!(asked.state, CaseState::Waiting);
    let event = socket.event().await;
    let EventData::KycVerified(kyc) = &event.data else { panic!("{event:?}") };
    assert_eq!((kyc.status, kyc.reviewed, &kyc.asks), (KycStatus::Review, false, &asks));
    let message = eventually("a message to the applicant", async || server.messages("applicant").pop()).await;
    assert!(message.contains("Proof of address: This document is older than three months."), "{message}");
    // The event neither renews the case nor tells compliance again.
    let topics = eventually("the event is audited", async || {
        let entries = behind.store().audit_log(person.customer()).await.unwrap();
        entries.iter().any(|entry| entry.event_id == event.event_id).then_some(entries)
    })
    .await;
    assert!(verify_chain(&topics));
    assert_eq!(behind.store().case(&id).await.unwrap().unwrap(), asked);
    assert_eq!(server.messages("compliance").len(), 1);

    person.upload("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await.is(StatusCode::ACCEPTED);
    eventually("the document is read", async || person.snapshot().await.pending.is_empty().then_some(())).await;
    assert!(person.snapshot().await.journey.kyc.is_none(), "the rules decide again");
    let again = rules_decide(&behind, &person, KycStatus::Review, vec![hit()]).await;
    let case = case_about(&behind, &person, again.sequence).await;
    assert_eq!((case.state, case.assignee.as_deref()), (CaseState::Assigned, Some("rita")));
    assert!(case.new_evidence && case.waiting_since.is_none());
}

/// A decision and a new document at the same time: one of them comes first, and the other one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn decision_and_new_document_never_both_take_effect() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let reviews = reviews(&behind);
    let (content, anton) = (bill(&Shown::ingrid()), anton());
    let mut decided = 0;
    for _ in 0..20 {
        let person = in_review(&server, &behind).await;
        let digest = propose(&reviews, &person).await;
        let (id, approve) = (person.application(), Action::Approve { digest });
        let (upload, approval) = tokio::join!(
            person.upload("proof_of_address", "bill.pdf", content.clone()),
            reviews.act(&id, &anton, &approve, None)
        );
        let application = behind.store().application(&id).await.unwrap().unwrap();
        if approval.is_ok() {
            decided += 1;
            assert_eq!(upload.codes().1, "identity_check_decided");
            assert!(application.kyc.is_some_and(|kyc| kyc.status == KycStatus::Approved));
        } else {
            assert_eq!(upload.status, StatusCode::ACCEPTED);
            assert_eq!(refusal(approval), Refusal::EvidenceChanged);
        }
        let sequences: Vec<u64> = person.events().await.iter().map(|event| event.sequence).collect();
        assert!(sequences.iter().copied().eq(1..=sequences.len() as u64), "{sequences:?}");
    }
    println!("{decided} of 20 approvals came first");
}

#[tokio::test(flavor = "multi_thread")]
async fn decision_of_the_rules_closes_the_case() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let approved = rules_decide(&behind, &person, KycStatus::Approved, vec![]).await;
    let case = eventually("the case is closed", async || {
        let case = behind.store().case(&person.application()).await.unwrap();
        case.filter(|case| case.state == CaseState::Closed)
    })
    .await;
    assert_eq!(case.outcome, Some(Outcome::Superseded));
    assert!(case.evidence.based_on < approved.sequence);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_that_an_earlier_version_did_not_open_are_opened() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let person = in_review(&server, &behind).await;
    let approved = Person::known(server.base()).await;
    rules_decide(&behind, &approved, KycStatus::Approved, vec![]).await;
    // As version 0.1 left it: no case, and no sequence of the decision.
    let store = behind.store();
    for row in behind.rows(Table::Cases).await {
        let delete = behind.dynamodb.delete_item().table_name(behind.names.name(Table::Cases));
        let delete = delete.key("applicationId", row["applicationId"].clone());
        delete.key("position", row["position"].clone()).send().await.unwrap();
    }
    let mut application = store.application(&person.application()).await.unwrap().unwrap();
    (application.rules_decision, application.had_review) = (None, false);
    store.commit(&application, None, None).await.unwrap();

    let environment = server.environment();
    let opened = both_once(&environment, &["cases", "open-missing"]).await;
    assert_eq!(opened["opened"], serde_json::json!([person.application().to_string()]));
    assert_eq!(both_once(&environment, &["cases", "open-missing"]).await["opened"], serde_json::json!([]));
    let digest = propose(&reviews(&behind), &person).await;
    reviews(&behind).act(&person.application(), &anton(), &Action::Approve { digest }, None).await.unwrap();
    assert_eq!(person.snapshot().await.journey.kyc.unwrap().status, KycStatus::Approved);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_record_is_found() {
    let server = TestServer::start().await;
    let (behind, environment) = (server.behind().await, server.environment());
    let person = in_review(&server, &behind).await;
    let (reviews, id) = (reviews(&behind), person.application());
    reviews.act(&id, &rita(), &Action::Claim, None).await.unwrap();
    reviews.act(&id, &rita(), &Action::Note { text: "Called, no answer.".into() }, None).await.unwrap();
    assert_eq!(run(&environment, &["check", "--audit"]).await.code, Some(0));
    let row = behind.rows(Table::Cases).await.into_iter().find(|row| row["position"].as_n().unwrap() == "3").unwrap();
    let changed = row["record"].as_s().unwrap().replace("no answer", "an answer");
    let update = behind.dynamodb.update_item().table_name(behind.names.name(Table::Cases));
    let update = update.key("applicationId", row["applicationId"].clone()).key("position", row["position"].clone());
    let update = update.update_expression("SET #record = :record").expression_attribute_names("#record", "record");
    update.expression_attribute_values(":record", AttributeValue::S(changed)).send().await.unwrap();
    let found = run(&environment, &["check", "--audit"]).await;
    assert_eq!(found.code, Some(1));
    assert!(found.out.contains("record 3 of the case was changed"), "{}", found.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_have_roles_and_no_default_account() {
    let server = TestServer::start().await;
    let behind = server.behind().await;
    let environment = server.environment();
    let (text, json) = both(&environment, &["staff", "list"]).await;
    assert!(text.contains("no member of staff") && json["staff"] == serde_json::json!([]), "{text}");
    let person = in_review(&server, &behind).await;
    let id = person.application().to_string();
    assert!(
        refused(&environment, &["cases", "claim", &id, "--as", "admin"]).await.contains("no member of staff admin")
    );
    assert!(refused(&environment, &["staff", "add", "otto"]).await.contains("at least one --role"));
    let both_roles = ["--role", "operator", "--role", "approver"];
    let combined = refused(&environment, &[&["staff", "add", "otto"][..], &both_roles].concat()).await;
    assert!(combined.contains("operator and approver"), "{combined}");
    both_once(&environment, &["staff", "add", "otto", "--role", "operator"]).await;
    assert!(refused(&environment, &["staff", "add", "otto", "--role", "auditor"]).await.contains("is taken"));
    for denied in [&["cases", "claim", &id, "--as", "otto"][..], &["cases", "show", &id, "--as", "otto"]] {
        assert!(refused(&environment, denied).await.contains("role_missing"));
    }
    both_once(&environment, &["staff", "roles", "otto", "--role", "reviewer"]).await;
    both_once(&environment, &["cases", "claim", &id, "--as", "otto", "--revision", "1"]).await;
    let stale = refused(&environment, &["cases", "release", &id, "--as", "otto", "--revision", "1"]).await;
    assert!(stale.contains("revision_changed"), "{stale}");
    both_once(&environment, &["staff", "roles", "otto"]).await;
    assert!(refused(&environment, &["cases", "release", &id, "--as", "otto"]).await.contains("role_missing"));
    assert_eq!(run(&environment, &["staff", "add", "a b", "--role", "reviewer"]).await.code, Some(2));
    assert_eq!(run(&environment, &["staff", "add", "ab", "--role", "admin"]).await.code, Some(2));
}
