//! Has documents read: by this program ([`Custom`]) or by a service, each behind [`Extractor`].

mod custom;
mod extractor;

pub use custom::Custom;
pub use extractor::{Extraction, Extractor, OnProgress, ProviderError};
