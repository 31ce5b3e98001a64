//! Several processes under load: web instances, a relay and the consumers. Every customer has one socket on one of the
//! instances, and a session from the same or another one. The deliveries of each socket are compared with the event
//! log: each event arrives once and in sequence, none is missing, and none belongs to another customer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::event::EventType;
use embedded::Stack;
use futures::stream::{self, StreamExt};
use server::stack_file::StackAddresses;
use uuid::Uuid;

use crate::BenchResult;
use crate::backend_probe::{BackendProbe, Logged};
use crate::browser::{Browser, Record};
use crate::cluster_env::{ClusterEnv, StackChoice};
use crate::journey::{SampleFiles, Times, UploadOrder, walk};
use crate::latency_breakdown::LatencyBreakdown;
use crate::program::Program;
use crate::report::{rate, row, spread};
use crate::visitor::{OVERLOAD_REJECTIONS, Visitor};

/// Number of customers that connect concurrently.
const CONCURRENCY: usize = 20;
/// Time limit until all events are handled, once all customers are done, and the interval of reading the log.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Time that sockets stay open after the last event, to detect events that should not arrive.
const LISTEN: Duration = Duration::from_secs(3);
/// Maximum number of violations that are printed.
const MAX_PRINTED: usize = 20;

/// The amount of load.
#[derive(clap::Args)]
pub struct Sizes {
    /// Number of live customers, spread over the web instances.
    #[arg(long, default_value_t = 1_000)]
    live: usize,
    /// Number of them that run a concurrent whole journey; each of the others receives one event.
    #[arg(long, default_value_t = 100)]
    journeys: usize,
    /// Number of seconds over which the others' events are spread.
    #[arg(long, default_value_t = 60)]
    spread: u64,
    /// Number of web instances beside a relay and the consumers; 0: one process with all roles, for comparison.
    #[arg(long, default_value_t = 2)]
    webs: usize,
}

/// The processes of the system.
struct Processes {
    webs: Vec<Program>,
    /// The relay and the consumers.
    background: Vec<(&'static str, Program)>,
}

/// The instances for the session and for the socket of one customer.
struct Assignment {
    bases: Vec<String>,
    socket: String,
}

/// The deliveries to one customer.
struct CustomerRecord {
    customer: Uuid,
    record: Record,
}

/// Runs the load, compares the deliveries with the log and prints the results.
///
/// # Errors
/// Any violation, after everything is printed.
pub async fn measure(server: &Path, choice: StackChoice, sizes: &Sizes) -> BenchResult<()> {
    let env = ClusterEnv::new(choice)?;
    let stack = match choice {
        StackChoice::Embedded => Some(Stack::start(&env.data("stack")).await?),
        StackChoice::Cluster => None,
    };
    let addresses = stack.as_ref().map(StackAddresses::of);
    let backend = env.probe(addresses.as_ref()).await?;
    let processes = Processes::start(server, &env, addresses.as_ref(), sizes.webs).await?;
    let (records, results, took) = run_customers(&processes, &backend, sizes).await?;

    println!("| What | Measured |\n| --- | --- |");
    let log = backend.log().await?;
    let (events, violations) = compare(&log, &records);
    let deliveries: usize = records.iter().map(|customer| customer.record.receipts.len()).sum();
    row("Live sockets, and web instances", &format!("{} on {}", records.len(), processes.webs.len()));
    row("Concurrent journeys", &format!("{} of {} completed", results.done.len(), sizes.journeys));
    row("Events in the log", &events.to_string());
    row("Deliveries", &deliveries.to_string());
    row("Violations (lost, duplicated, out of order, of another customer)", &violations.len().to_string());
    let reconnections: usize = records.iter().map(|customer| customer.record.reconnections).sum();
    row("Sockets closed by a server and reconnected", &reconnections.to_string());
    let rejections = OVERLOAD_REJECTIONS.load(Ordering::Relaxed);
    row("Uploads rejected for overload and repeated", &rejections.to_string());
    row("Refused files without an event in the log", &results.unrecorded.to_string());
    row("Total time", &format!("{:.1} s; {} delivered", took.as_secs_f64(), rate(deliveries, took)));
    report_times(&log, &records, &results);
    for (name, program) in processes.named() {
        row(&format!("Resident memory of {name}"), &program.memory()?);
    }
    processes.stop().await?;
    if let Some(stack) = stack {
        stack.stop().await;
    }

    for violation in violations.iter().chain(&results.failures).take(MAX_PRINTED) {
        eprintln!("{violation}");
    }
    match violations.len() + results.failures.len() {
        0 => Ok(()),
        _ => Err(format!("{} violations, {} customers failed", violations.len(), results.failures.len()).into()),
    }
}

impl Processes {
    async fn start(server: &Path, env: &ClusterEnv, stack: Option<&StackAddresses>, webs: usize) -> BenchResult<Self> {
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let start = async |part: &str, role: &str| {
            let mut variables = env.part(part, stack);
            variables.push(("ONBOARD_SECRET", secret.clone()));
            // All refused files must be recorded as events, above the usual limit.
            variables.push(("ONBOARD_LIMITS__RECORDED_REFUSALS_PER_SECOND", "1000".to_owned()));
            Program::start(server, &variables, &[role]).await
        };
        if webs == 0 {
            return Ok(Self { webs: vec![start("server", "all").await?], background: Vec::new() });
        }
        // In sequence, because the first one creates the tables and topics.
        let mut background = Vec::new();
        for role in ["relay", "consumers"] {
            background.push((role, start(role, role).await?));
        }
        let mut started = Vec::with_capacity(webs);
        for number in 1..=webs {
            started.push(start(&format!("web-{number}"), "web").await?);
        }
        Ok(Self { webs: started, background })
    }

