//! Refused attempts at what belongs to others: counted by kind, and logged at most once a minute for each kind, so that a
//! flood of them does not fill the log. Neither has an id: the proxy's access log has the addresses.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// What was attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// The application of another customer.
    ForeignApplication,
    /// More than a phone's session permits.
    PhoneSession,
    /// A changing request or a socket from a page of another site.
    ForeignOrigin,
    /// A session's cookie without a valid signature.
    UnverifiedCookie,
    /// A phone's link that does not exist, or no longer works.
    PhoneLink,
    /// A request in the name of another instance without a valid signature.
    UnsignedInstance,
}

impl Attempt {
    /// The value of the label `kind` in metrics and log lines.
    const fn label(self) -> &'static str {
        match self {
            Self::ForeignApplication => "foreign_application",
            Self::PhoneSession => "phone_session",
            Self::ForeignOrigin => "foreign_origin",
            Self::UnverifiedCookie => "unverified_cookie",
            Self::PhoneLink => "phone_link",
            Self::UnsignedInstance => "unsigned_instance",
        }
    }

    /// Counts the attempt, and logs it.
    pub fn record(self) {
        static LOGGED: LazyLock<DefaultKeyedRateLimiter<Attempt>> =
            LazyLock::new(|| RateLimiter::keyed(Quota::per_minute(NonZeroU32::MIN)));
        let kind = self.label();
        metrics::counter!("onboard_access_attempts_total", "kind" => kind).increment(1);
        if LOGGED.check_key(&self).is_ok() {
            tracing::warn!(kind, "access attempt refused");
        }
    }
}
