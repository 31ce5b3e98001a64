//! Measures the latency from a request to its event in a browser, with many concurrent customers, and its breakdown.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::document::FieldName;
use domain::event::EventType;
use futures::StreamExt;
use futures::future::try_join_all;
use jiff::{ToSpan, Zoned};
use specimens::{Bill, Person, text_pdf};
use uuid::Uuid;

use crate::BenchResult;
use crate::backend_probe::BackendProbe;
use crate::browser::Browser;
use crate::latency_breakdown::LatencyBreakdown;
use crate::program::{Program, quantile};
use crate::report::{milliseconds, rate, row, spread};
use crate::visitor::Visitor;

/// Interval between the steps of a customer in the paced measurement.
const PACE: Duration = Duration::from_secs(2);
/// Number of concurrent uploads during the preparation, which is not measured.
const SETUP_CONCURRENCY: usize = 8;

/// Measures the first form, then paced steps, then steps without a pause. Returns one of the customers.
pub async fn measure(program: &Program, probe: &BackendProbe, customers: usize, steps: usize) -> BenchResult<Customer> {
    let http = reqwest::Client::new();
    // Partition assignment and connections are not part of the measurement.
    let mut first = Customer::join(&http, program, customers).await?.0;
    first.upload_document().await?;
    first.walk(2, None, Duration::ZERO).await?;

    let joined = try_join_all((0..customers).map(|number| Customer::join(&http, program, number))).await?;
    let (joined, times): (Vec<_>, Vec<_>) = joined.into_iter().unzip();
    let (answered, seen) = times.into_iter().unzip();
    row(&format!("Submit user info, request to answer, {customers} customers at the same moment"), &spread(answered));
    row(&format!("Submit user info, request to event seen, {customers} customers at the same moment"), &spread(seen));

    let mut ready: Vec<Customer> = futures::stream::iter(joined)
        .map(async |mut customer: Customer| customer.upload_document().await.map(|()| customer))
        .buffer_unordered(SETUP_CONCURRENCY)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<BenchResult<_>>()?;
    let before: BTreeMap<Uuid, u64> =
        ready.iter().map(|customer| (customer.visitor.customer, customer.browser.last)).collect();

    let what = format!("{customers} customers, a step every {} s each", PACE.as_secs());
    let (times, passed) = steps_of(&mut ready, steps, Some(PACE)).await?;
    row(
        &format!("REST -> Kafka -> WebSocket, step sent to event seen, {what}"),
        &format!("{}; {passed}", spread(times)),
    );
    report_server_metrics(program, &what).await?;

    let (times, passed) = steps_of(&mut ready, steps, None).await?;
    let paced = steps as u64;
    let mut breakdown = LatencyBreakdown::default();
    let mut violations = Vec::new();
    let log = probe.log().await?;
    for customer in ready {
        let (id, after) = (customer.visitor.customer, before[&customer.visitor.customer]);
        let record = customer.browser.close().await?;
        violations.extend(record.violations);
        let logged = log.get(&id).ok_or("a customer is not in the event log")?;
        breakdown.add(logged, &record.receipts, |sequence| sequence > after && sequence <= after + paced);
    }
    row(&format!("Consumer, event timestamp to effects, {what}"), &spread(breakdown.to_effects));
    row(&format!("WebSocket delivery after the effect, effects to frame, {what}"), &spread(breakdown.to_browser));
    let what = format!("REST -> Kafka -> WebSocket, step sent to event seen, {customers} customers, without a pause");
    row(&what, &format!("{}; {passed}", spread(times)));
    match violations.first() {
        Some(violation) => Err(violation.clone().into()),
        None => Ok(first),
    }
}

