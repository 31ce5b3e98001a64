//! Policies: the catalogue, who may have which, how well each suits, and what it may cost.
//!
//! [`recommend`] goes through the catalogue in three steps. Eligibility comes first, and says why not. What is left is
//! scored by the sum of named points, so that the applicant can add them up. The best five are shown, each with an
//! indicative premium; every other policy is named with the reason why it is not among them.

mod catalogue;
mod condition;
mod eligibility;
mod fit;
mod premium;
mod profile;
mod recommend;
mod valid_needs;

#[cfg(test)]
mod tests;

pub use catalogue::{BUILTIN, Catalogue, CatalogueError, CatalogueProblem, Product};
pub use condition::{AgeRange, Condition};
pub use eligibility::Eligibility;
pub use fit::{Fit, FitRule, Points};
pub use premium::{AgeStep, PremiumRules, RiskFactors};
pub use profile::{Profile, RiskProfile};
pub use recommend::{SHOWN, recommend};
pub use valid_needs::ValidNeeds;
