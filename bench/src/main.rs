//! Measures OnboardAI on its embedded stack or on a real cluster: latency, throughput, sizes. Clients and servers share the
//! processors of this machine.

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

/// Measures OnboardAI and prints Markdown.
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
    /// Several processes under load: two web instances, a relay and consumers; every event of every customer is checked.
    Load {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        sizes: load::Sizes,
    },
}

#[derive(clap::Args)]
struct Common {
    /// The stack to measure on.
    #[arg(long, value_enum, default_value_t = StackChoice::Embedded)]
    stack: StackChoice,
    /// The server to measure. By default the one built beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Sizes {
    /// How many customers take steps at a time.
    #[arg(long, default_value_t = 100)]
    customers: usize,
    /// How many steps each of them takes.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// How many customers are live on the one instance.
    #[arg(long, default_value_t = 1_000)]
    live: usize,
    /// How many whole journeys are run, one after the other.
    #[arg(long, default_value_t = 20)]
    journeys: usize,
    /// How many events the throughput measurement publishes; a quarter of them when consumers apply their effects.
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
    report::row("Start with empty data, until it answers", &report::milliseconds(program.started_in));
    let outdated = match sizes.without_pages {
        true => Vec::new(),
        false => size::measure(&program).await?,
    };
    let probe = env.probe(program.stack.as_ref()).await?;
    let customer = latency::measure(&program, &probe, sizes.customers, sizes.steps).await?;
    report::row("Memory of the server after that (resident)", &program.memory()?);
    documents::measure(&program, sizes.journeys).await?;
    connections::measure(&program, sizes.live).await?;
    program.stop().await?;

    let program = Program::start(server, &variables, &[]).await?;
    report::row("Start with that data, until it answers", &report::milliseconds(program.started_in));
    program.kill().await?;
    let program = Program::start(server, &variables, &[]).await?;
    report::row("Start after SIGKILL, until it answers", &report::milliseconds(program.started_in));
    let first = customer.first_after(&program).await?;
    report::row("Start after SIGKILL, until a browser has seen a new event", &report::milliseconds(first));
    program.stop().await?;

    throughput::measure(choice, sizes.events).await?;
    throughput::measure_effects(server, choice, sizes.events / 4).await?;
    match outdated.is_empty() {
        true => Ok(()),
        // At the end, so that the other figures are printed all the same.
        false => Err(format!("sizes differ from the documentation:\n{}", outdated.join("\n")).into()),
    }
}
