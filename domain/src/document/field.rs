//! A field with its past: who read what, from where, how surely, and what others say of it.

use serde::{Deserialize, Serialize};

use super::FieldName;
use crate::agreement::agree;

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldSource {
    /// The machine-readable zone.
    Mrz,
    /// The barcode of a driving licence.
    Barcode,
    /// The printed page, read from an image.
    PrintedZone,
    /// The text of a PDF.
    TextLayer,
    /// A service that does not say from which part of the document it has the value.
    Provider,
    /// Typed by the applicant.
    Applicant,
}

impl FieldSource {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mrz => "from the machine-readable lines",
            Self::Barcode => "from the barcode",
            Self::PrintedZone => "from the printed page",
            Self::TextLayer => "from the file's text",
            Self::Provider => "from the document",
            Self::Applicant => "typed by you",
        }
    }
}

/// Who reads documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// This program.
    #[default]
    Custom,
    /// Amazon Textract.
    Textract,
    /// Google Cloud Vision.
    GoogleVision,
    /// Azure Document Intelligence.
    AzureDocumentIntelligence,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Custom, Self::Textract, Self::GoogleVision, Self::AzureDocumentIntelligence];

    /// The spelling in events and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Textract => "textract",
            Self::GoogleVision => "google_vision",
            Self::AzureDocumentIntelligence => "azure_document_intelligence",
        }
    }
}

/// Where on a page a value stands: a box on the page's picture, in thousandths of its width and height from the upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Region {
    /// Counted from 1.
    pub page: u8,
    /// Left edge.
    pub left: u16,
    /// Upper edge.
    pub top: u16,
    /// Right edge, not left of `left`.
    pub right: u16,
    /// Lower edge, not above `top`.
    pub bottom: u16,
}

/// Another reading of a field that has a value already: by another part of the document, or by another provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OtherReading {
    /// What was read.
    pub value: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// Where it came from.
    pub source: FieldSource,
    /// Who read it.
    #[serde(default)]
    pub provider: Provider,
}

/// What the readings of one field say of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// There is but one.
    Alone,
    /// They say the same.
    Agrees,
    /// At least one says something else.
    Disagrees,
}

/// A value with its past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The value in use.
    pub value: String,
    /// From 0 to 1; how sure the reader was of what it read.
    pub confidence: f64,
    /// Where `value` came from.
    pub source: FieldSource,
    /// Who read it.
    #[serde(default)]
    pub provider: Provider,
    /// Where it stands on the page, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What else was read for this field, whether it agrees or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_readings: Vec<OtherReading>,
    /// Whether the applicant has looked at it and agreed, or corrected it.
    #[serde(default)]
    pub confirmed: bool,
    /// What was read, where the applicant corrected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_value: Option<String>,
    /// Where that came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_source: Option<FieldSource>,
}

impl Field {
    /// A value as our own reader found it. `confidence` is brought between 0 and 1, to three decimals; what is no number is 0.
    pub fn read(value: impl Into<String>, confidence: f64, source: FieldSource) -> Self {
        Self {
            value: value.into(),
            confidence: decimals(confidence),
            source,
            provider: Provider::Custom,
            region: None,
            other_readings: Vec::new(),
            confirmed: false,
            read_value: None,
            read_source: None,
        }
    }

    /// The same, read by `provider`.
    #[must_use]
    pub fn by(self, provider: Provider) -> Self {
        Self { provider, ..self }
    }

    /// The same, read at `region`.
    #[must_use]
    pub fn at(self, region: Option<Region>) -> Self {
        Self { region, ..self }
    }

    /// The same, with what another reading said.
    #[must_use]
    pub fn beside(mut self, other: &Self) -> Self {
        self.other_readings.push(OtherReading {
            value: other.value.clone(),
            confidence: other.confidence,
            source: other.source,
            provider: other.provider,
        });
        self
    }

    /// What its other readings say of it.
    pub fn agreement(&self, name: FieldName) -> Agreement {
        let read = self.read_value.as_deref().unwrap_or(&self.value);
        if self.other_readings.is_empty() {
            Agreement::Alone
        } else if self.other_readings.iter().all(|other| agree(name, read, &other.value)) {
            Agreement::Agrees
        } else {
            Agreement::Disagrees
        }
    }
}

/// A confidence to three decimals: so short a number is the same again behind JSON, hence in every fold.
pub(super) fn decimals(confidence: f64) -> f64 {
    if confidence.is_nan() { 0.0 } else { (confidence.clamp(0.0, 1.0) * 1000.0).round() / 1000.0 }
}
