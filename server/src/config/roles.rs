//! The parts of the system that a process runs.

use std::collections::BTreeSet;
use std::fmt;

use domain::event::EventType;
use figment::value::Value;
use figment::{Figment, Metadata, Profile, Provider, value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A part of the system that a process may run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Serves pages, REST and sockets.
    Web,
    /// Publishes the outbox to Kafka.
    Relay,
    /// Runs the consumers and, unless `topics` is set, the document worker.
    Consumers,
    /// Runs only the document worker.
    Reader,
}

impl Role {
    const NAMES: [(&'static str, Self); 4] =
        [("web", Self::Web), ("relay", Self::Relay), ("consumers", Self::Consumers), ("reader", Self::Reader)];
}

/// The roles of a process; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Whether `role` is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether the process has all roles.
    pub fn all(&self) -> bool {
        self.0.len() == Role::NAMES.len()
    }
}

impl fmt::Display for Roles {
    /// The names with commas between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Role::NAMES.iter().filter(|(_, role)| self.has(*role)).map(|(name, _)| *name).collect();
        f.write_str(&names.join(","))
    }
}

/// The roles and topics from the command line. They override all other sources.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Run this part of the system only: `web`, `relay`, `consumers`, `reader` or `all`. May be given several times.
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// With the role `consumers`, run the consumer of this topic only. May be given several times.
    #[arg(long = "topic", value_name = "TOPIC")]
    pub topics: Vec<String>,
}

/// The values of one flag; a provider of its own, so that errors name the flag.
struct Flag<'a> {
    flag: &'static str,
    key: &'static str,
    values: &'a [String],
}

impl Provider for Flag<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.flag)
    }

    fn data(&self) -> Result<value::Map<Profile, value::Dict>, figment::Error> {
        figment::providers::Serialized::default(self.key, Value::from(self.values.to_vec())).data()
    }
}

impl Flags {
    /// Whether no flag is given.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.topics.is_empty()
    }

    /// Merges the flags into `figment`.
    pub(super) fn merge(&self, figment: Figment) -> Figment {
        [("--role", "roles", &self.roles), ("--topic", "topics", &self.topics)]
            .into_iter()
            .filter(|(_, _, values)| !values.is_empty())
            .fold(figment, |figment, (flag, key, values)| figment.merge(Flag { flag, key, values }))
    }
}

/// A list, or text with commas, for the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
}

pub(super) fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = match Names::deserialize(from).map_err(|_| D::Error::custom("must be a list of names"))? {
        Names::List(names) => names,
        Names::Text(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
}

pub(super) fn roles<'de, D: Deserializer<'de>>(from: D) -> Result<Roles, D::Error> {
    let mut roles = BTreeSet::new();
    for name in names(from)? {
        match Role::NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, role)) => drop(roles.insert(*role)),
            None if name == "all" => roles.extend(Role::NAMES.map(|(_, role)| role)),
            None => {
                return Err(D::Error::custom(format!("no role `{name}`: web, relay, consumers, reader or all")));
            }
        }
    }
    if roles.is_empty() {
        return Err(D::Error::custom("must name one role or more: web, relay, consumers, reader or all"));
    }
    Ok(Roles(roles))
}

pub(super) fn topics<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<EventType>, D::Error> {
    let of = |name: String| {
        EventType::ALL.into_iter().find(|event_type| event_type.topic() == name).ok_or_else(|| {
            let known = EventType::ALL.map(EventType::topic).join(", ");
            D::Error::custom(format!("no topic `{name}`: {known}"))
        })
    };
    let mut topics = names(from)?.into_iter().map(of).collect::<Result<Vec<_>, _>>()?;
    topics.sort_unstable();
    topics.dedup();
    Ok(topics)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Config;
    use super::*;

    const EXTERNAL: &str = "stack = 'external'\nkafka.brokers = 'k:9092'\nwatchlist.sample = true\n\
                            secret = '0123456789abcdef0123456789abcdef'\n";

    fn with(settings: &str) -> Config {
        Config::with(&format!("{EXTERNAL}{settings}")).unwrap()
    }

    fn refused(settings: &str) -> String {
        Config::with(settings).unwrap_err().to_string()
    }

    #[test]
    fn process_runs_everything_by_default() {
        let config = Config::with("").unwrap();
        assert!(config.roles.all() && config.reads_documents());
        assert_eq!(config.consumed(), EventType::ALL);
    }

    #[test]
    fn roles_are_a_list_or_text_with_commas() {
        for settings in ["roles = ['web', 'relay']", "roles = 'web, relay'"] {
            let config = with(settings);
            assert!(config.roles.has(Role::Web) && config.roles.has(Role::Relay) && !config.roles.all(), "{settings}");
            assert!(config.consumed().is_empty() && !config.reads_documents());
        }
        assert!(with("roles = ['web', 'all']").roles.all());
        assert!(with("roles = ['web', 'relay', 'consumers', 'reader']").roles.all());
    }

    #[test]
    fn consumers_read_documents_unless_topics_are_set() {
        assert!(with("roles = ['consumers']").reads_documents());
        let one = with("roles = ['consumers']\ntopics = ['kyc-verified', 'kyc-verified']");
        assert_eq!(one.consumed(), [EventType::KycVerified]);
        assert!(!one.reads_documents());
        assert!(with("roles = ['consumers', 'reader']\ntopics = ['kyc-verified']").reads_documents());
        let reader = with("roles = ['reader']");
        assert!(reader.reads_documents() && !reader.needs_kafka() && reader.runs_commands());
    }

    #[test]
    fn unknown_names_and_contradicting_roles_are_refused() {
        assert!(refused("roles = ['web', 'weh']").contains("no role `weh`"));
        assert!(refused("roles = []").contains("one role or more"));
        assert!(refused("topics = ['kyc']").contains("no topic `kyc`"));
        assert!(refused("stack = 'embedded'\nroles = ['web']").contains("embedded stack"));
        let external = EXTERNAL.replace("secret", "environment");
        assert!(refused(&format!("{external}roles = ['web']")).contains("ONBOARD_SECRET"));
        assert!(refused(&format!("{EXTERNAL}roles = ['web']\ntopics = ['kyc-verified']")).contains("topics"));
    }
}
