//! What others on this machine get: pages in browsers, and programs without the credentials.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};
use embedded::Stack;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

fn client(stack: &Stack, key: &str, secret: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&stack.dynamodb_endpoint)
        .region(Region::new("eu-central-1"))
        .retry_config(RetryConfig::disabled())
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .build();
    Client::from_conf(config)
}

/// Sends a request as it is, and returns the answer, which is empty if the connection is closed.
async fn send(address: &str, request: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is no error here.
    let _ = timeout(Duration::from_secs(10), connection.read_to_end(&mut answer)).await.expect("an answer or an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_answers_the_credentials_of_this_start_only() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path()).await.unwrap();
    let own = stack.dynamodb_credentials.clone();
    client(&stack, &own.access_key_id, &own.secret_access_key).list_tables().send().await.unwrap();
    for (key, secret, code) in [
        ("embedded", "embedded", "UnrecognizedClientException"),
        (own.access_key_id.as_str(), "guessed", "InvalidSignatureException"),
    ] {
        let error = client(&stack, key, secret).list_tables().send().await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{}", DisplayErrorContext(&error));
    }
    stack.stop().await;
    let stack = Stack::start(data.path()).await.unwrap();
    assert_ne!(stack.dynamodb_credentials, own, "new at each start");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_browsers_get_nothing() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path()).await.unwrap();
    let address = stack.dynamodb_endpoint.strip_prefix("http://").unwrap();
    let target = "x-amz-target: DynamoDB_20120810.ListTables\r\nauthorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, \
                  SignedHeaders=host, Signature=f\r\n";
    for (first_line, host, headers, status) in [
        ("POST / HTTP/1.1", address, format!("origin: http://evil.example\r\n{target}"), "403"),
        ("POST / HTTP/1.1", address, format!("origin: null\r\n{target}"), "403"),
        ("POST / HTTP/1.1", address, format!("sec-fetch-mode: no-cors\r\n{target}"), "403"),
        // DNS that was changed to this machine.
        ("POST / HTTP/1.1", "evil.example", target.to_owned(), "403"),
        ("POST / HTTP/1.1", address, target.to_owned(), "400"),
        ("POST / HTTP/1.1", address, String::new(), "400"),
        ("GET / HTTP/1.1", address, String::new(), "405"),
        ("OPTIONS / HTTP/1.1", address, "origin: http://evil.example\r\n".to_owned(), "405"),
    ] {
        let request =
            format!("{first_line}\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 2\r\n{headers}\r\n{{}}");
        let answer = send(address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
        assert!(!answer.contains("TableNames"), "{answer}");
    }
    for request in ["GET / HTTP/1.1\r\nhost: a\r\n\r\n", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}"] {
        assert_eq!(send(&stack.kafka_bootstrap, request).await, "", "the broker speaks no HTTP");
    }
    stack.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn databases_are_readable_by_their_owner_only() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let data = tempfile::tempdir().unwrap();
    fs::set_permissions(data.path(), Permissions::from_mode(0o755)).unwrap();
    // As an earlier version left it.
    fs::write(data.path().join("kafka.db"), "").unwrap();
    fs::set_permissions(data.path().join("kafka.db"), Permissions::from_mode(0o644)).unwrap();
    let stack = Stack::start(data.path()).await.unwrap();
    let files = fs::read_dir(data.path()).unwrap().map(|file| file.unwrap().path());
    let databases: Vec<_> = files.filter(|path| path.to_string_lossy().contains(".db")).collect();
    assert!(databases.len() >= 4, "{databases:?}");
    for path in databases {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
    }
    stack.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn stack_listens_on_an_address_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(data.path()).await.unwrap();
    let (host, port) = stack.kafka_bootstrap.rsplit_once(':').unwrap();
    assert!(host.starts_with("127.") && !host.starts_with("127.0."), "{host}");
    assert!(stack.dynamodb_endpoint.starts_with(&format!("http://{host}:")), "{}", stack.dynamodb_endpoint);
    assert!(TcpStream::connect(format!("127.0.0.1:{port}")).await.is_err());
    stack.stop().await;
}
