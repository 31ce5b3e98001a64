//! What goes wrong, and what is made of it: tried again where that can help, told in our own words, and over in time.

use std::time::Duration;

use domain::document::DocumentKind;
use extraction::{Limits, ProviderError};

use crate::documents::document;
use crate::services::{Scene, Service, Step, limits};
use crate::stand::{Stand, nobody};

crate::of_every_service![
    throttled_then_fine,
    throttled_for_ever,
    broken_then_fine,
    broken_for_ever,
    closed_then_fine,
    closed_for_ever,
    cut_in_the_middle,
    slow,
    nobody_there,
    not_json,
    json_of_another_shape,
    an_answer_without_end,
    denied,
    refused,
    too_large_to_be_sent,
];

const PASSPORT: DocumentKind = DocumentKind::Passport;

async fn fails(service: Service, step: Step) -> (ProviderError, Scene) {
    let scene = service.scene(&[step]).await;
    (scene.read(PASSPORT).await.unwrap_err(), scene)
}

async fn recovers(service: Service, step: Step) {
    let scene = service.scene(&[step, step, Step::Reads("passport")]).await;
    assert_eq!(scene.read(PASSPORT).await.unwrap().issue, None);
    assert_eq!(scene.sent(), 3);
}

async fn throttled_then_fine(service: Service) {
    recovers(service, Step::Throttles(None)).await;
}

async fn throttled_for_ever(service: Service) {
    let (error, scene) = fails(service, Step::Throttles(None)).await;
    assert_eq!(error, ProviderError::Throttled { after: None });
    assert_eq!(scene.sent(), 3, "as often as the limits say");
}

async fn broken_then_fine(service: Service) {
    recovers(service, Step::Breaks).await;
}

async fn broken_for_ever(service: Service) {
    let (error, scene) = fails(service, Step::Breaks).await;
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
    assert_eq!(scene.sent(), 3);
}

async fn closed_then_fine(service: Service) {
    recovers(service, Step::Closes).await;
}

async fn closed_for_ever(service: Service) {
    let (error, scene) = fails(service, Step::Closes).await;
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
    assert_eq!(scene.sent(), 3);
}

async fn cut_in_the_middle(service: Service) {
    let (error, _) = fails(service, Step::Cuts).await;
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
}

async fn slow(service: Service) {
    let whole = Duration::from_millis(300);
    let scene = service.scene_within(&[Step::Hangs], Limits { whole, ..limits() }).await;
    let document = document(PASSPORT).await;
    let begun = std::time::Instant::now();
    assert_eq!(scene.read_this(&document).await.unwrap_err(), ProviderError::Timeout(whole));
    assert!(begun.elapsed() >= whole && begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

async fn nobody_there(service: Service) {
    let extractor = service.extractor(nobody().await, limits());
    let error = extractor.extract(&document(PASSPORT).await, crate::documents::TODAY, &|_| ()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
}

async fn not_json(service: Service) {
    let (error, scene) = fails(service, Step::NotJson).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
    assert_eq!(scene.sent(), 1, "it would not be better the next time");
}

async fn json_of_another_shape(service: Service) {
    let (error, scene) = fails(service, Step::OtherShape).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
    assert_eq!(scene.sent(), 1);
}

async fn an_answer_without_end(service: Service) {
    let (error, _) = fails(service, Step::Endless).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
}

async fn denied(service: Service) {
    let (error, scene) = fails(service, Step::Denies).await;
    assert!(matches!(error, ProviderError::Denied(_)), "{error:?}");
    assert_eq!(scene.sent(), 1);
}

async fn refused(service: Service) {
    let (error, scene) = fails(service, Step::Refuses).await;
    assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    assert_eq!(scene.sent(), 1);
}

async fn too_large_to_be_sent(service: Service) {
    if service == Service::Azure {
        // It takes 500 MB, which no page of ours has.
        return;
    }
    let scene = service.scene(&[Step::Reads("passport")]).await;
    let mut document = document(PASSPORT).await;
    document.pages[0].jpeg = vec![0; 11 * 1024 * 1024].into();
    let error = scene.read_this(&document).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    assert_eq!(scene.sent(), 0);
}

#[tokio::test]
async fn who_wants_much_patience_is_left_alone() {
    for service in [Service::Vision, Service::Azure] {
        let (error, scene) = fails(service, Step::Throttles(Some(60))).await;
        assert_eq!(error, ProviderError::Throttled { after: Some(Duration::from_secs(60)) });
        assert_eq!(scene.sent(), 1);
    }
}

#[tokio::test]
async fn a_result_that_never_comes_ends_in_time() {
    let whole = Duration::from_millis(400);
    let scene = Service::Azure.scene_within(&[Step::Never], Limits { whole, ..limits() }).await;
    assert_eq!(scene.read(PASSPORT).await.unwrap_err(), ProviderError::Timeout(whole));
    assert!(scene.stand.asked().iter().filter(|asked| asked.method == "GET").count() > 1);
}

#[tokio::test]
async fn a_result_is_not_lost_over_its_deletion() {
    // Less than there is for having it deleted.
    let whole = Duration::from_secs(8);
    let scene = Service::Azure.scene_within(&[Step::Keeps("passport")], Limits { whole, ..limits() }).await;
    assert_eq!(scene.read(PASSPORT).await.unwrap().issue, None);
    assert_eq!(scene.stand.asked_at_last(4).await[3].method, "DELETE");
}

#[tokio::test]
async fn a_result_that_fails_is_told_by_its_code() {
    let (error, _) = fails(Service::Azure, Step::Fails("InternalServerError")).await;
    assert_eq!(error, ProviderError::Unavailable("InternalServerError".to_owned()));
    let (error, _) = fails(Service::Azure, Step::Fails("InvalidContent")).await;
    assert_eq!(error, ProviderError::Refused("InvalidContent".to_owned()));
}

#[tokio::test]
async fn our_key_goes_to_no_other_address() {
    let foreign = Stand::start(|_, _| crate::stand::Play::Answer(200, vec![], vec![])).await;
    let (error, _) = fails(Service::Azure, Step::Elsewhere(foreign.address)).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
    assert!(foreign.asked().is_empty());
}
