//! Policies: the catalogue, eligibility, fit and indicative premium.
//!
//! [`recommend`] goes through the catalogue in three steps. Eligibility comes first, with a reason for every exclusion.
//! The eligible policies are scored by the sum of named points, so that the applicant can add them up. The best five
//! are recommended, each with an indicative premium; every other policy is listed with the reason for its exclusion.
//!
//! The inputs are [`RatedPerson`] and the needs. The result of the identity check is not an input: identity risk never
//! rates, prices or excludes.

mod catalogue;
mod condition;
mod eligibility;
mod fit;
mod premium;
mod rating;
mod recommend;
mod valid_needs;

#[cfg(test)]
mod tests;

pub use catalogue::{BUILTIN, Catalogue, CatalogueError, CatalogueProblem, Product};
pub use condition::{AgeRange, Condition};
pub use eligibility::Eligibility;
pub use fit::{Fit, FitRule, Points};
pub use premium::{AgeStep, PremiumRules, RiskFactors};
pub use rating::{RatedPerson, RiskClass, RiskProfile};
pub use recommend::{SHOWN, recommend};
pub use valid_needs::ValidNeeds;
