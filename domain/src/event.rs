//! Events: the envelope, the six types and the topics that carry them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::versions::{self, OrUnknown, Unreadable};

mod data;

pub use data::*;

/// The version of the envelope and of every `data` shape in this build.
pub const SCHEMA_VERSION: u32 = 1;

/// Identifies an application: `APP-{customerId}-{unix seconds}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApplicationId {
    customer_id: Uuid,
    seconds: i64,
}

impl ApplicationId {
    /// The application that `customer_id` opened at `at`.
    pub fn new(customer_id: Uuid, at: Timestamp) -> Self {
        Self { customer_id, seconds: at.as_second() }
    }

    /// The customer whose application this is.
    pub fn customer_id(&self) -> Uuid {
        self.customer_id
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "APP-{}-{}", self.customer_id, self.seconds)
    }
}

/// The text is not of the form `APP-{customerId}-{unix seconds}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an application id has the form APP-{{customerId}}-{{unix seconds}}")]
pub struct InvalidApplicationId;

impl FromStr for ApplicationId {
    type Err = InvalidApplicationId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (customer, seconds) =
            text.strip_prefix("APP-").and_then(|rest| rest.rsplit_once('-')).ok_or(InvalidApplicationId)?;
        let id = Self {
            customer_id: customer.parse().map_err(|_| InvalidApplicationId)?,
            seconds: seconds.parse().map_err(|_| InvalidApplicationId)?,
        };
        // One spelling only: equal identifiers must be equal keys.
        if id.to_string() == text { Ok(id) } else { Err(InvalidApplicationId) }
    }
}

impl Serialize for ApplicationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ApplicationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The six kinds of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    /// The applicant's details were accepted.
    UserInfoSubmitted,
    /// A document was read, or its fields were confirmed or corrected.
    DocumentsProcessed,
    /// The identity check was decided.
    KycVerified,
    /// Policies were recommended.
    PolicyRecommended,
    /// A policy was chosen, and the application is complete.
    WorkflowCompleted,
    /// A command or a consumer failed.
    WorkflowError,
}

impl EventType {
    /// All types, in the order of the journey.
    pub const ALL: [Self; 6] = [
        Self::UserInfoSubmitted,
        Self::DocumentsProcessed,
        Self::KycVerified,
        Self::PolicyRecommended,
        Self::WorkflowCompleted,
        Self::WorkflowError,
    ];

    /// The topic that carries events of this type.
    pub const fn topic(self) -> &'static str {
        match self {
            Self::UserInfoSubmitted => "user-info-submitted",
            Self::DocumentsProcessed => "documents-processed",
            Self::KycVerified => "kyc-verified",
            Self::PolicyRecommended => "policy-recommended",
            Self::WorkflowCompleted => "workflow-completed",
            Self::WorkflowError => "workflow-errors",
        }
    }

    /// How many days the topic keeps its events.
    pub const fn retention_days(self) -> u32 {
        match self {
            Self::WorkflowError => 30,
            _ => 7,
        }
    }

    /// The consumer group that handles this type's topic.
    pub fn consumer_group(self) -> String {
        format!("onboard-ai-consumer-{}", self.topic())
    }
}

/// The type of an event, with its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "eventType", content = "data", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventData {
    /// See [`EventType::UserInfoSubmitted`].
    UserInfoSubmitted(UserInfo),
    /// See [`EventType::DocumentsProcessed`].
    DocumentsProcessed(DocumentsProcessed),
    /// See [`EventType::KycVerified`].
    KycVerified(KycVerified),
    /// See [`EventType::PolicyRecommended`].
    PolicyRecommended(PolicyRecommended),
    /// See [`EventType::WorkflowCompleted`].
    WorkflowCompleted(WorkflowCompleted),
    /// See [`EventType::WorkflowError`].
    WorkflowError(WorkflowError),
}

impl EventData {
    /// The type that this data belongs to.
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::UserInfoSubmitted(_) => EventType::UserInfoSubmitted,
            Self::DocumentsProcessed(_) => EventType::DocumentsProcessed,
            Self::KycVerified(_) => EventType::KycVerified,
            Self::PolicyRecommended(_) => EventType::PolicyRecommended,
            Self::WorkflowCompleted(_) => EventType::WorkflowCompleted,
            Self::WorkflowError(_) => EventType::WorkflowError,
        }
    }
}

/// The command that produced an event.
pub type Source = OrUnknown<Stage>;

impl Source {
    /// The text in the envelope.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(stage) => stage.as_str(),
            Self::Unknown(text) => text,
        }
    }
}

/// The envelope, the same for every event. JSON, camelCase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// UUID v7; the idempotency key everywhere.
    pub event_id: Uuid,
    /// The command that produced it, for instance `submit-user-info`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub source: Source,
    /// The customer; also the Kafka message key, hence the order.
    pub customer_id: Uuid,
    /// The customer's application.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application_id: ApplicationId,
    /// 1, 2, 3... per customer with no gap.
    pub sequence: u64,
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The time of the event: RFC 3339, UTC, milliseconds.
    #[serde(serialize_with = "as_milliseconds")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub timestamp: Timestamp,
    /// `eventType` and `data`.
    #[serde(flatten)]
    pub data: EventData,
}

/// The reason why this build cannot read an event.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// The bytes are not JSON, do not have the envelope's shape, or have a value that only a newer build knows.
    #[error("{prefix}{0}", prefix = if .0.is_newer() { "" } else { "not an event: " })]
    Unreadable(#[from] Unreadable),
    /// The event has another schema version than this build.
    #[error("schema version {0} is not known to this build, which knows {SCHEMA_VERSION}")]
    UnknownVersion(u32),
}

impl InvalidEvent {
    /// Whether a newer build wrote the event. Such an event is refused and kept, never guessed.
    pub const fn is_newer(&self) -> bool {
        match self {
            Self::Unreadable(unreadable) => unreadable.is_newer(),
            Self::UnknownVersion(version) => *version > SCHEMA_VERSION,
        }
    }
}

impl Envelope {
    /// Parses one event.
    ///
    /// # Errors
    /// [`InvalidEvent`]. The schema version is checked first, so that a newer shape is reported as newer.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidEvent> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            schema_version: u32,
        }
        match versions::read::<Version>(bytes)?.schema_version {
            SCHEMA_VERSION => Ok(versions::read(bytes)?),
            other => Err(InvalidEvent::UnknownVersion(other)),
        }
    }

    /// The event's type.
    pub const fn event_type(&self) -> EventType {
        self.data.event_type()
    }
}

/// Writes a time in the form of the envelope, for instance `2026-03-01T09:30:00.000Z`.
fn as_milliseconds<S: Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{timestamp:.3}"))
}

#[cfg(test)]
mod tests;
