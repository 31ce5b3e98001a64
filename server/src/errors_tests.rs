//! The kinds of errors, as the SDK tells them of an endpoint that answers so.

use std::net::SocketAddr;

use aws_config::retry::RetryConfig;
use axum::Router;
use axum::http::{StatusCode, header};
use domain::event::{ApplicationId, Envelope, EventData, SCHEMA_VERSION, Stage, UserInfo};
use jiff::Timestamp;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::ErrorKind;
use crate::aws;
use crate::notify::{Audience, Message, Notifier, NotifyError, SnsNotifier, SnsTopics};
use crate::store::{Application, Store, StoreError, TableNames};

/// An endpoint that answers every request with this status and body.
async fn answering(status: u16, body: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body);
    let app = Router::new().fallback(move || std::future::ready(answer.clone()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// An endpoint that closes every connection at once.
async fn closing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    address
}

fn sdk(endpoint: SocketAddr) -> aws_config::SdkConfig {
    let config = aws::embedded("eu-central-1", &format!("http://{endpoint}"), "test", "test");
    config.into_builder().retry_config(RetryConfig::disabled()).build()
}

fn store(endpoint: SocketAddr) -> Store {
    let client = aws_sdk_dynamodb::Client::new(&sdk(endpoint));
    Store::new(client, TableNames::new("test", &[]))
}

async fn dynamodb_answers(status: u16, code: &str) -> StoreError {
    let body = serde_json::json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no" });
    store(answering(status, body.to_string()).await).ping().await.unwrap_err()
}

fn application_id() -> ApplicationId {
    ApplicationId::new(Uuid::from_u128(1), Timestamp::UNIX_EPOCH)
}

async fn transaction_cancelled_for(reasons: &[&str]) -> StoreError {
    let reasons: Vec<_> = reasons.iter().map(|code| serde_json::json!({ "Code": code })).collect();
    let body = serde_json::json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "no",
        "CancellationReasons": reasons,
    });
    let application = Application::open(application_id(), UserInfo::default(), Timestamp::UNIX_EPOCH);
    let store = store(answering(400, body.to_string()).await);
    store.commit(&application, None, None).await.unwrap_err()
}

async fn sns_fails(endpoint: SocketAddr) -> NotifyError {
    let topic = "arn:aws:sns:eu-central-1:000000000000:test".to_owned();
    let topics = SnsTopics { applicant: topic.clone(), compliance: topic.clone(), support: topic };
    let notifier = SnsNotifier::new(aws_sdk_sns::Client::new(&sdk(endpoint)), topics);
    let event = Envelope {
        event_id: Uuid::from_u128(2),
        source: Stage::SubmitUserInfo.into(),
        customer_id: Uuid::from_u128(1),
        application_id: application_id(),
        sequence: 1,
        schema_version: SCHEMA_VERSION,
        timestamp: Timestamp::UNIX_EPOCH,
        data: EventData::UserInfoSubmitted(UserInfo::default()),
    };
    let message = Message { audience: Audience::Support, to: None, subject: "s".to_owned(), body: "b".to_owned() };
    notifier.send(&event, &message).await.unwrap_err()
}

async fn sns_answers(status: u16, code: &str) -> NotifyError {
    let body = format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>");
    sns_fails(answering(status, body).await).await
}

#[tokio::test]
async fn dynamodb_error_code_gives_the_kind() {
    for (status, code, kind) in [
        (400, "ValidationException", ErrorKind::Refused),
        (400, "AccessDeniedException", ErrorKind::Refused),
        (400, "UnrecognizedClientException", ErrorKind::Refused),
        (400, "ResourceNotFoundException", ErrorKind::Refused),
        (400, "ItemCollectionSizeLimitExceededException", ErrorKind::Refused),
        (400, "ProvisionedThroughputExceededException", ErrorKind::Throttled),
        (400, "ThrottlingException", ErrorKind::Throttled),
        (400, "RequestLimitExceeded", ErrorKind::Throttled),
        (400, "TransactionConflictException", ErrorKind::Conflict),
        (400, "ConditionalCheckFailedException", ErrorKind::Conflict),
        (400, "ExpiredTokenException", ErrorKind::Unavailable),
        (500, "InternalServerError", ErrorKind::Unavailable),
        (503, "ServiceUnavailable", ErrorKind::Unavailable),
    ] {
        let error = dynamodb_answers(status, code).await;
        assert_eq!(error.kind(), kind, "{code}: {error}");
        assert_eq!(error.is_missing_table(), code == "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn status_gives_the_kind_of_an_answer_without_a_code() {
    for (status, kind) in [
        (400, ErrorKind::Refused),
        (413, ErrorKind::Refused),
        (429, ErrorKind::Throttled),
        (502, ErrorKind::Unavailable),
    ] {
        let error = store(answering(status, "<html>".to_owned()).await).ping().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
    }
}

#[tokio::test]
async fn closed_connection_is_unavailable() {
    let error = store(closing().await).ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let error = sns_fails(closing().await).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn cancelled_transaction_has_the_kind_of_its_worst_reason() {
    for (reasons, kind) in [
        (["ValidationError", "None"], ErrorKind::Refused),
        (["ConditionalCheckFailed", "AccessDenied"], ErrorKind::Refused),
        (["ItemCollectionSizeLimitExceeded", "ThrottlingError"], ErrorKind::Refused),
        (["ThrottlingError", "TransactionConflict"], ErrorKind::Throttled),
        (["ProvisionedThroughputExceeded", "None"], ErrorKind::Throttled),
        (["TransactionConflict", "None"], ErrorKind::Conflict),
    ] {
        let error = transaction_cancelled_for(&reasons).await;
        assert_eq!(error.kind(), kind, "{reasons:?}: {error}");
    }
}

#[tokio::test]
async fn sns_error_code_gives_the_kind() {
    for (status, code, kind) in [
        (400, "InvalidParameter", ErrorKind::Refused),
        (403, "AuthorizationError", ErrorKind::Refused),
        (404, "NotFound", ErrorKind::Refused),
        (400, "EndpointDisabled", ErrorKind::Refused),
        (400, "KMSAccessDenied", ErrorKind::Refused),
        (429, "Throttled", ErrorKind::Throttled),
        (400, "Throttling", ErrorKind::Throttled),
        (400, "KMSThrottling", ErrorKind::Throttled),
        (500, "InternalError", ErrorKind::Unavailable),
    ] {
        let error = sns_answers(status, code).await;
        assert_eq!(error.kind(), kind, "{code}: {error}");
    }
}
