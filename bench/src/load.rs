//! Several processes under load: web instances, a relay and the consumers. Every customer has one socket, on one of the
//! instances, and a session from one of them, not always the same. What came over each socket is compared with the event
//! log: each event once, in sequence, none missing, none of anybody else's.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::event::EventType;
use embedded::Stack;
use futures::stream::{self, StreamExt};
use uuid::Uuid;

use crate::Outcome;
use crate::behind::{Behind, Logged};
use crate::browser::{Browser, Record};
use crate::figures::{rate, row, spread};
use crate::journey::{HandIn, Papers, Times, walk};
use crate::program::Program;
use crate::shares::Shares;
use crate::site::{Addresses, Choice, Site};
use crate::visitor::{TURNED_AWAY, Visitor};

/// How many customers open their sockets at a time.
const AT_ONCE: usize = 20;
/// How long events may take to settle once everybody is done, and how often the log is asked.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long sockets are still listened to when every event has come: for what should not come.
const LISTEN: Duration = Duration::from_secs(3);
/// How many violations are told in full.
const TOLD: usize = 20;

/// How much load.
#[derive(clap::Args)]
pub struct Sizes {
    /// How many customers are live, spread over both instances.
    #[arg(long, default_value_t = 1_000)]
    live: usize,
    /// How many of them go the whole way, all at once; to each of the others comes one event.
    #[arg(long, default_value_t = 100)]
    journeys: usize,
    /// Over how many seconds the others' events are spread.
    #[arg(long, default_value_t = 60)]
    spread: u64,
    /// How many web instances there are, beside a relay and the consumers; 0: one process is the whole system, to compare
    /// with.
    #[arg(long, default_value_t = 2)]
    webs: usize,
}

/// The processes of the system.
struct Parts {
    webs: Vec<Program>,
    /// The relay and the consumers.
    behind: Vec<(&'static str, Program)>,
}

/// A customer's place: the instance of the session comes first, that of the socket second.
struct Place {
    bases: Vec<String>,
    socket: String,
}

/// What came to a customer.
struct Told {
    customer: Uuid,
    record: Record,
}

/// Measures, compares, prints.
///
/// # Errors
/// Any violation, after everything is printed.
pub async fn measure(server: &Path, choice: Choice, sizes: &Sizes) -> Outcome<()> {
    let site = Site::new(choice)?;
    let stack = match choice {
        Choice::Embedded => Some(Stack::start(&site.data("stack")).await?),
        Choice::Cluster => None,
    };
    let addresses = stack.as_ref().map(Addresses::from);
    let behind = site.behind(addresses.as_ref()).await?;
    let parts = Parts::start(server, &site, addresses.as_ref(), sizes.webs).await?;
    let (told, ways, took) = everybody(&parts, &behind, sizes).await?;

    println!("| What | Measured |\n| --- | --- |");
    let log = behind.log().await?;
    let (events, violations) = compare(&log, &told);
    let deliveries: usize = told.iter().map(|told| told.record.receipts.len()).sum();
    row("Live sockets, and web instances that hold them", &format!("{} on {}", told.len(), parts.webs.len()));
    row("Whole journeys at once", &format!("{} of {} completed", ways.done.len(), sizes.journeys));
    row("Events of these customers in the log", &events.to_string());
    row("Deliveries", &deliveries.to_string());
    row("Violations (lost, doubled, out of order, another's)", &violations.len().to_string());
    let resumed: usize = told.iter().map(|told| told.record.resumed).sum();
    row("Sockets that a server closed, opened again from the last sequence on", &resumed.to_string());
    let turned_away = TURNED_AWAY.load(Ordering::Relaxed);
    row("Files for which a server had no room at the moment, handed in again", &turned_away.to_string());
    row("Refused files that are not in the log", &ways.unrecorded.to_string());
    row("Time of the whole", &format!("{:.1} s; {} delivered", took.as_secs_f64(), rate(deliveries, took)));
    tell_times(&log, &told, &ways);
    for (name, program) in parts.named() {
        row(&format!("Memory of {name} (resident)"), &program.memory()?);
    }
    parts.stop().await?;
    if let Some(stack) = stack {
        stack.stop().await;
    }

    for violation in violations.iter().chain(&ways.failures).take(TOLD) {
        eprintln!("{violation}");
    }
    match violations.len() + ways.failures.len() {
        0 => Ok(()),
        _ => Err(format!("{} violations, {} customers failed", violations.len(), ways.failures.len()).into()),
    }
}

impl Parts {
    async fn start(server: &Path, site: &Site, stack: Option<&Addresses>, webs: usize) -> Outcome<Self> {
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let start = async |part: &str, role: &str| {
            let mut variables = site.part(part, stack);
            variables.push(("ONBOARD_SECRET", secret.clone()));
            // Refused files are to be events here, not a flood that is only counted.
            variables.push(("ONBOARD_LIMITS__RECORDED_REFUSALS_PER_SECOND", "1000".to_owned()));
            Program::start(server, &variables, &[role]).await
        };
        if webs == 0 {
            return Ok(Self { webs: vec![start("server", "all").await?], behind: Vec::new() });
        }
        // One after the other: the first makes the tables and topics.
        let mut behind = Vec::new();
        for role in ["relay", "consumers"] {
            behind.push((role, start(role, role).await?));
        }
        let mut started = Vec::with_capacity(webs);
        for number in 1..=webs {
            started.push(start(&format!("web-{number}"), "web").await?);
        }
        Ok(Self { webs: started, behind })
    }

