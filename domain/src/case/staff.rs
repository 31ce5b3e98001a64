//! The roles of staff. What is not permitted here is denied.

use serde::{Deserialize, Serialize};

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works on cases, and proposes decisions.
    Reviewer,
    /// Approves other people's proposals, and assigns cases.
    Approver,
    /// Helps applicants; sees no hit, no reason and no picture.
    Support,
    /// Runs the system; decides nothing.
    Operator,
    /// Reads everything, and changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Reviewer, Self::Approver, Self::Support, Self::Operator, Self::Auditor];

    /// The spelling in stored rows and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Approver => "approver",
            Self::Support => "support",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// A member of staff who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Their identifier.
    pub id: String,
    /// Their roles.
    pub roles: Vec<Role>,
}

impl Actor {
    /// Whether they have one of these roles.
    pub fn is_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

/// Whether one person may hold these roles: whoever runs the system must not approve decisions.
pub fn may_be_combined(roles: &[Role]) -> bool {
    !(roles.contains(&Role::Operator) && roles.contains(&Role::Approver))
}
