//! The store of documents, in a folder and in an S3 bucket. The tests of the bucket need `AWS_ENDPOINT_URL_S3`, which
//! `scripts/cluster env` prints.

use bytes::Bytes;
use domain::event::ApplicationId;
use jiff::{SignedDuration, Timestamp};
use object_store::ObjectStoreExt;
use server::blobs::{BlobError, Blobs, Part, Seal, SealError, bucket};
use server::config::Config;
use specimens::Person as Shown;
use tempfile::TempDir;
use uuid::Uuid;

use super::decisions::bill;
use super::stack::{TestStack, on_cluster};
use super::support::{Person, Process};

const KEY: &str = "arn:aws:kms:eu-central-1:000000000000:key/6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55";

fn seal(secret: &str, previous: &[&str]) -> Seal {
    Seal::new(secret.as_bytes(), previous.iter().map(|secret| secret.as_bytes())).unwrap()
}

fn new_application() -> ApplicationId {
    ApplicationId::new(Uuid::new_v4(), Timestamp::from_second(1_781_234_567).unwrap())
}

/// The S3 endpoint, if the environment has one.
fn s3() -> Option<String> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
    assert!(endpoint.is_some() || !on_cluster(), "a cluster has an S3 endpoint");
    if endpoint.is_none() {
        println!("not tested: AWS_ENDPOINT_URL_S3 is not set");
    }
    endpoint
}

