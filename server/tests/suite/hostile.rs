//! Malicious files, uploaded over HTTP: each is refused or read, and the server keeps serving.

use std::path::Path;

use domain::document::DocumentKind;
use domain::journey::Tile;
use reqwest::StatusCode;
use specimens::Person as Shown;

use super::decisions::passport;
use super::support::{Person, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_or_read_and_the_next_upload_is_served() {
    // A short timeout for files that make a tool hang.
    let server = TestServer::start_with("documents.timeout_s = 15").await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ocr/tests/hostile");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut accepted = 0;
    // The reader's own tests try every file. A quarter of them shows what the server makes of the results.
    for path in paths.into_iter().step_by(4) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".md") {
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let kind = if name.ends_with(".pdf") { "proof_of_address" } else { "passport" };
        // The file name leaves its folder. Each file gets a new applicant, because a third upload is taken as it is.
        let (person, name) = (Person::known(server.base()).await, format!("../../../{name}"));
        if ocr::media_type(&content).is_none() {
            let (status, _, errors) = person.upload(kind, &name, content.clone()).await.codes();
            let code = if content.is_empty() { "empty" } else { "unsupported_type" };
            assert_eq!((status, errors), (422, vec![("file".to_owned(), code.to_owned())]), "{name}");
            continue;
        }
        accepted += 1;
        person.hand_in(kind, &name, content).await;
        let snapshot = person.snapshot().await;
        assert!(snapshot.pending.is_empty(), "{name}");
        let refused = snapshot.journey.problem(Tile::Documents).is_some();
        assert!(refused || !snapshot.journey.documents.is_empty(), "{name}: neither read nor refused");
        person.get("/healthz").await.is(StatusCode::OK);
    }
    assert!(accepted > 10, "{accepted}");

    let ingrid = Person::known(server.base()).await;
    ingrid.hand_in("passport", "passport.jpg", passport(&Shown::ingrid())).await;
    assert_eq!(ingrid.snapshot().await.journey.documents[0].kind, DocumentKind::Passport);
}
