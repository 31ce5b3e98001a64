//! Several document workers on one store: one of them reads each document, and others take over from a dead one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use domain::case::ReviewPolicy;
use domain::document::{DocumentKind, Provider};
use domain::event::{ApplicationId, Envelope, EventType};
use domain::policy::Catalogue;
use extraction::{Extractor, OnProgress, ProviderError, Router};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::Date;
use server::blobs::{Blobs, Part, Seal};
use server::clock::{Clock, SystemClock};
use server::commands::{Commands, Preloaded, Refusals, Upload};
use server::context::Context;
use server::documents::{ReadFailure, ReadQueue, RetentionPolicy};
use server::keys::Keys;
use server::live::{FanOut, Hub, Peers, Remote};
use server::outbox::Outbox;
use server::store::{Store, Tables};
use server::watchlists::Watchlists;
use server::workers::{DeletionScope, DocumentWorker, RetentionJob};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::support::{Behind, TestStack, details, eventually};

/// How often each page was read, by any reader.
type Readings = Arc<Mutex<HashMap<Bytes, usize>>>;

/// A provider that counts readings. It finds no fields, or hangs.
struct Counting {
    readings: Readings,
    hangs: bool,
}

impl Extractor for Counting {
    fn provider(&self) -> Provider {
        Provider::Custom
    }

    fn extract<'a>(
        &'a self,
        document: &'a ocr::Prepared,
        _: Date,
        _: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<ocr::Reading, ProviderError>> {
        *self.readings.lock().unwrap().entry(document.pages[0].jpeg.clone()).or_default() += 1;
        if self.hangs { std::future::pending().boxed() } else { async { Ok(ocr::Reading::default()) }.boxed() }
    }
}

/// A unique small picture of good quality.
fn picture() -> Bytes {
    let bits = Uuid::new_v4().as_u128();
    let square = |x: u32| if bits >> (x / 5 % 128) & 1 == 1 { 250 } else { 20 };
    specimens::png(&specimens::RgbImage::from_fn(640, 40, |x, _| [square(x); 3].into())).unwrap().into()
}

/// A stack without a server, and the readings of its workers.
struct Setup {
    stack: TestStack,
    store: Store,
    readings: Readings,
}

struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Setup {
    async fn start() -> Self {
        let stack = TestStack::start().await;
        let behind = Behind::of(&stack).await;
        Tables { client: &behind.dynamodb, names: &behind.names }.ensure().await.unwrap();
        Self { store: behind.store(), stack, readings: Readings::default() }
    }

    fn commands(&self) -> Commands {
        let context = Context {
            store: self.store.clone(),
            blobs: Blobs::in_folder(&self.stack.data("documents"), Seal::new(b"secret", []).unwrap()).unwrap(),
            catalogue: Arc::new(Catalogue::parse(domain::policy::BUILTIN).unwrap()),
            watchlists: Watchlists::sample(SystemClock.today()).unwrap(),
            clock: Arc::new(SystemClock),
        };
        Commands {
            context,
            outbox: Outbox::without_relay(),
            retention: RetentionPolicy { decided: 30, undecided: 90, replaced: 1 },
            // Its receiver is dropped, so that only sweeps find documents.
            read_queue: ReadQueue::new().0,
            refusals: Arc::new(Refusals::per_second(1.try_into().unwrap())),
            review: ReviewPolicy::default(),
            secret: Arc::from(&b"secret"[..]),
            preloaded: Preloaded::default(),
        }
    }

    fn start_reader(&self) -> Running {
        let stop = CancellationToken::new();
        let task = tokio::spawn(self.worker(4, false).run(mpsc::channel(1).1, stop.clone()));
        Running { task, stop }
    }

    fn worker(&self, max_concurrent: usize, hangs: bool) -> DocumentWorker {
        let keys = Keys::from_secret("a secret of these tests");
        let heartbeat = std::time::Duration::from_secs(25);
        let remote = Remote::new(self.store.clone(), Arc::new(SystemClock), keys.instances, heartbeat).unwrap();
        let peers = Peers::new(self.store.clone(), Arc::new(SystemClock), "http://localhost".into());
        DocumentWorker {
            commands: self.commands(),
            prepare: ocr::Reader::new(ocr::ReaderConfig::default()).unwrap(),
            router: Arc::new(Router::single(
                Arc::new(Counting { readings: self.readings.clone(), hangs }),
                std::time::Duration::from_secs(60),
            )),
            fan_out: FanOut::new(Hub::new(1, 1, CancellationToken::new()), None, remote, peers),
            max_concurrent,
            permits: Arc::new(Semaphore::new(max_concurrent)),
            instance: Uuid::new_v4(),
            timeout: std::time::Duration::from_secs(60),
            taken: Arc::default(),
        }
    }

    /// A new applicant with a passport and a proof of address.
    async fn applicant(&self) -> ApplicationId {
        let commands = self.commands();
        let id = commands.submit_user_info(&details(), None).await.unwrap().body.application_id;
        for kind in [DocumentKind::Passport, DocumentKind::ProofOfAddress] {
            let content = picture();
            let upload = Upload { kind, file_name: "a.png".into(), content };
            commands.accept_document(&id, upload, None).await.unwrap();
        }
        id
    }

    async fn expect_read(&self, applications: &[ApplicationId]) {
        eventually("all documents are read", async || {
            for id in applications {
                if !self.store.application(id).await.unwrap().unwrap().pending.is_empty() {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    async fn processed(&self, id: &ApplicationId) -> Vec<Envelope> {
        let events = self.store.all_events(id.customer_id()).await.unwrap();
        events.into_iter().filter(|event| event.event_type() == EventType::DocumentsProcessed).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_read_each_document_once() {
    let setup = Setup::start().await;
    let readers = [setup.start_reader(), setup.start_reader(), setup.start_reader()];
    let mut applications = Vec::new();
    for _ in 0..8 {
        applications.push(setup.applicant().await);
    }
    setup.expect_read(&applications).await;
    let readings = setup.readings.lock().unwrap().clone();
    assert_eq!(readings.len(), 16);
    assert!(readings.values().all(|times| *times == 1), "{readings:?}");
    for id in &applications {
        assert_eq!(setup.processed(id).await.len(), 2);
    }
    for reader in readers {
        reader.stop.cancel();
        reader.task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_a_dead_worker_only_are_taken_over() {
    let setup = Setup::start().await;
    // It reads at most two documents and hangs. It has its own runtime, whose shutdown aborts it at any point.
    let dying = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    dying.spawn(setup.worker(2, true).run(mpsc::channel(1).1, CancellationToken::new()));
    let id = setup.applicant().await;
    let begun = async || {
        let pending = setup.store.application(&id).await.unwrap().unwrap().pending;
        (pending.len() == 2 && pending.iter().all(|document| document.attempts == 1)).then_some(())
    };
    eventually("both readings have begun", begun).await;
    // Another worker finds the documents leased for longer than the time of one lease, because they are renewed.
    let successor = setup.start_reader();
    let other = setup.applicant().await;
    setup.expect_read(std::slice::from_ref(&other)).await;
    let until = Instant::now() + 2 * server::store::LEASE_TIME;
    eventually("leases are renewed", async || (Instant::now() > until).then_some(())).await;
    assert!(begun().await.is_some(), "read by both workers");

    let began = Instant::now();
    dying.shutdown_background();
    setup.expect_read(std::slice::from_ref(&id)).await;
    println!("documents of a dead worker taken over within {:?}", began.elapsed());
    assert!(setup.readings.lock().unwrap().values().all(|times| *times <= 2));
    assert_eq!(setup.processed(&id).await.len(), 2);
    successor.stop.cancel();
    successor.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn graceful_stop_gives_back_the_reading_attempt() {
    let setup = Setup::start().await;
    let id = setup.applicant().await;
    let attempts = async || -> Vec<u8> {
        let pending = setup.store.application(&id).await.unwrap().unwrap().pending;
        pending.iter().map(|document| document.attempts).collect()
    };
    // More stops than a document has attempts.
    for _ in 0..4 {
        let stop = CancellationToken::new();
        let task = tokio::spawn(setup.worker(2, true).run(mpsc::channel(1).1, stop.clone()));
        eventually("both readings have begun", async || (attempts().await == [1, 1]).then_some(())).await;
        stop.cancel();
        task.await.unwrap();
        assert_eq!(attempts().await, [0, 0]);
    }
    let worker = setup.start_reader();
    setup.expect_read(std::slice::from_ref(&id)).await;
    assert_eq!(setup.processed(&id).await.len(), 2, "both are read, none has failed");
    worker.stop.cancel();
    worker.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_during_a_reading_leaves_no_file_and_no_event() {
    let setup = Setup::start().await;
    // The worker stores the pages and hangs in the reading.
    let reader = setup.worker(2, true);
    let (commands, stop) = (reader.commands.clone(), CancellationToken::new());
    let task = tokio::spawn(reader.run(mpsc::channel(1).1, stop.clone()));
    let id = setup.applicant().await;
    let folder = setup.stack.data("documents").join(id.to_string());
    let kept = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
    eventually("two originals and their pages", async || (kept() == 4).then_some(())).await;

    let documents: Vec<Uuid> =
        setup.store.application(&id).await.unwrap().unwrap().pending.iter().map(|p| p.document_id).collect();
    let retention = RetentionJob {
        store: setup.store.clone(),
        blobs: commands.context.blobs.clone(),
        policy: commands.retention,
        clock: commands.context.clock.clone(),
        instance: Uuid::new_v4(),
    };
    let deleted = retention.delete(&id, DeletionScope::All).await.unwrap().unwrap();
    assert_eq!((deleted.documents.len(), deleted.files, kept()), (2, 4, 0));
    assert_eq!(setup.store.application(&id).await.unwrap().unwrap().pending, []);
    // A page and the outcome come after the deletion.
    for document in documents {
        commands.context.blobs.put(&id, document, Part::Page(1), b"late").await.unwrap();
        commands.record_reading(&id, document, &Err(ReadFailure::Failed("late".into()))).await.unwrap();
    }
    assert_eq!(kept(), 0);
    assert_eq!(setup.processed(&id).await.len(), 0);
    stop.cancel();
    task.await.unwrap();
}
