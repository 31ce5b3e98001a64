//! The data of each of the six events.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{Document, DocumentKind, Proof, Provider};
use crate::versions::OrUnknown;

/// Data of event 1: the applicant's details, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserInfo {
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Given names, as on the identity document; the whole name of a person with one name.
    #[serde(default)]
    pub first_name: String,
    /// Family name, as on the identity document; empty for a person with one name.
    #[serde(default)]
    pub last_name: String,
    /// Whether the person has one name only. Absent in events of versions that did not accept one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_name: bool,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub date_of_birth: String,
    /// E.164, for instance `+4512345678`.
    #[serde(default)]
    pub phone_number: String,
    /// Address of residence.
    #[serde(default)]
    pub address: Address,
}

impl UserInfo {
    /// First and last name in one text, or the only name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
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
    /// At most one proof of identity and one proof of address; a newer one replaces the older.
    pub documents: Vec<Document>,
    /// The origin of the newest fields.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub ai_provider: OrUnknown<AiProvider>,
    /// Duration of the reading, in milliseconds.
    pub processing_time: u64,
}

/// The origin of the fields of a document: the provider that read it, or the applicant who corrected them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AiProvider {
    /// See [`Provider::Custom`].
    #[default]
    Custom,
    /// See [`Provider::Textract`].
    Textract,
    /// See [`Provider::GoogleVision`].
    GoogleVision,
    /// See [`Provider::AzureDocumentIntelligence`].
    AzureDocumentIntelligence,
    /// The applicant confirmed or corrected fields.
    Applicant,
}

impl From<Provider> for AiProvider {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Custom => Self::Custom,
            Provider::Textract => Self::Textract,
            Provider::GoogleVision => Self::GoogleVision,
            Provider::AzureDocumentIntelligence => Self::AzureDocumentIntelligence,
        }
    }
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

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The check.
    pub check_type: CheckType,
    /// Whether it passed.
    pub passed: bool,
    /// The score, from 0 to 1.
    pub score: f64,
    /// The reason, in words for the applicant.
    pub reason: String,
}

/// The outcome of the identity check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KycStatus {
    /// The applicant may continue.
    Approved,
    /// A person decides.
    Review,
    /// The applicant cannot continue.
    Rejected,
}

/// The risk level of the identity check. It decides how closely a person must look; it never rates, prices or excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskLevel {
    /// All checks passed.
    Low,
    /// At least one check did not pass.
    Medium,
    /// A serious finding, or many checks that did not pass.
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
    /// The screened sanctions list, with its date.
    pub list_version: String,
    /// The version of the rules: [`crate::kyc::RULES_VERSION`].
    pub rules_version: String,
    /// The documents that were the input; their hashes outlive the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Whether a person decided. The checks are then as the rules found them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reviewed: bool,
    /// The documents that a person asks for, in REVIEW only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Ask>,
}

/// A document that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// What it must prove.
    pub proof: Proof,
    /// What is wrong with the one that is there.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: OrUnknown<AskCode>,
}

impl Ask {
    /// What the applicant reads. A code of a newer version reads as [`AskCode::Other`].
    pub const fn text(&self) -> &'static str {
        match &self.code {
            OrUnknown::Known(code) => code.text(),
            OrUnknown::Unknown(_) => AskCode::Other.text(),
        }
    }
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskCode {
    /// It is no document of this kind.
    WrongDocument,
    /// It names another person.
    NotYoursName,
    /// Its number is another document's.
    NotYoursNumber,
    /// The picture is not good enough.
    BadPicture,
    /// A page is missing.
    PageMissing,
    /// It ran out.
    Expired,
    /// It is older than three months.
    TooOld,
    /// The file needs a password.
    LockedPdf,
    /// A part is covered.
    PartlyCovered,
    /// Something else.
    #[default]
    Other,
}

impl AskCode {
    /// What the applicant reads: what is wrong, and what helps.
    pub const fn text(self) -> &'static str {
        match self {
            Self::WrongDocument => "This is not a document that we can use here. Please send one of those named below.",
            Self::NotYoursName => "The name on this document is not the one that you gave. Please send your own.",
            Self::NotYoursNumber => "The number on this document is not the one that you gave. Please send your own.",
            Self::BadPicture => "We cannot read this picture well enough. Please take a new one in good light.",
            Self::PageMissing => "A page of this document is missing. Please send all of its pages.",
            Self::Expired => "This document has run out. Please send one that is still valid.",
            Self::TooOld => "This document is older than three months. Please send a newer one.",
            Self::LockedPdf => "This file needs a password. Please send it without one, or a photo of it.",
            Self::PartlyCovered => "A part of this document is covered. Please send it whole.",
            Self::Other => "Please send this document once more.",
        }
    }
}

/// A document that was the input of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Its identifier.
    pub document_id: Uuid,
    /// Its kind.
    pub kind: DocumentKind,
    /// SHA-256 of the uploaded file, hexadecimal, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The provider that read it.
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
    /// Identifier of the policy in the catalogue.
    pub policy_id: String,
    /// Its name.
    pub name: String,
    /// 0 to 100: the sum of the points named in `reasons`.
    pub fit_score: u8,
    /// The reasons, each with its points, in words for the applicant.
    pub reasons: Vec<String>,
    /// Its indicative premium.
    pub premium: Premium,
}

/// A policy that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Excluded {
    /// Identifier of the policy in the catalogue.
    pub policy_id: String,
    /// The reason, in words for the applicant; begins with the policy's name.
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
    /// The chosen policy.
    pub selected_policy_id: String,
    /// Its indicative premium, as recommended.
    pub premium: Premium,
}

/// A stage of the journey: the command that produced an event, or in which an error happened.
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
    /// Tile 3: a person decides a REVIEW.
    ReviewKyc,
    /// Tile 4.
    GenerateRecommendations,
    /// Tile 5.
    SubmitPolicySelection,
    /// A consumer of any topic.
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
            Self::ReviewKyc => "review-kyc",
            Self::GenerateRecommendations => "generate-recommendations",
            Self::SubmitPolicySelection => "submit-policy-selection",
            Self::ConsumeEvent => "consume-event",
        }
    }
}

/// `code` of the error for an unreadable document: the applicant must take another photo.
pub const DOCUMENT_UNREADABLE: &str = "document_unreadable";

/// Data of event 6. Names the fields of a refused input, never their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowError {
    /// The stage in which it happened.
    pub stage: Stage,
    /// Stable, for programs: `validation_failed`, `document_unreadable`, ...
    pub code: String,
    /// For people: the error, its meaning, and the remedy.
    pub message: String,
    /// Whether a retry may help.
    pub retryable: bool,
    /// True if only the input was refused: a form (4xx) or an unreadable photo. Recorded without an alert.
    #[serde(default)]
    pub refused: bool,
    /// Names of the fields that were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The event whose handling failed, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<Uuid>,
}

impl WorkflowError {
    /// Whether the applicant received this error in a response. The page then does not show it again.
    pub fn is_in_response(&self) -> bool {
        self.refused && self.code != DOCUMENT_UNREADABLE
    }
}
