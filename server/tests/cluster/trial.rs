//! A trial: a server under traffic on the cluster, and the guarantees that must hold in the end.

use std::collections::HashMap;

use domain::event::EventType;
use server::store::Table;
use uuid::Uuid;

use super::applicants::Applicants;
use super::brokers;
use super::log::Log;
use super::support::{
    Behind, Process, TestStack, assert_effects_once, assert_published_in_order, eventually, expect_all_handled,
    uncommitted,
};

/// How many warnings and errors one trial may log. A trial lasts for tens of seconds, so one line a second from each of
/// seven clients would be hundreds.
const MAX_WARNINGS: usize = 40;

/// The server as a process with a log file, on its own topics and tables.
pub struct Trial {
    // Declared before `stack`, so that it is dropped before the folder of the log file.
    pub log: Log,
    pub stack: TestStack,
    pub behind: Behind,
    environment: Vec<(&'static str, String)>,
}

impl Trial {
    /// Prepares a trial on a healthy cluster, with these environment variables in addition to the defaults.
    pub async fn start(environment: &[(&'static str, String)]) -> Self {
        brokers::restore().await;
        let stack = TestStack::start().await;
        let behind = Behind::of(&stack).await;
        let log = Log(stack.data("log"));
        let mut all = stack.environment();
        all.extend([
            ("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "the-one".to_owned()),
            ("ONBOARD_LIMITS__RECORDED_REFUSALS_PER_SECOND", "1000".to_owned()),
            ("RUST_LOG", "info,librdkafka=off,rdkafka=off".to_owned()),
        ]);
        all.extend_from_slice(environment);
        Self { stack, behind, log, environment: all }
    }

    /// Starts a trial with its server and traffic, and waits until events are handled and requests are answered.
    pub async fn running() -> Running {
        Self::start(&[]).await.run().await
    }

    /// As [`Self::running`], for a prepared trial.
    pub async fn run(self) -> Running {
        let program = self.program().await;
        self.expect_consumption(&program).await;
        let applicants = Applicants::start(&program.base, true).await;
        applicants.expect_answers(10).await;
        Running { trial: self, program, applicants }
    }

    /// Starts the server.
    pub async fn program(&self) -> Process {
        self.program_as("program", &[]).await
    }

    /// Starts a server with its own data folder and more environment variables.
    pub async fn program_as(&self, name: &str, environment: &[(&'static str, String)]) -> Process {
        let mut all = self.environment.clone();
        all.extend_from_slice(environment);
        Process::start_logging(&self.stack.data(name), &all, &self.log.0).await
    }

    /// Waits until the event of a new customer is handled, which shows that the consumers work.
    pub async fn expect_consumption(&self, program: &Process) {
        let ingrid = super::support::Person::known(program.base.clone()).await;
        let customer = ingrid.customer().to_string();
        eventually("an event is handled", async || {
            let rows = self.behind.rows(Table::KafkaEvents).await;
            let own = rows.into_iter().find(|row| row["customerId"].as_s().unwrap() == &customer)?;
            own.contains_key("handledAt").then_some(())
        })
        .await;
    }

    /// Stops the traffic and verifies the guarantees: every acknowledged event is published and handled once and in
    /// order, offsets are committed, and the log has few warnings.
    pub async fn verify(&self, applicants: Applicants) {
        let acknowledged = applicants.stop().await;
        expect_all_handled(&self.behind, acknowledged.events).await;
        let events = self.behind.rows(Table::KafkaEvents).await.len();
        assert_published_in_order(&self.behind, events).await;
        assert_effects_once(&self.behind).await;
        self.assert_handled_in_order().await;
        eventually("offsets are committed", async || (uncommitted(&self.behind.kafka).await == 0).then_some(())).await;
        let warnings = [self.log.lines(&[" WARN "]), self.log.lines(&[" ERROR "])].concat();
        assert!(warnings.len() <= MAX_WARNINGS, "{warnings:#?}");
        println!("{events} events, {} of them acknowledged", acknowledged.events);
    }

    /// Asserts that each customer's events of a topic were handled in sequence, from the positions in the audit log.
    async fn assert_handled_in_order(&self) {
        let rows = self.behind.rows(Table::AuditLogs).await;
        let mut handled: HashMap<(Uuid, String), Vec<(u64, u64)>> = HashMap::new();
        for row in &rows {
            let number = |name: &str| row[name].as_n().unwrap().parse::<u64>().unwrap();
            let customer = row["customerId"].as_s().unwrap().parse().unwrap();
            let topic = row["topic"].as_s().unwrap().clone();
            handled.entry((customer, topic)).or_default().push((number("position"), number("sequence")));
        }
        assert!(!handled.is_empty());
        for ((customer, topic), mut events) in handled {
            events.sort_unstable();
            assert!(events.is_sorted_by_key(|(_, sequence)| *sequence), "{customer} in {topic}: {events:?}");
        }
    }

    /// The broker that leads a partition with the applicants' events.
    pub async fn leader(&self) -> i32 {
        brokers::leader(&self.behind.kafka, EventType::WorkflowError).await
    }
}

/// A trial with a running server and traffic.
pub struct Running {
    pub trial: Trial,
    pub program: Process,
    pub applicants: Applicants,
}

impl Running {
    /// Verifies the trial ([`Trial::verify`]) and kills the server. Returns the trial, for assertions about its log.
    pub async fn verify(self) -> Trial {
        self.trial.verify(self.applicants).await;
        self.program.kill().await;
        self.trial
    }
}
