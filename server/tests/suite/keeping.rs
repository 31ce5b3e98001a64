//! What is kept of documents: who can look at it, how it lies on the disk, and that it is deleted.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::document::Document;
use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};
use specimens::Person as Shown;
use uuid::Uuid;

use super::decisions::{bill, passport};
use super::support::{Person, TestServer};

/// All files below a folder, and the folder and folders themselves.
fn below(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let (more, within) = below(&path);
            files.extend(more);
            folders.extend(within);
        } else {
            files.push(path);
        }
    }
    (files, folders)
}

async fn documents(person: &Person) -> Vec<Document> {
    person.snapshot().await.journey.documents
}

fn page(person: &Person, document: Uuid, page: &str) -> String {
    person.own(&format!("/documents/{document}/pages/{page}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_shown_to_their_owner_and_lie_encrypted() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let other = Person::known(server.base()).await;
    let file = passport(&Shown::ingrid());
    let id = ingrid.hand_in("passport", "passport.jpg", file.clone()).await;
    let [document] = &documents(&ingrid).await[..] else { panic!("one document") };
    assert_eq!((document.document_id, document.pages), (id, 1));
    assert_eq!(document.sha256.as_deref(), Some(&*format!("{:x}", Sha256::digest(&file))));

    let shown = ingrid.request(Method::GET, &page(&ingrid, id, "1")).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline"),
    ] {
        assert_eq!(shown.headers()[name], value);
    }
    let picture = shown.bytes().await.unwrap();
    assert!(picture.starts_with(b"\xff\xd8\xff"));
    for wrong in ["0", "2", "-1", "256", "first"] {
        assert_eq!(ingrid.get(&page(&ingrid, id, wrong)).await.codes().0, 404, "{wrong}");
    }
    assert_eq!(ingrid.get(&page(&ingrid, Uuid::new_v4(), "1")).await.codes().0, 404);
    assert_eq!(other.get(&page(&other, id, "1")).await.codes().0, 404, "nor by way of the own application");

    let (files, folders) = below(&server.data().join("documents"));
    assert_eq!(files.len(), 2, "the original and a page: {files:?}");
    for path in &files {
        let content = std::fs::read(path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        let magic = [&b"JFIF"[..], b"Exif", b"\xff\xd8\xff"];
        assert!(magic.iter().all(|magic| !content.windows(magic.len()).take(64).any(|part| part == *magic)));
    }
    for path in folders {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{path:?}");
    }

    // A newer photo takes its place; nobody looks at the older one any more.
    let newer = ingrid.hand_in("passport", "again.jpg", passport(&Shown::ingrid())).await;
    assert_eq!(ingrid.get(&page(&ingrid, id, "1")).await.codes().0, 404);
    ingrid.get(&page(&ingrid, newer, "1")).await.is(StatusCode::OK);

    // A file in another's place, even of the same person, is not shown.
    let of = |id: Uuid| files[0].parent().unwrap().join(format!("{id}.page-1"));
    std::fs::copy(of(id), of(newer)).unwrap();
    assert_eq!(ingrid.get(&page(&ingrid, newer, "1")).await.codes().0, 503);

    let bill = ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    ingrid.get(&page(&ingrid, bill, "1")).await.is(StatusCode::OK);
}
