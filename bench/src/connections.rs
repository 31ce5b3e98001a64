//! Many live customers on one instance.

use std::time::{Duration, Instant};

use domain::event::EventType;
use futures::StreamExt;
use futures::stream;

use crate::BenchResult;
use crate::browser::Browser;
use crate::program::Program;
use crate::report::{rate, row, spread};
use crate::visitor::Visitor;

/// Number of customers that connect concurrently.
const CONCURRENCY: usize = 50;
/// Number of events per second, once all customers are connected.
const PER_SECOND: usize = 50;

/// Opens a socket for each of `customers`, and measures one event on each.
pub async fn measure(program: &Program, customers: usize) -> BenchResult<()> {
    let http = reqwest::Client::new();
    let started = Instant::now();
    let joined: Vec<(Visitor, Browser)> = stream::iter(0..customers)
        .map(async |number| {
            let visitor = Visitor::register(&http, std::slice::from_ref(&program.base), number).await?;
            let mut browser = Browser::open(&visitor, &program.base, 0).await?;
            browser.expect(EventType::UserInfoSubmitted).await?;
            Ok((visitor, browser))
        })
        .buffer_unordered(CONCURRENCY)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<BenchResult<_>>()?;
    let connected = rate(customers, started.elapsed());
    let memory = program.memory()?;

    // A refused file is the cheapest way to cause an event.
    let mut pace = tokio::time::interval(Duration::from_secs(1) / PER_SECOND as u32);
    let mut doing = Vec::with_capacity(customers);
    for (visitor, mut browser) in joined {
        pace.tick().await;
        doing.push(tokio::spawn(async move {
            let sent = Instant::now();
            visitor.upload_invalid().await?;
            let seen = browser.expect(EventType::WorkflowError).await?;
            BenchResult::Ok((seen.at.saturating_duration_since(sent), browser))
        }));
    }
    let mut times = Vec::with_capacity(customers);
    let mut browsers = Vec::with_capacity(customers);
    for done in doing {
        let (time, browser) = done.await??;
        times.push(time);
        browsers.push(browser);
    }
    for browser in browsers {
        if let Some(violation) = browser.close().await?.violations.first() {
            return Err(violation.clone().into());
        }
    }
    row("Live customers on one instance, each with a socket", &format!("{customers}; connected at {connected}"));
    let what = format!("REST -> Kafka -> WebSocket, {customers} live customers, {PER_SECOND} events per second");
    row(&what, &spread(times));
    row(&format!("Resident memory of the server, {customers} live customers"), &memory);
    Ok(())
}
