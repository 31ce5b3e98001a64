//! A refused field: the error that every parser of this crate returns, and that problems carry over the wire.

use serde::{Deserialize, Serialize};

/// One field that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// Path of the field in the request, for instance `address.postalCode`.
    pub field: String,
    /// Stable, for programs: `required`, `too_long`, `invalid`, ...
    pub code: String,
    /// For people: the limit and the remedy.
    pub message: String,
}

impl FieldError {
    /// A refused field.
    pub fn new(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into() }
    }
}
