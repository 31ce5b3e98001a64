//! Failures of services. Retryable requests are repeated, errors contain no text of the service, and every failure ends
//! in time.

use std::time::Duration;

use domain::document::DocumentKind;
use extraction::{Limits, ProviderError};

use crate::documents::document;
use crate::services::{Service, Setup, Step, limits};
use crate::stand::{FakeServer, closed_address};

crate::of_every_service![
    throttling_is_retried,
    permanent_throttling_fails_after_the_attempts,
    server_error_is_retried,
    permanent_server_error_fails_after_the_attempts,
    closed_connection_is_retried,
    permanently_closed_connection_fails_after_the_attempts,
    truncated_answer_is_unavailable,
    hanging_service_times_out,
    refused_connection_is_unavailable,
    answer_that_is_not_json_is_malformed,
    json_of_another_shape_is_malformed,
    oversized_answer_is_malformed,
    denied_access_is_not_retried,
    refused_document_is_not_retried,
    too_large_document_is_not_sent,
];

const PASSPORT: DocumentKind = DocumentKind::Passport;

async fn fails(service: Service, step: Step) -> (ProviderError, Setup) {
    let setup = service.setup(&[step]).await;
    (setup.read(PASSPORT).await.unwrap_err(), setup)
}

async fn recovers(service: Service, step: Step) {
    let setup = service.setup(&[step, step, Step::Reads("passport")]).await;
    assert_eq!(setup.read(PASSPORT).await.unwrap().issue, None);
    assert_eq!(setup.sent(), 3);
}

async fn throttling_is_retried(service: Service) {
    recovers(service, Step::Throttles(None)).await;
}

async fn permanent_throttling_fails_after_the_attempts(service: Service) {
    let (error, setup) = fails(service, Step::Throttles(None)).await;
    assert_eq!(error, ProviderError::Throttled { after: None });
    assert_eq!(setup.sent(), 3, "as many attempts as the limits allow");
}

async fn server_error_is_retried(service: Service) {
    recovers(service, Step::ServerError).await;
}

async fn permanent_server_error_fails_after_the_attempts(service: Service) {
    let (error, setup) = fails(service, Step::ServerError).await;
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
    assert_eq!(setup.sent(), 3);
}

async fn closed_connection_is_retried(service: Service) {
    recovers(service, Step::Closes).await;
}

async fn permanently_closed_connection_fails_after_the_attempts(service: Service) {
    let (error, setup) = fails(service, Step::Closes).await;
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
    assert_eq!(setup.sent(), 3);
}

async fn truncated_answer_is_unavailable(service: Service) {
    let (error, _) = fails(service, Step::Truncates).await;
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
}

async fn hanging_service_times_out(service: Service) {
    let whole = Duration::from_millis(300);
    let setup = service.setup_within(&[Step::Hangs], Limits { whole, ..limits() }).await;
    let document = document(PASSPORT).await;
    let begun = std::time::Instant::now();
    assert_eq!(setup.read_document(&document).await.unwrap_err(), ProviderError::Timeout(whole));
    assert!(begun.elapsed() >= whole && begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

async fn refused_connection_is_unavailable(service: Service) {
    let extractor = service.extractor(closed_address().await, limits());
    let error = extractor.extract(&document(PASSPORT).await, crate::documents::TODAY, &|_| ()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
}

async fn answer_that_is_not_json_is_malformed(service: Service) {
    let (error, setup) = fails(service, Step::NotJson).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
    assert_eq!(setup.sent(), 1, "a retry would not help");
}

async fn json_of_another_shape_is_malformed(service: Service) {
    let (error, setup) = fails(service, Step::OtherShape).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
    assert_eq!(setup.sent(), 1);
}

async fn oversized_answer_is_malformed(service: Service) {
    let (error, _) = fails(service, Step::TooLarge).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
}

async fn denied_access_is_not_retried(service: Service) {
    let (error, setup) = fails(service, Step::Denies).await;
    assert!(matches!(error, ProviderError::Denied(_)), "{error:?}");
    assert_eq!(setup.sent(), 1);
}

async fn refused_document_is_not_retried(service: Service) {
    let (error, setup) = fails(service, Step::Refuses).await;
    assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    assert_eq!(setup.sent(), 1);
}

async fn too_large_document_is_not_sent(service: Service) {
    if service == Service::Azure {
        // Azure accepts 500 MB, which no page reaches.
        return;
    }
    let setup = service.setup(&[Step::Reads("passport")]).await;
    let mut document = document(PASSPORT).await;
    document.pages[0].jpeg = vec![0; 11 * 1024 * 1024].into();
    let error = setup.read_document(&document).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "{error:?}");
    assert_eq!(setup.sent(), 0);
}

#[tokio::test]
async fn long_retry_after_is_not_waited_for() {
    for service in [Service::Vision, Service::Azure] {
        let (error, setup) = fails(service, Step::Throttles(Some(60))).await;
        assert_eq!(error, ProviderError::Throttled { after: Some(Duration::from_secs(60)) });
        assert_eq!(setup.sent(), 1);
    }
}

#[tokio::test]
async fn result_that_never_completes_times_out() {
    let whole = Duration::from_millis(400);
    let setup = Service::Azure.setup_within(&[Step::NeverCompletes], Limits { whole, ..limits() }).await;
    assert_eq!(setup.read(PASSPORT).await.unwrap_err(), ProviderError::Timeout(whole));
    assert!(setup.server.requests().iter().filter(|request| request.method == "GET").count() > 1);
}

#[tokio::test]
async fn hanging_deletion_does_not_lose_the_result() {
    // Less than the time limit of the deletion.
    let whole = Duration::from_secs(8);
    let setup = Service::Azure.setup_within(&[Step::HangsOnDeletion("passport")], Limits { whole, ..limits() }).await;
    assert_eq!(setup.read(PASSPORT).await.unwrap().issue, None);
    assert_eq!(setup.server.wait_for_requests(4).await[3].method, "DELETE");
}

#[tokio::test]
async fn failed_result_is_reported_by_its_code() {
    let (error, _) = fails(Service::Azure, Step::Fails("InternalServerError")).await;
    assert_eq!(error, ProviderError::Unavailable("InternalServerError".to_owned()));
    let (error, _) = fails(Service::Azure, Step::Fails("InvalidContent")).await;
    assert_eq!(error, ProviderError::Refused("InvalidContent".to_owned()));
}

#[tokio::test]
async fn key_is_not_sent_to_another_origin() {
    let foreign = FakeServer::start(|_, _| crate::stand::Reaction::Answer(200, vec![], vec![])).await;
    let (error, _) = fails(Service::Azure, Step::OtherOrigin(foreign.address)).await;
    assert!(matches!(error, ProviderError::Malformed(_)), "{error:?}");
    assert!(foreign.requests().is_empty());
}
