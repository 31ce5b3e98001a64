//! Sanctions lists in service: several at once, fetched from a stand-in publisher or read from files; refused issues;
//! freshness; what an operator sees and accepts.

mod files;
mod publisher;
mod refused;
mod service;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use server::blobs::{Blobs, Seal};
use server::clock::Clock;
use server::config::Config;
use server::store::{Store, Tables};
use server::watchlists::{Archive, Keeper, Plan, Watchlists};

use self::publisher::{Publisher, Reply};
use super::command_line::{Environment, both};
use super::stack::TestStack;
use super::support::{Behind, TestServer, eventually};

/// The day of most issues.
const DAY: &str = "2026-11-20";

/// The people of most issues: reference, name, date of birth.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("QDi.901", "VIKTOR ZARENKO", "1971-08-12"),
    ("QDi.902", "KNOWN NOBODY", "1950-02-03"),
    ("QDi.903", "LISTED SOMEBODY", "1960-04-05"),
    ("QDi.904", "ANOTHER SOMEBODY", "1961-05-06"),
];

/// The United Nations' list of these people.
fn un(day: &str, people: &[(&str, &str, &str)]) -> Vec<u8> {
    let person = |(id, name, born): &(&str, &str, &str)| {
        let (first, last) = name.split_once(' ').unwrap();
        format!(
            "<INDIVIDUAL><REFERENCE_NUMBER>{id}</REFERENCE_NUMBER><FIRST_NAME>{first}</FIRST_NAME>\
             <SECOND_NAME>{last}</SECOND_NAME><INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE>\
             <DATE>{born}</DATE></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL>\n"
        )
    };
    let people: String = people.iter().map(person).collect();
    format!(
        "<CONSOLIDATED_LIST dateGenerated=\"{day}T00:00:00Z\"><INDIVIDUALS>{people}</INDIVIDUALS></CONSOLIDATED_LIST>"
    )
    .into_bytes()
}

/// The list with everybody.
fn whole() -> Vec<u8> {
    un(DAY, &PEOPLE)
}

/// A clock that stands still.
struct StoppedClock(Mutex<Timestamp>);

impl StoppedClock {
    fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time.parse().unwrap())))
    }

    fn set(&self, time: &str) {
        *self.0.lock().unwrap() = time.parse().unwrap();
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Tables and documents without a server.
struct Service {
    stack: TestStack,
    store: Store,
    blobs: Blobs,
    clock: Arc<StoppedClock>,
}

impl Service {
    async fn start() -> Self {
        let stack = TestStack::start().await;
        let behind = Behind::of(&stack).await;
        Tables { client: &behind.dynamodb, names: &behind.names }.ensure().await.unwrap();
        let blobs = Blobs::in_folder(&stack.data("documents"), Seal::new(b"secret", []).unwrap()).unwrap();
        Self { store: behind.store(), stack, blobs, clock: StoppedClock::at("2026-11-27T08:00:00Z") }
    }

    fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    fn settings(&self, settings: &str) -> Config {
        self.stack.config("lists", &format!("watchlist.fetch_retry_s = 0\n{settings}"))
    }

    fn keeper(&self, settings: &str) -> Keeper {
        let plan = Plan::new(&self.settings(settings).watchlist).unwrap();
        Keeper::new(plan, self.store.clone(), Archive::new(self.blobs.shared()), self.clock.clone()).unwrap()
    }

    async fn open(&self, settings: &str) -> Watchlists {
        self.try_open(settings).await.unwrap()
    }

    async fn try_open(&self, settings: &str) -> Result<Watchlists, server::watchlists::WatchlistError> {
        let config = self.settings(settings);
        Watchlists::open(&config.watchlist, self.store.clone(), &self.blobs, self.clock.clone()).await
    }
}

/// Sets the modification time of a file.
fn modify(file: &std::path::Path, at: Timestamp) {
    std::fs::File::options().append(true).open(file).unwrap().set_modified(at.into()).unwrap();
}

/// Noon of a day.
fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

/// A server that screens against the list of `publisher`, and the environment of its commands.
async fn server(publisher: &Publisher) -> (TestServer, Environment) {
    let server =
        TestServer::start_with(&format!("watchlist.un = '{}'\nwatchlist.fetch_retry_s = 0", publisher.url())).await;
    let mut environment = server.environment();
    environment.push(("ONBOARD_WATCHLIST__UN", publisher.url()));
    environment.push(("ONBOARD_WATCHLIST__FETCH_RETRY_S", "0".to_owned()));
    (server, environment)
}

async fn readiness(server: &TestServer) -> (u16, Value) {
    let answer = server.person().get("/readyz").await;
    (answer.status.as_u16(), answer.json())
}

async fn until_fresh(server: &TestServer) {
    eventually("the list is fetched", async || {
        (readiness(server).await.1["lists"]["UN"]["state"] == "fresh").then_some(())
    })
    .await;
}

async fn status(environment: &Environment) -> Value {
    let (_, json) = both(environment, &["lists", "status"]).await;
    json["lists"][0].clone()
}
