//! Documents: their kinds, the fields that are read from them, and which fields the applicant must confirm.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod field;
mod picture;

pub use field::{Agreement, Field, FieldSource, OtherReading, Provider, Region};
pub use picture::PictureIssue;

use field::decimals;

use crate::mrz;

/// A field read with less confidence than this is shown to the applicant to confirm.
pub const DOUBTFUL_BELOW: f64 = 0.80;

/// The largest accepted document, in bytes (10 MiB).
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The number of requests for a new picture of an unreadable document. After that it is accepted, for review.
pub const MAX_RETAKES: u32 = 2;

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Passport booklet, ICAO 9303 TD3.
    Passport,
    /// Identity card, ICAO 9303 TD1.
    IdentityCard,
    /// Driving licence.
    DrivingLicence,
    /// Utility bill, bank statement or the like.
    ProofOfAddress,
}

impl DocumentKind {
    /// All kinds, proof of identity first.
    pub const ALL: [Self; 4] = [Self::Passport, Self::IdentityCard, Self::DrivingLicence, Self::ProofOfAddress];

    /// The spelling in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::IdentityCard => "identity_card",
            Self::DrivingLicence => "driving_licence",
            Self::ProofOfAddress => "proof_of_address",
        }
    }

    /// The label for the applicant.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Passport => "Passport",
            Self::IdentityCard => "Identity card",
            Self::DrivingLicence => "Driving licence",
            Self::ProofOfAddress => "Proof of address",
        }
    }

    /// The proof that it gives.
    pub const fn proves(self) -> Proof {
        match self {
            Self::ProofOfAddress => Proof::Address,
            _ => Proof::Identity,
        }
    }

    /// Whether it carries a machine-readable zone.
    pub const fn has_mrz(self) -> bool {
        matches!(self, Self::Passport | Self::IdentityCard)
    }

    /// Fields without which the document cannot be used. The applicant types those that were not read.
    pub const fn required_fields(self) -> &'static [FieldName] {
        use FieldName::{
            Address, DateOfBirth, DocumentNumber, ExpiryDate, FamilyName, FullName, GivenNames, IssueDate,
        };
        match self {
            Self::ProofOfAddress => &[FullName, Address, IssueDate],
            _ => &[GivenNames, FamilyName, DateOfBirth, DocumentNumber, ExpiryDate],
        }
    }
}

impl FromStr for DocumentKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// The proof that a document gives; an application needs one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Who the applicant is.
    Identity,
    /// Where the applicant lives.
    Address,
}

impl Proof {
    /// Its name for the applicant.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Identity => "Proof of identity",
            Self::Address => "Proof of address",
        }
    }
}

/// The name of a field, the same for every provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum FieldName {
    /// Given names.
    GivenNames,
    /// Family name.
    FamilyName,
    /// The undivided name (proof of address).
    FullName,
    /// `YYYY-MM-DD`.
    DateOfBirth,
    /// Document number, without filler.
    DocumentNumber,
    /// Document type as its issuer codes it, for instance `P`.
    DocumentType,
    /// ICAO 9303-3 code of the issuing state (ISO 3166-1 alpha-3, with ICAO's additions such as `D`).
    IssuingCountry,
    /// ICAO 9303-3 code.
    Nationality,
    /// `M`, `F` or `X`.
    Sex,
    /// `YYYY-MM-DD`.
    ExpiryDate,
    /// `YYYY-MM-DD`.
    IssueDate,
    /// The issuer of a proof of address.
    Issuer,
    /// An address, its lines joined by `, `.
    Address,
    /// The machine-readable zone, its lines joined by `\n`.
    Mrz,
    /// Field 3 of a driving licence, beside the date.
    PlaceOfBirth,
    /// Field 4c of a driving licence.
    IssuingAuthority,
    /// Field 4d of a driving licence, or the personal number in a machine-readable zone.
    PersonalNumber,
    /// Field 9 of a driving licence: categories of vehicles, separated by one space.
    Categories,
}

impl FieldName {
    /// The label for the applicant.
    pub const fn label(self) -> &'static str {
        match self {
            Self::GivenNames => "Given names",
            Self::FamilyName => "Family name",
            Self::FullName => "Name",
            Self::DateOfBirth => "Date of birth",
            Self::DocumentNumber => "Document number",
            Self::DocumentType => "Document type",
            Self::IssuingCountry => "Issuing country",
            Self::Nationality => "Nationality",
            Self::Sex => "Sex",
            Self::ExpiryDate => "Expiry date",
            Self::IssueDate => "Issue date",
            Self::Issuer => "Issued by",
            Self::Address => "Address",
            Self::Mrz => "Machine-readable zone",
            Self::PlaceOfBirth => "Place of birth",
            Self::IssuingAuthority => "Issuing authority",
            Self::PersonalNumber => "Personal number",
            Self::Categories => "Categories",
        }
    }

    /// The spelling in JSON, for instance `dateOfBirth`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GivenNames => "givenNames",
            Self::FamilyName => "familyName",
            Self::FullName => "fullName",
            Self::DateOfBirth => "dateOfBirth",
            Self::DocumentNumber => "documentNumber",
            Self::DocumentType => "documentType",
            Self::IssuingCountry => "issuingCountry",
            Self::Nationality => "nationality",
            Self::Sex => "sex",
            Self::ExpiryDate => "expiryDate",
            Self::IssueDate => "issueDate",
            Self::Issuer => "issuer",
            Self::Address => "address",
            Self::Mrz => "mrz",
            Self::PlaceOfBirth => "placeOfBirth",
            Self::IssuingAuthority => "issuingAuthority",
            Self::PersonalNumber => "personalNumber",
            Self::Categories => "categories",
        }
    }

    /// Whether the value is a date, `YYYY-MM-DD`.
    pub const fn is_date(self) -> bool {
        matches!(self, Self::DateOfBirth | Self::ExpiryDate | Self::IssueDate)
    }
}

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its identifier.
    pub document_id: Uuid,
    /// The applicant's name for the file; shown, never used as a path.
    pub file_name: String,
    /// Its kind.
    pub kind: DocumentKind,
    /// The fields that were read. A field without a value is absent, even if a provider reports a confidence for it.
    pub extracted_fields: BTreeMap<FieldName, Field>,
    /// The mean confidence of the required fields, from 0 to 1; a missing one counts 0.
    pub confidence: f64,
    /// The provider that read it.
    #[serde(default)]
    pub provider: Provider,
    /// The number of pages that can be shown.
    #[serde(default)]
    pub pages: u8,
    /// SHA-256 of the uploaded file, in lower-case hexadecimal. It remains as evidence after the file is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Faults of its picture, if it was accepted despite them. A person must review it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<PictureIssue>,
    /// Whether its holder said that they have one name only. See [`Document::has_one_name`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_name: bool,
}

