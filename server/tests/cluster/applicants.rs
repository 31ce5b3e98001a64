//! Traffic during faults: applicants send requests continuously, and every request must be answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::{Person, Socket, details, eventually};

/// The server's request timeout.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// The pause between two requests of one applicant.
const PAUSE: Duration = Duration::from_millis(400);
/// How many refused requests a returning applicant sends, below the limit of recorded refusals.
const MAX_REFUSALS: usize = 150;
/// How many applicants send requests for the whole trial.
const RETURNING: usize = 3;

/// Applicants that send requests until [`Applicants::stop`].
pub struct Applicants {
    base: watch::Sender<String>,
    stop: CancellationToken,
    /// Whether requests may fail, because the server is down.
    outage: Arc<AtomicBool>,
    /// How many requests were answered.
    answered: Arc<AtomicUsize>,
    returning: Vec<JoinHandle<Returned>>,
    new: JoinHandle<usize>,
}

/// The result of one returning applicant.
struct Returned {
    person: Person,
    /// How many events the answers acknowledged.
    acknowledged: usize,
    socket: Option<JoinHandle<()>>,
    /// The sequences that the socket delivered.
    received: watch::Receiver<Vec<u64>>,
}

/// What the server acknowledged, and so must have stored.
pub struct Acknowledged {
    pub events: usize,
}

impl Applicants {
    /// Starts applicants of the server at `base`. With `sockets`, each returning applicant holds a WebSocket.
    pub async fn start(base: &str, sockets: bool) -> Self {
        let (base, address) = watch::channel(base.to_owned());
        let stop = CancellationToken::new();
        let (outage, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let client = Client { address, stop: stop.clone(), outage: outage.clone(), answered: answered.clone() };
        let mut returning = Vec::new();
        for _ in 0..RETURNING {
            // Registered before the first fault.
            let person = Person::known(client.address.borrow().clone()).await;
            returning.push(tokio::spawn(send_refused_requests(person, client.clone(), sockets)));
        }
        let new = tokio::spawn(create_customers(client));
        Self { base, stop, outage, answered, returning, new }
    }

    /// Waits until this many more requests are answered.
    pub async fn expect_answers(&self, requests: usize) {
        let until = self.answered.load(Ordering::SeqCst) + requests;
        eventually("answers to requests", async || (self.answered.load(Ordering::SeqCst) >= until).then_some(())).await;
    }

    /// Sends requests for this time. Only for faults whose duration is the subject of the test.
    pub async fn run_for(&self, time: Duration) {
        tokio::time::sleep(time).await;
        self.expect_answers(5).await;
    }

    /// Accepts failed requests from now on.
    pub fn tolerate_outage(&self) {
        self.outage.store(true, Ordering::SeqCst);
    }

    /// Sends requests to the server at `base` and no longer accepts failed ones.
    pub fn continue_at(&self, base: &str) {
        self.base.send_replace(base.to_owned());
        self.outage.store(false, Ordering::SeqCst);
    }

    /// Stops the applicants. Asserts that each acknowledged event is stored and that each socket delivered every event
    /// once and in order.
    pub async fn stop(self) -> Acknowledged {
        self.stop.cancel();
        let mut events = self.new.await.unwrap();
        for returned in self.returning {
            let Returned { mut person, acknowledged, socket, received } = returned.await.unwrap();
            person.base.clone_from(&self.base.borrow());
            let stored = person.events().await;
            assert!(stored.len() >= acknowledged, "{} of {acknowledged} acknowledged events", stored.len());
            events += acknowledged;
            if let Some(socket) = socket {
                let all: Vec<u64> = (1..=stored.len() as u64).collect();
                eventually("the socket has all events", async || (received.borrow().len() >= all.len()).then_some(()))
                    .await;
                assert_eq!(*received.borrow(), all, "each event once, in order");
                socket.abort();
            }
        }
        Acknowledged { events }
    }
}

/// How every applicant sends requests.
#[derive(Clone)]
struct Client {
    /// The server's current address.
    address: watch::Receiver<String>,
    stop: CancellationToken,
    outage: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
}

impl Client {
    /// Sends a request. Returns `None` if it failed during a tolerated outage.
    async fn send(&self, request: reqwest::RequestBuilder) -> Option<reqwest::Response> {
        let outage = self.outage.load(Ordering::SeqCst);
        let started = Instant::now();
        match request.timeout(REQUEST_TIMEOUT).send().await {
            Ok(answer) => {
                assert!(!answer.status().is_server_error(), "{} after {:?}", answer.status(), started.elapsed());
                self.answered.fetch_add(1, Ordering::SeqCst);
                Some(answer)
            }
            Err(_) if outage || self.outage.load(Ordering::SeqCst) => None,
            Err(error) => panic!("not answered after {:?}: {error}", started.elapsed()),
        }
    }

    /// Waits for the time of the next request. Returns false once the applicants are stopped.
    async fn pause(&self) -> bool {
        self.stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some()
    }
}

/// Sends requests that are refused, because each refusal records an event.
async fn send_refused_requests(mut person: Person, client: Client, socket: bool) -> Returned {
    let (sequences, received) = watch::channel(Vec::new());
    let socket = socket.then(|| {
        let (customer, cookie) = (person.customer(), person.cookie().to_owned());
        tokio::spawn(record_sequences(client.address.clone(), customer, cookie, sequences))
    });
    let mut acknowledged = 1;
    while client.pause().await {
        person.base.clone_from(&client.address.borrow());
        if acknowledged <= MAX_REFUSALS {
            let request = person.request(reqwest::Method::POST, &person.own("/selection")).json("no");
            if let Some(answer) = client.send(request).await {
                assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
                acknowledged += 1;
            }
        }
    }
    Returned { person, acknowledged, socket, received }
}

/// Records the sequences that a socket delivers. After a disconnection it waits for a new address and resumes there.
async fn record_sequences(
    mut address: watch::Receiver<String>,
    customer: uuid::Uuid,
    cookie: String,
    sequences: watch::Sender<Vec<u64>>,
) {
    loop {
        let base = address.borrow_and_update().clone();
        let after = sequences.borrow().last().copied().unwrap_or(0);
        let mut socket = Socket::open(&base, customer, after, Some(&cookie), None).await.unwrap();
        while let Some(sequence) = socket.sequence().await {
            sequences.send_modify(|received| received.push(sequence));
        }
        if address.changed().await.is_err() {
            return;
        }
    }
}

/// Creates one customer after the other. Returns how many the server acknowledged.
async fn create_customers(client: Client) -> usize {
    let mut acknowledged = 0;
    let http = reqwest::Client::new();
    while client.pause().await {
        let address = format!("{}/api/customers", client.address.borrow().clone());
        if let Some(answer) = client.send(http.post(address).json(&details())).await {
            assert_eq!(answer.status(), StatusCode::CREATED);
            acknowledged += 1;
        }
    }
    acknowledged
}
