//! WATCHLIST_SCREENING: the outcome of the screening, and whether the lists are fresh enough. A list is fresh when it was
//! compared with its publisher's recently, however old its publication: the European Union's list of August was still
//! the current one in September. Where nobody compares, the day of publication tells.

use jiff::civil::Date;

use super::{Finding, Inputs};
use crate::watchlist::ScreeningOutcome;

/// The greatest age of a list that nobody compares with its publisher's, in days since its publication. OFAC publishes
/// several times a week.
pub const STALE_AFTER_DAYS: i32 = 7;

/// The most days that a list may be dated ahead: the publisher is in another time zone.
const AHEAD_AT_MOST_DAYS: i32 = 1;

/// The same reason for a hit and for a stale list: neither the wording nor the severity may disclose a hit.
const CLOSER_LOOK: &str = "This check needs a closer look by a colleague. There is nothing that you need to do.";

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    match &inputs.screening.outcome {
        ScreeningOutcome::Match { .. } | ScreeningOutcome::Possible { .. } => Finding::needs_review(0.0, CLOSER_LOOK),
        ScreeningOutcome::Clear
            if !inputs.screening.fresh.unwrap_or_else(|| is_recent(inputs.screening.published, inputs.today)) =>
        {
            Finding::needs_review(0.0, CLOSER_LOOK)
        }
        ScreeningOutcome::Clear => Finding::passed(1.0, "You are not on the sanctions list that we must check."),
    }
}

fn is_recent(published: Date, today: Date) -> bool {
    let age = today.duration_since(published).as_hours() / 24;
    (-i64::from(AHEAD_AT_MOST_DAYS)..=i64::from(STALE_AFTER_DAYS)).contains(&age)
}
