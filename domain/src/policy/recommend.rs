//! From needs to the best five policies.

use jiff::civil::Date;

use super::catalogue::{Catalogue, Product};
use super::profile::{Profile, RiskProfile, Subject};
use super::valid_needs::ValidNeeds;
use crate::event::{Excluded, PolicyRecommended, Premium, Recommendation};

/// How many policies are shown at most.
pub const SHOWN: usize = 5;

/// The policies that suit best, and for every other one the reason why it is not among them.
///
/// Best first; of two with the same score the one whose id comes first. The excluded follow the catalogue's order. The same input gives the same output.
pub fn recommend(catalogue: &Catalogue, needs: &ValidNeeds, profile: &Profile, today: Date) -> PolicyRecommended {
    let age = profile.age_on(today);
    let risk = RiskProfile::of(needs.needs(), profile.risk_level, age).level;
    let subject = Subject { needs: needs.needs(), age, risk, country: &profile.country };

    let mut recommendations = Vec::new();
    let mut refused = Vec::new();
    for product in catalogue.products() {
        let why_not = product.eligibility.why_not(&subject);
        if why_not.is_empty() {
            recommendations.push(offer(catalogue, product, &subject));
        } else {
            refused.push((product.id.as_str(), format!("{}: {}.", product.name, why_not.join("; "))));
        }
    }
    recommendations.sort_by(|a, b| b.fit_score.cmp(&a.fit_score).then_with(|| a.policy_id.cmp(&b.policy_id)));
    let beaten = recommendations.split_off(recommendations.len().min(SHOWN));

    let excluded = catalogue.products().iter().filter_map(|product| {
        let refusal = refused.iter().find(|(id, _)| *id == product.id).map(|(_, reason)| reason.clone());
        let lower = || {
            let offer = beaten.iter().find(|offer| offer.policy_id == product.id)?;
            Some(format!("{}: a lower fit than the five shown ({} of 100).", offer.name, offer.fit_score))
        };
        let reason = refusal.or_else(lower)?;
        Some(Excluded { policy_id: product.id.clone(), reason })
    });
    PolicyRecommended { excluded: excluded.collect(), recommendations }
}

fn offer(catalogue: &Catalogue, product: &Product, subject: &Subject<'_>) -> Recommendation {
    let monthly_cents = product.premium.monthly_cents(subject);
    let points = product.fit.points(subject, product.interest, monthly_cents);
    Recommendation {
        policy_id: product.id.clone(),
        name: product.name.clone(),
        // The catalogue's points of a product add up to 100, so no part of them exceeds it.
        fit_score: points.iter().map(|p| p.points).sum(),
        reasons: points.iter().map(super::Points::in_words).collect(),
        premium: Premium { monthly_cents, currency: catalogue.currency().to_owned() },
    }
}
