//! Measures how well and how fast documents of invented people are read: `make bench-documents`, or `cargo bench -p ocr
//! --bench documents -- --help`. docs/benchmarks.md explains the figures.

mod options;
mod tally;
mod targets;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser as _;
use domain::document::DocumentKind;
use jiff::civil::{Date, date};
use ocr::{Reader, ReaderConfig, Reading};
use specimens::{Defect, Degradation, Paper, Specimen};

use options::Options;
use tally::Tally;

/// The day on which all documents are uploaded.
const TODAY: Date = date(2026, 11, 21);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The degradation or defect of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    Degradation(Degradation),
    Defect(Defect),
}

impl Condition {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Degradation(degradation) => degradation.as_str(),
            Self::Defect(defect) => defect.as_str(),
        }
    }
}

/// One picture to be read.
#[derive(Clone, Copy)]
struct Case {
    paper: Paper,
    condition: Condition,
    seed: u64,
}

type Tallies = BTreeMap<(Paper, Condition), Tally>;

fn main() -> ExitCode {
    match run() {
        Ok(kept) => ExitCode::from(u8::from(!kept)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether all measured targets are met. Without `--check` always true.
fn run() -> Result<bool, Failure> {
    let options = Options::parse();
    let reader = Reader::new(ReaderConfig {
        max_concurrent: options.max_concurrent,
        queue_timeout: Duration::from_secs(600),
        ..ReaderConfig::default()
    })?;
    let cases = options.cases();
    eprintln!("{} pictures, {} at a time", cases.len(), options.max_concurrent);
    let tallies = Arc::new(Mutex::new(Tallies::new()));
    let queue = Arc::new(Mutex::new(cases.into_iter()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(options.max_concurrent).enable_all().build()?;
    runtime.block_on(async {
        let workers: Vec<_> = (0..options.max_concurrent)
            .map(|_| tokio::spawn(work(reader.clone(), queue.clone(), tallies.clone(), options.clone())))
            .collect();
        for worker in workers {
            worker.await??;
        }
        Ok::<(), Failure>(())
    })?;
    let tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
    tally::print(&tallies);
    let kept = targets::print(&tallies);
    Ok(kept || !options.check)
}

/// Draws and reads pictures until the queue is empty. Each worker keeps about one core busy.
async fn work(
    reader: Reader,
    queue: Arc<Mutex<std::vec::IntoIter<Case>>>,
    tallies: Arc<Mutex<Tallies>>,
    options: Options,
) -> Result<(), Failure> {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(case) = next else { return Ok(()) };
        let strength = options.strength;
        let (specimen, file) = tokio::task::spawn_blocking(move || draw(case, strength)).await??;
        let begin = Instant::now();
        let reading = read(&reader, case.paper.kind(), file).await;
        let time = begin.elapsed();
        let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry((case.paper, case.condition)).or_default();
        let notes = tally.add(specimen.as_ref(), reading, time);
        if options.verbose {
            for note in notes {
                println!("{} {} seed {}: {note}", case.paper.as_str(), case.condition.as_str(), case.seed);
            }
        }
    }
}

/// The picture, and its true values unless it is unreadable.
fn draw(case: Case, strength: f32) -> Result<(Option<Specimen>, Vec<u8>), Failure> {
    Ok(match case.condition {
        Condition::Degradation(degradation) => {
            let specimen = Specimen::invent(case.paper, case.seed, TODAY)?;
            let file = degradation.jpeg(&specimen, strength, case.seed)?;
            (Some(specimen), file)
        }
        Condition::Defect(defect) => (None, specimens::jpeg(&defect.draw(case.paper, case.seed, TODAY)?, 88)?),
    })
}

/// Calls the reader. A refusal is returned as a text.
async fn read(reader: &Reader, kind: DocumentKind, file: Vec<u8>) -> Result<Reading, String> {
    let prepared = reader.prepare(kind, file.into(), &|_| {}).await.map_err(|error| error.to_string())?;
    if let Some(issue) = prepared.issue {
        return Err(format!("before reading: {issue}"));
    }
    let reading = reader.read(&prepared, TODAY, &|_| {}).await.map_err(|error| error.to_string())?;
    // The applicant would be asked for another picture.
    reading.issue.map_or(Ok(reading.clone()), |issue| Err(format!("too little was read: {issue}")))
}
