//! Reading what another version of this program wrote.
//!
//! During a rolling upgrade, after a rollback and in an open page two versions meet. Three rules keep them apart:
//!
//! - What is stored or published (events, rows, snapshots, frames) ignores fields that it does not know. Request bodies are the
//!   exception: they are strict, see [`crate::api`].
//! - A text that only informs is an [`OrUnknown`]: a value that this version does not know is kept as it is.
//! - Where a value decides something, an unknown one is never guessed. Reading fails with [`Unreadable::Newer`].

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why JSON that this program or another version of it wrote cannot be read. Display gives the place and never the content,
/// which may be personal data.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It has a value that this version does not know: a newer version wrote it.
    #[error("written by a newer version: unknown value in line {}, column {}", .0.line(), .0.column())]
    Newer(serde_json::Error),
    /// It is not JSON, or lacks what every version writes.
    #[error("{:?} error in line {}, column {}", .0.classify(), .0.line(), .0.column())]
    Corrupt(serde_json::Error),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        // serde has no other sign of an unknown variant than its message. A test reads one, so a change of it is noticed.
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

/// Reads JSON that any version may have written.
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
    /// The text as it was read; it is written back unchanged.
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
