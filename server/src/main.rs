//! The program.

use std::process::ExitCode;

use clap::Parser;
use server::config::{Config, Flags};
use server::{Server, telemetry};
use tokio::signal::unix::{SignalKind, signal};

/// OnboardAI: from "I'd like insurance" to a chosen policy, live.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print every setting with its default and a comment, and exit.
    #[arg(long)]
    print_settings: bool,
    #[command(flatten)]
    flags: Flags,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_settings {
        print!("{}", server::config::DEFAULTS);
        return ExitCode::SUCCESS;
    }
    match run(&arguments.flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onboard-ai: {error}");
            ExitCode::FAILURE
        }
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
        println!("Embedded stack: everything is kept in {data}.");
        println!("  Kafka {}, DynamoDB {}", stack.kafka, stack.dynamodb);
        // Elsewhere the page is not shown.
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
