//! A field with its provenance: provider, source, confidence, and other readings.

use serde::{Deserialize, Serialize};

use super::FieldName;
use crate::agreement::agree;

/// The source of a value.
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
    /// A provider that does not report the part of the document.
    Provider,
    /// Typed by the applicant.
    Applicant,
}

impl FieldSource {
    /// The label for the applicant.
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

/// A provider that reads documents.
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
    /// All providers.
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

/// The place of a value on a page: a box, in thousandths of the picture's width and height from the upper left.
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

/// Another reading of a field that already has a value: from another part of the document, or by another provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OtherReading {
    /// The value as read.
    pub value: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// Its source.
    pub source: FieldSource,
    /// The provider that read it.
    #[serde(default)]
    pub provider: Provider,
    /// Whether it agrees with the field's own reading. None in events of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
}

/// Whether the readings of one field agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// There is only one.
    Alone,
    /// All agree.
    Agrees,
    /// At least one differs.
    Disagrees,
}

/// A value with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The value in use.
    pub value: String,
    /// The reader's confidence in the reading, from 0 to 1.
    pub confidence: f64,
    /// The source of `value`.
    pub source: FieldSource,
    /// The provider that read it.
    #[serde(default)]
    pub provider: Provider,
    /// Its place on the page, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Other readings of this field, whether they agree or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_readings: Vec<OtherReading>,
    /// Whether the applicant has confirmed or corrected it.
    #[serde(default)]
    pub confirmed: bool,
    /// The value as read, if the applicant corrected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_value: Option<String>,
    /// The source of `read_value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_source: Option<FieldSource>,
}

impl Field {
    /// A value from the built-in reader. `confidence` is clamped to 0..=1 and rounded to three decimals; NaN becomes 0.
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

    /// This field, read by `provider`.
    #[must_use]
    pub fn by(self, provider: Provider) -> Self {
        Self { provider, ..self }
    }

    /// This field, read at `region`.
    #[must_use]
    pub fn at(self, region: Option<Region>) -> Self {
        Self { region, ..self }
    }

    /// This field, with `other` as another reading.
    #[must_use]
    pub fn beside(mut self, other: &Self) -> Self {
        self.other_readings.push(OtherReading {
            value: other.value.clone(),
            confidence: other.confidence,
            source: other.source,
            provider: other.provider,
            agrees: None,
        });
        self
    }

    /// Notes which of its other readings agree with it.
    pub(super) fn compare(&mut self, name: FieldName) {
        let read = self.read_value.as_deref().unwrap_or(&self.value);
        for other in &mut self.other_readings {
            other.agrees = Some(agree(name, read, &other.value));
        }
    }

    /// Whether one of its other readings agrees with it.
    pub fn agrees(&self, name: FieldName, other: &OtherReading) -> bool {
        let read = self.read_value.as_deref().unwrap_or(&self.value);
        other.agrees.unwrap_or_else(|| agree(name, read, &other.value))
    }

    /// Whether its other readings agree with it.
    pub fn agreement(&self, name: FieldName) -> Agreement {
        if self.other_readings.is_empty() {
            Agreement::Alone
        } else if self.other_readings.iter().all(|other| self.agrees(name, other)) {
            Agreement::Agrees
        } else {
            Agreement::Disagrees
        }
    }
}

/// A confidence rounded to three decimals. Such a number survives JSON unchanged, so every fold gives the same.
pub(super) fn decimals(confidence: f64) -> f64 {
    if confidence.is_nan() { 0.0 } else { (confidence.clamp(0.0, 1.0) * 1000.0).round() / 1000.0 }
}
