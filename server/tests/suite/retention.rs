//! Stored documents: access to their pages, encryption on disk, retention, and readings that a crash interrupts.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::document::{Document, PictureIssue};
use domain::event::{EventType, KycStatus};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use server::blobs::{Blobs, Seal};
use server::clock::{Clock, SystemClock};
use server::documents::RetentionPolicy;
use server::store::{Application, AuditEntry, DELETED, Table, verify_chain};
use server::workers::{DeletionScope, RetentionJob};
use sha2::{Digest, Sha256};
use specimens::{CaptureQuality, Person as Shown, Theme};
use uuid::Uuid;

use super::decisions::{bill, decided, passport};
use super::support::{Behind, Person, Process, TestServer, TestStack, eventually};

/// All files and folders below a folder, including itself.
fn list_tree(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let (more, within) = list_tree(&path);
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
async fn pages_are_shown_to_their_owner_only_and_stored_encrypted() {
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
    assert_eq!(other.get(&page(&other, id, "1")).await.codes().0, 404, "nor through the other's own application");

    let (files, folders) = list_tree(&server.data().join("documents"));
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

    // A newer photo replaces the older one, which is no longer shown.
    let newer = ingrid.hand_in("passport", "again.jpg", passport(&Shown::ingrid())).await;
    assert_eq!(ingrid.get(&page(&ingrid, id, "1")).await.codes().0, 404);
    ingrid.get(&page(&ingrid, newer, "1")).await.is(StatusCode::OK);

    // A file under the name of another document is not shown, even if it is the same person's.
    let of = |id: Uuid| files[0].parent().unwrap().join(format!("{id}.page-1"));
    std::fs::copy(of(id), of(newer)).unwrap();
    assert_eq!(ingrid.get(&page(&ingrid, newer, "1")).await.codes().0, 503);

    let bill = ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    ingrid.get(&page(&ingrid, bill, "1")).await.is(StatusCode::OK);
}

/// A clock that runs ahead by this duration.
struct Ahead(SignedDuration);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// The retention job of `server`, as it will run this many days from now.
async fn retention_job(server: &TestServer, days: i64) -> RetentionJob {
    RetentionJob {
        store: server.behind().await.store(),
        // Another secret: deletion needs no decryption.
        blobs: Blobs::in_folder(&server.data().join("documents"), Seal::new(b"another", []).unwrap()).unwrap(),
        policy: RetentionPolicy { decided: 30, undecided: 90, replaced: 1 },
        clock: Arc::new(Ahead(SignedDuration::from_hours(24 * days))),
        instance: Uuid::new_v4(),
    }
}

async fn deletions(job: &RetentionJob, person: &Person) -> Vec<AuditEntry> {
    let audit = job.store.audit_log(person.customer()).await.unwrap();
    assert!(verify_chain(&audit));
    audit.into_iter().filter(|entry| entry.topic == DELETED).collect()
}

async fn application(job: &RetentionJob, person: &Person) -> Application {
    job.store.application(&person.application()).await.unwrap().unwrap()
}

fn names(server: &TestServer) -> Vec<String> {
    let (files, _) = list_tree(&server.data().join("documents"));
    files.iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_deleted_when_due_and_the_decision_stays() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let idle = Person::known(server.base()).await;
    let replaced = ingrid.hand_in("passport", "first.jpg", passport(&Shown::ingrid())).await;
    let kyc = decided(&ingrid, &Shown::ingrid()).await;
    assert_eq!(kyc.status, KycStatus::Approved, "{:?}", kyc.checks);
    let current = documents(&ingrid).await;
    assert_eq!(kyc.evidence.len(), 2);
    for (evidence, document) in kyc.evidence.iter().zip(&current) {
        assert_eq!((evidence.document_id, &evidence.sha256), (document.document_id, &document.sha256));
        assert!(evidence.sha256.is_some());
    }
    assert!(names(&server).iter().any(|name| name.starts_with(&replaced.to_string())));

    assert_eq!(retention_job(&server, 0).await.sweep(3).await.unwrap(), 0);
    // Two concurrent jobs delete the file once.
    let (one, other) = (retention_job(&server, 2).await, retention_job(&server, 2).await);
    let (one_swept, other_swept) = tokio::join!(one.sweep(3), other.sweep(3));
    assert!(one_swept.unwrap() + other_swept.unwrap() >= 1);
    let recorded = deletions(&one, &ingrid).await;
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    assert!(recorded[0].detail.as_ref().unwrap().contains(&replaced.to_string()));
    let left = names(&server);
    assert_eq!(left.len(), 4, "two originals and a page of each: {left:?}");
    assert!(current.iter().all(|document| left.contains(&document.document_id.to_string())));
    ingrid.get(&page(&ingrid, current[0].document_id, "1")).await.is(StatusCode::OK);
    assert_eq!(ingrid.snapshot().await.documents_deleted_at, None);

    let later = retention_job(&server, 31).await;
    assert_eq!(later.sweep(3).await.unwrap(), 1);
    assert_eq!(names(&server), Vec::<String>::new());
    assert_eq!(ingrid.get(&page(&ingrid, current[0].document_id, "1")).await.codes().0, 404);
    let snapshot = ingrid.snapshot().await;
    assert!(snapshot.documents_deleted_at.is_some());
    assert_eq!(snapshot.journey.documents, current, "the readings stay");
    assert_eq!(deletions(&later, &ingrid).await.len(), 2);
    assert_eq!(later.sweep(3).await.unwrap(), 0, "once");
    let rows = server.behind().await.rows(Table::KycResults).await;
    let row: serde_json::Value = serde_dynamo::from_item(rows[0].clone()).unwrap();
    assert_eq!(row["evidence"][0]["sha256"].as_str(), current[0].sha256.as_deref(), "{row}");

    // An application without documents is swept once, too.
    assert_eq!(retention_job(&server, 91).await.sweep(3).await.unwrap(), 1);
    assert!(application(&later, &idle).await.documents_deleted_at.is_some());
    assert_eq!(retention_job(&server, 91).await.sweep(100).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_deletion_is_completed_and_recorded_once() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    // The file of an old upload that never became a document.
    let folder = server.data().join("documents").join(ingrid.application().to_string());
    let orphan = folder.join(Uuid::new_v4().to_string());
    std::fs::write(&orphan, "half").unwrap();
    let old = std::time::SystemTime::now() - Duration::from_secs(3 * 86_400);
    std::fs::File::options().write(true).open(&orphan).unwrap().set_modified(old).unwrap();

    let (mut interruptions, mut time) = (0, Duration::ZERO);
    let last = loop {
        // A new job each time, as after a crash.
        let job = retention_job(&server, 91).await;
        match tokio::time::timeout(time, job.delete(&ingrid.application(), DeletionScope::Due)).await {
            Ok(deleted) => break deleted.unwrap(),
            Err(_) => interruptions += 1,
        }
        time += Duration::from_micros(500);
    };
    println!("interrupted {interruptions} times; the last attempt deleted {last:?}");
    let job = retention_job(&server, 91).await;
    assert_eq!(job.delete(&ingrid.application(), DeletionScope::Due).await.unwrap(), None);
    let after = application(&job, &ingrid).await;
    assert!(after.kept.is_empty() && after.deleting.is_empty() && !after.deleting_all);
    assert!(after.documents_deleted_at.is_some() && after.delete_due.is_none());
    assert_eq!(deletions(&job, &ingrid).await.len(), 1, "recorded once");
    assert_eq!(names(&server), Vec::<String>::new());
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn recent_orphan_is_kept_and_deleted_by_a_later_sweep() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    let orphan =
        server.data().join("documents").join(ingrid.application().to_string()).join(Uuid::new_v4().to_string());
    std::fs::write(&orphan, "half").unwrap();
    // Written an hour before the deletion is due, so the upload may not have ended.
    let young = std::time::SystemTime::now() + Duration::from_secs(91 * 86_400 - 3600);
    std::fs::File::options().write(true).open(&orphan).unwrap().set_modified(young).unwrap();

    let first = retention_job(&server, 91).await;
    assert_eq!(first.sweep(3).await.unwrap(), 1);
    assert_eq!(names(&server), [orphan.file_name().unwrap().to_str().unwrap()]);
    assert_eq!(application(&first, &ingrid).await.documents_deleted_at, None, "a file is left");
    assert_eq!(first.sweep(3).await.unwrap(), 0, "not again within a day");
    let second = retention_job(&server, 93).await;
    assert_eq!(second.sweep(3).await.unwrap(), 1);
    assert_eq!(names(&server), Vec::<String>::new());
    let after = application(&second, &ingrid).await;
    assert!(after.documents_deleted_at.is_some() && after.delete_due.is_none() && !after.deleting_all);
}

#[tokio::test(flavor = "multi_thread")]
async fn last_retake_is_accepted_despite_its_quality() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let dark = specimens::draw_passport(&Shown::ingrid(), &Theme::new(CaptureQuality::Dark, 7)).unwrap();
    let dark = specimens::jpeg(&dark, 90).unwrap();
    for _ in 0..domain::document::MAX_RETAKES {
        ingrid.hand_in("passport", "dark.jpg", dark.clone()).await;
        assert_eq!(documents(&ingrid).await, []);
    }
    let id = ingrid.hand_in("passport", "dark.jpg", dark).await;
    let [document] = &documents(&ingrid).await[..] else { panic!("one document") };
    assert_eq!((document.document_id, &document.issues[..]), (id, &[PictureIssue::TooDark][..]));
    // Its page is shown for review.
    ingrid.get(&page(&ingrid, id, "1")).await.is(StatusCode::OK);
}

/// Kills the server once `moment` of a passport's reading has come, and restarts it. Asserts that the document is read
/// once.
async fn assert_read_once_after_kill(moment: impl AsyncFn(&Behind, &Person, &Path) -> bool) {
    let stack = TestStack::start().await;
    let behind = Behind::of(&stack).await;
    let mut environment = stack.environment();
    environment.push(("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "the-one".to_owned()));
    let data = stack.data("program");
    let program = Process::start(&data, &environment).await;
    let ingrid = Person::known(program.base.clone()).await;
    ingrid.upload("passport", "passport.jpg", passport(&Shown::ingrid())).await.is(StatusCode::ACCEPTED);
    eventually("the moment of the reading", async || moment(&behind, &ingrid, &data).await.then_some(())).await;
    program.kill().await;
    let store = behind.store();
    let left = store.application(&ingrid.application()).await.unwrap().unwrap();
    assert_eq!((left.pending.len(), left.documents.len()), (1, 0), "killed before the reading was recorded");

    let restarted = Process::start(&data, &environment).await;
    let readings = async || {
        let events = store.all_events(ingrid.customer()).await.unwrap();
        events.iter().filter(|event| event.event_type() == EventType::DocumentsProcessed).count()
    };
    eventually("the document is read", async || (readings().await > 0).then_some(())).await;
    let after = store.application(&ingrid.application()).await.unwrap().unwrap();
    assert_eq!((after.pending.len(), after.documents.len(), after.kept.len()), (0, 1, 1));
    assert_eq!(after.documents[0].document_id, left.pending[0].document_id);
    assert_eq!((after.documents[0].pages, readings().await), (1, 1));
    let (files, _) = list_tree(&data.join("documents"));
    let complete: Vec<_> = files.iter().filter(|file| file.extension().is_none_or(|end| end != "part")).collect();
    assert_eq!(complete.len(), 2, "the original and its page: {files:?}");
    restarted.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn document_is_read_once_after_a_kill_at_the_start_of_its_reading() {
    assert_read_once_after_kill(async |behind, person, _| {
        let application = behind.store().application(&person.application()).await.unwrap().unwrap();
        application.pending.iter().any(|pending| pending.attempts == 1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn document_is_read_once_after_a_kill_between_its_pages_and_its_record() {
    assert_read_once_after_kill(async |_, _, data| {
        let (files, _) = list_tree(&data.join("documents"));
        files.iter().any(|file| file.to_str().unwrap().ends_with(".page-1"))
    })
    .await;
}
