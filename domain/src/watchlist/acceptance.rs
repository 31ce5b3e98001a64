//! Whether a new issue of a list may replace the one in use. A list is taken whole or not at all: an issue that is not
//! what it says, that is older, or that lost many entries is refused, and the list in use stays.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::lists::ListError;

/// The most days that a list may be dated ahead: the publisher is in another time zone.
const AHEAD_AT_MOST_DAYS: i32 = 1;

/// Why an issue of a list was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCause {
    /// The publisher could not be reached, or the connection broke.
    Unreachable,
    /// The publisher did not answer in time.
    Timeout,
    /// The publisher answered with an error.
    Status,
    /// More redirects than allowed, or one to an address without TLS.
    Redirect,
    /// A file cannot be read, or is missing.
    File,
    /// Not a list of this kind, for instance a page of HTML with status 200.
    OtherFile,
    /// Truncated, or not of the published form.
    Malformed,
    /// A document type declaration.
    DocumentType,
    /// No date of publication.
    NoDate,
    /// An identifier occurs twice.
    DoubledId,
    /// No entries.
    Empty,
    /// Larger than any list.
    TooLarge,
    /// Another number of entries than the file states.
    OtherCount,
    /// Many entries fewer than the list in use.
    Shrunk,
    /// Published before the list in use.
    Older,
    /// Published in the future, after which every real issue would be older.
    DatedAhead,
}

impl RefusalCause {
    /// Every cause.
    pub const ALL: [Self; 16] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Status,
        Self::Redirect,
        Self::File,
        Self::OtherFile,
        Self::Malformed,
        Self::DocumentType,
        Self::NoDate,
        Self::DoubledId,
        Self::Empty,
        Self::TooLarge,
        Self::OtherCount,
        Self::Shrunk,
        Self::Older,
        Self::DatedAhead,
    ];

    /// The name in stored states, metrics and the output of commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::File => "file",
            Self::OtherFile => "other_file",
            Self::Malformed => "malformed",
            Self::DocumentType => "document_type",
            Self::NoDate => "no_date",
            Self::DoubledId => "doubled_id",
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::OtherCount => "other_count",
            Self::Shrunk => "shrunk",
            Self::Older => "older",
            Self::DatedAhead => "dated_ahead",
        }
    }

    /// Whether a person may put the issue into use all the same: it is a complete list of the right kind, and only
    /// differs from what was expected.
    pub const fn is_acceptable(self) -> bool {
        matches!(self, Self::Shrunk | Self::Older | Self::DatedAhead)
    }
}

impl From<&ListError> for RefusalCause {
    fn from(error: &ListError) -> Self {
        match error {
            ListError::OtherRoot { .. } => Self::OtherFile,
            ListError::Malformed { .. } => Self::Malformed,
            ListError::DocumentType => Self::DocumentType,
            ListError::NoDate => Self::NoDate,
            ListError::DoubledId(_) => Self::DoubledId,
            ListError::Empty { .. } => Self::Empty,
            ListError::TooLarge => Self::TooLarge,
            ListError::OtherCount { .. } => Self::OtherCount,
        }
    }
}

/// A refusal, with what an operator needs to judge it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The cause.
    pub cause: RefusalCause,
    /// The details, one line.
    pub detail: String,
}

impl From<&ListError> for Refusal {
    fn from(error: &ListError) -> Self {
        Self { cause: error.into(), detail: error.to_string() }
    }
}

/// The facts of an issue that are compared with those of the issue in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueFacts {
    /// The day of publication.
    pub published: Date,
    /// The number of entries, with companies and ships.
    pub entries: usize,
}

/// How many entries an issue may have fewer than the one in use. The stricter limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShrinkLimits {
    /// In percent of the entries in use.
    pub percent: u8,
    /// In entries.
    pub entries: usize,
}

