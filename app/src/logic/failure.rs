//! Failed requests, and the notices about them.

use domain::api::{FieldError, Problem};

/// The reason why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server was not reached, or its answer did not arrive.
    #[error("the server was not reached")]
    Unreachable,
    /// The server refused, with a problem document.
    #[error("the server answered {} ({})", .0.status, .0.code)]
    Refused(Box<Problem>),
    /// An error without a problem document; its HTTP status.
    #[error("the server answered {0} without an explanation")]
    Unexpected(u16),
    /// A success, with a body that this build cannot read: a newer version wrote it.
    #[error("a newer version wrote the answer")]
    NewerVersion,
}

/// The notice above a form after a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// The fault.
    pub title: String,
    /// Its meaning and the remedy.
    pub detail: String,
    /// The invalid fields.
    pub errors: Vec<FieldError>,
    /// Whether the remedy is the application that this browser has. The notice then has a link to it.
    pub go_on: bool,
}

/// Why a page cannot go on with its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The session has ended.
    Over,
    /// Another tab or window of this browser opened another application.
    Replaced,
}

impl SessionEnd {
    /// The notice to show.
    pub fn notice(self) -> Notice {
        match self {
            Self::Over => Notice::plain(
                "Your session has ended",
                "For your safety a session ends after some time. What you sent is kept, but this page cannot go on \
                 with it.",
            ),
            Self::Replaced => Notice {
                go_on: true,
                ..Notice::plain(
                    "Another application is open in this browser",
                    "It was begun in another tab or window, so this page cannot go on with its own. What you sent \
                     from here is kept.",
                )
            },
        }
    }
}

impl Notice {
    /// A notice about invalid fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::plain("There is a problem", "") }
    }

    /// A notice without fields.
    pub fn plain(title: &str, detail: &str) -> Self {
        Self { title: title.to_owned(), detail: detail.to_owned(), ..Self::default() }
    }
}

impl Failure {
    /// From an answer that is not a success.
    pub fn from_answer(status: u16, body: &str) -> Self {
        serde_json::from_str::<Problem>(body)
            .map_or(Self::Unexpected(status), |problem| Self::Refused(Box::new(problem)))
    }

    /// Whether the server decided about the request. If not, the same request may be sent again.
    pub fn decided(&self) -> bool {
        match self {
            Self::Unreachable => false,
            Self::Refused(problem) => problem.status < 500 && problem.status != 429,
            Self::Unexpected(status) => *status < 500,
            Self::NewerVersion => true,
        }
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unreachable | Self::NewerVersion => None,
            Self::Refused(problem) => Some(problem.status),
            Self::Unexpected(status) => Some(*status),
        }
    }

    /// Whether the page can no longer go on with its application, and why.
    pub fn session_end(&self) -> Option<SessionEnd> {
        match (self.status(), self.code()) {
            (Some(401), _) => Some(SessionEnd::Over),
            (Some(403), "not_yours") => Some(SessionEnd::Replaced),
            _ => None,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            _ => "",
        }
    }

    /// The notice to show.
    pub fn notice(&self) -> Notice {
        if let Some(end) = self.session_end() {
            return end.notice();
        }
        match self {
            Self::Unreachable => Notice::plain(
                "We could not reach our server",
                "Nothing you entered is lost. Check your connection, then try again.",
            ),
            _ if self.code() == "application_exists" => Notice {
                go_on: true,
                ..Notice::plain(
                    "Your application is there already",
                    "It was begun in another tab or window of this browser. What you typed on this page was not sent.",
                )
            },
            Self::Refused(problem) if self.decided() => {
                let detail = if problem.errors.is_empty() { problem.detail.as_str() } else { "" };
                Notice { errors: problem.errors.clone(), ..Notice::plain("There is a problem", detail) }
            }
            Self::Refused(problem) if problem.status == 429 => Notice::plain(
                "That was a little too fast",
                "Nothing you entered is lost. Wait a minute, then try again.",
            ),
            Self::NewerVersion => Notice::plain(
                "A newer version is ready: reload",
                "What you sent has arrived. Reload this page to go on.",
            ),
            Self::Refused(_) | Self::Unexpected(_) => {
                Notice::plain("Something went wrong on our side", "Nothing you entered is lost. Try again in a moment.")
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn problem(status: u16, errors: Vec<FieldError>) -> String {
        coded(status, "c", errors)
    }

    fn coded(status: u16, code: &str, errors: Vec<FieldError>) -> String {
        serde_json::to_string(&Problem {
            kind: "about:blank".into(),
            title: "t".into(),
            status,
            code: code.into(),
            detail: "What happened.".into(),
            errors,
            request_id: None,
        })
        .unwrap()
    }

    #[test]
    fn refusal_shows_its_fields_or_its_detail() {
        let with = Failure::from_answer(422, &problem(422, vec![FieldError::new("email", "required", "Enter it")]));
        assert_eq!(with.notice().errors.len(), 1);
        assert_eq!(with.notice().detail, "");
        let without = Failure::from_answer(409, &problem(409, vec![]));
        assert_eq!(without.notice().detail, "What happened.");
        assert!(with.decided() && without.decided());
    }

    #[test]
    fn server_error_says_that_nothing_is_lost_and_allows_a_retry() {
        for failure in [
            Failure::from_answer(503, &problem(503, vec![])),
            Failure::from_answer(502, "<html>"),
            Failure::from_answer(429, &problem(429, vec![])),
            Failure::Unreachable,
        ] {
            assert!(!failure.decided(), "{failure}");
            assert!(failure.notice().detail.contains("Nothing you entered is lost"), "{failure}");
        }
    }

    #[test]
    fn unreadable_success_asks_for_a_reload_and_is_not_sent_again() {
        let failure = Failure::NewerVersion;
        assert_eq!(failure.notice().title, "A newer version is ready: reload");
        assert!(failure.decided() && failure.session_end().is_none());
    }

    #[test]
    fn session_that_ended_or_was_replaced_ends_the_page() {
        let of = |status, code| Failure::from_answer(status, &coded(status, code, vec![]));
        assert_eq!(of(401, "no_session").session_end(), Some(SessionEnd::Over));
        assert_eq!(Failure::from_answer(401, "").session_end(), Some(SessionEnd::Over));
        assert_eq!(of(403, "not_yours").session_end(), Some(SessionEnd::Replaced));
        assert_eq!(of(403, "foreign_origin").session_end(), None);
        assert_eq!(Failure::from_answer(403, "").session_end(), None);
        // The detail of the server is for programs: it names addresses of the API.
        for failure in [of(401, "no_session"), of(403, "not_yours")] {
            assert!(!failure.notice().detail.contains("What happened."), "{failure}");
        }
    }

    #[test]
    fn notice_offers_the_application_that_this_browser_has() {
        for (status, code, offered) in
            [(403, "not_yours", true), (409, "application_exists", true), (409, "already_completed", false)]
        {
            let failure = Failure::from_answer(status, &coded(status, code, vec![]));
            assert_eq!(failure.notice().go_on, offered, "{code}");
        }
    }
}
