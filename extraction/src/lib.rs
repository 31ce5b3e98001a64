//! Has documents read: by this program ([`Custom`]) or by a service ([`Textract`], [`Vision`], [`Azure`]), each behind
//! [`Extractor`]; [`Router`] says which of them reads what.
//!
//! What services answer is brought into the spelling of our own reader: [`values`] for what they name themselves, `ocr::fields_in` for
//! words with their places, [`zone`] for the machine-readable lines, [`witness`] to put these together.

mod azure;
mod breaker;
mod custom;
mod extractor;
mod http;
mod place;
mod router;
mod settings;
mod textract;
mod time;
mod values;
mod vision;
mod witness;
mod zone;

pub use azure::Azure;
pub use breaker::BreakerSettings;
pub use custom::Custom;
pub use extractor::{Extraction, Extractor, OnProgress, ProviderError};
pub use router::{Attempt, Chance, Outcome, Router, RouterSettings, SecondOpinion, Unread};
pub use settings::{AzureAuth, AzureSettings, Limits, SetupError, TextractSettings, VisionAuth, VisionSettings};
pub use textract::Textract;
pub use vision::Vision;
