//! The state of a list, as it is stored. Every field may be absent, so that versions may differ; causes are text,
//! because a later version may know others.

use domain::watchlist::{IssueFacts, ListChanges, ListFormat, Refusal, is_fresh};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::plan::Plan;

/// The most lines of the history.
const MOST_LINES: usize = 100;

/// An issue of a list whose bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptList {
    /// SHA-256 of its files, hexadecimal: the name of its bytes in the archive.
    pub sha256: String,
    /// Its format.
    pub format: ListFormat,
    /// The day on which it was published.
    pub published: Date,
    /// Its number of entries, with companies and ships.
    pub entries: usize,
    /// Its size in bytes.
    pub bytes: usize,
    /// When it was received.
    pub received: Timestamp,
    /// Where it came from.
    #[serde(default)]
    pub origin: String,
    /// The publisher's `ETag`, for the next request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The publisher's `Last-Modified`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl KeptList {
    /// What the next issue is compared with.
    pub fn facts(&self) -> IssueFacts {
        IssueFacts { published: self.published, entries: self.entries }
    }
}

/// The newest issue that was offered and not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedList {
    /// The cause, by its name.
    pub cause: String,
    /// The details.
    pub detail: String,
    /// SHA-256 of its files.
    pub sha256: String,
    /// When it was first refused.
    pub since: Timestamp,
    /// When it was last refused.
    pub last: Timestamp,
    /// How often it was offered.
    pub times: u32,
    /// The issue, if an operator can accept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<KeptList>,
}

/// The last checks, if they failed before anything was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedCheck {
    /// The cause, by its name.
    pub cause: String,
    /// The details.
    pub detail: String,
    /// When checks began to fail for this cause.
    pub since: Timestamp,
    /// When the last one failed.
    pub last: Timestamp,
    /// How many failed.
    pub times: u32,
}

/// What happened to a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryLine {
    /// When.
    pub at: Timestamp,
    /// `taken`, `accepted`, `refused` or `failed`.
    pub what: String,
    /// The issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why it was refused, or why the check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Persons that it added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<usize>,
    /// Persons whose entry it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<usize>,
    /// Persons that it removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<usize>,
    /// The operator who accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The state of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListState {
    /// The issue that is screened against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<KeptList>,
    /// The issue before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<KeptList>,
    /// When the issue in use was last compared successfully with the publisher's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<Timestamp>,
    /// When a check last ended, whatever its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempted: Option<Timestamp>,
    /// What was offered last and not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedList>,
    /// Why nothing was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedCheck>,
    /// What happened, newest last.
    pub history: Vec<HistoryLine>,
}

impl ListState {
    /// Whether the list is fresh at `now`.
    pub fn is_fresh(&self, now: Timestamp, stale_after: SignedDuration) -> bool {
        self.in_use.is_some() && is_fresh(self.checked, now, stale_after)
    }

    /// Whether a check with the publisher is due at `now`.
    pub fn is_due(&self, now: Timestamp, plan: &Plan) -> bool {
        let succeeded = self.refused.is_none() && self.failed.is_none();
        self.attempted.is_none_or(|at| at > now || now.duration_since(at) >= plan.next_after(succeeded))
    }

    /// The cause why the publisher's newest issue is not in use; `None` if it is.
    pub fn cause(&self) -> Option<&str> {
        let failed = self.failed.as_ref().map(|failed| failed.cause.as_str());
        failed.or_else(|| self.refused.as_ref().map(|refused| refused.cause.as_str()))
    }

    /// The publisher has the issue in use, as of `checked`. Returns whether the state changed.
    pub(super) fn record_unchanged(&mut self, checked: Timestamp, now: Timestamp) -> bool {
        let before = self.clone();
        self.checked = self.checked.max(Some(checked));
        self.refused = None;
        self.failed = None;
        let changed = *self != before;
        self.attempted = Some(now);
        changed
    }

    /// The issue is in use from `now` on.
    pub(super) fn record_taken(
        &mut self,
        list: KeptList,
        changes: &ListChanges,
        by: Option<&str>,
        checked: Timestamp,
        now: Timestamp,
    ) {
        self.history(HistoryLine {
            at: now,
            what: if by.is_some() { "accepted" } else { "taken" }.to_owned(),
            sha256: Some(list.sha256.clone()),
            added: Some(changes.added.len()),
            changed: Some(changes.changed.len()),
            removed: Some(changes.removed.len()),
            by: by.map(str::to_owned),
            ..HistoryLine::default()
        });
        self.previous = self.in_use.replace(list);
        self.checked = self.checked.max(Some(checked));
        self.attempted = Some(now);
        self.refused = None;
        self.failed = None;
    }

    /// An issue was refused. The same issue, offered again, is counted and has one line in the history.
    pub(super) fn record_refused(
        &mut self,
        refusal: &Refusal,
        sha256: &str,
        candidate: Option<KeptList>,
        now: Timestamp,
    ) -> bool {
        self.attempted = Some(now);
        self.failed = None;
        let cause = refusal.cause.as_str();
        if let Some(known) = &mut self.refused
            && known.sha256 == sha256
            && known.cause == cause
        {
            known.times = known.times.saturating_add(1);
            known.last = now;
            known.detail.clone_from(&refusal.detail);
            return false;
        }
        self.history(HistoryLine {
            at: now,
            what: "refused".to_owned(),
            sha256: Some(sha256.to_owned()),
            cause: Some(cause.to_owned()),
            detail: Some(refusal.detail.clone()),
            ..HistoryLine::default()
        });
        self.refused = Some(RefusedList {
            cause: cause.to_owned(),
            detail: refusal.detail.clone(),
            sha256: sha256.to_owned(),
            since: now,
            last: now,
            times: 1,
            candidate,
        });
        true
    }

