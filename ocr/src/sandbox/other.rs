//! Systems other than Linux have none of the restrictions.

use tokio::process::Child;

use super::Needs;

pub(super) struct Restriction;

impl Restriction {
    pub(super) fn of(_: &Needs<'_>) -> Self {
        Self
    }

    pub(super) fn apply(&self) {}

    pub(super) fn limit(&self, _: &mut Child) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn missing() -> Vec<&'static str> {
    vec!["Landlock", "seccomp", "resource limits"]
}
