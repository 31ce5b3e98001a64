//! Document extraction: [`Custom`] reads a document on this machine, [`Textract`], [`Vision`] and [`Azure`] have a
//! cloud service read it. Each implements [`Extractor`]; [`Router`] decides which of them reads which document.
//!
//! The answers of services are normalised to the spelling of the local reader: [`values`] does that for fields that a
//! service names, `ocr::fields_in` for words with their positions, [`zone`] for the machine-readable zone, and
//! [`reconcile`] combines the three. README.md describes the crate as a whole.

mod azure;
mod breaker;
mod custom;
mod extractor;
mod http;
mod reconcile;
mod regions;
mod router;
mod settings;
mod textract;
mod time;
mod values;
mod vision;
mod zone;

pub use azure::Azure;
pub use breaker::BreakerSettings;
pub use custom::Custom;
pub use extractor::{Extractor, OnProgress, ProviderError};
pub use router::{
    Attempt, AttemptOutcome, Extraction, ExtractionFailed, RandomFraction, Router, RouterSettings, SecondOpinion,
};
pub use settings::{AzureAuth, AzureSettings, Limits, SetupError, TextractSettings, VisionAuth, VisionSettings};
pub use textract::Textract;
pub use vision::Vision;
