use std::collections::BTreeMap;

use domain::document::{Document, DocumentKind, Field, FieldSource};
use domain::event::{KycVerified, PolicyRecommended, RiskLevel, UserInfo};
use uuid::Uuid;

use super::*;

fn document(kind: DocumentKind, confidence: f64) -> Document {
    let fields: BTreeMap<_, _> = kind
        .required_fields()
        .iter()
        .map(|name| (*name, Field::read("1987-03-14", confidence, FieldSource::PrintedZone)))
        .collect();
    Document::new(Uuid::nil(), "scan.jpg".into(), kind, fields)
}

fn known() -> Journey {
    let info = UserInfo {
        first_name: "Ingrid".into(),
        last_name: "Brandvold".into(),
        date_of_birth: "1987-03-14".into(),
        ..UserInfo::default()
    };
    Journey { user_info: Some(info), ..Journey::default() }
}

fn documented() -> Journey {
    let documents = vec![document(DocumentKind::Passport, 0.99), document(DocumentKind::ProofOfAddress, 0.99)];
    Journey { documents, ..known() }
}

fn decided(status: KycStatus) -> Journey {
    let kyc = KycVerified {
        status,
        risk_level: RiskLevel::Low,
        checks: vec![],
        list_version: "v".into(),
        rules_version: "v".into(),
        evidence: vec![],
        reviewed: false,
        asks: Vec::new(),
    };
    Journey { kyc: Some(kyc), ..documented() }
}

const SESSION: LocalState = LocalState {
    session: true,
    reading_identity: false,
    reading_address: false,
    needs_answered: false,
    policy_chosen: false,
};

fn opened(journey: &Journey, local: &LocalState) -> Vec<u8> {
    Tile::ALL.into_iter().filter(|tile| open(journey, local, *tile)).map(Tile::number).collect()
}

#[test]
fn new_visitor_sees_the_first_form_and_the_next_steps() {
    let (journey, local) = (Journey::default(), LocalState::default());
    assert_eq!(opened(&journey, &local), [1]);
    assert_eq!(current(&journey, &local), Some(Tile::AboutYou));
    assert_eq!(line(&journey, &local, Tile::IdentityCheck), "Starts by itself when your documents are complete");
}

#[test]
fn submitted_details_are_working_until_their_event_arrives() {
    assert_eq!(state(&Journey::default(), &SESSION, Tile::AboutYou), TileState::Working);
    assert_eq!(state(&known(), &SESSION, Tile::AboutYou), TileState::Done);
    assert_eq!(line(&known(), &SESSION, Tile::AboutYou), "Ingrid Brandvold, born 14 March 1987");
}

#[test]
fn documents_are_working_only_when_the_applicant_has_nothing_to_do() {
    let one = LocalState { reading_identity: true, ..SESSION };
    let both = LocalState { reading_address: true, ..one };
    assert_eq!(state(&known(), &one, Tile::Documents), TileState::Ready);
    assert_eq!(state(&known(), &both, Tile::Documents), TileState::Working);
    let doubtful = Journey { documents: vec![document(DocumentKind::Passport, 0.5)], ..known() };
    let rest = LocalState { reading_address: true, ..SESSION };
    assert_eq!(state(&doubtful, &rest, Tile::Documents), TileState::NeedsAttention);
    assert_eq!(line(&doubtful, &rest, Tile::Documents), "5 fields to check");
    // A replacement for a good document is being read.
    assert_eq!(state(&documented(), &one, Tile::Documents), TileState::Working);
}

#[test]
fn questionnaire_is_open_during_the_identity_check() {
    assert_eq!(opened(&documented(), &SESSION), [3, 4]);
    assert_eq!(current(&documented(), &SESSION), Some(Tile::YourCover));
    let answered = LocalState { needs_answered: true, ..SESSION };
    assert_eq!(current(&documented(), &answered), Some(Tile::IdentityCheck));
    assert_eq!(state(&documented(), &answered, Tile::YourCover), TileState::Working);
    let review = decided(KycStatus::Review);
    assert_eq!(opened(&review, &SESSION), [3, 4]);
    assert_eq!(current(&review, &SESSION), Some(Tile::YourCover));
    assert_eq!(state_text(&review, Tile::IdentityCheck, TileState::NeedsAttention), "With a colleague");
}