/// Prints the server's own metrics of the preceding steps.
async fn report_server_metrics(program: &Program, what: &str) -> BenchResult<()> {
    let metrics = program.metrics().await?;
    for (name, metric) in [
        ("Publish an event, server metric", "onboard_kafka_publish_seconds"),
        ("Consumer, effects of one event, server metric", "onboard_kafka_handle_seconds"),
    ] {
        let found = |of: f64| {
            let topic = format!("topic=\"{}\"", EventType::DocumentsProcessed.topic());
            let seconds = quantile(&metrics, metric, &[&topic], of);
            seconds.map(|seconds| milliseconds(Duration::from_secs_f64(seconds))).ok_or("a metric is missing")
        };
        let measured = format!("p50 {}, p95 {}, p99 {}", found(0.5)?, found(0.95)?, found(0.99)?);
        row(&format!("{name}, estimated from buckets, {what}"), &measured);
    }
    Ok(())
}

/// Lets every customer take `steps` steps. Returns the duration of each, and the rate.
async fn steps_of(
    customers: &mut [Customer],
    steps: usize,
    pace: Option<Duration>,
) -> BenchResult<(Vec<Duration>, String)> {
    let started = Instant::now();
    let count = customers.len();
    let all = try_join_all(customers.iter_mut().enumerate().map(|(number, customer)| {
        // Spreads the customers over the interval.
        let offset = pace.map_or(Duration::ZERO, |pace| pace.mul_f64(number as f64 / count as f64));
        customer.walk(steps, pace, offset)
    }))
    .await?;
    let times: Vec<Duration> = all.into_iter().flatten().collect();
    let passed = rate(times.len(), started.elapsed());
    Ok((times, passed))
}

/// A customer with a browser: a session and a socket.
pub struct Customer {
    visitor: Visitor,
    browser: Browser,
    document: Uuid,
}

impl Customer {
    /// Sends the first form. Returns the durations until its answer, and until its event, including the connection.
    async fn join(
        http: &reqwest::Client,
        program: &Program,
        number: usize,
    ) -> BenchResult<(Self, (Duration, Duration))> {
        let sent = Instant::now();
        let visitor = Visitor::register(http, std::slice::from_ref(&program.base), number).await?;
        let answered = sent.elapsed();
        let mut browser = Browser::open(&visitor, &program.base, 0).await?;
        let seen = browser.expect(EventType::UserInfoSubmitted).await?.at.saturating_duration_since(sent);
        Ok((Self { visitor, browser, document: Uuid::nil() }, (answered, seen)))
    }

    /// Uploads a bill, so that there is a field to correct.
    async fn upload_document(&mut self) -> BenchResult<()> {
        let pdf = text_pdf(&Person::ingrid(), &Bill::issued(Zoned::now().date() - 20.days()));
        self.document = self.visitor.upload_document("proof_of_address", "bill.pdf", &pdf).await?;
        self.browser.expect(EventType::DocumentsProcessed).await?;
        Ok(())
    }

    /// Corrects a field `steps` times. Each correction is a command, an event on its topic and a frame on the socket.
    async fn walk(&mut self, steps: usize, pace: Option<Duration>, offset: Duration) -> BenchResult<Vec<Duration>> {
        let mut times = Vec::with_capacity(steps);
        tokio::time::sleep(offset).await;
        let mut pace = pace.map(tokio::time::interval);
        for _ in 0..steps {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            let issuer = format!("Company {}", self.browser.last);
            let fields = BTreeMap::from([(FieldName::Issuer, issuer)]);
            let sent = Instant::now();
            // The answer and the event travel separately, and either may arrive first.
            let (answered, seen) = tokio::join!(
                self.visitor.confirm(self.document, fields),
                self.browser.expect(EventType::DocumentsProcessed)
            );
            answered?;
            times.push(seen?.at.saturating_duration_since(sent));
        }
        Ok(times)
    }

    /// Reconnects to a restarted server and takes a step. Returns the time from the start of the process to its event.
    pub async fn first_after(mut self, program: &Program) -> BenchResult<Duration> {
        self.visitor.go_to(std::slice::from_ref(&program.base));
        self.browser = Browser::open(&self.visitor, &program.base, self.browser.last).await?;
        self.browser.live().await?;
        self.walk(1, None, Duration::ZERO).await?;
        Ok(program.started.elapsed())
    }
}
