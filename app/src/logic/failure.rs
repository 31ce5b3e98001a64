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
}

impl Notice {
    /// A notice about invalid fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { title: "There is a problem".to_owned(), detail: String::new(), errors }
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

    /// Whether the session has ended.
    pub fn session_over(&self) -> bool {
        self.status() == Some(401)
    }

    /// The notice to show.
    pub fn notice(&self) -> Notice {
        match self {
            Self::Unreachable => Notice {
                title: "We could not reach our server".to_owned(),
                detail: "Nothing you entered is lost. Check your connection, then try again.".to_owned(),
                errors: Vec::new(),
            },
            Self::Refused(problem) if self.decided() => {
                let detail = if problem.errors.is_empty() { problem.detail.clone() } else { String::new() };
                Notice { title: "There is a problem".to_owned(), detail, errors: problem.errors.clone() }
            }
            Self::Refused(problem) if problem.status == 429 => Notice {
                title: "That was a little too fast".to_owned(),
                detail: "Nothing you entered is lost. Wait a minute, then try again.".to_owned(),
                errors: Vec::new(),
            },
            Self::NewerVersion => Notice {
                title: "A newer version is ready: reload".to_owned(),
                detail: "What you sent has arrived. Reload this page to go on.".to_owned(),
                errors: Vec::new(),
            },
            Self::Refused(_) | Self::Unexpected(_) => Notice {
                title: "Something went wrong on our side".to_owned(),
                detail: "Nothing you entered is lost. Try again in a moment.".to_owned(),
                errors: Vec::new(),
            },
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn problem(status: u16, errors: Vec<FieldError>) -> String {
        serde_json::to_string(&Problem {
            kind: "about:blank".into(),
            title: "t".into(),
            status,
            code: "c".into(),
            detail: "What happened.".into(),
            errors,
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
        assert!(failure.decided() && !failure.session_over());
    }

    #[test]
    fn unauthorised_answer_ends_the_session() {
        assert!(Failure::from_answer(401, &problem(401, vec![])).session_over());
        assert!(Failure::from_answer(401, "").session_over());
        assert!(!Failure::from_answer(403, "").session_over());
    }
}
