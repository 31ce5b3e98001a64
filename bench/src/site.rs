//! Where it is measured: on the embedded stack or on a real cluster, under names that are this run's own.

use std::path::PathBuf;

use clap::ValueEnum;
use embedded::Stack;
use server::backends::Backends;
use server::config::Config;
use tempfile::TempDir;
use uuid::Uuid;

use crate::Outcome;
use crate::behind::Behind;

/// Which stack is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// Broker and DynamoDB API of the program itself.
    Embedded,
    /// What the environment names: run with what `scripts/cluster env` prints.
    Cluster,
}

/// What the brokers, their user and their authority are called in the environment.
const CLUSTER: [&str; 4] = ["KAFKA_BROKERS", "KAFKA_USERNAME", "KAFKA_PASSWORD", "ONBOARD_KAFKA__CA_FILE"];

/// A run's topics, tables and folders.
pub struct Site {
    /// On which stack.
    pub choice: Choice,
    name: String,
    folder: TempDir,
}

/// Where a broker and a DynamoDB API listen that are not the environment's.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// host:port
    pub kafka: String,
    /// A URL.
    pub dynamodb: String,
}

impl From<&Stack> for Addresses {
    fn from(stack: &Stack) -> Self {
        Self { kafka: stack.kafka_bootstrap.clone(), dynamodb: stack.dynamodb_endpoint.clone() }
    }
}

impl Site {
    /// One that nobody else uses.
    ///
    /// # Errors
    /// Where the cluster is chosen, but the environment does not name it.
    pub fn new(choice: Choice) -> Outcome<Self> {
        if choice == Choice::Cluster {
            for variable in CLUSTER {
                given(variable)?;
            }
        }
        let name = format!("bench-{}", &Uuid::new_v4().simple().to_string()[..12]);
        Ok(Self { choice, name, folder: tempfile::tempdir()? })
    }

    /// How many copies its topics have.
    pub fn replication(&self) -> i32 {
        match self.choice {
            Choice::Embedded => 1,
            Choice::Cluster => 2,
        }
    }

    /// A folder for what `part` keeps.
    pub fn data(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// The environment of a program that is the whole system. A cluster's own variables it has from this process.
    pub fn whole(&self) -> Vec<(&'static str, String)> {
        match self.choice {
            Choice::Embedded => {
                let mut variables = self.names("server");
                variables.push(("ONBOARD_STACK", "embedded".to_owned()));
                variables
            }
            // With a name in its groups, as an operator gives it where one is to be back at once after a crash.
            Choice::Cluster => {
                let mut variables = self.external("server");
                variables.push(("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "bench".to_owned()));
                variables
            }
        }
    }

    /// The environment of the process `part`, one of several on `stack`, or on the cluster.
    pub fn part(&self, part: &str, stack: Option<&Addresses>) -> Vec<(&'static str, String)> {
        let mut variables = self.external(part);
        // Whoever reads a document must find what another has taken in.
        variables.push(("ONBOARD_DOCUMENTS__FOLDER", self.data("documents").display().to_string()));
        if let Some(stack) = stack {
            variables.extend([
                ("KAFKA_BROKERS", stack.kafka.clone()),
                ("ONBOARD_KAFKA__REPLICATION_FACTOR", "1".to_owned()),
                ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.clone()),
                ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ]);
        }
        variables
    }

    fn names(&self, part: &str) -> Vec<(&'static str, String)> {
        vec![
            ("ENVIRONMENT", self.name.clone()),
            ("ONBOARD_KAFKA__PREFIX", format!("{}.", self.name)),
            ("ONBOARD_DATA_DIR", self.data(part).display().to_string()),
        ]
    }

    fn external(&self, part: &str) -> Vec<(&'static str, String)> {
        let mut variables = self.names(part);
        variables.extend([
            ("ONBOARD_STACK", "external".to_owned()),
            ("ONBOARD_TABLES__CREATE", "true".to_owned()),
            ("ONBOARD_WATCHLIST__SAMPLE", "true".to_owned()),
        ]);
        variables
    }

    /// What is behind the servers: at `addresses`, or on the cluster.
    pub async fn behind(&self, addresses: Option<&Addresses>) -> Outcome<Behind> {
        let name = &self.name;
        let names = format!("environment = '{name}'\nkafka.prefix = '{name}.'\nwatchlist.sample = true\n");
        let (config, backends) = match addresses {
            Some(Addresses { kafka, dynamodb }) => {
                let config = Config::with(&format!("{names}stack = 'embedded'\n"))?;
                let backends = Backends::embedded(&config, kafka, dynamodb);
                (config, backends)
            }
            None => {
                let [brokers, username, password, authority] = CLUSTER.map(given);
                let (brokers, username, password, authority) = (brokers?, username?, password?, authority?);
                let config = Config::with(&format!(
                    "{names}stack = 'external'\nkafka.brokers = '{brokers}'\nkafka.username = '{username}'\n\
                     kafka.password = '{password}'\nkafka.ca_file = '{authority}'\n"
                ))?;
                let backends = Backends::external(&config).await;
                (config, backends)
            }
        };
        Ok(Behind::new(&config, backends))
    }
}

fn given(variable: &str) -> Outcome<String> {
    std::env::var(variable).map_err(|_| {
        format!("{variable} is not set: give what `scripts/cluster env` prints, or `make bench-cluster`").into()
    })
}
