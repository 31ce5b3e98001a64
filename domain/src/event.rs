//! Events: the envelope, the six types and the topics that carry them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::document::Document;

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
        // One spelling only: an identifier that reads the same must be the same key.
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
    /// A document was read, or its fields were confirmed.
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

/// What happened, with the data of its type.
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

/// The envelope, the same for every event. JSON, camelCase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// UUID v7; the idempotency key everywhere.
    pub event_id: Uuid,
    /// The command that produced it, for instance `submit-user-info`.
    pub source: String,
    /// Whose event it is; also the Kafka message key, hence the order.
    pub customer_id: Uuid,
    /// The application that it belongs to.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application_id: ApplicationId,
    /// 1, 2, 3... per customer with no gap.
    pub sequence: u64,
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When it happened: RFC 3339, UTC, milliseconds.
    #[serde(serialize_with = "as_milliseconds")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub timestamp: Timestamp,
    /// `eventType` and `data`.
    #[serde(flatten)]
    pub data: EventData,
}

/// Why bytes are not an event of this build.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// Not JSON, or not of the envelope's shape.
    #[error("not an event: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a newer build. Parked, not guessed.
    #[error("schema version {0} is not known to this build, which knows {SCHEMA_VERSION}")]
    UnknownVersion(u32),
}

impl Envelope {
    /// Parses one event.
    ///
    /// # Errors
    /// [`InvalidEvent`]. The version is looked at first, so that an unknown newer shape is named as such.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidEvent> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            schema_version: u32,
        }
        match serde_json::from_slice::<Version>(bytes)?.schema_version {
            SCHEMA_VERSION => Ok(serde_json::from_slice(bytes)?),
            other => Err(InvalidEvent::UnknownVersion(other)),
        }
    }

    /// The event's type.
    pub const fn event_type(&self) -> EventType {
        self.data.event_type()
    }
}

/// Writes a time as the envelope wants it, for instance `2026-03-01T09:30:00.000Z`.
fn as_milliseconds<S: Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{timestamp:.3}"))
}

/// Data of event 1, and the body of `POST /api/customers`: what the applicant typed, normalised in the event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserInfo {
    /// Where letters by e-mail reach the applicant.
    #[serde(default)]
    pub email: String,
    /// Given names, as on the identity document.
    #[serde(default)]
    pub first_name: String,
    /// Family name, as on the identity document.
    #[serde(default)]
    pub last_name: String,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub date_of_birth: String,
    /// E.164, for instance `+4512345678`.
    #[serde(default)]
    pub phone_number: String,
    /// Where the applicant lives.
    #[serde(default)]
    pub address: Address,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    #[serde(default)]
    pub line1: String,
    /// Flat, floor, building.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// Town or city.
    #[serde(default)]
    pub city: String,
    /// State, county or province, where addresses there have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code, in the form of its country.
    #[serde(default)]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: String,
}

/// Data of event 2: every current document of the application, not only the one just read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentsProcessed {
    /// At most one proof of identity and one proof of address; a newer one replaces an older.
    pub documents: Vec<Document>,
    /// Who read the newest one: `custom`, `textract`, ...
    pub ai_provider: String,
    /// How long the reading took, in milliseconds.
    pub processing_time: u64,
}

/// The five checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckType {
    /// Old enough on the day, and the typed and the read date of birth agree.
    AgeVerification,
    /// The typed name against the read one.
    NameMatch,
    /// Sanctions lists.
    WatchlistScreening,
    /// Check digits, expiry, type, agreement of the machine-readable zone with the printed page.
    DocumentValidity,
    /// Well-formed for its country, and agreeing with the proof of address.
    AddressVerification,
}

impl CheckType {
    /// All checks, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::AgeVerification,
        Self::NameMatch,
        Self::WatchlistScreening,
        Self::DocumentValidity,
        Self::AddressVerification,
    ];
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Which check.
    pub check_type: CheckType,
    /// Whether it passed.
    pub passed: bool,
    /// How sure, from 0 to 1.
    pub score: f64,
    /// Why, in words for the applicant.
    pub reason: String,
}

