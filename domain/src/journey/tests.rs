#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::document::{DocumentKind, Field, FieldName, FieldSource};
use crate::event::{
    AiProvider, ApplicationId, DOCUMENT_UNREADABLE, DocumentsProcessed, Premium, RiskLevel, SCHEMA_VERSION,
};

use Tile::*;
use TileState::*;

fn event(sequence: u64, source: Stage, data: EventData) -> Envelope {
    let second = i64::try_from(sequence).unwrap();
    let timestamp = jiff::Timestamp::from_second(1_772_355_600 + second).unwrap();
    Envelope {
        event_id: Uuid::from_u128(sequence.into()),
        source: source.into(),
        customer_id: Uuid::nil(),
        application_id: ApplicationId::new(Uuid::nil(), timestamp),
        sequence,
        schema_version: SCHEMA_VERSION,
        timestamp,
        data,
    }
}

fn read(kind: DocumentKind, confidence: f64) -> Document {
    let fields = kind.required_fields().iter();
    let fields = fields.map(|name| (*name, Field::read("x", confidence, FieldSource::PrintedZone)));
    Document::new(Uuid::nil(), "scan.jpg".into(), kind, fields.collect())
}

fn user_info() -> EventData {
    EventData::UserInfoSubmitted(UserInfo { first_name: "Ingrid".into(), ..UserInfo::default() })
}

fn documents(documents: Vec<Document>) -> EventData {
    EventData::DocumentsProcessed(DocumentsProcessed {
        documents,
        ai_provider: AiProvider::Custom.into(),
        processing_time: 1,
    })
}

fn both() -> EventData {
    documents(vec![read(DocumentKind::Passport, 0.9), read(DocumentKind::ProofOfAddress, 0.9)])
}

fn kyc(status: KycStatus) -> EventData {
    EventData::KycVerified(KycVerified {
        status,
        risk_level: RiskLevel::Low,
        checks: Vec::new(),
        list_version: String::new(),
        rules_version: String::new(),
        evidence: vec![],
        reviewed: false,
        asks: Vec::new(),
    })
}

fn completed() -> EventData {
    let premium = Premium { monthly_cents: 100, currency: "EUR".into() };
    EventData::WorkflowCompleted(WorkflowCompleted { selected_policy_id: "a".into(), premium })
}

fn failure(stage: Stage, code: &str, refused: bool) -> EventData {
    EventData::WorkflowError(WorkflowError {
        stage,
        code: code.into(),
        message: "It did not work.".into(),
        retryable: true,
        refused,
        fields: Vec::new(),
        caused_by: None,
    })
}

fn recommended() -> EventData {
    EventData::PolicyRecommended(PolicyRecommended::default())
}

/// Events with the source that a command gives them, numbered from 1.
fn story(data: Vec<EventData>) -> Vec<Envelope> {
    (1..).zip(data).map(|(sequence, data)| event(sequence, Stage::ProcessDocuments, data)).collect()
}

fn states(data: Vec<EventData>) -> [TileState; 5] {
    let journey = Journey::fold(&story(data));
    Tile::ALL.map(|tile| journey.tile(tile))
}

#[test]
fn journey_advances_tile_by_tile() {
    let all = [user_info(), both(), kyc(KycStatus::Approved), recommended(), completed()];
    let wanted = [
        [Ready, Locked, Locked, Locked, Locked],
        [Done, Ready, Locked, Locked, Locked],
        [Done, Done, Working, Ready, Locked],
        [Done, Done, Done, Ready, Locked],
        [Done, Done, Done, Done, Ready],
        [Done, Done, Done, Done, Done],
    ];
    for (count, wanted) in wanted.into_iter().enumerate() {
        assert_eq!(states(all[..count].to_vec()), wanted, "after {count} events");
    }
}

#[test]
fn documents_tile_is_done_with_both_proofs_confirmed() {
    let tile = |documents_read| states(vec![user_info(), documents(documents_read)])[1];
    assert_eq!(tile(vec![]), Ready);
    assert_eq!(tile(vec![read(DocumentKind::Passport, 0.9)]), Ready);
    assert_eq!(tile(vec![read(DocumentKind::ProofOfAddress, 0.9)]), Ready);
    assert_eq!(tile(vec![read(DocumentKind::Passport, 0.79)]), NeedsAttention);
    let doubtful = vec![read(DocumentKind::Passport, 0.9), read(DocumentKind::ProofOfAddress, 0.79)];
    assert_eq!(tile(doubtful), NeedsAttention);
    for kind in [DocumentKind::Passport, DocumentKind::IdentityCard, DocumentKind::DrivingLicence] {
        assert_eq!(tile(vec![read(DocumentKind::ProofOfAddress, 0.8), read(kind, 0.8)]), Done);
    }
}

