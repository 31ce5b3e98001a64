//! A request that did not succeed, and how the page says so.

use domain::api::{FieldError, Problem};

/// Why a request did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server was not reached, or its answer did not arrive.
    #[error("the server was not reached")]
    Unreachable,
    /// The server said no, and why.
    #[error("the server answered {} ({})", .0.status, .0.code)]
    Refused(Box<Problem>),
    /// An answer that this page does not understand; its HTTP status.
    #[error("the server answered {0} without an explanation")]
    Unexpected(u16),
}

/// What stands above a form after a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub title: String,
    /// What it means, and what to do.
    pub detail: String,
    /// The fields to look at.
    pub errors: Vec<FieldError>,
}

impl Notice {
    /// A notice about fields that were found wanting.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { title: "There is a problem".to_owned(), detail: String::new(), errors }
    }
}

impl Failure {
    /// Reads an answer that is not a success.
    pub fn from_answer(status: u16, body: &str) -> Self {
        serde_json::from_str::<Problem>(body)
            .map_or(Self::Unexpected(status), |problem| Self::Refused(Box::new(problem)))
    }

    /// Whether the server took note of the request and decided. If not, the same request may be sent again.
    pub fn decided(&self) -> bool {
        match self {
            Self::Unreachable => false,
            Self::Refused(problem) => problem.status < 500 && problem.status != 429,
            Self::Unexpected(status) => *status < 500,
        }
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unreachable => None,
            Self::Refused(problem) => Some(problem.status),
            Self::Unexpected(status) => Some(*status),
        }
    }

    /// Whether the session is over.
    pub fn session_over(&self) -> bool {
        self.status() == Some(401)
    }

    /// What to show.
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
    fn a_refusal_shows_its_fields_or_else_its_detail() {
        let with = Failure::from_answer(422, &problem(422, vec![FieldError::new("email", "required", "Enter it")]));
        assert_eq!(with.notice().errors.len(), 1);
        assert_eq!(with.notice().detail, "");
        let without = Failure::from_answer(409, &problem(409, vec![]));
        assert_eq!(without.notice().detail, "What happened.");
        assert!(with.decided() && without.decided());
    }

    #[test]
    fn trouble_on_our_side_is_ours_and_may_be_tried_again() {
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
    fn an_expired_session_is_recognised() {
        assert!(Failure::from_answer(401, &problem(401, vec![])).session_over());
        assert!(Failure::from_answer(401, "").session_over());
        assert!(!Failure::from_answer(403, "").session_over());
    }
}
