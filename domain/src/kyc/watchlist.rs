//! WATCHLIST_SCREENING: what was found on a sanctions list, and whether the list is fresh enough to tell.

use jiff::civil::Date;

use super::{Finding, Inputs};
use crate::watchlist::Outcome;

/// A list published more than so many days before the decision is stale. OFAC publishes several times a week.
pub const STALE_AFTER_DAYS: i32 = 7;

/// A list may be dated a day ahead, since its publisher's day begins elsewhere; not more.
const AHEAD_AT_MOST_DAYS: i32 = 1;

/// Said of a hit and of a stale list alike: who is on a list must not learn it, from the wording or from the weight.
const CLOSER_LOOK: &str = "This check needs a closer look by a colleague. There is nothing that you need to do.";

pub(super) fn examine(inputs: &Inputs<'_>) -> Finding {
    match &inputs.screening.outcome {
        Outcome::Match { .. } | Outcome::Possible { .. } => Finding::look(0.0, CLOSER_LOOK),
        Outcome::Clear if !is_fresh(inputs.screening.published, inputs.today) => Finding::look(0.0, CLOSER_LOOK),
        Outcome::Clear => Finding::passed(1.0, "You are not on the sanctions list that we must check."),
    }
}

fn is_fresh(published: Date, today: Date) -> bool {
    let age = today.duration_since(published).as_hours() / 24;
    (-i64::from(AHEAD_AT_MOST_DAYS)..=i64::from(STALE_AFTER_DAYS)).contains(&age)
}
