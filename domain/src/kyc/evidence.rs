//! The evidential value of a field: a value that the applicant supplied is no evidence.

use crate::agreement::is_respelling;
use crate::document::{Document, FieldName, FieldSource};

/// A field as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldEvidence<'a> {
    /// Neither read nor typed.
    Missing,
    /// Typed where nothing was read.
    Typed(&'a str),
    /// Read, then changed by the applicant.
    Corrected {
        /// The value as read.
        read: &'a str,
        /// The applicant's correction.
        value: &'a str,
    },
    /// Read, and perhaps confirmed without a change.
    Read(&'a str),
}

impl<'a> FieldEvidence<'a> {
    pub(super) fn of(document: &'a Document, name: FieldName) -> Self {
        let Some(field) = document.extracted_fields.get(&name) else { return Self::Missing };
        match &field.read_value {
            _ if field.value.trim().is_empty() => Self::Missing,
            // The correction was undone, or only restores accents that the reader lost.
            Some(read) if *read == field.value || is_respelling(name, read, &field.value) => Self::Read(read),
            Some(read) => Self::Corrected { read, value: &field.value },
            None if field.source == FieldSource::Applicant => Self::Typed(&field.value),
            None => Self::Read(&field.value),
        }
    }

    /// The value in use.
    pub(super) fn value(self) -> Option<&'a str> {
        match self {
            Self::Missing => None,
            Self::Typed(value) | Self::Corrected { value, .. } | Self::Read(value) => Some(value),
        }
    }

    /// The value as it was read from the document.
    pub(super) fn as_read(self) -> Option<&'a str> {
        match self {
            Self::Missing | Self::Typed(_) => None,
            Self::Corrected { read, .. } | Self::Read(read) => Some(read),
        }
    }

    /// Whether the applicant supplied the value in use.
    pub(super) fn is_applicant_supplied(self) -> bool {
        matches!(self, Self::Typed(_) | Self::Corrected { .. })
    }
}