#[test]
fn passed_checks_stay_open_until_there_are_policies() {
    let approved = decided(KycStatus::Approved);
    assert_eq!(opened(&approved, &SESSION), [3, 4]);
    assert_eq!(current(&approved, &SESSION), Some(Tile::YourCover));
    let answered = LocalState { needs_answered: true, ..SESSION };
    assert_eq!(current(&approved, &answered), Some(Tile::YourCover));
    assert_eq!(outcome(&approved, Tile::IdentityCheck), Some(KycStatus::Approved));
    assert_eq!(outcome(&approved, Tile::YourCover), None);
}

#[test]
fn rejected_applicant_is_asked_nothing_more() {
    let journey = decided(KycStatus::Rejected);
    assert_eq!(opened(&journey, &SESSION), [3]);
    assert_eq!(line(&journey, &SESSION, Tile::IdentityCheck), "We could not confirm your identity");
}

#[test]
fn policies_stay_open_until_one_is_selected() {
    let journey = Journey { recommended: Some(PolicyRecommended::default()), ..decided(KycStatus::Approved) };
    assert_eq!(opened(&journey, &SESSION), [4, 5]);
    assert_eq!(current(&journey, &SESSION), Some(Tile::YourCover));
    let chosen = LocalState { policy_chosen: true, ..SESSION };
    assert_eq!(current(&journey, &chosen), Some(Tile::Confirm));
    assert_eq!(line(&journey, &SESSION, Tile::YourCover), "0 policies found for you");
    assert_eq!(line(&journey, &SESSION, Tile::Documents), "Passport and proof of address received and read");
}

#[test]
fn outdated_letter_is_reported_until_the_check_is_passed() {
    use domain::document::FieldName;
    use domain::journey::HistoryLine;
    let mut journey = documented();
    for document in &mut journey.documents {
        document.extracted_fields.remove(&FieldName::ExpiryDate);
        let issued = Field::read("2025-10-02", 0.99, FieldSource::PrintedZone);
        document.extracted_fields.insert(FieldName::IssueDate, issued);
    }
    let expiry = Field::read("2030-01-01", 0.99, FieldSource::PrintedZone);
    journey.documents[0].extracted_fields.insert(FieldName::ExpiryDate, expiry);
    journey.history = vec![HistoryLine { at: "2025-12-24T10:00:00Z".into(), text: "A document was read.".into() }];
    assert_eq!(opened(&journey, &SESSION), [3, 4], "it is recent");
    journey.history[0].at = "2026-03-01T10:00:00Z".into();
    assert_eq!(opened(&journey, &SESSION), [2, 3, 4]);
    let summary = line(&journey, &SESSION, Tile::Documents);
    assert_eq!(summary, "Your proof of address is dated 2 October 2025: a newer one would help");
    journey.kyc = decided(KycStatus::Approved).kyc;
    assert!(line(&journey, &SESSION, Tile::Documents).ends_with("received and read"));
}

#[test]
fn rules_before_events_agree_with_the_rules_for_every_journey() {
    let (all, before) = (Rules::all(), Rules::before_events());
    let journey = Journey::default();
    for session in [false, true] {
        let local = LocalState { session, ..LocalState::default() };
        assert_eq!((before.current)(&journey, &local), (all.current)(&journey, &local));
        for tile in Tile::ALL {
            assert_eq!((before.state)(&journey, &local, tile), (all.state)(&journey, &local, tile), "{tile:?}");
            assert_eq!((before.open)(&journey, &local, tile), (all.open)(&journey, &local, tile), "{tile:?}");
            assert_eq!((before.line)(&journey, &local, tile), (all.line)(&journey, &local, tile), "{tile:?}");
        }
    }
}
