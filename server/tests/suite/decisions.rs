//! Whole journeys through the API, with specimens that the real reader reads.

use domain::api::Snapshot;
use domain::document::DocumentKind;
use domain::event::{CheckType, EventType, KycStatus, KycVerified, PolicyRecommended, WorkflowCompleted};
use domain::journey::{Tile, TileState};
use jiff::civil::Date;
use jiff::{ToSpan, Zoned};
use reqwest::StatusCode;
use serde_json::json;
use specimens::{Bill, CaptureQuality, Person as Shown, Theme};

use super::support::{Person, TestServer, details, eventually, needs};

fn today() -> Date {
    Zoned::now().date()
}

pub fn passport(shown: &Shown) -> Vec<u8> {
    specimens::jpeg(&specimens::draw_passport(shown, &Theme::new(CaptureQuality::Light, 7)).unwrap(), 90).unwrap()
}

/// A bill as a text PDF, which is read fast.
pub fn bill(shown: &Shown) -> Vec<u8> {
    specimens::text_pdf(shown, &Bill::issued(today() - 20.days()))
}

/// Uploads a passport and a bill, confirms doubtful fields as read, and waits for the decision.
pub async fn decided(person: &Person, shown: &Shown) -> KycVerified {
    person.hand_in("passport", "passport.jpg", passport(shown)).await;
    person.hand_in("proof_of_address", "bill.pdf", bill(shown)).await;
    person.confirm_doubtful(&[]).await;
    eventually("the identity check is decided", async || person.snapshot().await.journey.kyc).await
}

