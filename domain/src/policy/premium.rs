//! The indicative premium of a policy: whole cents a month, with factors in thousandths.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::rating::{RatingInput, RiskClass};
use crate::needs::{Employment, Home, Vehicle};

/// A factor of 1, in thousandths.
pub(super) const UNCHANGED: u16 = 1000;

/// How an indicative premium is calculated. Amounts in cents a month, factors in thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PremiumRules {
    /// The base amount.
    pub base_cents: u32,
    /// Added for each dependant.
    #[serde(default)]
    pub per_dependant_cents: u32,
    /// Added for each pet.
    #[serde(default)]
    pub per_pet_cents: u32,
    /// Added for each trip a year.
    #[serde(default)]
    pub per_trip_cents: u32,
    /// By age; ascending.
    #[serde(default)]
    pub age: Vec<AgeStep>,
    /// For smokers.
    pub smoker: Option<u16>,
    /// By risk class.
    pub risk: Option<RiskFactors>,
    /// By kind of home.
    #[serde(default)]
    pub homes: BTreeMap<Home, u16>,
    /// By employment.
    #[serde(default)]
    pub employment: BTreeMap<Employment, u16>,
    /// By vehicle.
    #[serde(default)]
    pub vehicles: BTreeMap<Vehicle, u16>,
}

/// A factor that applies from an age on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeStep {
    /// In whole years.
    pub from: u8,
    /// In thousandths.
    pub factor: u16,
}

/// Factors of the higher risk classes, in thousandths; that of the low class is 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskFactors {
    /// Medium.
    pub medium: u16,
    /// High.
    pub high: u16,
}

impl PremiumRules {
    /// Every factor with its key in the catalogue.
    pub(super) fn factors(&self) -> Vec<(String, u16)> {
        let mut factors = Vec::new();
        factors.extend(self.age.iter().map(|step| (format!("age (from {})", step.from), step.factor)));
        factors.extend(self.smoker.map(|factor| ("smoker".to_owned(), factor)));
        factors.extend(
            self.risk.iter().flat_map(|r| [("risk.medium".to_owned(), r.medium), ("risk.high".to_owned(), r.high)]),
        );
        factors.extend(self.homes.iter().map(|(kind, factor)| (format!("homes ({kind:?})"), *factor)));
        factors.extend(self.employment.iter().map(|(kind, factor)| (format!("employment ({kind:?})"), *factor)));
        factors.extend(self.vehicles.iter().map(|(kind, factor)| (format!("vehicles ({kind:?})"), *factor)));
        factors
    }

    /// The premium in cents a month, rounded once, half up.
    ///
    /// Validation limits amounts to six digits and factors to five, so 128 bits hold every intermediate product.
    pub(super) fn monthly_cents(&self, input: &RatingInput<'_>) -> u64 {
        let needs = input.needs;
        let amount = u128::from(self.base_cents)
            + u128::from(self.per_dependant_cents) * u128::from(needs.dependants)
            + u128::from(self.per_pet_cents) * u128::from(needs.pets)
            + u128::from(self.per_trip_cents) * u128::from(needs.trips_per_year);
        let age = self.age.iter().rev().find(|step| step.from <= input.age).map(|step| step.factor);
        let risk = self.risk.and_then(|risk| match input.risk {
            RiskClass::Low => None,
            RiskClass::Medium => Some(risk.medium),
            RiskClass::High => Some(risk.high),
        });
        let factors = [
            age,
            self.smoker.filter(|_| needs.smoker),
            risk,
            self.homes.get(&needs.home).copied(),
            self.employment.get(&needs.employment).copied(),
            self.vehicles.get(&needs.vehicle).copied(),
        ];
        let (product, one) = factors.into_iter().flatten().fold((amount, 1_u128), |(product, one), factor| {
            (product * u128::from(factor), one * u128::from(UNCHANGED))
        });
        u64::try_from((product + one / 2) / one).unwrap_or(u64::MAX)
    }
}