    /// Of four customers that follow each other, each has another pair of instances.
    fn place(&self, number: usize) -> Place {
        let base = |number: usize| self.webs[number % self.webs.len()].base.clone();
        let session = number / self.webs.len();
        Place { bases: vec![base(session), base(session + 1)], socket: base(number) }
    }

    fn named(&self) -> impl Iterator<Item = (String, &Program)> {
        let webs = self.webs.iter().enumerate().map(|(number, web)| (format!("web instance {}", number + 1), web));
        webs.chain(self.behind.iter().map(|(role, program)| (format!("the process with role {role}"), program)))
    }

    async fn stop(self) -> Outcome<()> {
        for program in self.webs.into_iter().chain(self.behind.into_iter().rev().map(|(_, program)| program)) {
            program.stop().await?;
        }
        Ok(())
    }
}

/// How the journeys went.
#[derive(Default)]
struct Ways {
    done: Vec<Times>,
    failures: Vec<String>,
    /// From the first to the last reading that was seen.
    reading: Duration,
    /// How many of the others' refused files became no event: a server whose store is away does not insist on that.
    unrecorded: usize,
    /// From the others' requests to their events.
    others: Vec<Duration>,
}

/// All customers come, do what they do, and are told what they are told; and how long that took.
async fn everybody(parts: &Parts, behind: &Behind, sizes: &Sizes) -> Outcome<(Vec<Told>, Ways, Duration)> {
    let http = reqwest::Client::new();
    let papers = Arc::new(Papers::draw()?);
    let walking = sizes.journeys.min(sizes.live);
    let others: Vec<(Visitor, Browser)> = stream::iter(walking..sizes.live)
        .map(|number| {
            let (place, http) = (parts.place(number), &http);
            async move {
                let (visitor, mut browser) = come(http, &place, number).await?;
                browser.expect(EventType::UserInfoSubmitted).await?;
                Ok((visitor, browser))
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<Outcome<_>>()?;

    let started = Instant::now();
    let journeys = (0..walking)
        .map(|number| {
            let (place, http, papers) = (parts.place(number), http.clone(), papers.clone());
            tokio::spawn(async move {
                let (visitor, mut browser) = come(&http, &place, number).await?;
                let times = walk(&visitor, &mut browser, &papers, HandIn::Together).await;
                Outcome::Ok((visitor, browser, times))
            })
        })
        .collect::<Vec<_>>();
    let mut pace = tokio::time::interval(Duration::from_secs(sizes.spread.max(1)) / others.len().max(1) as u32);
    let mut stepping = Vec::with_capacity(others.len());
    for (visitor, mut browser) in others {
        pace.tick().await;
        stepping.push(tokio::spawn(async move {
            let sent = Instant::now();
            let answered = visitor.hand_in_nonsense().await;
            let seen = browser.expect(EventType::WorkflowError).await;
            (visitor.customer, browser, answered, seen.map(|seen| seen.at.saturating_duration_since(sent)))
        }));
    }

    let mut ways = Ways::default();
    let mut sockets = Vec::with_capacity(sizes.live);
    let mut read = Vec::new();
    for journey in journeys {
        let (visitor, browser, times) = journey.await??;
        sockets.push((visitor.customer, browser));
        match times {
            Ok(times) => {
                read.extend(times.read_at);
                ways.done.push(times);
            }
            Err(error) => ways.failures.push(format!("customer {}: {error}", visitor.customer)),
        }
    }
    for step in stepping {
        let (customer, browser, answered, time) = step.await?;
        sockets.push((customer, browser));
        if let Err(error) = answered {
            ways.failures.push(format!("customer {customer}: {error}"));
        }
        match time {
            Ok(time) => ways.others.push(time),
            // Where the log has its event, the comparison says so.
            Err(_) => ways.unrecorded += 1,
        }
    }
    let took = started.elapsed();
    ways.reading = read.iter().max().map_or(Duration::ZERO, |last| last.saturating_duration_since(started));

    settled(behind).await?;
    tokio::time::sleep(LISTEN).await;
    let mut told = Vec::with_capacity(sockets.len());
    for (customer, browser) in sockets {
        told.push(Told { customer, record: browser.close().await? });
    }
    Ok((told, ways, took))
}

/// A customer says who they are at one instance, and opens a socket at one.
async fn come(http: &reqwest::Client, place: &Place, number: usize) -> Outcome<(Visitor, Browser)> {
    let visitor = Visitor::register(http, &place.bases, number).await?;
    let browser = Browser::open(&visitor, &place.socket, 0).await?;
    Ok((visitor, browser))
}

/// Waits until every event is published and has had its effects; what has not by then shows in the comparison.
async fn settled(behind: &Behind) -> Outcome<()> {
    let started = Instant::now();
    while started.elapsed() < SETTLED_WITHIN {
        let log = behind.log().await?;
        if log.values().flatten().all(|logged| logged.published && logged.handled_at.is_some()) {
            break;
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    Ok(())
}

/// How many events the log has of these customers, and what is not as it should be.
fn compare(log: &HashMap<Uuid, Vec<Logged>>, told: &[Told]) -> (usize, Vec<String>) {
    let mut events = 0;
    let mut violations = Vec::new();
    for Told { customer, record } in told {
        violations.extend(record.violations.iter().cloned());
        let logged = log.get(customer).map_or(&[][..], Vec::as_slice);
        events += logged.len();
        let came: Vec<Uuid> = record.receipts.iter().map(|receipt| receipt.event_id).collect();
        for (place, Logged { event, handled_at, published }) in logged.iter().enumerate() {
            let sequence = event.sequence;
            if sequence != place as u64 + 1 {
                violations.push(format!("customer {customer}: event {sequence} of the log is in place {}", place + 1));
            }
            if !published || handled_at.is_none() {
                violations.push(format!("customer {customer}: event {sequence} was not published, or had no effects"));
            }
            match came.iter().filter(|id| **id == event.event_id).count() {
                1 => {}
                times => violations.push(format!("customer {customer}: event {sequence} came {times} times")),
            }
        }
        for receipt in &record.receipts {
            if logged.iter().all(|logged| logged.event.event_id != receipt.event_id) {
                violations.push(format!("customer {customer}: event {} is not in the log", receipt.sequence));
            }
        }
        if logged.is_empty() {
            violations.push(format!("customer {customer}: has no events in the log"));
        }
    }
    (events, violations)
}

fn tell_times(log: &HashMap<Uuid, Vec<Logged>>, told: &[Told], ways: &Ways) {
    let all = |of: fn(&Times) -> &Vec<Duration>| ways.done.iter().flat_map(of).copied().collect::<Vec<_>>();
    row("REST -> browser across instances, a refused file sent to its event seen", &spread(ways.others.clone()));
    row(
        "REST -> browser across instances, steps of the journeys sent to their events seen",
        &spread(all(|times| &times.steps)),
    );
    let mut shares = Shares::default();
    for Told { customer, record } in told {
        // The first event is there before the socket is, and comes from the log.
        shares.add(log.get(customer).map_or(&[], Vec::as_slice), &record.receipts, |sequence| sequence > 1);
    }
    row("Consumer, event's time to its effects, all live events", &spread(shares.to_effects));
    row("WebSocket delivery, effects to frame, all live events", &spread(shares.to_browser));
    row("Event's time to frame, all live events", &spread(shares.all));
    row("KYC, documents complete to decision seen", &spread(all(|times| &times.kyc)));
    row("Reading of a document alone", &spread(all(|times| &times.readings)));
    row("A document, upload to fields seen, its turn among all these included", &spread(all(|times| &times.documents)));
    row("All documents read after", &format!("{:.1} s", ways.reading.as_secs_f64()));
    row(
        "The rest of a journey, last document read to completed",
        &spread(ways.done.iter().map(|times| times.rest).collect()),
    );
}

#[cfg(test)]
mod tests {
    use domain::event::{ApplicationId, Envelope, EventData, SCHEMA_VERSION, UserInfo};
    use jiff::Timestamp;

    use super::*;
    use crate::browser::Receipt;

    fn logged(customer: Uuid, sequence: u64) -> Logged {
        let event = Envelope {
            event_id: Uuid::now_v7(),
            source: "test".to_owned(),
            customer_id: customer,
            application_id: ApplicationId::new(customer, Timestamp::UNIX_EPOCH),
            sequence,
            schema_version: SCHEMA_VERSION,
            timestamp: Timestamp::UNIX_EPOCH,
            data: EventData::UserInfoSubmitted(UserInfo::default()),
        };
        Logged { event, handled_at: Some(Timestamp::UNIX_EPOCH), published: true }
    }

    /// How many violations there are where the log has three events, and these came.
    fn violations(came: impl Fn(&[Logged]) -> Vec<Uuid>, spoil: impl Fn(&mut Vec<Logged>)) -> usize {
        let customer = Uuid::new_v4();
        let mut events: Vec<Logged> = (1..=3).map(|sequence| logged(customer, sequence)).collect();
        let receipts =
            came(&events).into_iter().map(|event_id| Receipt { event_id, sequence: 0, at: Timestamp::UNIX_EPOCH });
        let record = Record { receipts: receipts.collect(), ..Record::default() };
        spoil(&mut events);
        compare(&HashMap::from([(customer, events)]), &[Told { customer, record }]).1.len()
    }

    fn ids(events: &[Logged]) -> Vec<Uuid> {
        events.iter().map(|logged| logged.event.event_id).collect()
    }

    #[test]
    fn all_once_is_as_it_should_be() {
        assert_eq!(violations(ids, |_| {}), 0);
    }

    #[test]
    fn what_is_lost_doubled_invented_or_without_effects_shows() {
        assert_eq!(violations(|events| ids(&events[..2]), |_| {}), 1);
        assert_eq!(violations(|events| [ids(events), ids(&events[..1])].concat(), |_| {}), 1);
        assert_eq!(violations(|events| [ids(events), vec![Uuid::now_v7()]].concat(), |_| {}), 1);
        assert_eq!(violations(ids, |events| events[2].handled_at = None), 1);
        assert_eq!(violations(ids, |events| events[2].published = false), 1);
        assert_eq!(violations(ids, |events| drop(events.remove(1))), 2);
    }
}
