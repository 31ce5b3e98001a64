//! Reads data that another version of this program wrote.
//!
//! Two versions exchange data during a rolling upgrade, after a rollback and with an open page. Three rules apply:
//!
//! - Stored and published data (events, rows, snapshots, frames) may have unknown fields, which are ignored. Request
//!   bodies are strict, see [`crate::api`].
//! - A text that only informs is an [`OrUnknown`], which keeps an unknown value unchanged.
//! - A value that decides something is never guessed. Reading an unknown one fails with [`Unreadable::Newer`].

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The reason why JSON of this program, in this or another version, is unreadable. Display gives the place and never
/// the content, which may be personal data.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It has a value that this version does not know: a newer version wrote it.
    #[error("written by a newer version: unknown value in line {}, column {}", .0.line(), .0.column())]
    Newer(serde_json::Error),
    /// It is not JSON, or lacks a field that every version writes.
    #[error("{:?} error in line {}, column {}", .0.classify(), .0.line(), .0.column())]
    Corrupt(serde_json::Error),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        // serde reports an unknown variant by its message only. A test fails if that message changes.
        if error.is_data() && error.to_string().starts_with("unknown variant") {
            Self::Newer(error)
        } else {
            Self::Corrupt(error)
        }
    }
}

impl Unreadable {
    /// Whether a newer version wrote it.
    pub const fn is_newer(&self) -> bool {
        matches!(self, Self::Newer(_))
    }
}

/// Reads JSON of any version.
///
/// # Errors
/// [`Unreadable`].
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Unreadable> {
    Ok(serde_json::from_slice(json)?)
}

/// A value of an enumeration, or a text that this version does not know. In JSON it is the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrUnknown<T> {
    /// A value of the enumeration.
    Known(T),
    /// The text as read. It is written back unchanged.
    Unknown(String),
}

impl<T: Default> Default for OrUnknown<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T> From<T> for OrUnknown<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: PartialEq> PartialEq<T> for OrUnknown<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(value) if value == other)
    }
}

impl<T: Serialize> Serialize for OrUnknown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Unknown(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OrUnknown<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = T::deserialize(StrDeserializer::<serde::de::value::Error>::new(&text));
        Ok(known.map_or(Self::Unknown(text), Self::Known))
    }
}
