//! Credentials and addresses from the environment. Each test reads in a child process with its own environment.

use std::net::SocketAddr;
use std::process::Stdio;

use domain::document::DocumentKind;
use extraction::{Extractor, Limits, ProviderError, Textract, TextractSettings, Vision, VisionAuth, VisionSettings};

use crate::documents::{TODAY, document};
use crate::services::{Service, Step};
use crate::stand::{FakeServer, Reaction};

/// Runs [`child`] with these environment variables.
async fn child_reads(server: &FakeServer, service: &str, environment: &[(&str, &str)]) {
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    // Removes credentials of the developer who runs the tests.
    let own =
        std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("AWS_") || name.starts_with("GOOGLE_"));
    for name in own {
        child.env_remove(name);
    }
    child.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    child.args(["--exact", "environment::child", "--ignored", "--nocapture"]).stdin(Stdio::null());
    child.env("CHILD_READS_WITH", service).env("CHILD_READS_AT", format!("http://{}", server.address));
    let output = child.envs(environment.iter().copied()).kill_on_drop(true).output().await.unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The file of `gcloud auth application-default login`, with another address for tokens.
fn authorized_user(tokens: SocketAddr) -> String {
    let credentials = serde_json::json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "refresh",
        "quota_project_id": "a-project", "token_uri": format!("http://{tokens}/token"),
    });
    credentials.to_string()
}

#[tokio::test]
#[ignore = "run by the other tests in a child process"]
async fn child() {
    let limits = Limits { whole: std::time::Duration::from_secs(30), ..Limits::default() };
    let extractor: Box<dyn Extractor> = match std::env::var("CHILD_READS_WITH").unwrap().as_str() {
        "textract" => {
            Box::new(Textract::new(TextractSettings { limits, ..TextractSettings::default() }).await.unwrap())
        }
        _ => {
            let endpoint = std::env::var("CHILD_READS_AT").unwrap();
            Box::new(Vision::new(VisionSettings { endpoint, auth: VisionAuth::ApplicationDefault, limits }).unwrap())
        }
    };
    let read = extractor.extract(&document(DocumentKind::Passport).await, TODAY, &|_| ()).await;
    match std::env::var("CHILD_IS_DENIED") {
        Ok(_) => assert!(matches!(read, Err(ProviderError::Denied(_))), "{read:?}"),
        Err(_) => assert_eq!(read.unwrap().issue, None),
    }
}

#[tokio::test]
async fn textract_uses_credentials_region_and_endpoint_of_the_environment() {
    let server = Service::Textract.server(&[Step::Reads("passport")]).await;
    let endpoint = format!("http://{}", server.address);
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIDFROMENV"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL_TEXTRACT", &*endpoint),
    ];
    child_reads(&server, "textract", &environment).await;
    let signed = server.requests()[0].header("authorization").to_owned();
    assert!(signed.contains("Credential=AKIDFROMENV/") && signed.contains("/eu-central-1/textract/"), "{signed}");
}

#[tokio::test]
async fn no_document_is_sent_without_credentials() {
    let server = Service::Textract.server(&[Step::Reads("passport")]).await;
    let endpoint = format!("http://{}", server.address);
    let environment = [
        ("CHILD_IS_DENIED", "yes"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL_TEXTRACT", &*endpoint),
    ];
    child_reads(&server, "textract", &environment).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let refusing =
        FakeServer::start(|_, _| Reaction::Answer(401, vec![], br#"{"error":"invalid_grant"}"#.to_vec())).await;
    std::fs::write(file.path(), authorized_user(refusing.address)).unwrap();
    let path = file.path().to_str().unwrap();
    let environment = [("CHILD_IS_DENIED", "yes"), ("GOOGLE_APPLICATION_CREDENTIALS", path)];
    child_reads(&server, "google_vision", &environment).await;
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn vision_requests_a_token_with_the_credentials_file() {
    let server = Service::Vision.server(&[Step::Reads("passport")]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authorized_user(server.address)).unwrap();
    let path = file.path().to_str().unwrap();
    child_reads(&server, "google_vision", &[("GOOGLE_APPLICATION_CREDENTIALS", path)]).await;
    let requests = server.requests();
    let read = requests.iter().find(|request| request.path.starts_with("/v1/images:annotate")).unwrap();
    assert_eq!(read.header("authorization"), "Bearer a-token");
    assert_eq!(read.header("x-goog-user-project"), "a-project");
}
