//! Whether the lists in use may clear somebody. A list is fresh when it was compared with its publisher's recently,
//! however old its publication.

use jiff::{SignedDuration, Timestamp};

use super::screening::Screening;

/// How far a time may be ahead of the clock: clocks of two machines disagree.
const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// Whether a list that was last compared successfully at `checked` is fresh at `now`. Never compared is not fresh, and a
/// time in the future is none at which anybody compared.
pub fn is_fresh(checked: Option<Timestamp>, now: Timestamp, stale_after: SignedDuration) -> bool {
    checked.is_some_and(|checked| {
        let age = now.duration_since(checked);
        age <= stale_after && age >= -SKEW
    })
}

impl Screening {
    /// Records when each list was last compared with its publisher's, and whether all are fresh. `complete` tells
    /// whether every list that the operator wants is among them: nobody is cleared against a part.
    pub fn set_checked(
        &mut self,
        checked: impl Fn(&str) -> Option<Timestamp>,
        complete: bool,
        now: Timestamp,
        stale_after: SignedDuration,
    ) {
        for list in &mut self.lists {
            list.checked = checked(&list.source);
        }
        let all_fresh = self.lists.iter().all(|list| is_fresh(list.checked, now, stale_after));
        self.fresh = Some(complete && all_fresh && !self.lists.is_empty());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::super::screening::{ListUsed, ScreeningOutcome};
    use super::*;

    const STALE_AFTER: SignedDuration = SignedDuration::from_hours(48);

    fn now() -> Timestamp {
        "2026-11-27T08:00:00Z".parse().unwrap()
    }

    fn hours_ago(hours: i64) -> Timestamp {
        now() - SignedDuration::from_hours(hours)
    }

    /// A clear screening against lists that were published forty days ago.
    fn screening(sources: &[&str]) -> Screening {
        let list = |source: &&str| ListUsed {
            source: (*source).to_owned(),
            published: date(2026, 10, 18),
            entries: 3,
            sha256: String::new(),
            checked: None,
        };
        Screening {
            outcome: ScreeningOutcome::Clear,
            score: 0.0,
            namesakes: Vec::new(),
            list_version: "lists".to_owned(),
            published: date(2026, 10, 18),
            lists: sources.iter().map(list).collect(),
            fresh: None,
            unread_name: false,
        }
    }

    #[test]
    fn list_is_fresh_for_48_hours_after_its_check() {
        let fresh = |checked| is_fresh(checked, now(), STALE_AFTER);
        assert!(fresh(Some(hours_ago(1))) && fresh(Some(hours_ago(48))) && !fresh(Some(hours_ago(49))));
        assert!(!fresh(None));
        assert!(fresh(Some(hours_ago(-1))) && !fresh(Some(hours_ago(-2))));
    }

    #[test]
    fn old_publication_is_fresh_if_it_was_checked_and_one_stale_list_makes_all_stale() {
        let fresh = |un: i64, complete| {
            let mut screening = screening(&["UN", "EU"]);
            let checked = |source: &str| Some(hours_ago(if source == "UN" { un } else { 1 }));
            screening.set_checked(checked, complete, now(), STALE_AFTER);
            assert_eq!(screening.lists[0].checked, Some(hours_ago(un)));
            screening.fresh
        };
        assert_eq!((fresh(1, true), fresh(49, true), fresh(1, false)), (Some(true), Some(false), Some(false)));
    }

    #[test]
    fn screening_without_lists_is_not_fresh() {
        let mut screening = screening(&[]);
        screening.set_checked(|_| None, true, now(), STALE_AFTER);
        assert_eq!(screening.fresh, Some(false));
    }
}