    /// The instances of a customer. With two instances, four consecutive customers have four different assignments.
    fn assignment(&self, number: usize) -> Assignment {
        let base = |number: usize| self.webs[number % self.webs.len()].base.clone();
        let session = number / self.webs.len();
        Assignment { bases: vec![base(session), base(session + 1)], socket: base(number) }
    }

    fn named(&self) -> impl Iterator<Item = (String, &Program)> {
        let webs = self.webs.iter().enumerate().map(|(number, web)| (format!("web instance {}", number + 1), web));
        webs.chain(self.background.iter().map(|(role, program)| (format!("the process with role {role}"), program)))
    }

    async fn stop(self) -> BenchResult<()> {
        for program in self.webs.into_iter().chain(self.background.into_iter().rev().map(|(_, program)| program)) {
            program.stop().await?;
        }
        Ok(())
    }
}

/// The results of the journeys.
#[derive(Default)]
struct JourneyResults {
    done: Vec<Times>,
    failures: Vec<String>,
    /// From the start to the last reading.
    reading: Duration,
    /// Refused files without an event. A server with an unavailable store refuses them without recording them.
    unrecorded: usize,
    /// From each request of the other customers to its event.
    others: Vec<Duration>,
}

/// Connects all customers and runs their steps. Returns their deliveries, the results and the duration.
async fn run_customers(
    processes: &Processes,
    backend: &BackendProbe,
    sizes: &Sizes,
) -> BenchResult<(Vec<CustomerRecord>, JourneyResults, Duration)> {
    let http = reqwest::Client::new();
    let files = Arc::new(SampleFiles::draw()?);
    let journey_count = sizes.journeys.min(sizes.live);
    let others: Vec<(Visitor, Browser)> = stream::iter(journey_count..sizes.live)
        .map(|number| {
            let (assignment, http) = (processes.assignment(number), &http);
            async move {
                let (visitor, mut browser) = connect(http, &assignment, number).await?;
                browser.expect(EventType::UserInfoSubmitted).await?;
                Ok((visitor, browser))
            }
        })
        .buffer_unordered(CONCURRENCY)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<BenchResult<_>>()?;

    let started = Instant::now();
    let journeys = (0..journey_count)
        .map(|number| {
            let (assignment, http, files) = (processes.assignment(number), http.clone(), files.clone());
            tokio::spawn(async move {
                let (visitor, mut browser) = connect(&http, &assignment, number).await?;
                let times = walk(&visitor, &mut browser, &files, UploadOrder::Concurrent).await;
                BenchResult::Ok((visitor, browser, times))
            })
        })
        .collect::<Vec<_>>();
    let mut pace = tokio::time::interval(Duration::from_secs(sizes.spread.max(1)) / others.len().max(1) as u32);
    let mut stepping = Vec::with_capacity(others.len());
    for (visitor, mut browser) in others {
        pace.tick().await;
        stepping.push(tokio::spawn(async move {
            let sent = Instant::now();
            let answered = visitor.upload_invalid().await;
            let seen = browser.expect(EventType::WorkflowError).await;
            (visitor.customer, browser, answered, seen.map(|seen| seen.at.saturating_duration_since(sent)))
        }));
    }

    let mut results = JourneyResults::default();
    let mut sockets = Vec::with_capacity(sizes.live);
    let mut read = Vec::new();
    for journey in journeys {
        let (visitor, browser, times) = journey.await??;
        sockets.push((visitor.customer, browser));
        match times {
            Ok(times) => {
                read.extend(times.read_at);
                results.done.push(times);
            }
            Err(error) => results.failures.push(format!("customer {}: {error}", visitor.customer)),
        }
    }
    for step in stepping {
        let (customer, browser, answered, time) = step.await?;
        sockets.push((customer, browser));
        if let Err(error) = answered {
            results.failures.push(format!("customer {customer}: {error}"));
        }
        match time {
            Ok(time) => results.others.push(time),
            // If the log has its event, the comparison reports it as lost.
            Err(_) => results.unrecorded += 1,
        }
    }
    let took = started.elapsed();
    results.reading = read.iter().max().map_or(Duration::ZERO, |last| last.saturating_duration_since(started));

    wait_until_settled(backend).await?;
    tokio::time::sleep(LISTEN).await;
    let mut records = Vec::with_capacity(sockets.len());
    for (customer, browser) in sockets {
        records.push(CustomerRecord { customer, record: browser.close().await? });
    }
    Ok((records, results, took))
}

/// Registers a customer at one instance, and opens its socket at another or the same.
async fn connect(http: &reqwest::Client, assignment: &Assignment, number: usize) -> BenchResult<(Visitor, Browser)> {
    let visitor = Visitor::register(http, &assignment.bases, number).await?;
    let browser = Browser::open(&visitor, &assignment.socket, 0).await?;
    Ok((visitor, browser))
}

/// Waits until every event is published and handled. Events that take longer fail the comparison.
async fn wait_until_settled(backend: &BackendProbe) -> BenchResult<()> {
    let started = Instant::now();
    while started.elapsed() < SETTLE_TIMEOUT {
        let log = backend.log().await?;
        if log.values().flatten().all(|logged| logged.published && logged.handled_at.is_some()) {
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

/// Compares the deliveries with the log. Returns the number of events of these customers, and the violations.
fn compare(log: &HashMap<Uuid, Vec<Logged>>, records: &[CustomerRecord]) -> (usize, Vec<String>) {
    let mut events = 0;
    let mut violations = Vec::new();
    for CustomerRecord { customer, record } in records {
        violations.extend(record.violations.iter().cloned());
        let logged = log.get(customer).map_or(&[][..], Vec::as_slice);
        events += logged.len();
        let received: Vec<Uuid> = record.receipts.iter().map(|receipt| receipt.event_id).collect();
        for (index, Logged { event, handled_at, published }) in logged.iter().enumerate() {
            let sequence = event.sequence;
            if sequence != index as u64 + 1 {
                violations
                    .push(format!("customer {customer}: event {sequence} of the log is at position {}", index + 1));
            }
            if !published || handled_at.is_none() {
                violations.push(format!("customer {customer}: event {sequence} was not published, or had no effects"));
            }
            match received.iter().filter(|id| **id == event.event_id).count() {
                1 => {}
                times => violations.push(format!("customer {customer}: event {sequence} arrived {times} times")),
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

fn report_times(log: &HashMap<Uuid, Vec<Logged>>, records: &[CustomerRecord], results: &JourneyResults) {
    let all = |of: fn(&Times) -> &Vec<Duration>| results.done.iter().flat_map(of).copied().collect::<Vec<_>>();
    row("REST -> browser across instances, a refused file sent to its event seen", &spread(results.others.clone()));
    row(
        "REST -> browser across instances, steps of the journeys sent to their events seen",
        &spread(all(|times| &times.steps)),
    );
    let mut breakdown = LatencyBreakdown::default();
    for CustomerRecord { customer, record } in records {
        // The first event precedes the socket, and is delivered from the log.
        breakdown.add(log.get(customer).map_or(&[], Vec::as_slice), &record.receipts, |sequence| sequence > 1);
    }
    row("Consumer, event timestamp to effects, all live events", &spread(breakdown.to_effects));
    row("WebSocket delivery, effects to frame, all live events", &spread(breakdown.to_browser));
    row("Event timestamp to frame, all live events", &spread(breakdown.all));
    row("KYC, documents complete to decision seen", &spread(all(|times| &times.kyc)));
    row("Reading of a document, without its time in the queue", &spread(all(|times| &times.readings)));
    row("A document, upload to fields seen, with its time in the queue", &spread(all(|times| &times.documents)));
    row("Time until all documents are read", &format!("{:.1} s", results.reading.as_secs_f64()));
    row("Journey, last document read to completed", &spread(results.done.iter().map(|times| times.rest).collect()));
}

#[cfg(test)]
mod tests {
    use domain::event::{ApplicationId, Envelope, EventData, SCHEMA_VERSION, Stage, UserInfo};
    use jiff::Timestamp;

    use super::*;
    use crate::browser::Receipt;

    fn logged(customer: Uuid, sequence: u64) -> Logged {
        let event = Envelope {
            event_id: Uuid::now_v7(),
            source: Stage::SubmitUserInfo.into(),
            customer_id: customer,
            application_id: ApplicationId::new(customer, Timestamp::UNIX_EPOCH),
            sequence,
            schema_version: SCHEMA_VERSION,
            timestamp: Timestamp::UNIX_EPOCH,
            data: EventData::UserInfoSubmitted(UserInfo::default()),
        };
        Logged { event, handled_at: Some(Timestamp::UNIX_EPOCH), published: true }
    }

    /// The number of violations for a log of three events, of which the events `delivered` arrived.
    fn violations(delivered: impl Fn(&[Logged]) -> Vec<Uuid>, spoil: impl Fn(&mut Vec<Logged>)) -> usize {
        let customer = Uuid::new_v4();
        let mut events: Vec<Logged> = (1..=3).map(|sequence| logged(customer, sequence)).collect();
        let receipts =
            delivered(&events).into_iter().map(|event_id| Receipt { event_id, sequence: 0, at: Timestamp::UNIX_EPOCH });
        let record = Record { receipts: receipts.collect(), ..Record::default() };
        spoil(&mut events);
        compare(&HashMap::from([(customer, events)]), &[CustomerRecord { customer, record }]).1.len()
    }

    fn ids(events: &[Logged]) -> Vec<Uuid> {
        events.iter().map(|logged| logged.event.event_id).collect()
    }

    #[test]
    fn complete_delivery_has_no_violation() {
        assert_eq!(violations(ids, |_| {}), 0);
    }

    #[test]
    fn lost_duplicate_unknown_and_unhandled_events_are_violations() {
        assert_eq!(violations(|events| ids(&events[..2]), |_| {}), 1);
        assert_eq!(violations(|events| [ids(events), ids(&events[..1])].concat(), |_| {}), 1);
        assert_eq!(violations(|events| [ids(events), vec![Uuid::now_v7()]].concat(), |_| {}), 1);
        assert_eq!(violations(ids, |events| events[2].handled_at = None), 1);
        assert_eq!(violations(ids, |events| events[2].published = false), 1);
        assert_eq!(violations(ids, |events| drop(events.remove(1))), 2);
    }
}