#[test]
fn confirmed_fields_complete_the_documents_tile() {
    let mut bill = read(DocumentKind::ProofOfAddress, 0.5);
    for name in [FieldName::FullName, FieldName::Address, FieldName::IssueDate] {
        assert!(!documents_complete(&[read(DocumentKind::Passport, 0.9), bill.clone()]));
        bill.confirm(name, "x");
    }
    assert!(documents_complete(&[read(DocumentKind::Passport, 0.9), bill]));
}

#[test]
fn only_a_rejection_locks_the_cover_tile() {
    let after = |status| states(vec![user_info(), both(), kyc(status)]);
    assert_eq!(after(KycStatus::Review), [Done, Done, NeedsAttention, Ready, Locked]);
    assert_eq!(after(KycStatus::Rejected), [Done, Done, NeedsAttention, Locked, Locked]);
}

#[test]
fn reviewer_decision_replaces_the_first() {
    let events = vec![user_info(), both(), kyc(KycStatus::Review), kyc(KycStatus::Approved)];
    assert_eq!(states(events)[2], Done);
}

#[test]
fn new_documents_clear_a_decision_unless_approved() {
    let after = |status| Journey::fold(&story(vec![user_info(), both(), kyc(status), both()])).kyc.is_some();
    assert!(!after(KycStatus::Review));
    assert!(!after(KycStatus::Rejected));
    assert!(after(KycStatus::Approved));
}

#[test]
fn failure_is_shown_until_its_step_succeeds() {
    let steps = [
        (Stage::SubmitUserInfo, vec![], user_info(), AboutYou),
        (Stage::ProcessDocuments, vec![user_info()], both(), Documents),
        (Stage::ConfirmFields, vec![user_info()], both(), Documents),
        (Stage::PerformKyc, vec![user_info(), both()], kyc(KycStatus::Approved), IdentityCheck),
        (Stage::GenerateRecommendations, vec![user_info(), both()], recommended(), YourCover),
        (Stage::SubmitPolicySelection, vec![user_info(), both(), recommended()], completed(), Confirm),
    ];
    for (stage, mut events, success, tile) in steps {
        events.push(failure(stage, "provider_down", false));
        let failed = Journey::fold(&story(events.clone()));
        assert_eq!(failed.tile(tile), NeedsAttention, "{stage:?}");
        assert_eq!(failed.problem(tile).map(|error| error.stage), Some(stage));
        assert!(Tile::ALL.into_iter().filter(|other| *other != tile).all(|other| failed.problem(other).is_none()));
        events.push(success);
        let healed = Journey::fold(&story(events));
        assert_eq!((healed.tile(tile), healed.problem(tile)), (Done, None), "{stage:?}");
    }
}

#[test]
fn newest_failure_of_a_tile_is_shown() {
    let fail = |code| failure(Stage::ProcessDocuments, code, false);
    let journey = Journey::fold(&story(vec![user_info(), fail("first"), fail("second")]));
    assert_eq!(journey.problems.len(), 1);
    assert_eq!(journey.problem(Documents).unwrap().code, "second");
}

#[test]
fn refused_form_adds_no_problem_and_unreadable_photo_does() {
    let form = Journey::fold(&story(vec![user_info(), failure(Stage::ConfirmFields, "validation_failed", true)]));
    assert_eq!((form.problems.len(), form.history.len(), form.last_sequence), (0, 1, 2));
    let photo = Journey::fold(&story(vec![user_info(), failure(Stage::ProcessDocuments, DOCUMENT_UNREADABLE, true)]));
    assert_eq!((photo.tile(Documents), photo.history.len()), (NeedsAttention, 2));
}

#[test]
fn consumer_failure_belongs_to_no_tile() {
    let journey = Journey::fold(&story(vec![user_info(), failure(Stage::ConsumeEvent, "parked", false)]));
    assert!(journey.problems.is_empty());
    assert_eq!(Tile::ALL.map(|tile| journey.tile(tile)), [Done, Ready, Locked, Locked, Locked]);
}

