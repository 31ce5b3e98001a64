//! Measures OnboardAI on its embedded stack: how soon a browser sees what was submitted, how many events pass, how
//! much is served. Everything runs on this machine, the clients too: what they take, the server does not have.

mod figures;
mod latency;
mod program;
mod size;
mod throughput;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;

use program::Program;

/// What can go wrong here ends the measurement.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures OnboardAI on its embedded stack and prints Markdown.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How many customers there are at a time.
    #[arg(long, default_value_t = 100)]
    customers: usize,
    /// How many steps each customer takes.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// How many events pass in the throughput measurement.
    #[arg(long, default_value_t = 20_000)]
    events: u32,
    /// The server to measure. By default the one built beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let server = match arguments.server {
        Some(server) => server,
        None => std::env::current_exe()?.with_file_name("server"),
    };
    println!("| What | Measured |\n| --- | --- |");
    let data = tempfile::tempdir()?;
    let program = Program::start(&server, data.path()).await?;
    figures::row("Start with empty data, until it answers", &figures::milliseconds(program.started_in));
    size::measure(&program).await?;
    latency::measure(&program, arguments.customers, arguments.steps).await?;
    figures::row("Memory of the server after that (resident)", &program.memory()?);
    program.stop().await?;

    let program = Program::start(&server, data.path()).await?;
    figures::row("Start with that data, until it answers", &figures::milliseconds(program.started_in));
    program.kill().await?;
    let program = Program::start(&server, data.path()).await?;
    figures::row("Start after SIGKILL, until it answers", &figures::milliseconds(program.started_in));
    program.stop().await?;

    throughput::measure(arguments.events).await
}