/// The required fields that a document lacks. One half of the name is enough where the holder has one name: by
/// `one_name`, or by the machine-readable zone among the fields.
pub fn missing_fields(kind: DocumentKind, fields: &BTreeMap<FieldName, Field>, one_name: bool) -> Vec<FieldName> {
    let required = required(kind, fields, one_name);
    required.into_iter().filter(|name| !fields.contains_key(name)).collect()
}

/// The required fields of a document, without the half of the name that its holder does not have.
fn required(kind: DocumentKind, fields: &BTreeMap<FieldName, Field>, one_name: bool) -> Vec<FieldName> {
    let mut required = kind.required_fields().to_vec();
    if one_name || fields.get(&FieldName::Mrz).is_some_and(|zone| mrz::has_one_name(&zone.value)) {
        // A single name is the primary identifier (ICAO 9303-3, section 4.6), so the family name is asked for.
        let absent = if fields.contains_key(&FieldName::GivenNames) && !fields.contains_key(&FieldName::FamilyName) {
            FieldName::FamilyName
        } else {
            FieldName::GivenNames
        };
        required.retain(|name| *name != absent || fields.contains_key(name));
    }
    required
}

impl Document {
    /// A document with the fields that were read from it.
    pub fn new(
        document_id: Uuid,
        file_name: String,
        kind: DocumentKind,
        mut extracted_fields: BTreeMap<FieldName, Field>,
    ) -> Self {
        for (name, field) in &mut extracted_fields {
            field.compare(*name);
        }
        let document = Self {
            document_id,
            file_name,
            kind,
            extracted_fields,
            confidence: 0.0,
            provider: Provider::Custom,
            pages: 0,
            sha256: None,
            issues: Vec::new(),
            one_name: false,
        };
        document.of_one_name(false)
    }

    /// The document, as it was read, of a holder who said whether they have one name only.
    #[must_use]
    pub fn of_one_name(mut self, one_name: bool) -> Self {
        self.one_name = one_name;
        let required = required(self.kind, &self.extracted_fields, one_name);
        let sum: f64 = required.iter().filter_map(|name| self.extracted_fields.get(name)).map(|f| f.confidence).sum();
        self.confidence = decimals(sum / required.len() as f64);
        self
    }

    /// Whether its holder has one name only: they said so, or the machine-readable zone has one.
    pub fn has_one_name(&self) -> bool {
        self.one_name || self.value(FieldName::Mrz).is_some_and(mrz::has_one_name)
    }

    /// The value of a field that was read or typed.
    pub fn value(&self, name: FieldName) -> Option<&str> {
        self.extracted_fields.get(&name).map(|field| field.value.as_str())
    }

    /// Fields that the applicant must confirm, choose or type: read with low confidence; required with readings that
    /// disagree; or required and not read.
    ///
    /// The machine-readable zone is never confirmed by the applicant; its check digits decide.
    pub fn to_confirm(&self) -> Vec<FieldName> {
        let required = required(self.kind, &self.extracted_fields, self.one_name);
        let asked = |name: FieldName, field: &Field| {
            let doubtful = field.confidence < DOUBTFUL_BELOW;
            let disputed = || required.contains(&name) && field.agreement(name) == Agreement::Disagrees;
            name != FieldName::Mrz && !field.confirmed && (doubtful || disputed())
        };
        let read = self.extracted_fields.iter().filter(|(name, field)| asked(**name, field)).map(|(name, _)| name);
        let missing = required.iter().filter(|name| !self.extracted_fields.contains_key(name));
        read.chain(missing).copied().collect()
    }

    /// Records the applicant's value of a field. If it differs, the value as read is kept.
    pub fn confirm(&mut self, name: FieldName, value: &str) {
        match self.extracted_fields.get_mut(&name) {
            Some(field) if field.value == value => field.confirmed = true,
            Some(field) => {
                let read = std::mem::replace(&mut field.value, value.to_owned());
                // A second correction must not overwrite the value as read.
                field.read_value.get_or_insert(read);
                let source = std::mem::replace(&mut field.source, FieldSource::Applicant);
                if source != FieldSource::Applicant {
                    field.read_source = Some(source);
                }
                field.confirmed = true;
            }
            None => {
                let field = Field { confirmed: true, ..Field::read(value, 0.0, FieldSource::Applicant) };
                self.extracted_fields.insert(name, field);
            }
        }
    }
}

#[cfg(test)]
mod tests;
