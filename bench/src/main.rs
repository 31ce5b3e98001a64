//! Measures OnboardAI on its embedded stack or on a real cluster: latency, throughput, sizes. Clients and servers share
//! the processors of this machine.

mod backend_probe;
mod browser;
mod cluster_env;
mod connections;
mod documents;
mod journey;
mod latency;
mod latency_breakdown;
mod load;
mod program;
mod report;
mod size;
mod throughput;
mod visitor;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use cluster_env::{ClusterEnv, StackChoice};
use program::Program;
use tokio::signal::unix::{SignalKind, signal};

/// Any error ends the measurement.
type BenchResult<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures OnboardAI and prints Markdown tables.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    sizes: Sizes,
}

#[derive(Subcommand)]
enum What {
    /// Load two web instances, a relay and consumers, and check every event of every customer.
    Load {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        sizes: load::Sizes,
    },
}

#[derive(clap::Args)]
struct Common {
    /// Stack to measure on.
    #[arg(long, value_enum, default_value_t = StackChoice::Embedded)]
    stack: StackChoice,
    /// Server program to measure; by default the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Sizes {
    /// Number of concurrent customers that take steps.
    #[arg(long, default_value_t = 100)]
    customers: usize,
    /// Number of steps of each customer.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// Number of live customers on the instance.
    #[arg(long, default_value_t = 1_000)]
    live: usize,
    /// Number of whole journeys, one after the other.
    #[arg(long, default_value_t = 20)]
    journeys: usize,
    /// Number of events for the throughput; a quarter of them for the measurement with effects.
    #[arg(long, default_value_t = 20_000)]
    events: u32,
    /// Leave out the sizes of served files, which need the pages of a release build.
    #[arg(long)]
    without_pages: bool,
}

#[tokio::main]
async fn main() -> BenchResult<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        measured = measure(Arguments::parse()) => measured,
        // The child processes end with this one.
        _ = terminate.recv() => Err("terminated".into()),
        _ = interrupt.recv() => Err("interrupted".into()),
    }
}

async fn measure(Arguments { what, common, sizes }: Arguments) -> BenchResult<()> {
    match what {
        Some(What::Load { common, sizes }) => load::measure(&common.server()?, common.stack, &sizes).await,
        None => all(&common.server()?, common.stack, &sizes).await,
    }
}

impl Common {
    fn server(&self) -> BenchResult<PathBuf> {
        match &self.server {
            Some(server) => Ok(server.clone()),
            None => Ok(std::env::current_exe()?.with_file_name("server")),
        }
    }
}

async fn all(server: &Path, choice: StackChoice, sizes: &Sizes) -> BenchResult<()> {
    println!("| What | Measured |\n| --- | --- |");
    let env = ClusterEnv::new(choice)?;
    let mut variables = env.whole();
    // All refused files must be recorded as events, above the usual limit.
    variables.push(("ONBOARD_LIMITS__RECORDED_REFUSALS_PER_SECOND", "1000".to_owned()));
    let program = Program::start(server, &variables, &[]).await?;
    report::row("Start with empty data, to readiness", &report::milliseconds(program.started_in));
    let outdated = match sizes.without_pages {
        true => Vec::new(),
        false => size::measure(&program).await?,
    };
    let probe = env.probe(program.stack.as_ref()).await?;
    let customer = latency::measure(&program, &probe, sizes.customers, sizes.steps).await?;
    report::row("Resident memory of the server after the latency measurements", &program.memory()?);
    documents::measure(&program, sizes.journeys).await?;
    connections::measure(&program, sizes.live).await?;
    program.stop().await?;

    let program = Program::start(server, &variables, &[]).await?;
    report::row("Start with data, to readiness", &report::milliseconds(program.started_in));
    program.kill().await?;
    let program = Program::start(server, &variables, &[]).await?;
    report::row("Start after SIGKILL, to readiness", &report::milliseconds(program.started_in));
    let first = customer.first_after(&program).await?;
    report::row("Start after SIGKILL, to the first new event in a browser", &report::milliseconds(first));
    program.stop().await?;

    throughput::measure(choice, sizes.events).await?;
    throughput::measure_effects(server, choice, sizes.events / 4).await?;
    match outdated.is_empty() {
        true => Ok(()),
        // At the end, so that the other figures are printed first.
        false => Err(format!("sizes differ from the documentation:\n{}", outdated.join("\n")).into()),
    }
}
