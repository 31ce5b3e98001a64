//! What each of the six events tells.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{Document, DocumentKind, Provider};

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
    /// The documents that it was decided from; their hashes outlive the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A document that a decision was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Its identifier.
    pub document_id: Uuid,
    /// What it is.
    pub kind: DocumentKind,
    /// SHA-256 of the file as it was handed in, hexadecimal, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Who read it.
    pub provider: Provider,
}

impl From<&Document> for Evidence {
    fn from(document: &Document) -> Self {
        let Document { document_id, kind, sha256, provider, .. } = document;
        Self { document_id: *document_id, kind: *kind, sha256: sha256.clone(), provider: *provider }
    }
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
