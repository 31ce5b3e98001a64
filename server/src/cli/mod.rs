//! The command line, for operators and support: it inspects a running system and performs a few operations.
//!
//! There is one file per command. Each returns a [`Report`]: text for people, one JSON document for programs.

mod case_report;
mod cases;
mod check;
mod connections;
mod context;
mod documents;
mod errors;
mod events;
mod health;
mod lag;
mod list_reports;
mod lists;
mod outbox;
mod output;
mod replay;
mod republish;
#[cfg(feature = "embedded")]
mod stack;
mod staff;
mod tables;
mod topics;

use clap::Subcommand;

use self::context::CliContext;
use self::output::Report;
use crate::config::Config;

/// An error for the operator: one line that names the failure and its remedy.
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
    /// Create or check the six Kafka topics
    #[command(subcommand)]
    Topics(topics::Topics),
    /// Create or check the eleven DynamoDB tables
    #[command(subcommand)]
    Tables(tables::Tables),
    /// Print how many messages wait for each consumer, and the members that consume them
    ///
    /// Asks the brokers, so it works from any machine that reaches them. "nothing yet" under COMMITTED means that the
    /// group has committed no offset of the partition: it will begin at the oldest message. A lag that grows means that
    /// the topic is not consumed, or too slowly. MEMBER is "unreported" if the broker does not report the members.
    #[command(after_help = "Example:\n  server lag\n  server lag --json | jq .total")]
    Lag,
    /// Print the events of one customer, and whether each was published and handled
    ///
    /// HANDLED is the time at which the consumer of the event's topic finished its effects. "no" for longer than a few
    /// seconds means that the consumer lags (see `server lag`) or that the event is parked (see `server errors list
    /// --parked`).
    ///
    /// Personal data is shown with --data only. --json prints the whole envelopes, personal data included. --email
    /// scans the whole table `users`, which takes a while if there are many customers.
    Events(events::Arguments),
    /// Compare the state of every application with the event log
    ///
    /// Both are written in one transaction, so they differ only after a restore of the tables to different moments, or
    /// after a change by other means. Also counts the events that wait. Reads both tables completely. The system may
    /// run meanwhile. The exit code is 1 if there is a difference.
    Check(check::Arguments),
    /// Ask the server on this machine whether it answers, for the health check of a container
    ///
    /// Asks http.address (LEPTOS_SITE_ADDR) of the settings. The exit code is 1 if there is no answer within 3 seconds.
    Health(health::Arguments),
    /// Print the open WebSocket connections, and the instance that holds each
    ///
    /// If an instance was killed, the records of its connections remain until a delivery to them fails, or for a day.
    /// Without --customer the whole table `websocket-connections` is scanned.
    Connections(connections::Arguments),
    /// Print the events that are committed and not published yet
    ///
    /// An event is published within milliseconds while Kafka answers and a relay runs. If the oldest is older than a
    /// minute, Kafka is unavailable or no process has the role `relay`. LEASED BY is the instance that publishes the
    /// customer's events; when its lease expires, another instance takes them.
    #[command(after_help = "Example:\n  server outbox")]
    Outbox,
    /// Inspect the files of documents and their retention, or delete them
    #[command(subcommand)]
    Documents(documents::Documents),
    /// Inspect the sanctions lists in use, check them with their publishers, or accept a refused one
    #[command(subcommand)]
    Lists(lists::Lists),
    /// Inspect failures and parked messages, or replay them
    #[command(subcommand)]
    Errors(errors::Errors),
    /// Work on cases: applications whose identity check a person must decide
    ///
    /// --as names the member of staff who acts. The rules of roles and of the second person apply, and every look and
    /// every action is recorded. Whoever can run the command can act for anybody: protect access to it.
    #[command(subcommand)]
    Cases(cases::Cases),
    /// Manage members of staff and their roles
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Run the embedded stack alone, for several instances on one machine, until Ctrl-C or SIGTERM
    ///
    /// Prints the variables that the instances need as KEY=value lines, to be sourced. All data is kept in data_dir.
    /// The stack is for development: it is one process on one machine, and its broker has no passwords.
    #[cfg(feature = "embedded")]
    #[command(after_help = "Example:\n  server stack > stack.env &\n  set -a; . ./stack.env; set +a\n  \
        ONBOARD_DATA_DIR=a LEPTOS_SITE_ADDR=127.0.0.1:3001 server --role web --role relay &\n  \
        ONBOARD_DATA_DIR=b LEPTOS_SITE_ADDR=127.0.0.1:3002 server --role consumers &")]
    Stack,
}

/// The output of a command that ran.
#[derive(Debug)]
pub struct Answer {
    /// What it prints on standard output.
    pub text: String,
    /// Why its exit code is 1 all the same: it found what it looked for.
    pub failure: Option<CliError>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, failure: None }
    }
}

/// Runs a command.
///
/// # Errors
/// [`CliError`], one line.
pub async fn run(command: &Command, json: bool) -> Result<Answer, CliError> {
    let config = Config::load_for_commands().map_err(CliError::new)?;
    if let Command::Health(arguments) = command {
        return Ok(arguments.run(&config).await?.print(json).into());
    }
    #[cfg(feature = "embedded")]
    if matches!(command, Command::Stack) {
        return stack::run(&config, json).await.map(Answer::from);
    }
    let context = CliContext::open(config).await?;
    let answer = match command {
        Command::Check(arguments) => arguments.run(&context).await.map(|(report, agrees)| Answer {
            text: report.print(json),
            failure: (!agrees).then(|| CliError::new("state and event log differ")),
        }),
        Command::Lists(command) => command.run(&context, json).await,
        _ => report(command, &context).await.map(|report| report.print(json).into()),
    };
    context.close().await;
    answer
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
        Command::Cases(command) => command.run(context).await,
        Command::Staff(command) => command.run(context).await,
        Command::Check(_) | Command::Health(_) | Command::Lists(_) => {
            Err(CliError::new("the command cannot run inside another one"))
        }
        #[cfg(feature = "embedded")]
        Command::Stack => Err(CliError::new("`server stack` cannot run inside another command")),
    }
}
