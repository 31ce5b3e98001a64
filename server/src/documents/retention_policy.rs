//! How long files of documents are kept. A pure function of the application; the retention job deletes.

use domain::event::KycStatus;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::config::Documents;
use crate::store::Application;

/// For how many days files are kept. There is no "for ever".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// After the last change of an application whose identity check is decided for or against.
    pub decided: u16,
    /// After the last change of any other application: it is abandoned, or its review is.
    pub undecided: u16,
    /// After a document was replaced, asked for again, or not read.
    pub replaced: u16,
}

/// What is to be deleted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// These documents, which count no more.
    Some(Vec<Uuid>),
    /// Everything of the application.
    All,
}

impl RetentionPolicy {
    /// As set.
    pub fn new(settings: &Documents) -> Self {
        Self {
            decided: settings.keep_days,
            undecided: settings.keep_undecided_days,
            replaced: settings.keep_replaced_days,
        }
    }

    /// When everything goes. Every application comes here once, also one that seems to have no file: an upload that was cut
    /// off may have left one. None while a document is being read, and where everything is gone.
    fn all_at(&self, application: &Application) -> Option<Timestamp> {
        let gone = application.documents_deleted_at.is_some() && application.kept.is_empty();
        if gone || !application.pending.is_empty() {
            return None;
        }
        let decided = application.kyc.as_ref().is_some_and(|kyc| kyc.status != KycStatus::Review);
        let changed = application.changed_at.unwrap_or(application.opened_at);
        Some(after(changed, if decided { self.decided } else { self.undecided }))
    }

    /// When the next file of the application is to be deleted.
    pub fn next(&self, application: &Application) -> Option<Timestamp> {
        let replaced = application.kept.iter().filter_map(|kept| kept.replaced_at).map(|at| after(at, self.replaced));
        replaced.chain(self.all_at(application)).min()
    }

    /// What is to be deleted of the application at `now`.
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
        });
        application
    }

    #[test]
    fn replaced_files_go_first_and_then_everything() {
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
    fn what_is_undecided_waits_longer() {
        for status in [None, Some(KycStatus::Review)] {
            let mut undecided = application(status);
            undecided.kept.remove(0);
            assert_eq!(RULES.next(&undecided), Some(day(100)), "{status:?}");
        }
        assert_eq!(RULES.due(&application(Some(KycStatus::Rejected)), day(40)), Due::All);
    }

    #[test]
    fn once_everything_is_gone_nothing_is_due() {
        let mut gone = application(None);
        gone.kept.clear();
        assert_eq!(RULES.next(&gone), Some(day(100)), "an upload that was cut off may have left a file");
        gone.documents_deleted_at = Some(day(101));
        assert_eq!((RULES.next(&gone), RULES.due(&gone, day(999))), (None, Due::Nothing));
    }
}