#[test]
fn history_lists_events_with_their_time() {
    let journey = Journey::fold(&[
        event(1, Stage::SubmitUserInfo, user_info()),
        event(2, Stage::ProcessDocuments, both()),
        event(3, Stage::ConfirmFields, both()),
    ]);
    let lines: Vec<_> = journey.history.iter().map(|line| (line.at.as_str(), line.text.as_str())).collect();
    assert_eq!(
        lines,
        [
            ("2026-03-01T09:00:01Z", "Your details were saved."),
            ("2026-03-01T09:00:02Z", "A document was read."),
            ("2026-03-01T09:00:03Z", "Your corrections were saved."),
        ]
    );
}

#[test]
fn current_document_is_found_by_its_proof() {
    let journey = Journey::fold(&story(vec![user_info(), both()]));
    assert_eq!(journey.document(Proof::Identity).unwrap().kind, DocumentKind::Passport);
    assert_eq!(journey.document(Proof::Address).unwrap().kind, DocumentKind::ProofOfAddress);
    assert_eq!(Journey::default().document(Proof::Identity), None);
}

#[test]
fn tiles_are_numbered_in_reading_order() {
    assert_eq!(Tile::ALL.map(Tile::number), [1, 2, 3, 4, 5]);
}

fn any_data() -> impl Strategy<Value = EventData> {
    let stages = [
        Stage::SubmitUserInfo,
        Stage::ProcessDocuments,
        Stage::ConfirmFields,
        Stage::PerformKyc,
        Stage::GenerateRecommendations,
        Stage::SubmitPolicySelection,
        Stage::ConsumeEvent,
    ];
    let kinds = prop::collection::vec((prop::sample::select(DocumentKind::ALL.to_vec()), 0.0f64..=1.0), 0..3);
    prop_oneof![
        Just(user_info()),
        kinds.prop_map(|kinds| documents(kinds.into_iter().map(|(kind, confidence)| read(kind, confidence)).collect())),
        prop::sample::select(vec![KycStatus::Approved, KycStatus::Review, KycStatus::Rejected]).prop_map(kyc),
        Just(recommended()),
        Just(completed()),
        (prop::sample::select(stages.to_vec()), any::<bool>(), any::<bool>()).prop_map(
            |(stage, refused, unreadable)| {
                failure(stage, if unreadable { DOCUMENT_UNREADABLE } else { "other" }, refused)
            }
        ),
    ]
}

proptest! {
    #[test]
    fn repeated_event_changes_nothing(
        data in prop::collection::vec(any_data(), 1..12),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let events = story(data);
        let once = Journey::fold(&events);
        // Repeats the earlier events after every event.
        let mut journey = Journey::default();
        for (at, event) in events.iter().enumerate() {
            journey.apply(event);
            for index in &again {
                journey.apply(&events[index.index(at + 1)]);
            }
        }
        prop_assert_eq!(&journey, &once);
        prop_assert_eq!(once.last_sequence, u64::try_from(events.len()).unwrap());
    }

    #[test]
    fn snapshot_plus_later_events_equals_full_fold(
        data in prop::collection::vec(any_data(), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let events = story(data);
        let (before, after) = events.split_at(cut.index(events.len() + 1));
        let snapshot = serde_json::to_string(&Journey::fold(before)).unwrap();
        let mut journey: Journey = serde_json::from_str(&snapshot).unwrap();
        for event in after {
            journey.apply(event);
        }
        prop_assert_eq!(journey, Journey::fold(&events));
    }

    #[test]
    fn every_folded_state_is_consistent(data in prop::collection::vec(any_data(), 0..12)) {
        let journey = Journey::fold(&story(data));
        let mut tiles: Vec<_> = journey.problems.iter().map(|problem| problem.tile).collect();
        tiles.sort();
        tiles.dedup();
        prop_assert_eq!(tiles.len(), journey.problems.len());
        prop_assert!(journey.problems.iter().all(|problem| !problem.error.is_in_response()));
        prop_assert_ne!(journey.tile(AboutYou), Locked);
        let approved = journey.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Approved);
        prop_assert_eq!(journey.tile(IdentityCheck) == Done, approved);
        prop_assert_eq!(journey.tile(Confirm) == Done, journey.completed.is_some());
        // A locked tile waits for an unfinished tile before it.
        for (at, tile) in Tile::ALL.into_iter().enumerate() {
            if journey.tile(tile) == Locked {
                prop_assert!(Tile::ALL[..at].iter().any(|before| journey.tile(*before) != Done), "{:?}", tile);
            }
        }
    }
}