/// Judges a complete issue against the one in use.
///
/// # Errors
/// The [`Refusal`], whose cause is acceptable by a person.
pub fn judge(new: IssueFacts, in_use: Option<IssueFacts>, today: Date, limits: ShrinkLimits) -> Result<(), Refusal> {
    let refuse = |cause, detail| Err(Refusal { cause, detail });
    let ahead = i64::from(AHEAD_AT_MOST_DAYS) * 24;
    if new.published.duration_since(today).as_hours() > ahead {
        return refuse(RefusalCause::DatedAhead, format!("it is dated {}, and today is {today}", new.published));
    }
    let Some(old) = in_use else { return Ok(()) };
    if new.published < old.published {
        return refuse(
            RefusalCause::Older,
            format!("it was published on {}, the list in use on {}", new.published, old.published),
        );
    }
    let fewer = old.entries.saturating_sub(new.entries);
    let beyond_percent = fewer.saturating_mul(100) > old.entries.saturating_mul(usize::from(limits.percent));
    if fewer > 0 && (beyond_percent || fewer > limits.entries) {
        return refuse(
            RefusalCause::Shrunk,
            format!("it has {} entries, the list in use {}: {fewer} fewer", new.entries, old.entries),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 27);
    const LIMITS: ShrinkLimits = ShrinkLimits { percent: 10, entries: 200 };

    fn facts(published: Date, entries: usize) -> IssueFacts {
        IssueFacts { published, entries }
    }

    fn cause(new: IssueFacts, in_use: IssueFacts) -> Option<RefusalCause> {
        judge(new, Some(in_use), TODAY, LIMITS).err().map(|refusal| refusal.cause)
    }

    #[test]
    fn first_issue_is_taken_unless_it_is_dated_ahead() {
        assert_eq!(judge(facts(date(2019, 1, 1), 1), None, TODAY, LIMITS), Ok(()));
        assert_eq!(judge(facts(date(2026, 11, 28), 1), None, TODAY, LIMITS), Ok(()));
        let ahead = judge(facts(date(2026, 11, 29), 1), None, TODAY, LIMITS).unwrap_err();
        assert_eq!(ahead.cause, RefusalCause::DatedAhead);
    }

    #[test]
    fn older_issue_is_refused_and_one_of_the_same_day_taken() {
        let day = date(2026, 11, 20);
        assert_eq!(cause(facts(date(2026, 11, 19), 500), facts(day, 500)), Some(RefusalCause::Older));
        assert_eq!(cause(facts(day, 500), facts(day, 500)), None);
    }

    #[test]
    fn shrunk_issue_is_refused_by_the_stricter_limit() {
        let day = date(2026, 11, 20);
        let with = |new, old| cause(facts(day, new), facts(day, old));
        assert_eq!((with(900, 1_000), with(899, 1_000)), (None, Some(RefusalCause::Shrunk)));
        assert_eq!((with(19_800, 20_000), with(19_799, 20_000)), (None, Some(RefusalCause::Shrunk)));
        assert_eq!((with(1, 2), with(2, 1), with(0, 0)), (Some(RefusalCause::Shrunk), None, None));
    }

    #[test]
    fn every_cause_has_its_own_name_and_is_stored_by_it() {
        for cause in RefusalCause::ALL {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
        let acceptable: Vec<_> = RefusalCause::ALL.into_iter().filter(|cause| cause.is_acceptable()).collect();
        assert_eq!(acceptable, [RefusalCause::Shrunk, RefusalCause::Older, RefusalCause::DatedAhead]);
    }

    proptest! {
        #[test]
        fn longer_newer_issue_is_never_refused(old in 0_usize..50_000, more in 0_usize..50_000, days in 0_i32..300) {
            let published = TODAY.checked_sub(jiff::Span::new().days(days)).unwrap();
            let in_use = facts(published, old);
            prop_assert_eq!(judge(facts(TODAY, old + more), Some(in_use), TODAY, LIMITS), Ok(()));
        }
    }
}
