//! What a field of a document is worth: a value that the applicant wrote is a claim, not evidence.

use crate::agreement::is_respelling;
use crate::document::{Document, FieldName, FieldSource};

/// A field as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence<'a> {
    /// Neither read nor typed.
    Missing,
    /// Typed where nothing was read.
    Typed(&'a str),
    /// Read, then changed by the applicant.
    Corrected {
        /// What was read.
        read: &'a str,
        /// What the applicant made of it.
        value: &'a str,
    },
    /// Read; perhaps confirmed as it was.
    Read(&'a str),
}

impl<'a> Evidence<'a> {
    pub(super) fn of(document: &'a Document, name: FieldName) -> Self {
        let Some(field) = document.extracted_fields.get(&name) else { return Self::Missing };
        match &field.read_value {
            _ if field.value.trim().is_empty() => Self::Missing,
            // Corrected, and then set back; or spelt otherwise, with the accents that a reader lost.
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

    /// What the document itself says, as far as it could be read.
    pub(super) fn as_read(self) -> Option<&'a str> {
        match self {
            Self::Missing | Self::Typed(_) => None,
            Self::Corrected { read, .. } | Self::Read(read) => Some(read),
        }
    }

    /// Whether the applicant wrote it.
    pub(super) fn is_claim(self) -> bool {
        matches!(self, Self::Typed(_) | Self::Corrected { .. })
    }
}
