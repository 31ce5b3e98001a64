//! People who go on applying, whatever happens: each holds a socket, and is answered every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::{Person, Socket, details, eventually};

/// The request time limit of the program, by which an answer must be there.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// How long a person takes from one request to the next.
const PACE: Duration = Duration::from_millis(400);
/// Refusals are on record up to a limit; a person stops before it.
const REFUSALS: usize = 150;

/// How many people stay throughout.
const STAYING: usize = 3;

/// Those who apply, until told to stop.
pub struct Crowd {
    base: watch::Sender<String>,
    stop: CancellationToken,
    /// Whether the program may be away, so that a request may fail.
    away: Arc<AtomicBool>,
    /// How many requests were answered.
    answered: Arc<AtomicUsize>,
    staying: Vec<JoinHandle<Stayed>>,
    passing: JoinHandle<usize>,
}

/// One who stayed throughout.
struct Stayed {
    person: Person,
    /// How many events answers have acknowledged.
    acknowledged: usize,
    socket: Option<JoinHandle<()>>,
    seen: watch::Receiver<Vec<u64>>,
}

/// What is to be found behind the program in the end.
pub struct Acknowledged {
    pub events: usize,
}

impl Crowd {
    /// People who use the program at `base`. With `watching`, each of those who stay holds a socket.
    pub async fn start(base: &str, watching: bool) -> Self {
        let (base, told) = watch::channel(base.to_owned());
        let stop = CancellationToken::new();
        let (away, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let visit = Visit { told, stop: stop.clone(), away: away.clone(), answered: answered.clone() };
        let mut staying = Vec::new();
        for _ in 0..STAYING {
            // They are there before anything happens.
            let person = Person::known(visit.told.borrow().clone()).await;
            staying.push(tokio::spawn(stay(person, visit.clone(), watching)));
        }
        let passing = tokio::spawn(pass(visit));
        Self { base, stop, away, answered, staying, passing }
    }

    /// Waits until so many more requests are answered.
    pub async fn goes_on(&self, requests: usize) {
        let until = self.answered.load(Ordering::SeqCst) + requests;
        eventually("requests are answered", async || (self.answered.load(Ordering::SeqCst) >= until).then_some(()))
            .await;
    }

    /// Goes on for so long: what is tested is what happens meanwhile, and how long the fault lasts.
    pub async fn goes_on_for(&self, time: Duration) {
        tokio::time::sleep(time).await;
        self.goes_on(5).await;
    }

    /// From now on the program may be away.
    pub fn without_program(&self) {
        self.away.store(true, Ordering::SeqCst);
    }

    /// The program is there again, at `base`.
    pub fn with_program_at(&self, base: &str) {
        self.base.send_replace(base.to_owned());
        self.away.store(false, Ordering::SeqCst);
    }

    /// They stop; whoever stayed has seen each of their events once, in order, at the socket.
    pub async fn stop(self) -> Acknowledged {
        self.stop.cancel();
        let mut events = self.passing.await.unwrap();
        for stayed in self.staying {
            let Stayed { mut person, acknowledged, socket, seen } = stayed.await.unwrap();
            person.base.clone_from(&self.base.borrow());
            let told = person.events().await;
            assert!(told.len() >= acknowledged, "{} of {acknowledged} acknowledged events", told.len());
            events += acknowledged;
            if let Some(socket) = socket {
                let all: Vec<u64> = (1..=told.len() as u64).collect();
                eventually("the socket has everything", async || (seen.borrow().len() >= all.len()).then_some(()))
                    .await;
                assert_eq!(*seen.borrow(), all, "each event once, in order");
                socket.abort();
            }
        }
        Acknowledged { events }
    }
}

/// What each of them goes by.
#[derive(Clone)]
struct Visit {
    told: watch::Receiver<String>,
    stop: CancellationToken,
    away: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
}

impl Visit {
    /// Sends it. None where the program was away.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Option<reqwest::Response> {
        let away = self.away.load(Ordering::SeqCst);
        let started = Instant::now();
        match request.timeout(ANSWERED_WITHIN).send().await {
            Ok(answer) => {
                assert!(!answer.status().is_server_error(), "{} after {:?}", answer.status(), started.elapsed());
                self.answered.fetch_add(1, Ordering::SeqCst);
                Some(answer)
            }
            Err(_) if away || self.away.load(Ordering::SeqCst) => None,
            Err(error) => panic!("not answered after {:?}: {error}", started.elapsed()),
        }
    }

    /// Until the next request; false once it is time to stop.
    async fn pause(&self) -> bool {
        self.stop.run_until_cancelled(tokio::time::sleep(PACE)).await.is_some()
    }
}

/// One person's visit: refused again and again, each time with an event on record.
async fn stay(mut person: Person, visit: Visit, watching: bool) -> Stayed {
    let (tell, seen) = watch::channel(Vec::new());
    let socket = watching.then(|| {
        let (customer, cookie) = (person.customer(), person.cookie().to_owned());
        tokio::spawn(watch_events(visit.told.clone(), customer, cookie, tell))
    });
    let mut acknowledged = 1;
    while visit.pause().await {
        person.base.clone_from(&visit.told.borrow());
        if acknowledged <= REFUSALS {
            let request = person.request(reqwest::Method::POST, &person.own("/selection")).json("no");
            if let Some(answer) = visit.ask(request).await {
                assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
                acknowledged += 1;
            }
        }
    }
    Stayed { person, acknowledged, socket, seen }
}

/// Keeps the sequences that come, each as it comes, and connects again where it stopped once there is a new address.
async fn watch_events(
    mut told: watch::Receiver<String>,
    customer: uuid::Uuid,
    cookie: String,
    tell: watch::Sender<Vec<u64>>,
) {
    loop {
        let base = told.borrow_and_update().clone();
        let after = tell.borrow().last().copied().unwrap_or(0);
        let mut socket = Socket::open(&base, customer, after, Some(&cookie), None).await.unwrap();
        while let Some(sequence) = socket.sequence().await {
            tell.send_modify(|seen| seen.push(sequence));
        }
        if told.changed().await.is_err() {
            return;
        }
    }
}

/// New people, one after the other. Returns how many were told that they are in.
async fn pass(visit: Visit) -> usize {
    let mut acknowledged = 0;
    let http = reqwest::Client::new();
    while visit.pause().await {
        let address = format!("{}/api/customers", visit.told.borrow().clone());
        if let Some(answer) = visit.ask(http.post(address).json(&details())).await {
            assert_eq!(answer.status(), StatusCode::CREATED);
            acknowledged += 1;
        }
    }
    acknowledged
}
