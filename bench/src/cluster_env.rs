//! The environment of a run: the embedded stack or a real cluster, with separate topics, tables and folders.

use std::path::PathBuf;

use clap::ValueEnum;
use server::backends::Backends;
use server::config::Config;
use server::stack_file::StackAddresses;
use tempfile::TempDir;
use uuid::Uuid;

use crate::BenchResult;
use crate::backend_probe::BackendProbe;

/// The stack to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StackChoice {
    /// The server's embedded broker and DynamoDB API.
    Embedded,
    /// The cluster in the environment variables that `scripts/cluster env` prints.
    Cluster,
}

/// The environment variables with the brokers, their user and their certificate authority.
const CLUSTER: [&str; 4] = ["KAFKA_BROKERS", "KAFKA_USERNAME", "KAFKA_PASSWORD", "ONBOARD_KAFKA__CA_FILE"];

/// A run's topics, tables and folders.
pub struct ClusterEnv {
    /// The stack.
    pub choice: StackChoice,
    name: String,
    folder: TempDir,
}

impl ClusterEnv {
    /// A new environment with unique names.
    ///
    /// # Errors
    /// If the cluster is chosen and its environment variables are missing.
    pub fn new(choice: StackChoice) -> BenchResult<Self> {
        if choice == StackChoice::Cluster {
            for name in CLUSTER {
                variable(name)?;
            }
        }
        let name = format!("bench-{}", &Uuid::new_v4().simple().to_string()[..12]);
        Ok(Self { choice, name, folder: tempfile::tempdir()? })
    }

    /// The replication factor of its topics.
    pub fn replication(&self) -> i32 {
        match self.choice {
            StackChoice::Embedded => 1,
            StackChoice::Cluster => 2,
        }
    }

    /// The data folder of the process `part`.
    pub fn data(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// The environment variables of a server with all roles. It inherits those of the cluster from this process.
    pub fn whole(&self) -> Vec<(&'static str, String)> {
        match self.choice {
            StackChoice::Embedded => {
                let mut variables = self.names("server");
                variables.push(("ONBOARD_STACK", "embedded".to_owned()));
                variables
            }
            // A static group member, so that a restart after a crash needs no rebalance. Operators configure it the
            // same way.
            StackChoice::Cluster => {
                let mut variables = self.external("server");
                variables.push(("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "bench".to_owned()));
                variables
            }
        }
    }

    /// The environment variables of the process `part`, one of several on `stack`, or on the cluster.
    pub fn part(&self, part: &str, stack: Option<&StackAddresses>) -> Vec<(&'static str, String)> {
        let mut variables = self.external(part);
        // The instance that reads a document must find what another one has stored.
        variables.push(("ONBOARD_DOCUMENTS__FOLDER", self.data("documents").display().to_string()));
        if let Some(stack) = stack {
            variables.extend([
                ("KAFKA_BROKERS", stack.kafka.clone()),
                ("ONBOARD_KAFKA__REPLICATION_FACTOR", "1".to_owned()),
                ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.clone()),
                ("AWS_ACCESS_KEY_ID", stack.access_key_id.clone()),
                ("AWS_SECRET_ACCESS_KEY", stack.secret_access_key.clone()),
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

    /// Clients of the backends at `addresses`, or of the cluster.
    pub async fn probe(&self, addresses: Option<&StackAddresses>) -> BenchResult<BackendProbe> {
        let name = &self.name;
        let names = format!("environment = '{name}'\nkafka.prefix = '{name}.'\nwatchlist.sample = true\n");
        let (config, backends) = match addresses {
            Some(stack) => {
                let config = Config::with(&format!("{names}stack = 'embedded'\n"))?;
                let backends = Backends::embedded(&config, stack);
                (config, backends)
            }
            None => {
                let [brokers, username, password, authority] = CLUSTER.map(variable);
                let (brokers, username, password, authority) = (brokers?, username?, password?, authority?);
                let config = Config::with(&format!(
                    "{names}stack = 'external'\nkafka.brokers = '{brokers}'\nkafka.username = '{username}'\n\
                     kafka.password = '{password}'\nkafka.ca_file = '{authority}'\n"
                ))?;
                let backends = Backends::external(&config).await;
                (config, backends)
            }
        };
        Ok(BackendProbe::new(&config, backends))
    }
}

fn variable(name: &str) -> BenchResult<String> {
    std::env::var(name).map_err(|_| {
        format!("{name} is not set: set the environment that `scripts/cluster env` prints, or use `make bench-cluster`")
            .into()
    })
}
