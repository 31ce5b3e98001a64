//! WATCHLIST_SCREENING: the outcome of the screening, and whether the list is fresh enough.

use jiff::civil::Date;

use super::{Finding, Inputs};
use crate::watchlist::ScreeningOutcome;

/// The greatest age of a list, in days since its publication. OFAC publishes several times a week.
pub const STALE_AFTER_DAYS: i32 = 7;

/// The most days that a list may be dated ahead: the publisher is in another time zone.
const AHEAD_AT_MOST_DAYS: i32 = 1;

/// The same reason for a hit and for a stale list: neither the wording nor the severity may disclose a hit.
const CLOSER_LOOK: &str = "This check needs a closer look by a colleague. There is nothing that you need to do.";

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    match &inputs.screening.outcome {
        ScreeningOutcome::Match { .. } | ScreeningOutcome::Possible { .. } => Finding::needs_review(0.0, CLOSER_LOOK),
        ScreeningOutcome::Clear if !is_fresh(inputs.screening.published, inputs.today) => {
            Finding::needs_review(0.0, CLOSER_LOOK)
        }
        ScreeningOutcome::Clear => Finding::passed(1.0, "You are not on the sanctions list that we must check."),
    }
}

fn is_fresh(published: Date, today: Date) -> bool {
    let age = today.duration_since(published).as_hours() / 24;
    (-i64::from(AHEAD_AT_MOST_DAYS)..=i64::from(STALE_AFTER_DAYS)).contains(&age)
}
