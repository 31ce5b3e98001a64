//! What a store of documents promises, in a folder and in a bucket. The bucket needs an S3 endpoint: `AWS_ENDPOINT_URL_S3`,
//! as `scripts/cluster env` has it.

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

fn somebody() -> ApplicationId {
    ApplicationId::new(Uuid::new_v4(), Timestamp::from_second(1_781_234_567).unwrap())
}

/// The S3 endpoint, where there is one.
fn s3() -> Option<String> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
    assert!(endpoint.is_some() || !on_cluster(), "a cluster has an S3 endpoint");
    if endpoint.is_none() {
        println!("not tested: AWS_ENDPOINT_URL_S3 names no S3 endpoint");
    }
    endpoint
}

/// The promises; `store` gives the same store under another seal.
async fn keeps_its_promises(store: impl Fn(Seal) -> Blobs) {
    let blobs = store(seal("secret", &[]));
    let (id, other, document) = (somebody(), somebody(), Uuid::new_v4());
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

    // Another secret opens nothing, unless it knows the earlier one.
    let strange = store(seal("new", &[])).get(&id, document, Part::Page(1)).await.unwrap_err();
    assert!(matches!(strange, BlobError::Sealed { error: SealError::OtherKey, .. }), "{strange}");
    assert!(strange.to_string().contains("previous_secrets"), "{strange}");
    assert_eq!(store(seal("new", &["secret"])).get(&id, document, Part::Page(1)).await.unwrap(), [1; 10][..]);

    // Of one document only, and of one application only.
    let (second, third) = (Uuid::new_v4(), Uuid::new_v4());
    blobs.put(&id, second, Part::Original, b"second").await.unwrap();
    blobs.put(&id, third, Part::Original, b"an upload that was cut off").await.unwrap();
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
async fn a_folder_keeps_its_promises() {
    let folder = TempDir::new().unwrap();
    keeps_its_promises(|seal| Blobs::in_folder(folder.path(), seal).unwrap()).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn originals_of_earlier_versions_are_read_and_pages_are_never_plain() {
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::in_folder(folder.path(), seal("secret", &[])).unwrap();
    let (id, document) = (somebody(), Uuid::new_v4());
    let own = folder.path().join(id.to_string());
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join(document.to_string()), b"\xff\xd8\xff plain").unwrap();
    std::fs::write(own.join(format!("{document}.page-1")), b"\xff\xd8\xff plain").unwrap();
    assert_eq!(blobs.get(&id, document, Part::Original).await.unwrap(), &b"\xff\xd8\xff plain"[..]);
    assert!(matches!(blobs.get(&id, document, Part::Page(1)).await, Err(BlobError::Sealed { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_its_promises() {
    let Some(endpoint) = s3() else { return };
    let aws = server::aws::embedded("eu-central-1", &endpoint);
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
    keeps_its_promises(|seal| Blobs::in_bucket(store.clone(), &settings.prefix, seal)).await;

    let blobs = Blobs::in_bucket(store.clone(), &settings.prefix, seal("secret", &[]));
    let (id, document) = (somebody(), Uuid::new_v4());
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
    assert_eq!(listed.matches("<Key>").count(), 1, "nothing else is left, nor of the look at the start: {listed}");

    // Another's file in its place.
    let strange = store.get(&object_store::path::Path::from(&object[1..])).await.unwrap().bytes().await.unwrap();
    store.put(&object_store::path::Path::from(object.replace("page-1", "page-2")), strange.into()).await.unwrap();
    let swapped = blobs.get(&id, document, Part::Page(2)).await.unwrap_err();
    assert!(matches!(swapped, BlobError::Sealed { error: SealError::Altered, .. }), "{swapped}");
    assert_eq!(blobs.delete(&id, document).await.unwrap().files, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_keeps_documents_in_a_bucket() {
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
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("ONBOARD_DOCUMENTS__BUCKET") && said.contains("create it"), "{said}");

    let http = reqwest::Client::new();
    http.put(format!("{endpoint}/{name}")).send().await.unwrap().error_for_status().unwrap();
    let data = stack.data("program");
    let program = Process::start(&data, &environment).await;
    let ingrid = Person::known(program.base.clone()).await;
    let document = ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    let page = ingrid.get(&ingrid.own(&format!("/documents/{document}/pages/1"))).await;
    assert_eq!((page.status.as_u16(), &page.headers["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    assert!(!data.join("documents").exists(), "and nowhere else");
    let listed = http.get(format!("{endpoint}/{name}?list-type=2")).send().await.unwrap().text().await.unwrap();
    assert_eq!(listed.matches("<Key>").count(), 2, "the original and its page: {listed}");
    program.kill().await;
}
