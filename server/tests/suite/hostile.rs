//! Malicious files, uploaded over HTTP: each is refused or read, and the server keeps serving.

use std::path::Path;

use domain::document::DocumentKind;
use domain::journey::Tile;
use reqwest::StatusCode;
use specimens::Person as Shown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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

/// Begins an upload of `person` and sends a part of its file.
async fn begin_upload(person: &Person) -> TcpStream {
    let address = person.base.strip_prefix("http://").unwrap();
    let part = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\nonly the beginning";
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\ncontent-type: multipart/form-data; boundary=b\r\n\
         content-length: 1000000\r\n\r\n{part}",
        person.own("/documents"),
        person.cookie(),
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_that_stop_do_not_delay_other_uploads_and_are_refused() {
    let server = TestServer::start().await;
    let mut stopped = Vec::new();
    for _ in 0..8 {
        let person = Person::known(server.base()).await;
        for _ in 0..4 {
            stopped.push(begin_upload(&person).await);
        }
    }
    let ingrid = Person::known(server.base()).await;
    let began = std::time::Instant::now();
    ingrid.upload("passport", "p.jpg", passport(&Shown::ingrid())).await.is(StatusCode::ACCEPTED);
    let all_wait = futures::future::join_all(stopped.iter_mut().map(async |connection| {
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        (answer, began.elapsed())
    }));
    for (answer, after) in all_wait.await {
        assert_eq!(&answer, b"HTTP/1.1 408");
        assert!(after > std::time::Duration::from_secs(5), "refused before the other upload was accepted");
    }
}
