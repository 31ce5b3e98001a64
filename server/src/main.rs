//! The program: it runs the server, or a command.

use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use server::cli::{self, Command, one_line};
use server::config::{Config, Flags};
use server::{Server, telemetry};
use tokio::signal::unix::{SignalKind, signal};

/// OnboardAI: from "I'd like insurance" to a chosen policy, live
///
/// Without a command it runs the server, until Ctrl-C or SIGTERM. The commands inspect or operate a running system.
/// They read the same settings as the server, so run them on its machine or with its environment.
#[derive(Parser)]
#[command(
    name = "server",
    version = server::build_info::version(),
    after_help = "Common situations:\n  \
    Events are delayed              server outbox; server lag\n  \
    A customer reports a problem    server events --email ADDRESS\n  \
    An alert says event_parked      server errors list --parked; server errors show KEY; server errors replay KEY\n  \
    Brokers may be unhealthy        server topics describe\n  \
    Tables were restored            server check; server events republish --unhandled\n\n\
    Exit codes: 0 success, 1 failure (one line on standard error names it), 2 wrong usage.\n\
    `server COMMAND --help` describes each command. Settings: `server --print-settings`."
)]
struct Arguments {
    /// Print every setting with its default and a comment, and exit
    #[arg(long)]
    print_settings: bool,
    #[command(flatten)]
    flags: Flags,
    /// Print one JSON document instead of a table
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Arguments {
    /// Ends the program with exit code 2 if flags conflict.
    fn check(&self) {
        let wrong = match &self.command {
            Some(_) if !self.flags.is_empty() => "--role and --topic apply to the server only, not to a command",
            None if self.json => "--json requires a command",
            _ => return,
        };
        Self::command().error(ErrorKind::ArgumentConflict, wrong).exit()
    }
}

/// How long the exit waits for blocked threads, for instance on an unreachable broker. The server is already drained.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("onboard-ai: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(start());
    runtime.shutdown_timeout(EXIT_TIMEOUT);
    code
}

async fn start() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.check();
    if arguments.print_settings {
        print!("{}", server::config::DEFAULTS);
        return ExitCode::SUCCESS;
    }
    let done = match &arguments.command {
        Some(command) => cli::run(command, arguments.json).await.map_err(Into::into),
        None => run(&arguments.flags).await.map(|()| String::new().into()),
    };
    let written = done.and_then(|answer: cli::Answer| {
        write(&answer.text)?;
        answer.failure.map_or(Ok(()), |failure| Err(failure.into()))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onboard-ai: {}", one_line(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// Prints. A closed pipe (`| head`) is not a failure.
fn write(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

async fn run(flags: &Flags) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::load(flags)?;
    telemetry::init_logs(&config.telemetry)?;
    #[cfg(feature = "embedded")]
    let data = config.data_dir.display().to_string();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(config).await?;
    #[cfg(feature = "embedded")]
    if let Some(stack) = server.embedded_addresses() {
        println!("Embedded stack: all data is kept in {data}.");
        println!("  Kafka {}, DynamoDB {}", stack.kafka, stack.dynamodb);
        // The page is served on loopback only.
        if server.address.ip().is_loopback() {
            println!("  Messages http://{}/outbox", server.address);
        }
    }
    println!("OnboardAI is ready at http://{}", server.address);
    let failed = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        reason = server.failed() => Some(reason),
    };
    tracing::info!("stopping");
    server.stop().await;
    failed.map_or(Ok(()), |reason| Err(reason.into()))
}