/// Asserts the contract of a store. `store` opens the same store with another seal.
async fn assert_contract(store: impl Fn(Seal) -> Blobs) {
    let blobs = store(seal("secret", &[]));
    let (id, other, document) = (new_application(), new_application(), Uuid::new_v4());
    let gone = |got: Result<Bytes, BlobError>| matches!(got, Err(BlobError::Gone));
    assert!(gone(blobs.get(&id, document, Part::Original).await));

    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    blobs.put(&id, document, Part::Original, b"first").await.unwrap();
    blobs.put(&id, document, Part::Original, &large).await.unwrap();
    for page in 1..=3 {
        blobs.put(&id, document, Part::Page(page), &[page; 10]).await.unwrap();
    }
    assert_eq!(blobs.get(&id, document, Part::Original).await.unwrap(), large);
    assert_eq!(blobs.get(&id, document, Part::Page(2)).await.unwrap(), [2; 10][..]);
    assert!(gone(blobs.get(&id, document, Part::Page(4)).await));
    assert!(gone(blobs.get(&other, document, Part::Original).await));

    // Another secret opens no file, unless the earlier secret is given as a previous one.
    let sealed = store(seal("new", &[])).get(&id, document, Part::Page(1)).await.unwrap_err();
    assert!(matches!(sealed, BlobError::Sealed { error: SealError::OtherKey, .. }), "{sealed}");
    assert!(sealed.to_string().contains("previous_secrets"), "{sealed}");
    assert_eq!(store(seal("new", &["secret"])).get(&id, document, Part::Page(1)).await.unwrap(), [1; 10][..]);

    // Deletion is limited to one document or one application.
    let (second, third) = (Uuid::new_v4(), Uuid::new_v4());
    blobs.put(&id, second, Part::Original, b"second").await.unwrap();
    blobs.put(&id, third, Part::Original, b"an interrupted upload").await.unwrap();
    blobs.put(&other, document, Part::Original, b"of another").await.unwrap();
    assert_eq!(blobs.delete(&id, document).await.unwrap().files, 4);
    assert_eq!(blobs.delete(&id, document).await.unwrap().files, 0);
    assert!(gone(blobs.get(&id, document, Part::Original).await));
    assert!(gone(blobs.get(&id, document, Part::Page(1)).await));
    let hour = SignedDuration::from_hours(1);
    let deleted = blobs.delete_orphans(&id, &[second], Timestamp::now() - hour).await.unwrap();
    assert_eq!((deleted.files, deleted.left), (0, 1));
    let deleted = blobs.delete_orphans(&id, &[second], Timestamp::now() + hour).await.unwrap();
    assert_eq!((deleted.files, deleted.left), (1, 0));
    assert!(gone(blobs.get(&id, third, Part::Original).await));
    assert_eq!(blobs.get(&id, second, Part::Original).await.unwrap(), &b"second"[..]);
    assert_eq!(blobs.get(&other, document, Part::Original).await.unwrap(), &b"of another"[..]);
    assert_eq!(blobs.delete(&other, document).await.unwrap().files, 1);
    assert_eq!(blobs.delete(&id, second).await.unwrap().files, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_fulfils_the_contract() {
    let folder = TempDir::new().unwrap();
    assert_contract(|seal| Blobs::in_folder(folder.path(), seal).unwrap()).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_originals_of_earlier_versions_are_read_and_plain_pages_are_not() {
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::in_folder(folder.path(), seal("secret", &[])).unwrap();
    let (id, document) = (new_application(), Uuid::new_v4());
    let own = folder.path().join(id.to_string());
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join(document.to_string()), b"\xff\xd8\xff plain").unwrap();
    std::fs::write(own.join(format!("{document}.page-1")), b"\xff\xd8\xff plain").unwrap();
    assert_eq!(blobs.get(&id, document, Part::Original).await.unwrap(), &b"\xff\xd8\xff plain"[..]);
    assert!(matches!(blobs.get(&id, document, Part::Page(1)).await, Err(BlobError::Sealed { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_fulfils_the_contract_and_stores_ciphertext_only() {
    let Some(endpoint) = s3() else { return };
    let aws = server::aws::embedded("eu-central-1", &endpoint, "test", "test");
    let name = format!("documents-{}", Uuid::new_v4().simple());
    let text = format!(
        "stack = 'embedded'\ndocuments.bucket = '{name}'\ndocuments.prefix = 'a/b'\ndocuments.kms_key = '{KEY}'"
    );
    let settings = Config::with(&text).unwrap().documents;
    let missing = bucket(&settings, None, &aws).await.unwrap_err().to_string();
    assert!(missing.contains("the bucket does not exist") && missing.contains("documents.bucket"), "{missing}");
    assert!(!missing.contains('\n'), "{missing}");

    let http = reqwest::Client::new();
    let at = |path: &str| format!("{endpoint}/{name}{path}");
    http.put(at("")).send().await.unwrap().error_for_status().unwrap();
    let store = bucket(&settings, None, &aws).await.unwrap();
    assert_contract(|seal| Blobs::in_bucket(store.clone(), &settings.prefix, seal)).await;

    let blobs = Blobs::in_bucket(store.clone(), &settings.prefix, seal("secret", &[]));
    let (id, document) = (new_application(), Uuid::new_v4());
    blobs.put(&id, document, Part::Page(1), b"a passport").await.unwrap();
    let object = format!("/a/b/{id}/{document}.page-1");
    let kept = http.get(at(&object)).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(kept.headers()["x-amz-server-side-encryption"], "aws:kms");
    assert_eq!(kept.headers()["x-amz-server-side-encryption-aws-kms-key-id"], KEY);
    let bytes = kept.bytes().await.unwrap();
    assert!(
        bytes.starts_with(b"OBAI") && !bytes.windows(8).any(|part| part == b"passport"),
        "encrypted before it is sent"
    );
    let listed = http.get(at("?list-type=2")).send().await.unwrap().text().await.unwrap();
    assert_eq!(listed.matches("<Key>").count(), 2, "the start-up check leaves one object: {listed}");
    let probe = http.get(at("/a/b/start-up-check")).send().await.unwrap().error_for_status().unwrap();
    let written = probe.headers()["last-modified"].clone();
    bucket(&settings, None, &aws).await.unwrap();
    let probe = http.get(at("/a/b/start-up-check")).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(probe.headers()["last-modified"], written, "a later check does not write it again");

    // The file of another page under this name.
    let other_page = store.get(&object_store::path::Path::from(&object[1..])).await.unwrap().bytes().await.unwrap();
    store.put(&object_store::path::Path::from(object.replace("page-1", "page-2")), other_page.into()).await.unwrap();
    let swapped = blobs.get(&id, document, Part::Page(2)).await.unwrap_err();
    assert!(matches!(swapped, BlobError::Sealed { error: SealError::Altered, .. }), "{swapped}");
    assert_eq!(blobs.delete(&id, document).await.unwrap().files, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_stores_documents_in_a_bucket_only() {
    let Some(endpoint) = s3() else { return };
    let stack = TestStack::start().await;
    let name = format!("documents-{}", Uuid::new_v4().simple());
    let mut environment = stack.environment();
    environment.extend([
        ("AWS_ENDPOINT_URL_S3", endpoint.clone()),
        ("ONBOARD_DOCUMENTS__BUCKET", name.clone()),
        ("ONBOARD_DOCUMENTS__KMS_KEY", KEY.to_owned()),
    ]);
    let mut refused = tokio::process::Command::new(env!("CARGO_BIN_EXE_server"));
    refused
        .env("ONBOARD_DATA_DIR", stack.data("refused"))
        .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
        .env("RUST_LOG", "off");
    let refused = refused.envs(environment.iter().map(|(name, value)| (name, value))).output().await.unwrap();
    let error = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(error.contains("ONBOARD_DOCUMENTS__BUCKET") && error.contains("create it"), "{error}");

    let http = reqwest::Client::new();
    http.put(format!("{endpoint}/{name}")).send().await.unwrap().error_for_status().unwrap();
    let data = stack.data("program");
    let program = Process::start(&data, &environment).await;
    let ingrid = Person::known(program.base.clone()).await;
    let document = ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    let page = ingrid.get(&ingrid.own(&format!("/documents/{document}/pages/1"))).await;
    assert_eq!((page.status.as_u16(), &page.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    assert!(!data.join("documents").exists(), "no local files");
    let listed = http.get(format!("{endpoint}/{name}?list-type=2")).send().await.unwrap().text().await.unwrap();
    assert_eq!(listed.matches("<Key>").count(), 3, "the original, its page, the start-up check: {listed}");
    program.kill().await;
}