    /// Nothing was received. Failures of one cause have one line in the history.
    pub(super) fn record_failed(&mut self, failure: &Refusal, now: Timestamp) -> bool {
        self.attempted = Some(now);
        let cause = failure.cause.as_str();
        if let Some(known) = &mut self.failed
            && known.cause == cause
        {
            known.times = known.times.saturating_add(1);
            known.last = now;
            known.detail.clone_from(&failure.detail);
            return false;
        }
        self.history(HistoryLine {
            at: now,
            what: "failed".to_owned(),
            cause: Some(cause.to_owned()),
            detail: Some(failure.detail.clone()),
            ..HistoryLine::default()
        });
        self.failed = Some(FailedCheck {
            cause: cause.to_owned(),
            detail: failure.detail.clone(),
            since: now,
            last: now,
            times: 1,
        });
        true
    }

    fn history(&mut self, line: HistoryLine) {
        self.history.push(line);
        let surplus = self.history.len().saturating_sub(MOST_LINES);
        self.history.drain(..surplus);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::watchlist::RefusalCause;
    use jiff::civil::date;

    use super::*;
    use crate::config::Config;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn kept(sha256: &str) -> KeptList {
        KeptList {
            sha256: sha256.to_owned(),
            format: ListFormat::UnXml,
            published: date(2026, 11, 20),
            entries: 3,
            bytes: 100,
            received: at("2026-11-27T08:00:00Z"),
            origin: String::new(),
            etag: None,
            last_modified: None,
        }
    }

    fn refusal(cause: RefusalCause) -> Refusal {
        Refusal { cause, detail: "why".to_owned() }
    }

    #[test]
    fn refusal_keeps_the_issue_in_use_and_its_check_and_is_cleared_by_the_next_success() {
        let (monday, tuesday) = (at("2026-11-23T08:00:00Z"), at("2026-11-24T08:00:00Z"));
        let mut state = ListState::default();
        state.record_taken(kept("a"), &ListChanges::default(), None, monday, monday);
        assert!(state.record_refused(&refusal(RefusalCause::Malformed), "b", None, tuesday));
        assert!(!state.record_refused(&refusal(RefusalCause::Malformed), "b", None, tuesday));
        assert_eq!(
            (state.in_use.clone(), state.checked, state.cause()),
            (Some(kept("a")), Some(monday), Some("malformed"))
        );
        assert!(state.record_failed(&refusal(RefusalCause::Status), tuesday));
        assert_eq!((state.cause(), state.refused.as_ref().unwrap().times), (Some("status"), 2));
        assert!(state.record_unchanged(tuesday, tuesday));
        assert_eq!((state.cause(), state.checked), (None, Some(tuesday)));
        let told: Vec<&str> = state.history.iter().map(|line| line.what.as_str()).collect();
        assert_eq!(told, ["taken", "refused", "failed"]);
    }

    #[test]
    fn earlier_check_never_replaces_a_later_one() {
        let (monday, tuesday) = (at("2026-11-23T08:00:00Z"), at("2026-11-24T08:00:00Z"));
        let mut state = ListState::default();
        state.record_taken(kept("a"), &ListChanges::default(), None, tuesday, tuesday);
        assert!(!state.record_unchanged(monday, tuesday));
        assert_eq!(state.checked, Some(tuesday));
    }

    #[test]
    fn check_is_due_after_its_interval_and_sooner_after_a_failure() {
        let plan = Plan::new(&Config::with("").unwrap().watchlist).unwrap();
        let now = at("2026-11-27T08:00:00Z");
        let mut state = ListState::default();
        assert!(state.is_due(now, &plan));
        state.attempted = Some(now - SignedDuration::from_mins(119));
        assert!(!state.is_due(now, &plan));
        state.record_failed(&refusal(RefusalCause::Timeout), now - SignedDuration::from_mins(16));
        assert!(state.is_due(now, &plan));
        state.attempted = Some(now - SignedDuration::from_mins(14));
        assert!(!state.is_due(now, &plan));
        // The clock was set back: nobody waits for a time that may never come.
        state.attempted = Some(now + SignedDuration::from_hours(1));
        assert!(state.is_due(now, &plan));
    }

    #[test]
    fn state_of_another_version_is_read() {
        let state: ListState = serde_json::from_str(r#"{"new":1,"checked":"2026-11-27T08:00:00Z"}"#).unwrap();
        assert_eq!((state.checked, state.in_use), (Some(at("2026-11-27T08:00:00Z")), None));
    }

    #[test]
    fn history_is_bounded() {
        let mut state = ListState::default();
        for number in 0..300 {
            state.record_refused(&refusal(RefusalCause::Empty), &number.to_string(), None, Timestamp::UNIX_EPOCH);
        }
        assert_eq!((state.history.len(), state.history[0].sha256.as_deref()), (MOST_LINES, Some("200")));
    }
}
