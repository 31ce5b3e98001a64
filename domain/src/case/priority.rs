//! The order of the queue, and the time in which a case should be decided.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The priorities of the queue, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A hit with the same document, or with a similar name and the same date of birth.
    Identical,
    /// A hit with a similar name and a date of birth that does not exclude the person.
    CompatibleDate,
    /// HIGH risk without such a hit.
    HighRisk,
    /// A hit by the name; the date of birth is not known.
    NameOnly,
    /// A hit on a list of politically exposed persons.
    Exposed,
    /// MEDIUM risk without a hit.
    MediumRisk,
    /// A list was not checked in time, and nothing else is in doubt.
    StaleList,
}

impl Priority {
    /// All priorities, in order.
    pub const ALL: [Self; 7] = [
        Self::Identical,
        Self::CompatibleDate,
        Self::HighRisk,
        Self::NameOnly,
        Self::Exposed,
        Self::MediumRisk,
        Self::StaleList,
    ];

    /// Its number, from 1.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }
}

/// The hours in which a case of each priority should be decided, in the order of [`Priority::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlaHours(pub [u32; Priority::ALL.len()]);

impl Default for SlaHours {
    fn default() -> Self {
        Self([4, 8, 8, 24, 48, 24, 72])
    }
}

impl SlaHours {
    /// When a case of `priority` that came in at `at` is due.
    pub fn due(&self, priority: Priority, at: Timestamp) -> Timestamp {
        let hours = i64::from(self.0[priority as usize]);
        at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
    }
}
