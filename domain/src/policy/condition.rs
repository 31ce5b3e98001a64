//! Conditions of the catalogue's rules.

use serde::Deserialize;

use super::rating::{RatingInput, RiskClass};
use crate::needs::{Employment, Home, Vehicle};

/// A range of ages in whole years, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeRange {
    /// The youngest.
    pub from: u8,
    /// The oldest. `None`: no limit.
    pub to: Option<u8>,
}

impl AgeRange {
    /// Whether `age` lies in the range.
    pub fn contains(self, age: u8) -> bool {
        age >= self.from && self.to.is_none_or(|to| age <= to)
    }
}

/// Conditions that must all hold. One that is left out always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Age.
    pub age: Option<AgeRange>,
    /// One of these homes.
    pub homes: Option<Vec<Home>>,
    /// One of these vehicles.
    pub vehicles: Option<Vec<Vehicle>>,
    /// One of these employments.
    pub employment: Option<Vec<Employment>>,
    /// The least number of dependants.
    pub dependants_from: Option<u8>,
    /// The least number of pets.
    pub pets_from: Option<u8>,
    /// The least number of trips a year.
    pub trips_from: Option<u8>,
    /// Whether the applicant smokes.
    pub smoker: Option<bool>,
    /// The highest risk class.
    pub max_risk: Option<RiskClass>,
}

impl Condition {
    /// Whether there is no condition.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn holds(&self, input: &RatingInput<'_>) -> bool {
        let needs = input.needs;
        let one_of = self.homes.as_ref().is_none_or(|homes| homes.contains(&needs.home))
            && self.vehicles.as_ref().is_none_or(|vehicles| vehicles.contains(&needs.vehicle))
            && self.employment.as_ref().is_none_or(|kinds| kinds.contains(&needs.employment));
        let at_least = self.dependants_from.is_none_or(|from| needs.dependants >= from)
            && self.pets_from.is_none_or(|from| needs.pets >= from)
            && self.trips_from.is_none_or(|from| needs.trips_per_year >= from);
        one_of
            && at_least
            && self.age.is_none_or(|age| age.contains(input.age))
            && self.smoker.is_none_or(|smoker| smoker == needs.smoker)
            && self.max_risk.is_none_or(|risk| input.risk <= risk)
    }
}
