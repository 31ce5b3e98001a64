//! The command line: what operators and support look at, and the little that they do.
//!
//! One file a command. Each makes a [`Report`], for people as text and for programs as one JSON document.

mod connections;
mod context;
mod documents;
mod errors;
mod events;
mod lag;
mod outbox;
mod output;
mod replay;
#[cfg(feature = "embedded")]
mod stack;
mod tables;
mod topics;

use clap::Subcommand;

use self::context::CliContext;
use self::output::Report;
use crate::config::Config;

/// What went wrong, for the operator: what, and what to do about it. One line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CliError(String);

impl CliError {
    fn new(text: impl std::fmt::Display) -> Self {
        Self(one_line(&text.to_string()))
    }
}

/// The text without line breaks.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The six Kafka topics: make them, or see whether they are as they should be
    #[command(subcommand)]
    Topics(topics::Topics),
    /// The nine DynamoDB tables: make them, or see whether they are as they should be
    #[command(subcommand)]
    Tables(tables::Tables),
    /// How many messages wait for each consumer, and who consumes them
    ///
    /// Asks the brokers, so it works from any machine that reaches them. "nothing yet" under COMMITTED means that the
    /// group has not finished a message of the partition since it exists: it will begin at the oldest one. A lag that grows means
    /// that nobody consumes the topic, or too slowly. MEMBER is "not told" where the broker does not say who has the partition.
    #[command(after_help = "Example:\n  server lag\n  server lag --json | jq .total")]
    Lag,
    /// One customer's story: every event, whether it was published, and whether it was handled
    Events(events::Arguments),
    /// Open WebSocket connections, and the instance that holds each
    Connections(connections::Arguments),
    /// Events that are committed and not published yet
    ///
    /// An event leaves within milliseconds while Kafka answers and a relay runs. If the oldest is older than a minute,
    /// Kafka is away or no process has the role `relay`. CLAIMED BY is the instance that is about to publish a customer's
    /// events; when its time is over, another takes them.
    #[command(after_help = "Example:\n  server outbox")]
    Outbox,
    /// The files of documents: what is kept, what is due, and deleting it
    #[command(subcommand)]
    Documents(documents::Documents),
    /// What failed, and what no consumer could handle; and how to have it handled again
    #[command(subcommand)]
    Errors(errors::Errors),
    /// Run the embedded stack alone, for several instances on one machine, until Ctrl-C or SIGTERM
    ///
    /// Prints what the instances need as KEY=value lines, to be sourced. Everything is kept in data_dir. For trying
    /// things out: it is one process on one machine, and checks no credentials.
    #[cfg(feature = "embedded")]
    #[command(after_help = "Example:\n  server stack > stack.env &\n  set -a; . ./stack.env; set +a\n  \
        ONBOARD_DATA_DIR=a LEPTOS_SITE_ADDR=127.0.0.1:3001 server --role web --role relay &\n  \
        ONBOARD_DATA_DIR=b LEPTOS_SITE_ADDR=127.0.0.1:3002 server --role consumers &")]
    Stack,
}

/// Runs a command, and returns what it prints on standard output.
///
/// # Errors
/// [`CliError`], one line.
pub async fn run(command: &Command, json: bool) -> Result<String, CliError> {
    let config = Config::load_for_commands().map_err(CliError::new)?;
    #[cfg(feature = "embedded")]
    if matches!(command, Command::Stack) {
        return stack::run(&config, json).await;
    }
    let context = CliContext::open(config).await?;
    let report = report(command, &context).await;
    context.close().await;
    report.map(|report| report.print(json))
}

async fn report(command: &Command, context: &CliContext) -> Result<Report, CliError> {
    match command {
        Command::Topics(command) => command.run(context).await,
        Command::Tables(command) => command.run(context).await,
        Command::Lag => lag::run(context).await,
        Command::Events(arguments) => arguments.run(context).await,
        Command::Connections(arguments) => arguments.run(context).await,
        Command::Outbox => outbox::run(context).await,
        Command::Documents(command) => command.run(context).await,
        Command::Errors(command) => command.run(context).await,
        #[cfg(feature = "embedded")]
        Command::Stack => Err(CliError::new("the stack does not run beside itself")),
    }
}
