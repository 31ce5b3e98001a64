//! The fit score of a policy: a sum of named points.

use serde::Deserialize;

use super::condition::Condition;
use super::rating::RatingInput;
use crate::needs::Interest;

/// The points of a policy; their sum is 100.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// For an applicant who named the product's interest.
    pub interest: u8,
    /// For a premium within its share of the budget; half of them within the whole budget.
    pub budget: u8,
    /// For further conditions.
    pub rules: Vec<FitRule>,
}

/// Points for a condition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitRule {
    /// Number of points.
    pub points: u8,
    /// The reason for the applicant: "You own your home".
    pub reason: String,
    /// The conditions.
    pub when: Condition,
}

/// Points that an applicant gets, with their reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Points {
    /// The reason.
    pub reason: String,
    /// Number of points; never 0.
    pub points: u8,
}

impl Points {
    /// The text for the applicant: "You own your home: 25 points".
    pub fn in_words(&self) -> String {
        let unit = if self.points == 1 { "point" } else { "points" };
        format!("{}: {} {unit}", self.reason, self.points)
    }
}

impl Fit {
    /// The points of `input` for a product that serves `interest` at `monthly_cents`, in the catalogue's order:
    /// interest, rules, budget.
    pub(super) fn points(&self, input: &RatingInput<'_>, interest: Interest, monthly_cents: u64) -> Vec<Points> {
        let wanted = input
            .needs
            .interests
            .contains(&interest)
            .then(|| Points { reason: format!("You chose “{}”", interest.label()), points: self.interest });
        let rules = self
            .rules
            .iter()
            .filter(|rule| rule.when.holds(input))
            .map(|rule| Points { reason: rule.reason.clone(), points: rule.points });
        wanted
            .into_iter()
            .chain(rules)
            .chain(self.budget_points(input, monthly_cents))
            .filter(|p| p.points > 0)
            .collect()
    }

    fn budget_points(&self, input: &RatingInput<'_>, monthly_cents: u64) -> Option<Points> {
        let budget = u64::from(input.needs.monthly_budget_cents);
        let interests = u64::try_from(input.needs.interests.len()).unwrap_or(u64::MAX).max(1);
        // Multiplication instead of division keeps the share exact.
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
