//! The applicant's choice among the recommended policies.

use domain::event::{PolicyRecommended, Recommendation};
use domain::journey::Journey;

/// The chosen policy, if it is among the recommendations: newer recommendations void an earlier choice.
pub fn chosen<'a>(recommended: &'a PolicyRecommended, policy_id: &str) -> Option<&'a Recommendation> {
    recommended.recommendations.iter().find(|policy| policy.policy_id == policy_id)
}

/// The policy of a completed journey.
pub fn selected(journey: &Journey) -> Option<&Recommendation> {
    chosen(journey.recommended.as_ref()?, &journey.completed.as_ref()?.selected_policy_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::Premium;

    #[test]
    fn choice_outside_the_recommendations_is_void() {
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
