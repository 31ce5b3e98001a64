//! Measures OnboardAI on its embedded stack or on a real cluster: how soon a browser sees what was submitted, how many
//! events pass, how much is served. Everything runs on this machine, the clients too: what they take, the server does not
//! have.

mod behind;
mod browser;
mod crowd;
mod documents;
mod figures;
mod journey;
mod latency;
mod load;
mod program;
mod shares;
mod site;
mod size;
mod throughput;
mod visitor;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use program::Program;
use site::{Choice, Site};
use tokio::signal::unix::{SignalKind, signal};

/// What can go wrong here ends the measurement.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

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
    #[arg(long, value_enum, default_value_t = Choice::Embedded)]
    stack: Choice,
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
    /// How many customers go the whole way, one after the other.
    #[arg(long, default_value_t = 20)]
    journeys: usize,
    /// How many events pass in the throughput measurement; a quarter of them where they have effects.
    #[arg(long, default_value_t = 20_000)]
    events: u32,
    /// Leave out what is served to browsers, which wants the pages of a release build.
    #[arg(long)]
    without_pages: bool,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        measured = measure(Arguments::parse()) => measured,
        // What was started ends with what has started it.
        _ = terminate.recv() => Err("terminated".into()),
        _ = interrupt.recv() => Err("interrupted".into()),
    }
}

async fn measure(Arguments { what, common, sizes }: Arguments) -> Outcome<()> {
    match what {
        Some(What::Load { common, sizes }) => load::measure(&common.server()?, common.stack, &sizes).await,
        None => all(&common.server()?, common.stack, &sizes).await,
    }
}

impl Common {
    fn server(&self) -> Outcome<PathBuf> {
        match &self.server {
            Some(server) => Ok(server.clone()),
            None => Ok(std::env::current_exe()?.with_file_name("server")),
        }
    }
}

async fn all(server: &Path, choice: Choice, sizes: &Sizes) -> Outcome<()> {
    println!("| What | Measured |\n| --- | --- |");
    let site = Site::new(choice)?;
    let mut variables = site.whole();
    // A thousand refusals are to be events here, not a flood that is only counted.
    variables.push(("ONBOARD_LIMITS__RECORDED_REFUSALS_PER_SECOND", "1000".to_owned()));
    let program = Program::start(server, &variables, &[]).await?;
    figures::row("Start with empty data, until it answers", &figures::milliseconds(program.started_in));
    if !sizes.without_pages {
        size::measure(&program).await?;
    }
    let behind = site.behind(program.stack.as_ref()).await?;
    let customer = latency::measure(&program, &behind, sizes.customers, sizes.steps).await?;
    figures::row("Memory of the server after that (resident)", &program.memory()?);
    documents::measure(&program, sizes.journeys).await?;
    crowd::measure(&program, sizes.live).await?;
    program.stop().await?;

    let program = Program::start(server, &variables, &[]).await?;
    figures::row("Start with that data, until it answers", &figures::milliseconds(program.started_in));
    program.kill().await?;
    let program = Program::start(server, &variables, &[]).await?;
    figures::row("Start after SIGKILL, until it answers", &figures::milliseconds(program.started_in));
    let first = customer.first_after(&program).await?;
    figures::row("Start after SIGKILL, until a browser has seen a new event", &figures::milliseconds(first));
    program.stop().await?;

    throughput::measure(choice, sizes.events).await?;
    throughput::measure_effects(server, choice, sizes.events / 4).await
}
