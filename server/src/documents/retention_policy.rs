//! The retention of documents' files: a pure function of the application. The retention job deletes.

use domain::event::KycStatus;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::config::Documents;
use crate::store::Application;

/// The retention in days. Unlimited retention does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// After the last change of an application whose identity check is approved or rejected.
    pub decided: u16,
    /// After the last change of any other application.
    pub undecided: u16,
    /// After a document was replaced, requested again, or could not be read.
    pub replaced: u16,
}

/// The files that are due for deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// None.
    Nothing,
    /// Those of these documents, which are replaced.
    Some(Vec<Uuid>),
    /// All files of the application.
    All,
}

impl RetentionPolicy {
    /// The policy of the settings.
    pub fn new(settings: &Documents) -> Self {
        Self {
            decided: settings.keep_days,
            undecided: settings.keep_undecided_days,
            replaced: settings.keep_replaced_days,
        }
    }

    /// When all files are due; none while a document is pending, and after all files were deleted. An application
    /// without known files is due once too, because an interrupted upload may have left a file.
    fn all_at(&self, application: &Application) -> Option<Timestamp> {
        let deleted = application.documents_deleted_at.is_some() && application.kept.is_empty();
        if deleted || !application.pending.is_empty() {
            return None;
        }
        let decided = application.kyc.as_ref().is_some_and(|kyc| kyc.status != KycStatus::Review);
        let changed = application.changed_at.unwrap_or(application.opened_at);
        Some(after(changed, if decided { self.decided } else { self.undecided }))
    }

    /// When the next file of the application is due.
    pub fn next(&self, application: &Application) -> Option<Timestamp> {
        let replaced = application.kept.iter().filter_map(|kept| kept.replaced_at).map(|at| after(at, self.replaced));
        replaced.chain(self.all_at(application)).min()
    }

    /// The files of the application that are due at `now`.
    pub fn due(&self, application: &Application, now: Timestamp) -> Due {
        if self.all_at(application).is_some_and(|at| at <= now) {
            return Due::All;
        }
        let replaced =
            application.kept.iter().filter(|kept| kept.replaced_at.is_some_and(|at| after(at, self.replaced) <= now));
        let replaced: Vec<Uuid> = replaced.map(|kept| kept.document_id).collect();
        if replaced.is_empty() { Due::Nothing } else { Due::Some(replaced) }
    }
}

fn after(at: Timestamp, days: u16) -> Timestamp {
    at.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::event::{ApplicationId, KycVerified, RiskLevel, UserInfo};

    use super::*;
    use crate::store::KeptFile;

    const RULES: RetentionPolicy = RetentionPolicy { decided: 30, undecided: 90, replaced: 1 };

    fn day(number: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * number)
    }

    fn application(status: Option<KycStatus>) -> Application {
        let id = ApplicationId::new(Uuid::nil(), Timestamp::UNIX_EPOCH);
        let mut application = Application::open(id, UserInfo::default(), day(0));
        application.changed_at = Some(day(10));
        application.kept = vec![
            KeptFile { document_id: Uuid::from_u128(1), since: day(1), replaced_at: Some(day(2)) },
            KeptFile { document_id: Uuid::from_u128(2), since: day(2), replaced_at: None },
        ];
        application.kyc = status.map(|status| KycVerified {
            status,
            risk_level: RiskLevel::Low,
            checks: vec![],
            list_version: String::new(),
            rules_version: String::new(),
            evidence: vec![],
            reviewed: false,
            asks: Vec::new(),
        });
        application
    }

    #[test]
    fn replaced_files_are_due_before_all_others() {
        let mut decided = application(Some(KycStatus::Approved));
        assert_eq!(RULES.next(&decided), Some(day(3)));
        assert_eq!(RULES.due(&decided, day(3) - SignedDuration::from_millis(1)), Due::Nothing);
        assert_eq!(RULES.due(&decided, day(3)), Due::Some(vec![Uuid::from_u128(1)]));
        decided.kept.remove(0);
        assert_eq!(RULES.next(&decided), Some(day(40)));
        assert_eq!(RULES.due(&decided, day(39)), Due::Nothing);
        assert_eq!(RULES.due(&decided, day(40)), Due::All);
    }

    #[test]
    fn undecided_application_keeps_files_longer() {
        for status in [None, Some(KycStatus::Review)] {
            let mut undecided = application(status);
            undecided.kept.remove(0);
            assert_eq!(RULES.next(&undecided), Some(day(100)), "{status:?}");
        }
        assert_eq!(RULES.due(&application(Some(KycStatus::Rejected)), day(40)), Due::All);
    }

    #[test]
    fn nothing_is_due_after_all_files_were_deleted() {
        let mut empty = application(None);
        empty.kept.clear();
        assert_eq!(RULES.next(&empty), Some(day(100)), "an interrupted upload may have left a file");
        empty.documents_deleted_at = Some(day(101));
        assert_eq!((RULES.next(&empty), RULES.due(&empty, day(999))), (None, Due::Nothing));
    }
}