/// The outcome of the identity check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KycStatus {
    /// The applicant goes on.
    Approved,
    /// A person decides.
    Review,
    /// The applicant cannot go on.
    Rejected,
}

/// How risky an applicant is to take on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskLevel {
    /// Nothing found.
    Low,
    /// Something to look at.
    Medium,
    /// Something serious.
    High,
}

/// Data of event 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct KycVerified {
    /// The decision.
    pub status: KycStatus,
    /// The risk.
    pub risk_level: RiskLevel,
    /// The five checks, in the order of [`CheckType::ALL`].
    pub checks: Vec<Check>,
    /// Which sanctions lists were screened, and of which day.
    pub list_version: String,
    /// Which rules decided.
    pub rules_version: String,
}

/// An indicative premium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Premium {
    /// In the currency's minor unit (cents), per month.
    pub monthly_cents: u64,
    /// ISO 4217.
    pub currency: String,
}

/// One recommended policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// Which policy of the catalogue.
    pub policy_id: String,
    /// Its name.
    pub name: String,
    /// 0 to 100: the sum of the points named in `reasons`.
    pub fit_score: u8,
    /// Why it fits, each with its points, in words for the applicant.
    pub reasons: Vec<String>,
    /// What it may cost.
    pub premium: Premium,
}

/// A policy that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Excluded {
    /// Which policy of the catalogue.
    pub policy_id: String,
    /// Why, in words for the applicant; begins with the policy's name.
    pub reason: String,
}

/// Data of event 4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PolicyRecommended {
    /// The best five at most, best first.
    pub recommendations: Vec<Recommendation>,
    /// The others.
    pub excluded: Vec<Excluded>,
}

/// Data of event 5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowCompleted {
    /// The choice.
    pub selected_policy_id: String,
    /// Its indicative premium, as recommended.
    pub premium: Premium,
}

/// A stage of the journey: where an error happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Tile 1.
    SubmitUserInfo,
    /// Tile 2: reading.
    ProcessDocuments,
    /// Tile 2: the applicant's corrections.
    ConfirmFields,
    /// Tile 3.
    PerformKyc,
    /// Tile 4.
    GenerateRecommendations,
    /// Tile 5.
    SubmitPolicySelection,
    /// A consumer, whatever its topic.
    ConsumeEvent,
}

impl Stage {
    /// The spelling in `source` and `stage`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubmitUserInfo => "submit-user-info",
            Self::ProcessDocuments => "process-documents",
            Self::ConfirmFields => "confirm-fields",
            Self::PerformKyc => "perform-kyc",
            Self::GenerateRecommendations => "generate-recommendations",
            Self::SubmitPolicySelection => "submit-policy-selection",
            Self::ConsumeEvent => "consume-event",
        }
    }
}

/// `code` of the error that says a document could not be read: another photo is asked for.
pub const DOCUMENT_UNREADABLE: &str = "document_unreadable";

/// Data of event 6. Names the fields of a refused input, never their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowError {
    /// Where it happened.
    pub stage: Stage,
    /// Stable, for programs: `validation_failed`, `document_unreadable`, ...
    pub code: String,
    /// For people: what happened, what it means, what to do.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// True where the input was merely refused, a form (4xx) or an unreadable photo: on record, but alerts nobody.
    #[serde(default)]
    pub refused: bool,
    /// Names of the fields that were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The event whose handling failed, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<Uuid>,
}

impl WorkflowError {
    /// Whether the applicant has had this as the answer to a request, so that the page need not tell it again.
    pub fn answered_on_the_spot(&self) -> bool {
        self.refused && self.code != DOCUMENT_UNREADABLE
    }
}

#[cfg(test)]
mod tests;
