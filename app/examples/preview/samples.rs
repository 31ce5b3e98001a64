//! Sample states of the journey, for previews and tests. The people in them do not exist.

#[path = "documents.rs"]
mod documents;

use std::collections::BTreeMap;

use domain::api::{OutboxMessage, PendingDocument, Snapshot};
use domain::document::{Document, DocumentKind, Field, FieldName, FieldSource, Proof};
use domain::event::{
    ApplicationId, Ask, AskCode, Check, CheckType, KycStatus, KycVerified, PolicyRecommended, RiskLevel, Stage,
    WorkflowCompleted, WorkflowError,
};
use domain::journey::{HistoryLine, Journey, Tile, TileProblem};
use domain::needs::{Employment, Home, Interest, Needs, Vehicle};
use domain::policy::{Catalogue, RatedPerson, ValidNeeds, recommend};
use jiff::Timestamp;
use uuid::Uuid;

/// States of the journey, in its order; the last one is complete.
pub fn journeys() -> Vec<(&'static str, Option<Snapshot>)> {
    let known = Journey { user_info: Some(domain::samples::ingrid()), ..Journey::default() };
    let unclear = Journey { documents: vec![passport(0.62)], ..known.clone() };
    let unreadable = WorkflowError {
        stage: Stage::ProcessDocuments,
        code: domain::event::DOCUMENT_UNREADABLE.into(),
        message:
            "We could not read your proof of identity. The picture is too dark to read. Please take a new picture \
             of your passport's photo page by daylight or under a bright lamp, without a flash. You can send two \
             more photos; after that we go on all the same: you type what we could not read, and a colleague \
             looks at it."
                .into(),
        retryable: true,
        refused: true,
        fields: vec![],
        caused_by: None,
    };
    let troubled =
        Journey { problems: vec![TileProblem { tile: Tile::Documents, error: unreadable.clone() }], ..known.clone() };
    let documented = Journey { documents: vec![passport(0.99), letter()], ..known.clone() };
    let broken_off = WorkflowError {
        stage: Stage::PerformKyc,
        code: "unavailable".into(),
        message: "The check could not be finished: a list that we must look at was not to be had. Nothing is decided."
            .into(),
        refused: false,
        ..unreadable
    };
    let stuck =
        Journey { problems: vec![TileProblem { tile: Tile::IdentityCheck, error: broken_off }], ..documented.clone() };
    let approved = decided(&documented, KycStatus::Approved);
    let recommended = Journey { recommended: Some(policies()), ..approved.clone() };
    let first = recommended.recommended.as_ref().and_then(|data| data.recommendations.first().cloned()).unwrap();
    let completed = Journey {
        completed: Some(WorkflowCompleted { selected_policy_id: first.policy_id, premium: first.premium }),
        ..recommended.clone()
    };
    let of_documents =
        documents::states(&known).into_iter().map(|(name, journey)| (name, snapshot(journey, &[], false)));
    let mut all = vec![
        ("00-new", None),
        ("01-saving", snapshot(Journey::default(), &[], false)),
        ("02-documents", snapshot(known.clone(), &[], false)),
        ("03-reading", snapshot(known, &[DocumentKind::Passport], false)),
        ("04-to-confirm", snapshot(unclear, &[DocumentKind::ProofOfAddress], false)),
        ("05-unreadable", snapshot(troubled, &[], false)),
        ("06-checking", snapshot(documented.clone(), &[], false)),
        ("07-stuck", snapshot(stuck, &[], true)),
        ("08-review", snapshot(decided(&documented, KycStatus::Review), &[], true)),
        ("09-rejected", snapshot(decided(&documented, KycStatus::Rejected), &[], true)),
        ("10-approved", snapshot(approved, &[], false)),
        ("11-policies", snapshot(recommended, &[], true)),
    ];
    all.extend(of_documents);
    all.extend(by_a_person(&documented));
    all.push(("12-completed", snapshot(completed, &[], true)));
    all
}

fn snapshot(journey: Journey, pending: &[DocumentKind], answered: bool) -> Option<Snapshot> {
    let customer_id = Uuid::from_u128(0x018f_0000_7000_8000_0000_0000_0000_0001);
    let pending = pending
        .iter()
        .map(|kind| PendingDocument {
            document_id: Uuid::from_u128(9),
            kind: *kind,
            file_name: "IMG_20260301_093012.jpg".into(),
        })
        .collect();
    let line = |at: &str, text: &str| HistoryLine { at: at.into(), text: text.into() };
    let history = vec![
        line("2026-03-01T09:30:00Z", "Your details were saved."),
        line("2026-03-01T09:31:12Z", "A document was read."),
    ];
    Some(Snapshot {
        customer_id,
        application_id: ApplicationId::new(customer_id, Timestamp::from_second(1_772_357_400).unwrap()),
        journey: Journey { history, ..journey },
        pending,
        needs: answered.then(needs),
        phone_until: None,
        documents_deleted_at: None,
    })
}

