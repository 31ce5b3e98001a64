//! From needs to the best five policies.

use jiff::civil::Date;

use super::catalogue::{Catalogue, Product};
use super::rating::{RatedPerson, RatingInput, RiskProfile};
use super::valid_needs::ValidNeeds;
use crate::event::{Excluded, PolicyRecommended, Premium, Recommendation};

/// The most policies that are recommended.
pub const SHOWN: usize = 5;

/// The best policies, and every other one with the reason for its exclusion.
///
/// The best come first; equal scores are ordered by id. The excluded are in the catalogue's order. The same input gives
/// the same output.
pub fn recommend(catalogue: &Catalogue, needs: &ValidNeeds, person: &RatedPerson, today: Date) -> PolicyRecommended {
    let age = person.age_on(today);
    let risk = RiskProfile::of(needs.needs(), age).class;
    let input = RatingInput { needs: needs.needs(), age, risk, country: &person.country };

    let mut recommendations = Vec::new();
    let mut refused = Vec::new();
    for product in catalogue.products() {
        let reasons = product.eligibility.exclusion_reasons(&input);
        if reasons.is_empty() {
            recommendations.push(offer(catalogue, product, &input));
        } else {
            refused.push((product.id.as_str(), format!("{}: {}.", product.name, reasons.join("; "))));
        }
    }
    recommendations.sort_by(|a, b| b.fit_score.cmp(&a.fit_score).then_with(|| a.policy_id.cmp(&b.policy_id)));
    let lower_fit = recommendations.split_off(recommendations.len().min(SHOWN));

    let excluded = catalogue.products().iter().filter_map(|product| {
        let refusal = refused.iter().find(|(id, _)| *id == product.id).map(|(_, reason)| reason.clone());
        let lower = || {
            let offer = lower_fit.iter().find(|offer| offer.policy_id == product.id)?;
            Some(format!("{}: a lower fit than the five shown ({} of 100).", offer.name, offer.fit_score))
        };
        let reason = refusal.or_else(lower)?;
        Some(Excluded { policy_id: product.id.clone(), reason })
    });
    PolicyRecommended { excluded: excluded.collect(), recommendations }
}

fn offer(catalogue: &Catalogue, product: &Product, input: &RatingInput<'_>) -> Recommendation {
    let monthly_cents = product.premium.monthly_cents(input);
    let points = product.fit.points(input, product.interest, monthly_cents);
    Recommendation {
        policy_id: product.id.clone(),
        name: product.name.clone(),
        // The points of a product sum up to 100, so a part of them cannot exceed it.
        fit_score: points.iter().map(|p| p.points).sum(),
        reasons: points.iter().map(super::Points::in_words).collect(),
        premium: Premium { monthly_cents, currency: catalogue.currency().to_owned() },
    }
}
