//! How well a policy suits: a sum of named points.

use serde::Deserialize;

use super::condition::Condition;
use super::profile::Subject;
use crate::needs::Interest;

/// The points of a policy; all of them together are 100.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// For an applicant who named the product's interest.
    pub interest: u8,
    /// For a premium within its share of the budget; half of them within the whole budget.
    pub budget: u8,
    /// For everything else.
    pub rules: Vec<FitRule>,
}

/// Points for a condition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitRule {
    /// How many.
    pub points: u8,
    /// Why, to the applicant: "You own your home".
    pub reason: String,
    /// When.
    pub when: Condition,
}

/// Points that an applicant has, with their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Points {
    /// Why.
    pub reason: String,
    /// How many; never 0.
    pub points: u8,
}

impl Points {
    /// As the applicant reads it: "You own your home: 25 points".
    pub fn in_words(&self) -> String {
        let unit = if self.points == 1 { "point" } else { "points" };
        format!("{}: {} {unit}", self.reason, self.points)
    }
}

impl Fit {
    /// The points that `subject` has for a product that serves `interest` at `monthly_cents`, in the catalogue's order:
    /// interest, rules, budget.
    pub(super) fn points(&self, subject: &Subject<'_>, interest: Interest, monthly_cents: u64) -> Vec<Points> {
        let wanted = subject
            .needs
            .interests
            .contains(&interest)
            .then(|| Points { reason: format!("You chose “{}”", interest.label()), points: self.interest });
        let rules = self
            .rules
            .iter()
            .filter(|rule| rule.when.holds(subject))
            .map(|rule| Points { reason: rule.reason.clone(), points: rule.points });
        wanted
            .into_iter()
            .chain(rules)
            .chain(self.budget_points(subject, monthly_cents))
            .filter(|p| p.points > 0)
            .collect()
    }

    fn budget_points(&self, subject: &Subject<'_>, monthly_cents: u64) -> Option<Points> {
        let budget = u64::from(subject.needs.monthly_budget_cents);
        let interests = u64::try_from(subject.needs.interests.len()).unwrap_or(u64::MAX).max(1);
        // Multiplied instead of divided: the share is exact.
        if monthly_cents.saturating_mul(interests) <= budget {
            Some(Points {
                reason: "It leaves room in your budget for your other wishes".to_owned(),
                points: self.budget,
            })
        } else if monthly_cents <= budget {
            Some(Points {
                reason: "It is within your budget, but takes much of it".to_owned(),
                points: self.budget / 2,
            })
        } else {
            None
        }
    }
}
