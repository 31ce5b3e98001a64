//! What the router returns: the fields of a document, and the attempts that led to them.

use domain::document::{PictureIssue, Provider};
use ocr::Reading;

use crate::extractor::ProviderError;

/// The fields of a document, and the provider that read them.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// The fields, or the issue of the picture if too few could be read.
    pub reading: Reading,
    /// The provider whose reading was used; each field names its own, since a second opinion adds fields.
    pub provider: Provider,
    /// The duration, in milliseconds.
    pub milliseconds: u64,
    /// The attempts, in order.
    pub attempts: Vec<Attempt>,
}

/// No provider has read the document. The text is for the operator, and contains nothing of the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no provider has read the document: {}", describe(.attempts))]
pub struct ExtractionFailed {
    /// The attempts, in order.
    pub attempts: Vec<Attempt>,
}

fn describe(attempts: &[Attempt]) -> String {
    let one = |attempt: &Attempt| {
        let reason = match &attempt.outcome {
            AttemptOutcome::Failed(error) => error.to_string(),
            AttemptOutcome::CircuitOpen => "the circuit breaker is open".to_owned(),
            AttemptOutcome::Read | AttemptOutcome::Issue(_) => attempt.outcome.as_str().to_owned(),
        };
        format!("{}: {reason}", attempt.provider.as_str())
    };
    attempts.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// One provider's attempt to read a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The provider.
    pub provider: Provider,
    /// Its outcome.
    pub outcome: AttemptOutcome,
    /// The duration, in milliseconds.
    pub milliseconds: u64,
}

/// The outcome of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It read the document.
    Read,
    /// It read too little, because of the picture.
    Issue(PictureIssue),
    /// It failed.
    Failed(ProviderError),
    /// No request was sent, since its circuit breaker was open.
    CircuitOpen,
}

impl AttemptOutcome {
    /// All labels in metrics.
    pub const LABELS: [&str; 10] = [
        "read",
        "issue",
        "circuit_open",
        "throttled",
        "unavailable",
        "timeout",
        "denied",
        "refused",
        "malformed",
        "internal",
    ];

    /// The label in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Issue(_) => "issue",
            Self::CircuitOpen => "circuit_open",
            Self::Failed(error) => match error {
                ProviderError::Throttled { .. } => "throttled",
                ProviderError::Unavailable(_) => "unavailable",
                ProviderError::Timeout(_) => "timeout",
                ProviderError::Denied(_) => "denied",
                ProviderError::Refused(_) => "refused",
                ProviderError::Malformed(_) => "malformed",
                ProviderError::Internal(_) => "internal",
            },
        }
    }
}