fn failed(kyc: &KycVerified) -> Vec<CheckType> {
    kyc.checks.iter().filter(|check| !check.passed).map(|check| check.check_type).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_applicant_completes_the_journey() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let mut socket = ingrid.socket(0).await;
    // Needs that come before the identity check are kept and used after its approval.
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);

    let kyc = decided(&ingrid, &Shown::ingrid()).await;
    assert_eq!((kyc.status, failed(&kyc)), (KycStatus::Approved, vec![]), "{:?}", kyc.checks);
    let recommended = eventually("policies", async || ingrid.snapshot().await.journey.recommended).await;
    assert_eq!(recommended.recommendations.len(), 5);
    // A repeated request gets the same answer and causes no second event.
    let again: PolicyRecommended =
        ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::OK).json();
    assert_eq!(again, recommended);
    assert_eq!(ingrid.post(&ingrid.own("/kyc"), &()).await.is(StatusCode::OK).json::<KycVerified>(), kyc);

    let chosen = &recommended.recommendations[1].policy_id;
    let refused = ingrid.post(&ingrid.own("/selection"), &json!({"policyId": "none-of-them"})).await.codes();
    let fields = vec![("policyId".into(), "not_recommended".into()), ("consent".into(), "required".into())];
    assert_eq!(refused, (422, "validation_failed".into(), fields));
    let body = json!({"policyId": chosen, "consent": true});
    let completed: WorkflowCompleted = ingrid.post(&ingrid.own("/selection"), &body).await.is(StatusCode::OK).json();
    assert_eq!(&completed.selected_policy_id, chosen);
    ingrid.post(&ingrid.own("/selection"), &body).await.is(StatusCode::OK);
    let other = json!({"policyId": recommended.recommendations[0].policy_id, "consent": true});
    assert_eq!(ingrid.post(&ingrid.own("/selection"), &other).await.codes().1, "already_completed");

    let Snapshot { journey, .. } = ingrid.snapshot().await;
    for tile in Tile::ALL {
        assert_eq!(journey.tile(tile), TileState::Done, "{tile:?}");
    }
    // The socket delivered the same events as REST, once and in order.
    let events = ingrid.events().await;
    for event in &events {
        assert_eq!(&socket.event().await, event);
    }
    let count = |wanted| events.iter().filter(|event| event.event_type() == wanted).count();
    for once in [
        EventType::UserInfoSubmitted,
        EventType::KycVerified,
        EventType::PolicyRecommended,
        EventType::WorkflowCompleted,
    ] {
        assert_eq!(count(once), 1, "{once:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_document_does_not_change_an_approval() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    let hers = passport(&Shown::ingrid());
    let other = Shown { given_names: "Viktor".into(), family_name: "Zarenko".into(), ..Shown::ingrid() };
    let another = passport(&other);
    ingrid.hand_in("passport", "hers.jpg", hers).await;
    // Both are read concurrently. The bill is read much sooner.
    let uploads = tokio::join!(
        ingrid.upload("proof_of_address", "bill.pdf", bill(&Shown::ingrid())),
        ingrid.upload("passport", "another.jpg", another)
    );
    let late = uploads.1.status;
    assert_eq!(uploads.0.status, StatusCode::ACCEPTED);
    eventually("all documents are read", async || ingrid.snapshot().await.pending.is_empty().then_some(())).await;
    ingrid.confirm_doubtful(&[]).await;
    let kyc = eventually("decided", async || ingrid.snapshot().await.journey.kyc).await;

    let snapshot = ingrid.snapshot().await;
    let name = snapshot.journey.documents[0].value(domain::document::FieldName::FamilyName).map(str::to_lowercase);
    match kyc.status {
        // Decided before the late document came, which was refused.
        KycStatus::Approved => {
            assert_eq!((late, name.as_deref()), (StatusCode::CONFLICT, Some("brandvold")));
        }
        // The late document was accepted, so it is part of the decision and no policy is recommended.
        _ => {
            assert_eq!((late, name.as_deref()), (StatusCode::ACCEPTED, Some("zarenko")));
            assert!(snapshot.journey.recommended.is_none());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn watchlist_hit_goes_to_review_and_is_not_disclosed() {
    let server = TestServer::start().await;
    let mut viktor = server.person();
    let mut info = details();
    (info.first_name, info.last_name, info.date_of_birth) = ("Viktor".into(), "Zarenko".into(), "1971-08-12".into());
    viktor.submit(&info).await;
    let shown = Shown {
        given_names: "Viktor".into(),
        family_name: "Zarenko".into(),
        date_of_birth: Date::constant(1971, 8, 12),
        sex: 'M',
        ..Shown::ingrid()
    };
    let kyc = decided(&viktor, &shown).await;
    assert_eq!(
        (kyc.status, failed(&kyc)),
        (KycStatus::Review, vec![CheckType::WatchlistScreening]),
        "{:?}",
        kyc.checks
    );

    // The applicant must not learn of the hit. The message to compliance names the application.
    let events = serde_json::to_string(&viktor.events().await).unwrap();
    assert!(!events.contains("hits") && !events.contains("SDGT"), "{events}");
    let message = eventually("a message to compliance", async || server.messages("compliance").pop()).await;
    assert!(message.contains(&viktor.application().to_string()) && !message.contains("Zarenko"), "{message}");

    // Needs are kept until the review is decided. No policy is recommended before.
    viktor.post(&viktor.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    assert!(viktor.snapshot().await.journey.recommended.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn minor_is_rejected_with_the_reason() {
    let server = TestServer::start().await;
    let mut young = server.person();
    let born = today() - 17.years();
    let mut info = details();
    info.date_of_birth = born.to_string();
    young.submit(&info).await;
    let kyc = decided(&young, &Shown { date_of_birth: born, ..Shown::ingrid() }).await;
    assert_eq!(kyc.status, KycStatus::Rejected);
    let age = kyc.checks.iter().find(|check| check.check_type == CheckType::AgeVerification).unwrap();
    assert!(!age.passed && age.reason.contains("18"), "{}", age.reason);

    let code = |answer: super::support::Answer| answer.codes().1;
    assert_eq!(code(young.post(&young.own("/recommendations"), &needs()).await), "identity_check_rejected");
    assert_eq!(code(young.upload("passport", "p.jpg", passport(&Shown::ingrid())).await), "identity_check_decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_photo_is_reported_and_can_be_retaken() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let blurred = specimens::draw_passport(&Shown::ingrid(), &Theme::new(CaptureQuality::Unreadable, 7)).unwrap();
    ingrid.hand_in("passport", "blurred.jpg", specimens::jpeg(&blurred, 90).unwrap()).await;

    let snapshot = ingrid.snapshot().await;
    let problem = snapshot.journey.problem(Tile::Documents).expect("a problem is shown");
    assert_eq!((problem.code.as_str(), problem.retryable), ("document_unreadable", true));
    assert!(problem.message.ends_with('.'), "{}", problem.message);
    assert!(snapshot.journey.documents.is_empty());

    ingrid.hand_in("passport", "sharp.jpg", passport(&Shown::ingrid())).await;
    let snapshot = ingrid.snapshot().await;
    assert!(snapshot.journey.problem(Tile::Documents).is_none(), "the problem is gone");
    assert_eq!(snapshot.journey.documents[0].kind, DocumentKind::Passport);
}