fn passport(worst: f64) -> Document {
    let mrz = |value: &str| Field::read(value, 0.99, FieldSource::Mrz);
    let mut fields = BTreeMap::from([
        (FieldName::GivenNames, mrz("Ingrid")),
        (FieldName::FamilyName, mrz("Brandvold")),
        (FieldName::DateOfBirth, mrz("1987-03-14")),
        (FieldName::DocumentNumber, mrz("FHC002549")),
        (FieldName::ExpiryDate, Field::read("2031-02-01", worst, FieldSource::PrintedZone)),
        (FieldName::Nationality, mrz("NOR")),
        (FieldName::Sex, mrz("F")),
        (FieldName::IssuingCountry, mrz("NOR")),
        (
            FieldName::Mrz,
            mrz("P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nFHC0025494NOR8703144F3102016<<<<<<<<<<<<<<02"),
        ),
    ]);
    if worst < 0.8 {
        fields.remove(&FieldName::DocumentNumber);
    }
    Document::new(Uuid::from_u128(1), "passport.jpg".into(), DocumentKind::Passport, fields)
}

fn letter() -> Document {
    let text = |value: &str| Field::read(value, 1.0, FieldSource::TextLayer);
    let fields = BTreeMap::from([
        (FieldName::FullName, text("Ingrid Brandvold")),
        (FieldName::Address, text("Storgata 14, 0184 Oslo")),
        (FieldName::IssueDate, text("2026-02-11")),
        (FieldName::Issuer, text("Hafslund Strøm AS")),
    ]);
    Document::new(Uuid::from_u128(2), "electricity-february.pdf".into(), DocumentKind::ProofOfAddress, fields)
}

/// What a person decides or asks for.
fn by_a_person(documented: &Journey) -> [(&'static str, Option<Snapshot>); 3] {
    let with = |status, asks: Vec<Ask>| {
        let mut journey = decided(documented, KycStatus::Review);
        let kyc = journey.kyc.as_mut().unwrap();
        (kyc.status, kyc.reviewed, kyc.asks) = (status, asks.is_empty(), asks);
        snapshot(journey, &[], true)
    };
    let ask = Ask { proof: Proof::Address, code: AskCode::TooOld.into() };
    [
        ("30-asked", with(KycStatus::Review, vec![ask])),
        ("31-rejected-by-a-person", with(KycStatus::Rejected, vec![])),
        ("32-approved-by-a-person", with(KycStatus::Approved, vec![])),
    ]
}

fn decided(documented: &Journey, status: KycStatus) -> Journey {
    let checks = CheckType::ALL
        .into_iter()
        .map(|check_type| {
            let passed = status == KycStatus::Approved || check_type != CheckType::DocumentValidity;
            let reason = match (check_type, passed) {
                (_, false) if status == KycStatus::Rejected => "The document expired on 1 February 2024.",
                (_, false) => "The coded lines and the printed page do not agree on the expiry date.",
                (CheckType::AgeVerification, _) => "You are 38 years old, and both dates of birth agree.",
                (CheckType::NameMatch, _) => "The name you typed is the name on your passport.",
                (CheckType::WatchlistScreening, _) => "Your name is on no sanctions list.",
                (CheckType::DocumentValidity, _) => {
                    "All check digits are right, and it is valid until 1 February 2031."
                }
                (CheckType::AddressVerification, _) => "Your address agrees with your proof of address.",
            };
            Check { check_type, passed, score: f64::from(u8::from(passed)), reason: reason.into() }
        })
        .collect();
    let kyc = KycVerified {
        status,
        risk_level: RiskLevel::Low,
        checks,
        list_version: "un 2026-02-27".into(),
        rules_version: "1".into(),
        evidence: vec![],
        reviewed: false,
        asks: Vec::new(),
    };
    Journey { kyc: Some(kyc), ..documented.clone() }
}

fn needs() -> Needs {
    Needs {
        interests: vec![Interest::Life, Interest::Home, Interest::Travel, Interest::Liability],
        dependants: 2,
        employment: Employment::SelfEmployed,
        home: Home::Tenant,
        vehicle: Vehicle::None,
        trips_per_year: 3,
        pets: 0,
        smoker: false,
        monthly_budget_cents: 8_000,
    }
}

fn policies() -> PolicyRecommended {
    let today = jiff::civil::date(2026, 3, 1);
    let person = RatedPerson { date_of_birth: jiff::civil::date(1987, 3, 14), country: "NO".into() };
    recommend(Catalogue::builtin(), &ValidNeeds::parse(&needs()).unwrap(), &person, today)
}

/// Messages of the local notifier.
pub fn messages() -> Vec<OutboxMessage> {
    vec![
        OutboxMessage {
            event_id: Uuid::from_u128(2),
            at: "2026-03-01T09:41:00Z".into(),
            audience: "applicant".into(),
            to: Some("ingrid@example.org".into()),
            subject: "Thank you for your application".into(),
            body: "Dear Ingrid Brandvold,\n\nyou chose Home Plus.\n\nYour OnboardAI".into(),
        },
        OutboxMessage {
            event_id: Uuid::from_u128(1),
            at: "2026-03-01T09:35:00Z".into(),
            audience: "compliance".into(),
            to: None,
            subject: "An application needs review".into(),
            body: "APP-018f0000-7000-8000-0000-000000000001-1772357400\nDOCUMENT_VALIDITY".into(),
        },
    ]
}
