//! The applicant's choice among the recommended policies.

use domain::event::{PolicyRecommended, Recommendation};
use domain::journey::Journey;

/// The chosen policy, if the choice is among those recommended: a choice made before new recommendations came does not
/// outlive them.
pub fn chosen<'a>(recommended: &'a PolicyRecommended, policy_id: &str) -> Option<&'a Recommendation> {
    recommended.recommendations.iter().find(|policy| policy.policy_id == policy_id)
}

/// The policy that a completed journey ended with.
pub fn selected(journey: &Journey) -> Option<&Recommendation> {
    chosen(journey.recommended.as_ref()?, &journey.completed.as_ref()?.selected_policy_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::Premium;

    #[test]
    fn a_choice_must_be_among_the_recommended() {
        let policy = Recommendation {
            policy_id: "home-basic".into(),
            name: "Home Basic".into(),
            fit_score: 70,
            reasons: vec![],
            premium: Premium { monthly_cents: 900, currency: "EUR".into() },
        };
        let recommended = PolicyRecommended { recommendations: vec![policy], excluded: vec![] };
        assert!(chosen(&recommended, "home-basic").is_some());
        assert!(chosen(&recommended, "home-gone").is_none());
        assert!(selected(&Journey { recommended: Some(recommended), ..Journey::default() }).is_none());
    }
}
