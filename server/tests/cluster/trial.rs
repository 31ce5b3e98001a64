//! A trial: a program and its users on the cluster, and what must hold in the end.

use std::collections::HashMap;

use domain::event::EventType;
use server::store::Table;
use uuid::Uuid;

use super::brokers;
use super::crowd::Crowd;
use super::log::Log;
use super::support::{Behind, Process, TestStack, done, effects_once, eventually, published_in_order, uncommitted};

/// How many lines may warn during one trial. Each lasts for tens of seconds, with brokers that come and go: one line a second,
/// of each of seven clients, would be hundreds.
const COMPLAINTS: usize = 40;

/// The program as a process, with a log that is read, on topics and tables of its own.
pub struct Trial {
    // Before the folder that it is in.
    pub log: Log,
    pub stack: TestStack,
    pub behind: Behind,
    environment: Vec<(&'static str, String)>,
}

impl Trial {
    /// On a whole cluster, with these variables beside the usual ones.
    pub async fn start(environment: &[(&'static str, String)]) -> Self {
        brokers::whole().await;
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

    /// Starts the program and its users, and waits until both are at work.
    pub async fn begin() -> Running {
        Self::start(&[]).await.run().await
    }

    /// As [`Self::begin`], for a trial that is started already.
    pub async fn run(self) -> Running {
        let program = self.program().await;
        self.works(&program).await;
        let crowd = Crowd::start(&program.base, true).await;
        crowd.goes_on(10).await;
        Running { trial: self, program, crowd }
    }

    /// The program.
    pub async fn program(&self) -> Process {
        self.program_as("program", &[]).await
    }

    /// Another process of it, with more variables.
    pub async fn program_as(&self, name: &str, environment: &[(&'static str, String)]) -> Process {
        let mut all = self.environment.clone();
        all.extend_from_slice(environment);
        Process::start_logging(&self.stack.data(name), &all, &self.log.0).await
    }

    /// Waits until the event of one more customer is handled, so that consumers are at work.
    pub async fn works(&self, program: &Process) {
        let ingrid = super::support::Person::known(program.base.clone()).await;
        let customer = ingrid.customer().to_string();
        eventually("an event is handled", async || {
            let rows = self.behind.rows(Table::KafkaEvents).await;
            let own = rows.into_iter().find(|row| row["customerId"].as_s().unwrap() == &customer)?;
            own.contains_key("handledAt").then_some(())
        })
        .await;
    }

    /// The people stop; everything they were told is done, once, in order, and will not be done again. The log has told of
    /// it in a few lines.
    pub async fn ends_well(&self, crowd: Crowd) {
        let acknowledged = crowd.stop().await;
        done(&self.behind, acknowledged.events).await;
        let events = self.behind.rows(Table::KafkaEvents).await.len();
        published_in_order(&self.behind, events).await;
        effects_once(&self.behind).await;
        self.handled_in_order().await;
        eventually("offsets are committed", async || (uncommitted(&self.behind.kafka).await == 0).then_some(())).await;
        let complaints = [self.log.lines(&[" WARN "]), self.log.lines(&[" ERROR "])].concat();
        assert!(complaints.len() <= COMPLAINTS, "{complaints:#?}");
        println!("{events} events, {} of them acknowledged", acknowledged.events);
    }

    /// Each customer's events of a topic were handled in sequence: the audit log has them as they were.
    async fn handled_in_order(&self) {
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

    /// The leader of a partition that people's events go to.
    pub async fn leader(&self) -> i32 {
        brokers::leader(&self.behind.kafka, EventType::WorkflowError).await
    }
}

/// A trial under way.
pub struct Running {
    pub trial: Trial,
    pub program: Process,
    pub crowd: Crowd,
}

impl Running {
    /// The users stop, what they were told holds ([`Trial::ends_well`]), and the program is killed. Returns the trial, for its
    /// log.
    pub async fn end(self) -> Trial {
        self.trial.ends_well(self.crowd).await;
        self.program.kill().await;
        self.trial
    }
}
