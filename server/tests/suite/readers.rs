//! Several readers of documents over one store: each document is read by one of them, and a dead one is replaced.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use domain::document::{DocumentKind, Provider};
use domain::event::{ApplicationId, Envelope, EventType};
use domain::policy::Catalogue;
use extraction::{Extractor, OnProgress, ProviderError, Router};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use server::blobs::{Blobs, Part, Seal};
use server::clock::SystemClock;
use server::commands::{Commands, Refusals, Upload};
use server::context::Context;
use server::documents::{ReadFailure, ReadQueue, RetentionPolicy};
use server::keys::Keys;
use server::live::{FanOut, Hub, Remote};
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

/// Reads nothing of any document, at once or never.
struct Counting {
    readings: Readings,
    ends: bool,
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
        if self.ends { async { Ok(ocr::Reading::default()) }.boxed() } else { std::future::pending().boxed() }
    }
}

/// A picture that no other is like, small and of good quality.
fn picture() -> Bytes {
    let bits = Uuid::new_v4().as_u128();
    let square = |x: u32| if bits >> (x / 5 % 128) & 1 == 1 { 250 } else { 20 };
    specimens::png(&specimens::RgbImage::from_fn(640, 40, |x, _| [square(x); 3].into())).unwrap().into()
}

struct Office {
    stack: TestStack,
    store: Store,
    readings: Readings,
}

struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Office {
    async fn start() -> Self {
        let stack = TestStack::start().await;
        let behind = Behind::of(&stack).await;
        Tables { client: &behind.dynamodb, names: &behind.names }.ensure().await.unwrap();
        Self { store: behind.store(), stack, readings: Readings::default() }
    }

    fn commands(&self) -> Commands {
        let config = self.stack.config("commands", "");
        let context = Context {
            store: self.store.clone(),
            blobs: Blobs::in_folder(&self.stack.data("documents"), Seal::new(b"secret", []).unwrap()).unwrap(),
            catalogue: Arc::new(Catalogue::parse(domain::policy::BUILTIN).unwrap()),
            watchlists: Watchlists::load(&config.watchlist, Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
                .unwrap(),
            clock: Arc::new(SystemClock),
        };
        Commands {
            context,
            outbox: Outbox::without_relay(),
            retention: RetentionPolicy { decided: 30, undecided: 90, replaced: 1 },
            // Its receiver is dropped, so that only sweeps find documents.
            read_queue: ReadQueue::new().0,
            refusals: Arc::new(Refusals::per_second(1.try_into().unwrap())),
            secret: Arc::from(&b"secret"[..]),
        }
    }

    fn reader(&self) -> Running {
        let stop = CancellationToken::new();
        let task = tokio::spawn(self.reading(4, true).run(mpsc::channel(1).1, stop.clone()));
        Running { task, stop }
    }

    fn reading(&self, places: usize, ends: bool) -> DocumentWorker {
        let keys = Keys::from_secret("of nobody else");
        let heartbeat = std::time::Duration::from_secs(25);
        let remote = Remote::new(self.store.clone(), Arc::new(SystemClock), keys.instances, heartbeat).unwrap();
        DocumentWorker {
            commands: self.commands(),
            prepare: ocr::Reader::new(ocr::ReaderConfig::default()).unwrap(),
            router: Arc::new(Router::single(
                Arc::new(Counting { readings: self.readings.clone(), ends }),
                std::time::Duration::from_secs(60),
            )),
            fan_out: FanOut::new(Hub::new(1, 1, CancellationToken::new()), None, remote),
            max_concurrent: places,
            permits: Arc::new(Semaphore::new(places)),
            instance: Uuid::new_v4(),
            timeout: std::time::Duration::from_secs(60),
            taken: Arc::default(),
        }
    }

    /// Somebody who hands in a document of each kind.
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

    async fn read(&self, applications: &[ApplicationId]) {
        eventually("everything is read", async || {
            for id in applications {
                if !self.store.application(id).await.unwrap().unwrap().pending.is_empty() {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    async fn told(&self, id: &ApplicationId) -> Vec<Envelope> {
        let events = self.store.all_events(id.customer_id()).await.unwrap();
        events.into_iter().filter(|event| event.event_type() == EventType::DocumentsProcessed).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_read_each_document_once() {
    let office = Office::start().await;
    let readers = [office.reader(), office.reader(), office.reader()];
    let mut applications = Vec::new();
    for _ in 0..40 {
        applications.push(office.applicant().await);
    }
    office.read(&applications).await;
    let readings = office.readings.lock().unwrap().clone();
    assert_eq!(readings.len(), 80);
    assert!(readings.values().all(|times| *times == 1), "{readings:?}");
    for id in &applications {
        assert_eq!(office.told(id).await.len(), 2);
    }
    for reader in readers {
        reader.stop.cancel();
        reader.task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_reader_is_replaced_and_a_living_one_is_not() {
    let office = Office::start().await;
    // It has no place for more than two, and is never done with them. On threads of its own, so that it can be gone in the middle of everything.
    let dying = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    dying.spawn(office.reading(2, false).run(mpsc::channel(1).1, CancellationToken::new()));
    let id = office.applicant().await;
    let begun = async || {
        let pending = office.store.application(&id).await.unwrap().unwrap().pending;
        (pending.len() == 2 && pending.iter().all(|document| document.attempts == 1)).then_some(())
    };
    eventually("it has begun", begun).await;
    // Another that looks for documents finds them leased, for longer than a lease lasts by itself.
    let heir = office.reader();
    let other = office.applicant().await;
    office.read(std::slice::from_ref(&other)).await;
    let lasting = Instant::now() + 2 * server::store::LEASE_TIME;
    eventually("leases are renewed", async || (Instant::now() > lasting).then_some(())).await;
    assert!(begun().await.is_some(), "read by two");

    let began = Instant::now();
    dying.shutdown_background();
    office.read(std::slice::from_ref(&id)).await;
    println!("documents of a dead reader were taken over within {:?}", began.elapsed());
    assert!(office.readings.lock().unwrap().values().all(|times| *times <= 2));
    assert_eq!(office.told(&id).await.len(), 2);
    heir.stop.cancel();
    heir.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn graceful_stop_gives_back_the_reading_attempt() {
    let office = Office::start().await;
    let id = office.applicant().await;
    let attempts = async || -> Vec<u8> {
        let pending = office.store.application(&id).await.unwrap().unwrap().pending;
        pending.iter().map(|document| document.attempts).collect()
    };
    // More stops than a document has attempts.
    for _ in 0..4 {
        let stop = CancellationToken::new();
        let task = tokio::spawn(office.reading(2, false).run(mpsc::channel(1).1, stop.clone()));
        eventually("both readings have begun", async || (attempts().await == [1, 1]).then_some(())).await;
        stop.cancel();
        task.await.unwrap();
        assert_eq!(attempts().await, [0, 0]);
    }
    let worker = office.reader();
    office.read(std::slice::from_ref(&id)).await;
    assert_eq!(office.told(&id).await.len(), 2, "both are read, none has failed");
    worker.stop.cancel();
    worker.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_while_it_is_read_leaves_nothing() {
    let office = Office::start().await;
    // It keeps the pages, and never comes to the end of reading.
    let reader = office.reading(2, false);
    let (commands, stop) = (reader.commands.clone(), CancellationToken::new());
    let task = tokio::spawn(reader.run(mpsc::channel(1).1, stop.clone()));
    let id = office.applicant().await;
    let folder = office.stack.data("documents").join(id.to_string());
    let kept = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
    eventually("two originals and their pages", async || (kept() == 4).then_some(())).await;

    let documents: Vec<Uuid> =
        office.store.application(&id).await.unwrap().unwrap().pending.iter().map(|p| p.document_id).collect();
    let keeping = RetentionJob {
        store: office.store.clone(),
        blobs: commands.context.blobs.clone(),
        policy: commands.retention,
        clock: commands.context.clock.clone(),
        instance: Uuid::new_v4(),
    };
    let deleted = keeping.delete(&id, DeletionScope::All).await.unwrap().unwrap();
    assert_eq!((deleted.documents.len(), deleted.files, kept()), (2, 4, 0));
    assert_eq!(office.store.application(&id).await.unwrap().unwrap().pending, []);
    // Pages come late, and so does the outcome.
    for document in documents {
        commands.context.blobs.put(&id, document, Part::Page(1), b"late").await.unwrap();
        commands.record_reading(&id, document, &Err(ReadFailure::Failed("late".into()))).await.unwrap();
    }
    assert_eq!(kept(), 0);
    assert_eq!(office.told(&id).await.len(), 0);
    stop.cancel();
    task.await.unwrap();
}
